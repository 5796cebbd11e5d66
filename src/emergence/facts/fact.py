"""What a fact is: published numbers with ranges, and how each is measured over recorded worlds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from emergence.facts.record import Record

Value = Callable[[Sequence[Record]], float]


@dataclass(frozen=True)
class Number:
    """One number that a world must show.

    Attributes
    ----------
    name, unit : str
    published : str
        As the source has it.
    low, high : float
        Range that counts as agreement; an infinite end makes it a bound.
    value : callable
        The number over all records together.
    clear : float
        Bounds only: how far beyond the bound is clearly beyond it, in the number's unit; for fitting.
    """

    name: str
    unit: str
    published: str
    low: float
    high: float
    value: Value
    clear: float = 1.0

    def holds(self, measured: float, interval: tuple[float, float]) -> bool:
        """Tell whether a measurement agrees: it lies in the range, or all of its interval clears the bound.

        With a single world there is no interval, and the number itself must clear the bound.
        """
        if not math.isfinite(measured):
            return False
        ends = (measured, *(end for end in interval if math.isfinite(end)))
        if math.isinf(self.low) or math.isinf(self.high):
            return min(ends) > self.low and max(ends) < self.high
        return self.low <= measured <= self.high

    def distance(self, measured: float) -> float:
        """Return how far off a measurement is: 0 in the middle, 1 at an end of the range, more outside.

        Of a bound 0 is `clear` beyond it, or farther, and 1 at the bound. Infinite for a number that is not known.
        """
        if not math.isfinite(measured):
            return math.inf
        if math.isinf(self.high):
            return max(1.0 - (measured - self.low) / self.clear, 0.0)
        if math.isinf(self.low):
            return max(1.0 - (self.high - measured) / self.clear, 0.0)
        return abs(2.0 * measured - self.low - self.high) / (self.high - self.low)


@dataclass(frozen=True)
class Fact:
    """A regularity of real economies.

    Attributes
    ----------
    id : str
    says, source : str
        The fact in words, and where it was found.
    numbers : tuple of Number
        All must hold.
    range : str
        Where the ranges come from.
    """

    id: str
    says: str
    source: str
    numbers: tuple[Number, ...]
    range: str


def jackknife(value: Value, records: Sequence[Record], level: float = 0.95) -> tuple[float, float, float]:
    """Return a number over records pooled, and its interval over them.

    Notes
    -----
    Each record is left out once (Tukey 1958): with n the number of records and s the standard error
    sqrt((n - 1)/n sum (v_-i - mean v_-i)^2), the interval is v +- t(n - 1) s. For a mean this is the usual t interval.
    NaN ends with fewer than two records.
    """
    whole, n = float(value(records)), len(records)
    if n < 2:
        return whole, math.nan, math.nan
    left = np.array([value([*records[:k], *records[k + 1 :]]) for k in range(n)])
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * math.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))
    return whole, whole - half, whole + half


def mean_of(value: Callable[[Record], float]) -> Value:
    """Return the mean over records of a number of each."""
    return lambda records: float(np.mean([value(one) for one in records]))
