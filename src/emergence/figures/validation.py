"""Figures of the replication suite: measured curves, and the reference values on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PALE, PURPLE, RED, Drawn, look, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = dict[str, Any]
REFERENCE: Any = {
    "linestyle": "none", "marker": "o", "markersize": 6.5, "markerfacecolor": "none", "markeredgecolor": BLACK,
    "markeredgewidth": 1.2, "zorder": 6,
}  # fmt: skip


def draw_validation(curves: dict[str, Curve]) -> dict[str, Drawn]:
    """Draw one figure for each case that has a curve, by the name of the case.

    Parameters
    ----------
    curves : dict
        What the cases' `curve` functions return, by name of the case, as read from JSON.
    """
    return {name: draw(curves[name]) for name, draw in DRAWS.items() if name in curves}


def with_band(axes: Axes, x: Any, y: Any, interval: Any, colour: str, label: str, marker: str = "o") -> None:
    """Draw a measured curve with its 95% interval."""
    low, high = np.array(interval, float).T
    axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(x, y, color=colour, marker=marker, markersize=3.2, label=label)


def two_panels(height: float = 3.1) -> tuple[Any, Any, Any]:
    """Return a figure and its two panels, side by side."""
    figure, axes = new_figure(height, 1, 2, left=0.1, top=0.9, bottom=0.16, wspace=0.34)
    return figure, axes[0, 0], axes[0, 1]


def plain_powers(axis: Any) -> None:
    """Label a logarithmic axis in plain decimals, at most seven of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set_major_locator(LogLocator(10.0, numticks=7))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.9f}".rstrip("0").rstrip(".")))
    axis.set_minor_locator(NullLocator())


def drawn(name: str, title: str, caption: str, figure: Any) -> Drawn:
    """Return a figure under the name of its case."""
    return Drawn(f"validation-{name}", title, caption, figure)


def draw_landscape(c: Curve) -> Drawn:
    """Performance and variety over time on the linear and the full network."""
    with look():
        figure, left, right = two_panels()
        steps = np.arange(len(c["linear"]))
        for network, colour, words in (("linear", BLUE, "linear network"), ("full", ORANGE, "full network")):
            with_band(left, steps, c[network], c[f"{network}_interval"], colour, words, "")
            mark = REFERENCE | {"marker": "o" if network == "linear" else "s", "label": f"reference, {network}"}
            left.plot(c["published_t"], c[f"published_{network}"], **mark)
            right.plot(steps, c[f"{network}_distinct"], color=colour, label=words)
        left.set(xlabel="step", ylabel="mean performance, (f/fmax)^8", ylim=(0, 1), title="Performance")
        right.set(xlabel="step", ylabel="different practices among 100 firms", yscale="log", title="Variety")
        plain_powers(right.yaxis)
        left.legend(loc="lower right")
        right.legend()
    caption = (
        "Mean over 600 landscapes with its 95% interval (band); marks are the reference values, means over 60. "
        "The full network agrees within ten steps and stops; the linear one keeps looking."
    )
    return drawn("landscape", "A slow network is better late", caption, figure)


def draw_diversity(c: Curve) -> Drawn:
    """What both teams reach ring by ring, and the gap by size of team."""
    with look():
        figure, left, right = two_panels()
        bins = np.linspace(min(c["best"] + c["random"]), max(c["best"] + c["random"]), 25)
        for name, colour, words in (("best", ORANGE, "team of the best"), ("random", BLUE, "random team")):
            left.hist(c[name], bins, color=colour, alpha=0.55, label=words)
            left.axvline(c[f"published_{name}"], ymax=0.68, color=colour, linestyle="--", linewidth=1.4)
        left.plot([], [], color=GREY, linestyle="--", linewidth=1.4, label="reference values")
        left.set(xlabel="mean value reached, 0 to 100", ylabel="rings", title="Teams of ten")
        left.set_ylim(top=1.45 * left.get_ylim()[1])
        left.legend(loc="upper left")
        with_band(right, c["team"], c["gap"], c["interval"], GREEN, "")
        right.axhline(0, color=GREY, linewidth=0.8)
        right.set(xlabel="members of a team", ylabel="random less best, value", title="By size of team")
    caption = (
        "Left: what a team of the ten best and ten random solvers reach, on 100 rings. Right: mean difference over 40 "
        "rings with its 95% interval; alone the best solver wins."
    )
    return drawn("diversity", "Random teams against the best", caption, figure)


def draw_cascades(c: Curve) -> Drawn:
    """Frequency and size of global cascades over the mean degree."""
    with look():
        figure, left, right = two_panels()
        left.axvspan(*c["window"], color=PALE, alpha=0.6, label="window, infinite network", zorder=0)
        with_band(left, c["z"], c["frequency"], c["interval"], BLUE, "measured")
        left.plot(c["published_z"], c["published"], label="reference value", **REFERENCE)
        left.set(
            xlabel="mean number of partners z",
            ylabel="share of runs with a global cascade",
            ylim=(-0.03, 1.03),
            title="How often",
        )
        left.legend(loc="lower center", bbox_to_anchor=(0.42, 0.02), fontsize=7.5)
        sizes = np.array([np.nan if one is None else one for one in c["size"]])
        right.axvspan(*c["window"], color=PALE, alpha=0.6, zorder=0)
        right.plot(c["z"], sizes, color=RED, marker="s", markersize=3.2)
        right.set(
            xlabel="mean number of partners z",
            ylabel="share of firms, given a global cascade",
            ylim=(-0.03, 1.03),
            title="How far",
        )
    caption = (
        "The rule of adoption with threshold .18 on random networks of 10,000 firms, 500 networks each; band: 95% "
        "interval."
    )
    return drawn("cascades", "The window of global cascades", caption, figure)


def draw_default(c: Curve) -> Drawn:
    """Frequency and extent of contagion over the mean number of debtors."""
    with look():
        figure, axes = new_figure(3.3, 1, 1, left=0.09, right=0.72, top=0.95, bottom=0.15)
        panel = axes[0, 0]
        with_band(panel, c["z"], c["frequency"], c["interval"], BLUE, "frequency of contagion")
        panel.plot(c["published_z"], c["published"], label="reference value", **REFERENCE)
        extent = np.array([np.nan if one is None else one for one in c["extent"]])
        panel.plot(c["z"], extent, color=RED, marker="s", markersize=3.2, label="share that defaults,\ngiven contagion")
        panel.set(xlabel="mean number of debtors z", ylabel="share", ylim=(-0.03, 1.03))
        panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    caption = (
        "1000 firms, capital 4% and claims 20% of assets, 1000 networks each; band: 95% interval. Well connected, "
        "contagion is rare and then total."
    )
    return drawn("default", "Robust yet fragile", caption, figure)


def draw_barter(c: Curve) -> Drawn:
    """Mean knowledge over the share of rewired ties."""
    with look():
        figure, left, right = two_panels()
        for panel, a, colour in ((left, "0.5", BLUE), (right, "1", ORANGE)):
            low, high = np.array(c[f"interval_{a}"], float).T
            p = np.array(c["p"])
            shown = np.where(p > 0, p, 0.004)
            panel.axvspan(0.05, 0.4, color=PALE, alpha=0.6, label="where the peak is to be at a = .5", zorder=0)
            panel.fill_between(shown, low, high, color=colour, alpha=0.2, linewidth=0)
            panel.plot(shown, c[f"mean_{a}"], color=colour, marker="o", markersize=3.2)
            panel.set(
                xscale="log", xlabel="share of rewired ties p", ylabel="mean knowledge per kind", title=f"a = {a}"
            )
            panel.set_xticks([0.004, 0.01, 0.1, 1.0], ["0", ".01", ".1", "1"])
            panel.minorticks_off()
        left.legend(loc="lower right")
    caption = (
        "500 firms, 20 networks each; band: 95% interval; the first point is the unrewired ring. Where half of a gap "
        "is absorbed (left) a small world is best; where all of it is (right) a network close to random."
    )
    return drawn("barter", "Knowledge bartered in a small world", caption, figure)


def draw_teams(c: Curve) -> Drawn:
    """Share of the giant component over the chance of an incumbent."""
    with look():
        figure, axes = new_figure(3.1, 1, 1, left=0.09, right=0.76, top=0.95, bottom=0.16)
        panel = axes[0, 0]
        for m, colour, marker in ((3, BLUE, "o"), (4, GREEN, "s"), (8, ORANGE, "^")):
            with_band(panel, c["p"], c[f"share_{m}"], c[f"interval_{m}"], colour, f"teams of {m}", marker)
        panel.axhline(0.5, color=GREY, linewidth=0.8)
        panel.set(
            xlabel="probability p that a place goes to an incumbent",
            ylabel="share of the giant component",
            ylim=(-0.03, 1.03),
        )
        panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    caption = "4000 teams, people leave after 400 teams without one; 10 runs each, band: 95% interval."
    return drawn("teams", "When a large community appears", caption, figure)


def draw_robustness(c: Curve) -> Drawn:
    """What is left of the largest component as firms are taken out."""
    with look():
        figure, left, right = two_panels()
        titles = {"scale_free": "Scale-free network", "random": "Random network"}
        for panel, graph in ((left, "scale_free"), (right, "random")):
            for attack, colour, words in (("degree", RED, "best connected first"), ("random", BLUE, "anyone")):
                with_band(
                    panel, c["removed"], c[f"{graph}_{attack}"], c[f"{graph}_{attack}_interval"], colour, words, ""
                )
            area = float(np.trapezoid(c[f"{graph}_degree"], c["removed"]))
            panel.text(
                0.98,
                0.62,
                f"R = {area:.3f}\n(reference {c['published'][graph]:.3f})",
                transform=panel.transAxes,
                ha="right",
                color=RED,
            )
            panel.set(xlabel="share of firms removed", ylabel="share in the largest component", title=titles[graph])
        left.legend(loc="upper right")
    caption = "1000 firms of mean degree 4, 20 networks each; band: 95% interval. R is the area under the red curve."
    return drawn("robustness", "Attack and chance", caption, figure)


def draw_growth(c: Curve) -> Drawn:
    """Distribution of degrees and of sizes against theory."""
    with look():
        figure, left, right = two_panels()
        figure.subplots_adjust(left=0.13, wspace=0.42)
        for m, colour, marker in ((2, BLUE, "o"), (3, ORANGE, "s")):
            k = np.array(c[f"degree_{m}"], float)
            left.plot(
                k,
                c[f"at_least_{m}"],
                color=colour,
                marker=marker,
                markersize=3.0,
                linestyle="none",
                label=f"measured, m = {m}",
            )
            left.plot(k, m * (m + 1) / (k * (k + 1)), color=colour, linewidth=1.0)
        left.plot([], [], color=GREY, linewidth=1.0, label="theory")
        left.set(xscale="log", yscale="log", xlabel="ties k", ylabel="share of firms with at least k", title="Degrees")
        left.legend(loc="lower left")
        plain_powers(left.xaxis)
        plain_powers(left.yaxis)
        sizes = np.array(c["size"])
        right.plot(sizes, c["larger"], color=GREEN, marker="o", markersize=3.0, linestyle="none", label="measured")
        anchor = np.argmin(np.abs(np.array(c["larger"]) - 0.1))
        right.plot(sizes, c["larger"][anchor] * sizes[anchor] / sizes, color=GREY, linewidth=1.0, label="exponent 1")
        right.set(
            xscale="log",
            yscale="log",
            ylim=(None, 2),
            xlabel="size, EUR/month (floor: 1)",
            ylabel="share of firms at least so large",
            title="Sizes",
        )
        right.legend(loc="lower left")
        plain_powers(right.xaxis)
        plain_powers(right.yaxis)
    caption = (
        "Left: 200,000 firms that came one by one; lines are m(m+1)/(k(k+1)). Right: 20,000 firms after 4000 months of "
        "growth at random above a floor, drift -.005 and noise .1."
    )
    return drawn("growth", "Growth of networks and of firms", caption, figure)


def draw_diffusion(c: Curve) -> Drawn:
    """Adoption over time, and the final size of epidemics over R0."""
    with look():
        figure, left, right = two_panels()
        left.plot(c["time"], c["adopted"], color=BLUE, label="measured")
        left.plot([6.19], [0.4605], label="theory: peak", **REFERENCE)
        left.set(xlabel="time, years", ylabel="share of firms that have adopted", title="Adoption (p = .03, q = .38)")
        left.legend(loc="upper left")
        right.plot(c["exact_r0"], c["exact_size"], color=GREY, linewidth=1.2, label="r = 1 - exp(-R0 r)")
        right.plot(c["r0"], c["final_size"], color=RED, marker="s", markersize=4.5, linestyle="none", label="measured")
        right.set(xlabel="R0", ylabel="share of firms ever struck", title="Incidents")
        right.legend(loc="lower right")
    caption = (
        "Left: 200,000 firms that see the whole market. Right: 200,000 firms on a random network of mean degree 20, "
        "one run each."
    )
    return drawn("diffusion", "Adoption and incidents", caption, figure)


def draw_culture(c: Curve) -> Drawn:
    """Number of stable regions over the number of traits."""
    with look():
        figure, axes = new_figure(3.1, 1, 1, left=0.09, right=0.76, top=0.95, bottom=0.16)
        panel = axes[0, 0]
        with_band(panel, c["traits"], c["regions"], c["interval"], PURPLE, "measured")
        panel.plot(c["published_traits"], c["published"], label="reference value", **REFERENCE)
        panel.set(xlabel="traits per feature q", ylabel="stable regions, mean", yscale="log")
        panel.set_yticks([1, 2, 5, 10, 20, 50], ["1", "2", "5", "10", "20", "50"])
        panel.minorticks_off()
        panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
    caption = "A square of 10 by 10 sites, five features; 300 runs each, band: 95% interval."
    return drawn("culture", "Local convergence, global diversity", caption, figure)


DRAWS: dict[str, Callable[[Curve], Drawn]] = {
    "landscape": draw_landscape,
    "diversity": draw_diversity,
    "cascades": draw_cascades,
    "default": draw_default,
    "barter": draw_barter,
    "teams": draw_teams,
    "robustness": draw_robustness,
    "growth": draw_growth,
    "diffusion": draw_diffusion,
    "culture": draw_culture,
}
