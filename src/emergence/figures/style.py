"""One look for all figures: palette, sizes, saving, and labels that keep out of each other's way."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008: told apart by colour-blind readers. Yellow is kept for areas only.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, BLACK = "#56B4E9", "#CC79A7", "#000000"
GREY, PALE, INK = "#7F7F7F", "#D9D9D9", "#222222"
CYCLE = (BLUE, ORANGE, GREEN, RED, SKY, PURPLE)
LAYER_COLOURS = {"operational": PURPLE, "development": BLUE, "strategic": RED, "social": GREEN}
ROLE_COLOURS = {
    "hub and broker": PURPLE,
    "hub": BLUE,
    "broker": RED,
    "in between": GREY,
    "at the edge": ORANGE,
    "isolated": BLACK,
}
WIDTH = 7.1  # inches: the text width of A4
DPI = 150

_RC: Any = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,  # a firm's name may hold dollar signs
    "svg.hashsalt": "emergence",
    "svg.fonttype": "path",
    "path.simplify": True,
}


@dataclass(frozen=True)
class Drawn:
    """A figure with the words that belong to it.

    Attributes
    ----------
    name : str
        Part of the file names.
    title, caption : str
        In plain words, not escaped.
    figure : Figure
    """

    name: str
    title: str
    caption: str
    figure: Figure


def look() -> AbstractContextManager[None]:
    """Return a context in which figures get the look of the house."""
    import matplotlib

    return matplotlib.rc_context(_RC)


def new_figure(height: float, rows: int = 1, columns: int = 1, **margins: float) -> tuple[Figure, np.ndarray]:
    """Return a figure of text width and its axes, object[rows, columns]; call it inside `look`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    places = {"left": 0.09, "right": 0.98, "top": 0.92, "bottom": 0.12, "wspace": 0.35, "hspace": 0.6}
    figure.subplots_adjust(**(places | margins))
    return figure, axes


def render(figure: Figure, kind: str) -> bytes:
    """Return a figure as the bytes of an SVG or PNG file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with look():
        figure.savefig(buffer, format=kind, dpi=DPI, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def save(drawn: Drawn, folder: Path) -> dict[str, bytes]:
    """Write a figure as SVG and PNG; return the bytes of each by kind."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {kind: render(drawn.figure, kind) for kind in ("svg", "png")}
    for kind, content in files.items():
        (folder / f"{drawn.name}.{kind}").write_bytes(content)
    return files


def say(axes: Axes, text: str) -> None:
    """Put a sentence where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, color=GREY)


def shorten(text: str, length: int = 28) -> str:
    """Return one line of text, cut to a length, for use on a figure."""
    text = " ".join(str(text).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "\u2026"


def place_labels(
    axes: Axes,
    x: Sequence[float] | np.ndarray,
    y: Sequence[float] | np.ndarray,
    names: Sequence[str],
    size: float = 8.0,
    gap: float | np.ndarray = 5.0,
    dots: np.ndarray | None = None,
) -> None:
    """Write names beside points so that names overlap neither each other nor, if possible, points.

    Parameters
    ----------
    axes : Axes
        Its limits must be final.
    x, y : array_like of float
        Points to label, most important first.
    names : sequence of str
    size : float
        Font size in points.
    gap : float or ndarray
        Distance from the point's centre, in points.
    dots : ndarray of float, shape (m, 2), optional
        Further points to keep clear of, in data units.
    """
    if not len(names):
        return
    scale = 72.0 / axes.figure.dpi
    to_points = axes.transData.transform
    points = to_points(np.column_stack([x, y])) * scale
    taken = [_box(px, py, 0, 0, 3.0, 3.0) for px, py in points]
    if dots is not None and len(dots):
        taken += [_box(px, py, 0, 0, 2.0, 2.0) for px, py in to_points(dots) * scale]
    low, high = (np.array(corner) * scale for corner in axes.bbox.get_points())
    gaps = np.broadcast_to(gap, len(names))
    for spot, (px, py), name, off in zip(np.column_stack([x, y]), points, names, gaps, strict=True):
        width, height = 0.6 * size * len(name), 1.15 * size
        offsets = [(dx, dy, d) for d in (off, off + 7, off + 15, off + 26, off + 40, off + 56) for dx, dy in _AROUND]
        boxes = [_box(px, py, dx * d, dy * d, width, height, dx, dy) for dx, dy, d in offsets]
        costs = [_cost(box, taken, low, high) + 0.5 * k for k, box in enumerate(boxes)]
        best = int(np.argmin(costs))
        dx, dy, d = offsets[best]
        taken.append(boxes[best])
        if d > off + 5:  # below all names, which must stay legible
            line = {"arrowstyle": "-", "color": INK, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}
            axes.annotate(
                "",
                tuple(spot),
                (dx * d, dy * d),
                textcoords="offset points",
                arrowprops=line,
                zorder=5,
                annotation_clip=False,
            )
        axes.annotate(
            name,
            tuple(spot),
            xytext=(dx * d, dy * d),
            textcoords="offset points",
            ha=("right", "center", "left")[int(np.sign(dx)) + 1],
            va=("top", "center", "bottom")[int(np.sign(dy)) + 1],
            fontsize=size,
            bbox={"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.7},
            zorder=6,
            annotation_clip=False,
        )


_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))
Box = tuple[float, float, float, float]


def _box(px: float, py: float, ox: float, oy: float, w: float, h: float, dx: float = 0, dy: float = 0) -> Box:
    left = px + ox - w * (1 - np.sign(dx)) / 2
    low = py + oy - h * (1 - np.sign(dy)) / 2
    return left, low, left + w, low + h


def _cost(box: Box, taken: list[Box], low: np.ndarray, high: np.ndarray) -> float:
    cost = 0.0
    for other in taken:
        wide = min(box[2], other[2]) - max(box[0], other[0])
        tall = min(box[3], other[3]) - max(box[1], other[1])
        if wide > 0 and tall > 0:
            cost += 20.0 + wide * tall
    outside = max(low[0] - box[0], 0) + max(box[2] - high[0], 0) + max(low[1] - box[1], 0) + max(box[3] - high[1], 0)
    return cost + 60.0 * outside
