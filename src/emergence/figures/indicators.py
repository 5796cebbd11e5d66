"""Twelve indicators over time, as small multiples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.findings import Findings
from emergence.figures.shocks import Felt, colours, felt_shocks, key, mark
from emergence.figures.style import BLUE, ORANGE, Drawn, look, new_figure, say
from emergence.measures.survival import Z95

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.ticker import MultipleLocator


def draw_indicators(findings: Findings) -> Drawn:
    """Draw what a manager would watch, month by month, with the shocks marked."""
    steps, shocks = findings.result.steps, felt_shocks(findings.settings)
    with look():
        if not len(steps):
            figure, axes = new_figure(2.0)
            say(axes[0, 0], "No month was measured in this run.")
        else:
            lines = wrap(key(shocks), 105) if shocks else []
            height = 7.6 + 0.16 * len(lines)
            figure, axes = new_figure(
                height, 4, 3, left=0.075, right=0.985, bottom=0.06, top=1 - (0.36 + 0.16 * len(lines)) / height,
                wspace=0.36, hspace=0.5,
            )  # fmt: skip
            for k, line in enumerate(lines):
                figure.text(0.03, 1 - (0.08 + 0.16 * k) / height, line, va="top", fontsize=8.5)
            draw_panels(axes, steps, shocks)
    return Drawn("indicators", "Indicators over time", caption(findings, shocks), figure)


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines."""
    import textwrap

    return textwrap.wrap(text, width)


def caption(findings: Findings, shocks: list[Felt]) -> str:
    """Return what the figure shows, in plain words."""
    text = (
        "Month by month. Shaded bands round curves are 95% intervals from the counts behind them: for the success "
        "rate as if projects were independent, for useful innovations as if they came one by one. Yearly rates cover "
        "the twelve months before."
    )
    if shocks:
        text += f" Dashed lines and pale bands {colours(shocks)}: {key(shocks)}."
    return text


def draw_panels(axes: np.ndarray, steps: pd.DataFrame, shocks: list[Felt]) -> None:
    """Fill the panels."""
    month = steps["step"].to_numpy()
    for panel, (title, unit, draw) in zip(axes.ravel(), PANELS, strict=True):
        draw(panel, month, steps)
        panel.set_title(title, pad=11 if shocks else 4)
        panel.set_ylabel(unit, labelpad=2)
        panel.set_xlim(0, max(float(month[-1]), 1.0))
        panel.xaxis.set_major_locator(years(float(month[-1])))
        panel.locator_params(axis="y", nbins=5)
        mark(panel, shocks)
    for panel in axes[-1]:
        panel.set_xlabel("month", labelpad=2)


def years(last: float) -> MultipleLocator:
    """Return ticks at whole years, at most five."""
    from matplotlib.ticker import MultipleLocator

    step = 12 * math.ceil(last / 60) if last > 18 else max(1, math.ceil(last / 5))
    return MultipleLocator(step)


def legend(axes: Axes) -> None:
    """Put the legend above the curves, and make room for it."""
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.2 * (top - bottom))
    axes.legend(loc="upper left", ncols=2, handlelength=1.5, columnspacing=0.9, handletextpad=0.4, borderaxespad=0.1)


Draw = Callable[["Axes", np.ndarray, "pd.DataFrame"], None]


def plain(
    *names: str,
    labels: tuple[str, ...] = (),
    scale: float = 1.0,
    low: float | None = None,
    high: float | None = None,
) -> Draw:
    """Return a panel of one or two measures as they are."""

    def draw(axes: Axes, month: np.ndarray, steps: pd.DataFrame) -> None:
        for name, colour, dash, label in zip(names, (BLUE, ORANGE), ("-", (0, (5, 1))), labels or names, strict=False):
            axes.plot(month, steps[name].to_numpy() * scale, color=colour, linestyle=dash, label=label)
        settle(axes, low)
        if high is not None:
            axes.set_ylim(top=high)
        if len(names) > 1:
            legend(axes)

    return draw


def settle(axes: Axes, low: float | None) -> None:
    """Keep flat curves flat: an axis never shows noise of a thousandth as a mountain."""
    bottom, top = axes.get_ylim()
    bottom = bottom if low is None else low
    if low is not None and not any(np.any(line.get_ydata()) for line in axes.lines):
        top = 1.0
    least = 0.05 * max(abs(top), abs(bottom), 1e-9)
    if top - bottom < least:
        bottom, top = bottom - least / 2, top + least / 2
    axes.set_ylim(bottom, top)


def success(axes: Axes, month: np.ndarray, steps: pd.DataFrame) -> None:
    """Success rate with Wilson's interval; each project is counted by both sides, so half are projects."""
    number = steps["projects"].to_numpy() / 2
    share = np.where(number > 0, steps["success_rate"].to_numpy(), np.nan)
    low, high = wilson(share, np.maximum(number, 1.0))
    axes.fill_between(month, low, high, color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(month, share, color=BLUE)
    settle(axes, 0.0)


def wilson(share: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% interval of a share of so many cases (Wilson 1927)."""
    z2 = Z95**2 / number
    middle = (share + z2 / 2) / (1 + z2)
    half = Z95 * np.sqrt(share * (1 - share) / number + z2 / (4 * number)) / (1 + z2)
    return middle - half, middle + half


def yearly(*names: str, labels: tuple[str, ...] = (), per_firm: bool = True, band: bool = True) -> Draw:
    """Return a panel of rates over the last twelve months, per 100 firms and year if `per_firm`."""

    def draw(axes: Axes, month: np.ndarray, steps: pd.DataFrame) -> None:
        for name, colour, dash, label in zip(names, (BLUE, ORANGE), ("-", (0, (5, 1))), labels or names, strict=False):
            at, count, base, measured = rolling(month, steps[name].to_numpy(), steps["firms"].to_numpy())
            factor = 1200.0 / np.maximum(base, 1.0) if per_firm else 12.0 / measured
            axes.plot(at, count * factor, color=colour, linestyle=dash, label=label)
            if band:
                low, high = poisson(count)
                axes.fill_between(at, low * factor, high * factor, color=colour, alpha=0.2, linewidth=0)
        settle(axes, 0.0)
        if len(names) > 1:
            legend(axes)

    return draw


def rolling(month: np.ndarray, values: np.ndarray, firms: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return months, sums of values and of firms over the twelve months before, and months measured."""
    first = np.searchsorted(month, month - 12, "right")
    sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in (values, firms)]
    last = np.arange(1, month.size + 1)
    whole = month >= min(12, int(month[-1]))
    count, base = (s[last] - s[first] for s in sums)
    return month[whole], count[whole], base[whole], (last - first)[whole]


def poisson(count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95% interval of a count that came one by one (Byar's approximation, Rothman 1979)."""
    from_one = np.maximum(count, 1e-9)
    low = np.where(count > 0, from_one * (1 - 1 / (9 * from_one) - Z95 / (3 * np.sqrt(from_one))) ** 3, 0.0)
    up = count + 1
    return np.maximum(low, 0.0), up * (1 - 1 / (9 * up) + Z95 / (3 * np.sqrt(up))) ** 3


PANELS: tuple[tuple[str, str, Draw], ...] = (
    ("Mean ties per firm", "per acting layer", plain("mean_degree", low=0)),
    (
        "Strength and trust",
        "mean, 0 to 1",
        plain("mean_strength", "mean_trust", labels=("strength", "trust")),
    ),
    ("Connected firms", "% in largest group", plain("giant_share", scale=100.0, high=100.0)),
    ("Joint projects", "share successful", success),
    ("Value of practice", "z", plain("mean_z", "best_z", labels=("mean", "best"))),
    ("Useful innovations", "per 100 firms, year", yearly("useful")),
    ("Value gained", "z per 100 firms, year", yearly("value_gained", band=False)),
    ("Output and capacity", "EUR million, month", plain("output", "capacity", scale=1e-6)),
    ("Firms", "number", plain("firms")),
    (
        "Founded and ended",
        "firms per year",
        yearly("entries", "exits", labels=("founded", "ended"), per_firm=False, band=False),
    ),
    ("Defaults", "per 100 firms, year", yearly("defaults", band=False)),
    ("Inequality of size", "Gini, 0 to 1", plain("gini_size")),
)
