"""A scenario that somebody sent: plain keys and values, and where the files that it names are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from emergence.config import find_data
from emergence.files.document import Document, read_document
from emergence.files.plain import walk

OWN_FILES = ("network.ties", "network.firms")
SHIPPED = "data:"


def is_file(name: str) -> bool:
    """Tell whether a scenario or a study is named by its file."""
    return name.lower().endswith((".yaml", ".yml"))


def read_scenario(path: str | Path) -> tuple[str, dict[str, Any], Document]:
    """Return the name that a scenario file gives itself, all that it sets, by dotted key, and the file as read.

    What is wrong so far is noted in the document. Files of a network are looked for beside the scenario.

    Raises
    ------
    Refusal
        For what cannot be read at all, see `emergence.files.document.read_document`.
    """
    document, path = read_document(path), Path(path)
    values = dict(document.values)
    name = values.pop("scenario", path.stem)
    if not isinstance(name, str) or not name.isprintable():
        document.note("scenario", f"scenario: a word is needed, not {name!r}")
        name = path.stem
    said: dict[str, Any] = {}
    for key, value, why in walk(values):
        if not why and key in said:
            why = f"'{key}' is said twice; keep one"
        if why:
            document.note(key, why)
        else:
            said[key] = value
    for key in OWN_FILES:
        if not isinstance(said.get(key), str):
            continue
        if not said[key].startswith(SHIPPED):
            said[key] = beside(path, key, said[key], document)
        elif not find_data(said[key]).is_file():
            document.note(key, f"{key}: no such file comes with the program")
    return name, said, document


def beside(path: Path, key: str, name: str, document: Document) -> str:
    """Return the path of a file that a scenario names; one that is not in the scenario's folder is noted.

    Whoever sends a scenario may say which of the files sent with it is read, not which of the reader's own.
    """
    folder = path.resolve().parent
    try:
        found = (folder / name).resolve()
        if not found.is_relative_to(folder):
            document.note(
                key, f"{key}: a file beside the scenario is needed; others are for the command line, {key}=..."
            )
        elif not found.is_file():
            document.note(key, f"{key}: there is no such file beside the scenario")
    except (OSError, ValueError, RuntimeError):
        document.note(key, f"{key}: is no name of a file")
        return name
    return str(found)
