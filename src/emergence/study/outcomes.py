"""Outcomes of a run: one number each, and what has to be measured, and when, to know it.

To add your own outcome, enter a function of a simulation into `AT_THE_END`, or ask for any monthly measure by name,
last, mean or sum, over a window of months.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emergence.config import Settings, Shock
from emergence.errors import Refusal, nearest
from emergence.measures.emergence import OUTCOMES, outcome_of
from emergence.measures.monthly import CHEAP, MONTHLY, measure_cheap
from emergence.measures.own import OWN
from emergence.measures.taken import column_names
from emergence.reading import read_settings
from emergence.step import Simulation

HOW: dict[str, Callable[[np.ndarray], float]] = {
    "last": lambda x: float(x[-1]),
    "mean": lambda x: float(x.mean()),
    "sum": lambda x: float(x.sum()),
}


def survival(simulation: Simulation) -> float:
    """Return the share of founders who are still there."""
    world = simulation.world
    return float(np.count_nonzero(world.firms.born <= 0)) / max(world.founders, 1)


AT_THE_END: dict[str, tuple[str, str, Callable[[Simulation], float]]] = {
    "survival": ("1", "share of founders alive at the end", survival),
    "months": (
        "months",
        "months run, fewer where a stop rule ended the run",
        lambda simulation: float(simulation.step),
    ),
}


@dataclass(frozen=True)
class Wanted:
    """One outcome of a study.

    Attributes
    ----------
    name, unit, meaning : str
    names : tuple of str
        Monthly measures that it needs.
    months : int
        How many at the end are looked at; 0 for all.
    of_series, of_end : callable or None
        From monthly series, or from the simulation at its end.
    shock : Shock or None
        It is what this shock costs: output lost within `months` of a branch with the same luck.
    """

    name: str
    unit: str
    meaning: str
    names: tuple[str, ...] = ()
    months: int = 0
    of_series: Callable[[Mapping[str, np.ndarray]], float] | None = None
    of_end: Callable[[Simulation], float] | None = None
    shock: Shock | None = None


def read_outcomes(asked: Sequence[Any], settings: Settings) -> list[Wanted]:
    """Return outcomes from how a study writes them.

    A word is an outcome of `measures.emergence.OUTCOMES` or of `AT_THE_END`, or a monthly measure (its mean over all
    months); ``{measure: mean_degree, how: last}`` or ``how: mean, months: 12`` says how; ``{shock: {kind: ..,
    month: ..}, months: 24}`` is the share of output that the shock costs in so many months.
    """
    found = [
        _shocked(one, settings) if isinstance(one, dict) and "shock" in one else _read(one, settings) for one in asked
    ]
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1 or name in ("run", "point", "replicate", "seed"):
            raise Refusal(f"study.outcomes: the name '{name}' is taken; give one of them a 'name' of its own")
    return found


def _read(asked: Any, settings: Settings) -> Wanted:
    extra = [*column_names(settings.output.also), *settings.output.measures]
    series = [*MONTHLY, *extra]
    if isinstance(asked, str):
        if asked in AT_THE_END:
            unit, meaning, function = AT_THE_END[asked]
            return Wanted(asked, unit, meaning, of_end=function)
        if asked in OUTCOMES:
            names, months = _needs(OUTCOMES[asked].measure)
            about = outcome_of(asked)
            return Wanted(asked, about.unit, about.meaning, names, months, about.measure)
        if asked not in series:
            raise Refusal(f"study.outcomes: there is no '{asked}': {nearest(asked, [*OUTCOMES, *AT_THE_END, *series])}")
        asked = {"measure": asked, "how": "mean", "name": asked}
    _known(asked, ("measure", "how", "months", "name"))
    name, how = str(asked.get("measure")), str(asked.get("how", "last"))
    if name not in series:
        raise Refusal(f"study.outcomes: there is no measure '{name}': {nearest(name, series)}")
    if how not in HOW:
        raise Refusal(f"study.outcomes: {name} cannot be taken '{how}': {nearest(how, HOW)}")
    months = 1 if how == "last" else _months(asked.get("months", 0))
    title = str(asked.get("name", f"{name}_{how}" + (f"_{months}" if months > 1 else "")))
    unit, meaning = MONTHLY.get(name, (OWN[name][0] if name in OWN else "", name))
    if how == "sum":
        unit = unit.removesuffix("/month")
    span = "at the end" if how == "last" else f"over {f'the last {months}' if months else 'all'} months"
    reduce = HOW[how]
    return Wanted(title, unit, f"{meaning}, {how} {span}", (name,), months, lambda s: reduce(s[name][-months:]))


def _known(asked: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise Refusal(f"study.outcomes: there is no '{name}' of an outcome; {nearest(str(name), names)}")


def _months(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100_000:
        raise Refusal(f"study.outcomes: months: a whole number from 0 to 100,000 is needed, not {value!r}")
    return value


def _shocked(asked: Mapping[str, Any], settings: Settings) -> Wanted:
    _known(asked, ("shock", "months", "name"))
    shock = read_settings({"timeline": [asked["shock"]]}).timeline[0]
    months = _months(asked.get("months", 24)) or 24
    if shock.month + months - 1 > settings.steps:
        raise Refusal(
            f"study.outcomes: a shock in month {shock.month} that is watched for {months} months needs "
            f"{shock.month + months - 1} steps; the runs have {settings.steps}"
        )
    about = f"output lost to {shock.kind} of month {shock.month}, share of {months} months"
    return Wanted(str(asked.get("name", f"{shock.kind}_loss")), "1", about, ("output",), months, shock=shock)


class _Asked(dict[str, np.ndarray]):
    """Series that remember which of them were looked at."""

    def __init__(self, months: int, blank: int) -> None:
        super().__init__()
        self.course = np.ones(months)
        self.course[:blank] = np.nan

    def __missing__(self, name: str) -> np.ndarray:
        self[name] = self.course
        return self.course


def _needs(measure: Callable[[Mapping[str, np.ndarray]], float]) -> tuple[tuple[str, ...], int]:
    """Return the series that a function looks at, and whether the last twelve months are enough (12, else 0)."""
    probe = _Asked(36, 24)
    value = measure(probe)
    return tuple(probe), 0 if math.isnan(value) else 12


@dataclass
class Course:
    """What is kept of a run under way: series of the measures that its outcomes need, no more.

    Parameters
    ----------
    wanted : list of Wanted
    steps : int
        Months that the run is meant to have.
    stop : mapping
        Measure to threshold; the run ends when one of them is at most that.
    kept : (tuple of str, int)
        Measures of which the course is kept, and every how many months.
    """

    wanted: list[Wanted]
    steps: int
    stop: Mapping[str, float] = field(default_factory=dict)
    kept: tuple[tuple[str, ...], int] = ((), 1)
    rows: dict[str, list[float]] = field(default_factory=dict)
    course: list[list[float]] = field(default_factory=list)
    lost: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names, every = self.kept
        self._names = sorted({name for one in self.wanted for name in one.names} | set(self.stop))
        self._cheap = [name for name in self._names if name in CHEAP]
        self._whole = set(self._whole_months()) if set(self._names) - CHEAP else set()
        self._keeping = set(range(every, self.steps + 1, every)) if names else set()
        if set(names) - CHEAP:
            self._whole |= self._keeping
        self.rows = {name: [] for name in self._names}
        self._shocks: dict[int, list[Wanted]] = {}
        for one in self.wanted:
            if one.shock is not None:
                self._shocks.setdefault(one.shock.month - 1, []).append(one)

    def _whole_months(self) -> Iterator[int]:
        """Yield the months in which something must be measured that takes a look at the whole network."""
        last = 0 if self.stop else self.steps
        for one in self.wanted:
            if set(one.names) - CHEAP:
                yield from range(max(last - one.months, 0) + 1 if one.months and last else 1, self.steps + 1)
        if set(self.stop) - CHEAP:
            yield from range(1, self.steps + 1)

    def follow(self, simulation: Simulation) -> None:
        """Run a simulation to its end."""
        self.branches: list[tuple[Wanted, float]] = []
        self._branch(simulation)
        for _ in range(self.steps):
            simulation.advance(measure=False)
            row = self._measure(simulation)
            for name, series in self.rows.items():
                series.append(row.get(name, math.nan))
            if simulation.step in self._keeping:
                self.course.append([float(simulation.step), *(row[name] for name in self.kept[0])])
            if any(row[name] <= threshold for name, threshold in self.stop.items()):
                break
            self._branch(simulation)

    def _measure(self, simulation: Simulation) -> dict[str, float]:
        if simulation.step in self._whole:
            simulation.measure()
            return simulation.rows.pop()
        names = {*self._cheap, *(self.kept[0] if simulation.step in self._keeping else ())}
        row = measure_cheap(simulation.world, names)
        simulation.world.begin_counts()
        return row

    def _branch(self, simulation: Simulation) -> None:
        """Let the shocks of next month strike in branches, and note the output that is left there."""
        for one in self._shocks.get(simulation.step, []):
            branch = simulation.branch({"timeline": [*simulation.settings.timeline, one.shock]})
            left = 0.0
            for _ in range(one.months):
                branch.advance(measure=False)
                left += float(branch.world.firms.revenue.sum())
            self.branches.append((one, left))

    def values(self, simulation: Simulation) -> list[float]:
        """Return the outcomes, in order; NaN for what a run that stopped early never came to."""
        series = {name: np.array(values) for name, values in self.rows.items()}
        left = {one.name: output for one, output in self.branches}
        found = []
        for one in self.wanted:
            if one.of_end is not None:
                found.append(one.of_end(simulation))
            elif one.shock is not None:
                months = series["output"][one.shock.month - 1 : one.shock.month - 1 + one.months]
                whole = float(months.sum()) if months.size == one.months else math.nan
                found.append(1.0 - left[one.name] / whole if whole > 0 and one.name in left else math.nan)
            elif one.of_series is not None:
                found.append(one.of_series(series) if simulation.step else math.nan)
        return found
