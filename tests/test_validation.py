"""The replication suite: it passes, it fails when a mechanism is turned round, and it keeps its contract."""

from __future__ import annotations

import importlib.util
import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

import emergence as em
from emergence.cli import main
from emergence.errors import Refusal
from emergence.validation import CASES, case, run_case, run_suite, suite, tell

ROOT = Path(__file__).parents[1]
# Small and fast settings of each case, and what `measure` must return there.
SMALL = {
    "connections": ({"c": 0.3, "starts": 2}, {"efficient_welfare": float, "efficient": str, "stable": int}),
    "influence": ({"kind": "star"}, {"norm": float, "largest": float, "total": float}),
    "landscape": (
        {"network": "linear", "n": 8, "k": 2, "agents": 10, "landscapes": 3, "steps": 12, "seed": 2},
        {"performance": np.ndarray, "distinct": np.ndarray},
    ),
    "diversity": ({"team": 4, "runs": 2, "seed": 2}, {"best": float, "random": float, "share_random_wins": float}),
    "cascades": (
        {"z": 3.0, "threshold": 0.18, "n": 300, "runs": 5, "seed": 2},
        {"frequency": float, "size_given_global": float, "window": tuple},
    ),
    "default": (
        {"z": 3.0, "n": 200, "capital": 0.04, "claims": 0.2, "runs": 20, "seed": 2},
        {"frequency": float, "extent_given_contagion": float},
    ),
    "barter": (
        {"p": 0.1, "n": 60, "degree": 4, "kinds": 3, "experts": 6, "a": 0.5, "meetings": 4000, "seed": 2, "runs": 2},
        {"mean": float, "variance": float, "cv": float},
    ),
    "teams": (
        {"m": 3, "p": 0.5, "q": 0.4, "productions": 200, "window": 50, "seed": 2, "runs": 2},
        {"giant_share": float},
    ),
    "robustness": ({"graph": "ring", "n": 20, "attack": "degree", "seed": 2}, {"r": float, "curve": np.ndarray}),
    "growth": ({"m": 2, "n": 500, "seed": 2}, {"share_at_m": float}),
    "diffusion": (
        {"p": 0.03, "q": 0.38, "n": 2000, "seed": 2},
        {"peak_time": float, "adopted_at_peak": float, "peak": float},
    ),
    "culture": ({"features": 3, "traits": 4, "side": 5, "runs": 3, "seed": 2}, {"regions": float}),
    "brokerage": ({"graph": "star", "n": 5}, {"constraint": dict, "lowest": float, "highest": float}),
    "sensitivity": ({"log2_samples": 4}, {"first": list, "total": list}),
    "systemic": ({"kind": "chain", "n": 5}, {"esri": np.ndarray, "shares": np.ndarray, "fall": float}),
}
# Settings at which a case runs in about a second and still holds, in part at least.
FLIPPED = {
    "connections": {"starts": 2},
    "landscape": {"landscapes": 4, "steps": 60},
    "diversity": {"runs": 3},
    "cascades": {"runs": 0},
    "default": {"runs": 60},
    "barter": {"n": 200, "runs": 4, "meetings": 200_000},
    "teams": {"runs": 4, "productions": 800, "window": 100},
    "robustness": {"runs": 3},
    "growth": {"n": 4000, "steps": 2000},
    "diffusion": {"n": 5000},
    "culture": {"runs": 30},
}


@pytest.mark.parametrize("name", CASES)
def test_the_quick_suite_holds(name):
    report = run_case(CASES[name], "quick")
    assert report.outcomes, "a case without quick checks is not seen by the tests"
    assert report.ok, [(o.check.name, o.measured, o.check.expected) for o in report.outcomes if not o.ok]


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_the_full_suite_holds(name):
    report = run_case(CASES[name], "full")
    assert report.ok, [(o.check.name, o.measured, o.check.expected) for o in report.outcomes if not o.ok]


@pytest.mark.parametrize("name", CASES)
def test_a_case_fails_when_its_mechanism_is_turned_round(name):
    held = {o.check.name for o in run_case(CASES[name], "quick", **FLIPPED.get(name, {})).outcomes if o.ok}
    turned = {o.check.name for o in run_case(CASES[name], "quick", sign=-1, **FLIPPED.get(name, {})).outcomes if o.ok}
    assert held - turned, f"{name}: nothing that holds fails with the sign turned round"


def test_the_cases_stand_in_the_order_of_the_design():
    assert list(CASES) == [
        *("connections", "influence", "landscape", "diversity", "cascades", "default", "barter", "teams"),
        *("robustness", "growth", "diffusion", "culture", "sensitivity", "brokerage", "systemic"),
    ]


@pytest.mark.parametrize("name", CASES)
def test_every_case_says_what_it_runs_and_on_what_it_is_conditional(name):
    one = CASES[name]
    for text in (one.result, one.source, one.rule, one.setup, one.conditional, one.flip):
        assert len(text) > 5
    assert one.measure.__doc__ and one.settings()["sign"] == 1
    assert len({check.name for check in one.checks}) == len(one.checks)


@pytest.mark.parametrize("name", CASES)
def test_measure_keeps_its_contract(name):
    settings, kinds = SMALL[name]
    found = em.validation.measure(name, **settings)
    assert {key: type(value) for key, value in found.items()} == kinds
    again = em.validation.measure(name, **settings)
    for key in found:
        assert np.array_equal(
            np.asarray(found[key]), np.asarray(again[key]), equal_nan=key != "efficient" and key != "constraint"
        )


def test_the_other_half_of_growth_and_diffusion():
    assert set(em.validation.measure("growth", mu=-0.01, sigma=0.1, n=200, steps=300, seed=3)) == {"tail"}
    assert set(em.validation.measure("diffusion", r0=2.0, n=2000, seed=3)) == {"final_size"}


@pytest.mark.parametrize(
    "name", [name for name, (settings, _) in SMALL.items() if "seed" in settings and name != "robustness"]
)
def test_another_seed_gives_other_luck(name):
    settings, kinds = SMALL[name]
    one, other = (em.validation.measure(name, **(settings | {"seed": seed})) for seed in (2, 3))
    assert any(not np.array_equal(np.asarray(one[key]), np.asarray(other[key])) for key in kinds)


@pytest.mark.parametrize(
    ("name", "settings", "hint"),
    [
        ("cascade", {}, "did you mean 'cascades'"),
        ("sensitivity", {"log2_samples": 20}, "from 3 to 16"),
        ("cascades", {"treshold": 0.2}, "did you mean 'threshold'"),
        ("cascades", {"z": -1}, "from 0 to"),
        ("cascades", {"n": 2.5}, "whole number"),
        ("cascades", {"n": True}, "whole number"),
        ("cascades", {"seed": -1}, "seed"),
        ("cascades", {"seed": 1.5}, "seed"),
        ("cascades", {"sign": 2}, "sign must be 1 or -1"),
        ("connections", {"n": 12}, "from 2 to 7"),
        ("influence", {"kind": "rng"}, "did you mean 'ring'"),
        ("influence", {"weights": [["a"]]}, "numbers"),
        ("influence", {"weights": [[0.5, 0.2], [0.5, 0.5]]}, "adds up"),
        ("landscape", {"network": "ful"}, "did you mean 'full'"),
        ("landscape", {"k": 20}, "from 0 to 19"),
        ("default", {"z": float("nan")}, "z must be"),
        ("barter", {"experts": 501}, "experts must be"),
        ("robustness", {"graph": "strar"}, "did you mean 'star'"),
        ("robustness", {"attack": "degre"}, "did you mean 'degree'"),
        ("growth", {"mu": 0.01}, "mu must be"),
        ("diffusion", {"r0": -1}, "r0 must be"),
        ("systemic", {"kind": "chian"}, "did you mean 'chain'"),
        ("brokerage", {"graph": "sta"}, "did you mean 'star'"),
    ],
)
def test_refusals_name_the_range_or_the_nearest_choice(name, settings, hint):
    with pytest.raises(Refusal, match="(?s)." + hint.replace("(", r"\(")):
        em.validation.measure(name, **settings)


def test_suites_that_do_not_exist_are_refused_at_once():
    with pytest.raises(Refusal, match=r"emergence\.facts"):
        run_suite("facts")
    with pytest.raises(Refusal, match="did you mean 'full'"):
        run_suite("ful")


def test_bounds_must_be_cleared_by_the_whole_interval():
    above = case.above("x", 1.0, lambda run: 1.5)
    assert above.holds(1.5) and above.holds(1.5, (1.1, 2.0)) and not above.holds(1.5, (0.9, 2.0))
    assert not above.holds(float("nan")) and not case.near("x", 1.0, 0.1, lambda run: 0).holds(float("inf"))


# The command line ---------------------------------------------------------------------------------------------------


def test_validate_prints_a_table_and_writes_json(folder, capsys):
    file = folder / "out.json"
    assert main(["validate", "case=influence,brokerage", f"json={file}"]) == 0
    said = capsys.readouterr()
    for word in (
        "norm, star",
        "0.50744",
        "+-5e-06",
        "ok",
        "measures.influence_vector",
        "conditional on",
        "Cobb-Douglas",
    ):
        assert word in said.out
    assert "brokerage: Burt 1992" in said.err
    results = json.loads(file.read_text())
    assert results["ok"] and [one["id"] for one in results["cases"]] == ["influence", "brokerage"]
    check = results["cases"][0]["checks"][1]
    assert check["check"] == "norm, star" and abs(check["measured"] - 0.50744) < 5e-6 and check["ok"]
    assert not list(folder.glob("*.part"))


def test_validate_exits_1_when_a_check_is_off(monkeypatch, capsys, folder):
    off = case.Case(
        "wrong", "two and two", "nobody", "none", "none", "nothing", "none", ("value",), lambda sign=1: {"value": np.nan},
        (case.near("two and two", 5.0, 0.1, case.pick("value"), quick=True),),
    )  # fmt: skip
    monkeypatch.setattr(suite, "CASES", {"wrong": off})
    monkeypatch.setattr(tell, "CASES", {"wrong": off})
    assert main(["validate", f"json={folder}/out.json"]) == 1
    assert "OFF" in capsys.readouterr().out
    assert json.loads((folder / "out.json").read_text())["cases"][0]["checks"][0]["measured"] is None


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["suite=facts", "case=survivall"], "did you mean 'survival'"),
        (["suite=ful"], "did you mean 'full'"),
        (["case=cascade"], "did you mean 'cascades'"),
        (["case=sensitivty"], "did you mean 'sensitivity'"),
        (["siute=quick"], "did you mean 'suite'"),
        (["quick"], "suite=quick is meant"),
        (["suite"], "suite=VALUE"),
        (["json=/nowhere/out.json"], "cannot be written"),
    ],
)
def test_validate_refuses_in_a_sentence(capsys, words, hint):
    assert main(["validate", *words]) == 2
    text = capsys.readouterr().err.strip()
    assert hint in text and len(text.splitlines()) <= 3


def test_validate_has_help(capsys):
    assert main(["validate", "--help"]) == 0
    assert "Watts 2002" in capsys.readouterr().out
    assert main(["--help"]) == 0 and "emergence validate" in capsys.readouterr().out


# The cases against what is known otherwise --------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.parametrize(("c", "d"), [(0.1, 0.5), (0.2, 0.7), (0.4, 0.8), (0.45, 0.6), (0.9, 0.5)])
def test_connections_follow_the_propositions(n, c, d):
    """Jackson and Wolinsky 1996, propositions 1 and 2."""
    found = CASES["connections"].run(n=n, c=c, d=d, starts=3)
    if c < d - d**2:
        assert found["efficient"] == "complete" and found["stable"] == found["stable_complete"] == 1
    elif c < d + (n - 2) / 2 * d**2:
        assert found["efficient"] == "star"
        assert found["efficient_welfare"] == pytest.approx(2 * (n - 1) * (d - c) + (n - 1) * (n - 2) * d**2)
    else:
        assert found["efficient"] == "empty"
    if d - d**2 < c < d:
        assert found["stable_star"] == n
    if c > d:
        assert found["stable_empty"] == 1
    assert found["ends_stable"] == 1.0


def test_a_landscape_is_what_its_definition_says():
    from emergence.validation.landscape import list_values

    rng = np.random.default_rng(5)
    places, entries = np.array([[0, 2], [1, 3], [2, 0], [3, 1]]), rng.random((4, 4))
    values = np.empty(16)
    list_values(places, entries, values)
    for practice in range(16):
        bits = [practice >> k & 1 for k in range(4)]
        told = np.mean([entries[i, bits[places[i][0]] + 2 * bits[places[i][1]]] for i in range(4)])
        assert values[practice] == pytest.approx(told, abs=1e-15)


def test_a_smooth_landscape_is_solved_by_all():
    found = em.validation.measure("landscape", n=8, k=0, agents=20, landscapes=4, steps=150)
    assert found["performance"][-1] == pytest.approx(1.0) and found["distinct"][-1] == 1
    assert found["performance"].shape == found["distinct"].shape == (151,)


def test_a_landscape_takes_a_graph():
    import networkx as nx

    path = em.validation.measure("landscape", network=nx.path_graph(12), n=8, landscapes=2, steps=9)
    line = em.validation.measure("landscape", network="linear", agents=12, n=8, landscapes=2, steps=9)
    assert np.array_equal(path["performance"], line["performance"])


def test_solvers_climb_as_told():
    from emergence.validation.diversity import climb, relay

    rng = np.random.default_rng(3)
    heights = rng.random(40)

    def slowly(at, steps):
        moved = True
        while moved:
            moved = False
            for step in steps:
                while heights[(at + step) % 40] > heights[at]:
                    at = (at + step) % 40
                    moved = True
                    break
        return at

    members = np.array(list(permutations(range(1, 5), 3)), np.int64)[:6]
    for start in range(40):
        for steps in members:
            stop = climb(heights, start, steps)
            assert all(heights[(stop + step) % 40] <= heights[stop] for step in steps)
            assert stop == slowly(start, steps)
    assert relay(heights, members) >= max(
        np.mean([heights[climb(heights, start, steps)] for start in range(40)]) for steps in members
    )


def test_barter_only_ever_teaches():
    from emergence.validation.barter import barter

    rng = np.random.default_rng(1)
    knowledge = rng.random((30, 4))
    before = knowledge.copy()
    a, b = np.arange(30), (np.arange(30) + 1) % 30
    barter(np.uint64(5), np.uint64(6), a, b, knowledge, 0.5, 5000)
    assert (knowledge >= before).all() and knowledge.max() == before.max() and knowledge.sum() > before.sum()
    alone = before.copy()
    alone[:, :] = np.arange(30)[:, None]  # whoever is ahead in everything has nothing to gain
    still = alone.copy()
    barter(np.uint64(5), np.uint64(6), a, b, still, 0.5, 5000)
    assert (still == alone).all()


def test_teams_of_newcomers_alone_stay_apart_and_of_incumbents_hold_together():
    apart = em.validation.measure("teams", p=0.0, m=4, productions=500, window=50, runs=1)["giant_share"]
    assert apart == pytest.approx(1 / 50)
    assert em.validation.measure("teams", p=1.0, q=0.0, m=4, productions=500, window=50, runs=1)["giant_share"] == 1.0


def test_regions_of_a_square_where_nothing_can_change():
    import networkx as nx

    from emergence import luck
    from emergence.validation import culture

    found = CASES["culture"].run(features=1, traits=3, side=8, runs=3, seed=4)
    for k in range(3):
        square = luck.generator(4, culture.START, k).integers(0, 3, (8, 8, 1), np.int64)[:, :, 0]
        graph = nx.grid_2d_graph(8, 8)
        graph.remove_edges_from([(a, b) for a, b in graph.edges if square[a] != square[b]])
        assert found["counts"][k] == nx.number_connected_components(graph)


def test_settled_cultures_are_the_same_or_have_nothing_in_common():
    from emergence import luck
    from emergence.validation import culture

    square = luck.generator(1, culture.START).integers(0, 6, (6, 6, 4), np.int64)
    culture.settle(luck.key(1, culture.MEET), square, 1)
    assert culture.settled(square)
    for one, other in ((square[1:], square[:-1]), (square[:, 1:], square[:, :-1])):
        assert set(np.unique((one == other).sum(axis=2))) <= {0, 4}


def test_growth_makes_as_many_ties_as_newcomers_bring():
    degrees = CASES["growth"].run(m=3, n=3000, seed=2)["degrees"]
    assert degrees.sum() == 2 * 3 * 3000 and degrees.min() == 3 and degrees.max() > 60
    sizes = CASES["growth"].run(mu=-0.02, sigma=0.1, n=500, steps=500)["sizes"]
    assert sizes.min() >= 1.0 and np.isfinite(sizes).all()


def test_no_default_without_claims_and_all_default_without_capital():
    assert em.validation.measure("default", claims=0.0, runs=10)["frequency"] == 0.0
    whole = em.validation.measure("default", capital=0.0, z=5.0, runs=10)
    assert whole["frequency"] == 1.0 and whole["extent_given_contagion"] > 0.98


def test_the_window_closes_where_nobody_tips():
    assert np.isnan(em.validation.measure("cascades", threshold=0.6, runs=0)["window"]).all()
    low, high = em.validation.measure("cascades", threshold=0.24, runs=0)["window"]
    assert 1.0 < low < 2.0 < high < 5.0


def test_an_epidemic_below_one_dies_out():
    assert em.validation.measure("diffusion", r0=0.5, n=5000)["final_size"] < 0.01


def test_robustness_takes_a_graph_and_every_attack():
    import networkx as nx

    graph = nx.barabasi_albert_graph(60, 2, seed=1)
    values = {
        attack: em.validation.measure("robustness", graph=graph, attack=attack, seed=3)["r"]
        for attack in ("degree", "degree_static", "random", "betweenness")
    }
    assert values["degree"] < values["random"] and values["degree_static"] < values["random"]
    assert values["degree"] == pytest.approx(em.measures.schneider_r(graph))


# The document -------------------------------------------------------------------------------------------------------


def writer():
    """Return docs/make_validation.py as a module."""
    spec = importlib.util.spec_from_file_location("make_validation", ROOT / "docs" / "make_validation.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_document_is_the_one_of_the_last_full_run():
    module = writer()
    results = json.loads(module.RESULTS.read_text())
    assert module.DOCUMENT.read_text() == module.document(results), "run python docs/make_validation.py"
    assert results["suite"] == "full" and [one["id"] for one in results["cases"]] == list(CASES)
    for one, told in zip(CASES.values(), results["cases"], strict=True):
        assert [check.name for check in one.checks] == [check["check"] for check in told["checks"]]
        assert [check.expected for check in one.checks] == [check["expected"] for check in told["checks"]]
        assert [check.tolerance for check in one.checks] == [check["tolerance"] for check in told["checks"]]


def test_every_figure_of_the_document_is_there():
    module = writer()
    for name in json.loads(module.RESULTS.read_text())["curves"]:
        file = f"validation-{name}.svg"
        assert file in module.DOCUMENT.read_text() and (module.FIGURES / file).exists()


def test_curves_are_plain_and_can_be_drawn():
    """At toy sizes: the shapes fit, and what is drawn has names on its axes."""
    from emergence.figures.validation import DRAWS, draw_validation

    toy = {
        "landscape": {"n": 6, "k": 2, "agents": 8, "landscapes": 3, "steps": 200},
        "diversity": {"runs": 2, "positions": 200},
        "cascades": {"n": 100, "runs": 3},
        "default": {"n": 60, "runs": 3},
        "barter": {"n": 30, "meetings": 500, "runs": 2, "experts": 4},
        "teams": {"productions": 60, "window": 20, "runs": 2},
        "robustness": {"n": 100, "runs": 2},
        "growth": {"n": 600, "steps": 200},
        "diffusion": {"n": 1000},
        "culture": {"side": 4, "runs": 2},
    }
    assert set(toy) == set(DRAWS) == {name for name, one in CASES.items() if one.curve is not None}
    curves = {name: tell.plain(CASES[name].curve(case.remembering(CASES[name], **toy[name]))) for name in toy}
    figures = draw_validation(json.loads(json.dumps(curves, allow_nan=False)))
    for name, figure in figures.items():
        for axes in figure.figure.axes:
            assert axes.get_xlabel() and axes.get_ylabel(), name
