"""Write docs/validation.md and its figures from results/validation.json and results/facts.json.

``python docs/make_validation.py --run`` first runs the full suite and the curves of the figures (about ten
minutes) and writes the JSON; ``--check`` only tells whether the document is out of date. The stylised facts are
measured by ``emergence validate suite=facts json=results/facts.json``.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emergence.validation import Case

INF = float("inf")
HERE = Path(__file__).parent
DOCUMENT, FIGURES = HERE / "validation.md", HERE / "figures"
RESULTS = HERE.parent / "results" / "validation.json"
FACTS = HERE.parent / "results" / "facts.json"
FACTS_WORDS = HERE / "facts.md.in"

INTRO = """# Known results, measured by the program itself

Before a simulator is asked new questions it should give the known answers to old ones. Each case below is a result
of the literature. The program reproduces it with its own parts: the rule that spreads a technology in a scenario is
the rule that is held against Watts 2002 here. A verdict that is off would stand here as off.

The expected values are analytic, published or, where a paper shows a curve and no number, reference values that came
with the design of this suite. So did the tolerances; where the design names none, it is the last printed digit of an
exact result, or the sampling error of reference and measurement together. A check that a number lies above or below
a bound wants the whole 95% interval there, where one is given.

```sh
emergence validate                            # exact and cheap checks, under a minute
emergence validate suite=full json=out.json   # everything, a few minutes; exit code 1 when one is off
emergence validate case=cascades,default suite=full
```

```python
import emergence as em

em.validation.measure("cascades", z=3.0, runs=100)  # any case at any setting
em.validation.measure("cascades", z=3.0, sign=-1)  # the mechanism turned round: the result must be gone
```

To reproduce a result is not to agree with it. Several are disputed, and all depend on their assumptions; what each
is conditional on stands with it. The four classics diversity, barter, teams and culture have small rules of their own
that no scenario uses.

With `sign=-1` the mechanism behind a case is turned round, and a test holds that every case then fails: a check that
passes either way would prove nothing.
"""


def measure_all() -> dict[str, Any]:
    """Run the full suite and the curves; return all of it as plain values."""
    from emergence.validation import CASES, run_suite, tell
    from emergence.validation.case import remembering

    reports = list(run_suite("full", on_case=lambda case: print(case.id, "...", file=sys.stderr)))
    results = tell.results_of("full", reports)
    results["curves"] = {}
    for case in CASES.values():
        if case.curve is not None:
            print(case.id, "curve ...", file=sys.stderr)
            results["curves"][case.id] = case.curve(remembering(case))
    return tell.plain(results)


def table(results: dict[str, Any]) -> str:
    """Return every check of every case as a Markdown table."""
    from emergence.validation.tell import say_value

    lines = ["| case | check | expected | tolerance | measured | 95% interval | verdict |", "| --- " * 7 + "|"]
    for case in results["cases"]:
        for check in case["checks"]:
            within = check["sense"] == "within"
            tolerance = f"±{check['tolerance']:g}" if within else {"equal": "exact"}.get(check["sense"], check["sense"])
            span = " to ".join(say_value(end) for end in check["interval"]) if check["interval"] else ""
            measured = "none" if check["measured"] is None else say_value(check["measured"])
            cells = [f"`{case['id']}`", check["check"], say_value(check["expected"]), tolerance, measured, span]
            lines.append("| " + " | ".join([*cells, "ok" if check["ok"] else "**off**"]) + " |")
    return "\n".join(lines)


def section(case: Case, drawn: dict[str, Any], notes: dict[str, str]) -> str:
    """Return the paragraph of one case, with its figure."""
    from textwrap import fill

    parts = [
        f"### {case.id}",
        f"*{upper(case.result)}* ({case.source}).",
        case.setup,
        f"**Conditional on:** {case.conditional}.",
        f"Runs `{case.rule}`. Turned round by `sign=-1`: {case.flip}.",
    ]
    if case.id in notes:
        parts.append(notes[case.id])
    parts = [parts[0], *(fill(part, 118, break_long_words=False, break_on_hyphens=False) for part in parts[1:])]
    if case.id in drawn:
        figure = drawn[case.id]
        parts += [
            f"![{figure.title}](figures/{figure.name}.svg)",
            textwrap.fill(f"*{figure.title}.* {figure.caption}", 118),
        ]
    return "\n\n".join(parts)


def notes_on(results: dict[str, Any]) -> dict[str, str]:
    """Return what has to be said about numbers that lie off the published ones though within tolerance."""
    notes = {}
    if "landscape" in results.get("curves", {}):
        full = results["curves"]["landscape"]["full"][200]
        low, high = results["curves"]["landscape"]["full_interval"][200]
        notes["landscape"] = (
            f"Over 600 landscapes the full network ends at {full:.3f} ({low:.3f} to {high:.3f}), below the reference "
            "of .575. That is a mean over 60 landscapes with a standard error of .025, so the two agree; the "
            "tolerances in the table are the 95% range of a difference of two means over 60."
        )
    return notes


def upper(text: str) -> str:
    """Return a text with a capital letter at the start."""
    return text[:1].upper() + text[1:]


def document(results: dict[str, Any]) -> str:
    """Return docs/validation.md."""
    from emergence.figures.validation import draw_validation
    from emergence.validation import CASES

    drawn, notes = draw_validation(results.get("curves", {})), notes_on(results)
    checks = [check for case in results["cases"] for check in case["checks"]]
    off = sum(not check["ok"] for check in checks)
    summary = (
        f"{len(checks) - off} of {len(checks)} checks of {len(results['cases'])} cases hold; {off} are off. Version "
        f"{results['version']}, {results['seconds'] / 60:.1f} minutes. This page is generated by `python "
        "docs/make_validation.py` from [results/validation.json](../results/validation.json)."
    )
    parts = [INTRO, "## All checks", textwrap.fill(summary, 118), table(results), "## Case by case"]
    parts += [section(CASES[case["id"]], drawn, notes) for case in results["cases"]]
    parts.append(facts_section(json.loads(FACTS.read_text(encoding="utf-8"))))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _years(months: int) -> str:
    return f"{months / 12:g} years"


def facts_section(results: dict[str, Any]) -> str:
    """Return the section on the stylised facts: words of our own, the table, the figure."""
    from emergence.facts.tell import say_measured, say_range
    from emergence.figures.facts import draw_facts

    rows = ["| fact | number | published | range | measured [95% interval] | verdict |", "| --- " * 6 + "|"]
    for fact in results["facts"]:
        for one in fact["numbers"]:
            low, high = (end if one[name] is None else one[name] for name, end in (("low", -INF), ("high", INF)))
            unit = "" if one["unit"] == "1" else f" ({one['unit']})"
            measured = "none" if one["measured"] is None else say_measured(one["measured"], tuple(one["interval"]))
            verdict = "ok" if one["ok"] else "**off**"
            cells = [f"`{fact['id']}`", one["name"] + unit, one["published"], say_range(low, high), measured, verdict]
            rows.append("| " + " | ".join(cells) + " |")
    about = ["| fact | in words | source | where the range comes from |", "| --- " * 4 + "|"]
    about += [f"| `{one['id']}` | {one['says']} | {one['source']} | {one['range']} |" for one in results["facts"]]
    figure, worlds = draw_facts(results), results["worlds"]
    values = {
        "hold": str(sum(fact["ok"] for fact in results["facts"])), "facts": str(len(results["facts"])),
        "worlds": str(len(worlds["seeds"])), "firms": f"{worlds['firms']:,}",
        "years": _years(worlds["months"]), "settled": _years(worlds["settled"]),
        "table": "\n".join(rows), "about": "\n".join(about),
        "figure": f"![{figure.title}](figures/{figure.name}.svg)\n\n"
        + textwrap.fill(f"*{figure.title}.* {figure.caption}", 118),
    }  # fmt: skip
    text = FACTS_WORDS.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text


def main(words: list[str]) -> int:
    """Run what the words ask for."""
    if "--run" in words:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(measure_all(), allow_nan=False) + "\n", encoding="utf-8")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    text = document(results)
    if "--check" in words:
        stale = not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text
        print("out of date: validation.md; run python docs/make_validation.py" if stale else "up to date")
        return int(stale)
    from emergence.figures.facts import draw_facts
    from emergence.figures.style import save
    from emergence.figures.validation import draw_validation

    for figure in draw_validation(results.get("curves", {})).values():
        save(figure, FIGURES)
    save(draw_facts(json.loads(FACTS.read_text(encoding="utf-8"))), FIGURES)
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
