"""GraphML and GEXF to nodes and edges with the line of each; document types and entities are refused.

networkx reads both too, but it merges repeated nodes and ties in silence and knows no lines.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from xml.parsers import expat

from emergence.files.graph import DIRECTED, MUTUAL, UNDIRECTED, Element, Graph
from emergence.files.records import Records, shown

MAX_DEPTH = 100
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1"), "iso-8859-1"),
    **dict.fromkeys(("windows-1252", "cp1252"), "windows-1252"),
}
_WAYS = {"directed": DIRECTED, "true": DIRECTED, "undirected": UNDIRECTED, "false": UNDIRECTED, "mutual": MUTUAL}
# NUL cannot occur in XML, so what an element carries itself never meets a declared attribute.
_OWN = "\0"
Attributes = dict[str, str]


class _Stop(Exception):
    """Reading ends here; the fault is noted."""


def read_xml(raw: bytes, records: Records, max_ties: int) -> Graph:
    """Read GraphML or GEXF.

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
        With its faults; after one of form, such as a tag that is never closed, it ends there.
    """
    text = _text(raw, records)
    if records.faults:
        return Graph(whole=False)
    reader = _Reader(max_ties)
    try:
        # Parsed as text, so no declaration within can make expat see other characters than were checked.
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        reader.graph.whole = False
        reader.graph.fault(error.lineno, error.offset + 1, f"this is not XML: {expat.ErrorString(error.code)}")
    except _Stop:
        reader.graph.whole = False
    reader.finish()
    return reader.graph


def _text(raw: bytes, records: Records) -> str:
    marks = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
    if raw[:2] in marks or raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return records.decode(raw, marks.get(raw[:2], "utf-8"))
    declared = _DECLARED.search(raw[:400])
    name = declared[1].decode().lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        records.note_fault(1, "line 1", f"encoding '{name}' is not read; save the file as UTF-8")
        return ""
    return records.decode(raw, _ENCODINGS[name])


class _Reader:
    """Handlers for expat: one pass, no recursion."""

    def __init__(self, max_ties: int) -> None:
        self.graph = Graph()
        self.max_ties = max_ties
        self.open: list[str] = []
        self.current: list[Element] = []
        self.default_way = UNDIRECTED
        self.graphs = 0
        self.spells = 0
        self.names: dict[tuple[str, str], str] = {}
        self.defaults: dict[tuple[str, str], str] = {}
        self.declared: tuple[str, str] = ("", "")
        self.key = ""
        self.words: list[str] | None = None
        self.openers: dict[str, Callable[[Attributes], None]] = {
            "graph": self._graph,
            "node": self._node,
            "edge": self._edge,
            "hyperedge": self._hyperedge,
            "key": self._declare_key,
            "attributes": self._declare_class,
            "attribute": self._declare_attribute,
            "default": lambda _: self._listen(),
            "data": self._data,
            "attvalue": self._attvalue,
            "Geometry": self._geometry,
            "NodeLabel": lambda _: self._listen(),
            "position": self._position,
            "size": lambda given: self._aside("viz_size", given.get("value")),
            "spell": self._spell,
        }
        parser = self.parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_type
        parser.EntityDeclHandler = self._refuse_type

    def fault(self, text: str) -> None:
        """Note a fault where the parser stands."""
        self.graph.fault(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1, text)

    def _refuse_type(self, *_: object) -> None:
        self.fault("a document type or entity, which is never read; take the <!DOCTYPE ...> out")
        raise _Stop

    def _start(self, name: str, given: Attributes) -> None:
        local = name.rpartition(":")[2]
        if not self.open and local not in ("graphml", "gexf"):
            self.fault(f"the file begins with <{name[:60]}>; GraphML begins with <graphml>, GEXF with <gexf>")
            raise _Stop
        self.open.append(local)
        if len(self.open) > MAX_DEPTH:
            self.fault(f"elements are nested deeper than {MAX_DEPTH}")
            raise _Stop
        if local in self.openers:
            self.openers[local](given)

    def _end(self, _: str) -> None:
        local = self.open.pop()
        if local in ("node", "edge") and self.current:
            self.current.pop()
        if self.words is None or local not in ("data", "default", "NodeLabel"):
            return
        text, self.words = "".join(self.words).strip(), None
        if local == "default":
            self.defaults[self.declared] = text
        elif local == "NodeLabel":
            self._aside("label", text)
        elif text:
            self._put(self.key, text)

    def _characters(self, text: str) -> None:
        if self.words is not None:
            self.words.append(text)

    def _listen(self) -> None:
        self.words = []

    def _graph(self, given: Attributes) -> None:
        self.default_way = _WAYS.get(given.get("edgedefault", given.get("defaultedgetype", "")), UNDIRECTED)
        # A graph inside a node is a group of firms and belongs to the same network.
        self.graphs += not self.current
        if self.graphs > 1:
            self.fault("a second graph; one file holds one network")
            raise _Stop

    def _element(self, word: str, ends: tuple[str, ...], rest: Attributes, way: int) -> None:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        element = Element(tuple(end.strip() for end in ends), {}, line, column, way)
        self.current.append(element)
        (self.graph.nodes if word == "node" else self.graph.edges).append(element)
        for name, value in rest.items():
            if name not in ("id", "source", "target", "type", "directed") or (name == "id" and word == "edge"):
                element.data[_OWN + name] = value

    def _node(self, given: Attributes) -> None:
        self._element("node", (given.get("id", ""),), given, DIRECTED)

    def _edge(self, given: Attributes) -> None:
        if len(self.graph.edges) == self.max_ties:
            self.fault(f"more than {self.max_ties:,} ties, which is the limit")
            raise _Stop
        word = given.get("type", given.get("directed", "")).lower()
        if word not in ("", *_WAYS):
            self.fault(f"unknown type of edge {shown(word)}; choose one of directed, undirected, mutual")
        ends = given.get("source", ""), given.get("target", "")
        self._element("edge", ends, given, _WAYS.get(word, self.default_way))

    def _hyperedge(self, _: Attributes) -> None:
        self.fault("a hyperedge; a tie has two ends")

    def _declare_key(self, given: Attributes) -> None:
        self.declared = given.get("for", "all"), given.get("id", "")
        self.names[self.declared] = given.get("attr.name", given.get("id", ""))

    def _declare_class(self, given: Attributes) -> None:
        self.declared = given.get("class", ""), ""

    def _declare_attribute(self, given: Attributes) -> None:
        self.declared = self.declared[0], given.get("id", "")
        self.names[self.declared] = given.get("title", given.get("id", ""))

    def _data(self, given: Attributes) -> None:
        self.key = given.get("key", "")
        if self.current:
            self._listen()

    def _attvalue(self, given: Attributes) -> None:
        self._put(given.get("for", given.get("id", "")), given.get("value", ""))

    def _aside(self, name: str, value: str | None) -> None:
        if self.current and value is not None:
            self.current[-1].data.setdefault(_OWN + name, value)

    def _geometry(self, given: Attributes) -> None:
        for name in ("x", "y"):
            self._aside(name, given.get(name))

    def _position(self, given: Attributes) -> None:
        for name in ("x", "y"):
            self._aside(f"viz_{name}", given.get(name))

    def _spell(self, _: Attributes) -> None:
        self.spells += 1

    def _put(self, key: str, value: str) -> None:
        if not self.current:
            return
        data = self.current[-1].data
        if key in data:
            word = "node" if len(self.current[-1].ends) == 1 else "edge"
            self.fault(f"a second value of {shown(self._name(word, key) or key)} in one {word}")
        data[key] = value

    def _name(self, word: str, key: str) -> str | None:
        return self.names.get((word, key), self.names.get(("all", key)))

    def finish(self) -> None:
        """Give the values their names and fill in the defaults."""
        if not self.graphs and not self.graph.faults:
            self.graph.faults.append(("", "no graph in the file"))
        if self.spells:
            self.graph.assumed.append(f"{self.spells} spells (times of validity) were not read")
        for word, elements in (("node", self.graph.nodes), ("edge", self.graph.edges)):
            fill = {self.names[at]: text for at, text in self.defaults.items() if at[0] in (word, "all") and text}
            for element in elements:
                element.data = fill | self._named(element, word)

    def _named(self, element: Element, word: str) -> dict[str, str]:
        """Return the values by name: those declared, then those that the element itself carries."""
        named: dict[str, str] = {}
        for key, value in element.data.items():
            name = None if key.startswith(_OWN) else self._name(word, key)
            if name is not None and name not in named:
                named[name] = value
            elif not key.startswith(_OWN):
                why = "is declared nowhere" if name is None else f"is a second value of {shown(str(name))}"
                self.graph.fault(element.line, element.column, f"attribute {shown(key)} of this {word} {why}")
        for key, value in element.data.items():
            if key.startswith(_OWN):
                named.setdefault(key[1:], value)
        return named
