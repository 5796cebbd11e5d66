"""Measures of one's own: a function of the world, taken with the others when a config names it.

To add your own, decorate ``f(world) -> float`` with `measure` and name it under ``output.measures``.
"""

from __future__ import annotations

from collections.abc import Callable

from emergence.errors import Refusal, nearest
from emergence.measures.monthly import MONTHLY
from emergence.world import World

Measure = Callable[[World], float]
OWN: dict[str, tuple[str, Measure]] = {}


def measure(name: str, unit: str = "1") -> Callable[[Measure], Measure]:
    """Register a function of the world as a measure.

    Parameters
    ----------
    name : str
        Column of steps.parquet; must not be taken.
    unit : str
        Unit, for the lists and the report.

    Raises
    ------
    ValueError
        If a measure of the package has the name.
    """
    if name in MONTHLY:
        raise ValueError(f"there is a measure '{name}' already: {MONTHLY[name][1]}")

    def register(function: Measure) -> Measure:
        OWN[name] = (unit, function)
        return function

    return register


def chosen(names: list[str]) -> dict[str, Measure]:
    """Return the measures behind a list of names, or refuse with the nearest."""
    for name in names:
        if name not in OWN:
            raise Refusal(f"output.measures: there is no measure '{name}': {nearest(name, OWN)}")
    return {name: OWN[name][1] for name in names}
