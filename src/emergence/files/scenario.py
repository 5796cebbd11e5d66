"""A scenario that somebody sent: plain keys and values, and where the files that it names are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emergence.errors import Refusal
from emergence.files.plain import flat, read_plain

OWN_FILES = ("network.ties", "network.firms")


def is_file(name: str) -> bool:
    """Tell whether a scenario or a study is named by its file."""
    return name.lower().endswith((".yaml", ".yml"))


def read_scenario(path: str | Path) -> tuple[str, dict[str, Any]]:
    """Return the name that a scenario file gives itself, and all that it sets, by dotted key.

    Files of a network beside the scenario are found there.

    Raises
    ------
    Refusal
        For anything but plain keys and values, see `emergence.files.plain`.
    """
    path = Path(path)
    values = read_plain(path)
    name = values.pop("scenario", path.stem)
    if not isinstance(name, str):
        raise Refusal(f"{path}: scenario: a word is needed, not {name!r}")
    said = dict(flat(values, str(path)))
    for key in OWN_FILES:
        beside = path.parent / str(said.get(key) or "")
        if key in said and said[key] and not Path(said[key]).is_absolute() and beside.is_file():
            said[key] = str(beside)
    return name, said
