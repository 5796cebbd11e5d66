"""What the replication suite says: a table for people, JSON for programs, and the words of `emergence validate`."""

from __future__ import annotations

import json
import math
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emergence.errors import Refusal, nearest
from emergence.validation.case import QUICK, Check
from emergence.validation.suite import CASES, FACTS, SUITES, Outcome, Report

HEAD = ("case", "check", "expected", "tolerance", "measured [95% interval]", "verdict", "rule")
WIDTHS = (11, 66, 8, 9, 26, 7)
KEYS = ("suite", "case", "json")


def read_words(words: Sequence[str]) -> tuple[str, list[str], Path | None]:
    """Return suite, names of cases and the file of results that a command line asks for."""
    given = {"suite": QUICK, "case": "", "json": ""}
    for word in words:
        key, mark, value = word.partition("=")
        if word in (*SUITES, FACTS):
            raise Refusal(f"'{word}' is not understood; suite={word} is meant")
        if key not in KEYS:
            raise Refusal(f"there is no '{key}'; {nearest(key, KEYS)}")
        if not mark or not value:
            raise Refusal(f"'{word}' is not understood: {key}=VALUE is needed")
        given[key] = value
    wanted = (name.strip() for name in given["case"].strip("[]").split(","))
    names = list(dict.fromkeys(name for name in wanted if name))
    return given["suite"], names, Path(given["json"]) if given["json"] else None


def check_writable(path: Path | None) -> None:
    """Refuse a file of results that could not be written at the end."""
    if path is None:
        return
    if path.is_dir() or not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Refusal(f"json={path}: this file cannot be written; name one in a folder that exists")


def help_lines() -> list[str]:
    """Return what ``emergence validate --help`` says."""
    return [
        f"emergence validate [suite={'|'.join((*SUITES, FACTS))}] [case=NAME,...] [json=FILE]",
        "",
        "Runs known results of the literature through the program's own rules, kernels and measures and compares.",
        "quick (the default) holds what is exact or cheap, full everything. Exit code 1 when one is off.",
        "facts runs the full default world (scenario=economy) to its steady state, thirty times in some minutes, and",
        "compares it with ten stylised facts of real economies; case= then names facts.",
        "",
        "Cases",
        *(f"  {case.id:<12}{case.result} ({case.source})" for case in CASES.values()),
    ]


def head_line() -> str:
    """Return the head of the table."""
    return line(HEAD)


def line(cells: Sequence[str]) -> str:
    """Return one line of the table."""
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, (*WIDTHS, 0), strict=True)).rstrip()


def table_lines(report: Report) -> list[str]:
    """Return the lines of one case."""
    return [
        line((report.case.id, outcome.check.name, *cells_of(outcome), report.case.rule)) for outcome in report.outcomes
    ]


def cells_of(outcome: Outcome) -> tuple[str, str, str, str]:
    """Return expected value, tolerance, measured value and verdict in words."""
    measured = say_value(outcome.measured)
    if outcome.interval is not None:
        measured += f" [{say_value(outcome.interval[0])}, {say_value(outcome.interval[1])}]"
    return say_value(outcome.check.expected), say_tolerance(outcome.check), measured, "ok" if outcome.ok else "OFF"


def say_value(value: Any) -> str:
    """Return a number in four digits, or a word as it is."""
    if isinstance(value, str):
        return value
    # Numbers just below a round one must not look different from it.
    return f"{round(float(value), 10) + 0.0:.5g}" if abs(value) < 1e5 else f"{float(value):.3g}"


def say_tolerance(check: Check) -> str:
    """Return how far off a check may be."""
    return f"+-{check.tolerance:g}" if check.sense == "within" else {"equal": "exact"}.get(check.sense, check.sense)


def closing_lines(reports: Sequence[Report]) -> list[str]:
    """Return what each result is conditional on, and the verdict on all."""
    lines = ["", "What each result is conditional on"]
    for report in reports:
        lines += textwrap.wrap(
            report.case.conditional, 110, initial_indent=f"  {report.case.id:<12}", subsequent_indent=" " * 14
        )
    number = sum(len(report.outcomes) for report in reports)
    off = [outcome for report in reports for outcome in report.outcomes if not outcome.ok]
    seconds = sum(report.seconds for report in reports)
    verdict = f"{number - len(off)} of {number} checks ok" + (f", {len(off)} OFF" if off else "")
    return [*lines, "", f"{verdict} ({len(reports)} {'case' if len(reports) == 1 else 'cases'}, {seconds:.0f} s)"]


def results_of(suite: str, reports: Sequence[Report]) -> dict[str, Any]:
    """Return everything as plain values, ready for JSON; what is not finite becomes null."""
    from emergence.store import version

    return {
        "program": "emergence",
        "version": version(),
        "suite": suite,
        "ok": all(report.ok for report in reports),
        "seconds": round(sum(report.seconds for report in reports), 1),
        "cases": [case_of(report) for report in reports],
    }


def case_of(report: Report) -> dict[str, Any]:
    """Return one case as plain values."""
    case = report.case
    about = {name: getattr(case, name) for name in ("id", "result", "source", "rule", "setup", "conditional", "flip")}
    checks = [
        {
            "check": outcome.check.name,
            "expected": outcome.check.expected,
            "sense": outcome.check.sense,
            "tolerance": outcome.check.tolerance,
            "measured": outcome.measured,
            "interval": outcome.interval,
            "ok": outcome.ok,
        }
        for outcome in report.outcomes
    ]
    return about | {"ok": report.ok, "seconds": round(report.seconds, 1), "checks": checks}


def plain(value: Any) -> Any:
    """Return a value with arrays as lists and numbers that are not finite as None."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path: Path, results: dict[str, Any]) -> None:
    """Write results so that the file is there as a whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(json.dumps(plain(results), indent=1, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise Refusal(f"json={path}: cannot be written ({error.strerror}); name a file of yours") from None
