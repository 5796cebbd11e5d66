"""Numbers as people say them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number(value: float, digits: int = 0) -> str:
    """Return a number with thousands separated, ``not known`` if there is none."""
    if value is None or not math.isfinite(value):
        return "not known"
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def percent(share: float, digits: int = 0) -> str:
    """Return a share as a percentage."""
    text = number(100.0 * share, digits)
    return text if text == "not known" else text + "%"


def money(value: float) -> str:
    """Return an amount in EUR, in thousands or millions where that reads better."""
    if value is None or not math.isfinite(value):
        return "not known"
    for size, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(value) >= size:
            return f"EUR {value / size:,.2f}{word}"
    return f"EUR {number(value)}"


def count(value: float, one: str, many: str | None = None) -> str:
    """Return a number with its noun, ``1 firm`` or ``2 firms``."""
    return f"{number(value)} {one if round(value) == 1 else many or one + 's'}"


def change(before: float, after: float, digits: int = 0) -> str:
    """Return ``12 to 15`` or, where nothing moved, ``12, unchanged``."""
    first, last = number(before, digits), number(after, digits)
    return f"{first}, unchanged" if first == last else f"{first} to {last}"


def listing(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]
