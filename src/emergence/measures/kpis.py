"""What managers of a network look at: growth, shares, savings, customers, promoters, return on what ties cost.

Satisfaction of members is in `measures.health`. Referrals, customers, their value, orders, aid and overflow are
counted as they happen; see the columns of steps.parquet.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emergence.config import Market
from emergence.world import World

PROMOTES, DETRACTS = 0.7, 0.4
UNIT = 10_000.0  # EUR a month


def revenue_growth(output: Sequence[float] | np.ndarray, months: int = 12) -> float:
    """Return the growth of revenue over the last months of a series, 1 per that time, -1 or more.

    Parameters
    ----------
    output : sequence of float
        Revenue, EUR a month, such as the column `output` of steps.parquet.
    months : int
        12: against the same month of the year before.

    Notes
    -----
    R_t / R_(t-months) - 1 (usual definition of year-on-year growth). NaN for a shorter series, or where there was
    no revenue.
    """
    series = np.asarray(output, float)
    if series.size <= months or months < 1 or series[-1 - months] <= 0:
        return float("nan")
    return float(series[-1] / series[-1 - months] - 1.0)


def market_shares(world: World) -> dict[int, float]:
    """Return each firm's share of its sector's sales last month, by uid, 0 to 1; NaN where nothing was sold.

    Notes
    -----
    sales_i / sum of sales of the sector (usual definition).
    """
    firms = world.firms
    whole = np.bincount(firms.sector, firms.sales)[firms.sector] if world.size else np.zeros(0)
    share = np.divide(firms.sales, whole, out=np.full(world.size, np.nan), where=whole > 0)
    return dict(zip(firms.uid.tolist(), share.tolist(), strict=True))


def largest_share(world: World) -> float:
    """Return the share of its largest seller in a sector, mean over sectors by sales, 0 to 1; NaN without sales.

    Notes
    -----
    Sum over sectors of the largest seller's sales / all sales (concentration ratio CR1: Hay and Morris 1991).
    """
    firms = world.firms
    total = float(firms.sales.sum())
    if not total > 0:
        return float("nan")
    top = np.zeros(int(firms.sector.max()) + 1)
    np.maximum.at(top, firms.sector, firms.sales)
    return float(top.sum()) / total


def cost_saved(world: World, among: np.ndarray | None = None) -> float:
    """Return what joint purchasing saved last month, EUR, 0 or more; 0 unless the rule `purchasing` is on.

    Parameters
    ----------
    world : World
    among : ndarray of bool [firms], optional
        Only these firms.

    Notes
    -----
    Sum of discount x sales, see `rules.purchasing`. Costs that routines of partners save are in `value_cost`.
    """
    firms = world.firms
    if "discount" not in firms.spec:
        return 0.0
    saved = firms.discount * firms.sales
    return float(saved.sum() if among is None else saved[among].sum())


def net_promoter(world: World, among: np.ndarray | None = None) -> float:
    """Return the share of firms that speak well of their partners less the share that do not, -1 to 1.

    Parameters
    ----------
    world : World
    among : ndarray of bool [firms], optional
        Only these firms, with all their ties.

    Notes
    -----
    After Reichheld 2003, promoters less detractors; as nobody is asked, a firm's mean trust in its partners over all
    layers stands for its answer: above .7 it promotes, below .4 it detracts (working definition of this program).
    NaN where nobody has ties.
    """
    total, number = np.zeros(world.size), np.zeros(world.size)
    for ties in world.ties:
        total += np.bincount(ties.owner(), ties.trust(), world.size)
        number += ties.degree()
    asked = number > 0 if among is None else (number > 0) & among
    if not asked.any():
        return float("nan")
    trust = total[asked] / number[asked]
    return float((trust > PROMOTES).mean() - (trust < DETRACTS).mean())


def network_return(world: World, tie_cost: float = Market().tie_cost, among: np.ndarray | None = None) -> float:
    """Return what ties bring for each EUR that ties and fees cost, any number; NaN where they cost nothing.

    Parameters
    ----------
    world : World
    tie_cost : float
        `rules.market.tie_cost`.
    among : ndarray of bool [firms], optional
        Only these firms, with all their ties and fees.

    Notes
    -----
    Sum of the smoothed value of ties / (sum of k_i x tie_cost x root(S_i/10,000) x 10,000 + fees), EUR a month each
    (return on investment: usual definition; 1 means that costs are just covered). Costs of building ties are left
    out: they are paid once.
    """
    firms, members = world.firms, world.memberships
    asked = np.ones(world.size, bool) if among is None else np.asarray(among, bool)
    value, cost = np.zeros(world.size), np.zeros(world.size)
    for ties in world.ties:
        value += np.bincount(ties.owner(), ties.value, world.size)
        cost += ties.degree() * tie_cost * np.sqrt(firms.size / UNIT) * UNIT
    if members.count:
        rows = world.rows_of(members.uid)
        fee = world.groups.fee[np.searchsorted(world.groups.gid, members.gid)]
        np.add.at(cost, rows, fee * firms.size[rows])
    paid = float(cost[asked].sum())
    return float(value[asked].sum()) / paid if paid > 0 else float("nan")
