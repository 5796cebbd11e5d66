"""The network at the start, in the middle and at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.figures.findings import Findings
from emergence.figures.layout import spring_layout
from emergence.figures.style import (
    BLUE,
    CYCLE,
    GREY,
    INK,
    LAYER_COLOURS,
    PALE,
    WIDTH,
    Drawn,
    look,
    new_figure,
    place_labels,
    shorten,
)
from emergence.measures.community import communities
from emergence.schema import LAYERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from emergence.runs import Snapshot

SPRING_UP_TO = 1500  # firms in all panels together
ALL_NAMES, TOP_NAMES = 25, 8
THIN_TIES = 400  # ties over a density picture
COMMUNITIES_UP_TO = 300_000  # firms; more would take longer to group than to run
KNOWN = 4.0  # pull of the first ties of a network with names
RASTER_ABOVE = 600  # ties in a panel: more are drawn as an image, which keeps the SVG small


def draw_network(findings: Findings) -> Drawn:
    """Draw the three moments with one layout: dots and lines, or a density picture for large networks."""
    picture = picture_of(findings)
    with look():
        figure, axes = new_figure(WIDTH, 2, 2, left=0.02, right=0.98, top=0.95, bottom=0.02, wspace=0.06, hspace=0.12)
        panels = axes.ravel()
        fill_panels(panels, picture, findings.moments)
    return Drawn("network", "The network over time", picture.caption(), figure)


def picture_of(findings: Findings) -> Dots | Density:
    """Return how the moments are drawn: dots and lines, or densities where there are too many firms."""
    uids = np.unique(np.concatenate([moment.uid for moment in findings.moments]))
    return Dots(findings, uids) if uids.size <= SPRING_UP_TO else Density(findings)


def fill_panels(panels: np.ndarray, picture: Dots | Density, moments: list[Snapshot]) -> None:
    """Draw a moment into each panel, and the legend into the last, which must be free."""
    for panel, moment in zip(panels, moments, strict=False):
        frame_panel(panel, moment)
        picture.draw(panel, moment)
    for panel in panels[len(moments) :]:
        panel.set_axis_off()
    picture.legend(panels[-1])


def frame_panel(axes: Axes, moment: Snapshot) -> None:
    """Name the moment and count firms and ties."""
    ties = sum(t[0].size for t in moment.ties.values())
    when = "Start" if moment.step == 0 else f"Month {moment.step:,}"
    axes.set_title(f"{when}: {moment.uid.size:,} firms, {ties:,} ties")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(PALE)


class Dots:
    """Every firm a dot, every tie a line.

    Parameters
    ----------
    findings : Findings
    uids : int64[firms that appear in any panel], ascending
    """

    def __init__(self, findings: Findings, uids: np.ndarray) -> None:
        self.findings, self.uids = findings, uids
        self.layers = [k for k in range(len(LAYERS)) if any(m.ties[k][0].size for m in findings.moments)]
        # Two layers on which rules act tell no story by colour; layers that came with a file do.
        self.by_layer = bool(findings.carried)
        self.place = self._layout()
        self.largest = max((float(m.size.max(initial=1.0)) for m in findings.moments), default=1.0)
        self.colour, self.colours = self._colours()
        self.most = float(np.clip(30_000.0 / max(uids.size, 1), 60.0, 450.0))  # area of the largest, points^2

    def _layout(self) -> np.ndarray:
        sides = [moment.ties[k] for moment in self.findings.moments for k in self.layers]
        if not sides:
            empty = np.zeros(0, np.int64)
            return spring_layout(self.uids.size, empty, empty, np.zeros(0))
        a, b = (np.searchsorted(self.uids, np.concatenate([s[k] for s in sides])) for k in (0, 1))
        weight = 0.1 + np.concatenate([s[2] for s in sides])
        if self.findings.named:
            # A network that someone knows should look as they know it.
            weight[: sum(s[0].size for s in sides[: len(self.layers)])] *= KNOWN
        return spring_layout(self.uids.size, a, b, weight)

    def _colours(self) -> tuple[Callable[[Snapshot], Any], list[tuple[str, str]]]:
        """Return how firms are coloured, and the legend."""
        findings = self.findings
        if self.by_layer and findings.drawn("sector"):
            return (lambda moment: [GREY] * moment.uid.size), []
        for name in ("sector", "region"):
            codes = np.concatenate([getattr(m, name) for m in findings.moments])
            if np.unique(codes).size > 1 and not findings.drawn(name):
                break
        else:
            return (lambda moment: [BLUE] * moment.uid.size), []
        kinds, counts = np.unique(codes, return_counts=True)
        top = np.sort(kinds[np.argsort(-counts, kind="stable")][: len(CYCLE)])
        colour = {int(code): CYCLE[k] for k, code in enumerate(top)}
        words = findings.result.simulation.world
        legend = [(shorten(words.word_for(name, code)), shade) for code, shade in colour.items()]
        if kinds.size > top.size:
            legend.append((f"other {name}s", GREY))
        return (lambda moment: [colour.get(int(code), GREY) for code in getattr(moment, name)]), legend

    def areas(self, size: np.ndarray) -> np.ndarray:
        """Return the areas of dots: proportional to capacity, with a least size that can be seen."""
        return np.maximum(self.most * size / self.largest, min(12.0, 0.08 * self.most + 3.0))

    def draw(self, axes: Axes, moment: Snapshot) -> None:
        """Draw one moment."""
        axes.set_xlim(-0.06, 1.06)
        axes.set_ylim(-0.06, 1.06)
        for place, layer in enumerate(self.layers):
            self._lines(axes, moment, layer, place)
        at = self.place[np.searchsorted(self.uids, moment.uid)]
        order = np.argsort(-moment.size, kind="stable")
        shades = np.array(self.colour(moment), object)[order].tolist()
        areas = self.areas(moment.size[order])
        axes.scatter(
            at[order, 0],
            at[order, 1],
            s=areas,
            c=shades,
            edgecolors="white",
            linewidths=0.4,
            zorder=3,
            rasterized=order.size > RASTER_ABOVE,
        )
        self._names(axes, moment, at)

    def _lines(self, axes: Axes, moment: Snapshot, layer: int, place: int) -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.colors import to_rgba

        a, b, strength = moment.ties[layer]
        if not a.size:
            return
        ends = np.stack([self.place[np.searchsorted(self.uids, side)] for side in (a, b)], axis=1)
        if self.by_layer:
            # Ties of one pair in several layers run side by side.
            along = ends[:, 1] - ends[:, 0]
            across = np.stack([-along[:, 1], along[:, 0]], axis=1) * np.sign(along[:, :1] + 1e-12)
            across /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
            ends = ends + 0.006 * (place - (len(self.layers) - 1) / 2) * across[:, None, :]
        faint = min(1.0, np.sqrt(120.0 / a.size))  # many lines must not add up to black
        shade = to_rgba(LAYER_COLOURS[LAYERS[layer]] if self.by_layer else "#555555")
        colours = np.tile(shade, (a.size, 1))
        colours[:, 3] = np.clip((0.3 + 0.9 * strength) * faint, 0.03, 0.9)
        widths = (0.4 + 2.2 * strength) * max(faint, 0.35)
        axes.add_collection(
            LineCollection(list(ends), colors=colours, linewidths=widths, zorder=2, rasterized=a.size > RASTER_ABOVE),
            autolim=False,
        )

    def _names(self, axes: Axes, moment: Snapshot, at: np.ndarray) -> None:
        findings, n = self.findings, moment.uid.size
        if n > ALL_NAMES and not findings.named:
            return
        degree = np.zeros(n)
        for a, b, _ in moment.ties.values():
            rows = np.searchsorted(self.uids, np.concatenate([a, b]))
            degree += np.bincount(rows, minlength=self.uids.size)[np.searchsorted(self.uids, moment.uid)]
        order = np.lexsort((moment.uid, -degree))
        if n > ALL_NAMES:
            order = order[: np.count_nonzero(degree)][:TOP_NAMES]
        axes.scatter(
            at[order, 0], at[order, 1], s=self.areas(moment.size[order]), facecolors="none", edgecolors=INK,
            linewidths=0.9, zorder=4,
        )  # fmt: skip
        names = [shorten(findings.name(uid), 22) for uid in moment.uid[order]]
        gap = 1.5 + np.sqrt(self.areas(moment.size[order])) / 2
        place_labels(axes, at[order, 0], at[order, 1], names, 8.0, gap, at)

    def legend(self, axes: Axes) -> None:
        """Say what dots and lines mean, in the free fourth panel."""
        from matplotlib.lines import Line2D

        handles: list[Any] = []
        if self.by_layer:
            acting = self.findings.acting
            for k in self.layers:
                note = "" if k in acting else " (as imported)"
                handles.append(Line2D([], [], color=LAYER_COLOURS[LAYERS[k]], lw=2, label=f"{LAYERS[k]} ties{note}"))
        else:
            handles.append(Line2D([], [], color="#555555", lw=1, label="a tie; thicker and darker is stronger"))
        for size in _round_sizes(self.largest):
            handles.append(_dot(GREY, f"capacity EUR {size:,.0f} a month", np.sqrt(self.areas(np.array([size]))[0])))
        handles += [_dot(shade, label, 7.0) for label, shade in self.colours]
        axes.legend(handles=handles, loc="center", labelspacing=0.9, handletextpad=1.0)

    def caption(self) -> str:
        """Return what the figure shows, in plain words."""
        n = len(self.findings.moments)
        text = [
            f"The network at {n} moments, every firm at the same place in each panel." if n > 1
            else "The network at the start.",
            "Each dot is a firm, its area grows with the firm's monthly capacity; each line is a tie.",
            "Firms that share many ties stand close together: distances on paper are not kilometres.",
        ]  # fmt: skip
        if self.by_layer:
            text.append("Lines that run side by side are ties of one pair in several layers.")
        if np.setdiff1d(self.uids, self.findings.start.uid).size:
            text.append("Firms founded or closed between two panels appear or disappear.")
        if (self.place[:, 1] < 0.36).any() and self.uids.size > self._tied():
            text.append("Firms without ties in all panels stand in rows at the bottom.")
        if not self.findings.named and self.findings.end.uid.size > ALL_NAMES:
            text.append("Names are left out: these firms are generated.")
        elif self.findings.end.uid.size > ALL_NAMES:
            text.append(f"Names are given for the {TOP_NAMES} firms with most ties in each panel.")
        return " ".join(text)

    def _tied(self) -> int:
        sides = [s for moment in self.findings.moments for k in self.layers for s in moment.ties[k][:2]]
        return np.unique(np.concatenate(sides)).size if sides else 0


class Density:
    """Large networks: which community is where, and how dense, with the strongest ties over it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        x = np.concatenate([m.x for m in findings.moments])
        y = np.concatenate([m.y for m in findings.moments])
        self.extent = (*_span(x), *_span(y))
        self.uids = np.unique(np.concatenate([m.uid for m in findings.moments]))
        self.label = self._communities() if self.uids.size <= COMMUNITIES_UP_TO else np.zeros(self.uids.size, int)

    def _communities(self) -> np.ndarray:
        """Return the community of every firm over all moments together, 0 for the largest."""
        sides = [ties for moment in self.findings.moments for ties in moment.ties.values() if ties[0].size]
        if not sides:
            return np.zeros(self.uids.size, int)
        a, b = (np.searchsorted(self.uids, np.concatenate([s[k] for s in sides])) for k in (0, 1))
        rows, partners = np.concatenate([a, b]), np.concatenate([b, a])
        order = np.lexsort((partners, rows))
        ptr = np.searchsorted(rows[order], np.arange(self.uids.size + 1)).astype(np.int64)
        weight = np.tile(np.concatenate([s[2] for s in sides]), 2)[order]
        return communities(ptr, partners[order].astype(np.int32), weight)

    def draw(self, axes: Axes, moment: Snapshot) -> None:
        """Draw one moment: the colour of a cell is its commonest community, its depth the number of firms."""
        from matplotlib.colors import ListedColormap

        axes.set_xlim(self.extent[:2])
        axes.set_ylim(self.extent[2:])
        label = np.minimum(self.label[np.searchsorted(self.uids, moment.uid)], len(CYCLE))
        cells: dict[str, Any] = {"gridsize": 45, "extent": self.extent, "mincnt": 1, "linewidths": 0}
        count = axes.hexbin(moment.x, moment.y, **cells)
        number = np.asarray(count.get_array(), float)
        count.remove()
        image = axes.hexbin(
            moment.x, moment.y, C=label, reduce_C_function=_commonest, cmap=ListedColormap([*CYCLE, GREY]),
            vmin=-0.5, vmax=len(CYCLE) + 0.5, **cells,
        )  # fmt: skip
        depth = np.log1p(number) / np.log1p(max(number.max(initial=1.0), 1.0))
        image.set_alpha(0.2 + 0.8 * depth)
        self._ties(axes, moment)

    def _ties(self, axes: Axes, moment: Snapshot) -> None:
        from matplotlib.collections import LineCollection

        sides = [t for t in moment.ties.values() if t[0].size]
        if not sides:
            return
        a, b, w = (np.concatenate([s[k] for s in sides]) for k in range(3))
        top = np.argpartition(-w, min(THIN_TIES, w.size) - 1)[:THIN_TIES]
        order = np.argsort(moment.uid)
        rows = [order[np.searchsorted(moment.uid, side[top], sorter=order)] for side in (a, b)]
        lines = np.stack([np.column_stack([moment.x[r], moment.y[r]]) for r in rows], axis=1)
        axes.add_collection(LineCollection(list(lines), colors=INK, linewidths=0.4, alpha=0.35), autolim=False)

    def legend(self, axes: Axes) -> None:
        """Name the communities by colour, in the free fourth panel."""
        end = self.findings.moments[-1]
        count = np.bincount(self.label[np.searchsorted(self.uids, end.uid)], minlength=len(CYCLE) + 1)
        handles = [
            _dot(CYCLE[k], f"community {k + 1}: {count[k]:,} firms at the end", 8.0)
            for k in range(len(CYCLE))
            if count[k]
        ]
        rest = np.count_nonzero(count[len(CYCLE) :])
        if rest:
            handles.append(_dot(GREY, f"{rest:,} smaller ones: {count[len(CYCLE) :].sum():,} firms", 8.0))
        axes.legend(handles=handles, loc="center left", frameon=False)
        axes.text(0.03, 0.1, f"dark lines: the {THIN_TIES} strongest ties", transform=axes.transAxes, color=INK)

    def caption(self) -> str:
        """Return what the figure shows, in plain words."""
        where = " The file gives no places, so they were drawn at random." if self.findings.drawn("x") else ""
        return (
            "Where the firms are, west to east and south to north. A cell has the colour of that large community "
            "(firms with many ties among themselves, found by the Louvain method) of which most firms are there; "
            "the deeper the colour, the more firms. Neighbouring cells of many colours say that communities are not "
            f"places. Lines are the {THIN_TIES} strongest ties of each moment; all others are left out to keep the "
            f"picture readable.{where}"
        )


def _commonest(labels: Any) -> float:
    """Return the commonest of the large communities in a cell, the larger of several; grey if there is none."""
    count = np.bincount(np.asarray(labels, int), minlength=len(CYCLE) + 1)[: len(CYCLE)]
    return float(count.argmax()) if count.any() else float(len(CYCLE))


def _span(values: np.ndarray) -> tuple[float, float]:
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    pad = max(0.03 * (high - low), 1e-3)
    return low - pad, high + pad


def _round_sizes(largest: float) -> list[float]:
    """Return two or three round numbers below the largest capacity."""
    top = 10.0 ** np.floor(np.log10(max(largest, 1.0)))
    return [top / 10.0, top] if largest / top >= 1 else [top]


def _dot(colour: str, label: str, size: float) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], marker="o", linestyle="", color=colour, markersize=size, markeredgewidth=0, label=label)
