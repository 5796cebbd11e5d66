"""Comparisons: paired what-ifs and what they say."""

import json

import numpy as np
import pytest

import emergence as em
from emergence.cli import main
from emergence.study.options import read_option
from emergence.study.pairs import BETTER, GOALS, MECHANISMS, SIDES, better_of, compared, unpaired_interval

SMALL = {"firms": 30, "steps": 14}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    scenarios = ["baseline", "baseline+conditions.autonomy=0.1", {"name": "open", "conditions.diversity": 0.95}]
    return em.compare(scenarios, replicates=6, engine="serial", folder=folder, quiet=True, **SMALL)


def test_all_scenarios_have_the_same_lucks(found):
    seeds = found.result.summary.pivot(index="replicate", columns="point", values="seed")
    assert (seeds.nunique(axis=1) == 1).all() and seeds.shape == (6, 3) and seeds[0].is_unique


def test_a_difference_is_the_mean_of_pairs(found):
    summary = found.result.summary
    useful = summary.pivot(index="replicate", columns="point", values="useful")
    row = found.table.query("outcome == 'useful' and scenario == 'open'").iloc[0]
    assert row["difference"] == pytest.approx((useful[2] - useful[0]).mean())
    assert row["seeds_better"] == pytest.approx((useful[2] > useful[0]).mean() + 0.5 * (useful[2] == useful[0]).mean())
    assert row["low"] <= row["difference"] <= row["high"]


def test_what_changed_is_what_was_changed(found):
    assert found.changed(1) == [("conditions.autonomy", 0.5, 0.1)]
    assert found.changed(2) == [("conditions.diversity", 0.5, 0.95)]


def test_paired_intervals_are_narrower_where_luck_is_common():
    rng = np.random.default_rng(3)
    narrower = covered = 0
    for _ in range(50):
        luck = rng.normal(size=30)
        first, other = luck + 0.3 * rng.normal(size=30), 1.0 + luck + 0.3 * rng.normal(size=30)
        row = compared(first, other, 1)
        narrower += (row["high"] - row["low"]) < 0.6 * (row["unpaired_high"] - row["unpaired_low"])
        covered += row["low"] <= 1.0 <= row["high"]
    assert narrower == 50 and covered >= 43


def test_paired_intervals_of_the_simulation_are_narrower_in_the_middle(found):
    rows = [row for row in found.rows if row["verdict"] != "first" and row["high"] > row["low"]]
    widths = [(row["unpaired_high"] - row["unpaired_low"]) / (row["high"] - row["low"]) for row in rows]
    assert np.median(widths) > 1.2


def test_unpaired_intervals_are_those_of_two_samples():
    rng = np.random.default_rng(0)
    first, other = rng.normal(size=400), rng.normal(2, 1, size=400)
    _, low, high = unpaired_interval(first, other)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(first.var() / 400 + other.var() / 400), rel=0.08)


@pytest.mark.parametrize(
    ("better", "verdict", "probability"), [(1, "better", 1.0), (-1, "worse", 0.0), (0, "more", 1.0)]
)
def test_which_way_is_better_decides_the_verdict(better, verdict, probability):
    first = np.arange(10.0)
    row = compared(first, first + 1 + 0.1 * np.sin(first), better)
    assert row["verdict"] == verdict and row["probability"] == probability


def test_nothing_is_told_apart_from_itself():
    first = np.random.default_rng(1).normal(size=20)
    assert compared(first, first, 1)["verdict"] == "the same" and compared(first, first, 1)["probability"] == 0.5
    assert compared(first, np.random.default_rng(2).normal(size=20), 1)["verdict"] == "not told apart"
    single = compared(first[:1], first[1:2], 1)
    assert np.isnan(single["low"]) and single["verdict"] == "not told apart"


def test_every_outcome_has_its_better_side_declared():
    assert all(better_of(name) for name in GOALS) and better_of("gini_size") == better_of("defaults") == -1
    assert better_of("mean_degree") == 0 and better_of("useful_mean_12") == 1 and set(BETTER.values()) == {1, -1}
    assert better_of("crisis_loss", "output lost to demand_crisis of month 3") == -1
    assert not set(GOALS) & set(SIDES) and not set(MECHANISMS) & {*GOALS, *SIDES}


def test_the_report_says_what_changed_how_sure_and_what_it_does_not_say(found):
    page = found.report.read_text(encoding="utf-8")
    for part in ("What changed", "How sure", "Side effects", "What moved on the way", "What it does not say"):
        assert part in page
    assert "conditions.autonomy" in page and "<script" not in page and "emergence compare" in page
    assert (found.result.folder / "comparison.csv").exists()
    assert (found.result.folder / "figures" / "forest-outcome-1.svg").exists()


def words(folder, replicates):
    return ["compare", "scenarios=[baseline,platform_trap]", f"replicates={replicates}", "engine=serial",
            f"compare.folder={folder}", "firms=20", "steps=6", "outcomes=[useful,mean_trust]"]  # fmt: skip


def test_the_command_goes_on_with_more_replicates(tmp_path, capsys):
    assert main(words(tmp_path, 2)) == 0
    out = capsys.readouterr().out
    assert "platform_trap against baseline, 2 lucks" in out and "Report:" in out
    shards = set((tmp_path / "runs").iterdir())
    assert main(words(tmp_path, 3)) == 0
    assert "4 of 6 runs are there" in capsys.readouterr().err
    assert shards <= set((tmp_path / "runs").iterdir())
    assert json.loads((tmp_path / "manifest.json").read_text())["replicates"] == 3
    assert main(words(tmp_path, 3)) == 0 and "nothing is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "scenarios=[A,B] is missing"),
        (["scenarios=[baseline]"], "1 named; 2 to 12"),
        (["scenarios=[baseline,baseline]"], "is there twice"),
        (["scenarios=[baseline,platfrom_trap]"], "did you mean 'platform_trap'"),
        (["scenarios=[baseline,baseline+conditions.autonmy=0.1]"], "did you mean 'conditions.autonomy'"),
        (["scenarios=[baseline,baseline+conditions.autonomy]"], "needs a value"),
        (["scenarios=[baseline,baseline+conditions.autonomy=7]"], "conditions.autonomy"),
        (["scenarios=[baseline,core]", "replicates=many"], "a whole number from 1"),
        (["scenarios=[baseline,core]", "replicats=3"], "replicats"),
        (["scenarios=[baseline,core]", "scenario=core"], "scenarios=[A,B]"),
        (["scenarios=[baseline,core]", "engine=procesess"], "did you mean 'processes'"),
        (["scenarios=[baseline,core]", "outcomes=[usefull]"], "did you mean 'useful'"),
    ],
)
def test_what_cannot_be_compared_is_refused(words, said, tmp_path, capsys):
    assert main(["compare", *words, f"compare.folder={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) <= 3 and "Traceback" not in error


def test_an_option_may_have_a_name_and_settings_of_its_own():
    option = read_option({"name": "led", "conditions.autonomy": 0.2})
    assert (option.name, option.scenario, option.changes) == ("led", "baseline", {"conditions.autonomy": 0.2})
    assert read_option("core+firms=50").changes == {"firms": 50}
    with pytest.raises(em.Refusal, match="cannot differ"):
        read_option("core+seed=3")
