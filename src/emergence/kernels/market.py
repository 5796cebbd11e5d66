"""Revenue, costs, cash and size; aspirations; exit."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.random import draw4, unit


class MarketParams(NamedTuple):
    """See `config.Market`; sizes in EUR a month."""

    price: float
    fixed_cost: float
    variable_cost: float
    saving_z: float
    saving_digital: float
    growth_fill: float
    growth_margin: float
    margin: float
    noise: float
    noise_by_size: float
    smallest: float
    memory: float
    unit: float


@njit(cache=True, nogil=True)
def update_accounts(
    lo, hi, key, uid, offered, sales, fee, saved, z, digital, slack, income, costs_due, turbulence, p,
    size, cash, revenue, profit, performance, fill,
):  # fmt: skip
    """Settle the month of rows lo..hi.

    Parameters
    ----------
    offered, sales : float64[n]
        Demand that comes to each firm, and what it sold, EUR.
    fee, saved : float64[n]
        Shares of sales: kept by others, and taken off variable costs.
    income, costs_due : float64[n]
        Net value of joint projects, and costs already incurred, EUR.
    turbulence : float64[n] or float64[0]
        Half the variance of each firm's growth in this stretch of months; empty where every month draws its own.
        Drawn from an exponential distribution, normal shocks of that variance are Laplace (Kotz et al. 2001).
    size, cash, revenue, profit, performance, fill
        Written.
    """
    for i in range(lo, hi):
        costs = p.fixed_cost * size[i] * (1.0 + slack[i])
        variable = max(0.0, p.variable_cost - p.saving_z * z[i] - p.saving_digital * digital[i] - saved[i])
        costs += variable * sales[i] + costs_due[i]
        revenue[i] = p.price * sales[i] * (1.0 - fee[i]) + income[i]
        profit[i] = revenue[i] - costs
        cash[i] += profit[i]
        margin = min(max(profit[i] / size[i], -1.0), 1.0)
        performance[i] = p.memory * performance[i] + (1.0 - p.memory) * margin
        fill[i] = min(max(offered[i] / size[i], 0.0), 2.0)
        words = draw4(key, uid[i], 0)
        if turbulence.size > 0:
            normal = np.sqrt(-2.0 * np.log(unit(words[0]))) * np.cos(2.0 * np.pi * unit(words[1]))
            shake = np.sqrt(2.0 * turbulence[i]) * normal
        else:
            v = unit(words[0]) - 0.5
            shake = -np.log(1.0 - 2.0 * abs(v))
            if v < 0.0:
                shake = -shake
        spread = p.noise * (size[i] / p.unit) ** -p.noise_by_size
        growth = p.growth_fill * (fill[i] - 1.0) + p.growth_margin * (margin - p.margin) + spread * shake
        size[i] = min(max(size[i] * np.exp(min(max(growth, -0.5), 0.5)), p.smallest), 1e13)


@njit(cache=True, nogil=True)
def mark_exits(lo, hi, key, step, uid, born, performance, rate, selection, gone):
    """Mark the firms of rows lo..hi that close down in `gone` (uint8)."""
    for i in range(lo, hi):
        age = (step - born[i]) // 12
        yearly = 0.070 + 0.131 * np.exp(-age / 1.81)
        hazard = rate * (1.0 - (1.0 - yearly) ** (1.0 / 12.0))
        hazard *= np.exp(min(max(-selection * (performance[i] - 0.085) / 0.15, -5.0), 5.0))
        gone[i] = unit(draw4(key, uid[i], 0)[0]) < hazard


@njit(cache=True, nogil=True)
def update_aspirations(lo, hi, speed, social, gain, scale, ptr_a, nbr_a, ptr_b, nbr_b, performance, aspiration, drive):
    """Move aspirations of rows lo..hi towards own and partners' performance; set the drive.

    Aspiration: Cyert and March 1963. `drive` is clipped to [.5, 2].
    """
    for i in range(lo, hi):
        total = 0.0
        for h in range(ptr_a[i], ptr_a[i + 1]):
            total += performance[nbr_a[h]]
        for h in range(ptr_b[i], ptr_b[i + 1]):
            total += performance[nbr_b[h]]
        k = ptr_a[i + 1] - ptr_a[i] + ptr_b[i + 1] - ptr_b[i]
        seen = performance[i]
        if k > 0:
            seen = (1.0 - social) * performance[i] + social * (total / k)
        aspiration[i] = (1.0 - speed) * aspiration[i] + speed * seen
        short = (aspiration[i] - performance[i]) / scale
        drive[i] = min(max(1.0 + gain * short, 0.5), 2.0)
