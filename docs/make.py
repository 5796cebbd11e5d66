"""Write the generated parts of the documentation: ``python docs/make.py`` (``--check`` only compares).

docs/reference.md is generated whole; in docs/odd.md what stands between
``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from emergence.build import CONDITIONS
from emergence.config import Settings, get, known_keys
from emergence.measures.monthly import MONTHLY
from emergence.rules.base import EVENTS
from emergence.schema import FIRMS, GROUPS, MEMBERSHIPS, TIES
from emergence.step import PLAN

HERE = Path(__file__).parent


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


def columns() -> str:
    """Return every column of every table."""
    parts = []
    for title, spec in (("Firms", FIRMS), ("Ties", TIES), ("Groups", GROUPS), ("Memberships", MEMBERSHIPS)):
        rows = [
            [
                f"`{c.name}`",
                c.dtype + (f"[{c.width}]" if c.width > 1 else ""),
                c.unit,
                f"{c.default:g}",
                c.meaning,
            ]
            for c in spec
        ]
        parts.append(f"### {title}\n\n" + table(["column", "type", "unit", "default", "meaning"], rows))
    return "\n\n".join(parts)


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
            "## Events\n\nKinds in `events.parquet`: " + ", ".join(f"`{kind}`" for kind in EVENTS) + ". "
            "`a` and `b` are uids, -1 where there is none; `value` is the age in months of what ended, the value "
            "(z) of an innovation, or the size of a shock.",
            "## Columns",
            columns(),
            "",
        ]
    )


def filled(text: str) -> str:
    """Return a document with its generated blocks up to date."""
    blocks = {"plan": plan, "conditions": conditions}
    for name, make in blocks.items():
        block = re.compile(rf"(<!-- generated: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)
        text, found = block.subn(lambda match, make=make: f"{match[1]}{make()}\n{match[2]}", text)
        if found != 1:
            raise SystemExit(f"odd.md: there must be one block '{name}', not {found}")
    return text


def documents() -> dict[Path, str]:
    """Return what the generated files should contain."""
    odd = HERE / "odd.md"
    return {HERE / "reference.md": reference(), odd: filled(odd.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    stale = [p for p, text in documents().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        sys.exit(f"out of date: {', '.join(p.name for p in stale)}; run python docs/make.py" if stale else 0)
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
