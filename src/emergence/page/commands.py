"""What a page may say: values of commands, checked, and moves that later ones make void."""

from __future__ import annotations

from typing import Any

from emergence.errors import Refusal, nearest
from emergence.page.words import say


def fewer(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out moves of a slider that a later one in the same batch makes void; echoes keep their order."""
    last: dict[Any, int] = {}
    for place, command in enumerate(commands):
        if command.get("do") in ("condition", "rate", "colour"):
            last[command.get("do"), str(command.get("name")), str(command.get("side"))] = place
    kept = set(last.values())
    return [
        command
        for place, command in enumerate(commands)
        if place in kept or command.get("do") not in ("condition", "rate", "colour")
    ]


def word(command: dict[str, Any], name: str, known: Any) -> str:
    """Return a word of a command, or refuse it with the nearest."""
    value = command.get(name)
    if not isinstance(value, str) or value not in known:
        raise Refusal(say("no_such", what=name, given=str(value)[:40], hint=nearest(str(value)[:40], known)))
    return value


def number(command: dict[str, Any], name: str, low: float, high: float) -> float:
    """Return a number of a command within its range, or refuse it."""
    value = command.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise Refusal(say("out_of_range", what=name, low=f"{low:g}", high=f"{high:,g}", given=str(value)[:40]))
    return float(value)


def whole_number(command: dict[str, Any], name: str, low: int, high: int) -> int:
    """Return a whole number of a command within its range, or refuse it."""
    value = number(command, name, low, high)
    if value != int(value):
        raise Refusal(say("whole", what=name))
    return int(value)
