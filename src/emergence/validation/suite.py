"""The registry of replication cases, and how they are run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emergence.errors import Refusal, nearest
from emergence.validation import (
    barter,
    brokerage,
    cascades,
    connections,
    culture,
    default,
    diffusion,
    diversity,
    growth,
    influence,
    landscape,
    robustness,
    sensitivity,
    systemic,
    teams,
)
from emergence.validation.case import FULL, QUICK, Case, Check, Found, remembering

# In the order of the design.
CASES: dict[str, Case] = {
    module.CASE.id: module.CASE
    for module in (
        connections,
        influence,
        landscape,
        diversity,
        cascades,
        default,
        barter,
        teams,
        robustness,
        growth,
        diffusion,
        culture,
        sensitivity,
        brokerage,
        systemic,
    )
}
SUITES = (QUICK, FULL)
FACTS = "facts"  # the stylised facts have a suite of their own, emergence.facts


@dataclass(frozen=True)
class Outcome:
    """What a check measured."""

    check: Check
    measured: Any
    interval: tuple[float, float] | None
    ok: bool


@dataclass(frozen=True)
class Report:
    """What the checks of a case measured, and how long it took."""

    case: Case
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(outcome.ok for outcome in self.outcomes)


def find_case(name: str) -> Case:
    """Return a case by name, or refuse with the nearest."""
    if name not in CASES:
        raise Refusal(f"there is no case '{name}'; {nearest(str(name), CASES)}")
    return CASES[name]


def measure(case: str, **settings: Any) -> Found:
    """Run one replication case at any setting.

    Parameters
    ----------
    case : str
        Name of a case; see docs/validation.md.
    **settings
        As the function `measure` of the case's module takes them; all have defaults, those of the published
        set-up. ``sign=-1`` turns the mechanism round, which must make the case fail.

    Returns
    -------
    dict
        Measured numbers by name. The same settings and seed give the same numbers.

    Raises
    ------
    Refusal
        For an unknown case or setting, or a value out of range.

    Examples
    --------
    >>> measure("connections", c=0.3)["stable"]
    7
    """
    chosen = find_case(case)
    found = chosen.run(**settings)
    return {key: found[key] for key in chosen.returns if key in found}


def run_case(case: Case, suite: str = FULL, **fixed: Any) -> Report:
    """Run the checks of one case that belong to a suite; what is `fixed` replaces settings of every check."""
    began = time.perf_counter()
    run = remembering(case, **fixed)
    outcomes = tuple(examine(check, run) for check in case.checks_of(suite))
    return Report(case, outcomes, time.perf_counter() - began)


def examine(check: Check, run: Callable[..., Found]) -> Outcome:
    """Measure what a check asks for and judge it."""
    measured = check.value(run)
    sound = isinstance(measured, str) or math.isfinite(measured)
    interval = check.interval(run) if check.interval is not None and sound else None
    return Outcome(check, measured, interval, check.holds(measured, interval))


def run_suite(
    suite: str = QUICK, names: Sequence[str] = (), on_case: Callable[[Case], None] | None = None
) -> Iterator[Report]:
    """Run a suite, or the named cases of it, case by case.

    Parameters
    ----------
    suite : {"quick", "full"}
    names : sequence of str
        Cases to run; all if empty. A named case without quick checks is run in full.
    on_case : callable, optional
        Called with each case before it runs.
    """
    if suite == FACTS:
        raise Refusal("suite=facts runs whole worlds and no cases: emergence validate suite=facts, or emergence.facts")
    if suite not in SUITES:
        raise Refusal(f"suite={suite}: there is no such suite; {nearest(suite, (*SUITES, FACTS))}")
    chosen = [find_case(name) for name in names] or list(CASES.values())
    return _run_chosen(chosen, suite, bool(names), on_case)


def _run_chosen(
    chosen: Sequence[Case], suite: str, named: bool, on_case: Callable[[Case], None] | None
) -> Iterator[Report]:
    for case in chosen:
        kind = suite if case.checks_of(suite) or not named else FULL
        if case.checks_of(kind):
            if on_case is not None:
                on_case(case)
            yield run_case(case, kind)
