"""What twins tell: emergence by part, and output against twins that were spared the shocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, Drawn, look, new_figure
from emergence.measures.emergence import OUTCOMES, parts_of
from emergence.measures.interval import paired_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from emergence.figures.findings import Findings
    from emergence.twinning import Twins

SHOWN = ("value_gained", "useful", "mean_z", "joint_income", "growth", "firms")
TITLES = {
    "value_gained": "value gained",
    "useful": "useful innovations",
    "mean_z": "mean value of practices",
    "joint_income": "net value of joint projects",
    "growth": "growth of capacity",
    "firms": "firms alive in the last year",
}
PART_COLOURS = {"whole": BLACK, "contact": BLUE, "structure": RED, "replacement": ORANGE, "choice": GREEN}


def draw_emergence(found: Findings) -> Drawn | None:
    """Draw what the network brought, by outcome and part; None if no twins were followed."""
    twins = found.result.twins
    return None if twins is None else emergence_figure(twins)


def emergence_figure(twins: Twins, shown: tuple[str, ...] = SHOWN) -> Drawn:
    """Draw the parts of emergence of some outcomes as points with intervals, a panel an outcome."""
    rows = -(-len(shown) // 3)
    with look():
        figure, axes = new_figure(0.5 + 1.75 * rows, rows, 3, left=0.13, wspace=0.25, hspace=0.85, bottom=0.16)
        for k, (place, name) in enumerate(zip(axes.flat, shown, strict=False)):
            _panel(place, twins, name, k % 3 == 0)
        for place in axes.flat[len(shown) :]:
            place.set_visible(False)
    many = len(twins.seeds)
    sure = "under one luck, so small differences mean little" if many == 1 else f"with 95% intervals over {many} seeds"
    return Drawn(
        "emergence",
        "What the network brought, and by what",
        f"Differences between twins with the same firms and luck from month {twins.month + 1:,} on, {sure}. Whole: "
        "with the network against without any ties. It is the sum of contact (having partners, whoever they are), "
        "structure (who is tied to whom), replacement (new ties for lost ones) and choice (whom firms tie with).",
        figure,
    )


def _panel(axes: Axes, twins: Twins, name: str, labelled: bool) -> None:
    parts = parts_of(twins.values(name))
    for row, (part, colour) in enumerate(PART_COLOURS.items()):
        mean, low, high = paired_interval(parts[part])
        if np.isfinite(low):
            axes.plot([low, high], [-row, -row], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot([mean], [-row], marker="o", markersize=5, color=colour)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks([-k for k in range(len(PART_COLOURS))], list(PART_COLOURS) if labelled else [])
    axes.set_ylim(-len(PART_COLOURS) + 0.4, 0.6)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=4)
    axes.set_title(TITLES.get(name, name))
    axes.set_xlabel(OUTCOMES[name].unit)


def draw_resilience(found: Findings) -> Drawn | None:
    """Draw output as a share of the spared twins'; None if there were no shocks or no twins."""
    spared, estimate = found.result.spared, found.resilience
    if spared is None or estimate is None:
        return None
    with look():
        figure, axes = new_figure(2.6, bottom=0.2)
        place = axes[0, 0]
        months = spared.month + 1 + estimate.month
        if estimate.placebo_low is not None and estimate.placebo_q is not None:
            place.plot(months, estimate.placebo_q, color=PURPLE, linewidth=1.2, label="one median firm lost instead")
            if np.isfinite(estimate.placebo_low).all():
                place.fill_between(months, estimate.placebo_low, estimate.placebo_high, color=PURPLE, alpha=0.2, lw=0)
        place.plot(months, estimate.q, color=BLUE, label="with the shocks")
        if np.isfinite(estimate.q_low).all():
            place.fill_between(months, estimate.q_low, estimate.q_high, color=BLUE, alpha=0.2, linewidth=0)
        place.axhline(1, color=GREY, linewidth=0.8)
        place.axhline(0.95, color=GREY, linewidth=0.8, linestyle=":")
        place.set_xlabel("month")
        place.set_ylabel("share of spared twins' output")
        place.legend(loc="lower right")
    return Drawn(
        "resilience",
        "What the shocks took, and how it came back",
        "Output of all firms as a share of the output of twins with the same luck that were spared. Dotted: 95%, "
        "from which three months in a row count as recovered. The second line shows what losing one firm of median "
        "size does: differences of that size are noise.",
        figure,
    )
