"""What is compared: scenarios, each with changes of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emergence.compose import groups
from emergence.config import known_keys
from emergence.errors import Refusal, nearest
from emergence.files.plain import literal

MOST = 12  # scenarios in one comparison


@dataclass(frozen=True)
class Option:
    """One of the things compared.

    Attributes
    ----------
    name : str
    scenario : str
        Of the library.
    changes : dict
        Settings of its own.
    """

    name: str
    scenario: str
    changes: dict[str, Any] = field(default_factory=dict)


def read_option(asked: str | Mapping[str, Any]) -> Option:
    """Return an option from ``"platform_trap"``, ``"baseline+conditions.autonomy=0.2"`` or a mapping."""
    import yaml

    if isinstance(asked, str):
        scenario, *words = asked.strip().split("+")
        changes: dict[str, Any] = {}
        for word in words:
            key, equals, text = word.partition("=")
            if not equals:
                raise Refusal(f"scenarios: '{word}' in '{asked}' needs a value: {scenario}+key=value")
            changes[key] = yaml.safe_load(text)
        return _checked(Option(asked.strip(), scenario, changes))
    given = dict(asked)
    scenario = str(given.pop("scenario", "baseline"))
    name = str(given.pop("name", "+".join([scenario, *(f"{key}={value}" for key, value in given.items())])))
    return _checked(Option(name, scenario, given))


def _checked(option: Option) -> Option:
    library, known = groups(), known_keys()
    if option.scenario not in library["scenario"]:
        hint = nearest(option.scenario, library["scenario"])
        raise Refusal(f"scenarios: there is no scenario '{option.scenario}'; {hint}")
    for key, value in option.changes.items():
        if key in library or key in ("seed", "plugins"):
            raise Refusal(f"scenarios: {key} cannot differ between scenarios here; set single keys, or for all of them")
        if key not in known:
            raise Refusal(f"scenarios: unknown key '{key}' in '{option.name}'; {nearest(key, known)}")
        if not isinstance(value, bool | int | float | str):
            raise Refusal(f"scenarios: {key} in '{option.name}' needs a number or a word, not {value!r}")
    return option


def check_options(options: Sequence[Option], overrides: Sequence[str] = ()) -> None:
    """Refuse what cannot be compared."""
    if not 2 <= len(options) <= MOST:
        raise Refusal(f"scenarios: {len(options)} named; 2 to {MOST} are compared, scenarios=[baseline,platform_trap]")
    names = [option.name for option in options]
    for name in names:
        if names.count(name) > 1:
            raise Refusal(f"scenarios: '{name}' is there twice; what is compared must differ")
    for word in overrides:
        if word.partition("=")[0] == "scenario":
            raise Refusal("scenario: name what is compared in scenarios=[A,B]")


def words_of(option: Option) -> list[str]:
    """Return an option as overrides of the command line."""
    return [f"scenario={option.scenario}", *(f"{key}={literal(value)}" for key, value in option.changes.items())]


def name_of(options: Sequence[Option]) -> str:
    """Return the name of a comparison, fit for a folder."""
    words = [re.sub(r"[^A-Za-z0-9]+", "_", option.name).strip("_")[:20] for option in options[:3]]
    return "_vs_".join(words)[:60] or "comparison"
