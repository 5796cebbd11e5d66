"""A scenario that somebody sent: YAML read as data, never composed, never executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emergence.errors import Refusal

MOST_BYTES, MOST_DEPTH = 262_144, 20
OWN_FILES = ("network.ties", "network.firms")
# What names code to load, or where files are written, is for the one who runs it to say.
NOT_IN_FILES = {
    "plugins": "modules are named on the command line",
    "output.folder": "where runs go is said on the command line",
    "defaults": "a file spells everything out",
    "hydra": "a scenario is data",
}


def is_file(name: str) -> bool:
    """Tell whether a scenario is named by its file."""
    return name.lower().endswith((".yaml", ".yml"))


def read_scenario(path: str | Path) -> tuple[str, dict[str, Any]]:
    """Return the name that a scenario file gives itself, and all that it sets, by dotted key.

    Files of a network beside the scenario are found there.

    Raises
    ------
    Refusal
        For anything but plain keys and values: aliases, tags, interpolations, depth above 20, 256 KB.
    """
    path = Path(path)
    values = parse(path)
    name = values.pop("scenario", path.stem)
    if not isinstance(name, str):
        raise Refusal(f"{path}: scenario: a word is needed, not {name!r}")
    said = dict(flat(values, str(path)))
    for key in OWN_FILES:
        beside = path.parent / str(said.get(key) or "")
        if key in said and said[key] and not Path(said[key]).is_absolute() and beside.is_file():
            said[key] = str(beside)
    return name, said


def parse(path: Path) -> dict[str, Any]:
    """Read the file as YAML without anchors, tags or great depth; the top must be keys."""
    import yaml

    try:
        with open(path, "rb") as file:
            raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise Refusal(f"scenario={path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path}: not UTF-8 text; save it as UTF-8") from None
    if len(raw) > MOST_BYTES:
        raise Refusal(f"{path}: larger than {MOST_BYTES:,} bytes, which is the limit for a scenario")
    try:
        check_events(yaml.parse(text, yaml.SafeLoader), path)
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Refusal(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(values, dict):
        raise Refusal(f"{path}: a scenario is keys and values, such as firms: 300")
    return values


def check_events(events: Iterator[Any], path: Path) -> None:
    """Refuse what can blow up or run while it is only being parsed."""
    import yaml

    depth = 0
    for event in events:
        where = f"{path}, line {event.start_mark.line + 1}"
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Refusal(f"{where}: anchors and aliases are not read; write the value out")
        if getattr(event, "tag", None):
            raise Refusal(f"{where}: tags are not read; a scenario is plain keys and values")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise Refusal(f"{where}: nested deeper than {MOST_DEPTH}")


def flat(values: Mapping[Any, Any], path: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value), with sections opened; lists stay whole."""
    for name, value in values.items():
        key = f"{prefix}{name}"
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            raise Refusal(f"{path}: '{key}' is not the name of a setting")
        if key in NOT_IN_FILES:
            raise Refusal(f"{path}: '{key}' cannot be set by a file: {NOT_IN_FILES[key]}")
        check_plain(key, value, path)
        if isinstance(value, dict) and value:
            yield from flat(value, path, f"{key}.")
        elif not isinstance(value, dict):
            yield key, value


def check_plain(key: str, value: Any, path: str) -> None:
    """Refuse interpolations and what is neither number, word, switch, list nor section."""
    if isinstance(value, str) and "${" in value:
        raise Refusal(f"{path}: {key}: '${{' is not read; write the value out")
    if isinstance(value, list):
        for one in value:
            check_plain(key, one, path)
    elif isinstance(value, dict):
        for name, one in value.items():
            if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
                raise Refusal(f"{path}: '{key}.{name}' is not the name of a setting")
            check_plain(key, one, path)
    elif value is not None and not isinstance(value, bool | int | float | str):
        raise Refusal(f"{path}: {key}: a number, a word, true or false is needed, not {value!r}")
