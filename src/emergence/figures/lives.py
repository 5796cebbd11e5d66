"""How long entrants and ties last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emergence.figures.findings import Findings
from emergence.figures.style import BLACK, BLUE, GREY, LAYER_COLOURS, Drawn, look, new_figure, say
from emergence.measures.survival import Survival

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Share of establishments alive after 1, 3, 5 and 10 years: US Bureau of Labor Statistics, Business
# Employment Dynamics, means over cohorts.
BLS = {1: 0.80, 3: 0.61, 5: 0.50, 10: 0.34}


def draw_lives(findings: Findings) -> Drawn:
    """Draw survival of entrants beside US figures, and lives of ties by layer."""
    with look():
        figure, axes = new_figure(3.2, 1, 2, top=0.89, bottom=0.16, wspace=0.25)
        firms, ties = axes[0]
        draw_firms(firms, findings)
        draw_ties(ties, findings)
    caption = (
        "Left: the share of firms founded during the run that were still there after so many years, with "
        "its 95% interval; dots are means of US cohorts (Bureau of Labor Statistics) for comparison. "
        "Right: the same for ties formed during the run; a tie ends when it is broken or when a partner is "
        "gone. Firms and ties that were still there at the end count for the time they were seen (Kaplan "
        "and Meier 1958)."
    )
    return Drawn("lives", "How long entrants and ties last", caption, figure)


def draw_firms(axes: Axes, findings: Findings) -> None:
    """Draw the survival of entrants."""
    axes.set_title("Firms founded during the run")
    curve = findings.entrants
    if not curve.number:
        say(axes, _nothing(findings, "No firm was founded in this run."))
        return
    steps(axes, curve, BLUE, f"this run ({curve.number:,} firms)")
    seen = {year: share for year, share in BLS.items() if 12 * year <= max(curve.longest + 3, 60.0)}
    axes.plot(list(seen), list(seen.values()), "o", color=BLACK, markersize=5, label="US firms (BLS)", zorder=4)
    settle(axes, max(curve.longest / 12, max(seen, default=1)), "share still there")


def draw_ties(axes: Axes, findings: Findings) -> None:
    """Draw the lives of ties."""
    axes.set_title("Ties formed during the run")
    lives = findings.tie_lives
    if not lives:
        say(axes, _nothing(findings, "No tie was formed in this run."))
        return
    for name, curve in lives.items():
        steps(axes, curve, LAYER_COLOURS.get(name, GREY), f"{name} ({curve.number:,} ties)")
    settle(axes, max(curve.longest for curve in lives.values()) / 12, "")


def _nothing(findings: Findings, text: str) -> str:
    return text if findings.settings.output.events else "Events were not recorded\n(output.events=false)."


def steps(axes: Axes, curve: Survival, colour: str, label: str) -> None:
    """Draw one curve with its interval, up to the longest time observed."""
    time = [*curve.times / 12, curve.longest / 12]
    low, high, middle = ([*c, c[-1]] for c in (curve.lower, curve.upper, curve.survival))
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
    axes.step(time, middle, where="post", color=colour, label=label)


def settle(axes: Axes, years: float, label: str) -> None:
    """Set limits and labels."""
    axes.set_ylim(0, 1.03)
    axes.set_xlim(0, max(years, 0.25) * 1.03)
    axes.set_xlabel("age in years")
    axes.set_ylabel(label)
    axes.legend(loc="lower left" if years < 5.5 else "upper right")
