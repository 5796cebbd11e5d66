"""What is counted of a run each month."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.facts.lives import LifeTable
from emergence.kernels.work import NONE, SUCCESS
from emergence.rules.base import EVENTS
from emergence.schema import OPERATIONAL, STRATEGIC
from emergence.step import Simulation

FORMED, BROKEN = EVENTS.index("formed"), EVENTS.index("broken")
YEAR = 12
BINS = 50  # of cognitive distance
DEGREES = 1024  # beyond which numbers of partners are not told apart
Pairs = tuple[np.ndarray, np.ndarray]


class Held:
    """The ties of one layer at the end of a month, found again by the uids of their ends.

    Parameters
    ----------
    simulation : Simulation
    layer : int
    """

    def __init__(self, simulation: Simulation, layer: int) -> None:
        world = simulation.world
        ties = world.ties[layer]
        self.order = np.argsort(world.firms.uid, kind="stable")
        self.uid = world.firms.uid[self.order]
        place = np.empty(world.size, np.int64)
        place[self.order] = np.arange(world.size)
        a, b, at = ties.pairs()
        code = self._code(place[a], place[b])
        by_code = np.argsort(code)
        self.code, at = code[by_code], at[by_code]
        self.born = ties.born[at].astype(np.int64)
        self.formal = ties.formal[at] > 0 if "formal" in ties.spec else np.zeros(at.size, bool)
        trust = ties.trust()
        inward = (ties.good_in + 1.0) / (ties.good_in + ties.bad_in + 2.0)
        self.trust = np.minimum(trust[at], inward[at])
        self.degree = np.diff(ties.ptr)[self.order]

    def _code(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        return np.minimum(i, j) * self.uid.size + np.maximum(i, j)

    def places(self, uid: np.ndarray) -> np.ndarray:
        """Return the places of firms by uid, int64[k]; all must have been alive."""
        return np.searchsorted(self.uid, uid)

    def find(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the places of ties by the uids of their ends, int64[k]; all must have been there."""
        return np.searchsorted(self.code, self._code(self.places(a), self.places(b)))


class Months:
    """Counts over the months after a world has settled.

    Parameters
    ----------
    simulation : Simulation
        Before its first month.
    settled : int
        Months that are not counted.
    """

    def __init__(self, simulation: Simulation, settled: int) -> None:
        self.simulation, self.settled = simulation, settled
        ages = simulation.settings.steps + 2
        self.tables = {name: np.zeros((2, ages), np.int64) for name in ("entrants", "spot", "relational", "alliances")}
        self.failed = 0
        self.exposed: list[np.ndarray] = []
        self.chosen: list[np.ndarray] = []
        self.newcomers = np.zeros(3)
        self.projects, self.successes = np.zeros((2, BINS), np.int64)
        self.growth: list[np.ndarray] = []
        self.last_year: Pairs | None = None
        self.ever = np.zeros(0, np.int64)
        self.look()

    def look(self) -> None:
        """Keep what is there, to be held against the next month."""
        self.before = {layer: Held(self.simulation, layer) for layer in (OPERATIONAL, STRATEGIC)}
        self.founded = self.simulation.world.firms.born[self.before[STRATEGIC].order].astype(np.int64)
        allied = self.before[STRATEGIC]
        self.ever = np.union1d(self.ever, allied.uid[allied.degree > 0])

    def note(self) -> None:
        """Count the month that has just ended."""
        simulation = self.simulation
        events = simulation.events.columns()
        simulation.events.chunks = []
        if simulation.step > self.settled:
            self.note_firms()
            self.note_supply(*self.turnover(events, OPERATIONAL))
            self.note_alliances(*self.turnover(events, STRATEGIC))
            self.note_projects()
        self.look()

    def turnover(self, events: dict[str, np.ndarray], layer: int) -> tuple[Pairs, np.ndarray, Pairs]:
        """Return uids of the ties formed, ages of those broken, and uids of the broken ones that were there before."""
        kind, here = events["kind"], events["layer"] == layer
        formed, broken = here & (kind == FORMED), here & (kind == BROKEN)
        old = broken & (events["value"] >= 1)
        return (
            (events["a"][formed], events["b"][formed]),
            events["value"][broken].astype(np.int64),
            (events["a"][old], events["b"][old]),
        )

    def add(self, name: str, risk: np.ndarray, ends: np.ndarray) -> None:
        """Add ages at risk and ages of ends to a life table."""
        table = self.tables[name]
        last = table.shape[1] - 1
        table[0] += np.bincount(np.clip(risk, 0, last), minlength=last + 1)
        table[1] += np.bincount(np.clip(ends, 0, last), minlength=last + 1)

    def note_firms(self) -> None:
        """Count entrants at risk and those that ended; each year, how sizes grew."""
        firms, step = self.simulation.world.firms, self.simulation.step
        held = self.before[STRATEGIC]
        entrant = self.founded > 0
        age = step - self.founded[entrant]
        gone = ~np.isin(held.uid[entrant], firms.uid)
        self.add("entrants", age, age[gone])
        if (step - self.settled) % YEAR == 1:
            now = firms.uid.copy(), firms.size.copy()
            if self.last_year is not None:
                _, i, j = np.intersect1d(self.last_year[0], now[0], assume_unique=True, return_indices=True)
                self.growth.append(np.column_stack([self.last_year[1][i], now[1][j]]))
            self.last_year = now

    def note_supply(self, formed: Pairs, ages: np.ndarray, broken: Pairs) -> None:
        """Count lives of supply ties with and without contract, and whom new ones attach to."""
        held, step = self.before[OPERATIONAL], self.simulation.step
        new = np.zeros(formed[0].size, np.int64)
        ended = held.find(*broken)
        age = step - held.born
        self.add("relational", age[held.formal], age[ended][held.formal[ended]])
        self.add(
            "spot",
            np.concatenate([age[~held.formal], new]),
            np.concatenate([age[ended][~held.formal[ended]], ages[ages < 1]]),
        )
        degree = np.minimum(held.degree, DEGREES - 1)
        ends = np.concatenate(formed)
        # A firm that entered this month had no partners to attach to.
        ends = degree[held.places(ends[np.isin(ends, held.uid)])]
        self.exposed.append(np.bincount(degree, minlength=DEGREES))
        self.chosen.append(np.bincount(ends, minlength=DEGREES))

    def note_alliances(self, formed: Pairs, ages: np.ndarray, broken: Pairs) -> None:
        """Count lives of alliances, those that failed, and whom newcomers choose."""
        held, step = self.before[STRATEGIC], self.simulation.step
        ended = held.find(*broken)
        age = np.concatenate([step - held.born, np.zeros(formed[0].size, np.int64)])
        self.add("alliances", age, ages)
        self.failed += int(np.count_nonzero(held.trust[ended] < 0.5))
        one, other = np.concatenate(formed), np.concatenate(formed[::-1])
        newcomer = ~np.isin(one, self.ever)
        # A newcomer's own row is no candidate.
        known = np.count_nonzero(np.isin(held.uid, self.ever)) / max(held.uid.size - 1, 1)
        first = int(newcomer.sum())
        incumbents = np.count_nonzero(np.isin(other[newcomer], self.ever))
        self.newcomers += np.array([first, incumbents, first * known])

    def note_projects(self) -> None:
        """Count joint projects of allies, and successes, by cognitive distance."""
        world = self.simulation.world
        ties, skills = world.ties[STRATEGIC], world.firms.skills.astype(np.float64)
        a, b, at = ties.pairs_at(np.flatnonzero(ties.outcome != NONE))
        gap = np.minimum(1.0, 1.5 * np.sqrt(((skills[a] - skills[b]) ** 2).mean(axis=1)))  # as kernels.pairs.gap
        place = np.minimum((gap * BINS).astype(np.int64), BINS - 1)
        self.projects += np.bincount(place, minlength=BINS)
        self.successes += np.bincount(place[ties.outcome[at] == SUCCESS], minlength=BINS)

    def found(self) -> dict[str, Any]:
        """Return the counts under the names of `Record`."""
        return {
            **{name: LifeTable(table[0], table[1]) for name, table in self.tables.items()},
            "failed": self.failed,
            "exposed": np.array(self.exposed).reshape(-1, DEGREES),
            "chosen": np.array(self.chosen).reshape(-1, DEGREES),
            "newcomers": tuple(self.newcomers.tolist()),
            "projects": self.projects,
            "successes": self.successes,
            "growth": np.concatenate([np.zeros((0, 2)), *self.growth]),
        }
