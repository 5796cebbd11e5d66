"""A graph as two lists of records, whether it came from a file or from networkx."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emergence.files.records import NUMBER, Records, shown

if TYPE_CHECKING:
    import networkx as nx

DIRECTED, UNDIRECTED, MUTUAL = range(3)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Element:
    """One node or edge: its ids, its attributes as text, and where it stands (line 0: nowhere)."""

    ends: tuple[str, ...]
    data: dict[str, str]
    line: int = 0
    column: int = 0
    way: int = DIRECTED


@dataclass
class Graph:
    """What a reader found: elements in their order, the faults of the file's form, whether it got to the end."""

    nodes: list[Element] = field(default_factory=list)
    edges: list[Element] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    whole: bool = True

    def fault(self, line: int, column: int, text: str) -> None:
        """Note a fault at a line and column."""
        self.faults.append((f"line {line}, column {column}", text))


class GraphTable(Records):
    """The nodes or the edges of a graph as records.

    Parameters
    ----------
    path : str or Path
        Name for the faults.
    word : {"node", "edge"}
    ends : sequence of str
        Columns of the ids: ``("id",)`` or ``("source", "target")``.
    known : sequence of str
        Attributes with a meaning.
    elements : list of Element
    """

    symmetric = True
    whole = True

    def __init__(
        self, path: str | Path, word: str, ends: Sequence[str], known: Sequence[str], elements: list[Element]
    ) -> None:
        super().__init__(path, known)
        self.word, self.ends, self.elements = word, ends, elements
        self.column.update({name: index for index, name in enumerate(ends)})
        self._names = list(dict.fromkeys(name for element in elements for name in element.data))
        for index, name in enumerate(self._names, len(ends)):
            key = name.strip().lower()
            if key in ends:
                self.extra[f"attribute {name}"] = index
            elif key in known and key in self.column:
                other = self._names[self.column[key] - len(ends)]
                self.fault(0, f"attributes {shown(other)} and {shown(name)} of the {word}s have the same meaning")
            elif key in known:
                self.column[key] = index
            else:
                self.extra[name] = index

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the fields of every element."""
        for at, element in enumerate(self.elements, 1):
            yield at, [*element.ends, *(element.data.get(name, "") for name in self._names)]

    def place(self, at: int, name: str = "") -> str:
        """Return 'line 9, column 5 (edge 3, 'A'-'B')', or the element alone where there are no lines."""
        element = self.elements[at - 1]
        ends = "-".join(map(shown, element.ends))
        if not element.line:
            return f"{self.word} {at} ({ends})"
        return f"line {element.line}, column {element.column} ({self.word} {at}, {ends})"

    def spot(self, at: int) -> str:
        """Return 'at edge 2 on line 8', or 'at edge 2' where there are no lines."""
        line = self.elements[at - 1].line
        return f"at {self.word} {at} on line {line}" if line else f"at {self.word} {at}"

    def default_direction(self, at: int) -> int:
        """Return 0 for a directed edge, 1 for any other."""
        return 0 if self.elements[at - 1].way == DIRECTED else 1

    def name_from_label(self) -> None:
        """Let labels stand for names where there are none; forget labels that only repeat the ids."""
        if "label" not in self.extra:
            return
        if "name" not in self.column:
            self.column["name"] = self.extra.pop("label")
        elif all(element.data.get("label", "") in ("", element.ends[0]) for element in self.elements):
            del self.extra["label"]

    def strength_from_weight(self) -> None:
        """Let weights stand for strengths where there are none and all of them lie in [0, 1]."""
        if "strength" in self.column or "weight" not in self.extra:
            return
        texts = [element.data.get("weight", "").strip() for element in self.elements]
        if all(not text or (NUMBER.fullmatch(text) and 0 <= float(text) <= 1) for text in texts):
            self.column["strength"] = self.extra.pop("weight")
            self.assumed.append(f"weights of {self.label} were taken as strengths")
        else:
            self.assumed.append(
                f"weights of {self.label} do not all lie between 0 and 1 and were kept as text, not as strengths"
            )


def tables_of(
    path: str | Path, graph: Graph, firm_columns: Sequence[str], tie_columns: Sequence[str]
) -> tuple[GraphTable, GraphTable]:
    """Return the records of the nodes and of the edges; faults of form go first."""
    nodes = GraphTable(path, "node", ("id",), [name for name in firm_columns if name != "id"], graph.nodes)
    known = [name for name in tie_columns if name not in ("source", "target")]
    edges = GraphTable(path, "edge", ("source", "target"), [*known, "supplier"], graph.edges)
    nodes.assumed += graph.assumed
    nodes.whole = graph.whole
    for where, text in graph.faults:
        nodes.note_fault(0, where, text)
    nodes.name_from_label()
    edges.strength_from_weight()
    return nodes, edges


def from_graph(graph: nx.Graph) -> Graph:
    """Return the nodes and edges of a networkx graph, in its order, as text."""
    found = Graph()
    for node, data in graph.nodes(data=True):
        found.nodes.append(_element(found, "node", len(found.nodes) + 1, (node,), data, DIRECTED))
    way = DIRECTED if graph.is_directed() else UNDIRECTED
    for a, b, data in graph.edges(data=True):
        found.edges.append(_element(found, "edge", len(found.edges) + 1, (a, b), data, way))
    return found


def _element(found: Graph, word: str, number: int, ends: Iterable[Any], data: dict[Any, Any], way: int) -> Element:
    names = tuple(as_text(end) for end in ends)
    texts = {as_text(name): as_text(value) for name, value in data.items()}
    if half_character([*names, *texts, *texts.values()]):
        found.faults.append((f"{word} {number}", "half a character (a lone surrogate); write the text anew"))
    return Element(names, texts, way=way)


def half_character(texts: Iterable[str]) -> bool:
    """Return whether any text holds a lone surrogate, which no file can hold."""
    return any(not text.isascii() and _SURROGATE.search(text) for text in texts)


def as_text(value: Any) -> str:
    """Return a value as the text that a file would hold: empty for None, numbers in full."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return _written(value)
    except (ArithmeticError, RecursionError, TypeError, ValueError):
        # Integers of thousands of digits, lists within themselves and the like.
        return f"a value of type {type(value).__name__} that cannot be written out"


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return str(int(number)) if abs(number) < 1e15 and number.is_integer() else repr(number)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)
