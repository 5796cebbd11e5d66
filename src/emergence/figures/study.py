"""Figures of a study: what each factor does, how much it matters, what pairs do together, curves and phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.figures.causes import TITLES
from emergence.figures.style import BLACK, BLUE, CYCLE, GREY, INK, ORANGE, Drawn, look, new_figure, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from emergence.study.analysis import Analysis

MOST_LETTERS = 34
COLUMNS, MOST_PANELS, MOST_PAIRS, MOST_LINES = 3, 12, 20, 6
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))
MORE_TITLES = {
    "crisis_loss": "loss to a demand crisis",
    "hubs_loss": "loss when hubs go",
    "gini_size": "inequality of size",
    "mean_degree": "ties per firm and layer",
    "survival": "founders that survive",
}
Panel = Callable[["Axes", str, bool], None]


def title_of(outcome: str) -> str:
    """Return an outcome's name for people."""
    return {**TITLES, **MORE_TITLES}.get(outcome, outcome.replace("_", " "))


def name_of(factor: str) -> str:
    """Return a factor's name for people."""
    return factor.removeprefix("conditions.").removeprefix("rules.").replace("_", " ").replace(".", ": ")


def unit_of(unit: str) -> str:
    """Return a unit for an axis; shares have none."""
    return {"1": "share or index", "": "no unit"}.get(unit, unit)


def draw_study(analysis: Analysis) -> list[Drawn]:
    """Draw every figure that the study allows, in the order of its report."""
    draws = (draw_effects, draw_indices, draw_elementary, draw_synergy, draw_curves, draw_phases)
    return [drawn for draw in draws for drawn in draw(analysis)]


def _panels(outcomes: list[str], panel: Panel, tall: float, **margins: float) -> Iterator[tuple[str, Figure]]:
    """Yield figures of at most so many panels, an outcome a panel, with what to add to their names."""
    pages = [outcomes[k : k + MOST_PANELS] for k in range(0, len(outcomes), MOST_PANELS)]
    for number, page in enumerate(pages, 1):
        columns = min(COLUMNS, len(page))
        rows = -(-len(page) // columns)
        height = 0.75 + tall * rows
        head, foot = margins.get("head", 0.32), margins.get("foot", 0.75)
        places = {"top": 1 - head / height, "bottom": foot / height, "hspace": 0.72, "wspace": 0.28, **margins}
        places = {key: value for key, value in places.items() if key not in ("head", "foot")}
        figure, axes = new_figure(height, rows, columns, **places)
        for k, place in enumerate(axes.flat):
            if k < len(page):
                panel(place, page[k], k % columns == 0)
            else:
                place.set_visible(False)
        yield ("" if len(pages) == 1 else f"-{number}"), figure


def _factors(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(frame["factor"]))


def _left(names: list[str]) -> float:
    return 0.045 + 0.0098 * max(len(shorten(name, MOST_LETTERS)) for name in names)


def _dots(axes: Axes, rows: pd.DataFrame, names: list[str], shift: float, colour: str, marker: str, label: str) -> None:
    for row in rows.itertuples():
        place = -names.index(row.factor) + shift
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
        face = colour if marker == "o" else "white"
        axes.plot([row.estimate], [place], marker=marker, markersize=5, color=colour, markerfacecolor=face, lw=0)
    axes.plot(
        [], [], marker=marker, color=colour, lw=2, markerfacecolor=colour if marker == "o" else "white", label=label
    )


def _rows(axes: Axes, names: list[str], labelled: bool) -> None:
    labels = [shorten(name_of(name), MOST_LETTERS) for name in names]
    axes.set_yticks([-k for k in range(len(names))], labels if labelled else [""] * len(names))
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.locator_params(axis="x", nbins=4)


def draw_effects(analysis: Analysis) -> Iterator[Drawn]:
    """Draw what each factor changes, in the unit of the outcome."""
    frame = analysis.table("effects")
    frame = frame[frame["by"] == "surface"] if len(frame) and (frame["by"] == "surface").any() else frame
    if not len(frame):
        return
    if frame["by"].iloc[0] == "levels":
        spans = zip(frame["factor"], frame["from"], frame["to"], strict=True)
        ends = [f"{name_of(name)} {_short(a)} to {_short(b)}" for name, a, b in spans]
        frame = frame.assign(factor=ends)
    names = _factors(frame)[: 3 * MOST_PAIRS]

    def panel(axes: Axes, outcome: str, labelled: bool) -> None:
        rows = frame[(frame["outcome"] == outcome) & frame["factor"].isin(names)]
        _dots(axes, rows, names, 0.0, BLUE, "o", "")
        axes.axvline(0, color=GREY, linewidth=0.8)
        _rows(axes, names, labelled)
        axes.set_title(title_of(outcome), fontsize=9)
        axes.set_xlabel(unit_of(rows["unit"].iloc[0]) if len(rows) else "")

    with look():
        outcomes, tall = list(dict.fromkeys(frame["outcome"])), 0.75 + 0.17 * len(names)
        for more, figure in _panels(outcomes, panel, tall, left=_left([name_of(n) for n in names]), wspace=0.12):
            yield Drawn(
                f"effects{more}",
                "What each factor changes",
                "Change of each outcome when one factor goes from a tenth to nine tenths of its range (or between the "
                "levels named), the others spread over theirs; with 95% intervals. An interval across 0: not told "
                "apart from no effect.",
                figure,
            )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def draw_indices(analysis: Analysis) -> Iterator[Drawn]:
    """Draw Sobol indices: alone and in all."""
    frame = analysis.table("indices")
    if not len(frame):
        return
    names = _factors(frame[frame["index"] == "total"])

    def panel(axes: Axes, outcome: str, labelled: bool) -> None:
        rows = frame[frame["outcome"] == outcome]
        _dots(axes, rows[rows["index"] == "first"], names, 0.14, BLUE, "o", "alone (first order)")
        _dots(axes, rows[rows["index"] == "total"], names, -0.14, ORANGE, "s", "with all interactions (total)")
        _rows(axes, names, labelled)
        axes.set_xlim(-0.03, 1.03)
        axes.set_title(title_of(outcome), fontsize=9)
        axes.set_xlabel("share of variance")

    with look():
        outcomes, tall = list(dict.fromkeys(frame["outcome"])), 0.75 + 0.2 * len(names)
        for more, figure in _panels(outcomes, panel, tall, left=_left([name_of(n) for n in names]), wspace=0.12):
            _legend(figure)
            by = "by Saltelli's scheme" if frame["by"].iloc[0] == "saltelli" else "of the fitted surface"
            yield Drawn(
                f"indices{more}",
                "How much each factor matters",
                f"Sobol indices {by}, with 95% intervals: the share of an outcome's variance, luck apart, that goes "
                "with a factor alone, and with it and all its interactions. Where the two differ, it depends on the "
                "others what the factor does.",
                figure,
            )


def _legend(figure: Figure, columns: int = 3) -> None:
    shown = next(axes for axes in figure.axes if axes.get_visible())
    handles, labels = shown.get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=columns, bbox_to_anchor=(0.5, 0.0))


def draw_elementary(analysis: Analysis) -> Iterator[Drawn]:
    """Draw Morris' mu* against sigma."""
    frame = analysis.table("elementary")
    if not len(frame):
        return
    from emergence.figures.style import place_labels

    def panel(axes: Axes, outcome: str, labelled: bool) -> None:
        rows = frame[frame["outcome"] == outcome]
        axes.hlines(rows["sigma"], rows["low"], rows["high"], color=GREY, linewidth=1)
        axes.plot(rows["estimate"], rows["sigma"], "o", color=BLUE)
        axes.margins(0.25)
        axes.set_title(title_of(outcome), fontsize=9)
        axes.set_xlabel(f"mu*, {unit_of(rows['unit'].iloc[0])}")
        axes.set_ylabel("sigma" if labelled else "")
        place_labels(
            axes, rows["estimate"].to_numpy(), rows["sigma"].to_numpy(), [name_of(n) for n in rows["factor"]], 7
        )

    with look():
        for more, figure in _panels(list(dict.fromkeys(frame["outcome"])), panel, 2.1):
            yield Drawn(
                f"elementary{more}",
                "Which factors matter at all",
                "Elementary effects (Morris 1991) over the whole range of a factor: mu* is their mean size, with its "
                "95% interval; sigma is large where a factor's effect is curved or depends on the others.",
                figure,
            )


def draw_synergy(analysis: Analysis) -> Iterator[Drawn]:
    """Draw the synergy of every pair, outcomes as columns, in standard deviations between points."""
    frame = analysis.table("synergy")
    if not len(frame):
        return
    sd = analysis.table("fit").set_index("outcome")["sd_points"]
    scaled = (frame["estimate"] / frame["outcome"].map(sd)).to_numpy()
    pair = [f"{name_of(a)} \u00d7 {name_of(b)}" for a, b in zip(frame["factor"], frame["other"], strict=True)]
    frame = frame.assign(pair=pair, scaled=scaled, clear=(frame["low"] > 0) | (frame["high"] < 0))
    outcomes = list(dict.fromkeys(frame["outcome"]))
    strength = frame.groupby("pair", sort=False)["scaled"].apply(lambda s: s.abs().max())
    kept = set(strength.nlargest(MOST_PAIRS).index)
    pairs = [name for name in dict.fromkeys(pair) if name in kept]
    with look():
        height = 2.2 + 0.3 * len(pairs)
        figure, axes = new_figure(
            height, left=_left(pairs) - 0.03, right=0.91, top=1 - 1.65 / height, bottom=0.42 / height
        )
        _heatmap(axes[0, 0], frame, pairs, outcomes)
    chance = max(round(0.05 * len(frame)), 1)
    yield Drawn(
        "synergy",
        "What pairs of factors do together",
        "Synergy Y11 - Y10 - Y01 + Y00: what two factors change together beyond the sum of what each changes alone, "
        "averaged over the others; corners at .1 and .9 of each range; in standard deviations of the outcome between "
        f"points. Bold: the 95% interval leaves out 0; of {len(frame)} such numbers about {chance} would do so by "
        "chance. Star: it does so when all are asked at once (Bonferroni). Outcomes are left out whose surface is "
        "flat, because no interaction helped to predict them.",
        figure,
    )


def _heatmap(axes: Axes, frame: pd.DataFrame, pairs: list[str], outcomes: list[str]) -> None:
    grid = np.full((len(pairs), len(outcomes)), np.nan)
    most = max(float(frame["scaled"].abs().max()), 1e-9)
    size = 8 if len(outcomes) < 8 else 7
    for row in frame.itertuples():
        if row.pair not in pairs:
            continue
        i, j = pairs.index(row.pair), outcomes.index(row.outcome)
        grid[i, j] = row.scaled
        text = f"{row.scaled:+.2f}" + ("*" if row.together else "")
        dark = abs(row.scaled) > 0.6 * most
        colour = "white" if dark else INK if row.clear else GREY
        weight = "bold" if row.clear else "normal"
        axes.text(j, i, text, ha="center", va="center", fontsize=size, weight=weight, color=colour)
    axes.imshow(grid, cmap="PuOr_r", vmin=-most, vmax=most, aspect="auto")
    axes.grid(False)
    axes.set_yticks(range(len(pairs)), [shorten(name, MOST_LETTERS) for name in pairs])
    axes.set_xticks(range(len(outcomes)), [shorten(title_of(name), 30) for name in outcomes])
    axes.tick_params(axis="x", top=True, labeltop=True, bottom=False, labelbottom=False)
    for label in axes.get_xticklabels():
        label.set(rotation=60, ha="left", rotation_mode="anchor")
    axes.set_xlabel("violet: less than the sum of both; orange: more", color=GREY)


def draw_curves(analysis: Analysis) -> Iterator[Drawn]:
    """Draw the mean of each outcome along each factor."""
    frame = analysis.table("curves")
    if not len(frame):
        return
    names = _factors(frame)[:MOST_LINES]
    chosen = [next(a for a in analysis.sample.axes if a.name == name) for name in names]
    same = len({(a.factor.low, a.factor.high, a.levels) for a in chosen}) == 1 and chosen[0].numeric

    def panel(axes: Axes, outcome: str, labelled: bool) -> None:
        rows = frame[frame["outcome"] == outcome]
        for k, axis in enumerate(chosen):
            part = rows[rows["factor"] == axis.name]
            x = part["value"].to_numpy(float) if same else axis.unit(part["value"].tolist())
            axes.fill_between(x, part["low"], part["high"], color=CYCLE[k], alpha=0.15, linewidth=0)
            axes.plot(x, part["mean"], color=CYCLE[k], linestyle=LINES[k], label=name_of(axis.name))
        axes.set_title(title_of(outcome), fontsize=9)
        axes.set_xlabel("value of the factor" if same else "place in the factor's range, 0 to 1")
        axes.set_ylabel(shorten(unit_of(rows["unit"].iloc[0]), 26), fontsize=8)
        axes.locator_params(axis="y", nbins=4)

    with look():
        columns = len(names) if sum(map(len, map(name_of, names))) < 60 else 3  # one row, where it fits
        places = {"left": 0.1, "right": 0.96, "wspace": 0.52}
        for more, figure in _panels(list(dict.fromkeys(frame["outcome"])), panel, 1.95, **places):
            _legend(figure, columns)
            yield Drawn(
                f"curves{more}",
                "How each outcome goes along with each factor",
                "Mean of the outcome at each value of one factor, the others spread over their ranges, with 95% bands; "
                "these include the luck that all points share, which moves a whole line up or down.",
                figure,
            )


def _level(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def draw_phases(analysis: Analysis) -> Iterator[Drawn]:
    """Draw each outcome over the two factors that matter most to it."""
    frame = analysis.table("phases")
    if not len(frame):
        return

    def panel(axes: Axes, outcome: str, labelled: bool) -> None:
        rows = frame[frame["outcome"] == outcome]
        x, y = (list(dict.fromkeys(rows[name])) for name in ("x", "y"))
        grid = rows["mean"].to_numpy(float).reshape(len(x), len(y)).T
        if min(grid.shape) < 2 or not np.ptp(grid) > 0 or isinstance(x[0], str) or isinstance(y[0], str):
            axes.imshow(grid, cmap="cividis", aspect="auto", origin="lower")
            axes.set_xticks(range(len(x)), x)
            axes.set_yticks(range(len(y)), y)
        else:
            filled = axes.contourf(x, y, grid, levels=9, cmap="cividis")
            lines = axes.contour(x, y, grid, levels=np.asarray(filled.levels)[1:-1:2], colors="white", linewidths=0.8)
            labels = axes.clabel(lines, fontsize=7.5, fmt=_level)
            for label in labels:
                label.set_bbox({"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85})
                label.set_color(BLACK)
        axes.grid(False)
        axes.set_xlabel(name_of(rows["factor"].iloc[0]))
        axes.set_ylabel(name_of(rows["other"].iloc[0]))
        axes.set_title(f"{title_of(outcome)}\n{unit_of(rows['unit'].iloc[0])}", fontsize=8.5)

    with look():
        places = {"left": 0.09, "right": 0.96, "wspace": 0.42, "hspace": 0.75, "head": 0.45, "foot": 0.5}
        for more, figure in _panels(list(dict.fromkeys(frame["outcome"])), panel, 2.3, **places):
            yield Drawn(
                f"phases{more}",
                "Where in the range which outcome is reached",
                "Each outcome over the two factors that matter most to it, the others spread over their ranges; "
                "numbers on the lines are values of the outcome, brighter is more. Intervals stand in phases.csv.",
                figure,
            )
