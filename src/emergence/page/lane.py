"""One world on the page: its simulation, the levers pulled in it, and the lines it has drawn so far."""

from __future__ import annotations

import dataclasses
import zlib
from collections import deque
from collections.abc import Sequence

import numpy as np

from emergence.build import make_simulation
from emergence.config import Settings, Shock
from emergence.measures.monthly import MONTHLY
from emergence.page.layout import merged_ties
from emergence.rules.base import EVENTS
from emergence.step import Simulation
from emergence.twinning import isolate

RAW = ("value_gained", "innovations", "firms", "success_rate", "output", "capacity", "gini_size")
LINES = ("value", "innovations", "solving", "resilience", "growth", "equity")
YEAR, SMOOTH, REMEMBERED = 12, 3, 36
KEPT = 240  # months of the lines
TOLD_MONTHS = 24  # of which events are kept for the stories of firms


class Lane:
    """A world that is followed month by month.

    Parameters
    ----------
    simulation : Simulation
    levels : dict of str to float
        Where the sliders of the conditions stand.

    Attributes
    ----------
    raw : list of tuple
        What lines are made of, one entry a month, the last `KEPT`.
    lines : list of tuple
        Points of the six lines, one entry a month, the last `KEPT`.
    taken_home : bool
        Whether this world may be asked for as data, so that all its months are kept.
    month_events : dict of str to ndarray
        Events of the last month.
    """

    def __init__(self, simulation: Simulation, levels: dict[str, float]) -> None:
        self.simulation, self.levels = simulation, dict(levels)
        self.raw: list[tuple[float, ...]] = []
        self.lines: list[tuple[float, ...]] = []
        self._packed: list[bytes] = []  # monthly measures; packed they take less than half of the room
        self.taken_home = True
        self.recent: deque[dict[str, np.ndarray]] = deque(maxlen=TOLD_MONTHS)
        self.month_events: dict[str, np.ndarray] = simulation.events.columns()
        self.first_capacity = float(simulation.world.firms.size.sum())

    @property
    def month(self) -> int:
        """Months done."""
        return self.simulation.step

    @property
    def rows(self) -> list[np.ndarray]:
        """Monthly measures (float64[measures] each), as ``steps.parquet`` has them; none without `taken_home`."""
        return [np.frombuffer(zlib.decompress(row)) for row in self._packed]

    def branch(self) -> Lane:
        """Return a lane in the same state and with the same luck, which goes its own way."""
        twin = Lane(self.simulation.branch(), self.levels)
        twin.raw, twin.lines, twin._packed = list(self.raw), list(self.lines), list(self._packed)
        twin.taken_home = self.taken_home
        twin.recent = deque(self.recent, maxlen=TOLD_MONTHS)
        twin.first_capacity = self.first_capacity
        return twin

    def forget_rows(self) -> None:
        """Keep no months to be taken home, of a world that is only compared with."""
        self._packed, self.taken_home = [], False

    def advance(self) -> None:
        """Let a month pass, and keep only what the page shows of it."""
        self.simulation.advance(1)
        events = self.simulation.events
        self.month_events = events.columns()
        self.recent.append(self.month_events)
        events.chunks = []
        row = self.simulation.rows.pop()
        self.simulation.rows.clear()
        if self.taken_home:
            self._packed.append(zlib.compress(np.array([row[name] for name in MONTHLY]).tobytes()))
        self.raw.append(tuple(row[name] for name in RAW))
        self.lines.append(point(self.raw, self.first_capacity))
        del self.raw[:-KEPT], self.lines[:-KEPT]

    def add(self, items: Sequence[Shock]) -> None:
        """Put dated levers on the timeline; they act from the month they name."""
        self.simulation.settings.timeline.extend(dataclasses.replace(item) for item in items)

    def count(self, kind: str) -> int:
        """Return how many events of a kind the last month had."""
        return int(np.count_nonzero(self.month_events["kind"] == EVENTS.index(kind)))


def start(settings: Settings, levels: dict[str, float]) -> Lane:
    """Return a world before its first month."""
    settings.output.every, settings.output.events = 1, True
    settings.output.also, settings.output.measures = [], []
    return Lane(make_simulation(settings), levels)


def alone(lane: Lane) -> Lane:
    """Return the same firms with the same luck, who never have a partner."""
    twin = lane.branch()
    isolate(twin.simulation, {})
    twin.forget_rows()
    return twin


def point(raw: Sequence[tuple[float, ...]], first_capacity: float) -> tuple[float, ...]:
    """Return where the six lines stand after a month, see `LINES`."""
    gained, innovations, firms, success = np.array(raw[-YEAR:]).T[:4]
    years = max(float(firms.sum()) / YEAR, 1e-9)
    output = [row[4] for row in raw[-(REMEMBERED + SMOOTH) :]]
    smooth = [sum(output[max(0, k - SMOOTH + 1) : k + 1]) / min(k + 1, SMOOTH) for k in range(len(output))]
    best = max(max(smooth[-REMEMBERED:]), 1e-9)
    return (
        100.0 * float(gained.sum()) / years,
        100.0 * float(innovations.sum()) / years,
        100.0 * float(success.mean()),
        100.0 * smooth[-1] / best,
        100.0 * raw[-1][5] / max(first_capacity, 1e-9),
        100.0 * (1.0 - raw[-1][6]),
    )


def owed_to_the_network(net: Lane, lone: Lane) -> float | None:
    """Return which share of the improvement of two years would not be there without ties; None too early.

    Below 0 the firms did better alone.
    """
    if len(net.raw) < YEAR // 2 or len(lone.raw) != len(net.raw):
        return None
    rates = []
    for lane in (net, lone):
        gained, firms = np.array([row[:3:2] for row in lane.raw[-2 * YEAR :]]).T
        rates.append(float(gained.sum()) / max(float(firms.sum()), 1e-9))
    largest = max(rates)
    return (rates[0] - rates[1]) / largest if largest > 1e-9 else None


def partners(lane: Lane) -> np.ndarray:
    """Return with how many others each firm has any tie, int64[firms]."""
    world = lane.simulation.world
    a, b = merged_ties(world)[:2]
    return np.bincount(np.concatenate([a, b]), minlength=world.size)


def members(lane: Lane) -> int:
    """Return how many firms sell on a platform; the column is there once a platform is."""
    return int(np.count_nonzero(getattr(lane.simulation.world.firms, "platforms", 0)))
