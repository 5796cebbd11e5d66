"""Facts about firms: how long they live, how large they are, how they grow."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from emergence.facts.fact import Fact, Number
from emergence.facts.lives import LifeTable
from emergence.facts.record import Record
from emergence.measures.tail import hill

CLASSES = 10  # of size, with equally many firms


def survival_after(years: int) -> Number:
    """Return the share of entrants alive after so many years as a number of the fact."""
    share = {1: 0.80, 3: 0.61, 5: 0.50, 10: 0.34}[years]

    def value(records: Sequence[Record]) -> float:
        return LifeTable.pooled([one.entrants for one in records]).after(12 * years)

    name = f"alive after {years} year{'s' if years > 1 else ''}"
    return Number(name, "1", f"{share:.2f}", round(share - 0.05, 2), round(share + 0.05, 2), value)


def size_tail(records: Sequence[Record]) -> float:
    """Return the cumulative exponent of sizes, of the largest twentieth (Hill 1975)."""
    return hill(np.concatenate([one.sizes for one in records]))


def tent_lead(growth: np.ndarray) -> float:
    """Return how much likelier yearly growth is Laplace than normal, in log likelihood per firm and year.

    Parameters
    ----------
    growth : float64[pairs, 2]
        Size of a firm before and after.

    Notes
    -----
    Growth log(after/before) less its median, over its mean absolute deviation, in each class of size, as the spread
    depends on size. At the most likely parameters the lead is log(s/d) + log(2 pi e)/2 - log(2 e), s the standard
    and d the mean absolute deviation: .072 for Laplace, -.048 for normal growth.
    """
    scaled = np.concatenate([(g - np.median(g)) / np.abs(g - np.median(g)).mean() for _, g in size_classes(growth)])
    s, d = scaled.std(), np.abs(scaled - np.median(scaled)).mean()
    return float(math.log(s / d) + 0.5 * math.log(2 * math.pi * math.e) - math.log(2 * math.e))


def spread_exponent(growth: np.ndarray) -> float:
    """Return the slope of log spread (standard deviation) of growth over log size, by classes of size.

    Parameters
    ----------
    growth : float64[pairs, 2]
        Size of a firm before and after.
    """
    size, spread = zip(*((math.log(s), math.log(g.std())) for s, g in size_classes(growth)), strict=True)
    return float(np.polyfit(size, spread, 1)[0])


def size_classes(growth: np.ndarray) -> list[tuple[float, np.ndarray]]:
    """Return (median size, log growth) of firms in classes of equal number by size before."""
    order = np.argsort(growth[:, 0], kind="stable")
    parts = [part for part in np.array_split(growth[order], CLASSES) if len(part) > 1]
    return [(float(np.median(part[:, 0])), np.log(part[:, 1] / part[:, 0])) for part in parts]


def _growth(records: Sequence[Record]) -> np.ndarray:
    return np.concatenate([one.growth for one in records])


SURVIVAL = Fact(
    "survival",
    "a fifth of new firms close within a year, half within five",
    "US Bureau of Labor Statistics, cohorts 1994 and 2013",
    tuple(survival_after(years) for years in (1, 3, 5, 10)),
    "design: published share +- .05",
)
SIZES = Fact(
    "sizes",
    "sizes of firms have a tail close to Zipf's",
    "Axtell 2001 (US)",
    (Number("tail exponent of capacity", "1", "1.06", 0.9, 1.3, size_tail),),
    "design; the largest twentieth of all firms of all worlds together",
)
GROWTH = Fact(
    "growth",
    "yearly growth is tent-shaped, and the larger the firm the calmer",
    "Stanley et al. 1996; Fu et al. 2005",
    (
        Number(
            "lead of Laplace over normal",
            "log likelihood",
            "Laplace",
            0.0,
            math.inf,
            lambda r: tent_lead(_growth(r)),
            0.02,
        ),
        Number("exponent of spread over size", "1", "-0.2", -0.3, -0.1, lambda r: spread_exponent(_growth(r))),
    ),
    "Laplace is .072 and normal growth -.048, so 0 parts the two; exponents reported lie between -.15 and -.25",
)
