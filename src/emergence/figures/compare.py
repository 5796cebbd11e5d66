"""Figures of a comparison: paired differences as a forest plot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.figures.causes import TITLES
from emergence.figures.study import MORE_TITLES
from emergence.figures.style import BLUE, GREY, INK, RED, Drawn, look, new_figure, shorten

if TYPE_CHECKING:
    from emergence.study.compare import Comparison

# Colour and shape say the same, for those who tell colours apart badly.
MARKS = {"better": (BLUE, "o"), "worse": (RED, "s"), "more": (INK, "^"), "less": (INK, "v")}
UNKNOWN = (GREY, "D")
WIDEST = 6.0  # standard deviations of luck that are drawn; what lies beyond is cut, its numbers stand beside it
OWN_TITLES = {
    "exits": "firms that end",
    "best_z": "best practice",
    "distinct": "distinct practices",
    "capacity": "capacity of all firms",
    "cash": "cash of all firms",
    "max_degree": "ties of the largest hub",
    "giant_share": "firms in the largest component",
    "mean_trust": "trust between partners",
    "projects": "joint projects",
    "success_rate": "projects that succeed",
    "adopted": "innovations taken over",
    "fill": "demand met",
    "platform_share": "sales on platforms",
    "digital": "firms with digital practice",
    "mean_skill": "skill",
    "tie_age": "age of ties",
    "tries": "tries of new practice",
    "median_profit": "median profit of a firm",
    "betrayals": "opportunistic acts",
    "practice_spread": "spread of practices",
}


def title_of(outcome: str) -> str:
    """Return an outcome's name for people."""
    return {**TITLES, **MORE_TITLES, **OWN_TITLES}.get(outcome, outcome.replace("_", " "))


def draw_comparison(found: Comparison) -> list[Drawn]:
    """Draw a forest plot of each option against the first: outcomes, then mechanisms."""
    drawn = []
    for k, option in enumerate(found.options[1:], 1):
        rows = [row for row in found.rows if row["scenario"] == option.name]
        for kind, title in (("outcome", "What comes out"), ("mechanism", "What moved on the way")):
            part = [row for row in rows if row["kind"] == kind]
            if part:
                more = "" if len(found.options) == 2 else f"-{k}"
                drawn.append(
                    forest(part, f"forest-{kind}{more}", f"{title}: {option.name} against {found.options[0].name}")
                )
    return drawn


def forest(rows: list[dict[str, Any]], name: str, title: str) -> Drawn:
    """Draw paired differences with intervals, a row an outcome, in standard deviations of luck."""
    height = 1.0 + 0.3 * len(rows)
    with look():
        figure, axes = new_figure(height, left=0.27, right=0.60, top=1 - 0.35 / height, bottom=0.62 / height)
        place = axes[0, 0]
        for k, row in enumerate(rows):
            _row(place, row, -k)
        place.axvline(0, color=GREY, linewidth=0.8)
        place.set_yticks([-k for k in range(len(rows))], [shorten(title_of(row["outcome"]), 30) for row in rows])
        place.set_ylim(-len(rows) + 0.4, 0.6)
        reach = max(min(WIDEST, 1.1 * max((_reach(row) for row in rows), default=1.0)), 0.5)
        place.set_xlim(-reach, reach)
        place.set_xlabel("difference, in standard deviations of luck")
        place.set_title("difference (95% interval), unit", x=1.03, ha="left", fontsize=8.5, color=GREY)
    return Drawn(
        name,
        title,
        "Paired differences with 95% intervals, each drawn in standard deviations that luck alone gives the outcome, "
        "so that rows can be compared; at the right in its own unit. Blue circle: better; red square: worse; dark "
        "triangle: moved, but neither side is better; grey diamond: not told apart from chance.",
        figure,
    )


def _reach(row: dict[str, Any]) -> float:
    ends = [row["low"], row["high"], row["difference"]]
    values = [abs(v) / row["luck"] for v in ends if np.isfinite(v) and row["luck"] > 0]
    return max(values, default=0.0)


def _row(place: Any, row: dict[str, Any], y: int) -> None:
    colour, marker = MARKS.get(row["verdict"], UNKNOWN)
    if row["luck"] > 0:
        low, high = row["low"] / row["luck"], row["high"] / row["luck"]
        if np.isfinite(low):
            place.plot([low, high], [y, y], color=colour, linewidth=2, solid_capstyle="butt")
        middle = row["difference"] / row["luck"]
        if abs(middle) <= WIDEST:
            place.plot([middle], [y], marker=marker, color=colour, markersize=6)
        else:
            place.plot(
                [np.sign(middle) * WIDEST * 0.97], [y], marker=">" if middle > 0 else "<", color=colour, markersize=7
            )
    text = f"{plain(row['difference'], True)} ({plain(row['low'])} to {plain(row['high'])})"
    unit = "" if row["unit"] in ("1", "") else f" {row['unit']}"
    place.text(
        1.03, y, shorten(text + unit, 48), transform=place.get_yaxis_transform(), va="center", fontsize=8, color=colour
    )


def plain(value: float, signed: bool = False) -> str:
    """Return a number with three digits that say something."""
    if not np.isfinite(value):
        return "not known"
    size = abs(value)
    if 0 < size < 0.01:
        return f"{value:{'+' if signed else ''}.2g}"
    text = f"{value:{'+' if signed else ''},.{0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"
    return text.lstrip("+-") if float(text.replace(",", "")) == 0 else text
