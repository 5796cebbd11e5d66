"""Twins: what they share, what differs, and that the differences are what they claim to be."""

import numpy as np
import pytest
from conftest import grow, merge, same_bytes, settings_of, tables

import emergence as em
from emergence import luck
from emergence.build import branch_with, make_simulation
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.kernels.random import fill_units
from emergence.luck import normals
from emergence.measures.emergence import OUTCOMES, PARTS, parts_of
from emergence.twinning import (
    DECOMPOSITION,
    TWINS,
    Twin,
    Twins,
    changed,
    follow,
    follow_all,
    named,
    replicate_seed,
    run_twins,
)

SMALL = {"firms": 80, "steps": 36}
# Ties bring nothing and cost nothing.
NO_EFFECT = {
    "rules": {
        "work": {"payoff_development": 0, "payoff_strategic": 0, "sucker": 0},
        "knowledge": {"absorption": 0},
        "innovation": {"copy": 0, "recombine": 0},
        "adaptation": {"social": 0},
        "market": {"tie_cost": 0, "building_cost": 0},
        "credit": {"claims": 0},
    }
}
GIFT = luck.stream("test.gift")


@pytest.fixture(scope="module")
def found():
    return run_twins(settings_of(SMALL, seed=3), named(DECOMPOSITION), replicates=3)


def test_without_effects_and_costs_every_difference_is_exactly_zero():
    """For every outcome, with an interval of [0, 0]; the ties themselves do differ."""
    # Hubs fall in every twin alike, though in isolation nobody is a hub.
    shocks = [
        {"month": 25, "kind": "removal", "target": "degree", "count": 5},
        {"month": 25, "kind": "removal", "count": 2},
    ]
    twins = run_twins(settings_of(SMALL, NO_EFFECT, timeline=shocks), named(DECOMPOSITION), replicates=4)
    for row in twins.emergence().itertuples():
        assert (row.mean, row.low, row.high) == (0.0, 0.0, 0.0), f"{row.outcome} {row.part}"
    assert twins.difference("ties", "isolated")[0] > 0


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_four_parts_add_up_to_the_whole(found, outcome):
    parts = parts_of(found.values(outcome))
    whole = sum(parts[name] for name in PARTS)
    scale = np.maximum(1.0, np.abs(found.values(outcome)["net"]))
    assert np.all(np.abs(whole - parts["whole"]) <= 1e-12 * scale)
    assert parts["organisation"] == pytest.approx(parts["whole"] - parts["contact"], abs=1e-9)


def gift(mean, spread):
    """Give every firm money once: a twin whose effect on cash is known."""

    def change(simulation, _):
        firms = simulation.world.firms
        units = fill_units(luck.key(simulation.world.seed, GIFT), firms.uid, 2)
        firms.cash += mean + spread * normals(units)[:, 0]
        return simulation

    return Twin("gift", "a gift", change)


def test_a_constructed_effect_lies_in_its_interval_for_90_to_99_of_100_seeds():
    still = {"rules": {name: {"enabled": False} for name in ("exit", "credit", "entry", "market", "innovation")}}
    lean = {"founders": {"sectors": 1, "drafts": 1}, "rules": {"environment": {"interactions": 0}}}
    inside = 0
    for seed in range(100):
        settings = settings_of({"firms": 8, "steps": 1, "seed": seed}, merge(still, lean), output={"events": False})
        twins = run_twins(settings, [gift(-250.0, 400.0)], replicates=24, month=0)
        _, low, high = twins.difference("cash", "gift")
        inside += low <= 8 * 250.0 <= high
    assert 90 <= inside <= 99


def test_the_run_itself_is_among_its_twins():
    """A branch goes on exactly as the run would have, and leaves it untouched."""
    settings = settings_of(SMALL)
    at = make_simulation(settings).advance(18)
    before = tables(at)
    rows = follow_all(at, 18, named(DECOMPOSITION))
    after = tables(at)
    for name, columns in before.items():
        for column, values in columns.items():
            assert np.array_equal(values, after[name][column]), f"{name}.{column}"
    assert rows["net"] == at.advance(18).rows[18:]


def test_a_branch_is_the_same_world_byte_for_byte():
    one = grow(SMALL, months=20)
    two = one.branch()
    two.events, two.rows = one.events, list(one.rows)
    assert same_bytes(one, two) == []
    one.advance(12)
    assert same_bytes(one, grow(SMALL, months=32)) == []


def test_each_twin_lacks_what_its_name_says(found):
    ties = {name: series["ties"] for name, series in found.series.items()}
    assert (ties["isolated"] == 0).all()
    for name in ("frozen", "rewired"):
        formed, broken = (found.series[name][what].sum() for what in ("formed", "broken"))
        assert formed == broken == 0
        assert (np.diff(ties[name], axis=1) <= 0).all()
    assert (found.series["frozen"]["ties"][:, 0] > 0).all()


def test_rewired_firms_keep_their_number_of_ties():
    at = grow(SMALL, months=12)
    branch = at.branch()
    TWINS["rewired"].change(branch, {})
    branch.world.check()
    for before, after in zip(at.world.ties, branch.world.ties, strict=True):
        assert (before.degree() == after.degree()).all()
        assert np.sort(before.w).tolist() == np.sort(after.w).tolist()
    same = sum(set(zip(*a.pairs()[:2], strict=True)) == set(zip(*b.pairs()[:2], strict=True)) for a, b in
               zip(at.world.ties, branch.world.ties, strict=True) if a.count)  # fmt: skip
    assert same == 0


def test_random_maintenance_turns_over_as_many_ties_as_the_run():
    twins = run_twins(settings_of({"firms": 200, "steps": 72}), named(["random_maintenance"]), replicates=3)
    for what in ("formed", "broken"):
        run, chance = (twins.series[name][what].sum() for name in ("net", "random_maintenance"))
        assert chance == pytest.approx(run, rel=0.1)


def test_random_maintenance_minds_neither_utility_nor_strength():
    """What firms are to each other makes no difference to which ties form and break."""
    rules = {"formation": {"choice": False}, "dissolution": {"choice": False}}
    ties = []
    for intercept, by_trust in ((0.0, 2.0), (5.0, 9.0)):
        more = {"formation": {"intercept": intercept}, "dissolution": {"by_trust": by_trust}}
        ties.append(grow(SMALL, {"rules": merge(rules, more)}, months=12))
    assert same_bytes(*ties) == []


def test_without_its_shocks_a_run_is_the_run_that_never_had_them():
    shock = [{"month": 20, "kind": "removal", "target": "degree", "count": 2}]
    shocked = make_simulation(settings_of(SMALL, timeline=shock)).advance(19)
    rows = follow_all(shocked, 12, named(["unshocked", "placebo"]))
    calm = make_simulation(settings_of(SMALL)).advance(31).rows[19:]
    assert rows["unshocked"] == calm
    assert rows["net"] != calm and rows["placebo"] != calm
    assert rows["placebo"][0]["firms"] == calm[0]["firms"] - 1


@pytest.mark.parametrize("scenario", ["florence", "baseline"])
def test_a_placebo_takes_one_firm_of_middling_size(scenario):
    """Also where firms came from a file, whose uids are large."""
    settings = compose([f"scenario={scenario}", "firms=80", "steps=12", "timeline=[{month: 6, kind: demand_crisis}]"])
    at = make_simulation(settings).advance(5)
    rows = follow_all(at, 3, named(["unshocked", "placebo"]))
    assert rows["placebo"][0]["firms"] == rows["unshocked"][0]["firms"] - 1


def test_suppliers_stay_suppliers_in_the_rewired_twin():
    """Ties that lead one way exchange buyers: in- and out-degrees stay, and so do shares."""
    at = make_simulation(settings_of(firms=30, steps=4))
    ties, rng = at.world.ties[0], np.random.default_rng(1)
    pairs = np.array([(a, b) for a in range(30) for b in range(a + 1, 30) if rng.random() < 0.2], np.int32)
    role = rng.integers(1, 3, len(pairs)).astype(np.uint8)
    ties.insert(pairs[:, 0], pairs[:, 1], role=(role, 3 - role), w=rng.random(len(pairs)))
    branch = at.branch()
    TWINS["rewired"].change(branch, {})
    after = branch.world.ties[0]
    branch.world.check()
    for code in (1, 2):
        counts = [np.bincount(t.owner()[t.role == code], minlength=30) for t in (ties, after)]
        assert (counts[0] == counts[1]).all()
    mate = branch.world.mate(0)
    assert (after.role + after.role[mate] == 3).all() and (after.nbr != ties.nbr).any()


def test_a_twin_under_other_settings():
    """A change of config at a month acts from then on; only what can change on the way is taken."""
    settings = settings_of(SMALL)
    dear = changed("dear", {"rules.market.fixed_cost": 0.5})
    twins = run_twins(settings, [dear, changed("same", {"rules.market.fixed_cost": 0.42})], replicates=3)
    assert twins.difference("performance", "dear")[0] > 0
    assert twins.difference("performance", "same") == (0.0, 0.0, 0.0)
    at = make_simulation(settings).advance(2)
    at.rules.formation.intercept = -0.3
    assert branch_with(at, {"conditions.feedback": 1.0}).rules.strengthening.feedback == 1.0
    assert branch_with(at, {"conditions.feedback": 1.0}).rules.formation.intercept == -0.3
    # A shock that has struck may name a firm that is gone since.
    past = [{"month": 1, "kind": "removal", "target": "7"}]
    after = make_simulation(settings_of(SMALL, timeline=past)).advance(2)
    assert branch_with(after, {"rules.market.fixed_cost": 0.5}).rules.market.fixed_cost == 0.5
    free = branch_with(at, {"conditions.autonomy": 1.0, "rules.market.slack": 0.3})
    assert (free.world.firms.autonomy == 1.0).all() and (free.world.firms.slack == 0.3).all()
    struck = branch_with(at, {"timeline": [{"month": 5, "kind": "removal", "count": 10}]})
    assert follow(struck, 6)[2]["exits"] >= 10


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rules.market.fixed_costs": 1.0}, "rules.market.fixed_cost"),
        ({"firms": 10}, "on the way"),
        ({"rules.environment.interactions": 3}, "on the way"),
        ({"rules.market.fixed_cost": -1}, "0 to 10"),
        ({"timeline": [{"month": 5, "kind": "flood"}]}, "flood"),
        ({"timeline": 5}, "list"),
        ({"timeline": [7]}, "section"),
        ({"timeline": [{"month": 5, "kind": "removal", "target": "nobody"}]}, "nobody"),
    ],
)
def test_changes_that_make_no_sense_are_refused(changes, says):
    with pytest.raises(Refusal, match=says):
        branch_with(make_simulation(settings_of(SMALL)), changes)


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(Refusal, match="isolated"):
        em.twins("firms=20", "steps=4", names=["isolate"], replicates=1)
    with pytest.raises(Refusal, match="value_gained"):
        Twins(0, [1], {"net": {"firms": np.ones((1, 2))}}).values("value_gainde")
    for month in (4, -3):
        with pytest.raises(Refusal, match="0 to 3"):
            em.twins("firms=20", "steps=4", month=month, replicates=1)
    with pytest.raises(Refusal, match="at least 1"):
        em.twins("firms=20", "steps=4", replicates=0)
    for taken in ("net", "isolated"):
        with pytest.raises(Refusal, match="already"):
            em.twins("firms=20", "steps=4", changes={taken: {}}, replicates=1)
    assert em.twins("firms=20", "steps=4", names="isolated", replicates=1).names == ["net", "isolated"]


def test_replicates_have_luck_of_their_own_and_come_again():
    seeds = [replicate_seed(7, number) for number in range(200)]
    assert seeds[0] == 7 and len(set(seeds)) == 200 and all(0 <= seed < 2**63 for seed in seeds)
    one, two = (em.twins("firms=30", "steps=12", names=["isolated"], replicates=2, seed=5) for _ in range(2))
    for name in one.names:
        assert all(np.array_equal(values, two.series[name][column]) for column, values in one.series[name].items())
    table = one.table(["mean_z"])
    assert len(table["twin"]) == 4 and sorted(set(table["twin"])) == ["isolated", "net"]
