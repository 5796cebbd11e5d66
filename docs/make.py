"""Write the generated parts of the documentation: ``python docs/make.py`` (``--check`` only compares).

docs/reference.md and docs/measures.md are generated whole; in other documents what stands between
``<!-- generated: NAME -->`` and ``<!-- end -->``. The tables of emergence come from results/emergence/, which
experiments/what_networks_bring.py writes; that of strategies from results/strategies/, by experiments/strategies.py;
those of boards from results/irish_boards/, by experiments/irish_boards.py; that of the tour from results/tour/, by
experiments/tour_claims.py.
"""

from __future__ import annotations

import csv
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from emergence import measures as measure_package
from emergence.build import CONDITIONS
from emergence.config import Settings, get, known_keys
from emergence.measures.emergence import OUTCOMES
from emergence.measures.interval import paired_interval
from emergence.measures.monthly import MONTHLY
from emergence.measures.taken import known
from emergence.rules.base import EVENTS
from emergence.schema import ANY, FIRMS, GROUPS, LAYERS, MEMBERSHIPS, OPERATIONAL, TIES, Column
from emergence.step import PLAN

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "emergence"
SHOWN = ("value_gained", "useful", "mean_z", "joint_income", "growth", "firms")  # in the README


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines)


def plan() -> str:
    """Return the rules in the order of a month."""
    rows = [
        [str(n), rule.phase, f"`{rule.name}`", rule.about, f"{rule.moves[0]} {rule.moves[1]}", rule.source]
        for n, rule in enumerate(PLAN, 1)
    ]
    return table(["", "phase", "rule", "what it does", "moves", "source"], rows)


def conditions() -> str:
    """Return what each condition sets."""
    rows = []
    for effect in CONDITIONS:
        change = "{:+g} / {:+g}" if effect.shift else "x {:g} / x {:g}"
        rows.append([effect.condition, f"`{effect.parameter}`", change.format(effect.low, effect.high), effect.moves])
    return table(["condition", "parameter", "at 0 / at 1", "what it moves as the condition rises"], rows)


TABLES = (("Firms", FIRMS), ("Ties", TIES), ("Groups", GROUPS), ("Memberships", MEMBERSHIPS))


def stored(column: Column) -> str:
    """Return how a column is stored: its type and, if there are several, how many entries a row has."""
    return column.dtype + (f"[{column.width}]" if column.width > 1 else "")


def columns() -> str:
    """Return every column of every table."""
    parts = []
    for title, spec in TABLES:
        rows = [[f"`{c.name}`", stored(c), c.unit, f"{c.default:g}", c.meaning] for c in spec]
        parts.append(f"### {title}\n\n" + table(["column", "type", "unit", "default", "meaning"], rows))
    return "\n\n".join(parts)


def state_variables() -> str:
    """Return the state variables of firms, ties, groups and memberships, with their ranges."""
    parts = []
    for title, spec in TABLES:
        rows = []
        for c in spec:
            span = "" if c.span == ANY else f"{c.span[0]:g} to {c.span[1]:g}"
            only = [f"layers {', '.join(LAYERS[k] for k in c.layers)}"] if len(c.layers) < len(LAYERS) else []
            only += [f"only with `{c.rule}`"] if c.rule else []
            rows.append([f"`{c.name}`", stored(c), c.unit, span, "; ".join([c.meaning, *only])])
        parts.append(f"*{title}*\n\n" + table(["variable", "type", "unit", "range", "meaning"], rows))
    return "\n\n".join(parts)


def layers() -> str:
    """Return the settings that differ by layer, with their defaults."""
    rules = Settings().rules
    rows = []
    for kind, settings in (("", rules.formation), ("met: ", rules.search)):
        for item in fields(getattr(settings, LAYERS[0])):
            values = [f"{getattr(getattr(settings, layer), item.name):g}" for layer in LAYERS]
            rows.append([f"{kind}{item.metadata['meaning']} (`{item.name}`)", *values])
    rows.append(["payoff of a joint project", *(f"{getattr(rules.work, f'payoff_{layer}'):g}" for layer in LAYERS)])
    decay = [rules.strengthening.decay_operational if k == OPERATIONAL else rules.strengthening.decay for k in range(4)]
    rows.append(["decay of strength a month", *(f"{value:g}" for value in decay)])
    rows.append(["hazard a month (7.11)", *(f"{getattr(rules.dissolution, layer):g}" for layer in LAYERS)])
    return table(["setting", *LAYERS], rows)


def keys() -> str:
    """Return every key that can be set."""
    rows, defaults = [], Settings()
    for key, item in known_keys().items():
        about = item.metadata
        span = f"{about['low']:g} to {about['high']:g}" if "low" in about and "optional" not in about else ""
        span = ", ".join(about.get("choices", ())) or span
        default = str(get(defaults, key))
        rows.append([f"`{key}`", default, about.get("unit", ""), span, about["meaning"]])
    return table(["key", "default", "unit", "range", "meaning"], rows)


def measures() -> str:
    """Return the columns of steps.parquet."""
    return table(["measure", "unit", "meaning"], [[f"`{n}`", unit, what] for n, (unit, what) in MONTHLY.items()])


def taken() -> str:
    """Return the measures that can be asked for."""
    rows = [
        [f"`{name}`", unit or "as the column", meaning, "month" if every == 1 else f"{every} months"]
        for name, (unit, meaning, every) in known().items()
    ]
    return table(["measure", "unit", "meaning", "taken every"], rows)


def reference() -> str:
    """Return docs/reference.md."""
    return "\n\n".join(
        [
            "# Reference",
            "Generated from the code by `python docs/make.py`.",
            "## Keys\n\nOn the command line as `key=value`; a list of values with `--multirun`.",
            keys(),
            "## Measures\n\nColumns of `steps.parquet`, one row a month.",
            measures(),
            "### On demand\n\n`output.also=[{measure: NAME, every: 6, sector: 2}]` takes more measures; `of` names the "
            "column of firms for measures of values, `layer`, `sector`, `region`, `group` and `kind` say about whom.",
            taken(),
            "## Events\n\nKinds in `events.parquet`: " + ", ".join(f"`{kind}`" for kind in EVENTS) + ". "
            "`a` and `b` are uids, -1 where there is none; `value` is the age in months of what ended, the value "
            "(z) of an innovation, or the size of a shock.",
            "## Columns",
            columns(),
            "",
        ]
    )


def parts_of_emergence(outcomes: Sequence[str] = tuple(OUTCOMES)) -> str:
    """Return the table of emergence of the default world, from results/emergence/parts.csv."""
    with open(RESULTS / "parts.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    cells = {(row["outcome"], row["part"]): row for row in found}
    names = ["whole", "contact", "structure", "replacement", "choice"]
    rows = []
    for name in outcomes:
        about = OUTCOMES[name]
        scale = abs(float(cells[name, "whole"]["mean"]))
        digits = 0 if scale >= 100 else 1 if scale >= 5 else 3 if scale >= 0.05 else 4
        parts = [estimate(cells[name, part], digits) for part in names]
        rows.append([f"{about.meaning} ({about.unit})", *parts])
    return table(["outcome", *names], rows)


def estimate(row: dict[str, str], digits: int) -> str:
    """Return a mean with its interval; bold where the interval excludes 0."""
    mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
    # Adding 0.0 takes the sign from a zero.
    shown = [round(value, digits) + 0.0 for value in (mean, low, high)]
    sign = "+" if shown[0] > 0 else ""
    text = f"{sign}{shown[0]:.{digits}f} [{shown[1]:.{digits}f}, {shown[2]:.{digits}f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def structure() -> str:
    """Return where structure begins to matter, from results/emergence/structure.csv."""
    with open(RESULTS / "structure.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    shown = {"joint_income": 0, "mean_z": 2, "useful": 1}
    rows = []
    for place, words in (("towns", "at home"), ("mixed", "anywhere")):
        for level in sorted({row["level"] for row in found}, key=float):
            cells = []
            for name, digits in shown.items():
                at = [r for r in found if (r["place"], r["level"], r["outcome"]) == (place, level, name)]
                mean, low, high = paired_interval([float(r["structure"]) for r in at])
                cells.append(estimate({"mean": str(mean), "low": str(low), "high": str(high)}, digits))
            rows.append([words, f"{float(level):g}", *cells])
    heads = [f"{OUTCOMES[name].meaning} ({OUTCOMES[name].unit})" for name in shown]
    return table(["ties", "in common", *heads], rows)


def functions() -> str:
    """Return docs/measures.md: every public measure as its docstring describes it."""
    parts = [
        "# Measures",
        "Generated from the code by `python docs/make.py`. What a run writes every month, and what it can write on "
        "demand, is in the [reference](reference.md); how emergence is measured, in [what the network brings]"
        "(emergence.md).",
        inspect.getdoc(measure_package) or "",
    ]
    for name in sorted(measure_package.__all__, key=str.lower):
        found = getattr(measure_package, name)
        signature = re.sub(r": [^,=)]+", "", str(inspect.signature(found)).split(" ->")[0]).replace("= ", "=")
        what = name if inspect.isclass(found) else name + signature
        parts += [f"## `{what}`", readable(inspect.getdoc(found) or "")]
    return "\n\n".join([*parts, ""])


def readable(docstring: str) -> str:
    """Return a NumPy docstring as Markdown: sections bold, entries as a list."""
    lines: list[str] = []
    entries = False
    for line in re.sub(r"\n( *)(\w[\w ]+)\n\1-+\n", r"\n@\2\n", docstring).splitlines():
        if line.startswith("@"):
            entries = line[1:] in ("Parameters", "Attributes", "Returns", "Raises", "Yields")
            lines += [f"**{line[1:]}**", ""]
        elif entries and line.strip() and not line.startswith(" "):
            lines.append(f"- `{line.strip()}`:")
        else:
            lines.append(line if not entries else f"  {line.strip()}" if line.strip() else "")
    return "\n".join(lines)


def effects() -> str:
    """Return docs/effects.md: what the tests measured, from results/effects.csv."""
    with open(RESULTS.parent / "effects.csv", newline="", encoding="utf-8") as file:
        found = sorted(csv.reader(file), key=lambda row: row[0])
    parts = [
        "# Effects",
        "Every effect that the tests measure over 30 paired seeds, with its 95% interval, as `make effects` last found "
        "it. What a test asserts of it, and in which units, is said in the test; [mechanisms](mechanisms.md) says "
        "which test belongs to which mechanism. A test with several lines measures several effects, in this order.",
    ]
    for name in dict.fromkeys(row[0].partition("::")[0] for row in found):
        rows = [
            [f"`{test.partition('::')[2]}`", f"{mean} [{low}, {high}]"]
            for test, mean, low, high in found
            if test.startswith(name + "::")
        ]
        parts += [f"## {name}", table(["test", "effect"], rows)]
    return "\n\n".join([*parts, ""])


def reasons() -> str:
    """Return what looking for reasons found, from results/emergence/reasons.csv."""
    with open(RESULTS / "reasons.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    rows = []
    for setting in dict.fromkeys(row["setting"] for row in found):
        at = {(r["outcome"], r["part"]): r for r in found if r["setting"] == setting}
        cells = [estimate(at["joint_income", part], 0) for part in ("whole", "structure", "choice")]
        rows.append([setting, *cells, estimate(at["value_gained", "contact"], 3), estimate(at["mean_z", "contact"], 2)])
    heads = [f"joint projects, {part} (EUR)" for part in ("whole", "structure", "choice")]
    return table(["setting", *heads, "value gained, contact (z)", "mean practice, contact (z)"], rows)


def strategies() -> str:
    """Return what strategies cost and save, from results/strategies/table.csv."""
    with open(RESULTS.parent / "strategies" / "table.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    rows = []
    for row in found:
        cells = [
            estimate({"mean": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}, 2)
            for name in ("cost", "saved", "elsewhere")
        ]
        rows.append([row["strategy"], f"`{row['settings']}`", *cells])
    heads = ["cost in calm (points of margin)", "saved (days of all output)", "saved outside the sector (days)"]
    return table(["strategy", "overrides", *heads], rows)


BOARDS = {
    "survive_1": "share of ties still there after 1 year",
    "survive_2": "after 2 years",
    "survive_3": "after 3 years",
    "survive_5": "after 5 years",
    "survive_new_1": "the same of new ties: after 1 year",
    "survive_new_2": "after 2 years",
    "survive_new_3": "after 3 years",
    "survive_new_5": "after 5 years",
    "gone": "share of ties gone within a year",
    "gone_though_both_stayed": "of those whose two firms are both still there",
    "gone_new": "of those that were new in the year before",
    "gone_old": "of those that had been there for a year or more",
    "firms_gone": "share of firms gone within a year",
    "formed": "new ties per firm and year",
    "repeated": "share of new ties of pairs that had been tied before",
    "ties_per_firm": "ties per firm, mean over years",
    "last_over_first": "ties per firm, last year over first",
    "alone": "share of firms without a tie",
    "many": "share of firms with five ties or more",
    "clustering": "mean local clustering",
}


def boards() -> str:
    """Return how simulated ties compare with board interlocks, from results/irish_boards/table.csv."""
    with open(RESULTS.parent / "irish_boards" / "table.csv", newline="", encoding="utf-8") as file:
        found = {row["what"]: row for row in csv.DictReader(file) if row["at"] == "0"}
    rows = []
    for name, words in BOARDS.items():
        data, mean, low, high, run_low, run_high = (float(found[name][column]) for column in BOARD_COLUMNS)
        inside = "yes" if run_low <= data <= run_high else "no"
        runs = f"{run_low:.3f} to {run_high:.3f}"
        rows.append([words, f"{data:.3f}", f"{mean:.3f} [{low:.3f}, {high:.3f}]", runs, inside])
    return table(["", "boards", "mean of the runs", "19 of 20 runs", "boards among them"], rows)


BOARD_COLUMNS = ("data", "mean", "low", "high", "run_low", "run_high")


def reasons_of_boards() -> str:
    """Return what becomes of ties per firm without one thing each, from results/irish_boards/reasons.csv."""
    with open(RESULTS.parent / "irish_boards" / "reasons.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    shown = ("2003", "2007", "2010", "2013")
    rows = []
    for name in dict.fromkeys(row["without"] for row in found):
        cells = [row for row in found if row["without"] == name and row["year"] in shown]
        rows.append([name, *(estimate(row, 2).strip("*+").replace("**", "") for row in cells)])
    return table(["rules", *shown], rows)


def tour() -> str:
    """Return what a room sees of what the tour says, from results/tour/claims.csv."""
    with open(RESULTS.parent / "tour" / "claims.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    rows = []
    for row in found:
        seen = f"{float(row['share']):.0%}"
        told = row["claim"] if row["sure"] == "True" else f"{row['claim']} (or not)"
        mean, low, high = (float(row[name]) for name in ("mean", "low", "high"))
        rows.append([row["question"], told, seen, f"{mean:.1f} [{low:.1f}, {high:.1f}] {row['unit']}"])
    return table(["question", "what is said", "worlds in which the room sees it", "mean"], rows)


def filled(path: Path, blocks: dict[str, Callable[[], str]]) -> str:
    """Return a document with its generated blocks up to date."""
    text = path.read_text(encoding="utf-8")
    for name, make in blocks.items():
        block = re.compile(rf"(<!-- generated: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)
        text, found = block.subn(lambda match, make=make: f"{match[1]}{make()}\n{match[2]}", text)
        if found != 1:
            raise SystemExit(f"{path.name}: there must be one block '{name}', not {found}")
    return text


def documents() -> dict[Path, str]:
    """Return what the generated files should contain."""
    blocks: dict[Path, dict[str, Callable[[], str]]] = {
        HERE / "odd.md": {"schema": state_variables, "plan": plan, "conditions": conditions, "layers": layers},
        HERE / "emergence.md": {"emergence": parts_of_emergence, "structure": structure, "reasons": reasons},
        HERE / "mechanisms.md": {"strategies": strategies},
        HERE / "workshop.md": {"tour": tour},
        HERE / "irish-boards.md": {"boards": boards, "reasons": reasons_of_boards},
        HERE.parent / "README.md": {"emergence": lambda: parts_of_emergence(SHOWN)},
    }
    whole = {HERE / "reference.md": reference(), HERE / "measures.md": functions(), HERE / "effects.md": effects()}
    return whole | {path: filled(path, of) for path, of in blocks.items()}


if __name__ == "__main__":
    stale = [p for p, text in documents().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(p.name for p in stale)}; run python docs/make.py" if stale else 0)
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
