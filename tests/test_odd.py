"""docs/odd.md: each formula is evaluated and compared with the program, and each of its numbers matters."""

from __future__ import annotations

import ast
import pkgutil
import re
from importlib import import_module

import numpy as np
import pytest

import odd
from emergence.config import Settings, get, known_keys
from odd.blocks import BLOCK, DOCUMENT, evaluate, parse, read
from odd.checks import CHECKS, Check

for module in pkgutil.iter_modules(odd.__path__):
    import_module(f"odd.{module.name}")

TEXT = DOCUMENT.read_text(encoding="utf-8")
READ = read(TEXT)
FORMULAS = {formula.name: formula for formula in READ}
BOUND = {one.name: one for one in CHECKS}
MUTANT = 1.03


def holds(one: Check, changed: dict[ast.AST, float] | None = None) -> bool:
    """Tell whether a formula is what the program does, some of its numbers read as others."""
    cases = one.cases()
    with np.errstate(all="ignore"):
        return cases.hold(evaluate(FORMULAS, one.name, cases.given, changed))


def test_every_formula_has_one_check_and_every_check_one_formula():
    names = [formula.name for formula in READ]
    assert len(set(names)) == len(names) == len(READ), "two formulas of one name"
    assert sorted(one.name for one in CHECKS) == sorted(names)


@pytest.mark.parametrize("name", BOUND)
def test_the_program_does_what_the_formula_says(name):
    assert holds(BOUND[name])


@pytest.mark.parametrize("name", BOUND)
def test_every_number_of_the_formula_matters(name):
    """Read as three percent more (0 as .03), each makes the check fail."""
    for number in FORMULAS[name].numbers():
        mutant = number.value * MUTANT or MUTANT - 1
        assert not holds(BOUND[name], {number: mutant}), f"{number.value} at column {number.col_offset}"


@pytest.mark.parametrize("name", [name for name in BOUND if FORMULAS[name].settings])
def test_settings_stand_with_their_defaults(name):
    settings = Settings()
    for key, value in FORMULAS[name].settings.items():
        homes = [f"{section}.{key}" for section in BOUND[name].sections]
        found = [home for home in homes if home in known_keys()]
        assert found, f"no setting {key} in {', '.join(BOUND[name].sections)}"
        assert float(ast.literal_eval(value)) == float(get(settings, found[0])), found[0]


def test_a_formula_may_do_nothing_but_count():
    for hostile in ("f(x) = __import__('os')", "f(x) = x.real", "f(x) = [x for x in x]", "f(x) = 'x' * 9"):
        with pytest.raises((AssertionError, KeyError, SyntaxError)):
            evaluate({"f": parse(hostile)}, "f", {"x": 1.0})


def test_no_formula_is_written_twice():
    """Blocks hold all of them: what mechanisms.md says of a mechanism is a link."""
    other = (DOCUMENT.parent / "mechanisms.md").read_text(encoding="utf-8")
    assert not BLOCK.search(other) and not re.search(r"\b(exp|logistic|log1p)\(", other)
