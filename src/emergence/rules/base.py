"""What a rule is, and the guarded state that it is handed.

To add your own rule: write a function ``update(state)``, wrap it in `Rule` with the columns it reads
and writes, and put it into the plan in step.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np

from emergence import luck
from emergence.config import Rules, Settings
from emergence.kernels import groups as of
from emergence.kernels import pairs
from emergence.rules.governance import Membership, governance_of, membership_of, set_network
from emergence.schema import DEVELOPMENT, LAYERS, STRATEGIC
from emergence.tables import Table, Ties
from emergence.world import World

UNIT = 10_000.0  # EUR a month: the size at which scale-free parameters are quoted
MOST_GROUPS = 4095  # as many as luck can tell apart
SERIAL_BELOW = 20_000  # firms; handing work to threads costs more than it saves below

EVENTS = (
    "formed",
    "broken",
    "shock",
    "default",
    "innovation",
    "intervention",
    "exit",
    "entry",
    "adopted",
    "incident",
    "joined",
    "left",
    "appointed",
    "policy",
)
EVENT_COLUMNS = {
    "step": "int32",
    "kind": "int8",
    "a": "int64",
    "b": "int64",
    "layer": "int8",
    "value": "float64",
}


@dataclass(frozen=True)
class Rule:
    """One mechanism of the step.

    Parameters
    ----------
    name : str
        Key of its settings under ``rules``.
    phase : str
        The phase it belongs to, as in docs/odd.md.
    about : str
        One line in plain words.
    source : str
        Where the formula comes from.
    moves : (str, str)
        A monthly measure that the rule moves, and which way: "up" or "down".
    reads, writes : tuple of str
        Columns, as ``firms.cash``, ``ties.w`` or ``world.slots``; ``ties`` and ``firms`` alone mean
        that ties or firms are made or removed. A column not in `writes` is handed over read-only.
    update : callable
        ``update(state)``.
    """

    name: str
    phase: str
    about: str
    source: str
    moves: tuple[str, str]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    update: Callable[[State], None]


@dataclass
class EventLog:
    """What happened, as columns: step, kind, a, b (uids, -1 for none), layer (-1), value."""

    chunks: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def add(self, step: int, kind: str, a: Any, b: Any = -1, layer: int = -1, value: Any = 0.0) -> None:
        """Append one event for each uid in `a`."""
        a = np.atleast_1d(np.asarray(a, np.int64))
        if not a.size:
            return
        values = (step, EVENTS.index(kind), a, b, layer, value)
        self.chunks.append(
            tuple(
                np.broadcast_to(np.asarray(v, dtype), a.shape)
                for v, dtype in zip(values, EVENT_COLUMNS.values(), strict=True)
            )
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Return the log as one array per column."""
        names = EVENT_COLUMNS.items()
        if not self.chunks:
            return {name: np.zeros(0, dtype) for name, dtype in names}
        whole = {name: np.concatenate([c[k] for c in self.chunks]) for k, (name, _) in enumerate(names)}
        self.chunks = [tuple(whole.values())]
        return whole


class View:
    """The columns of a table as one rule may use them: those it does not write are read-only."""

    def __init__(self, table: Table, label: str, writes: tuple[str, ...]) -> None:
        self._table, self._label, self._writes = table, label, writes
        self._version = table.version

    def __getattr__(self, name: str) -> np.ndarray:
        array = self._table.column(name).view()
        if f"{self._label}.{name}" not in self._writes:
            array.flags.writeable = False
        self.__dict__[name] = array
        return array

    @property
    def ptr(self) -> np.ndarray:
        """The row pointer of ties; it is replaced when firms come or go, so it is never kept."""
        array: np.ndarray = self._table.ptr.view()  # type: ignore[attr-defined]
        array.flags.writeable = False
        return array


class State:
    """What a rule sees of the world during one phase of one month.

    Attributes
    ----------
    firms, ties
        Columns; those that the rule does not declare under `writes` are read-only.
    world : World
        For what belongs to no firm.
    settings, rules
        The settings, and the rules' parameters after the conditions have set theirs.
    """

    def __init__(self, world: World, settings: Settings, rules: Rules, events: EventLog) -> None:
        self.world, self.settings, self.rules, self.events = world, settings, rules, events
        self.acting = [LAYERS.index(layer) for layer in settings.layers]
        # The layers on which firms work and learn together; of others they see each other only for want of these.
        self.peers = [layer for layer in self.acting if layer in (DEVELOPMENT, STRATEGIC)] or self.acting[:2]
        self.meetings: dict[int, np.ndarray] = {}
        self.hidden: dict[int, np.ndarray] = {}
        self.niche: Niche | None = None
        self.pull: np.ndarray | None = None
        self.gained: np.ndarray | None = None
        self.trade: Any = None  # Trade of the month, see rules.trade
        self.lost: list[tuple[np.ndarray, np.ndarray]] = []
        self.seen_graph: tuple[Any, bytes, Any] | None = None
        self._views: dict[Any, View] = {}
        self._constants: dict[Any, Any] = {}
        self._packed: dict[Any, np.ndarray] = {}
        self._membership: Membership | None = None
        self._rule: Rule | None = None
        set_network(world, rules)
        self._pool = ThreadPoolExecutor(settings.threads) if settings.threads > 1 else None

    @property
    def step(self) -> int:
        """The month under way, from 1."""
        return self.world.step + 1

    @property
    def orchestrated(self) -> bool:
        """Whether there is an orchestrator, of a group or of the network at large."""
        return bool(self.governance()[:, of.STEERED].any())

    def enter_rule(self, rule: Rule) -> None:
        """Hand the state to a rule."""
        self._rule = rule

    def leave_rule(self, rule: Rule) -> None:
        """Forget what was packed from columns that the rule wrote."""
        kept = _kept_after(rule.writes)
        if kept is not None:
            self._packed = {name: made for name, made in self._packed.items() if name in kept}

    def luck(self, stream: int) -> np.uint64:
        """Return the key of a stream in this month."""
        return luck.key(self.world.seed, stream, self.step)

    def luck_of_group(self, stream: int, row: int) -> np.uint64:
        """Return the key of a stream in this month for one group, so that a firm in two has luck of its own in each.

        Parameters
        ----------
        row : int
            Of the group; -1 is the network at large.
        """
        if row < 0:
            return self.luck(stream)
        return luck.key(self.world.seed, stream, self.step * (MOST_GROUPS + 1) + row)

    def constant(self, make: Callable[..., Any], *args: Any) -> Any:
        """Return ``make(*args)``, made once per simulation and set of arguments."""
        if (make, args) not in self._constants:
            self._constants[make, args] = make(*args)
        return self._constants[make, args]

    def _view(self, label: str, table: Table) -> Any:
        assert self._rule is not None, "state is only visible inside a rule"
        where = (self._rule.name, id(table))
        view = self._views.get(where)
        if view is None or view._table is not table or view._version != table.version:
            view = self._views[where] = View(table, label, self._rule.writes)
        return view

    @property
    def firms(self) -> Any:
        """Columns of the firms."""
        return self._view("firms", self.world.firms)

    def ties(self, layer: int) -> Any:
        """Columns of one layer's half-edges, and `ptr`."""
        return self._view("ties", self.world.ties[layer])

    def others(self, layer: int) -> tuple[np.ndarray, ...]:
        """Return ptr, nbr, good, bad of the three other layers, as kernels take them."""
        found: list[np.ndarray] = []
        for other, ties in enumerate(self.world.ties):
            if other != layer:
                found += [ties.ptr, ties.nbr, ties.good, ties.bad]
        return tuple(found)

    @property
    def groups(self) -> Any:
        """Columns of the groups."""
        return self._view("groups", self.world.groups)

    @property
    def network(self) -> Any:
        """Columns of the network at large, one row."""
        return self._view("network", self.world.network)

    @property
    def memberships(self) -> Any:
        """Columns of the memberships, a row a firm and group."""
        return self._view("memberships", self.world.memberships)

    def membership(self) -> Membership:
        """Return who belongs to which group, as kernels take it; made anew when firms or members change."""
        versions = (self.world.firms.version, self.world.memberships.version, self.world.groups.version)
        if self._membership is None or self._membership.versions != versions:
            self._membership = membership_of(self.world, versions)
        return self._membership

    def governance(self) -> np.ndarray:
        """Return the rules of the groups as kernels take them, float64[groups + 1, columns]; last: outside."""
        if "governance" not in self._packed:
            self._packed["governance"] = governance_of(self.world, self.rules)
        return self._packed["governance"]

    def craft(self) -> np.ndarray:
        """Return the skill in which each firm is strongest, its place in a value chain, int8[firms]."""
        if "craft" not in self._packed:
            if (self.governance()[:, of.CHAIN :] + self.governance()[:, [of.COVERS]] > 0).any():
                craft = self.world.firms.base_skills.argmax(axis=1).astype(np.int8)
            else:
                craft = np.zeros(self.world.size, np.int8)
            self._packed["craft"] = craft
        return self._packed["craft"]

    def learning(self, *columns: str) -> list[np.ndarray]:
        """Return ptr, nbr (or the columns named) of the two layers on which firms see each other.

        An empty layer stands for the second if one acts.
        """
        found: list[np.ndarray] = []
        for layer in self.peers:
            ties = self.ties(layer)
            found += [ties.ptr, *(getattr(ties, name) for name in columns or ("nbr",))]
        if len(self.peers) == 1:
            found += [np.zeros_like(found[0]), *(column[:0] for column in found[1:])]
        return found

    def concealed(self) -> tuple[np.ndarray, np.ndarray]:
        """Return for each half-edge of the two layers of `learning` whether the partner hides (empty: nobody does)."""
        nobody = np.zeros(0, np.uint8)
        found = [self.hidden.get(layer, nobody) for layer in self.peers] + [nobody]
        return found[0], found[1]

    def draw_demand(self, factor: np.ndarray) -> None:
        """Multiply the attraction of firms to this month's demand by a factor, float64[firms]."""
        self.pull = factor if self.pull is None else self.pull * factor

    def profile(self) -> np.ndarray:
        """Return what a tie needs of a partner, float32[firms, 16]; see kernels.pairs."""
        if "profile" not in self._packed:
            firms = self.world.firms
            standing = firms.size / UNIT
            standing = standing / (standing + 1.0)
            packed = np.empty((firms.count, 16), np.float32)
            pairs.pack_profile(firms.skills, firms.culture, firms.purpose, firms.reputation, firms.z, standing, packed)
            self._packed["profile"] = packed
        return self._packed["profile"]

    def aside(self, layer: int) -> np.ndarray:
        """Return attention, root of size, standing and z, float32[firms, 4]; see kernels.pairs."""
        if layer not in self._packed:
            firms = self.world.firms
            packed = np.empty((firms.count, 4), np.float32)
            k0 = getattr(self.rules.formation, LAYERS[layer]).k0
            pairs.pack_aside(self.world.ties[layer].ptr, k0, firms.size, UNIT, firms.z, packed)
            self._packed[layer] = packed
        return self._packed[layer]

    def blocks(self, work: np.ndarray | None = None) -> list[tuple[int, int]]:
        """Split the rows into one block per thread, balanced by the row pointer `work`."""
        n, threads = self.world.size, self.settings.threads
        if threads == 1 or n < SERIAL_BELOW:
            return [(0, n)]
        marks = np.arange(1, threads) / threads
        if work is None:
            cuts = (marks * n).astype(int)
        else:
            cuts = np.searchsorted(work + np.arange(n + 1), marks * (work[-1] + n))
        edges = [0, *(int(c) for c in cuts), n]
        return list(zip(edges[:-1], edges[1:], strict=True))

    def each(self, kernel: Callable[..., Any], *args: Any, work: np.ndarray | None = None) -> None:
        """Run ``kernel(lo, hi, *args)`` over all rows; blocks may run in threads."""
        blocks = self.blocks(work)
        if len(blocks) == 1 or self._pool is None:
            for lo, hi in blocks:
                kernel(lo, hi, *args)
            return
        for done in [self._pool.submit(kernel, lo, hi, *args) for lo, hi in blocks]:
            done.result()

    def log(self, kind: str, a: Any, b: Any = -1, layer: int = -1, value: Any = 0.0) -> None:
        """Record events of this month; `a` and `b` are uids."""
        if self.settings.output.events:
            self.events.add(self.step, kind, a, b, layer, value)

    def retire(self, gone: np.ndarray) -> None:
        """Take firms (bool[firms]) out of the world: their ties end, their cash leaves the model."""
        assert self._rule is not None and "firms" in self._rule.writes, "the rule does not declare 'firms'"
        world = self.world
        world.book("closed", -float(world.firms.cash[gone].sum()))
        if "inventory" in world.firms.spec:
            world.book_goods("closed", -float(world.firms.inventory[gone].sum()))
        world.count("exits", int(gone.sum()))
        for layer, (a, b, born) in world.remove(~gone).items():
            self.log("broken", a, b, layer, self.step - born)
            world.count("lost", born.size)

    def columns_of(self, layer: int) -> Ties:
        """Return the ties of a layer for insertion and removal, if the rule declared ``ties``."""
        assert self._rule is not None and "ties" in self._rule.writes, "the rule does not declare 'ties'"
        return self.world.ties[layer]


@dataclass(frozen=True)
class Niche:
    """What a sector's firms do, by their size.

    Attributes
    ----------
    having : float64[sectors, bits]
        Size of the firms whose practice has each bit.
    mass : float64[sectors]
        Size of all firms.
    differentiation : float
        Value in z of having nothing in common with the others against having all.
    """

    having: np.ndarray
    mass: np.ndarray
    differentiation: float


ALONE = Niche(np.zeros((0, 0)), np.zeros(0), 0.0)  # nobody minds what others do


def params(kind: Any, *sources: Any, **more: float) -> Any:
    """Fill a kernel's NamedTuple from settings of the same names; an earlier source wins."""
    own, getters, order = _homes(kind, tuple(map(type, sources)), tuple(more))
    values = [more[name] for name in own]
    for source, get in zip(sources, getters, strict=True):
        values += get(source)
    return kind(*(float(values[place]) for place in order))


@lru_cache
def _kept_after(writes: tuple[str, ...]) -> frozenset[str] | None:
    """Return what was packed and still holds after a rule that writes these columns; None if all of it does."""
    written = {name.split(".")[-1] for name in writes}
    profile = {"skills", "base_skills", "culture", "purpose", "reputation", "z", "size", "firms", "ties"}
    groups = any(name.startswith(("groups.", "network.")) for name in writes)
    if not written & profile and not groups:
        return None
    return frozenset() if groups or "firms" in written else frozenset({"governance", "craft"})


@lru_cache
def _homes(kind: Any, sources: tuple[type, ...], more: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what fills a NamedTuple: names given by name, a getter for each source, and the place of each field."""
    fields: tuple[str, ...] = kind._fields
    parts = [[name for name in fields if name in more]]
    for source in sources:
        taken = {name for part in parts for name in part}
        parts.append([n for n in fields if n in source.__dataclass_fields__ and n not in taken])  # type: ignore[attr-defined]
    found = [name for part in parts for name in part]
    return parts[0], [_getter(part) for part in parts[1:]], [found.index(name) for name in fields]


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that reads attributes, a tuple of them however few there are."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda source: tuple(getattr(source, name) for name in names)


def names(label: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Prefix column names, for the lists of a rule."""
    return tuple(f"{label}.{column}" for column in columns)
