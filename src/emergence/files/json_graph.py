"""JSON graphs, node-link and adjacency as networkx writes them, with the line of each element."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from emergence.files.graph import DIRECTED, UNDIRECTED, Element, Graph, as_text, half_character
from emergence.files.records import Records, shown

MAX_DEPTH = 100
_SPACE = re.compile(r"[ \t\n\r]*")
_MISSING = "no list 'nodes' with 'links', 'edges' or 'adjacency'; networkx writes such files with node_link_data"


class _Stop(Exception):
    """Reading ends here; the fault is noted."""


def read_json(raw: bytes, records: Records, max_ties: int) -> Graph:
    """Read node-link or adjacency JSON.

    Parameters
    ----------
    raw : bytes
        Content of the file.
    records : Records
        Takes the faults of the encoding.
    max_ties : int
        Reading stops at more edges than this.

    Returns
    -------
    Graph
        With its faults; after one of form, such as a missing comma, it ends there.
    """
    text = records.decode(raw)
    if records.faults:
        return Graph(whole=False)
    reader = _Reader(text, max_ties)
    try:
        reader.read()
    except json.JSONDecodeError as error:
        reader.graph.whole = False
        reader.graph.fault(error.lineno, error.colno, f"this is not JSON: {error.msg}")
    except RecursionError:
        reader.graph.whole = False
        reader.graph.faults.append(("", f"values are nested deeper than {MAX_DEPTH}"))
    except _Stop:
        reader.graph.whole = False
    return reader.graph


class _Scanner:
    """JSON from left to right, one element at a time, so that each has a line and column."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.constants: list[str] = []
        # Numbers stay text: they are checked where they are used, and no digit is lost.
        self.decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=self._constant)
        self._line, self._begin, self._counted = 1, 0, 0

    def _constant(self, word: str) -> str:
        self.constants.append(word)
        return word

    def place(self) -> tuple[int, int]:
        """Return line and column; counts on from the last call, so that all calls together cost one pass."""
        new = self.text.count("\n", self._counted, self.at)
        if new:
            self._line += new
            self._begin = self.text.rindex("\n", self._counted, self.at) + 1
        self._counted = self.at
        return self._line, self.at - self._begin + 1

    def peek(self) -> str:
        """Go past blanks and return the next character, empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def take(self, wanted: str) -> str:
        """Go past the next character, which must be one of those wanted."""
        found = self.peek()
        if not found or found not in wanted:
            raise json.JSONDecodeError(f"expected {' or '.join(wanted)}", self.text, self.at)
        self.at += 1
        return found

    def value(self) -> Any:
        """Read a whole value."""
        self.peek()
        value, self.at = self.decoder.raw_decode(self.text, self.at)
        return value

    def items(self) -> Iterator[tuple[int, int]]:
        """Yield the place of each item of a list; the caller reads the item."""
        self.take("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            self.peek()
            yield self.place()
            if self.take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """Yield each key of an object; the caller reads the value."""
        self.take("{")
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            if self.peek() != '"':
                raise json.JSONDecodeError('expected "', self.text, self.at)
            key = self.value()
            self.take(":")
            self.peek()
            yield key
            if self.take(",}") == "}":
                return


class _Reader:
    def __init__(self, text: str, max_ties: int) -> None:
        self.graph = Graph()
        self.scan = _Scanner(text)
        self.max_ties = max_ties
        self.ties = 0
        self.lists: dict[str, int] = {}
        self.rows: list[list[Element]] = []

    def read(self) -> None:
        """Read the whole file into `graph`."""
        scan = self.scan
        if scan.peek() != "{":
            self.graph.fault(*scan.place(), f"the file is not an object; {_MISSING}")
            raise _Stop
        directed: Any = False
        for key in scan.members():
            if key in ("nodes", "links", "edges", "adjacency") and scan.peek() == "[":
                if key in self.lists:
                    self.graph.fault(*scan.place(), f"a second list {shown(key)}")
                    raise _Stop
                self.lists[key] = 1
                self._list(key)
            elif key == "directed":
                place = scan.place()
                directed = scan.value()
                if not isinstance(directed, bool):
                    self.graph.fault(*place, "directed is not true or false")
            else:
                scan.value()
        if scan.peek():
            raise json.JSONDecodeError("more text after the end", scan.text, scan.at)
        self._finish(bool(directed))

    def _list(self, key: str) -> None:
        for place in self.scan.items():
            if key == "nodes":
                self.graph.nodes += self._element("node", ("id",), place)
            elif key == "adjacency":
                if self.scan.peek() != "[":
                    raise json.JSONDecodeError("expected [", self.scan.text, self.scan.at)
                row: list[Element] = []
                for inner in self.scan.items():
                    row += self._element("edge", ("id",), inner)
                self.rows.append(row)
            else:
                self.graph.edges += self._element("edge", ("source", "target"), place)

    def _element(self, word: str, ends: tuple[str, ...], place: tuple[int, int]) -> list[Element]:
        """Return the element here, or none if it is at fault."""
        self.ties += word == "edge"
        # In adjacency lists each tie stands twice.
        if self.ties > self.max_ties * (3 - len(ends) if word == "edge" else 1):
            self.graph.fault(*place, f"more than {self.max_ties:,} ties, which is the limit")
            raise _Stop
        value = self.scan.value()
        if not isinstance(value, dict):
            self.graph.fault(*place, f"this {word} is not an object")
            return []
        if _depth(value) > MAX_DEPTH:
            self.graph.fault(*place, f"values are nested deeper than {MAX_DEPTH}")
            raise _Stop
        if self.scan.constants:
            self.graph.fault(*place, f"{self.scan.constants[0]} is not a number in JSON; leave the attribute out")
            self.scan.constants.clear()
        names = tuple(as_text(value.pop(end, "")).strip() for end in ends)
        data = {name: as_text(content) for name, content in value.items()}
        if half_character([*names, *data, *data.values()]):
            self.graph.fault(*place, "half a character (a lone surrogate); write the text anew")
        return [Element(names, data, *place)]

    def _finish(self, directed: bool) -> None:
        given = [key for key in ("links", "edges", "adjacency") if key in self.lists]
        if "nodes" not in self.lists or not given:
            self.graph.faults.append(("", _MISSING))
            raise _Stop
        if len(given) > 1:
            self.graph.faults.append(("", f"both {shown(given[0])} and {shown(given[1])}; one of them is enough"))
            raise _Stop
        if given == ["adjacency"] and not self.graph.faults:
            self._adjacent(directed)
        for edge in self.graph.edges:
            edge.way = DIRECTED if directed else UNDIRECTED

    def _adjacent(self, directed: bool) -> None:
        """Turn the lists of neighbours into edges; an undirected tie stands in both lists but once."""
        if len(self.rows) != len(self.graph.nodes):
            counts = f"{len(self.rows)} lists of neighbours for {len(self.graph.nodes)} nodes"
            self.graph.faults.append(("", counts))
            return
        waiting: dict[tuple[str, str, str], list[Element]] = {}
        for node, row in zip(self.graph.nodes, self.rows, strict=True):
            for entry in row:
                a, b, key = node.ends[0], entry.ends[0], entry.data.get("key", "")
                entry.ends = (a, b)
                mates = waiting.get((b, a, key))
                if directed or a == b or not mates:
                    self.graph.edges.append(entry)
                    waiting.setdefault((a, b, key), []).append(entry)
                elif mates.pop(0).data != entry.data:
                    self.graph.fault(
                        entry.line, entry.column, f"{shown(a)} and {shown(b)} say different things of their tie"
                    )


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        nested = [v.values() if isinstance(v, dict) else v for v in level]
        level = [item for items in nested for item in items if isinstance(item, (dict, list))]
    return depth
