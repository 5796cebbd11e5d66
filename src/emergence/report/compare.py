"""The report of a comparison: one HTML file for those who decide."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence import store
from emergence.config import known_keys
from emergence.figures.compare import draw_comparison, plain, title_of
from emergence.figures.style import save
from emergence.files.plain import literal
from emergence.report.html import PAGE, STYLE, figure, table
from emergence.report.say import count, listing, percent
from emergence.report.tables import TableText
from emergence.study.pairs import GOALS, MECHANISMS

if TYPE_CHECKING:
    from emergence.study.compare import Comparison
    from emergence.study.options import Option

CHANGES, MOVED = 15, 6
FEW = 20  # replicates under which an interval is called too narrow, see measures.interval


def write_report(found: Comparison, folder: Path) -> Path:
    """Write figures and ``report.html`` into the folder of a comparison; return the path of the report."""
    folder = Path(folder)
    figures = [figure(drawn, save(drawn, folder / "figures")) for drawn in draw_comparison(found)]
    path = folder / "report.html"
    store.write_text(page(found, figures), path)
    return path


def page(found: Comparison, figures: list[str]) -> str:
    """Return the report as HTML."""
    names = [option.name for option in found.options]
    title = f"{listing(names[1:])} against {names[0]}"
    lead = f"Every scenario was run {count(lucks(found), 'time')}, each time with the same luck for all."
    body = [
        f'<header><p class="kind">Report of a comparison</p><h1>{escape(title)}</h1>',
        f'<p class="lead">{escape(lead)}</p></header><main>',
        *(section(found, k) for k in range(1, len(found.options))),
        words("How sure", sure(found)),
        words("What it does not say", unsaid(found)),
        f'<section><h2 id="figures">Figures</h2>{"".join(figures)}</section>',
        f'<section><h2 id="tables">Tables</h2>{"".join(table(one) for one in tables_of(found))}</section>',
        f'<section><h2 id="repeat">How to reproduce it</h2><pre tabindex="0">{escape(command(found))}</pre>'
        "<p>All numbers: comparison.csv; every run: summary.parquet; both beside this file.</p></section></main>",
    ]
    return PAGE.replace("@TITLE@", escape(title)).replace("@STYLE@", STYLE).replace("@BODY@", "\n".join(body))


def words(title: str, sentences: list[str], level: int = 2) -> str:
    """Return a list of sentences under its heading."""
    items = "".join(f"<li>{escape(one)}</li>" for one in sentences)
    return f'<section class="words"><h{level}>{escape(title)}</h{level}><ul>{items}</ul></section>' if items else ""


def section(found: Comparison, number: int) -> str:
    """Return what is said of one scenario: what changed, what came of it, and what moved on the way."""
    head = f"<h2>{escape(found.options[number].name)}</h2>" if len(found.options) > 2 else ""
    parts = {"What changed": changed(found, number), "What comes of it": outcomes(found, number)}
    parts |= {"Side effects": sides(found, number), "What moved on the way": moved(found, number)}
    return head + "".join(words(title, said, 3 if head else 2) for title, said in parts.items())


def lucks(found: Comparison) -> int:
    """Return how many replicates every scenario has."""
    return max((row["replicates"] for row in found.rows), default=0)


def changed(found: Comparison, number: int) -> list[str]:
    """Say in which settings a scenario differs from the first."""
    first, known, lines = found.options[0].name, known_keys(), []
    said = " ".join(found.settings[number].about.split())
    if said and found.options[number].scenario != found.options[0].scenario:
        lines.append(f"{found.options[number].name}: {said}")
    differences = found.changed(number)
    for key, before, after in differences[:CHANGES]:
        lines.append(change(key, before, after, first, known[key].metadata if key in known else {}))
    if len(differences) > CHANGES:
        lines.append(f"And {len(differences) - CHANGES} more settings; manifest.json holds all of them.")
    if any(key in ("firms", "steps") for key, _, _ in differences):
        lines.append(
            "The number of firms or of months differs, so luck is shared in part only and totals are not comparable; "
            "set firms= and steps= for all to compare like with like."
        )
    return lines or ["Nothing: the settings are the same."]


def change(key: str, before: Any, after: Any, first: str, about: Mapping[str, Any]) -> str:
    """Return a sentence on one setting that differs."""
    section, _, last = key.rpartition(".")
    if last == "enabled":
        now, then = ("on" if value else "off" for value in (after, before))
        return f"Rule {section.removeprefix('rules.')}: {now}, in {first} {then}."
    unit = about.get("unit", "")
    unit = f" {unit}" if unit not in ("", "1") else ""
    meaning = about.get("meaning", "")
    lead = f"{meaning[:1].upper()}{meaning[1:]} ({key})" if meaning else key
    return f"{lead}: {short(after)}{unit}, in {first} {short(before)}{unit}."


def short(value: Any) -> str:
    """Return a setting's value, cut where it is long."""
    text = literal(value)
    return text if len(text) <= 120 else text[:119] + "\u2026"


def _of(found: Comparison, number: int, kind: str) -> list[dict[str, Any]]:
    name = found.options[number].name
    return [row for row in found.rows if row["scenario"] == name and row["kind"] == kind]


def sentence(row: dict[str, Any], first: float) -> str:
    """Return one sentence on one outcome."""
    name = title_of(row["outcome"])
    unit = "" if row["unit"] in ("", "1") else f" {row['unit']}"
    ends = "" if np.isnan(row["low"]) else f" ({plain(row['low'])} to {plain(row['high'])})"
    change = f"{plain(row['difference'], True)}{ends}{unit}"
    verdicts = {"better": "Better", "worse": "Worse", "more": "More", "less": "Less", "the same": "The same"}
    head = verdicts.get(row["verdict"], "Not told apart")
    text = f"{head}: {name} {plain(row['mean'])} instead of {plain(first)}, {change}"
    if row["better"] and np.isfinite(row["probability"]) and row["verdict"] != "the same":
        side, chance, seeds = "better", row["probability"], row["seeds_better"]
        if row["verdict"] == "worse":
            side, chance, seeds = "worse", 1.0 - chance, 1.0 - seeds
        text += f"; {side} on average with probability {chances(chance)}, in {percent(seeds)} of lucks"
    return text + "."


def chances(share: float) -> str:
    """Return a probability from resamples, which are never enough for certainty."""
    return "over 99%" if share > 0.99 else "under 1%" if share < 0.01 else percent(share)


def outcomes(found: Comparison, number: int) -> list[str]:
    """Say what becomes better or worse, the clearest first, then what is not told apart."""
    return _told(
        found, [row for row in _of(found, number, "outcome") if row["outcome"] in GOALS or not _has_goals(found)]
    )


def sides(found: Comparison, number: int) -> list[str]:
    """Say what happens to the outcomes that nobody aimed at."""
    return _told(
        found, [row for row in _of(found, number, "outcome") if row["outcome"] not in GOALS and _has_goals(found)]
    )


def _has_goals(found: Comparison) -> bool:
    return any(row["outcome"] in GOALS for row in found.rows)


def _told(found: Comparison, rows: list[dict[str, Any]]) -> list[str]:
    first = {row["outcome"]: row["mean"] for row in found.rows if row["verdict"] == "first"}
    clear = [row for row in rows if row["verdict"] not in ("not told apart", "the same")]
    clear.sort(key=lambda row: -abs(row["standardised"]) if np.isfinite(row["standardised"]) else -np.inf)
    lines = [sentence(row, first[row["outcome"]]) for row in clear]
    for verdict, lead in (("not told apart", "Not told apart from chance"), ("the same", "Exactly the same")):
        names = [title_of(row["outcome"]) for row in rows if row["verdict"] == verdict]
        lines += [f"{lead}: {listing(names)}."] if names else []
    return lines


def moved(found: Comparison, number: int) -> list[str]:
    """Say which mechanisms moved most."""
    rows = [row for row in _of(found, number, "mechanism") if row["verdict"] not in ("not told apart", "the same")]
    rows.sort(key=lambda row: -abs(row["standardised"]) if np.isfinite(row["standardised"]) else -np.inf)
    first = {row["outcome"]: row["mean"] for row in found.rows if row["verdict"] == "first"}
    if not rows:
        return ["None of the mechanisms that were measured moved beyond chance."]
    lines = []
    for row in rows[:MOVED]:
        unit = "" if row["unit"] in ("", "1") else f" {row['unit']}"
        ends = "" if np.isnan(row["low"]) else f", difference {plain(row['low'])} to {plain(row['high'])}"
        kind = MECHANISMS[row["outcome"]]
        lines.append(
            f"{kind[:1].upper()}{kind[1:]}: {title_of(row['outcome'])} {plain(first[row['outcome']])} to "
            f"{plain(row['mean'])}{unit}{ends}."
        )
    caution = "These moved together with the outcomes. Which of them brought the outcomes about, this does not show."
    return [*lines, caution]


def sure(found: Comparison) -> list[str]:
    """Say how far the numbers can be trusted, and what pairing was worth."""
    number = lucks(found)
    others = [row for row in found.rows if row["verdict"] != "first"]
    clear = sum(row["verdict"] != "not told apart" for row in others)
    lines = [
        f"Brackets hold 95% intervals of the mean difference, from {count(number, 'luck')} by the bootstrap. The "
        "probability of being better is the share of bootstrap means on the better side; it is about the average, "
        "not about one future. For one future look at the share of lucks.",
        f"{len(others)} differences were looked at and {clear} stand out; about {max(round(0.05 * len(others)), 1)} "
        "would by chance alone.",
    ]
    widths = [
        (row["unpaired_high"] - row["unpaired_low"]) / (row["high"] - row["low"])
        for row in others
        if row["high"] > row["low"]
    ]
    if widths:
        lines.append(
            f"Because the luck is the same for all, intervals are {np.median(widths):.1f} times as narrow as with "
            "luck of their own (median over outcomes)."
        )
    if number < FEW:
        lines.append(
            f"With {count(number, 'luck')} intervals are somewhat too narrow; replicates=30 or more is better."
        )
    if found.result.failed:
        lines.append(f"{count(len(found.result.failed), 'run')} failed and is left out with its luck in all scenarios.")
    return lines


def unsaid(found: Comparison) -> list[str]:
    """Say what does not follow."""
    return [
        "It is a model's answer: it holds as far as the model's assumptions do, and for these settings.",
        "If several settings differ, it is their joint effect; scenarios=[A,A+key=value] changes one at a time.",
        "A difference that is not told apart may still be there, smaller than this many lucks can show.",
    ]


def tables_of(found: Comparison) -> list[TableText]:
    """Return one table a scenario."""
    first = {row["outcome"]: row["mean"] for row in found.rows if row["verdict"] == "first"}
    start, tables = found.options[0].name, []
    for option in found.options[1:]:
        rows = []
        for row in (row for row in found.rows if row["scenario"] == option.name):
            change = f"{plain(row['difference'], True)} ({plain(row['low'])} to {plain(row['high'])})"
            side = chances(row["probability"]) if row["better"] and np.isfinite(row["probability"]) else ""
            seeds = percent(row["seeds_better"]) if row["better"] else ""
            unit = "" if row["unit"] == "1" else row["unit"]
            cells = [plain(first[row["outcome"]]), plain(row["mean"]), change, side, seeds, row["verdict"]]
            rows.append([f"{title_of(row['outcome'])} ({row['meaning']})", unit, *cells])
        heads = ["outcome", "unit", start, option.name, "difference", "better on average", "better in lucks", ""]
        tables.append(TableText(f"{option.name} against {start}, means over lucks.", heads, rows, (0, 1, 7)))
    return tables


def written(option: Option) -> str:
    """Return an option as it stands on a command line."""
    return "+".join([option.scenario, *(f"{key}={literal(value)}" for key, value in option.changes.items())])


def command(found: Comparison) -> str:
    """Return the command that repeats the comparison."""
    study = found.result.manifest["identity"]["study"]
    scenarios = ",".join(
        option.scenario + "".join(f"+{k}={v}" for k, v in option.changes.items()) for option in found.options
    )
    parts = [f"scenarios=[{scenarios}]", f"replicates={study['replicates']}", f"seed={study['seed']}", *found.overrides]
    return " ".join(["emergence", "compare", *(shlex.quote(part) for part in parts)])
