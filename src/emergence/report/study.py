"""The report of a study: one HTML file that needs nothing else, with figures and tables beside it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emergence import store
from emergence.figures.study import draw_study, name_of, title_of
from emergence.figures.style import save
from emergence.report.html import PAGE, STYLE, figure, table
from emergence.report.say import count, listing, number, percent
from emergence.report.tables import TableText
from emergence.report.tables import short as plain

if TYPE_CHECKING:
    from emergence.study.analysis import Analysis

GOOD, POOR = 0.8, 0.5  # cross-validated R2 from which a surface is called good, and under which it is poor
MOST_ROWS = 60


def write_report(analysis: Analysis, folder: Path) -> Path:
    """Write tables, figures and ``report.html`` into the folder of a study; return the path of the report."""
    folder = Path(folder)
    analysis.write(folder / "analysis")
    figures = [figure(drawn, save(drawn, folder / "figures")) for drawn in draw_study(analysis)]
    path = folder / "report.html"
    store.write_text(page(analysis, figures), path)
    return path


def page(analysis: Analysis, figures: list[str]) -> str:
    """Return the report as HTML."""
    words = {"What was asked": asked(analysis), "What came out": found(analysis), "How sure": sure(analysis)}
    words["What it does not say"] = unsaid(analysis)
    parts = []
    for title, sentences in words.items():
        items = "".join(f"<li>{escape(one)}</li>" for one in sentences)
        parts.append(f"<h3>{escape(title)}</h3><ul>{items}</ul>" if sentences else "")
    tables = [table(one) for one in tables_of(analysis) if one.rows]
    title = analysis.title[:1].upper() + analysis.title[1:]
    body = [
        f'<header><p class="kind">Report of a study</p><h1>{escape(title)}</h1></header><main>',
        f'<section class="words"><h2>In plain words</h2>{"".join(parts)}</section>',
        f'<section><h2 id="figures">Figures</h2>{"".join(figures)}</section>' if figures else "",
        f'<section><h2 id="tables">Tables</h2>{"".join(tables)}<p>All tables, with more digits: analysis/*.csv.</p>',
        "</section></main>",
    ]
    return PAGE.replace("@TITLE@", escape(title)).replace("@STYLE@", STYLE).replace("@BODY@", "\n".join(body))


def asked(analysis: Analysis) -> list[str]:
    """Say what was varied, by which design, how often."""
    sample = analysis.sample
    runs = int(max((np.isfinite(values).sum() for values in sample.values.values()), default=0))
    design = sample.design.replace("_", " ")
    lines = [
        f"{count(sample.points, 'point')} ({design}), {count(runs, 'run')}, {count(len(sample.values), 'outcome')}."
    ]
    for axis in sample.axes:
        span = f"{axis.factor.low:g} to {axis.factor.high:g}"
        lines.append(f"{name_of(axis.name)}: {listing([str(v) for v in axis.levels]) if axis.levels else span}.")
    return lines


def found(analysis: Analysis) -> list[str]:
    """Say of each outcome what moves it most, and which pairs do more or less than their sum."""
    effects, lines = analysis.table("effects"), []
    for outcome in analysis.sample.values:
        rows = effects[effects["outcome"] == outcome] if len(effects) else effects
        if not len(rows):
            continue
        clear = rows[(rows["low"] > 0) | (rows["high"] < 0)]
        order = clear["standardised"].abs().sort_values(ascending=False).index[:3]
        told = [
            f"{name_of(row.factor)} {signed(row.estimate)} ({short(row.low)} to {short(row.high)})"
            for row in clear.loc[order].itertuples()
        ]
        unit = analysis.sample.about[outcome][0]
        unit = "" if unit in ("1", "") else f" {unit}"
        head = title_of(outcome)[:1].upper() + title_of(outcome)[1:]
        lines.append(
            f"{head}{',' if unit else ''}{unit}: "
            + (f"{listing(told)}." if told else "no factor is told apart from chance.")
        )
    return [*lines, *pairs(analysis)]


def pairs(analysis: Analysis) -> list[str]:
    """Say which synergies stand when all are asked at once."""
    frame = analysis.table("synergy")
    if not len(frame):
        return []
    sure_ones = frame[frame["together"]]
    if not len(sure_ones):
        return [f"Of {len(frame)} synergies of pairs none stands when all are asked at once."]
    sd = analysis.table("fit").set_index("outcome")["sd_points"]
    size = (sure_ones["estimate"] / sure_ones["outcome"].map(sd)).abs().sort_values(ascending=False)
    told = [
        f"{name_of(row.factor)} with {name_of(row.other)} on {title_of(row.outcome)} {signed(row.estimate)}"
        for row in sure_ones.loc[size.index[:6]].itertuples()
    ]
    return [
        f"Of {len(frame)} synergies of pairs {len(sure_ones)} stand when all are asked at once; the largest: "
        f"{listing(told)}."
    ]


def short(value: float) -> str:
    """Return a number with three digits that say something."""
    if not np.isfinite(value):
        return "not known"
    return f"{value:.2g}" if 0 < abs(value) < 0.01 else plain(value)


def signed(value: float) -> str:
    """Return a number with its sign."""
    return ("+" if value > 0 else "") + short(value)


def sure(analysis: Analysis) -> list[str]:
    """Say how far the numbers can be trusted."""
    lines = ["In brackets: 95% bootstrap intervals over points" + (" and lucks." if analysis.sample.common else ".")]
    fit = analysis.table("fit").set_index("outcome")
    told = fit[fit["terms"] > 0]
    if len(told):
        poor = [title_of(name) for name in told.index[told["r2_cv"] < POOR]]
        good = [title_of(name) for name in told.index[told["r2_cv"] >= GOOD]]
        lines.append(
            "Effects, indices and synergies are those of a polynomial surface; R2 cross-validated is the share of the "
            f"variance between points that it predicts of points left out. {GOOD:g} or more: {listing(good) or 'none'}."
        )
        if poor:
            lines.append(f"Under {POOR:g}, to be read with care: {listing(poor)}.")
    elif analysis.sample.design not in ("one_at_a_time", "morris"):
        lines.append("There are too few points for a surface, so nothing is said of indices or interactions.")
    if analysis.sample.values and next(iter(analysis.sample.values.values())).shape[1] == 1:
        lines.append("One replicate a point: luck and the factors are told apart by the surface alone.")
    return [*lines, *analysis.notes]


def unsaid(analysis: Analysis) -> list[str]:
    """Say what does not follow."""
    return [
        "It holds within the ranges that were tried, in this model; a factor that was not varied may change it all.",
        "An average over the other factors may hide that a factor helps in one place and harms in another: see the "
        "total indices and the phases.",
        "Where many numbers are given, some of those that look sure are chance.",
    ]


def tables_of(analysis: Analysis) -> list[TableText]:
    """Return the tables of the report."""
    return [fit_table(analysis), effect_table(analysis), index_table(analysis), synergy_table(analysis)]


def fit_table(analysis: Analysis) -> TableText:
    """Return mean and spread of each outcome and how well its surface predicts."""
    rows = []
    for row in analysis.table("fit").itertuples():
        meaning = analysis.sample.about[row.outcome][1]
        fits = [str(row.degree), _share(row.r2), _share(row.r2_cv)] if row.terms else ["none", "", ""]
        rows.append(
            [
                f"{title_of(row.outcome)} ({meaning})",
                row.unit,
                short(row.mean),
                short(row.sd_points),
                _share(row.noise),
                *fits,
            ]
        )
    heads = [
        "outcome",
        "unit",
        "mean",
        "SD between points",
        "of its variance, luck",
        "degree",
        "R2",
        "R2, cross-validated",
    ]
    caption = (
        "Outcomes and their surfaces. Luck: what no surface can predict, as a share of the variance between the "
        "points' means. Degree 1: no interaction helped to predict it."
    )
    return TableText(caption, heads, rows, (0, 1))


def _share(value: float) -> str:
    return percent(value) if np.isfinite(value) else ""


def effect_table(analysis: Analysis) -> TableText:
    """Return effects in the unit of the outcome and standardised."""
    rows = [
        [
            title_of(row.outcome), name_of(row.factor), f"{_level(row[5])} to {_level(row.to)}",
            f"{signed(row.estimate)} ({short(row.low)} to {short(row.high)})",
            f"{number(row.standardised, 2)} ({number(row.standardised_low, 2)} to {number(row.standardised_high, 2)})",
        ]
        for row in analysis.table("effects").rename(columns={"from": "start"})[_EFFECTS].itertuples()
    ] if len(analysis.table("effects")) else []  # fmt: skip
    heads = ["outcome", "factor", "from, to", "effect, unit of the outcome", "standardised"]
    caption = (
        "Effects with 95% intervals. Standardised: slope in standard deviations of the outcome between points by "
        "one of the factor; between levels, the effect in such standard deviations."
    )
    return TableText(caption, heads, rows, (0, 1, 2))


_EFFECTS = [
    "outcome", "unit", "factor", "to", "start", "estimate", "low", "high",
    "standardised", "standardised_low", "standardised_high",
]  # fmt: skip


def _level(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def index_table(analysis: Analysis) -> TableText:
    """Return Sobol indices, factors as rows within outcomes."""
    frame = analysis.table("indices")
    rows = []
    if len(frame):
        single = frame[frame["index"].isin(("first", "total"))]
        for (outcome, factor), part in single.groupby(["outcome", "factor"], sort=False):
            cells = [
                f"{number(one.estimate, 2)} ({number(one.low, 2)} to {number(one.high, 2)})"
                for name in ("first", "total")
                for one in part[part["index"] == name].itertuples()
            ]
            rows.append([title_of(outcome), name_of(factor), *cells])
    return TableText("Sobol indices with 95% intervals.", ["outcome", "factor", "first order", "total"], rows, (0, 1))


def synergy_table(analysis: Analysis) -> TableText:
    """Return the synergies that stand out, largest first."""
    frame = analysis.table("synergy")
    rows = []
    if len(frame):
        clear = frame[(frame["low"] > 0) | (frame["high"] < 0)]
        sizes = (clear["estimate"].abs() / clear["se"]).sort_values(ascending=False)
        for row in clear.loc[sizes.index[:MOST_ROWS]].itertuples():
            value = f"{signed(row.estimate)} ({short(row.low)} to {short(row.high)})"
            rows.append(
                [
                    title_of(row.outcome),
                    f"{name_of(row.factor)}, {name_of(row.other)}",
                    value,
                    row.unit,
                    "yes" if row.together else "no",
                ]
            )
    heads = ["outcome", "pair", "synergy", "unit", "when all are asked at once"]
    return TableText("Synergies whose 95% interval leaves out 0, surest first.", heads, rows, (0, 1, 3, 4))
