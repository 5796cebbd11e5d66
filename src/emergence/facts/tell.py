"""What the suite of stylised facts says: a table for people, plain values for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from emergence.facts.fact import Fact
from emergence.facts.suite import Finding

HEAD = ("fact", "number", "published", "range", "measured [95% interval]", "verdict")
WIDTHS = (11, 52, 11, 16, 28)


def line(cells: Sequence[str]) -> str:
    """Return one line of the table."""
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, (*WIDTHS, 0), strict=True)).rstrip()


def say_range(low: float, high: float) -> str:
    """Return a range, or a bound, in words."""
    if math.isinf(high):
        return f"above {low:g}"
    return f"below {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def say_measured(value: float, interval: tuple[float, float]) -> str:
    """Return a measurement with its interval, if there is one."""
    ends = f" [{interval[0]:.3g}, {interval[1]:.3g}]" if math.isfinite(interval[0]) else ""
    return f"{value:.3g}{ends}"


def table_lines(findings: Sequence[Finding]) -> list[str]:
    """Return the table of some findings, its head first."""
    rows = [
        (
            one.fact.id, f"{one.number.name} ({one.number.unit})", one.number.published,
            say_range(one.number.low, one.number.high), say_measured(one.measured, one.interval),
            "ok" if one.ok else "OFF",
        )
        for one in findings
    ]  # fmt: skip
    return [line(row) for row in (HEAD, *rows)]


def by_fact(findings: Sequence[Finding]) -> list[tuple[Fact, list[Finding]]]:
    """Return the findings of each fact, in their order."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.fact.id, []).append(one)
    return [(group[0].fact, group) for group in found.values()]


def closing_lines(findings: Sequence[Finding], worlds: str, seconds: float) -> list[str]:
    """Return sources, where ranges come from, and the verdict on all."""
    facts = by_fact(findings)
    lines = ["", "Sources, and where ranges come from"]
    for fact, _ in facts:
        lines += [f"  {fact.id:<12}{fact.source}", f"  {'':<12}{fact.range}"]
    off = sum(not all(one.ok for one in group) for _, group in facts)
    verdict = f"{len(facts) - off} of {len(facts)} facts hold" + (f", {off} OFF" if off else "")
    return [*lines, "", f"{verdict} ({worlds}; {seconds:.0f} s)"]


def results_of(findings: Sequence[Finding], worlds: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return everything as plain values; what is infinite stands for a bound without another end."""
    from emergence.store import version

    facts = [
        {
            "id": fact.id, "says": fact.says, "source": fact.source, "range": fact.range,
            "ok": all(one.ok for one in group),
            "numbers": [
                {
                    "name": one.number.name, "unit": one.number.unit, "published": one.number.published,
                    "low": one.number.low, "high": one.number.high, "clear": one.number.clear,
                    "measured": one.measured, "interval": one.interval, "ok": one.ok,
                }
                for one in group
            ],
        }
        for fact, group in by_fact(findings)
    ]  # fmt: skip
    return {
        "program": "emergence", "version": version(), "suite": "facts", "ok": all(one.ok for one in findings),
        "seconds": round(seconds, 1), "worlds": worlds, "facts": facts,
    }  # fmt: skip
