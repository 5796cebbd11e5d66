"""The registry of facts, and how they are measured over worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from emergence.compose import compose
from emergence.errors import Refusal, nearest
from emergence.facts import firms, partners, supply
from emergence.facts.fact import Fact, Number, jackknife
from emergence.facts.record import Record, record

# In the order of the design.
FACTS: dict[str, Fact] = {
    fact.id: fact
    for fact in (
        firms.SURVIVAL,
        firms.SIZES,
        firms.GROWTH,
        supply.SUPPLY,
        partners.LIVES,
        supply.ATTACHMENT,
        supply.SQUARES,
        partners.ALLIANCES,
        supply.RISK,
        partners.DISTANCE,
    )
}
FITTING, JUDGING = range(5000, 5100), range(5100, 5130)
WORLD = ("scenario=economy",)
FIRMS, MONTHS, SETTLED = 1000, 240, 120


@dataclass(frozen=True)
class Finding:
    """What was measured of one number of a fact, with its 95% interval over worlds."""

    fact: Fact
    number: Number
    measured: float
    interval: tuple[float, float]
    ok: bool


def records_of(
    seeds: Iterable[int] = JUDGING,
    overrides: Sequence[str] = (),
    firms: int = FIRMS,
    months: int = MONTHS,
    settled: int = SETTLED,
) -> Iterator[Record]:
    """Yield a record for each seed.

    Parameters
    ----------
    seeds : iterable of int
        Parameters are fitted on `FITTING` and judged on `JUDGING`, which have no seed in common.
    overrides : sequence of str
        Settings as on the command line, on top of the full default world.
    firms : int
        At the start.
    months, settled : int
        Length of a run, and its months before anything is counted.
    """
    for seed in seeds:
        settings = compose([*WORLD, f"firms={firms}", f"steps={months}", f"seed={seed}", *overrides])
        yield record(settings, settled)


def find_facts(names: Sequence[str] = ()) -> list[Fact]:
    """Return facts by name, all if none is named, or refuse with the nearest."""
    for name in names:
        if name not in FACTS:
            raise Refusal(f"there is no fact '{name}'; {nearest(name, FACTS)}")
    return [FACTS[name] for name in names] or list(FACTS.values())


def measure_facts(
    records: Sequence[Record], facts: Sequence[Fact] = (), on_fact: Callable[[Fact], None] | None = None
) -> list[Finding]:
    """Measure facts over recorded worlds, and judge them."""
    found = []
    for fact in facts or FACTS.values():
        if on_fact is not None:
            on_fact(fact)
        for number in fact.numbers:
            measured, low, high = jackknife(number.value, records)
            found.append(Finding(fact, number, measured, (low, high), number.holds(measured, (low, high))))
    return found
