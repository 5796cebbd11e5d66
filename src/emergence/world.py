"""The state of a world: its tables, its ties, and what belongs to no firm.

Rows are in canonical order, by month of entry and then by uid, and compaction keeps it. So sums
over partners have one order, whatever order the firms were listed in.
"""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from emergence.errors import Refusal
from emergence.kernels import graph
from emergence.kernels.landscape import update_z
from emergence.schema import FIRMS, GROUPS, LAYERS, MEMBERSHIPS
from emergence.tables import Table, Ties

FORMAT = 4
LAGS = 241  # months since first use that takeovers are counted by


@dataclass
class Registry:
    """Every practice ever used (open hash table): its first month, and how often a routine was taken over."""

    practice: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    first: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    adoptions: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    count: int = 0


class World:
    """Everything that changes while a world runs.

    Parameters
    ----------
    firms : int
        Firms at the start.

    Attributes
    ----------
    firms, groups, memberships : Table
    network : Table
        One row: the network at large, as a group that everyone belongs to.
    ties : list of Ties
        One per layer, in the order of `schema.LAYERS`.
    step : int
        Months done.
    slots : int32[any]
        Row of the firm in each slot of the urn of candidates, -1 where nobody is.
    landscape : float64[sectors, bits, 2**(k+1)]
        Contribution tables of the practice landscapes.
    platforms : dict of str to float64[platforms]
        ``balance`` (EUR), ``data`` (firm-months) and age in ``months`` of each platform; empty until the rule
        `platform` is on.
    own_left : float
        Share of the entries that sectors had for themselves at the start which have not become common.
    counts, totals : dict of str to float
        What happened since the last measured month, and since the start.
    spread : int64[LAGS]
        Times that a routine of an innovation was taken over since the last measured month, by the months since the
        innovation's first use; later ones are counted in the last place.
    sensed : dict of int to dict
        What each group saw at its last review, by gid.
    struck : dict of (int, int) to list of int
        Uids of the firms that were picked to be removed or attacked, by month and place on its timeline; not saved.
    ledger : dict of str to float
        Money created (plus) or destroyed (minus) by cause, in EUR; balances change by their sum.
    goods : dict of str to float
        Goods that came into stocks (plus) or left them (minus) by cause, in EUR; stocks change by their sum.
    labels, ids : dict of int to str
        Names and ids of firms that came from a file, by uid.
    words : dict of str to list of str
        What a file calls its sectors and regions, in the order of their codes.
    extra : dict of str to dict of int to str
        Other columns of a file about firms, as text by uid.
    """

    def __init__(self, firms: int = 0) -> None:
        self.firms: Any = Table(FIRMS, firms)
        self._order: tuple[int, np.ndarray | None] | None = None
        self.groups: Any = Table(GROUPS)
        self.network: Any = Table(GROUPS, 1)
        self.memberships = Table(MEMBERSHIPS)
        self.ties = [Ties(layer, firms) for layer in range(len(LAYERS))]
        self.step = 0
        self.seed = 0
        self.founders = firms
        self.made_by_hand = 0
        self.slots: np.ndarray = np.arange(firms, dtype=np.int32)
        self.landscape: np.ndarray = np.zeros((1, 1, 1))
        self.demand: dict[str, np.ndarray] = {}
        self.platforms: dict[str, np.ndarray] = {}
        self.own_left = 1.0
        self.sensed: dict[int, dict[str, Any]] = {}
        self.registry = Registry()
        self.ledger: dict[str, float] = {}
        self.goods: dict[str, float] = {}
        self.counts: dict[str, float] = {}
        self.totals: dict[str, float] = {}
        self.spread = np.zeros(LAGS, np.int64)
        self.struck: dict[tuple[int, int], list[int]] = {}
        self.labels: dict[int, str] = {}
        self.ids: dict[int, str] = {}
        self.words: dict[str, list[str]] = {}
        self.extra: dict[str, dict[int, str]] = {}

    @property
    def size(self) -> int:
        """Number of firms alive."""
        return self.firms.count

    def name_of(self, uid: int) -> str:
        """Return the firm's name, or one made from its uid."""
        if uid in self.labels:
            return self.labels[uid]
        month, sector, number = uid >> 26, (uid >> 18) & 255, uid & 0x3FFFF
        if sector == 255:
            return f"Added firm {number}"
        return f"Firm {uid}" if month == 0 else f"Entrant {month}-{sector}-{number + 1}"

    def id_of(self, uid: int) -> str:
        """Return the id under which a file knows the firm, or its uid as text."""
        return self.ids.get(uid, str(uid))

    def word_for(self, attribute: str, code: int) -> str:
        """Return what the file calls a sector or region, or ``"sector 3"``."""
        words = self.words.get(attribute, [])
        return words[code] if code < len(words) else f"{attribute} {code}"

    def find_firm(self, name: str) -> int | None:
        """Return the uid of a firm by its id in the file, its name, or its number; None if there is none.

        ``Firm 5``, as reports call it, is the firm of number 5.
        """
        for known in (self.ids, self.labels):
            for uid, text in known.items():
                if text == name:
                    return uid
        name = name.removeprefix("Firm ")
        if name.isdecimal() and int(name) < 2**62 and self.rows_of([int(name)])[0] >= 0:
            return int(name)
        return None

    def mate(self, layer: int, at: np.ndarray | None = None) -> np.ndarray:
        """Return the position of the other end of each half-edge in `at` (all of them if left out)."""
        ties = self.ties[layer]
        owner = ties.owner().astype(np.int64)
        nbr = ties.nbr.astype(np.int64)
        code = owner * self.size + nbr
        back = nbr * self.size + owner
        return np.searchsorted(code, back if at is None else back[at])

    def rows_of(self, uids: Iterable[int]) -> np.ndarray:
        """Return the rows of firms by uid, -1 where none is alive."""
        wanted = np.asarray(uids if isinstance(uids, np.ndarray) else list(uids), np.int64)
        if self._order is None or self._order[0] != self.firms.version:
            ascending = bool((self.firms.uid[1:] > self.firms.uid[:-1]).all())
            self._order = self.firms.version, None if ascending else np.argsort(self.firms.uid, kind="stable")
        order = self._order[1]
        at = np.searchsorted(self.firms.uid, wanted, sorter=order)
        found = np.full(wanted.size, -1, np.int64)
        inside = at < self.size
        rows = at[inside] if order is None else order[at[inside]]
        found[inside] = np.where(self.firms.uid[rows] == wanted[inside], rows, -1)
        return found

    def book(self, cause: str, amount: float) -> None:
        """Write money created (plus) or destroyed (minus) into the ledger."""
        self.ledger[cause] = self.ledger.get(cause, 0.0) + float(amount)

    def book_goods(self, cause: str, amount: float) -> None:
        """Write goods that came into firms' stocks (plus) or left them (minus) into their ledger, EUR."""
        self.goods[cause] = self.goods.get(cause, 0.0) + float(amount)

    def count(self, what: str, number: float) -> None:
        """Add to one of the counters: of this month, and of the whole run."""
        self.counts[what] = self.counts.get(what, 0.0) + float(number)
        self.totals[what] = self.totals.get(what, 0.0) + float(number)

    def begin_counts(self) -> None:
        """Set the counters that run from one measured month to the next to zero."""
        self.counts, self.spread = {}, np.zeros(LAGS, np.int64)

    def copy(self) -> World:
        """Return a world of its own in the same state, to branch a twin from."""
        twin = copy.copy(self)
        for name in ("firms", "groups", "network", "memberships"):
            setattr(twin, name, getattr(self, name).copy())
        twin.ties = [ties.copy() for ties in self.ties]
        twin.slots, twin.landscape, twin.spread = self.slots.copy(), self.landscape.copy(), self.spread.copy()
        twin.demand = {name: array.copy() for name, array in self.demand.items()}
        twin.platforms = {name: array.copy() for name, array in self.platforms.items()}
        known = self.registry
        arrays = {name: getattr(known, name).copy() for name in ("practice", "first", "adoptions")}
        twin.registry = replace(known, **arrays)
        for name in ("ledger", "goods", "counts", "totals", "sensed", "struck", "labels", "ids", "words", "extra"):
            setattr(twin, name, dict(getattr(self, name)))
        return twin

    def check_value(self, name: str, value: Any) -> np.ndarray:
        """Return a value for a column of firms as an array, or refuse one that no firm can have.

        Raises
        ------
        ValueError
            Naming the column, the value and the valid range.
        """
        column = self.firms.spec[name]
        low, high = column.span
        if name == "sector":
            high = min(high, self.landscape.shape[0] - 1)
        try:
            array = np.asarray(value, np.float64 if name != "practice" else np.uint64)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{name}: a number from {low:g} to {high:g} is needed, not {value!r}") from None
        if not (np.isfinite(array).all() and (array >= low).all() and (array <= high).all()):
            raise ValueError(f"{name}: {value!r} is out of range; {low:g} to {high:g} ({column.unit}) is needed")
        return array.astype(column.dtype)

    def write(self, name: str, rows: Any, value: Any) -> None:
        """Set a column of some firms by hand: checked, booked if it is money, and valued if it is practice."""
        column = self.firms.column(name)
        array = self.check_value(name, value)
        if name == "cash":
            self.book("by hand", float((array - column[rows]).sum()))
        if name == "inventory":
            self.book_goods("by hand", float((array - column[rows]).sum()))
        column[rows] = array
        if name in ("practice", "sector"):
            firms = self.firms
            update_z(0, self.size, firms.practice, firms.sector, self.landscape, firms.z)

    def enter(self, **values: np.ndarray) -> None:
        """Add firms at the end; `uid` must be ascending and above that of all earlier entrants."""
        rows = values["uid"].size
        first = self.size
        self.firms.append(rows, **values)
        self.slots[self.firms.slot[first:]] = np.arange(first, first + rows)
        for layer in self.ties:
            layer.ptr = np.concatenate([layer.ptr, np.full(rows, layer.ptr[-1])])

    def remove(self, alive: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Remove the firms where `alive` (bool[firms]) is false, with all their ties.

        Returns
        -------
        dict of int to (int64[k], int64[k], int32[k])
            By layer the uids of both firms and the month of birth of each tie that ended.
        """
        new_row = (np.cumsum(alive) - 1).astype(np.int32)
        ended = {}
        for number, layer in enumerate(self.ties):
            if layer.count:
                gone = graph.dead_ends(layer.ptr, layer.nbr, np.flatnonzero(~alive))
                a, b, at = layer.pairs_at(gone)
                ended[number] = self.firms.uid[a], self.firms.uid[b], layer.born[at]
                layer.drop(gone)
                graph.relabel(layer.nbr, new_row)
            layer.ptr = np.concatenate([[0], layer.ptr[1:][alive]])
        if self.memberships.count:
            self.memberships.keep(~np.isin(self.memberships.uid, self.firms.uid[~alive]))
        self.slots[self.firms.slot[~alive]] = -1
        self.firms.keep(alive)
        self.slots[self.firms.slot] = np.arange(self.size, dtype=np.int32)
        return ended

    def fit_columns(self, rules: Container[str]) -> None:
        """Keep the columns of those optional rules that are named, and of no others; see `Table.fit`.

        Stocks of goods are gone when supply is switched off.
        """
        if "inventory" in self.firms.spec and "supply" not in rules:
            self.book_goods("rule off", -float(self.firms.inventory.sum()))
        for _, table in self._tables():
            table.fit(rules)

    def save(self, path: str | Path, extra: dict[str, Any] | None = None) -> None:
        """Write the whole state to one ``.npz`` file; `extra` is kept as JSON."""
        arrays: dict[str, np.ndarray] = {}
        for label, table in self._tables():
            for name in table.spec:
                arrays[f"{label}.{name}"] = table.column(name)
        for layer, ties in zip(LAYERS, self.ties, strict=True):
            arrays[f"ptr.{layer}"] = ties.ptr
        for name, array in self.demand.items():
            arrays[f"demand.{name}"] = array
        for name, array in self.platforms.items():
            arrays[f"platforms.{name}"] = array
        for name in ("practice", "first", "adoptions"):
            arrays[f"registry.{name}"] = getattr(self.registry, name)
        arrays["slots"], arrays["landscape"], arrays["spread"] = self.slots, self.landscape, self.spread
        scalars = {
            "format": FORMAT,
            "step": self.step,
            "seed": self.seed,
            "founders": self.founders,
            "made_by_hand": self.made_by_hand,
            "own_left": self.own_left,
            "sensed": list(self.sensed.items()),
            "registry": self.registry.count,
            "ledger": self.ledger,
            "goods": self.goods,
            "counts": self.counts,
            "totals": self.totals,
            "labels": {str(uid): name for uid, name in self.labels.items()},
            "words": self.words,
            "extra_columns": {name: {str(u): t for u, t in texts.items()} for name, texts in self.extra.items()},
            "ids": {str(uid): name for uid, name in self.ids.items()},
            "extra": extra or {},
        }
        arrays["scalars"] = np.frombuffer(json.dumps(scalars).encode(), np.uint8)
        with open(path, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: str | Path) -> tuple[World, dict[str, Any]]:
        """Read a state written by `save`; returns the world and the extra.

        Raises
        ------
        Refusal
            If the file is damaged, of another format, or holds a state that cannot be.
        """
        try:
            world, extra = cls._read(path)
            world.check()
            assert world.firms.sector.max(initial=0) < world.landscape.shape[0], "a sector has no landscape"
            assert world.firms.sector.min(initial=0) >= 0, "a sector has no landscape"
        except FileNotFoundError:
            raise Refusal(f"{path}: there is no such file") from None
        except (AssertionError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise Refusal(f"{path}: not a state that can go on: {error}") from None
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise Refusal(f"{path}: cannot be read as a saved state: {error}") from None
        return world, extra

    @classmethod
    def _read(cls, path: str | Path) -> tuple[World, dict[str, Any]]:
        with np.load(path, allow_pickle=False) as arrays:
            scalars = json.loads(arrays["scalars"].tobytes())
            if scalars["format"] != FORMAT:
                raise ValueError(f"{path}: state of format {scalars['format']}, this version reads {FORMAT}")
            world = cls()
            world.network = Table(GROUPS)
            for label, table in world._tables():
                table.fit({c.rule for c in table.known.values() if f"{label}.{c.name}" in arrays.files})
                columns = {name: arrays[f"{label}.{name}"] for name in table.spec}
                table.append(len(next(iter(columns.values()))), **columns)
            for layer, ties in zip(LAYERS, world.ties, strict=True):
                ties.ptr = arrays[f"ptr.{layer}"]
            world.demand = {n[7:]: arrays[n] for n in arrays.files if n.startswith("demand.")}
            world.platforms = {n[10:]: arrays[n] for n in arrays.files if n.startswith("platforms.")}
            world.slots, world.landscape, world.spread = arrays["slots"], arrays["landscape"], arrays["spread"]
            world.registry = Registry(
                arrays["registry.practice"],
                arrays["registry.first"],
                arrays["registry.adoptions"],
                scalars["registry"],
            )
        plain = ("step", "seed", "founders", "made_by_hand", "own_left", "words", "ledger", "goods", "counts", "totals")
        for name in plain:
            setattr(world, name, scalars[name])
        world.sensed = dict(scalars["sensed"])
        world.labels = {int(uid): name for uid, name in scalars["labels"].items()}
        world.extra = {
            name: {int(uid): text for uid, text in texts.items()} for name, texts in scalars["extra_columns"].items()
        }
        world.ids = {int(uid): name for uid, name in scalars["ids"].items()}
        return world, scalars["extra"]

    def _tables(self) -> list[tuple[str, Table]]:
        named: list[tuple[str, Table]] = [
            ("firms", self.firms),
            ("groups", self.groups),
            ("network", self.network),
            ("memberships", self.memberships),
        ]
        return named + list(zip(LAYERS, self.ties, strict=True))

    def check(self) -> None:
        """Assert the invariants that hold for any world at any time.

        Raises
        ------
        AssertionError
            Naming the invariant that is broken.
        """
        firms = self.firms
        assert np.unique(firms.uid).size == self.size, "a uid occurs twice"
        assert not self.size or (firms.slot.min() >= 0 and firms.slot.max() < self.slots.size), "a slot is off"
        assert not self.slots.size or self.slots.max() < self.size, "the urn of candidates is off"
        assert (self.slots[firms.slot] == np.arange(self.size)).all(), "the urn of candidates is off"
        for name, column in firms.spec.items():
            if column.dtype.startswith("float"):
                assert np.isfinite(firms.column(name)).all(), f"firms.{name} is not finite"
        for name in (
            "skills",
            "culture",
            "purpose",
            "reputation",
            "autonomy",
            "health",
            "security",
            "damage",
            "spared",
        ):
            array = firms.column(name)
            assert not array.size or (array.min() >= 0 and array.max() <= 1), f"firms.{name} left [0, 1]"
        assert not self.size or firms.size.min() > 0, "a firm has no size"
        members = self.memberships
        assert np.isin(members.uid, firms.uid).all(), "a dead or unknown firm belongs to a group"
        assert np.isin(members.gid, self.groups.gid).all(), "a firm belongs to an unknown group"
        pairs = set(zip(members.uid.tolist(), members.gid.tolist(), strict=True))
        assert len(pairs) == members.count, "a firm belongs to a group twice"
        for layer, ties in zip(LAYERS, self.ties, strict=True):
            self._check_layer(layer, ties)

    def _check_layer(self, layer: str, ties: Ties) -> None:
        assert ties.ptr.size == self.size + 1 and ties.ptr[-1] == ties.count, f"{layer}: pointer is off"
        assert ties.ptr[0] == 0 and (np.diff(ties.ptr) >= 0).all(), f"{layer}: pointer is off"
        owner, nbr = ties.owner(), ties.nbr
        if not ties.count:
            return
        assert nbr.min() >= 0 and nbr.max() < self.size, f"{layer}: tie to an unknown firm"
        assert (owner != nbr).all(), f"{layer}: a firm is tied to itself"
        code = owner.astype(np.int64) * self.size + nbr
        assert (np.diff(code) > 0).all(), f"{layer}: a tie occurs twice or out of order"
        mate = self.mate(LAYERS.index(layer))
        assert (nbr[mate] == owner).all(), f"{layer}: a tie has one end only"
        for name in {"w", "good", "born", "formal", "share"} & set(ties.spec):
            column = ties.column(name)
            other = ties.good_in if name == "good" else column
            # Two who supply each other each have a share of their own.
            own = ties.role == 0 if name == "share" else False
            assert ((column == other[mate]) | own).all(), f"{layer}: the two ends disagree on {name}"
        assert ties.w.min() >= 0 and ties.w.max() <= 1, f"{layer}: strength left [0, 1]"
        assert ties.good.min() >= 0 and ties.bad.min() >= 0, f"{layer}: negative experience"
        for name in {"good", "bad", "value", "accounts"} & set(ties.spec):
            assert np.isfinite(ties.column(name)).all(), f"{layer}: {name} is not finite"
