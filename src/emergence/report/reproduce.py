"""How to repeat a run: the command that gives the same settings."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from typing import Any

from emergence.config import Settings, get, walk
from emergence.errors import Refusal

# What a run computes does not depend on these.
_LEFT_OUT = ("output.folder", "output.report", "threads", "debug")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


def command(settings: Settings) -> str:
    """Return the command line that composes the same settings, quoted for a shell."""
    base, words = start_from(settings)
    words += [
        f"{key}={literal(get(settings, key))}"
        for key, _, _ in walk()
        if key not in _LEFT_OUT and get(settings, key) != get(base, key)
    ]
    return " ".join(["emergence", "run", *(shlex.quote(word) for word in words)])


def start_from(settings: Settings) -> tuple[Settings, list[str]]:
    """Return the settings of the named scenario, or the defaults if the library has no such scenario."""
    from hydra.core.global_hydra import GlobalHydra

    from emergence.compose import compose, groups

    holder = GlobalHydra.instance()
    outer = holder.hydra  # composing clears it, but the program may itself run under hydra
    known = settings.scenario in groups()["scenario"]
    words = [f"scenario={settings.scenario}"] if known else []
    try:
        return compose(words), words
    except Refusal:
        return Settings(), []
    finally:
        holder.hydra = outer


def literal(value: Any) -> str:
    """Return a value in the grammar of overrides."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ",".join(literal(one) for one in value) + "]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = dataclasses.asdict(value).items()
        return "{" + ",".join(f"{name}:{literal(one)}" for name, one in parts if one is not None) + "}"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in ("null", "true", "false", "nan", "inf")
        return value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)


def config_json(settings: Settings) -> str:
    """Return all settings as JSON."""
    return json.dumps(dataclasses.asdict(settings), indent=1, sort_keys=True, ensure_ascii=False)
