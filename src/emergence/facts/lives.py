"""Life tables: how long something lasts, from those at risk and those that ended by age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LifeTable:
    """Who was at risk and who ended, by age.

    Attributes
    ----------
    risk, ends : int64[ages]
        Months lived at each age (months since the beginning), and ends in them.

    Notes
    -----
    A period life table: each month counts at the age it was lived at, so lives that began before the window and those
    that go on after it both count for what was seen of them (Kaplan and Meier 1958, with delayed entry).
    """

    risk: np.ndarray
    ends: np.ndarray

    @classmethod
    def pooled(cls, tables: Sequence[LifeTable]) -> LifeTable:
        """Return one table of several."""
        ages = max(table.risk.size for table in tables)
        risk, ends = np.zeros((2, ages), np.int64)
        for table in tables:
            risk[: table.risk.size] += table.risk
            ends[: table.ends.size] += table.ends
        return cls(risk, ends)

    def survival(self) -> np.ndarray:
        """Return the share that lasts longer than each age, float64[ages]; NaN beyond what was seen."""
        hazard = np.divide(self.ends, self.risk, out=np.zeros(self.risk.size), where=self.risk > 0)
        alive = np.cumprod(1.0 - hazard)
        seen = np.flatnonzero(self.risk)
        alive[seen[-1] + 1 if seen.size else 0 :] = math.nan
        return alive

    def after(self, months: int) -> float:
        """Return the share that lasts longer than so many months, 0 to 1; NaN beyond what was seen."""
        alive = self.survival()
        return float(alive[months]) if months < alive.size else math.nan

    def median(self) -> float:
        """Return the age in months by which half have ended, between whole months in proportion; NaN if unseen."""
        alive = self.survival()
        below = np.flatnonzero(alive <= 0.5)
        if not below.size:
            return math.nan
        k = int(below[0])
        before = float(alive[k - 1]) if k else 1.0
        return k + (before - 0.5) / (before - float(alive[k]))

    def mean(self) -> float:
        """Return the mean life in months at a constant hazard, months lived over ends; NaN without an end."""
        ended = int(self.ends.sum())
        return float(self.risk.sum()) / ended if ended else math.nan
