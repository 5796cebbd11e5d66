"""Who holds which position: partners against bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.findings import Findings
from emergence.figures.style import ROLE_COLOURS, Drawn, look, new_figure, place_labels, say, shorten
from emergence.measures.position import EXACT, SAMPLED, SOURCES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LABELS = 10


def draw_positions(findings: Findings) -> Drawn:
    """Draw every firm by its partners and by the paths that run through it, at the end."""
    table = findings.end_positions
    n = len(table)
    with look():
        figure, axes = new_figure(3.9 if n <= SAMPLED else 1.0, left=0.1, right=0.78, top=0.96, bottom=0.13)
        panel = axes[0, 0]
        if n > SAMPLED:
            say(panel, f"Paths are not counted in networks above {SAMPLED:,} firms.")
        elif not table["partners"].any():
            say(panel, "No firm has a tie.")
        else:
            draw_scatter(panel, table, "name" in table)
    return Drawn("positions", "Who holds which position at the end", caption(n), figure)


def draw_scatter(axes: Axes, table: pd.DataFrame, named: bool) -> None:
    """Draw the dots, by role, and name the most central."""
    x, y = table["partners"].to_numpy(float), 100.0 * table["betweenness"].to_numpy()
    area = 10.0 + 160.0 * table["size"].to_numpy() / max(float(table["size"].max()), 1e-9)
    for role, colour in ROLE_COLOURS.items():
        here = (table["role"] == role).to_numpy()
        if here.any():
            axes.scatter(
                x[here], y[here], s=area[here], color=colour, alpha=0.75, edgecolors="white", linewidths=0.5,
                label=f"{role} ({here.sum():,})", rasterized=int(here.sum()) > 600,
            )  # fmt: skip
    axes.set_xlim(-0.03 * x.max() - 0.4, x.max() * 1.1 + 0.6)
    axes.set_ylim(-0.05 * max(y.max(), 1e-6), max(y.max(), 1e-6) * 1.14)
    axes.set_xlabel("partners (all layers, each partner once)")
    axes.set_ylabel("betweenness (% of shortest paths)")
    legend = axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0, handletextpad=0.3)
    for handle in legend.legend_handles:
        handle.set_sizes([40.0])  # type: ignore[union-attr]
    top = most_central(x, y)
    if named:
        names = [shorten(name, 24) for name in table["name"].to_numpy()[top]]
        place_labels(axes, x[top], y[top], names, 8.0, 1.5 + np.sqrt(area[top]) / 2, np.column_stack([x, y])[:400])


def most_central(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the rows to label: the most central by both measures, at most `LABELS`."""
    score = np.maximum(x / max(x.max(), 1.0), y / max(y.max(), 1e-12))
    order = np.argsort(-score, kind="stable")[:LABELS]
    return order[x[order] > 0]


def caption(n: int) -> str:
    """Return what the figure shows, in plain words."""
    how = "counted exactly" if n <= EXACT else f"estimated from {SOURCES} firms drawn at random"
    return (
        "Each dot is a firm at the end of the run, its area grows with its capacity. To the right: many "
        "partners. Up: many of the shortest paths between others run through the firm, so it can connect "
        f"them or hold them up (betweenness, {how}). Hubs are among the 5% with most partners; brokers "
        "stand between others more than their number of partners would let expect."
    )
