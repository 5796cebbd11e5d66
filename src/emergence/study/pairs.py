"""Two options over the same lucks: what differs, how sure it is, and which way is better."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from emergence.measures.interval import RESAMPLES, paired_interval, percentiles, resampled_sums

GOALS = ("value_gained", "useful", "mean_z", "joint_income", "growth", "survival", "median_profit")
SIDES = ("gini_size", "defaults", "exits", "betrayals", "best_z", "distinct", "capacity", "cash")
# What stands between a change and its outcomes, as near to the mechanisms as measures come.
MECHANISMS = {
    "mean_degree": "ties",
    "max_degree": "ties",
    "giant_share": "ties",
    "clustering": "ties",
    "tie_age": "ties",
    "mean_trust": "trust",
    "projects": "projects",
    "success_rate": "projects",
    "tries": "search for practices",
    "adopted": "learning from partners",
    "practice_spread": "learning from partners",
    "mean_skill": "skills",
    "fill": "demand met",
    "platform_share": "platforms",
    "digital": "digital practice",
}
LAST_YEAR = {"how": "mean", "months": 12}
# Which way is better; what is not named has no better side.
BETTER = {
    "value_gained": 1, "useful": 1, "innovations": 1, "adopted": 1, "mean_z": 1, "best_z": 1, "joint_income": 1,
    "performance": 1, "growth": 1, "firms": 1, "survival": 1, "median_profit": 1, "output": 1, "capacity": 1,
    "cash": 1, "success_rate": 1, "mean_trust": 1, "mean_skill": 1, "fill": 1, "reputation": 1, "cost_saved": 1,
    "net_promoter": 1, "network_return": 1, "customer_value": 1, "customers": 1,
    "gini_size": -1, "defaults": -1, "exits": -1, "betrayals": -1, "shortage": -1, "lost_sales": -1, "scandals": -1,
    "capacity_lost": -1, "time_to_recover": -1, "skills_gap": -1, "incidents": -1, "leaks": -1, "regulation": -1,
}  # fmt: skip


def default_outcomes() -> list[Any]:
    """Return what is asked of every run if nothing else is said."""
    from emergence.measures.emergence import OUTCOMES

    names = [*GOALS, *SIDES, *MECHANISMS]
    plain = {*OUTCOMES, "survival", "exits", "betrayals", "projects", "tries"}
    return [name if name in plain else {"measure": name, "name": name, **LAST_YEAR} for name in names]


def kind_of(outcome: str) -> str:
    """Return ``mechanism`` for what stands between a change and its outcomes, else ``outcome``."""
    return "mechanism" if outcome in MECHANISMS else "outcome"


def better_of(outcome: str, meaning: str = "") -> int:
    """Return 1 where more is better, -1 where less is, 0 where neither."""
    base = re.sub(r"_(last|mean|sum)(_\d+)?$", "", outcome)
    return BETTER.get(outcome, BETTER.get(base, -1 if meaning.startswith("output lost to") else 0))


def compared(first: np.ndarray, other: np.ndarray, better: int, same: bool = False) -> dict[str, Any]:
    """Compare two options over the same lucks.

    Parameters
    ----------
    first, other : float64[replicates]
        Entry k of both has the same seed.
    better : int
        1, -1 or 0, as `better_of` says.
    same : bool
        They are the same option, so there is no difference to speak of.

    Returns
    -------
    dict
        mean, mean_low, mean_high; difference, low, high (paired bootstrap, 95%); probability (share of bootstrap
        means of the difference on the better side, or above 0 where neither side is better; ties count half);
        seeds_better (share of seeds likewise); unpaired_low, unpaired_high; luck (standard deviation over
        seeds, root mean square of both); standardised (difference / luck); verdict.
    """
    mean, mean_low, mean_high = paired_interval(other)
    found: dict[str, Any] = {"mean": mean, "mean_low": mean_low, "mean_high": mean_high}
    luck = float(np.sqrt((first.var(ddof=1) + other.var(ddof=1)) / 2.0)) if first.size > 1 else np.nan
    pairs = other - first
    difference, low, high = paired_interval(pairs)
    sign = better or 1
    probability = share_above(sign * resampled_sums(pairs)) if pairs.size > 1 else np.nan
    _, unpaired_low, unpaired_high = unpaired_interval(first, other)
    found |= {"difference": difference, "low": low, "high": high, "probability": np.nan if same else probability}
    found |= {"seeds_better": np.nan if same else share_above(sign * pairs)}
    found |= {"unpaired_low": unpaired_low, "unpaired_high": unpaired_high, "luck": luck}
    found["standardised"] = difference / luck if luck > 0 else np.nan
    return found | {"verdict": "first" if same else verdict(difference, low, high, better)}


def share_above(values: np.ndarray) -> float:
    """Return the share of values above 0; those at 0 count half."""
    return float((values > 0).mean() + 0.5 * (values == 0).mean())


def verdict(difference: float, low: float, high: float, better: int) -> str:
    """Return better, worse, more, less, the same, or not told apart."""
    if low == high == 0:
        return "the same"
    if not (low > 0 or high < 0):
        return "not told apart"
    up = difference > 0
    return ("more" if up else "less") if not better else "better" if up == (better > 0) else "worse"


def unpaired_interval(first: np.ndarray, other: np.ndarray, resamples: int = RESAMPLES) -> tuple[float, float, float]:
    """Return the difference of means and its bootstrap interval as if the lucks had nothing in common."""
    difference = float(other.mean() - first.mean())
    if min(first.size, other.size) < 2:
        return difference, np.nan, np.nan
    draws = resampled_sums(other, resamples, 1) / other.size - resampled_sums(first, resamples, 2) / first.size
    low, high = percentiles(draws)
    return difference, float(low), float(high)
