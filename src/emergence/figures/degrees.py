"""How ties are spread over firms: degree distributions at start and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.findings import Findings
from emergence.figures.style import BLUE, ORANGE, Drawn, look, new_figure, say
from emergence.schema import LAYERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from emergence.runs import Snapshot


def draw_degrees(findings: Findings) -> Drawn:
    """Draw the share of firms with at least so many ties, one panel per acting layer."""
    layers = findings.acting
    with look():
        figure, axes = new_figure(3.0, 1, max(len(layers), 2), left=0.12, top=0.88, bottom=0.17, wspace=0.28)
        for panel in axes[0][len(layers) :]:
            panel.set_axis_off()
        for panel, layer in zip(axes[0], layers, strict=False):
            draw_layer(panel, findings, layer)
        axes[0, 0].set_ylabel("share of firms with\nat least so many ties")
    caption = (
        "For each number of ties, the share of firms that have at least as many, both on logarithmic "
        "scales. A curve that bends down steeply means that firms have similar numbers of ties; a long "
        "straight tail means a few hubs. Firms without ties cannot be shown on such a scale; the legend "
        "counts them."
    )
    return Drawn("degrees", "How ties are spread over firms", caption, figure)


def draw_layer(axes: Axes, findings: Findings, layer: int) -> None:
    """Draw start and end of one layer."""
    from matplotlib.ticker import NullLocator

    axes.set_title(f"{LAYERS[layer].capitalize()} ties")
    moments = [findings.start, findings.end] if findings.end.step else [findings.start]
    looks = ((ORANGE, "o", "start"), (BLUE, "s", f"month {findings.end.step:,}"))
    if not any(m.ties[layer][0].size for m in moments):
        say(axes, "no ties in this layer")
        return
    least = 1.0
    for moment, (colour, marker, label) in zip(moments, looks, strict=False):
        degree = degrees(moment, layer)
        at, share = ccdf(degree)
        least = min(least, float(share.min(initial=1.0)))
        axes.plot(
            at, share, color=colour, marker=marker, markersize=3.2, linewidth=1.0,
            label=f"{label} ({np.count_nonzero(degree == 0):,} without)",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    shares = [share for share in (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6) if share >= 0.3 * least]
    axes.set_ylim(0.7 * least, 1.25)
    axes.set_yticks(shares, [f"{100 * share:g}%" for share in shares])
    axes.yaxis.set_minor_locator(NullLocator())
    most = max(2, *(int(degrees(m, layer).max(initial=1)) for m in moments))
    axes.set_xlim(0.9, most * 1.15)
    ticks = [k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if k <= most * 1.15]
    axes.set_xticks(ticks, [str(k) for k in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("ties of a firm")
    axes.legend(loc="lower left")


def degrees(moment: Snapshot, layer: int) -> np.ndarray:
    """Return the ties of each firm in one layer, int64[firms]."""
    a, b, _ = moment.ties[layer]
    uid = np.sort(moment.uid)
    return np.bincount(np.searchsorted(uid, np.concatenate([a, b])), minlength=uid.size)


def ccdf(degree: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of ties above 0 that occur, and the share of firms with at least as many."""
    at, count = np.unique(degree, return_counts=True)
    share = np.cumsum(count[::-1])[::-1] / max(degree.size, 1)
    return at[at > 0], share[at > 0]
