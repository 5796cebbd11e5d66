"""Groups: who belongs, what their rules do, and that nothing happens without them."""

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, shared

from emergence.errors import Refusal
from emergence.rules.base import EVENTS
from emergence.schema import DEVELOPMENT, STRATEGIC
from emergence.step import Simulation

SEEDS = range(3000, 3030)
BASE = {"firms": 100, "output": {"events": False}}
# Members stay as they are, so that what differs is the rule of the group alone.
SETTLED = {"rules": {"membership": {"joining": 0, "leaving": 0, "expulsion": 0}}}
RICH = {"fee": 0.005, "share": 0.5, "events": 0}


def group(**rules):
    return {"groups": [merge(RICH, rules)]}


def effect(measure, one, other, months=24, **keys):
    """Difference of a measure (of the simulation) between two settings over 30 paired seeds."""
    values = [
        [measure(shared(BASE, SETTLED, part, {"seed": seed}, months=months, **keys)) for part in (one, other)]
        for seed in SEEDS
    ]
    return interval(np.array([a - b for a, b in values]))


def inside(sim):
    """Mark the ties between two members of the first group; returns marks and positions by layer."""
    belongs = sim._state.membership()
    member = np.zeros(sim.world.size, bool)
    member[belongs.rows[belongs.ptr[0] : belongs.ptr[1]]] = True
    found = []
    for layer in (DEVELOPMENT, STRATEGIC):
        a, b, at = sim.world.ties[layer].pairs()
        found.append((member[a] & member[b], a, b, at))
    return found


def share_inside(sim):
    marks = np.concatenate([marks for marks, *_ in inside(sim)])
    return float(marks.mean())


def cheating(sim):
    rows = sim.rows[6:]
    return sum(r["betrayals"] for r in rows) / max(sum(r["projects"] for r in rows), 1)


def trust_inside(sim):
    trust = [
        sim.world.ties[layer].trust()[at[marks]]
        for layer, (marks, _, _, at) in zip((DEVELOPMENT, STRATEGIC), inside(sim), strict=True)
    ]
    return float(np.concatenate(trust).mean())


def distance_inside(sim):
    f = sim.world.firms
    far = [np.hypot(f.x[a] - f.x[b], f.y[a] - f.y[b])[marks] for marks, a, b, _ in inside(sim)]
    return float(np.concatenate(far).mean())


def test_events_bring_members_together():
    mean, low, high = effect(share_inside, group(events=0.5), group(events=0.0))
    assert low > 0, f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def test_events_of_a_virtual_network_know_no_distance():
    _, low, _ = effect(distance_inside, group(events=0.5, remote=True), group(events=0.5, remote=False))
    assert low > 0


def test_sanctions_that_are_seen_lower_opportunism():
    """Ostrom 1990: neither sanctions without sight nor sight without sanctions does it."""
    strict = {"sanctions": 1.0, "transparency": 1.0, "fee": 0.01}
    mean, low, high = effect(cheating, group(**strict), group(**merge(strict, {"sanctions": 0.0})))
    assert high < 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = effect(
        cheating, group(**merge(strict, {"transparency": 0.0})), group(sanctions=0.0, transparency=0.0, fee=0.01)
    )
    assert low <= 0 <= high


def test_governance_that_is_not_paid_for_does_not_act():
    strict = {"sanctions": 1.0, "transparency": 1.0, "monitoring": 0.01}
    _, _, high = effect(cheating, group(fee=0.02, **strict), group(fee=0.0, **strict))
    assert high < 0
    poor = grow(BASE, SETTLED, group(fee=0.0, **strict), months=3)
    assert poor.world.groups.funded[0] == 0 and poor.world.groups.budget[0] == 0
    half = grow(BASE, SETTLED, group(fee=0.005, **strict), months=3)
    assert half.world.groups.funded[0] == pytest.approx(0.5)


def test_mended_conflicts_leave_more_trust():
    lure = {"rules": {"work": {"temptation": 0.8}}}
    mean, low, high = effect(
        trust_inside, merge(group(mending=1.0, fee=0.01), lure), merge(group(mending=0.0, fee=0.01), lure)
    )
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


STILL = {
    "rules": {
        "formation": {"enabled": False},
        "dissolution": {"enabled": False},
        "exit": {"enabled": False},
        "entry": {"enabled": False},
        "work": {"temptation": 0},
    }
}


def gap_of_value(of):
    """How much less value a tie brings to the side that has more of a trait than to the other, EUR a month."""

    def measure(sim):
        found = []
        for layer in (DEVELOPMENT, STRATEGIC):
            ties = sim.world.ties[layer]
            a, b, at = ties.pairs()
            back = sim.world.mate(layer, at)
            trait = of(sim, layer)
            found.append(((ties.value[at] - ties.value[back]) * np.sign(trait[b] - trait[a])).astype(float))
        return float(np.concatenate(found).mean())

    return measure


def dependence(sim, layer):
    """Fewer and weaker other ties: larger."""
    ties = sim.world.ties[layer]
    return -np.bincount(ties.owner(), ties.w, sim.world.size)


@pytest.mark.parametrize(
    ("sharing", "trait"),
    [
        ("bargaining", dependence),
        ("power", lambda sim, layer: -sim.world.firms.size),
        ("contribution", lambda sim, layer: -sim.world.firms.skills.mean(axis=1)),
    ],
)
def test_the_rule_of_sharing_decides_who_gets_less(sharing, trait):
    """Bargaining: the more dependent; power: the smaller; contribution: who brings less skill."""
    measure = gap_of_value(trait)
    ways = [merge(STILL, {"rules": {"work": {"sharing": rule}}}) for rule in (sharing, "equal")]
    mean, low, high = effect(measure, *ways, months=12)
    assert low > 0, f"{sharing}: {mean:.3f} [{low:.3f}, {high:.3f}]"
    equal = grow(BASE, SETTLED, ways[1], months=12, seed=3000)
    assert measure(equal) == pytest.approx(0.0, abs=1e-6)


def test_a_group_shares_by_its_own_rule():
    sim = grow(BASE, SETTLED, STILL, group(sharing="power", share=0.5), months=12)
    size = sim.world.firms.size
    for layer, (marks, a, b, at) in zip((DEVELOPMENT, STRATEGIC), inside(sim), strict=True):
        back = sim.world.mate(layer, at)
        gap = (sim.world.ties[layer].value[at] - sim.world.ties[layer].value[back]) * np.sign(size[a] - size[b])
        assert gap[marks].mean() > 0 and gap[~marks] == pytest.approx(0.0, abs=1e-6)


def test_what_is_shared_is_the_same_by_any_rule():
    whole = {}
    for rule in ("equal", "contribution", "power", "bargaining"):
        still = merge(STILL, {"rules": {"market": {"enabled": False}, "innovation": {"enabled": False}}})
        sim = grow(BASE, still, {"rules": {"work": {"sharing": rule}}}, months=6)
        whole[rule] = sum(row["joint_income"] for row in sim.rows)
    assert all(value == pytest.approx(whole["equal"], rel=1e-6) for value in whole.values())


def test_firms_join_where_their_partners_are_and_leave_what_brings_nothing():
    open_one = {"groups": [{"share": 0.2, "admission": "open"}]}
    closed = {"groups": [{"share": 0.2, "admission": "closed"}]}
    joined = {}
    for name, part in (("open", open_one), ("closed", closed)):
        sims = [grow({"firms": 100}, part, months=36, seed=seed) for seed in range(5)]
        joined[name] = sum(row["joined"] for sim in sims for row in sim.rows)
    assert joined["open"] > 20 and joined["closed"] == 0
    dear = grow({"firms": 100}, {"groups": [{"share": 0.5, "fee": 0.2}]}, months=36)
    assert dear.rows[-1]["members"] < dear.rows[0]["members"] / 2


def test_the_opportunistic_are_expelled_where_they_are_seen():
    rules = {"rules": {"work": {"temptation": 1.0}, "membership": {"leaving": 0, "joining": 0, "expulsion": 1.0}}}
    strict = {"share": 1.0, "sanctions": 1.0, "transparency": 1.0, "fee": 0.01}
    sims = {
        seen: grow({"firms": 100}, rules, {"groups": [merge(strict, {"transparency": seen})]}, months=12)
        for seen in (0.0, 1.0)
    }
    assert sims[0.0].rows[-1]["left"] == 0 and sum(r["left"] for r in sims[1.0].rows) > 10
    kinds = sims[1.0].events.columns()["kind"]
    assert (kinds == EVENTS.index("left")).sum() == sum(r["left"] for r in sims[1.0].rows)


def test_the_dead_belong_to_nothing_and_money_is_kept(tmp_path):
    """Invariants every month, and a saved state goes on exactly."""
    groups = {
        "groups": [{"share": 0.5}, {"form": "cluster", "region": 1, "share": 1.0}, {"form": "virtual", "remote": True}]
    }
    sim = grow({"firms": 80, "debug": True}, groups, {"rules": {"exit": {"rate": 3}}}, months=24)
    sim.world.check()
    assert sim.world.memberships.count > 20 and (sim.world.groups.budget > 0).all()
    sim.save(tmp_path / "state.npz")
    again = Simulation.load(tmp_path / "state.npz").advance(12)
    assert same_bytes(sim.advance(12), again) == []
    assert np.array_equal(sim.world.memberships.uid, again.world.memberships.uid)


def test_the_order_of_groups_does_not_move_what_others_do():
    """A group without effect and cost changes nothing else."""
    idle = {"groups": [{"events": 0, "fee": 0, "monitoring": 0, "sanctions": 0, "mending": 0}]}
    differing = same_bytes(grow(BASE, months=24), grow(BASE, idle, months=24))
    assert set(differing) <= {"steps.members", "steps.joined", "steps.left"}


def test_groups_that_cannot_be_are_refused():
    for wrong, says in (({"form": "guild"}, "form"), ({"share": 2}, "share"), ({"admission": "maybe"}, "admission")):
        with pytest.raises(Refusal, match=says):
            grow({"groups": [wrong]}, months=0)
