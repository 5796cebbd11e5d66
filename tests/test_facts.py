"""The stylised facts: each measure on a case whose answer is known, the registry, and the suite at small size."""

import json
import math

import networkx as nx
import numpy as np
import pytest
from conftest import grow

from emergence import luck
from emergence.cli import main
from emergence.config import known_keys
from emergence.errors import Refusal
from emergence.facts import FACTS, JUDGING, fact, fit, measure_facts, partners, records_of, structure, suite, supply
from emergence.facts import firms as of_firms
from emergence.facts.lives import LifeTable
from emergence.facts.watch import BINS, Held, Months
from emergence.kernels.market import MarketParams, update_accounts
from emergence.measures.graph import as_graph
from emergence.rules.market import GROWTH
from emergence.study.spec import read_study
from emergence.validation import suite as cases

RNG = np.random.default_rng


# Measures on known cases ----------------------------------------------------------------------------------------------


def test_life_table_of_a_constant_hazard():
    risk = np.array([1000, 900, 810, 729, 656])
    table = LifeTable(risk, np.array([100, 90, 81, 73, 66]))
    assert table.after(0) == pytest.approx(0.9) and table.after(2) == pytest.approx(0.729, abs=1e-3)
    assert math.isnan(table.median()) and math.isnan(table.after(5))
    assert table.mean() == pytest.approx(10.0, rel=0.01)
    assert LifeTable.pooled([table, table]).mean() == table.mean()


def test_median_of_a_life_table_lies_between_months():
    table = LifeTable(np.array([100, 80, 60]), np.array([20, 20, 20]))
    # .8, .6, .4 are left after the first, second and third month: half in the middle of the third.
    assert table.median() == pytest.approx(2.5)


def test_late_entry_counts_only_what_was_seen():
    """Nobody is seen at age 0; two of four end at age 1, though all were there before the window."""
    table = LifeTable(np.array([0, 4]), np.array([0, 2]))
    assert table.after(1) == 0.5


@pytest.mark.parametrize(("exponent", "seed"), [(0.0, 1), (0.5, 2), (1.0, 3), (1.3, 4)])
def test_attachment_of_ties_grown_with_a_known_exponent(exponent, seed):
    rng, degree, exposed, chosen = RNG(seed), np.arange(1, 400) % 40 + 1, [], []
    for _ in range(60):
        weight = degree.astype(float) ** exponent
        ends = rng.choice(degree.size, 30, p=weight / weight.sum())
        exposed.append(np.bincount(degree, minlength=500))
        chosen.append(np.bincount(degree[ends], minlength=500))
        np.add.at(degree, ends, 1)
    assert supply.attachment(np.array(exposed), np.array(chosen)) == pytest.approx(exponent, abs=0.12)


def growth_of(draw, slope=-0.2):
    size = np.exp(RNG(5).normal(9.0, 1.5, 20_000))
    return np.column_stack([size, size * np.exp(0.3 * (size / 10_000) ** slope * draw)])


def test_laplace_growth_is_told_from_normal_growth():
    assert of_firms.tent_lead(growth_of(RNG(6).laplace(size=20_000) / math.sqrt(2))) == pytest.approx(0.072, abs=0.02)
    assert of_firms.tent_lead(growth_of(RNG(7).normal(size=20_000))) == pytest.approx(-0.048, abs=0.02)


@pytest.mark.parametrize(("lasting", "tent"), [(1, False), (12, True)])
def test_lasting_turbulence_makes_yearly_growth_laplace(lasting, tent):
    """The market's own kernel, demand equal to capacity: with months of their own a year's growth is nearly normal."""
    n = 20_000
    p = MarketParams(0, 0, 0, 0, 0, 0, 0, 0, noise=0.1, noise_by_size=0.0, smallest=1.0, memory=0.0, unit=1e4)
    size, zero = np.full(n, 1e4), np.zeros(n)
    before, turbulence = size.copy(), RNG(9).exponential(size=n) if lasting > 1 else np.zeros(0)
    for month in range(12):
        key = luck.key(3, GROWTH, month)
        update_accounts(0, n, key, np.arange(n), size, *[zero] * 8, turbulence, p, size, *np.zeros((5, n)))
    growth = np.column_stack([before + np.arange(n) * 1e-9, size])
    assert np.log(size / before).std() == pytest.approx(0.1 * math.sqrt(24), rel=0.05)
    assert of_firms.tent_lead(growth) == pytest.approx(0.072 if tent else -0.04, abs=0.015)


@pytest.mark.parametrize("slope", [0.0, -0.2, -0.4])
def test_exponent_of_spread_over_size(slope):
    assert of_firms.spread_exponent(growth_of(RNG(8).laplace(size=20_000), slope)) == pytest.approx(slope, abs=0.03)


def test_closed_squares_and_triangles_as_networkx_counts_them():
    graph = nx.gnm_random_graph(30, 90, seed=3)
    a, b = (np.array(ends) for ends in zip(*graph.edges, strict=True))
    adjacency = nx.to_numpy_array(graph)
    closed_walks = np.trace(np.linalg.matrix_power(adjacency, 4))
    degree = adjacency.sum(axis=0)
    squares = (closed_walks - 2 * (degree * (degree - 1)).sum() - 2 * graph.number_of_edges()) / 8
    assert structure.closed(a, b, 30) == (round(squares), sum(nx.triangles(graph).values()) // 3)


def test_two_sellers_who_share_buyers_are_squares_beyond_chance_and_no_triangles():
    graph = nx.DiGraph()
    for block in range(20):
        graph.add_edges_from((10 * block + s, 10 * block + b) for s in range(3) for b in range(3, 7))
    squares, triangles = structure.structure_of(as_graph(graph), seed=1)
    assert squares > 5 and not triangles > 0.5


def test_a_random_network_has_the_squares_and_triangles_of_chance():
    graph = nx.gnp_random_graph(300, 0.03, seed=4, directed=True)
    graph.remove_edges_from([(a, b) for a, b in graph.edges if a > b and graph.has_edge(b, a)])
    squares, triangles = structure.structure_of(as_graph(graph), seed=2)
    assert squares == pytest.approx(1.0, abs=0.1) and triangles == pytest.approx(1.0, abs=0.15)


def test_the_parabola_of_an_inverted_u_and_of_a_line():
    projects = np.full(BINS, 1000)
    middle = (np.arange(BINS) + 0.5) / BINS
    curvature, optimum = partners.parabola(projects, np.round(1000 * (0.7 - (middle - 0.4) ** 2)))
    assert curvature == pytest.approx(-1.0, abs=0.02) and optimum == pytest.approx(0.4, abs=0.01)
    curvature, optimum = partners.parabola(projects, np.round(1000 * (0.2 + middle**2 / 2)))
    assert curvature > 0 and math.isnan(optimum)


def test_risk_carried_by_the_riskiest():
    assert supply.carried(np.array([0.9] + [0.1 / 19] * 19)) == pytest.approx(0.9)
    assert supply.carried(np.ones(100)) == pytest.approx(0.05)


def test_the_jackknife_of_a_mean_is_the_t_interval():
    values = [1.0, 2.0, 4.0, 9.0]
    mean, low, high = fact.jackknife(lambda some: float(np.mean(some)), values)
    half = 3.182446 * np.std(values, ddof=1) / 2
    assert (mean, low, high) == pytest.approx((4.0, 4.0 - half, 4.0 + half), rel=1e-5)
    assert all(math.isnan(end) for end in fact.jackknife(np.mean, values[:1])[1:])


# The counts of a run --------------------------------------------------------------------------------------------------


def test_months_count_what_the_events_say():
    simulation = grow(months=0, layers=["operational", "strategic"], rules__supply__enabled=True)
    months, broken, formed, held = Months(simulation, 3), 0, 0, 0
    for step in range(1, 13):
        if step > 3:
            held += simulation.world.ties[2].number
        simulation.advance(measure=False)
        if step > 3:
            events = simulation.events.columns()
            layer = events["layer"] == 2
            broken += int((layer & (events["kind"] == suite_events("broken"))).sum())
            formed += int((layer & (events["kind"] == suite_events("formed"))).sum())
        months.note()
    found = months.found()
    assert broken > 0 and formed > 0
    assert found["alliances"].ends.sum() == broken
    assert found["alliances"].risk.sum() == held + formed
    assert found["spot"].ends.sum() + found["relational"].ends.sum() > 0
    assert found["exposed"].shape[0] == 9 and found["chosen"].sum() > 0
    assert (found["successes"] <= found["projects"]).all() and found["projects"].sum() > 0
    assert 0 <= found["failed"] <= broken


def suite_events(kind):
    from emergence.rules.base import EVENTS

    return EVENTS.index(kind)


def test_ties_are_found_by_the_uids_of_their_ends():
    simulation = grow(months=6)
    held, world = Held(simulation, 2), simulation.world
    a, b, at = world.ties[2].pairs()
    uid = world.firms.uid
    assert (held.born[held.find(uid[b], uid[a])] == world.ties[2].born[at]).all()


# The registry ---------------------------------------------------------------------------------------------------------


def test_there_are_ten_facts_with_sources_and_ranges():
    assert len(FACTS) == 10
    for one in FACTS.values():
        assert one.numbers and len(one.says) > 20 and len(one.source) > 10 and len(one.range) > 5
        for number in one.numbers:
            assert number.low < number.high and number.clear > 0


def test_a_bound_wants_the_whole_interval_and_a_range_the_number():
    bound = fact.Number("x", "1", "above 1", 1.0, math.inf, np.mean, 0.5)
    assert bound.holds(1.5, (1.1, 1.9)) and not bound.holds(1.5, (0.9, 2.1)) and not bound.holds(math.nan, (0, 1))
    between = fact.Number("x", "1", "2", 1.0, 3.0, np.mean)
    assert between.holds(1.1, (0.5, 1.7)) and not between.holds(3.1, (2.5, 3.7))
    assert between.distance(2.0) == 0 and between.distance(3.0) == 1 and between.distance(5.0) == 3
    assert bound.distance(1.0) == 1 and bound.distance(1.5) == 0 == bound.distance(9.0) and bound.distance(0.5) == 2


def test_fitting_never_sees_the_seeds_for_judging():
    assert not set(suite.FITTING) & set(JUDGING) and len(JUDGING) == 30
    for seed in (0, 1, 10**18):
        first = seed % (len(suite.FITTING) // fit.WORLDS) * fit.WORLDS
        assert set(suite.FITTING[first : first + fit.WORLDS]) <= set(suite.FITTING) - set(JUDGING)
        assert len(suite.FITTING[first : first + fit.WORLDS]) == fit.WORLDS


def test_the_study_of_calibration_stays_inside_documented_ranges_and_asks_for_every_number():
    study, known = read_study("calibration"), known_keys()
    for factor in study.factors:
        about = known[factor.key].metadata
        assert about["low"] <= factor.low < factor.high <= about["high"], factor.key
    assert list(study.outcomes) == ["misfit", *fit.NUMBERS]


def test_numbers_in_the_middle_of_their_ranges_have_no_misfit():
    middle = {
        name: (one.low + one.high) / 2 if math.isfinite(one.low + one.high)
        else one.low + one.clear if math.isfinite(one.low) else one.high - one.clear
        for name, one in fit.NUMBERS.items()
    }  # fmt: skip
    assert fit.misfit(middle) == 0
    assert fit.misfit({**middle, "survival_1": math.nan}) == (fit.FARTHEST - fit.FREE) ** 2


# The suite ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    return list(records_of(JUDGING[:2], firms=60, months=84, settled=12))


def test_the_suite_measures_every_number_in_small_worlds(small):
    findings = measure_facts(small)
    assert [one.number.name for one in findings] == [n.name for one in FACTS.values() for n in one.numbers]
    unknown = {one.number.name for one in findings if not math.isfinite(one.measured)}
    # Ten years do not fit into seven, and so few projects need not show an inverted U.
    assert unknown <= {"alive after 10 years", "projects at distances below the best"}
    assert not any(one.ok for one in findings if one.number.name in unknown)


def test_the_same_seed_gives_the_same_facts(small):
    again = list(records_of(JUDGING[:1], firms=60, months=84, settled=12))
    for one, other in zip(measure_facts(small[:1]), measure_facts(again), strict=True):
        assert one.measured == other.measured or math.isnan(one.measured)


def test_validate_prints_the_facts_writes_json_and_exits_1_when_one_is_off(small, monkeypatch, capsys, folder):
    monkeypatch.setattr(suite, "records_of", lambda: iter(small))
    file = folder / "facts.json"
    assert main(["validate", "suite=facts", f"json={file}"]) == 1
    said = capsys.readouterr()
    assert "OFF" in said.out and "facts hold" in said.out and "Axtell 2001" in said.out and "world 2" in said.err
    found = json.loads(file.read_text())
    assert [one["id"] for one in found["facts"]] == list(FACTS) and not found["ok"]
    assert found["worlds"]["seeds"] == list(JUDGING)


def test_validate_exits_0_when_all_named_facts_hold(small, monkeypatch, capsys):
    monkeypatch.setattr(suite, "records_of", lambda: iter(small))
    sound = fact.Number("firms", "count", "some", 1.0, 1e9, lambda records: float(records[0].sizes.size))
    monkeypatch.setitem(FACTS, "there", fact.Fact("there", "there are firms", "nobody at all", (sound,), "none"))
    assert main(["validate", "suite=facts", "case=there"]) == 0
    assert "1 of 1 facts hold" in capsys.readouterr().out


def test_facts_that_do_not_exist_are_refused():
    with pytest.raises(Refusal, match="did you mean 'squares'"):
        suite.find_facts(["square"])
    with pytest.raises(Refusal, match=r"emergence\.facts"):
        cases.run_suite("facts")


def test_the_figure_shows_every_number(small):
    from emergence.facts import tell
    from emergence.figures.facts import draw_facts
    from emergence.validation.tell import plain

    worlds = {"seeds": [1, 2], "firms": 60, "months": 36, "settled": 12}
    drawn = draw_facts(plain(tell.results_of(measure_facts(small), worlds, 1.0)))
    assert len(drawn.figure.axes[0].get_yticks()) == len(fit.NUMBERS)


@pytest.mark.long
def test_eight_of_ten_facts_hold_in_the_full_default_world():
    findings = measure_facts(list(records_of()))
    off = {one.fact.id for one in findings if not one.ok}
    assert len(off) <= 2, off
