"""Facts about ties: how long they last, who allies with whom, and which joint work succeeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emergence.facts.fact import Fact, Number, mean_of
from emergence.facts.lives import LifeTable
from emergence.facts.record import Record


def lives(records: Sequence[Record], name: str) -> LifeTable:
    """Return the life table of one kind of tie over all records."""
    return LifeTable.pooled([getattr(one, name) for one in records])


def share_failed(records: Sequence[Record]) -> float:
    """Return the share of alliances that ended with one side trusting the other less than a stranger, 0 to 1."""
    ended = sum(int(one.alliances.ends.sum()) for one in records)
    return sum(one.failed for one in records) / ended if ended else math.nan


def preference(records: Sequence[Record]) -> float:
    """Return how much more often newcomers ally with incumbents than blind choice would, a difference of shares."""
    first, with_incumbents, blind = np.sum([one.newcomers for one in records], axis=0)
    return float((with_incumbents - blind) / first) if first else math.nan


def parabola(projects: np.ndarray, successes: np.ndarray) -> tuple[float, float]:
    """Return curvature and optimum of the share of success over cognitive distance.

    Parameters
    ----------
    projects, successes : int[bins]
        By distance, in equal bins of [0, 1].

    Returns
    -------
    curvature : float
        Coefficient of distance squared, least squares over projects; below 0 an inverted U.
    optimum : float
        Share of projects at distances below the top of the parabola, 0 to 1; NaN without an inverted U.
    """
    seen = projects > 0
    middle = (np.arange(projects.size) + 0.5) / projects.size
    share = np.divide(successes, projects, out=np.zeros(projects.size), where=seen)
    if seen.sum() < 3:
        return math.nan, math.nan
    curvature, slope, _ = np.polyfit(middle[seen], share[seen], 2, w=np.sqrt(projects[seen]))
    if curvature >= 0:
        return float(curvature), math.nan
    below = np.concatenate([[0.0], np.cumsum(projects) / projects.sum()])
    top = -slope / (2 * curvature)
    return float(curvature), float(np.interp(top, np.arange(projects.size + 1) / projects.size, below))


def _parabola(records: Sequence[Record]) -> tuple[float, float]:
    return parabola(
        np.sum([one.projects for one in records], axis=0), np.sum([one.successes for one in records], axis=0)
    )


LIVES = Fact(
    "lives",
    "most supply ties are short, those under contract last for years, and a third of alliances fail",
    "Reisch et al. 2025 (Hungary); Goto (Japan); Reuer and Zollo 2005 (biotechnology)",
    (
        Number("spot supply, half gone after", "months", "13", 9.75, 16.25, lambda r: lives(r, "spot").median()),
        Number("supply under contract, mean", "years", "6", 4.5, 7.5, lambda r: lives(r, "relational").mean() / 12),
        Number("alliances, mean", "years", "3", 2.25, 3.75, lambda r: lives(r, "alliances").mean() / 12),
        Number("alliances that end as failures", "share", "0.34", 0.255, 0.425, share_failed),
    ),
    "published value +- a quarter; a failure ends with one side trusting the other less than a stranger",
)
ALLIANCES = Fact(
    "alliances",
    "a firm has about three alliances, and newcomers ally with incumbents",
    "Tomasello et al. 2014 (R&D alliances)",
    (
        Number("alliances per firm", "ties", "3", 2.0, 4.0, mean_of(lambda one: float(one.alliance_degrees.mean()))),
        Number("newcomers' preference for incumbents", "share", "above 0", 0.0, math.inf, preference, 0.02),
    ),
    "a third to either side; share of incumbents (ever allied) among newcomers' partners, less that among all",
)
DISTANCE = Fact(
    "distance",
    "joint work succeeds best at a middling cognitive distance",
    "Nooteboom et al. 2007",
    (
        Number("curvature of success over distance", "1", "below 0", -math.inf, 0.0, lambda r: _parabola(r)[0], 0.4),
        Number("projects at distances below the best", "share", "inside", 0.05, 0.95, lambda r: _parabola(r)[1]),
    ),
    "the top must lie among the distances that occur, not in their outer twentieths",
)
