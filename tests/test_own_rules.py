"""A rule and a measure of one's own: the how-to works as written, and slips are errors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import grow, same_bytes

import emergence as em
from emergence.build import make_simulation
from emergence.cli import main
from emergence.config import EXTRA_RULES
from emergence.errors import Refusal
from emergence.measures.own import OWN as MEASURES
from emergence.rules.own import OWN
from emergence.step import Simulation

HOW_TO = Path(__file__).parents[1] / "docs" / "how-to-rules.md"
BLOCKS = re.findall(r"```python (\S+)\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def module(folder, monkeypatch):
    """The how-to's module in an own folder; it is forgotten afterwards."""
    code = "\n\n".join(code for kind, code in BLOCKS if kind == "file=subsidy.py")
    (folder / "subsidy.py").write_text(code)
    monkeypatch.chdir(folder)
    yield code
    sys.modules.pop("subsidy", None)
    for registry in (OWN, EXTRA_RULES, MEASURES):
        registry.pop("subsidy", None)
        registry.pop("crossing_ties", None)


def test_the_how_to_runs_as_written(module, folder):
    """From outside the package, in a process of its own."""
    script = "\n".join(code for kind, code in BLOCKS if kind == "run")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "firms.cash" in lines[0] and float(lines[1].split()[0]) > 0 and float(lines[2]) > 0


def test_the_rule_takes_under_forty_lines(module):
    rule = "\n".join(code for kind, code in BLOCKS[:2])
    assert sum(bool(line.strip()) for line in rule.splitlines()) < 40


def test_the_rule_moves_what_it_should_and_books_it(module):
    chosen = em.run("firms=60", "steps=12", "plugins=[subsidy]", "extra.subsidy.amount=70", seed=3)
    plain = em.run("firms=60", "steps=12", seed=3)
    assert chosen.simulation.world.ledger["subsidy"] > 0
    assert chosen.steps["cash"].iloc[-1] > plain.steps["cash"].iloc[-1]
    balance = chosen.simulation.world.ledger
    start = make_simulation(chosen.settings).world.firms.cash.sum()
    assert chosen.simulation.world.firms.cash.sum() - start == pytest.approx(sum(balance.values()), rel=1e-9)


def test_reference_and_compiled_give_the_same_run(module):
    one, two = (
        em.run("firms=60", "steps=6", "plugins=[subsidy]", f"extra.subsidy.compiled={c}", seed=3) for c in (0, 1)
    )
    assert same_bytes(one.simulation, two.simulation) == []


def test_a_rule_with_amount_zero_changes_nothing(module):
    zero = em.run("firms=60", "steps=6", "plugins=[subsidy]", "extra.subsidy.amount=0", seed=3)
    assert same_bytes(zero.simulation, em.run("firms=60", "steps=6", seed=3).simulation) == []


def test_explain_shows_it_behind_the_rule_it_follows(module, capsys):
    assert main(["explain", "plugins=[subsidy]", "extra.subsidy.amount=70"]) == 0
    text = capsys.readouterr().out
    assert text.index("  market ") < text.index("  subsidy ") < text.index("  exit ")


def test_save_and_load_carry_it(module, folder):
    whole = em.run("firms=40", "steps=6", "plugins=[subsidy]", "extra.subsidy.amount=9", seed=3).simulation
    half = em.run("firms=40", "steps=3", "plugins=[subsidy]", "extra.subsidy.amount=9", seed=3).simulation
    half.save(folder / "half.npz")
    assert same_bytes(whole, Simulation.load(folder / "half.npz").advance(3)) == []


def test_a_wrong_compiled_version_is_found():
    @em.rule("broken", after="market", writes=["firms.cash"], amount=1.0)
    def broken(state, p):
        """Pay a euro."""
        state.firms.cash[:] += p.amount

    @broken.compiled
    def wrong(state, p):
        state.firms.cash[1:] += p.amount

    with pytest.raises(AssertionError, match=r"firms\.cash: row 0"):
        em.check_rule("broken")


def test_a_check_that_checks_nothing_is_an_error():
    @em.rule("idle", after="market", writes=["firms.cash"])
    def idle(state, p):
        """Do nothing."""

    with pytest.raises(ValueError, match="no compiled version"):
        em.check_rule("idle")
    idle.compiled(lambda state, p: None)
    with pytest.raises(AssertionError, match="changed nothing"):
        em.check_rule("idle")
    with pytest.raises(ValueError, match="did you mean 'idle'"):
        em.check_rule("idel")


def test_writing_an_undeclared_column_is_an_error():
    @em.rule("greedy", after="market", writes=["firms.cash"])
    def greedy(state, p):
        """Write what it did not declare."""
        state.firms.size[:] = 1.0

    with pytest.raises(ValueError, match="read-only"):
        grow({"extra": {"greedy": {}}}, months=1)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["plugins=[subsidi]"], "no module 'subsidi'"),
        (["plugins=['../evil']"], "not the name of a module"),
        (["plugins=[subsidy]", "extra.subsidy.amont=3"], "did you mean 'extra.subsidy.amount'"),
        (["plugins=[subsidy]", "extra.subsidy.amount=lots"], "a number"),
        (["extra.nobody.amount=3"], "unknown key"),
        (["plugins=[subsidy]", "output.measures=[crosing_ties]"], "did you mean 'crossing_ties'"),
    ],
)
def test_slips_are_refused(module, capsys, words, hint):
    assert main(["run", "steps=1", "firms=9", "output.report=false", *words]) == 2
    assert hint in capsys.readouterr().err


def test_a_config_cannot_name_an_unknown_rule():
    with pytest.raises(Refusal, match="no rule 'nobody'"):
        grow({"extra": {"nobody": {}}}, months=1)
