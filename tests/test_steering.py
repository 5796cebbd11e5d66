"""Steering: groups act on what they saw, within mandate and budget, and what it does for whom at what cost."""

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes

from emergence.measures import paired_interval, resilience
from emergence.rules import steering
from emergence.rules.base import EVENTS
from emergence.schema import STRATEGIC
from emergence.step import Simulation

SEEDS = range(3030, 3060)
CRISIS = [{"month": 13, "kind": "demand_crisis", "size": 0.5, "duration": 9, "recovery": 9}]
BASE = {"firms": 100, "timeline": CRISIS, "output": {"events": False}}
RICH = {"share": 1.0, "admission": "closed", "fee": 0.01, "monitoring": 0, "sanctions": 0, "mending": 0, "events": 0}
STAY = {"rules": {"membership": {"leaving": 0}, "steering": {"review": 1}}}


def world(seed, months, **mandate):
    return grow(BASE, STAY, {"groups": [merge(RICH, mandate)], "seed": seed}, months=months)


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
    mandate = {"groups": [merge(RICH, {"fund": True, "backup": True, "bridge": True, "publish": True})]}
    idle = {"groups": [RICH]}
    assert same_bytes(grow(BASE, STAY, mandate, off, months=24), grow(BASE, STAY, idle, off, months=24)) == []


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


def test_no_group_spends_more_than_it_has(tmp_path):
    groups = {"groups": [merge(RICH, {"fee": 0.0005, "fund": True, "backup": True, "bridge": True, "publish": True})]}
    sim = grow(BASE, STAY, groups, {"debug": True, "rules": {"steering": {"few": 6}}}, months=30)
    assert (sim.world.groups.budget >= -1e-6).all()
    sim.save(tmp_path / "state.npz")
    assert same_bytes(sim.advance(9), Simulation.load(tmp_path / "state.npz").advance(9)) == []


def test_brokered_ties_are_new_and_paid_for():
    sim = grow({"firms": 60}, STAY, {"groups": [RICH]}, months=3)
    sim.world.groups.budget[:] = 1000.0
    state, before = sim._state, sim.world.ties[STRATEGIC].number
    state.enter_rule(steering.RULE)
    a, b, _ = sim.world.ties[STRATEGIC].pairs()
    steering.broker(state, 0, [(int(a[0]), int(b[0])), (5, 5)])
    assert sim.world.ties[STRATEGIC].number == before and sim.world.groups.budget[0] == 1000.0
    free = [(0, j) for j in range(1, 60) if j not in sim.world.ties[STRATEGIC].nbr[: sim.world.ties[STRATEGIC].ptr[1]]]
    steering.broker(state, 0, free)
    state.leave_rule(steering.RULE)
    assert sim.world.ties[STRATEGIC].number == before + 5 and sim.world.groups.budget[0] == pytest.approx(0.0)
    sim.world.check()


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
