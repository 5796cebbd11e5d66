"""The month's trade, as the rules of market and money hand it on to each other.

To add a channel, an advantage or a cost of your own, write a rule that stands before `market` in the plan and
changes what `trade_of(state)` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from emergence.rules.base import State
from emergence.rules.timeline import regulation_costs
from emergence.schema import SPECIALIST


@dataclass
class Trade:
    """What comes to each firm this month; every array is float64[firms] and may be changed in place.

    Attributes
    ----------
    offered : EUR
        Demand of households and of others outside the model.
    fee : share
        Of sales, kept by whoever brought the customers; the rule that sets it says who gets the money.
    saved : share
        Of sales, taken off variable costs.
    costs : EUR
        Further costs of the month, negative for what the variable costs contain already.
    sold : EUR, or None
        What was sold to everyone, once a rule has settled it; else what capacity and demand allow.
    lifted : share, or None
        Of capacity, which can be made besides.
    retail : EUR, or None
        What of it was sold to households, on which alone fees are kept; None: all.
    collect : list of callables
        Called with what was sold to households by the rule that settles the trade: who keeps a fee collects it there.
    """

    offered: np.ndarray
    fee: np.ndarray
    saved: np.ndarray
    costs: np.ndarray
    sold: np.ndarray | None = None
    lifted: np.ndarray | None = None
    retail: np.ndarray | None = None
    collect: list[Callable[[np.ndarray], None]] = field(default_factory=list)


def trade_of(state: State) -> Trade:
    """Return the month's trade; whoever asks first finds the demand that the market shares out by attraction."""
    if state.trade is None:
        zero = np.zeros(state.world.size)
        state.trade = Trade(offered_demand(state), zero, zero.copy(), regulation_costs(state))
    return state.trade


def capacity(state: State) -> np.ndarray:
    """Return what each firm can make in a month, EUR, float64[firms]."""
    firms = state.firms
    made = firms.size * (1.0 + firms.slack) * firms.health
    if state.trade is not None and state.trade.lifted is not None:
        made = made * (1.0 + state.trade.lifted)
    return made


def niche_fitness(state: State) -> np.ndarray:
    """Return how well each firm's niche suits this month, float64[firms]; 1 for a propensity of .5.

    The principle of allocation (Levins 1968; Hannan and Freeman 1977): what makes a niche wide makes it flat.
    Height x width is the same for all, so a specialist draws more while its sector's demand is near normal
    and less when it swings far.
    """
    firms, settings = state.firms, state.rules.market
    narrow = settings.specialism * (2.0 * firms.propensities[:, SPECIALIST] - 1.0)
    swing = (state.world.demand["level"][firms.sector] - 1.0) / settings.niche
    return np.exp(np.clip(narrow - 0.5 * swing**2 * np.expm1(2.0 * narrow), -30.0, 30.0))


def offered_demand(state: State) -> np.ndarray:
    """Return the demand that comes to each firm, EUR a month, float64[firms]."""
    firms, demand, settings = state.firms, state.world.demand, state.rules.market
    skill = firms.skills.mean(axis=1, dtype=np.float64)
    attraction = firms.size * np.exp(settings.attraction_z * firms.z + settings.attraction_skill * (skill - 0.4))
    attraction = attraction * np.exp(settings.attraction_reputation * (firms.reputation - 0.5))
    attraction = attraction * niche_fitness(state)
    if state.pull is not None:
        attraction = attraction * state.pull
    sectors = demand["base"].size
    total = np.bincount(firms.sector, attraction, sectors)
    count = np.bincount(firms.sector, minlength=sectors)
    mean_z = np.bincount(firms.sector, firms.z, sectors) / np.maximum(count, 1)
    trend = np.exp(np.clip(np.log1p(max(settings.growth, -0.999)) * state.step / 12.0, -30.0, 30.0))
    quality = np.exp(np.clip(settings.quality * (mean_z - demand["reference"]), -2.0, 2.0))
    sold = settings.demand * demand["base"] * trend * quality * demand["level"]
    share = np.divide(sold, total, out=np.zeros(sectors), where=total > 0)
    own = attraction * share[firms.sector]
    return firms.size * (1.0 + settings.competition * (own / firms.size - 1.0))
