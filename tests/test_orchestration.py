"""Models of orchestration as settings of groups: what each ties, eases and proclaims, and what its loss costs."""

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, shared

from emergence.build import make_simulation
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.kernels.groups import ALL as EVERYBODY
from emergence.kernels.groups import CHAIN as CHAINED
from emergence.kernels.groups import COVERS, NOBODY, STANDING, STEERED
from emergence.rules import membership, sensing, steering
from emergence.rules.base import EVENTS
from emergence.rules.orchestration import standards
from emergence.schema import KINDS, STRATEGIC
from emergence.step import Simulation

SEEDS = range(3600, 3630)
# Everybody belongs to one group; there is no orchestrator of the network at large.
ALL = {"share": 1.0, "admission": "closed", "fee": 0.003, "events": 0, "transparency": 0}
BASE = {
    "firms": 80,
    "output": {"events": False},
    "rules": {"orchestration": {"models": []}, "membership": {"leaving": 0}},
}
HUB, CHAIN = ["hub_and_spoke"], ["value_chain"]
MODELS = (HUB, CHAIN, ["constellation"], ["open_innovation"])
LOST = {"timeline": [{"month": 25, "kind": "removal", "target": "degree", "count": 1}]}


def world(seed, models, *more, months=24, make=grow, **group):
    """Return a world in which one group of all firms has these models of orchestration."""
    return make(BASE, *more, {"groups": [merge(ALL, {"orchestration": models}, group)], "seed": seed}, months=months)


def effect(measure, one, other, seeds=SEEDS):
    """Return mean and interval of the paired difference of two settings, each a dict for `world`."""
    found = [[measure(world(s, make=shared, **way)) for way in (one, other)] for s in seeds]
    return interval(np.array(found) @ [1.0, -1.0])


def entered(sim, rule):
    """Return the state as a rule sees it."""
    sim._state.enter_rule(rule)
    return sim._state


def said(found):
    return "{:.4g} [{:.4g}, {:.4g}]".format(*found)


def mean_of(name, first=12):
    return lambda sim: float(np.mean([row[name] for row in sim.rows[first:]]))


def crafts_apart(sim):
    """Return by how many places the crafts of partners are apart, for each strategic tie formed in the run."""
    ties, craft = sim.world.ties[STRATEGIC], sim.world.firms.base_skills.argmax(axis=1).astype(int)
    a, b, at = ties.pairs()
    new = ties.born[at] > 0
    return np.abs(craft[a[new]] - craft[b[new]])


def to_lead(sim):
    """Return the largest number of ties that one firm has."""
    return float(sim.rows[-1]["max_degree"])


def test_hub_and_spoke_makes_a_hub():
    found = effect(to_lead, {"models": HUB}, {"models": []})
    assert found[1] > 0, said(found)


def test_a_value_chain_ties_neighbouring_crafts():
    found = effect(lambda sim: float((crafts_apart(sim) == 1).mean()), {"models": CHAIN}, {"models": []})
    assert found[1] > 0, said(found)


def test_a_constellation_ties_different_crafts():
    found = effect(lambda sim: float((crafts_apart(sim) > 0).mean()), {"models": ["constellation"]}, {"models": []})
    assert found[1] > 0, said(found)


def z_of_members(sim):
    """Return the mean value of practices at the end, of all but the research institution."""
    firms = sim.world.firms
    return float(firms.z[firms.kind == KINDS.index("smb")].mean())


def test_open_innovation_raises_what_members_know():
    """Of those who follow what is published, as far as research is paid for."""
    found = effect(z_of_members, {"models": ["open_innovation"]}, {"models": []})
    assert found[1] > 0, said(found)
    for without in ({"follow": 0}, {"fee": 0}):
        found = effect(z_of_members, {"models": ["open_innovation"]}, {"models": ["open_innovation"]} | without)
        assert found[1] > 0, f"{without}: {said(found)}"


def test_an_institution_of_two_groups_finds_at_least_as_much():
    """The second group's experiments go on from the first's, with luck of their own."""

    def z_of_institute(seed, groups):
        sim = grow(BASE, {"groups": groups, "seed": seed, "rules": {"exit": {"enabled": False}}}, months=12)
        return float(sim.world.firms.z[sim.world.rows_of([7])[0]])

    one = merge(ALL, {"orchestration": ["open_innovation"], "institute": "7", "fee": 0.005})
    found = interval(np.array([z_of_institute(s, [one, one]) - z_of_institute(s, [one]) for s in SEEDS]))
    assert found[1] > 0, said(found)


@pytest.mark.parametrize("models", MODELS[:3], ids="+".join)
def test_coordination_is_worth_something_as_far_as_it_is_paid_for(models):
    found = effect(mean_of("joint_income"), {"models": models}, {"models": models, "coordination": 0})
    assert found[1] > 0, said(found)
    found = effect(mean_of("success_rate"), {"models": models, "fee": 0}, {"models": models})
    assert found[2] < 0, f"not paid for: {said(found)}"


@pytest.mark.long
def test_losing_the_hub_costs_hub_and_spoke_more_than_a_mesh():
    """And before the loss its coordination was worth something (joint income against a mesh)."""

    def lost(seed, models):
        spared, struck = (world(seed, models, more, months=48) for more in ({}, LOST))
        return (
            sum(a["joint_income"] - b["joint_income"] for a, b in zip(spared.rows[24:], struck.rows[24:], strict=True))
            / 24
        )

    found = interval(np.array([lost(s, HUB) - lost(s, []) for s in SEEDS]))
    assert found[1] > 0, said(found)
    before = effect(mean_of("joint_income"), {"models": HUB}, {"models": []})
    assert before[1] > 0, said(before)


def test_who_leads_is_the_largest_and_is_replaced_after_the_time_of_succession():
    shock = {"timeline": [{"month": 6, "kind": "removal", "target": "orchestrator", "count": 1}]}
    sim = world(5, HUB, shock, {"output": {"events": True}}, months=4)
    firms, groups = sim.world.firms, sim.world.groups
    first = int(groups.orchestrator[0])
    sim.advance(2)
    assert sim.world.find_firm(str(first)) is None and first not in firms.uid
    assert groups.orchestrator[0] == -1 and groups.leaderless[0] == 6
    sim.advance(11)
    assert groups.orchestrator[0] == -1
    sim.advance(1)
    assert groups.orchestrator[0] == firms.uid[np.argmax(firms.size)] and groups.leaderless[0] == -1
    log = sim.events.columns()
    assert log["a"][log["kind"] == EVENTS.index("appointed")].tolist() == [int(groups.orchestrator[0])]


def test_nothing_is_coordinated_while_nobody_leads():
    shock = {"timeline": [{"month": 2, "kind": "removal", "target": "orchestrator", "count": 1}]}
    sim = world(6, HUB, shock, {"rules": {"orchestration": {"succession": 1000}}}, months=1)
    assert sim._state.governance()[0, COVERS] == EVERYBODY
    standard = int(sim.world.groups.standard[0])
    sim.advance(12)
    line = sim._state.governance()[0]
    assert line[COVERS] == NOBODY and line[STEERED] == 0
    assert int(sim.world.groups.standard[0]) == standard and (standards(sim._state)[1] == 0).all()


def test_what_is_not_coordinated_is_not_paid_for():
    def paid(models, coordination):
        return world(1, models, months=6, coordination=coordination).world.ledger["governance of groups"]

    assert paid(["open_innovation"], 2.0) == paid(["open_innovation"], 0.0)
    assert paid(HUB, 2.0) < paid(HUB, 0.0)


def test_of_two_groups_the_one_with_an_orchestrator_coordinates():
    groups = [merge(ALL, {"fee": 0}), merge(ALL, {"orchestration": HUB, "coordination": 2.0, "fee": 0.01})]
    still = [groups[0], groups[1] | {"coordination": 0.0}]
    one, other = (grow(BASE, {"groups": g, "seed": 2}, months=6) for g in (groups, still))
    assert sum(row["success_rate"] for row in one.rows) > 1.1 * sum(row["success_rate"] for row in other.rows)


def test_with_the_rule_off_models_do_nothing():
    off = {"rules": {"orchestration": {"enabled": False}}}
    mesh = world(2, [], off)
    for models in MODELS:
        one = world(2, models, off, coordination=0.5)
        assert set(same_bytes(mesh, one)) <= {"firms.kind"}, models


def test_deciding_together_spreads_ties_and_keeps_members():
    leave = {"rules": {"membership": {"leaving": 0.2}}}

    def left(sim):
        return float(sum(row["left"] for row in sim.rows))

    found = interval(
        np.array([left(world(s, HUB, leave, deciding="participatory")) - left(world(s, HUB, leave)) for s in SEEDS])
    )
    assert found[2] < 0, said(found)
    found = effect(to_lead, {"models": HUB, "deciding": "participatory"}, {"models": HUB})
    assert found[2] < 0, said(found)


def test_adaptive_groups_learn_to_sanction():
    tempting = {"rules": {"work": {"temptation": 0.6}}}
    rules = {"transparency": 1.0, "sanctions": 0.0, "fee": 0.005}

    def acts(seed, adaptive, on=True):
        more = merge(tempting, {"rules": {"revision": {"enabled": on}}})
        return mean_of("betrayals")(world(seed, [], more, **rules, adaptive=adaptive))

    found = interval(np.array([acts(s, True) - acts(s, False) for s in SEEDS]))
    assert found[2] < 0, said(found)
    assert acts(1, True, on=False) == acts(1, False)


def test_a_franchise_is_uniform_and_its_royalties_go_to_the_firm_that_leads():
    found = effect(mean_of("practice_spread"), {"models": HUB, "follow": 1.0}, {"models": HUB, "follow": 0.0})
    assert found[2] < 0, said(found)

    def cash_of_lead(sim):
        at = sim.world.rows_of(sim.world.groups.orchestrator)[0]
        return float(sim.world.firms.cash[at] / sim.world.firms.size[at])

    rules = {"models": HUB, "fee": 0.02, "months": 6}
    found = effect(cash_of_lead, rules | {"royalty": 0.8}, rules | {"royalty": 0.0})
    assert found[1] > 0, said(found)


def test_a_hybrid_has_the_mean_score_of_its_models_and_all_their_coordination():
    sim = world(3, [*HUB, *CHAIN])
    table = sim._state.governance()[0]
    one, other = (world(3, models)._state.governance()[0] for models in (HUB, CHAIN))
    assert table[STANDING] == one[STANDING] / 2 and table[CHAINED] == other[CHAINED] / 2
    assert table[COVERS] == one[COVERS] == EVERYBODY


def test_two_groups_with_opposed_rules_live_in_one_world():
    """A firm in both is accounted once, and pays both fees; each pair goes by the first group that both belong to."""
    groups = [
        {"share": 0.7, "orchestration": HUB, "sanctions": 1.0, "transparency": 1.0, "fee": 0.004, "sharing": "power"},
        {"share": 0.7, "orchestration": ["constellation"], "sharing": "contribution", "fee": 0.002, "deciding": "participatory"},
    ]  # fmt: skip
    still = {name: {"enabled": False} for name in ("exit", "entry", "credit", "dissolution", "revision")}
    sim = grow(BASE, {"groups": groups, "debug": True, "rules": still | {"work": {"temptation": 0.7}}}, months=12)
    firms, members = sim.world.firms, sim.world.memberships
    both = np.intersect1d(members.uid[members.gid == 1], members.uid[members.gid == 2])
    assert both.size > 5
    sides = sum(int((sim.world.ties[layer].outcome > 0).sum()) for layer in sim._state.acting)
    assert sides == firms.projects.sum(), "each side of a project counts once, whatever groups it belongs to"
    cash = firms.cash.copy()
    membership.collect(entered(sim, membership.RULE))
    paid = dict(zip(firms.uid.tolist(), ((cash - firms.cash) / firms.size).tolist(), strict=True))
    leads = sim.world.groups.orchestrator.tolist()
    assert all(paid[uid] == pytest.approx(0.006) for uid in both.tolist() if uid not in leads)
    assert all(paid[uid] == pytest.approx(0.004) for uid in members.uid[members.gid == 1].tolist() if uid not in both)


def test_a_named_firm_leads_and_an_unknown_one_is_refused(folder):
    (folder / "ties.csv").write_text("source,target\nA,B\nB,C\nC,D\nD,E\n")
    own = {"network": {"kind": "file", "ties": str(folder / "ties.csv"), "settle": False}}
    named = {"orchestration": [*HUB, "open_innovation"], "orchestrator": "B", "institute": "D", "share": 0}
    sim = grow(own, {"groups": [named]}, months=0)
    firms, groups = sim.world.firms, sim.world.groups
    assert [sim.world.name_of(int(u)) for u in (groups.orchestrator[0], groups.institute[0])] == ["B", "D"]
    assert firms.kind[sim.world.rows_of(groups.institute)[0]] == KINDS.index("institute")
    with pytest.raises(Refusal, match="no firm of that name"):
        grow(own, {"groups": [named | {"institute": "Z"}]}, months=0)
    with pytest.raises(Refusal, match="only if its orchestration names open_innovation"):
        grow(own, {"groups": [named | {"orchestration": HUB}]}, months=0)
    with pytest.raises(Refusal, match="cannot both"):
        grow(own, {"groups": [named | {"institute": "B"}]}, months=0)
    with pytest.raises(Refusal, match="hub_and_spoke"):
        grow({"groups": [{"orchestration": ["hub"]}]}, months=0)


AT_LARGE = {
    "hub_and_spoke": to_lead,
    "value_chain": lambda sim: float((crafts_apart(sim) == 1).mean()),
    "constellation": lambda sim: float((crafts_apart(sim) > 0).mean()),
    "open_innovation": lambda sim: float(sim.rows[-1]["best_z"]),
}


@pytest.mark.parametrize("model", AT_LARGE)
def test_the_network_at_large_can_be_orchestrated_by_every_model(model):
    """As in a group: most ties of one firm, crafts of partners, the best practice."""

    def measured(seed, models):
        return AT_LARGE[model](grow({"rules": {"orchestration": {"models": models}}}, seed=seed, months=24))

    found = interval(np.array([measured(s, [model]) - measured(s, []) for s in SEEDS]))
    assert found[1] > 0, said(found)


def test_a_saved_world_goes_on_with_its_offices(folder):
    sim = world(4, [*HUB, "open_innovation"], months=12)
    sim.save(folder / "state.npz")
    again = Simulation.load(folder / "state.npz")
    assert again.world.groups.orchestrator[0] == sim.world.groups.orchestrator[0]
    assert same_bytes(sim.advance(12), again.advance(12)) == []


def test_who_decides_together_is_slower_and_sees_better():
    """Steering of a participatory group reviews half as often, with noise over the root of the number of members."""
    values = np.linspace(0.0, 1.0, 80)
    errors, reviews = [], []
    for deciding in ("central", "participatory"):
        sim = world(1, [], months=1, deciding=deciding, fund=True)
        state = entered(sim, steering.RULE)
        errors.append(sensing.blurred(state, 0, np.arange(80), "cash", values) - values)
        looked = 0
        for _ in range(12):
            sim.world.sensed[1] = {}
            looked += "poor" in sim.advance(1).world.sensed[1]
        reviews.append(looked)
    assert errors[1] == pytest.approx(errors[0] / np.sqrt(80))
    assert reviews == [4, 2]


FORMS = ("cluster", "association", "supply_chain", "franchise", "virtual", "constellation", "open_innovation", "hybrid")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_network_runs_and_differs(form):
    """From its own config, with all invariants checked every month: members work together more than before."""
    words = ["firms=100", "steps=12", "seed=3", "output=lean", "debug=true"]
    plain, formed = (make_simulation(compose([*words, f"groups={name}"])).advance(12) for name in ("none", form))
    assert formed.world.memberships.count > 5 and formed.rows[-1]["joint_income"] != plain.rows[-1]["joint_income"]
