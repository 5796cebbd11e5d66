"""How far a world is from the facts, for fitting its parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping

from emergence.facts.fact import Number
from emergence.facts.suite import FACTS, FITTING, records_of

WORLDS, FIRMS = 3, 400  # of a small measurement
FREE, FARTHEST = 0.5, 3.0  # distances that cost nothing, and beyond which more costs no more

NUMBERS: dict[str, Number] = {
    f"{fact.id}_{k}": number for fact in FACTS.values() for k, number in enumerate(fact.numbers, 1)
}


def numbers_at(
    values: Mapping[str, float], seed: int = 0, worlds: int = WORLDS, firms: int = FIRMS
) -> dict[str, float]:
    """Measure all numbers of the facts in worlds with some settings changed.

    Parameters
    ----------
    values : mapping of str to float
        Keys of the settings.
    seed : int
        Chooses among the seeds for fitting.
    worlds, firms : int
        How many worlds, and founders of each.

    Returns
    -------
    dict of str to float
        By fact and place, ``survival_1``.
    """
    first = seed % (len(FITTING) // worlds) * worlds
    words = [f"{key}={value!r}" for key, value in values.items()]
    records = list(records_of(FITTING[first : first + worlds], words, firms))
    return {name: float(number.value(records)) for name, number in NUMBERS.items()}


def misfit(found: Mapping[str, float]) -> float:
    """Return the misfit of measured numbers: the sum of squares of distances beyond the inner half of each range."""
    total = 0.0
    for name, number in NUMBERS.items():
        distance = min(number.distance(found[name]), FARTHEST)
        total += max(distance - FREE, 0.0) ** 2
    return total if math.isfinite(total) else math.inf
