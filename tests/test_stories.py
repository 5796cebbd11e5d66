"""Every scenario runs, says what to look for, and shows it: over 30 paired seeds that are used nowhere else."""

import copy
import math
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from conftest import interval

from emergence.build import CONDITIONS, make_simulation
from emergence.cli import main
from emergence.compose import compose, groups
from emergence.config import Settings, config_folder
from stories import STORIES, Story

SEEDS = range(5200, 5230)
MONTHS, AFTER = 24, 3


@lru_cache
def settings_of(words: tuple[str, ...]) -> Settings:
    return compose([*words, "output.events=false"])


def merged(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """Put overrides together, the later of one key in place of the earlier."""
    return tuple({word.partition("=")[0]: word for part in parts for word in part}.values())


@lru_cache(maxsize=20_000)
def outcome(words: tuple[str, ...], seed: int, look: str, months: tuple[int, int], rows: tuple[str, ...]) -> float:
    """Run a world to the last of the months, and return the mean of a measure over them."""
    settings = copy.deepcopy(settings_of(words))
    settings.seed = seed
    effects = [effect for effect in CONDITIONS if effect.parameter not in rows]
    assert len(effects) == len(CONDITIONS) - len(rows)
    simulation = make_simulation(settings, effects).advance(months[1])
    return float(np.mean([row[look] for row in simulation.rows[months[0] - 1 :]]))


def differences(name: str, story: Story, gone: bool, seeds: range = SEEDS) -> np.ndarray:
    """Return the scenario less the world it is compared with, a number a seed; `gone`: with the rule off."""
    off, rows = (story.off, story.rows) if gone else ((), ())
    one = merged((f"scenario={name}",), story.size, off)
    other = merged((f"scenario={name}",), story.size, story.against, off)

    def told(words: tuple[str, ...], seed: int) -> float:
        here = outcome(words, seed, story.look, story.months, rows)
        if not story.costs:
            return here
        return here - outcome(merged(words, ("timeline=[]",)), seed, story.look, story.months, rows)

    return np.array([told(one, seed) - told(other, seed) for seed in seeds])


def comment(name: str) -> str:
    """Return what a scenario says before its first key, in one line."""
    lines = (config_folder() / "scenario" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    words = [line.lstrip("# ") for line in lines[: next(k for k, line in enumerate(lines) if line[:1] != "#")]]
    return " ".join(words[1:])


def test_every_scenario_has_its_story():
    assert list(STORIES) == groups()["scenario"]


@pytest.mark.parametrize("name", STORIES)
def test_a_scenario_says_what_to_look_for(name):
    """And what it says is what is tested."""
    story, said = STORIES[name], re.search(r"Look for: (.*)", comment(name))
    assert said and compose([f"scenario={name}"]).about
    sentence = said[1].partition("Try: ")[0]
    expected = [story.look, *story.against, *story.off, *story.rows]
    assert [words for words in expected if words not in sentence] == []


@pytest.mark.parametrize("name", STORIES)
def test_a_scenario_runs(name):
    """Small, with all invariants checked, and at least three months past its first shock."""
    settings = compose([f"scenario={name}", "firms=40", "debug=true"])
    first = min((shock.month for shock in settings.timeline), default=1)
    months = max(MONTHS, first + AFTER)
    simulation = make_simulation(settings).advance(min(months, settings.steps))
    assert simulation.step >= min(settings.steps, first + AFTER)
    assert all(math.isfinite(value) for row in simulation.rows for value in row.values())


def test_the_list_shows_each_with_one_line(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.partition("\nscenario\n")[2].splitlines()[: len(STORIES)]
    assert [line.split()[0] for line in lines] == list(STORIES)
    assert all(20 < len(line) <= 150 and len(line.split()) > 4 for line in lines)


def test_the_table_of_stories_is_up_to_date():
    """What the long test measured last, in the words of today."""
    script = Path(__file__).parents[1] / "docs" / "make_stories.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_there_and_owed_to_its_rule(name):
    story = STORIES[name]
    mean, low, high = interval(differences(name, story, gone=False))
    told = f"{mean:.4g} [{low:.4g}, {high:.4g}]"
    if story.moves == "not down":
        assert high >= 0, told
        return
    assert low > 0 if story.moves == "up" else high < 0, told
    mean, low, high = interval(differences(name, story, gone=True))
    assert low <= 0 <= high, f"without: {mean:.4g} [{low:.4g}, {high:.4g}]"
