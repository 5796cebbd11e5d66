"""Files that somebody sent, read as plain values: YAML that is never composed, never executed."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.errors import Refusal

MOST_BYTES, MOST_DEPTH, MOST_VALUES = 262_144, 20, 4000
# What names code to load, or where files are written, is for the one who runs it to say.
NOT_IN_FILES = {
    "plugins": "modules are named on the command line",
    "output.folder": "where runs go is said on the command line",
    "defaults": "a file spells everything out",
    "hydra": "a file is data",
}
_KEY = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_OCTAL = re.compile(r"[-+]?0[0-9_]+")


def read_plain(path: str | Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file.

    Raises
    ------
    Refusal
        Naming the line: for anchors, aliases, tags, a key said twice, numbers that YAML reads in base 8, depth above
        20, more than 256 KB or 4,000 values, and what is not keys and values.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses what can blow up or run before it is built."""

        depth, values = -1, 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.depth, self.values = self.depth + 1, self.values + 1
            if self.values > MOST_VALUES:
                raise Refusal(f"{path}, line {self.peek_event().start_mark.line + 1}: more than {MOST_VALUES:,} values")
            _check_event(self.peek_event(), self.depth, path)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    text = _text(Path(path))
    try:
        loader = Loader(text)
        values = _build(loader.get_single_node(), path, loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, Refusal):
            raise
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refusal(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(values, dict):
        raise Refusal(f"{path}: keys and values are needed, such as firms: 300")
    return values


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refusal(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise Refusal(f"{str(path)!r}: is no name of a file") from None
    if len(raw) > MOST_BYTES:
        raise Refusal(f"{path}: larger than {MOST_BYTES:,} bytes, which is the limit for such a file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(f"{path}: not UTF-8 text; save it as UTF-8") from None


def _check_event(event: Any, depth: int, path: str | Path) -> None:
    where = f"{path}, line {event.start_mark.line + 1}"
    if hasattr(event, "anchor") and event.anchor:
        raise Refusal(f"{where}: anchors and aliases are not read; write the value out")
    if getattr(event, "tag", None):
        raise Refusal(f"{where}: tags are not read; write plain keys and values")
    if depth > MOST_DEPTH:
        raise Refusal(f"{where}: nested deeper than {MOST_DEPTH}")
    if getattr(event, "implicit", None) == (True, False) and _OCTAL.fullmatch(event.value):
        raise Refusal(f"{where}: {event.value} would be read in base 8; leave the leading 0 out")


def _build(node: Any, path: str | Path, loader: Any) -> Any:
    """Return the value of a checked node; a key that is said twice is refused, not overwritten."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [_build(one, path, loader) for one in node.value]
    if not isinstance(node, yaml.MappingNode):
        return None if node is None else loader.construct_object(node)
    found: dict[Any, Any] = {}
    for name, value in node.value:
        line = f"{path}, line {name.start_mark.line + 1}"
        if not isinstance(name, yaml.ScalarNode):
            raise Refusal(f"{line}: a key is a word, not a list or section")
        key = name.value if name.tag.endswith(":merge") else loader.construct_object(name)
        if key in found:
            raise Refusal(f"{line}: '{key}' is said twice; keep one")
        found[key] = _build(value, path, loader)
    return found


def flat(values: Mapping[Any, Any], where: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value), with sections opened; lists stay whole.

    Raises
    ------
    Refusal
        For names that no setting can have, keys that are not for files, interpolations, and values that are not plain.
    """
    for name, value in values.items():
        key = f"{prefix}{name}"
        if not isinstance(name, str) or not _KEY.fullmatch(name):
            raise Refusal(f"{where}: '{key}' is not the name of a setting")
        for word in (key, key.split(".")[0]):
            if word in NOT_IN_FILES:
                raise Refusal(f"{where}: '{key}' cannot be set by a file: {NOT_IN_FILES[word]}")
        check_plain(key, value, where)
        if isinstance(value, Mapping) and value:
            yield from flat(value, where, f"{key}.")
        elif not isinstance(value, Mapping):
            yield key, value


def check_plain(key: str, value: Any, where: str) -> None:
    """Refuse interpolations and what is neither number, word, switch, list nor section."""
    if isinstance(value, str) and "${" in value:
        raise Refusal(f"{where}: {key}: '${{' is not read; write the value out")
    if isinstance(value, list | tuple):
        for one in value:
            check_plain(key, one, where)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if not isinstance(name, str) or not _KEY.fullmatch(name):
                raise Refusal(f"{where}: '{key}.{name}' is not the name of a setting")
            check_plain(key, one, where)
    elif value is not None and not isinstance(value, bool | int | float | str):
        raise Refusal(f"{where}: {key}: a number, a word, true or false is needed, not {value!r}")


def literal(value: Any) -> str:
    """Return a plain value, or settings, in the grammar of overrides on the command line, quoted so it stays data."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ",".join(literal(one) for one in value) + "]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{name}:{literal(one)}" for name, one in value.items() if one is not None) + "}"
    if isinstance(value, str):
        plain = _WORD.fullmatch(value) and value.lower() not in ("null", "true", "false", "nan", "inf")
        return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)
