"""What a report says of causes: what the network brought, what shocks took, and how sure that is."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import emergence as em
from emergence.compose import compose
from emergence.figures.causes import SHOWN, draw_emergence, draw_resilience
from emergence.figures.findings import Findings
from emergence.report.causes import brought, gist, robust, taken
from emergence.report.causes import organisation as organisation_sentence
from emergence.report.html import write_report
from emergence.runs import follow_twins, run_settings, twin_months, write

SHOCK = "timeline=[{month: 13, kind: landscape_shift, size: 0.5}, {month: 14, kind: removal, count: 3}]"


def followed(*overrides):
    result = run_settings(compose(["firms=60", "steps=40", *overrides]))
    follow_twins(result)
    return result


@pytest.fixture(scope="module")
def one():
    return followed(SHOCK)


@pytest.fixture(scope="module")
def five():
    return followed(SHOCK, "twins.replicates=5")


def numbers(text):
    return [float(n.replace(",", "")) for n in re.findall(r"[+-]?\d[\d,]*\.?\d*", text)]


def test_the_sentence_on_value_gained_is_the_difference_of_the_twins(one):
    """What is told is with, without, the difference, and the four parts that add up to it."""
    sentence = brought(Findings(one))[1]
    told = numbers(sentence.split(":", 1)[1])
    values = {twin: v[0] for twin, v in one.twins.values("value_gained").items()}
    expected = [
        values["net"], values["isolated"], values["net"] - values["isolated"],
        values["rewired"] - values["isolated"], values["frozen"] - values["rewired"],
        values["random_maintenance"] - values["frozen"], values["net"] - values["random_maintenance"],
    ]  # fmt: skip
    assert told == pytest.approx(expected, abs=0.0051)


def test_one_luck_is_called_one_luck_and_many_get_intervals(one, five):
    assert "one luck" in gist(Findings(one))[0] and "one luck" in brought(Findings(one))[-1]
    assert "5 replicates" in gist(Findings(five))[0] and "rough" in brought(Findings(five))[-1]
    assert re.search(r"difference of \+[\d.]+ \([\d.]+ to [\d.]+\)", brought(Findings(five))[1])


def test_what_shocks_took_is_told_against_spared_twins(one, five):
    """Loss of output, with the placebo beside it."""
    for result in (one, five):
        lines = taken(Findings(result))
        assert "spared the shocks" in lines[0] and "median size" in lines[0]
        assert "nan" not in " ".join(lines).lower()


def test_without_shocks_nothing_was_taken():
    calm = followed()
    assert taken(Findings(calm)) == [] and calm.spared is None and draw_resilience(Findings(calm)) is None


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (["twins.replicates=0"], "replicates=0"),
        (["twins.most=100"], "twins.most=2400"),
        (["steps=0"], "No month was run"),
    ],
)
def test_what_was_not_measured_is_said(overrides, says):
    result = followed(*overrides)
    assert result.twins is None and twin_months(result.settings, 60) == 0
    assert says in brought(Findings(result))[0]
    assert draw_emergence(Findings(result)) is None


def test_robustness_and_the_heaviest_loss_are_those_of_the_measures(one):
    lines = robust(Findings(one))
    world = one.simulation.world
    assert f"R {em.measures.schneider_r(world):.2f}" in lines[0]
    risk = em.measures.systemic_risk(world)
    own, more = (float(n) for n in re.findall(r"([\d.]+)%", lines[1]))
    assert own + more == pytest.approx(100 * max(risk.values()), abs=0.06)


@pytest.mark.parametrize("overrides", [["firms=1"], ["firms=2", "network=empty"], ["firms=3", "rules.exit.rate=10"]])
def test_tiny_and_dying_networks_get_a_report(overrides, tmp_path):
    result = followed(*overrides, SHOCK)
    text = write_report(result, tmp_path).read_text(encoding="utf-8")
    assert "What the network brought" in text and "nan" not in re.sub(r"base64,[^\"]*", "", text).lower().replace(
        "governance", ""
    )


def test_figures_show_every_part_with_its_interval(five):
    drawn = draw_emergence(Findings(five))
    assert len([axes for axes in drawn.figure.axes if axes.get_visible()]) == len(SHOWN)
    curve = draw_resilience(Findings(five)).figure.axes[0]
    assert len(curve.get_lines()) >= 3 and "spared" in curve.get_ylabel()


def test_twins_do_not_change_the_run_and_are_written_beside_it(tmp_path, five):
    """Same tables with and without twins; other twins go to another folder."""
    plain = run_settings(compose(["firms=60", "steps=40", SHOCK]))
    assert plain.steps.equals(five.steps)
    five.settings.output.folder = plain.settings.output.folder = str(tmp_path)
    folder = write(five)
    assert {"twins.parquet", "spared.parquet"} <= {file.name for file in folder.iterdir()}
    assert write(plain) != folder and (folder / "twins.parquet").exists()
    assert np.isfinite(five.twins.table()["mean_z"]).all()


def told_of(organisation, whole):
    """What is said of organisation when the parts are so (contact is the rest)."""
    net = np.asarray(whole, float)
    values = {"net": net, "isolated": 0 * net, "rewired": net - np.asarray(organisation, float)}
    values |= {"frozen": values["rewired"], "random_maintenance": values["rewired"]}

    return organisation_sentence(SimpleNamespace(seeds=list(range(net.size)), values=lambda _: values))


def test_the_share_of_organisation_is_told_only_where_there_is_something_to_share():
    """A network that cost value, or did too little, is not credited with a share."""
    assert "25% is organisation" in told_of([0.1], [0.4])
    assert "cost value gained" in told_of([-0.1], [-0.4]) and "-0.10" in told_of([-0.1], [-0.4])
    assert "too little" in told_of([0.02], [0.03])
    assert "too little" in told_of([0.1, -0.1, 0.2, 0.1], [0.9, -0.8, 0.7, -0.5])
    assert re.search(r"25% \(2\d% to 2\d%\) is organisation", told_of([0.1, 0.11, 0.1], [0.4, 0.44, 0.41]))


def test_twins_are_followed_where_they_were_asked_for():
    """One replicate is left out without a report or in a large run; several are not. Files count their own firms."""
    small = compose(["firms=60", "steps=40", "output.report=false"])
    assert twin_months(small, 60) == 0
    small.twins.replicates = 5
    assert twin_months(small, 60) > 0 and twin_months(small, 10**6) > 0
    small.twins.replicates, small.output.report = 1, True
    assert twin_months(small, 60) > 0 and twin_months(small, 10**6) == 0


def test_agility_is_not_told_of_a_mixture_of_shocks(one):
    assert len(taken(Findings(one))) == 1
    alone = followed("timeline=[{month: 13, kind: landscape_shift, size: 0.5}]")
    assert taken(Findings(alone))[1].startswith("Mean value of practices: The shift cost")
