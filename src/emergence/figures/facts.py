"""The stylised facts in one figure: each measured number with its interval against its range."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.figures.style import BLUE, GREY, PALE, RED, Drawn, look, new_figure

LEFT, RIGHT = -0.75, 1.75  # of the axis: beyond that an arrow
ROW = 0.27  # inches


def draw_facts(results: dict[str, Any]) -> Drawn:
    """Draw results of ``emergence validate suite=facts json=FILE``."""
    rows = [(fact, number) for fact in results["facts"] for number in fact["numbers"]]
    with look():
        figure, axes = new_figure(ROW * len(rows) + 0.9, left=0.42, right=0.86, top=0.95, bottom=0.09)
        at = axes[0, 0]
        for y, (_, number) in enumerate(rows):
            draw_number(at, y, number)
        at.set(xlim=(LEFT, RIGHT), ylim=(len(rows) - 0.4, -0.8), xticks=[0, 1])
        at.set_xticklabels(["lower end\nof the range", "upper end"])
        at.set_yticks(range(len(rows)), [label(number) for _, number in rows])
        at.grid(False)
        at.tick_params(axis="y", length=0)
        for y, (fact, number) in enumerate(rows):
            if y and number is fact["numbers"][0]:
                at.axhline(y - 0.5, color=PALE, linewidth=0.6)
    hold = sum(fact["ok"] for fact in results["facts"])
    worlds = results["worlds"]
    caption = (
        f"Grey: the range that counts as agreement, scaled to one width; a bound is open to one side. Points: "
        f"measured over {len(worlds['seeds'])} worlds of {worlds['firms']:,} firms on seeds that fitting did not use, "
        "lines: 95% intervals, at the right in numbers. Blue agrees, red does not."
    )
    return Drawn("facts", f"Stylised facts: {hold} of {len(results['facts'])} hold", caption, figure)


def label(number: dict[str, Any]) -> str:
    """Return what a row is called."""
    return number["name"] if number["unit"] in ("1", "share", "ratio") else f"{number['name']} ({number['unit']})"


def place(number: dict[str, Any], value: Any) -> Any:
    """Return where values lie: 0 at the lower, 1 at the upper end of the range, or of a bound and what is clear."""
    low, high, value = number["low"], number["high"], np.asarray(value, float)
    if high is None:
        return (value - low) / number["clear"]
    return 1 - (high - value) / number["clear"] if low is None else (value - low) / (high - low)


def draw_number(at: Any, y: int, number: dict[str, Any]) -> None:
    """Draw one row."""
    from_, to = LEFT if number["low"] is None else 0.0, RIGHT if number["high"] is None else 1.0
    at.barh(y, to - from_, left=from_, height=0.62, color=PALE, linewidth=0)
    colour = BLUE if number["ok"] else RED
    if number["measured"] is None:
        at.text(0.5, y, "not known", ha="center", va="center", color=RED)
        return
    ends = [number["measured"] if end is None else end for end in number["interval"]]
    low, x, high = (float(place(number, value)) for value in (ends[0], number["measured"], ends[1]))
    at.plot(np.clip([low, high], LEFT, RIGHT), [y, y], color=colour, linewidth=1.6)
    mark = "<" if x < LEFT else ">" if x > RIGHT else "o"
    at.plot(np.clip(x, LEFT + 0.02, RIGHT - 0.02), y, mark, color=colour, markersize=4.5, zorder=5)
    at.text(RIGHT + 0.05, y, f"{number['measured']:.3g}", va="center", fontsize=8, color=GREY if number["ok"] else RED)
