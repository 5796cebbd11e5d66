"""Tables of columns with spare capacity, and ties as half-edge CSR."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Self

import numpy as np

from emergence.kernels import graph
from emergence.schema import TIES, Column


class Table:
    """Columns of equal length with spare capacity; `table.cash` is the live array.

    Columns of optional rules are there only while their rule is on, see `fit`; `spec` names those that are.

    Parameters
    ----------
    spec : sequence of Column
        What the table holds.
    count : int
        Rows at the start, filled with the defaults.
    """

    def __init__(self, spec: Sequence[Column], count: int = 0) -> None:
        self.known = {column.name: column for column in spec}
        self.spec = {name: column for name, column in self.known.items() if not column.rule}
        self.count = 0
        self.version = 0
        self._full: dict[str, np.ndarray] = {c.name: self._make(c, count) for c in self.spec.values()}
        self._set_count(count)

    @staticmethod
    def _make(column: Column, rows: int) -> np.ndarray:
        shape = rows if column.width == 1 else (rows, column.width)
        return np.full(shape, column.default, dtype=column.dtype)

    def fit(self, rules: Container[str]) -> None:
        """Have the columns of those optional rules that are named, new ones with defaults, and of no others."""
        wanted = {name: column for name, column in self.known.items() if not column.rule or column.rule in rules}
        if wanted.keys() == self.spec.keys():
            return
        capacity = len(next(iter(self._full.values())))
        for name in self.spec.keys() - wanted.keys():
            delattr(self, name)
        self._full = {n: self._full[n] if n in self._full else self._make(c, capacity) for n, c in wanted.items()}
        self.spec = wanted
        self._set_count(self.count)

    def _set_count(self, count: int) -> None:
        self.count = count
        self.version += 1
        for name, full in self._full.items():
            setattr(self, name, full[:count])

    def __getattr__(self, name: str) -> np.ndarray:
        optional = self.__dict__.get("known", {}).get(name)
        why = f"; it is kept where rules.{optional.rule}.enabled=true" if optional else ""
        raise AttributeError(f"there is no column '{name}'{why}")

    def column(self, name: str) -> np.ndarray:
        """Return the live array of one column."""
        return getattr(self, name)

    def reserve(self, rows: int) -> None:
        """Make room for `rows` rows in all; grows by a quarter so that growth is cheap."""
        capacity = len(next(iter(self._full.values())))
        if rows <= capacity:
            return
        capacity = max(rows, capacity + capacity // 4 + 16)
        for name, full in self._full.items():
            grown = self._make(self.spec[name], capacity)
            grown[: self.count] = full[: self.count]
            self._full[name] = grown

    def append(self, rows: int, **values: np.ndarray) -> None:
        """Add rows at the end, with defaults where no value is given."""
        first = self.count
        self.reserve(first + rows)
        self._set_count(first + rows)
        for name, column in self.spec.items():
            getattr(self, name)[first:] = values.get(name, column.default)

    def keep(self, mask: np.ndarray) -> None:
        """Drop the rows where `mask` (bool[count]) is false, in place, in order."""
        gone = np.flatnonzero(~mask)
        for name, column in self.spec.items():
            graph.drop_column(self._full[name].reshape(-1), column.width, self.count, gone)
        self._set_count(self.count - gone.size)

    def copy(self) -> Self:
        """Return a table of its own with the same rows and no spare capacity."""
        twin = object.__new__(type(self))
        twin.known, twin.spec, twin.version = self.known, self.spec, self.version
        twin._full = {name: full[: self.count].copy() for name, full in self._full.items()}
        twin._set_count(self.count)
        return twin

    def nbytes(self) -> int:
        """Return the bytes allocated, spare capacity included."""
        return sum(full.nbytes for full in self._full.values())


class Ties(Table):
    """The ties of one layer as half-edges; `ptr` (int64[firms + 1]) says where a row begins."""

    def __init__(self, layer: int, firms: int = 0) -> None:
        super().__init__([column for column in TIES if layer in column.layers])
        self.ptr: np.ndarray = np.zeros(firms + 1, np.int64)

    def copy(self) -> Self:
        """Return ties of their own."""
        twin = super().copy()
        twin.ptr = self.ptr.copy()
        return twin

    @property
    def number(self) -> int:
        """Number of ties."""
        return self.count // 2

    def degree(self) -> np.ndarray:
        """Return the partners of each firm, int64[firms]."""
        return np.diff(self.ptr)

    def owner(self) -> np.ndarray:
        """Return the row that owns each half-edge, int32[half-edges]."""
        return graph.owners(self.ptr)

    def insert(self, a: np.ndarray, b: np.ndarray, **values: Any) -> None:
        """Add ties between rows `a` and `b`; none may be present or occur twice.

        A value is one number or array for both sides, or a pair of them (side of `a`, side of `b`).
        """
        rows = np.concatenate([a, b]).astype(np.int32)
        partners = np.concatenate([b, a]).astype(np.int32)
        order = np.lexsort((partners, rows))
        rows, partners = rows[order], partners[order]
        places, new_ptr = graph.insert_places(self.ptr, self.nbr, rows, partners)
        old = self.count
        self.reserve(old + rows.size)
        for name, column in self.spec.items():
            new = partners if name == "nbr" else self._make(column, rows.size)
            if name in values:
                value = values[name]
                new[: a.size], new[a.size :] = value if isinstance(value, tuple) else (value, value)
                new = new[order]
            graph.insert_column(self._full[name].reshape(-1), column.width, old, places, new.reshape(-1))
        self.ptr = new_ptr
        self._set_count(old + rows.size)

    def drop(self, gone: np.ndarray) -> None:
        """Remove the half-edges at positions `gone` (int64, ascending); both ends of a tie must go."""
        new_ptr = graph.drop_pointer(self.ptr, gone)
        for name, column in self.spec.items():
            graph.drop_column(self._full[name].reshape(-1), column.width, self.count, gone)
        self.ptr = new_ptr
        self._set_count(int(new_ptr[-1]))

    def pairs_at(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows (a, b) and position of those half-edges in `at` (int64[k]) that have a < b."""
        owner = np.searchsorted(self.ptr, at, "right") - 1
        first = owner < self.nbr[at]
        return owner[first], self.nbr[at[first]], at[first]

    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows (a, b) with a < b and the half-edge position of each tie."""
        return self.pairs_at(np.arange(self.count))

    def trust(self) -> np.ndarray:
        """Return own trust in the partner per half-edge, (good + 1) / (good + bad + 2)."""
        return (self.good + 1.0) / (self.good + self.bad + 2.0)
