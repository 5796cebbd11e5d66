"""Results of a study as they come in, in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.study.plan import Plan


class Results:
    """Outcomes of all runs, by number."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.done = np.zeros(plan.runs, bool)
        self.values = np.full((plan.runs, len(plan.names)), np.nan)
        self.courses: dict[int, np.ndarray] = {}
        self.failed: dict[int, str] = {}

    def put(self, number: int, row: Any, course: Any) -> None:
        """Take in one run."""
        self.done[number], self.values[number] = True, row
        if len(course):
            self.courses[number] = np.asarray(course, float)

    def wanted(self) -> np.ndarray:
        """Mark the runs that the study needs, as far as it can be told by now, bool[runs].

        With a stop rule for replicates a point gets more of them, so many at a time, until the interval of its
        outcome is narrow enough; that depends on no order and no engine.
        """
        until, replicates = self.plan.study.until, self.plan.study.replicates
        if until is None:
            return np.ones(self.plan.runs, bool)
        from scipy.stats import t

        column, least = self.plan.names.index(until.outcome), int(until.at_least)
        values = self.values[:, column].reshape(-1, replicates)
        over = (self.done | np.isin(np.arange(self.plan.runs), list(self.failed))).reshape(-1, replicates)
        need = np.full(len(values), least)
        for number in range(least, replicates, least):
            going = (need == number) & over[:, :number].all(axis=1)
            for point in np.flatnonzero(going).tolist():
                seen = values[point, :number]
                seen = seen[np.isfinite(seen)]
                half = t.ppf(0.975, seen.size - 1) * seen.std(ddof=1) / seen.size**0.5 if seen.size > 1 else np.inf
                if half > until.width:
                    need[point] = min(number + least, replicates)
        return (np.arange(replicates) < need[:, None]).ravel()

    def missing(self) -> list[int]:
        """Return the runs that are still to be done."""
        left = self.wanted() & ~self.done
        left[list(self.failed)] = False
        return np.flatnonzero(left).tolist()
