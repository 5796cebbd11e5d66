"""Plain values: what a file that somebody sent may set, and how settings are written as overrides."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.errors import Refusal
from emergence.files.document import read_document
from emergence.files.records import printable

# What names code to load, or where files are written, is for the one who runs it to say.
NOT_IN_FILES = {
    "plugins": "modules are named on the command line",
    "output.folder": "where runs go is said on the command line",
    "defaults": "a file spells everything out",
    "hydra": "a file is data",
}
_KEY = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


def read_plain(path: str | Path) -> dict[str, Any]:
    """Return the keys and values of a YAML file.

    Raises
    ------
    Refusal
        As `read_document`, and for whatever that notes.
    """
    document = read_document(path)
    document.refuse()
    return document.values


def flat(values: Mapping[Any, Any], where: str) -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value), with sections opened; lists stay whole.

    Raises
    ------
    Refusal
        For whatever `walk` finds wrong.
    """
    for key, value, why in walk(values):
        if why:
            raise Refusal(f"{where}: {printable(why)}")
        yield key, value


def walk(values: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield (dotted key, value, what is wrong with it), with sections opened; lists stay whole.

    Wrong are names that no setting can have, keys that are not for files, interpolations, and values that are not
    plain; nothing is an empty text.
    """
    for name, value in values.items():
        key = f"{prefix}{name}"
        if why := _bad_name(name, key):
            yield key, None, why
            continue
        if isinstance(value, Mapping):
            yield from walk(value, f"{key}.")
            continue
        faults = list(_unplain(key, value))
        yield from ((place, None, why) for place, why in faults)
        if not faults:
            yield key, value, ""


def _bad_name(name: Any, key: str) -> str:
    if not isinstance(name, str) or not _KEY.fullmatch(name):
        return f"'{key[:60]}' is not the name of a setting"
    for word in (key, key.split(".")[0]):
        if word in NOT_IN_FILES:
            return f"'{key[:60]}' cannot be set by a file: {NOT_IN_FILES[word]}"
    return ""


def _unplain(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (key, why) for interpolations and what is neither number, word, switch, list nor section."""
    if isinstance(value, str) and "${" in value:
        yield key, f"{key}: '${{' is not read; write the value out"
    elif isinstance(value, list | tuple):
        for k, one in enumerate(value):
            yield from _unplain(f"{key}[{k}]", one)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if not isinstance(name, str) or not _KEY.fullmatch(name):
                yield f"{key}.{name}", f"'{key}.{name}'"[:90] + " is not the name of a setting"
            else:
                yield from _unplain(f"{key}.{name}", one)
    elif value is not None and not isinstance(value, bool | int | float | str):
        yield key, f"{key}: a number, a word, true or false is needed, not {value!r}"


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
