"""Steering: groups act on what they saw, within mandate and budget, and what it does for whom at what cost."""

from functools import cache

import networkx as nx
import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, shared

from emergence.kernels.groups import EQUAL
from emergence.kernels.steering import detours, most_complementary
from emergence.measures import betweenness, gini, paired_interval, resilience
from emergence.measures.recovery import recovery_months
from emergence.rules import sensing, steering
from emergence.rules.base import EVENTS
from emergence.schema import MANDATES, STRATEGIC
from emergence.step import Simulation

SEEDS = range(3030, 3060)
CRISIS = [{"month": 13, "kind": "demand_crisis", "size": 0.5, "duration": 9, "recovery": 9}]
BASE = {"firms": 100, "timeline": CRISIS, "output": {"events": False}}
RICH = {"share": 1.0, "admission": "closed", "fee": 0.01, "monitoring": 0, "sanctions": 0, "mending": 0, "events": 0}
ALL = dict.fromkeys(MANDATES, True)
UNEQUAL = {"sharing": "power"}
STAY = {"rules": {"membership": {"leaving": 0}, "steering": {"review": 1}}}


def world(seed, months, **mandate):
    return shared(BASE, STAY, {"groups": [merge(RICH, mandate)], "seed": seed}, months=months)


def effect(measure, months=36, without=None, **mandate):
    return interval(
        np.array([measure(world(s, months, **mandate)) - measure(world(s, months, **(without or {}))) for s in SEEDS])
    )


def lost_firms(sim):
    return float(sum(row["exits"] for row in sim.rows[12:]))


def output_after(sim):
    """Mean output from the crisis on."""
    return float(np.mean([row["firms"] for row in sim.rows[12:]]))


def test_funding_saves_firms_in_a_crisis_and_its_cost_is_shown():
    mean, low, high = effect(lambda sim: float(sum(row["defaults"] for row in sim.rows)), fund=True)
    assert high < 0, f"{mean:.2f} [{low:.2f}, {high:.2f}]"
    mean, low, high = effect(lambda sim: float(sum(row["group_spending"] for row in sim.rows)), fund=True)
    assert low > 0


def test_without_the_rule_the_mandate_does_nothing():
    off = {"rules": {"steering": {"enabled": False}}}
    leaky = {"rules": {"leakage": {"enabled": True}, "secrecy": {"enabled": True}}}
    mandate, idle = {"groups": [merge(RICH, ALL, UNEQUAL)]}, {"groups": [merge(RICH, UNEQUAL)]}
    first, second = (grow(BASE, STAY, leaky, group, off, months=24) for group in (mandate, idle))
    assert same_bytes(first, second) == []


def test_backing_up_leaves_fewer_members_alone():
    sparse = {"network": {"kind": "random", "degree": 1}, "rules": {"search": {"meetings": 0.02}}}

    def alone(seed, backup):
        groups = {"groups": [merge(RICH, {"backup": backup})], "seed": seed}
        world = grow(BASE, STAY, sparse, groups, months=18).world
        member = np.isin(world.firms.uid, world.memberships.uid)
        return float((sum(ties.degree() for ties in world.ties)[member] < 2).mean())

    _, _, high = interval(np.array([alone(s, True) - alone(s, False) for s in SEEDS]))
    assert high < 0


def test_a_late_look_helps_less():
    """What is seen late is done late: with a review every nine months funding saves fewer firms."""

    def defaults(seed, review):
        rules = {"rules": {"steering": {"review": review}}}
        sim = grow(BASE, STAY, rules, {"groups": [merge(RICH, {"fund": True})], "seed": seed}, months=36)
        return float(sum(row["defaults"] for row in sim.rows))

    _, low, _ = interval(np.array([defaults(s, 9) - defaults(s, 1) for s in SEEDS]))
    assert low > 0


def test_bridging_joins_what_hangs_apart():
    sparse = {
        "network": {"kind": "random", "degree": 0.6},
        "rules": {"search": {"enabled": False}, "entry": {"enabled": False}},
    }

    def share(seed, bridge):
        groups = {"groups": [merge(RICH, {"bridge": bridge})], "seed": seed}
        return grow(BASE, STAY, sparse, groups, months=18).rows[-1]["giant_share"]

    _, low, _ = interval(np.array([share(s, True) - share(s, False) for s in SEEDS]))
    assert low > 0


def test_publishing_lets_sanctions_bite():
    strict = {"sanctions": 1.0, "transparency": 0.1, "monitoring": 0.0}
    lure = {"rules": {"work": {"temptation": 0.8}}}

    def cheating(seed, publish):
        groups = {"groups": [merge(RICH, strict, {"publish": publish})], "seed": seed}
        sim = grow(BASE, STAY, lure, groups, {"rules": {"membership": {"expulsion": 0}}}, months=36)
        return sum(r["betrayals"] for r in sim.rows[12:]) / sum(r["projects"] for r in sim.rows[12:])

    _, _, high = interval(np.array([cheating(s, True) - cheating(s, False) for s in SEEDS]))
    assert high < 0


def test_it_acts_on_what_it_saw_at_the_review_before():
    """Nothing is paid before the second look; those who were not seen short of cash get nothing."""
    sim = grow(
        {"firms": 60},
        STAY,
        {"groups": [merge(RICH, {"fund": True})], "rules": {"steering": {"review": 4, "noise": 0}}},
        months=0,
    )
    sim.world.groups.budget[:] = 1e7
    sim.world.firms.cash[:] = -0.2 * sim.world.firms.size
    sim.advance(1)
    assert sim.rows[0]["group_spending"] == 0 and len(sim.world.sensed[1]["poor"]) > 10
    seen = set(sim.world.sensed[1]["poor"])
    sim.advance(4)
    events = sim.events.columns()
    helped = set(events["a"][events["kind"] == EVENTS.index("intervention")].tolist())
    assert helped and helped <= seen


@pytest.mark.parametrize("fee", [0.0005, 0.01])
def test_no_group_spends_more_than_it_has(tmp_path, fee):
    groups = {"groups": [merge(RICH, ALL, UNEQUAL, {"fee": fee})]}
    rules = {
        "leakage": {"enabled": True},
        "secrecy": {"enabled": True},
        "steering": {"few": 6, "window": 10, "alarm": 0.0, "opportunism": 0.0},
    }
    sim = grow(BASE, STAY, groups, {"debug": True, "rules": rules}, months=30)
    if fee > 0.001:
        assert sim.world.groups.sharing[0] == EQUAL and sim.world.groups.protection[0] > 0
        assert any(amount < 0 for cause, amount in sim.world.ledger.items() if "rules" in cause)
    assert (sim.world.groups.budget >= -1e-6).all()
    sim.save(tmp_path / "state.npz")
    assert same_bytes(sim.advance(9), Simulation.load(tmp_path / "state.npz").advance(9)) == []


def test_brokered_ties_are_new_and_paid_for():
    sim = grow({"firms": 60}, STAY, {"groups": [RICH]}, months=3)
    sim.world.groups.budget[:] = 1000.0
    state, before = sim._state, sim.world.ties[STRATEGIC].number
    state.enter_rule(steering.RULE)
    a, b, _ = sim.world.ties[STRATEGIC].pairs()
    steering.broker(state, 0, np.array([(int(a[0]), int(b[0])), (5, 5)]))
    assert sim.world.ties[STRATEGIC].number == before and sim.world.groups.budget[0] == 1000.0
    free = [
        (0, j)
        for j in range(1, sim.world.size)
        if j not in sim.world.ties[STRATEGIC].nbr[: sim.world.ties[STRATEGIC].ptr[1]]
    ]
    steering.broker(state, 0, np.array([*free[::-1], *free]))
    state.leave_rule(steering.RULE)
    assert sim.world.ties[STRATEGIC].number == before + 5 and sim.world.groups.budget[0] == pytest.approx(0.0)
    row = sim.world.ties[STRATEGIC].nbr[: sim.world.ties[STRATEGIC].ptr[1]]
    assert {j for _, j in free[-5:]} <= set(row.tolist()), "the first ones go first"
    sim.world.check()


@pytest.mark.long
def test_a_steering_association_keeps_firms_through_a_crisis_at_a_cost_that_is_shown():
    """Against spared twins of the same luck: fewer firm-months lost in a crisis, and EUR of support beside it.

    Of firms, not of output: rivals and entrants serve the demand of those who fail.
    """
    months, seeds, cost = 60, list(SEEDS)[:20], []
    output = {}
    for fund in (True, False):
        for name, timeline in (("shocked", CRISIS), ("spared", [])):
            rows = []
            for seed in seeds:
                groups = {"groups": [merge(RICH, {"fund": fund})], "seed": seed}
                sim = grow(BASE, STAY, groups, {"timeline": timeline}, months=months)
                rows.append([row["firms"] for row in sim.rows[12:]])
                if fund and timeline:
                    cost.append(sum(row["group_spending"] for row in sim.rows))
            output[fund, name] = np.array(rows)
    found = {fund: resilience(output[fund, "shocked"], output[fund, "spared"]) for fund in (True, False)}
    gap = (1 - output[True, "shocked"] / output[True, "spared"]) - (
        1 - output[False, "shocked"] / output[False, "spared"]
    )
    mean, low, high = paired_interval(gap.sum(axis=1))
    assert high < 0, f"months of firms: {mean:.2f} [{low:.2f}, {high:.2f}]"
    assert found[True].depth < found[False].depth and found[True].loss < found[False].loss
    recovery = {fund: np.inf if one.recovery is None else one.recovery for fund, one in found.items()}
    assert recovery[True] <= recovery[False]

    assert min(cost) > 0


NEW = range(3500, 3530)
HUBS = [{"month": 25, "kind": "removal", "target": "degree", "count": 5}]
# Hubs, few meetings, and an association that newcomers join.
SPARSE = {
    "network": {"kind": "scale_free", "degree": 2},
    "rules": {
        "search": {"meetings": 0.05},
        "membership": {"leaving": 0, "joining": 0.3},
        "steering": {"few": 4},
    },
}
# What is lost stays lost: nobody meets or enters.
CLOSED = {
    "network": {"kind": "scale_free", "degree": 1.5},
    "rules": {"search": {"enabled": False}, "entry": {"enabled": False}, "membership": {"leaving": 0}},
}


@cache
def courses(hit, on, review=3):
    """Return the rows of five years of each seed as arrays by measure, float64[seeds, months]."""
    rows = []
    for seed in NEW:
        group = merge(RICH, {"admission": "open", "bridge": on, "backup": on})
        rules = {"rules": {"steering": {"review": review}}, "timeline": HUBS if hit else []}
        rows.append(grow(BASE, SPARSE, rules, groups=[group], seed=seed, months=60).rows)
    return {name: np.array([[row[name] for row in run] for run in rows]) for name in rows[0][0]}


def joint_income(on, review=3):
    """Return joint income from the loss of five hubs on, and that of the spared twins, float64[seeds, months] each."""
    return [courses(hit, on, review)["joint_income"][:, 24:] for hit in (True, False)]


@pytest.mark.long
def test_a_steering_association_shortens_recovery_from_the_loss_of_hubs_at_a_cost_that_is_shown():
    """Of joint income; output comes back as soon without, as the demand of the lost is served by others."""
    q = {on: joint_income(on) for on in (True, False)}
    found = {on: resilience(*q[on]) for on in (True, False)}
    assert found[False].recovery >= 12 and found[True].recovery < found[False].recovery
    assert found[True].depth < found[False].depth
    # Months of recovery: over the same resamples of seeds, censored ones as long as the runs.
    drawn = np.random.default_rng(0).integers(0, len(NEW), (2000, len(NEW)))
    months = {
        on: np.minimum(recovery_months(hit[drawn].sum(axis=1) / spared[drawn].sum(axis=1)), hit.shape[1])
        for on, (hit, spared) in q.items()
    }
    assert np.percentile(months[True] - months[False], 97.5) < 0
    mean, _, high = interval(sum_of_gaps(*q[True]) - sum_of_gaps(*q[False]))
    assert mean < -0.5 and high < 0
    # What it cost, and that it paid.
    spent = courses(True, True)["group_spending"].sum(axis=1)
    assert (spent > 0).all() and courses(True, False)["group_spending"].sum() == 0
    gained = (courses(True, True)["joint_income"] - courses(True, False)["joint_income"]).sum(axis=1)
    assert interval(gained - spent)[1] > 0


def sum_of_gaps(hit, spared):
    """Return the months of it that were lost, float64[seeds]."""
    return (1 - hit / spared).sum(axis=1)


@pytest.mark.long
def test_looking_every_other_year_makes_up_for_less():
    gap = sum_of_gaps(*joint_income(True, review=24)) - sum_of_gaps(*joint_income(True))
    mean, low, high = interval(gap)
    assert low > 0, f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def test_a_way_round_lowers_the_loss_when_a_bottleneck_fails():
    """The same bottleneck fails in both; it was backed up for a year in one."""

    def loss(seed):
        start = grow(
            BASE, CLOSED, {"timeline": [], "rules": {"steering": {"few": 0}}}, groups=[RICH], seed=seed, months=12
        )
        between = betweenness(start.world)
        neck = max(between, key=between.get)
        left = {}
        for mandate in (sensing.BACKUP, 0):
            for fails in (True, False):
                sim = start.branch()
                sim.world.groups.mandate[:] = mandate
                sim.advance(12)
                if fails:
                    sim.retire([neck])
                sim.advance(12)
                left[mandate, fails] = np.array([[r["giant_share"], r["joint_income"]] for r in sim.rows[-12:]])
        return [(1 - left[m, True] / left[m, False]).sum(axis=0) for m in (sensing.BACKUP, 0)]

    losses = np.array([loss(seed) for seed in NEW])
    for k, what in enumerate(("giant_share", "joint_income")):
        mean, low, high = interval(losses[:, 0, k] - losses[:, 1, k])
        assert high < 0, f"{what}: {mean:.3f} [{low:.3f}, {high:.3f}]"


def test_rebalancing_lowers_the_gini_of_joint_income_at_little_cost():
    def outcome(seed, on):
        sim = grow(BASE, STAY, {"timeline": []}, groups=[merge(RICH, UNEQUAL, {"rebalance": on})], seed=seed, months=24)
        unequal = []
        for _ in range(12):
            firms = sim.advance(1).world.firms
            unequal.append(gini(firms.joint_income[np.isin(firms.uid, sim.world.memberships.uid)]))
        return np.mean(unequal), *(sum(row[name] for row in sim.rows) for name in ("joint_income", "group_spending"))

    with_it, without = (np.array([outcome(seed, on) for seed in NEW]) for on in (True, False))
    mean, _, high = interval(with_it[:, 0] - without[:, 0])
    assert mean < -0.03 and high < 0
    assert interval(with_it[:, 1] - without[:, 1])[1] > 0, "nor is less earned together"
    assert 0 < with_it[:, 2].max() < 0.01 * with_it[:, 1].min()


def test_protecting_lowers_leaks_and_hiding():
    leaky = {"timeline": [], "rules": {"leakage": {"enabled": True}, "secrecy": {"enabled": True}}}

    def outcome(seed, on):
        sim = grow(BASE, STAY, leaky, groups=[merge(RICH, {"protect": on})], seed=seed, months=36)
        return [sum(row[name] for row in sim.rows[12:]) for name in ("leaks", "hidden")]

    gap = np.array([outcome(seed, True) for seed in NEW]) - np.array([outcome(seed, False) for seed in NEW])
    assert interval(gap[:, 0])[2] < 0 and interval(gap[:, 1])[2] < 0


def test_with_noise_the_same_money_saves_fewer_firms():
    def outcome(seed, noise):
        rules = {"rules": {"steering": {"noise": noise}}}
        sim = grow(BASE, STAY, rules, groups=[merge(RICH, {"fund": True, "fee": 0.002})], seed=seed, months=36)
        return [sum(row[name] for row in sim.rows) for name in ("defaults", "group_spending")]

    noisy, clear = (np.array([outcome(seed, noise) for seed in NEW]) for noise in (5.0, 0.2))
    assert interval(noisy[:, 0] - clear[:, 0])[1] > 0
    assert noisy[:, 1].mean() == pytest.approx(clear[:, 1].mean(), rel=0.05)


def test_a_warned_group_fills_cash_and_loses_fewer_firms():
    """The warning comes with the crisis, not before: it strikes from outside. Still funds go further than need."""
    late = [{"month": 37, "kind": "demand_crisis", "size": 0.5, "duration": 9, "recovery": 9}]

    def outcome(seed, **mandate):
        sim = grow(BASE, STAY, {"timeline": late}, groups=[merge(RICH, mandate)], seed=seed, months=36)
        before = sensing.warns(sim._state, sim.world.sensed.get(1, {}).get("series", []))
        sim.advance(4)
        after = sensing.warns(sim._state, sim.world.sensed.get(1, {}).get("series", []))
        return sum(row["defaults"] for row in sim.advance(20).rows), before, after

    both, alone = (np.array([outcome(s, fund=True, prepare=on) for s in NEW], float) for on in (True, False))
    assert interval(both[:, 0] - alone[:, 0])[2] < 0
    assert both[:, 1].mean() < 0.25 < 0.6 < both[:, 2].mean()


def test_what_is_seen_without_noise_is_what_is_there():
    """Against networkx; of the members alone."""
    mandate = {"share": 0.7, "backup": True, "bridge": True, "rebalance": True}
    parts = {"rules": {"steering": {"noise": 0}, "membership": {"leaving": 0}}}
    sim = grow(BASE, SPARSE, parts, {"timeline": []}, groups=[merge(RICH, mandate)], months=19)
    seen, world = sim.world.sensed[1], sim.world
    uid, member = world.firms.uid, np.isin(world.firms.uid, world.memberships.uid)
    graph = nx.Graph()
    graph.add_nodes_from(np.flatnonzero(member).tolist())
    gains = np.zeros(uid.size)
    for ties in world.ties:
        inside = member[ties.owner()] & member[ties.nbr]
        for a, b, w in zip(
            ties.owner()[inside].tolist(), ties.nbr[inside].tolist(), ties.w[inside].tolist(), strict=True
        ):
            if a < b:
                graph.add_edge(a, b, weight=w + (graph[a][b]["weight"] if graph.has_edge(a, b) else 0.0))
        np.add.at(gains, ties.owner()[inside], ties.value[inside])
    # In the month of a review it looks after all else was done.
    paths = np.array([value for _, value in sorted(nx.betweenness_centrality(graph).items())])
    high = paths > paths.mean() + 2 * paths.std()
    assert set(seen["necks"]) == set(uid[member][high].tolist()) and high.any()
    ties = sum(ties.degree() for ties in world.ties)[member]
    assert set(seen["hubs"]) == set(uid[member][ties > ties.mean() + 2 * ties.std()].tolist())
    assert set(seen["lonely"]) == set(uid[member][ties < 4].tolist())
    assert seen["imbalance"] == pytest.approx(gini(gains[member]), rel=1e-5)
    named = dict(zip(seen["members"], seen["community"], strict=True))
    blocks = [{n for n in graph if named[int(uid[n])] == c} for c in set(named.values())]
    assert seen["modularity"] == pytest.approx(nx.community.modularity(graph, blocks))


def test_who_leads_round_a_hub_and_adds_most_in_a_sum_that_can_be_done_by_hand():
    # A star of 0 with leaves 1 to 4, of which 3 and 4 are tied to each other.
    ptr, nbr = np.array([0, 4, 5, 6, 8, 10]), np.array([1, 2, 3, 4, 0, 0, 0, 4, 0, 3], np.int32)
    assert detours(ptr, nbr, np.array([0, 1])).tolist() == [[1, 4], [1, 1]]
    skills = np.array([[0.5, 0.1], [0.1, 0.9], [0.1, 0.8], [0.1, 0.1]], np.float32)
    ties, who = np.array([0, 1, 1, 0]), np.array([0, 0, 3])
    # 1 leads by .8 over 2, 2 by .7 over 2; then 1 by .8 over 3; then of 3's, 2 still by .7 over 3, 0 by .4 over 1.
    assert most_complementary(skills, ties, who, np.arange(4)).tolist() == [1, 2, 0]
