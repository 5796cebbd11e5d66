"""Groups: members and money over time, and conduct among members against conduct on other ties."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.indicators import poisson, wilson, years
from emergence.figures.style import CYCLE, GREY, INK, PALE, Drawn, look, new_figure, say, shorten

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from emergence.config import Group
    from emergence.figures.findings import Findings

MOST = len(CYCLE)  # groups with a colour and a label; the others are pale
FORM_NAMES = {"virtual": "virtual network"}  # others are called as they are written
GAP = 0.085  # least distance of two labels, as a share of the axis


def group_names(found: Findings) -> dict[int, str]:
    """Return what people call each group, by gid; a number where two are called the same."""
    told = found.settings.groups
    gids = [int(gid) for gid in found.result.simulation.world.groups.gid]
    called = [_called(told[gid - 1]) if gid <= len(told) else f"group {gid}" for gid in gids]
    often = Counter(called)
    return {gid: f"{name} (group {gid})" if often[name] > 1 else name for gid, name in zip(gids, called, strict=True)}


def _called(group: Group) -> str:
    """Return a group's name in one line, its form if it has none."""
    return " ".join(group.name.split()) or form_name(group.form)


def form_name(form: str) -> str:
    """Return a form of network as people call it."""
    return FORM_NAMES.get(form, form.replace("_", " "))


def draw_groups(found: Findings) -> list[Drawn]:
    """Draw what became of the groups; nothing for a run without any, or without a month."""
    if not len(found.result.groups) or not found.end.step:
        return []
    return [draw_members(found), draw_conduct(found)]


def shown(found: Findings) -> list[int]:
    """Return the gids that get a colour: the largest at the end, in the order in which they were named."""
    last = found.result.groups.groupby("gid")["members"].last().sort_values(ascending=False, kind="stable")
    return sorted(int(gid) for gid in last.index[:MOST])


def draw_members(found: Findings) -> Drawn:
    """Draw members, who came and went, and, where there is money, budgets and what was spent on help."""
    table, steps = found.result.groups, found.result.steps
    money = bool((table["budget"] != 0).any())
    with look():
        height = 5.0 if money else 2.7
        figure, axes = new_figure(
            height, 2 if money else 1, 2, left=0.085, right=0.985, top=1 - 0.3 / height, bottom=0.52 / height,
            wspace=0.78, hspace=0.5,
        )  # fmt: skip
        lines(axes[0, 0], found, "members", 1.0)
        axes[0, 0].set_title("Members")
        axes[0, 0].set_ylabel("firms")
        turnover(axes[0, 1], found)
        if money:
            lines(axes[1, 0], found, "budget", 1e-3)
            axes[1, 0].set_title("Money held")
            axes[1, 0].set_ylabel("EUR thousand")
            spending(axes[1, 1], steps)
        for place in axes[-1]:
            place.set_xlabel("month")
        for place in axes.flat:
            place.set_xlim(0, found.end.step)
            place.xaxis.set_major_locator(years(float(found.end.step)))
    pale = (
        f" Pale lines are the {len(group_names(found)) - MOST} smaller groups."
        if len(group_names(found)) > MOST
        else ""
    )
    text = (
        "Above: members month by month, and how many firms joined (up) and left (down) in each year, all groups "
        "together; those that left include members whose firm ended."
    )
    if money:
        text += (
            " Below: the money each group holds, fees less what governance and help cost, and what groups spent on "
            "help to members in each year, all groups together."
        )
    return Drawn(
        "groups", "Members and money of groups", text.replace("Above: members", "Members", not money) + pale, figure
    )


def lines(axes: Axes, found: Findings, column: str, scale: float) -> None:
    """Draw one line a group and write its name at its end."""
    chosen, names = shown(found), group_names(found)
    ends = []
    for gid, rows in found.result.groups.groupby("gid"):
        at = chosen.index(int(gid)) if int(gid) in chosen else -1
        y = rows[column].to_numpy() * scale
        axes.plot(rows["step"], y, color=CYCLE[at] if at >= 0 else PALE, zorder=3 if at >= 0 else 1)
        if at >= 0:
            ends.append((float(y[-1]), names[int(gid)], CYCLE[at]))
    low, high = axes.get_ylim()
    least = scale * float(found.result.groups[column].min())
    axes.set_ylim(low if least < 0 else 0.0, max(high, 1e-9) * 1.05)
    last = float(found.end.step)
    axes.set_xlim(0, last)
    span = axes.get_ylim()[1] - axes.get_ylim()[0]
    places = apart(np.array([end[0] for end in ends]), GAP * span)
    for (y, name, colour), place in zip(ends, places, strict=True):
        axes.plot([last, last * 1.03], [y, place], color=colour, linewidth=0.8, clip_on=False)
        axes.text(last * 1.04, place, shorten(name, 17), color=INK, va="center", fontsize=8, clip_on=False)


def apart(values: np.ndarray, gap: float) -> np.ndarray:
    """Return places for labels in the order of the values, at least a gap apart, float64[n]."""
    order = np.argsort(values, kind="stable")
    steps = np.arange(values.size) * gap
    # The best places in the sense of least squares are means of runs that would collide (pool adjacent violators).
    runs: list[tuple[float, int]] = []
    for value in values[order] - steps:
        mean, number = float(value), 1
        while runs and runs[-1][0] > mean:
            before, many = runs.pop()
            mean, number = (before * many + mean * number) / (many + number), many + number
        runs.append((mean, number))
    placed = np.concatenate([np.full(n, mean) for mean, n in runs]) + steps if runs else values
    found = np.empty(values.size)
    found[order] = placed
    return found


def came_and_went(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of groups with a column `left`: members less, after those who joined."""
    before = table.groupby("gid")["members"].shift(1)
    return table.assign(left=(before + table["joined"] - table["members"]).fillna(0).astype(int))


def turnover(axes: Axes, found: Findings) -> None:
    """Draw bars of members who joined, up, and left, down, by year and group."""
    table, chosen = came_and_went(found.result.groups), shown(found)
    table = table[table["step"] > 0].assign(year=(table["step"] - 1) // 12)
    for column, way in (("joined", 1), ("left", -1)):
        base = np.zeros(int(table["year"].max()) + 1)
        for gid in sorted(table["gid"].unique(), key=lambda g: (g not in chosen, g)):
            part = table[table["gid"] == gid].groupby("year")[column].sum()
            height = way * part.reindex(range(base.size), fill_value=0).to_numpy(float)
            colour = CYCLE[chosen.index(gid)] if gid in chosen else PALE
            axes.bar(12 * np.arange(base.size) + 6, height, 10, base, color=colour, edgecolor="white", linewidth=0.5)
            base += height
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.set_title("Joined (up) and left (down)")
    axes.set_ylabel("firms a year")


def spending(axes: Axes, steps: pd.DataFrame) -> None:
    """Draw what groups spent on help to members, by year."""
    if not steps["group_spending"].any():
        say(axes, "Nothing was spent on help.")
        return
    year = (steps["step"].to_numpy() - 1) // 12
    spent = np.bincount(year, steps["group_spending"].to_numpy())
    scale, unit = (1e-3, "EUR thousand a year") if spent.max() >= 10_000 else (1.0, "EUR a year")
    axes.bar(12 * np.arange(spent.size) + 6, scale * spent, 10, color=GREY)
    axes.set_title("Spent on help to members")
    axes.set_ylabel(unit)


def counted(table: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Return the sums of projects, successes and opportunistic acts over the run, by gid."""
    names = [prefix + name for prefix in ("", "other_") for name in ("projects", "successes", "acts")]
    sums = table.groupby("gid")[names].sum()
    return {int(gid): {str(name): float(value) for name, value in row.items()} for gid, row in sums.iterrows()}


def success_of(sums: dict[str, float], prefix: str) -> tuple[float, float, float]:
    """Return the share of projects that succeeded with its 95% interval (Wilson 1927), NaN without any."""
    number = sums[prefix + "projects"]
    if not number:
        return (float("nan"),) * 3
    share = sums[prefix + "successes"] / number
    low, high = wilson(np.array([share]), np.array([number]))
    return share, float(low[0]), float(high[0])


def acts_of(sums: dict[str, float], prefix: str) -> tuple[float, float, float]:
    """Return opportunistic acts per project with their 95% interval as if one by one, NaN without projects."""
    number = sums[prefix + "projects"]
    if not number:
        return (float("nan"),) * 3
    acts = sums[prefix + "acts"]
    low, high = poisson(np.array([acts]))
    return acts / number, float(low[0]) / number, float(high[0]) / number


def draw_conduct(found: Findings) -> Drawn:
    """Draw success and opportunism among members against those on all other ties."""
    sums, chosen, names = counted(found.result.groups), shown(found), group_names(found)
    with look():
        height = 1.25 + 0.42 * len(chosen)
        figure, axes = new_figure(
            height, 1, 2, left=0.2, right=0.985, top=1 - 0.62 / height, bottom=0.5 / height, wspace=0.1
        )
        for place, measure, title in zip(
            axes.flat, (success_of, acts_of), ("Projects that succeeded", "Opportunistic acts"), strict=True
        ):
            for row, gid in enumerate(chosen):
                for prefix, colour, shift, face in (
                    ("", CYCLE[row], 0.13, CYCLE[row]),
                    ("other_", GREY, -0.13, "white"),
                ):
                    value, low, high = (100.0 * v for v in measure(sums[gid], prefix))
                    if np.isfinite(value):
                        place.plot([low, high], [shift - row] * 2, color=colour, linewidth=2, solid_capstyle="butt")
                        place.plot([value], [shift - row], "o", color=colour, markerfacecolor=face, markersize=6)
            place.set_yticks([-k for k in range(len(chosen))], [])
            place.set_ylim(0.5 - len(chosen), 0.5)
            place.margins(x=0.12)
            place.locator_params(axis="x", nbins=5)
            place.set_title(title)
        axes[0, 0].set_yticks([-k for k in range(len(chosen))], [shorten(names[gid], 20) for gid in chosen])
        axes[0, 0].set_xlabel("% of joint projects")
        axes[0, 1].set_xlabel("per 100 joint projects")
        key(figure, height)
    return Drawn(
        "conduct",
        "How members work with each other, and others",
        "Filled: joint projects on ties between two members, over the whole run. Open: on all other ties. Bars are "
        "95% intervals as if projects were independent. Members differ from others in more than their membership, "
        "so a gap by itself does not show what the group did.",
        figure,
    )


def key(figure: object, height: float) -> None:
    """Say above the panels what filled and open dots are."""
    from matplotlib.lines import Line2D

    dots = [
        Line2D([], [], marker="o", color=INK, markerfacecolor=f, linestyle="", markersize=6) for f in (INK, "white")
    ]
    figure.legend(  # type: ignore[attr-defined]
        dots, ["between members", "all other ties"], loc="upper left", bbox_to_anchor=(0.19, 1 - 0.02 / height),
        ncols=2, borderaxespad=0, handletextpad=0.2,
    )  # fmt: skip
