"""What platforms make of a network: a run's numbers, and the outcome against twins without platforms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.errors import Refusal
from emergence.measures.equity import hhi
from emergence.measures.graph import world_of
from emergence.measures.interval import paired_interval

# Monthly measures that tell the outcome.
TELLING = (
    "median_profit", "value_gained", "gini_size", "platform_share", "own_channel", "mean_trust", "platform_income",
)  # fmt: skip
LITTLE, SOME, MOST = 0.02, 0.1, 0.5  # rise of the Gini that counts as none; shares of revenue and of own channels


@dataclass(frozen=True)
class PlatformOutcome:
    """What platforms made of a network.

    Attributes
    ----------
    outcome : str
        synergy, trap, hybrid or none.
    change : dict of str to (float, float, float)
        Mean difference to the twins and its interval, by name of `platform_numbers`.
    level : dict of str to (float, float, float)
        Mean with platforms and its interval.
    """

    outcome: str
    change: dict[str, tuple[float, float, float]]
    level: dict[str, tuple[float, float, float]]


def platform_numbers(source: Any, months: int = 12) -> dict[str, float]:
    """Return what tells how a network fares with platforms, as means over the last months.

    Parameters
    ----------
    source : Simulation, Result or model
        Of a run; with platforms or without.
    months : int
        So many last measured months.

    Returns
    -------
    dict of str to float
        median_profit: median over firms, EUR/month; value_gained: improvements of practice, z/month; gini_size: Gini
        of size, 0 to 1; platform_share: share of sales on platforms, 0 to 1; own_channel: how well firms reach
        customers themselves, mean, 0 to 1; mean_trust: trust between partners, 0 to 1; platform_income: fees and
        rival offers, EUR/month; concentration: Herfindahl index of firms' sales on platforms at the end, 0 to 1 (0 if
        there are none).

    Raises
    ------
    Refusal
        If nothing was measured.
    """
    rows = getattr(getattr(source, "simulation", source), "rows", None)
    world = world_of(source)
    if not rows or world is None:
        raise Refusal("platform_numbers needs a run of at least one measured month: a simulation, result or model")
    told = {name: float(np.mean([row[name] for row in rows[-months:]])) for name in TELLING}
    if "platform_share" not in world.firms.spec:
        return told | {"concentration": 0.0}
    sold = world.firms.platform_share * world.firms.sales
    return told | {"concentration": float(hhi(sold)) if sold.sum() > 0 else 0.0}


def platform_outcome(
    runs: Sequence[Mapping[str, float]], twins: Sequence[Mapping[str, float]], level: float = 0.95
) -> PlatformOutcome:
    """Return what platforms made of a network: synergy, trap, hybrid or none.

    Parameters
    ----------
    runs, twins : sequence of dict
        From `platform_numbers`: with platforms, and without them with the same seeds in the same order.
    level : float
        Coverage of the intervals over seeds.

    Returns
    -------
    PlatformOutcome
        synergy: median profit and value gained are up, the Gini of size by less than .02; trap: median profit is
        down, platforms have more than .5 of sales, own channels and trust between partners are down; hybrid: median
        profit is not down, platforms have .1 to .5 of sales, own channels stand at .5 or more. The first that holds
        is meant, else none.

    Raises
    ------
    ValueError
        If runs and twins are not paired.

    Notes
    -----
    Up, down, more and less mean that the whole interval lies there (`paired_interval`); not down means that it does
    not lie below 0 as a whole. Working definition of this program.
    """
    if len(runs) != len(twins) or not runs:
        raise ValueError(f"platform_outcome: {len(runs)} runs and {len(twins)} twins; one twin a run is needed")
    names = [name for name in runs[0] if name in twins[0]]
    pairs = list(zip(runs, twins, strict=True))
    change = {name: paired_interval([run[name] - twin[name] for run, twin in pairs], level) for name in names}
    found = {name: paired_interval([run[name] for run in runs], level) for name in names}
    return PlatformOutcome(_named(change, found), change, found)


def _named(change: Mapping[str, tuple[float, float, float]], level: Mapping[str, tuple[float, float, float]]) -> str:
    up = {name: low > 0 for name, (_, low, _) in change.items()}
    down = {name: high < 0 for name, (_, _, high) in change.items()}
    _, least, most = level["platform_share"]
    if up["median_profit"] and up["value_gained"] and change["gini_size"][2] < LITTLE:
        return "synergy"
    if down["median_profit"] and least > MOST and down["own_channel"] and down["mean_trust"]:
        return "trap"
    if not down["median_profit"] and SOME <= least and most <= MOST and level["own_channel"][1] >= MOST:
        return "hybrid"
    return "none"
