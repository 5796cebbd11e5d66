"""A file that somebody sent, read as data: YAML that is never composed, never executed, with the place of each key."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emergence.errors import Refusal
from emergence.files.records import printable

MOST_BYTES, MOST_DEPTH, MOST_VALUES = 262_144, 20, 4000
LONGEST = 300  # characters of a fault that are shown
_OCTAL = re.compile(r"[-+]?0[0-9_]+")
_SIXTIETHS = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


@dataclass(frozen=True)
class Document:
    """A file as plain values, with the place of every key.

    Attributes
    ----------
    path : Path
    values : dict
        Keys and values, as deep as the file nests them.
    places : dict of str to (int, int)
        Line and column, from 1, of each dotted key; of items of lists as in ``timeline[0].kind``.
    faults : list of (int, int, str)
        Line, column and what is wrong there.
    """

    path: Path
    values: dict[Any, Any] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: list[tuple[int, int, str]] = field(default_factory=list)

    def note(self, key: str, text: str) -> None:
        """Note what is wrong with a key, at its place or that of the section around it."""
        self.faults.append((*(self.place(key) or (1, 1)), text))

    def place(self, key: str) -> tuple[int, int] | None:
        """Return line and column of a key, or of the section or list around it; None where the file says neither."""
        while key and key not in self.places:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.places.get(key)

    def told(self) -> list[str]:
        """Return all faults in the order of the file, one printable line each."""
        lines = []
        for line, column, text in sorted(self.faults):
            text = text if len(text) <= LONGEST else text[:LONGEST] + "..."
            lines.append(printable(f"{self.path}, line {line}, column {column}: {text}"))
        return lines

    def refuse(self) -> None:
        """Raise a refusal if anything is wrong."""
        if lines := self.told():
            raise Refusal(lines[0] + (f"\nthere is more: emergence check {self.path}" if lines[1:] else ""))


def read_document(path: str | Path) -> Document:
    """Read a YAML file as data, and note anchors, aliases, tags, keys said twice, and values that YAML misreads.

    Raises
    ------
    Refusal
        Naming the line, for what cannot be read any further: depth above 20, more than 256 KB, 4,000 values or 4,000
        backslashes, what is not YAML, and what is not keys and values.
    """
    import yaml

    document = Document(Path(path))

    class Loader(yaml.SafeLoader):
        """Notes what can blow up or run, and puts plain values in its place before anything is built."""

        depth, values = -1, 0

        def fetch_flow_collection_start(self, token: Any) -> None:
            # The scanner reads a thousand brackets ahead, in quadratic time, before a node is asked for.
            if self.flow_level > MOST_DEPTH:
                raise Refusal(f"{path}, line {self.line + 1}: nested deeper than {MOST_DEPTH}")
            super().fetch_flow_collection_start(token)

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth, self.values = self.depth + 1, self.values + 1
            event = self.peek_event()
            mark = (event.start_mark.line + 1, event.start_mark.column + 1)
            if self.values > MOST_VALUES:
                raise Refusal(f"{path}, line {mark[0]}: more than {MOST_VALUES:,} values")
            if self.depth > MOST_DEPTH:
                raise Refusal(f"{path}, line {mark[0]}: nested deeper than {MOST_DEPTH}")
            if fault := _fault_of(event):
                document.faults.append((*mark, fault))
            if isinstance(event, yaml.AliasEvent):
                self.get_event()
                node = yaml.ScalarNode("tag:yaml.org,2002:null", "", event.start_mark, event.end_mark)
            else:
                if fault:  # read on as a word, or as a section without tag and name
                    event.anchor = event.tag = None
                    event.implicit = (False, True) if isinstance(event, yaml.ScalarEvent) else True
                node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    text = _text(Path(path))
    try:
        loader = Loader(text)
        values = _build(loader.get_single_node(), "", document, loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise Refusal(f"{path}{_place(error, text)}: not YAML: {_problem(error)}") from None
    if not isinstance(values, dict):
        raise Refusal(f"{path}, line 1: keys and values are needed, such as firms: 300")
    document.values.update(values)
    return document


def _place(error: Any, text: str) -> str:
    """Return where a file is no YAML."""
    if mark := getattr(error, "problem_mark", None):
        return f", line {mark.line + 1}, column {mark.column + 1}"
    at = getattr(error, "position", 0)
    before = text[: at if isinstance(at, int) else 0]
    return f", line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _problem(error: Any) -> str:
    """Return what the parser says, in one line."""
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return printable(str(text))[:LONGEST]


def _text(path: Path) -> str:
    try:
        if not path.exists():
            raise Refusal(f"{path}: cannot be read (No such file or directory)")
        # Reading a pipe or a device may never end.
        if not path.is_file():
            raise Refusal(f"{path}: is not a file")
        with open(path, "rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refusal(f"{str(path)[:LONGEST]}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        if isinstance(error, Refusal):
            raise
        raise Refusal(f"{str(path)!r}: is no name of a file") from None
    if len(raw) > MOST_BYTES:
        raise Refusal(f"{path}: larger than {MOST_BYTES:,} bytes, which is the limit for such a file")
    # The scanner reads each escape on its own, which takes longer than all else that fits a file.
    if (escapes := raw.count(b"\\")) > MOST_VALUES:
        raise Refusal(f"{path}: {escapes:,} backslashes, more than {MOST_VALUES:,}, which is the limit for such a file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(f"{path}, line {raw.count(10, 0, error.start) + 1}: not UTF-8 text; save it as UTF-8") from None


def _fault_of(event: Any) -> str:
    """Return what is wrong with a value before it is built, or nothing."""
    if event.anchor:
        return "anchors and aliases are not read; write the value out"
    if getattr(event, "tag", None):
        return "tags are not read; write plain keys and values"
    if getattr(event, "implicit", None) == (True, False):
        shown = event.value[:20]
        if _OCTAL.fullmatch(event.value):
            return f"{shown} would be read in base 8; leave the leading 0 out"
        if _SIXTIETHS.fullmatch(event.value):
            return f"{shown} would be read in base 60; write a plain number, or a word in quotes"
    return ""


def _build(node: Any, key: str, document: Document, loader: Any) -> Any:
    """Return the value of a node; a key that is said twice is noted, and the first one kept."""
    import yaml

    if node is None:
        return None
    if key:
        document.places.setdefault(key, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.SequenceNode):
        return [_build(one, f"{key}[{k}]", document, loader) for k, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _section(node, key, document, loader)
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        mark = node.start_mark
        document.faults.append((mark.line + 1, mark.column + 1, f"{node.value[:40]}: {_problem_of(error)}"))
        return None


def _problem_of(error: Exception) -> str:
    """Return why a value could not be read."""
    return str(getattr(error, "problem", None) or error).partition(";")[0]


def _section(node: Any, prefix: str, document: Document, loader: Any) -> dict[Any, Any]:
    import yaml

    found: dict[Any, Any] = {}
    for name, value in node.value:
        place = (name.start_mark.line + 1, name.start_mark.column + 1)
        if not isinstance(name, yaml.ScalarNode):
            document.faults.append((*place, "a key is a word, not a list or section"))
            continue
        key = name.value if name.tag.endswith(":merge") else _build(name, "", document, loader)
        full = f"{prefix}.{key}" if prefix else f"{key}"
        if key in found:
            document.faults.append((*place, f"'{str(key)[:60]}' is said twice; keep one"))
        document.places.setdefault(full, place)
        found.setdefault(key, _build(value, full, document, loader))
    return found
