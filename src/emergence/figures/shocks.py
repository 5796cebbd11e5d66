"""The dated shocks of a run: when each is felt, what to call it, and how it is marked in a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emergence.config import Settings, Shock
from emergence.figures.style import PURPLE, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKED = 12  # shocks that get a letter; more would cover the curves
DECIDED = ("regulation", "brokered_ties", "policy")  # what somebody decided rather than suffered


@dataclass(frozen=True)
class Felt:
    """One shock: its letter, month, the month after which it is no longer felt, words, and the story told of it."""

    letter: str
    shock: Shock
    end: int
    words: str
    says: str = ""


def felt_shocks(settings: Settings) -> list[Felt]:
    """Return the shocks that struck within the run, by month."""
    struck = sorted((s for s in settings.timeline if s.month <= settings.steps), key=lambda s: s.month)
    return [
        Felt(_letter(k), shock, _end(shock, settings.steps), describe(shock), " ".join(shock.says.split()))
        for k, shock in enumerate(struck)
    ]


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def _end(shock: Shock, steps: int) -> int:
    if shock.kind in ("demand_crisis", "supply_disaster", "pandemic"):
        return shock.month + shock.duration + shock.recovery
    if shock.kind in ("regulation", "policy"):
        return shock.month + shock.duration if shock.duration else max(steps, shock.month)
    return shock.month


def describe(shock: Shock) -> str:
    """Return what a shock is, in a few plain words."""
    sector = "" if shock.sector is None else f" in sector {shock.sector}"
    where = sector if shock.region is None else f"{sector} in region {shock.region}"
    return WORDS[shock.kind](shock, where)


def demand_crisis(shock: Shock, where: str) -> str:
    """Return a demand crisis in words."""
    return (
        f"demand {shock.size:.0%} lower{where} for {shock.duration} months, then back to normal within {shock.recovery}"
    )


def landscape_shift(shock: Shock, where: str) -> str:
    """Return a technology shift in words."""
    return f"technology shift{where}: {shock.size:.0%} of what makes practices valuable redrawn"


def removal(shock: Shock, where: str) -> str:
    """Return a removal in words."""
    return f"removal of {aimed_at(shock, where)}"


def supply_disaster(shock: Shock, where: str) -> str:
    """Return a disaster in words."""
    what = f"{where} ({shock.size:.0%} of capacity)" if where else f" abroad ({shock.size:.0%} of imports)"
    return f"supply disaster{what}"


def pandemic(shock: Shock, where: str) -> str:
    """Return a pandemic in words."""
    return (
        f"pandemic{where} ({shock.size:.0%} of capacity for {shock.duration} months, "
        f"then back to normal within {shock.recovery})"
    )


def cyber_incident(shock: Shock, where: str) -> str:
    """Return an attack in words."""
    return f"cyber incident at {aimed_at(shock, where)}"


def regulation(shock: Shock, where: str) -> str:
    """Return a regulation in words."""
    return f"regulation{where} (costs {shock.size:.2g} of capacity a month, {how_long(shock)})"


def brokered_ties(shock: Shock, where: str) -> str:
    """Return ties that somebody brokered in words."""
    pairs = (shock.target.count(",") + 1) // 2
    return f"{pairs} brokered tie" + "s" * (pairs != 1)


def policy(shock: Shock, where: str) -> str:
    """Return a policy in words."""
    value = str(shock.value).lower() if isinstance(shock.value, bool) else f"{shock.value}"
    return f"policy {shock.key}={value} ({how_long(shock)})"


def how_long(shock: Shock) -> str:
    """Return for how long something is in force."""
    return f"for {shock.duration} month" + "s" * (shock.duration != 1) if shock.duration else "for good"


def aimed_at(shock: Shock, where: str) -> str:
    """Return at whom a shock is aimed, in words."""
    firms = f"{shock.count} firm" + ("" if shock.count == 1 else "s")
    return {
        "degree": f"the {firms}{where} with most ties",
        "betweenness": f"the {firms}{where} on most shortest paths",
        "random": f"{firms}{where} at random",
    }.get(shock.target, shock.target)


WORDS: dict[str, Callable[[Shock, str], str]] = {
    told.__name__: told
    for told in (
        demand_crisis,
        landscape_shift,
        removal,
        supply_disaster,
        pandemic,
        cyber_incident,
        regulation,
        brokered_ties,
        policy,
    )
}


def mark(axes: Axes, shocks: list[Felt]) -> None:
    """Mark shocks on an axis in months: a line, or a band as long as one is felt, with its letter."""
    for felt in shocks[:MARKED]:
        month, colour = felt.shock.month, PURPLE if felt.shock.kind in DECIDED else RED
        if felt.end > month:
            axes.axvspan(month, felt.end, color=colour, alpha=0.10, linewidth=0)
        axes.axvline(month, color=colour, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.annotate(
            felt.letter, (month, 1), xycoords=("data", "axes fraction"), xytext=(0, 1),
            textcoords="offset points", va="bottom", ha="center", fontsize=8, color=colour,
        )  # fmt: skip


def colours(shocks: list[Felt]) -> str:
    """Return what the colours of the marks mean, in words."""
    decided = [felt.shock.kind in DECIDED for felt in shocks[:MARKED]]
    parts = ["in red mark shocks"] * (not all(decided)) + [
        "in purple mark regulations, policies and brokered ties"
    ] * any(decided)
    return " and ".join(parts)


def key(shocks: list[Felt]) -> str:
    """Return one line of text that says what the letters mean."""
    parts = [f"{f.letter}: month {f.shock.month}, {f.words}" for f in shocks[:MARKED]]
    if len(shocks) > MARKED:
        parts.append(f"and {len(shocks) - MARKED} more")
    return "; ".join(parts)
