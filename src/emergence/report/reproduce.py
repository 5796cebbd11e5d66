"""How to repeat a run: the command that gives the same settings."""

from __future__ import annotations

import dataclasses
import json
import shlex
from functools import lru_cache
from typing import Any

from emergence.compose import FILES
from emergence.config import Settings, get, walk
from emergence.files.plain import literal

# What a run computes does not depend on these.
_LEFT_OUT = ("output.folder", "output.report", "threads", "debug")


def command(settings: Settings) -> str:
    """Return the command line that composes the same settings, quoted for a shell."""
    words = [f"scenario={settings.scenario}"] if known(settings.scenario) else []
    words += [f"{key}={written(key, get(settings, key))}" for key in differences(settings)]
    return " ".join(["emergence", "run", *(shlex.quote(word) for word in words)])


def differences(settings: Settings) -> list[str]:
    """Return the keys that differ from the library's scenario and matter to what a run computes."""
    base = scenario_settings(settings.scenario if known(settings.scenario) else None)
    keys = (key for key, _, _ in walk() if key not in _LEFT_OUT)
    return [key for key in keys if get(settings, key) != get(base, key)]


def as_told(settings: Settings) -> bool:
    """Return whether what the scenario says of itself holds for this run's firms, ties, length and shocks."""
    parts = ("firms", "steps", "network", "founders", "timeline")
    return "about" in differences(settings) or not any(k.split(".")[0] in parts for k in differences(settings))


def known(scenario: str) -> bool:
    """Return whether the library has a scenario of that name."""
    from emergence.compose import groups

    return scenario in groups()["scenario"]


@lru_cache(maxsize=8)
def scenario_settings(scenario: str | None) -> Settings:
    """Return the settings of a scenario of the library, or of none; not to be changed."""
    from hydra.core.global_hydra import GlobalHydra

    from emergence.compose import compose

    holder = GlobalHydra.instance()
    outer = holder.hydra  # composing clears it, but the program may itself run under hydra
    try:
        return compose([f"scenario={scenario}"] if scenario else [])
    finally:
        holder.hydra = outer


def written(key: str, value: Any) -> str:
    """Return a value as it stands behind its key; file names stand as they are."""
    return value if key in FILES and value is not None else literal(value)


def config_json(settings: Settings) -> str:
    """Return all settings as JSON."""
    return json.dumps(dataclasses.asdict(settings), indent=1, sort_keys=True, ensure_ascii=False)
