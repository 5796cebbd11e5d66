"""What a replication case is, what it checks, and what it refuses.

To add your own case: write a function that measures (keyword settings with defaults, `sign` among
them), list its checks with the published numbers, and put the `Case` into the registry in suite.py.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.measures.interval import paired_interval, wilson

Found = dict[str, Any]
Run = Callable[..., Found]
Value = Callable[[Run], Any]
Interval = Callable[[Run], tuple[float, float]]
QUICK, FULL = "quick", "full"


@dataclass(frozen=True)
class Check:
    """One number that a case must reproduce.

    Parameters
    ----------
    name : str
        What is measured, with its setting.
    expected : float or str
        Published or analytic value, or the bound.
    value : callable
        ``value(run)``, where ``run(**settings)`` measures the case.
    tolerance : float
        Largest distance from `expected`; without meaning for a bound or a word.
    sense : {"within", "above", "below", "equal"}
        How the measured value must lie to the expected one.
    interval : callable, optional
        95% interval of the measured value over runs. Where there is one, the whole of it must clear a bound.
    quick : bool
        Part of the quick suite.
    """

    name: str
    expected: float | str
    value: Value
    tolerance: float = 0.0
    sense: str = "within"
    interval: Interval | None = None
    quick: bool = False

    def holds(self, measured: Any, interval: tuple[float, float] | None = None) -> bool:
        """Tell whether a measured value passes."""
        if self.sense == "equal":
            return bool(measured == self.expected)
        assert not isinstance(self.expected, str)
        if not math.isfinite(measured):
            return False
        if self.sense == "within":
            # What is written down in decimals must not fail by the last bit of a float.
            return bool(abs(measured - self.expected) <= self.tolerance + 1e-12)
        low, high = interval or (measured, measured)
        return bool(low > self.expected) if self.sense == "above" else bool(high < self.expected)


def near(
    name: str, expected: float, tolerance: float, value: Value, interval: Interval | None = None, quick: bool = False
) -> Check:
    """Return a check that a number lies within `tolerance` of the expected one."""
    return Check(name, expected, value, tolerance, "within", interval, quick)


def above(name: str, bound: float, value: Value, interval: Interval | None = None, quick: bool = False) -> Check:
    """Return a check that a number lies above a bound."""
    return Check(name, bound, value, 0.0, "above", interval, quick)


def below(name: str, bound: float, value: Value, interval: Interval | None = None, quick: bool = False) -> Check:
    """Return a check that a number lies below a bound."""
    return Check(name, bound, value, 0.0, "below", interval, quick)


def equal(name: str, expected: float | str, value: Value, quick: bool = True) -> Check:
    """Return a check that a word or a count is the expected one."""
    return Check(name, expected, value, 0.0, "equal", None, quick)


@dataclass(frozen=True)
class Case:
    """A known result and how the program's own parts reproduce it.

    Parameters
    ----------
    id : str
        Name, as in ``case=NAME``.
    result : str
        The published result in one line.
    source : str
        Who found it.
    rule : str
        The rule, kernel or measure of the program that the case runs.
    setup : str
        The experiment in plain words.
    conditional : str
        What the result depends on, and who disputes it.
    flip : str
        What ``sign=-1`` turns round.
    returns : tuple of str
        Keys of what `emergence.validation.measure` returns, those that a setting leaves out included.
    measure : callable
        Keyword settings, `sign` among them, to a dict that holds at least `returns`.
    checks : tuple of Check
    curve : callable, optional
        ``curve(run)``: numbers for the figure, JSON-ready.
    """

    id: str
    result: str
    source: str
    rule: str
    setup: str
    conditional: str
    flip: str
    returns: tuple[str, ...]
    measure: Callable[..., Found]
    checks: tuple[Check, ...]
    curve: Callable[[Run], Found] | None = field(default=None, compare=False)

    @property
    def suite(self) -> str:
        """The smallest suite that holds every check of the case."""
        return QUICK if all(check.quick for check in self.checks) else FULL

    def checks_of(self, suite: str) -> tuple[Check, ...]:
        """Return the checks that belong to a suite."""
        return self.checks if suite == FULL else tuple(check for check in self.checks if check.quick)

    def settings(self) -> dict[str, Any]:
        """Return every setting with its default."""
        return {name: given.default for name, given in inspect.signature(self.measure).parameters.items()}

    def run(self, **settings: Any) -> Found:
        """Measure once; settings that do not exist are refused."""
        known = self.settings()
        for name in settings:
            if name not in known:
                raise Refusal(f"case '{self.id}': there is no setting '{name}'; {nearest(name, known)}")
        if settings.get("sign", 1) not in (1, -1):
            raise Refusal(f"case '{self.id}': sign must be 1 or -1, not {settings['sign']!r}")
        seed = settings.get("seed", 0)
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
            raise Refusal(f"case '{self.id}': seed must be a whole number from 0 to 2**63 - 1, not {seed!r}")
        return self.measure(**settings)


def remembering(case: Case, **fixed: Any) -> Run:
    """Return a function that measures a case and remembers, so that checks share a run.

    What is `fixed` replaces the settings that a check asks for, where the case has them.
    """
    known = case.settings()
    own = {name: value for name, value in fixed.items() if name in known}
    kept: dict[Any, Found] = {}

    def run(**settings: Any) -> Found:
        settings = settings | own
        where = tuple(sorted((name, repr(value)) for name, value in settings.items()))
        if where not in kept:
            kept[where] = case.run(**settings)
        return kept[where]

    return run


def require(case: str, **given: tuple[Any, float, float]) -> None:
    """Refuse numbers outside their range; each comes as (value, lowest, highest), whole where both bounds are ints."""
    for name, (value, low, high) in given.items():
        whole = isinstance(low, int) and isinstance(high, int)
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not number or not low <= value <= high or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number"
            raise Refusal(f"case '{case}': {name} must be {kind} from {low:g} to {high:g}, not {value!r}")


def require_word(case: str, name: str, value: Any, choices: Iterable[str]) -> None:
    """Refuse a word that is none of the choices."""
    if value not in tuple(choices):
        raise Refusal(f"case '{case}': there is no {name} '{value}'; {nearest(str(value), choices)}")


def pick(key: str, **settings: Any) -> Value:
    """Return a function that takes one number out of one run."""
    return lambda run: run(**settings)[key]


def spread_of(key: str, **settings: Any) -> Interval:
    """Return a function that gives the 95% interval of the mean of numbers by run (bootstrap)."""
    return lambda run: mean_interval(run(**settings)[key])


def share_of(key: str, **settings: Any) -> Interval:
    """Return a function that gives the 95% interval of a share of runs (Wilson 1927)."""

    def interval(run: Run) -> tuple[float, float]:
        found = run(**settings)
        return wilson(round(found[key] * found["runs"]), found["runs"])[1:]

    return interval


def mean_interval(values: Any) -> tuple[float, float]:
    """Return the 95% interval of a mean over runs (bootstrap)."""
    return paired_interval(values)[1:]
