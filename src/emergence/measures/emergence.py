"""Emergence as a cause: what the network brought over the sum of its parts, and by which part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.measures.interval import paired_interval

Series = Mapping[str, np.ndarray]
YEAR = 12

# part: (the twin that has it, the twin that lacks it, what it is)
PARTS: dict[str, tuple[str, str, str]] = {
    "choice": ("net", "random_maintenance", "whom firms choose to tie with and to leave"),
    "replacement": ("random_maintenance", "frozen", "new ties in the place of those that end"),
    "structure": ("frozen", "rewired", "who is tied to whom"),
    "contact": ("rewired", "isolated", "having partners at all, whoever they are"),
}
WHOLE = ("net", "isolated")
ORGANISATION = ("net", "rewired")  # all but contact


@dataclass(frozen=True)
class Outcome:
    """One number that a run comes to over the months in which twins are compared.

    Parameters
    ----------
    unit, meaning : str
    measure : callable
        From monthly series (measure to float64[months]) to a float.
    """

    unit: str
    meaning: str
    measure: Callable[[Series], float]


def per_firm_year(name: str, firms: float = 1.0) -> Callable[[Series], float]:
    """Return the rate of a monthly count per so many firms and year; 0 where nobody lives."""

    def rate(series: Series) -> float:
        years = float(series["firms"].sum()) / YEAR
        return firms * float(series[name].sum()) / years if years else 0.0

    return rate


def last_year(name: str) -> Callable[[Series], float]:
    """Return the mean of a measure over the last twelve months (all, if there are fewer)."""
    return lambda series: float(series[name][-YEAR:].mean())


def mean_of(name: str) -> Callable[[Series], float]:
    """Return the mean of a measure over all months."""
    return lambda series: float(series[name].mean())


def growth(series: Series) -> float:
    """Return the yearly growth of total capacity between the first and the last month, as a share."""
    capacity = series["capacity"]
    if capacity.size < 2 or capacity[0] <= 0:
        return 0.0
    return float((capacity[-1] / capacity[0]) ** (YEAR / (capacity.size - 1)) - 1.0)


OUTCOMES: dict[str, Outcome] = {
    "value_gained": Outcome("z per firm and year", "improvement of practices", per_firm_year("value_gained")),
    "innovations": Outcome("per 100 firms and year", "practices never used before", per_firm_year("innovations", 100)),
    "useful": Outcome("per 100 firms and year", "first-ever practices of high value", per_firm_year("useful", 100)),
    "adopted": Outcome("per 100 firms and year", "innovations taken over by a partner", per_firm_year("adopted", 100)),
    "mean_z": Outcome("z", "mean value of practices, last year", last_year("mean_z")),
    "best_z": Outcome("z", "best practice, last year", last_year("best_z")),
    "distinct": Outcome("count", "distinct practices in use, last year", last_year("distinct")),
    "joint_income": Outcome("EUR per firm and year", "net value of joint projects", per_firm_year("joint_income")),
    "performance": Outcome("1", "mean margin, last year", last_year("performance")),
    "growth": Outcome("1/year", "growth of total capacity", growth),
    "firms": Outcome("count", "firms alive, last year", last_year("firms")),
    "defaults": Outcome("per 100 firms and year", "defaults", per_firm_year("defaults", 100)),
    "gini_size": Outcome("1", "inequality of size, last year", last_year("gini_size")),
}


def outcome_of(name: str) -> Outcome:
    """Return a named outcome; any monthly measure counts, as its mean over the months."""
    from emergence.errors import Refusal, nearest
    from emergence.measures.monthly import MONTHLY

    if name in OUTCOMES:
        return OUTCOMES[name]
    if name not in MONTHLY:
        raise Refusal(f"there is no outcome '{name}': {nearest(name, [*OUTCOMES, *MONTHLY])}")
    unit, meaning = MONTHLY[name]
    return Outcome(unit, f"{meaning}, mean", mean_of(name))


def parts_of(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Split the difference between the network and isolation into its parts.

    Parameters
    ----------
    values : mapping of twin to float64[replicates]
        One outcome of the run (``net``) and of its twins, paired by replicate.

    Returns
    -------
    dict of str to float64[replicates]
        ``whole`` = net - isolated, and the parts of `PARTS`, which add up to it; ``organisation`` is all
        but contact. In the outcome's unit; only what the given twins allow.
    """
    pairs = {"whole": WHOLE, **{name: (one, other) for name, (one, other, _) in PARTS.items()}}
    pairs["organisation"] = ORGANISATION
    return {
        name: np.asarray(values[one]) - np.asarray(values[other])
        for name, (one, other) in pairs.items()
        if one in values and other in values
    }


def emergence_table(values: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per outcome and part: mean over replicates and its 95% interval.

    Parameters
    ----------
    values : mapping of outcome to mapping of twin to float64[replicates]

    Returns
    -------
    list of dict
        outcome, part, mean, low, high, unit, replicates. With one replicate the interval is NaN.
    """
    rows = []
    for name, by_twin in values.items():
        for part, differences in parts_of({twin: np.asarray(v, float) for twin, v in by_twin.items()}).items():
            mean, low, high = paired_interval(differences)
            rows.append(
                {
                    "outcome": name,
                    "part": part,
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "unit": outcome_of(name).unit,
                    "replicates": differences.size,
                }
            )
    return rows
