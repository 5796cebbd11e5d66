"""docs/mechanisms.md: every row names rules, keys and tests that exist, and a small scenario that runs."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from emergence.build import make_simulation
from emergence.compose import compose
from emergence.config import Group, known_keys
from emergence.step import PLAN

TESTS = Path(__file__).parent
DOCUMENT = TESTS.parent / "docs" / "mechanisms.md"
ELSEWHERE = {"measures", "founders"}  # mechanisms that are no rule of the plan


def rows():
    """Return the cells of every row of the tables of mechanisms."""
    found, inside = [], False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 6:
            inside = inside or cells[1] == "rule"
            if cells[1] not in ("rule", "---"):
                found.append(cells)
    return found


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def full(keys):
    """Write out keys that leave out what they share with the one before."""
    whole, last = [], ""
    for key in keys:
        whole.append(last.rpartition(".")[0] + key if key.startswith(".") else key)
        last = whole[-1]
    return whole


ROWS = rows()
NAMES = [cells[0][:50] for cells in ROWS]
DEFINED = {name for file in TESTS.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}


def test_there_are_rows():
    assert len(ROWS) > 50 and len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("cells", ROWS, ids=NAMES)
def test_rules_and_keys_exist(cells):
    rules = re.sub(r"\([^)]*\)", "", cells[1])
    named = {
        name
        for name in re.findall(r"\w+", rules)
        if name not in ("read", "by", "and", "the", "conditions", "all", "of", "groups")
    }
    assert named <= {rule.name for rule in PLAN} | ELSEWHERE
    group = {f"groups[].{item.name}" for item in fields(Group)}
    for key in full([k for k in quoted(cells[2]) if re.fullmatch(r"[\w.\[\]]*\.\w+", k)]):
        section = any(known.startswith(key + ".") for known in known_keys())
        wild = key.startswith(("firms.", "result.", "groups.parquet", "em."))
        assert key in known_keys() or key in group or section or wild, key


@pytest.mark.parametrize("cells", ROWS, ids=NAMES)
def test_source_and_test_are_named_and_exist(cells):
    assert cells[3] or "two" in cells[0] or "opposed" in cells[0], "no source"
    names = re.findall(r"test_\w+", cells[4])
    assert names, "no test"
    for name in names:
        assert name in DEFINED or (TESTS / f"{name}.py").exists(), name


@pytest.mark.parametrize("cells", ROWS, ids=NAMES)
def test_what_shows_it_runs(cells):
    """Three months of each scenario, with sixty firms and all invariants checked."""
    scenarios = quoted(cells[5])
    assert scenarios, "nothing to see"
    for words in scenarios:
        more = [] if "firms=" in words or "florence" in words else ["firms=60"]
        settings = compose([*split(words), *more, "output.report=false", "debug=true"])
        make_simulation(settings).advance(3)


def split(words):
    """Split overrides at spaces outside brackets."""
    parts, depth = [""], 0
    for letter in words:
        depth += (letter in "[{") - (letter in "]}")
        if letter == " " and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]
