"""The dated shocks of a run: when each is felt, what to call it, and how it is marked in a figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emergence.config import Settings, Shock
from emergence.figures.style import RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKED = 12  # shocks that get a letter; more would cover the curves


@dataclass(frozen=True)
class Felt:
    """One shock: its letter, month, the month after which it is no longer felt, and words."""

    letter: str
    shock: Shock
    end: int
    words: str


def felt_shocks(settings: Settings) -> list[Felt]:
    """Return the shocks that struck within the run, by month."""
    struck = sorted((s for s in settings.timeline if s.month <= settings.steps), key=lambda s: s.month)
    return [Felt(_letter(k), shock, _end(shock), describe(shock)) for k, shock in enumerate(struck)]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def _end(shock: Shock) -> int:
    return shock.month + (shock.duration + shock.recovery if shock.kind == "demand_crisis" else 0)


def describe(shock: Shock) -> str:
    """Return what a shock is, in a few plain words."""
    where = "" if shock.sector is None else f" in sector {shock.sector}"
    if shock.kind == "demand_crisis":
        return (
            f"demand {shock.size:.0%} lower{where} for {shock.duration} months, "
            f"then back to normal within {shock.recovery}"
        )
    if shock.kind == "landscape_shift":
        return f"technology shift{where}: {shock.size:.0%} of what makes practices valuable redrawn"
    if shock.region is not None:
        where += f" in region {shock.region}"
    firms = f"{shock.count} firm" + ("" if shock.count == 1 else "s")
    if shock.target == "degree":
        return f"removal of the {firms}{where} with most ties"
    if shock.target == "random":
        return f"removal of {firms}{where} at random"
    return f"removal of {shock.target}"


def mark(axes: Axes, shocks: list[Felt]) -> None:
    """Mark shocks on an axis in months: a line, or a band as long as a crisis lasts, with its letter."""
    for felt in shocks[:MARKED]:
        month = felt.shock.month
        if felt.end > month:
            axes.axvspan(month, felt.end, color=RED, alpha=0.10, linewidth=0)
        axes.axvline(month, color=RED, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.annotate(
            felt.letter, (month, 1), xycoords=("data", "axes fraction"), xytext=(0, 1),
            textcoords="offset points", va="bottom", ha="center", fontsize=8, color=RED,
        )  # fmt: skip


def key(shocks: list[Felt]) -> str:
    """Return one line of text that says what the letters mean."""
    parts = [f"{f.letter}: month {f.shock.month}, {f.words}" for f in shocks[:MARKED]]
    if len(shocks) > MARKED:
        parts.append(f"and {len(shocks) - MARKED} more")
    return "; ".join(parts)
