"""The tables of a report, as captions, headings and rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emergence.figures.findings import Findings
from emergence.figures.indicators import poisson
from emergence.measures.monthly import MONTHLY
from emergence.report.causes import emergence_rows
from emergence.report.say import number

if TYPE_CHECKING:
    import pandas as pd

TOP = 15


@dataclass(frozen=True)
class TableText:
    """One table; the first column names the row, columns in `words` hold text, the others numbers."""

    caption: str
    heads: list[str]
    rows: list[list[str]]
    words: tuple[int, ...] = (0,)


def make_tables(found: Findings) -> list[TableText]:
    """Return the tables that have rows."""
    tables = [emergence(found), top_firms(found), innovation(found), measures(found)]
    return [table for table in tables if table.rows]


def emergence(found: Findings) -> TableText:
    """Return what the network brought, by outcome and part."""
    twins = found.result.twins
    one = "" if twins is None or len(twins.seeds) > 1 else " One luck: small differences mean little."
    return TableText(
        "What the network brought: the run less its twin without ties, and the parts that add up to it." + one,
        ["outcome", "whole", "contact", "structure", "replacement", "choice"],
        [] if twins is None else emergence_rows(twins),
    )


def top_firms(found: Findings) -> TableText:
    """Return the firms with most partners at the end."""
    table = found.end_positions.head(TOP)
    was = found.start_positions.set_index("uid")["partners"]
    rows = []
    for row in table.itertuples():
        before = number(was[row.uid]) if row.uid in was.index else "not there yet"
        rows.append(
            [
                found.name(row.uid),
                str(row.role),
                number(row.partners),
                before,
                number(row.strength, 1),
                "" if np.isnan(row.betweenness) else number(100 * row.betweenness, 1),
                "" if np.isnan(row.constraint) else number(row.constraint, 2),
                number(100 * row.reachable),
                number(row.size),
            ]
        )
    heads = [
        "firm", "role", "partners", "partners at the start", "strength (sum)", "betweenness (%)",
        "constraint", "can reach (% of firms)", "capacity (EUR/month)",
    ]  # fmt: skip
    caption = (
        f"The {len(rows)} firms with most partners at the end, all layers together. Betweenness: share of "
        "shortest paths between others that run through the firm (Freeman 1977). Constraint: low when "
        "partners do not know each other (Burt 1992). Roles are working definitions by rank within this "
        "network."
    )
    return TableText(caption, heads, rows, (0, 1))


def innovation(found: Findings) -> TableText:
    """Return the four numbers of innovation by half of the run."""
    last, half = found.end.step, found.end.step // 2
    spans = [(0, last)] if half < 6 else [(0, half), (half, last), (0, last)]
    names = [f"months {a + 1} to {b}" for a, b in spans]
    what = {
        "innovations": "practices never used before",
        "useful": "of these, useful",
        "adopted": "first taken over by a partner",
        "value_gained": "value gained (z)",
    }
    rows = []
    for name, label in what.items():
        if not len(found.result.steps):
            break
        row = [label]
        for span in spans:
            rate, total = found.per_year(name, *span)
            row.append(number(rate, 1) + ("" if name == "value_gained" else interval(rate, total)))
        rows.append(row)
    caption = (
        "Innovation per 100 firms and year. In brackets the 95% interval that chance alone would give if "
        "they came one by one and independently; real ones come in series, so the true uncertainty is larger."
    )
    return TableText(caption, ["", *names], rows)


def interval(rate: float, total: float) -> str:
    """Return the interval of a rate that rests on a count, in brackets."""
    if total <= 0:
        return ""
    low, high = (float(v[0]) * rate / total for v in poisson(np.array([total])))
    return f" ({number(low, 1)} to {number(high, 1)})"


def measures(found: Findings) -> TableText:
    """Return every monthly measure at the start, in the middle and at the end."""
    steps = found.result.steps
    rows: list[list[str]] = []
    if len(steps):
        ends = [steps.head(12), middle(steps), steps.tail(12)]
        for name, (unit, meaning) in MONTHLY.items():
            if name != "step":
                flow = unit.endswith("/month")
                values = [
                    float(part[name].mean()) if flow else float(steps[name].iloc[k])
                    for part, k in zip(ends, (0, len(steps) // 2, -1), strict=True)
                ]
                rows.append([meaning, "no unit" if unit == "1" else unit, *(short(v) for v in values)])
    caption = (
        "Measures at the start, in the middle and at the end of the run. Amounts and counts per month are "
        "means of twelve months, all others are those of one month."
    )
    return TableText(caption, ["measure", "unit", "start", "middle", "end"], rows, (0, 1))


def middle(steps: pd.DataFrame) -> pd.DataFrame:
    """Return twelve rows in the middle."""
    first = max(len(steps) // 2 - 6, 0)
    return steps.iloc[first : first + 12]


def short(value: float) -> str:
    """Return a number with three significant digits, more where it is large."""
    size = abs(value)
    return number(value, 0 if size >= 1000 or value == int(value) else 1 if size >= 100 else 2 if size >= 1 else 3)
