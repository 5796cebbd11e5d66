"""The timeline: dated disasters, pandemics, attacks, regulations and policies, each over 30 paired seeds.

The seeds are used nowhere else. A shock of size 0, one that strikes nobody, and a policy that sets what is set
already change no byte.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

from emergence.build import branch_with, make_simulation
from emergence.compose import compose
from emergence.config import SHOCKS, Shock
from emergence.errors import Refusal
from emergence.figures.shocks import describe, felt_shocks
from emergence.kernels.incidents import STRUCK
from emergence.measures.graph import as_graph
from emergence.measures.paths import betweenness_of
from emergence.report.words import dated_shocks
from emergence.rules import environment, incidents
from emergence.rules.base import EVENTS
from emergence.rules.timeline import imports_available, severity
from emergence.rules.trade import trade_of
from emergence.runs import run_settings
from emergence.step import Simulation
from emergence.twinning import named, run_twins

SEEDS = range(4000, 4030)
BASE = {"firms": 60, "output": {"events": False}}
INCIDENTS = {"rules": {"incidents": {"enabled": True, "start": 0.0}}}


def dated(kind, month=13, **more):
    return {"timeline": [{"month": month, "kind": kind, **more}]}


FLOOD = dated("supply_disaster", region=0, size=0.2, duration=3, recovery=9)
REGULATION = dated("regulation", size=0.05, duration=12)
TEMPTING = dated("policy", key="rules.work.temptation", value=0.8, duration=12)

GROWN = {}


def world(part, seed, months):
    """A grown world and the month-by-month revenue of region 0; the same one is grown once."""
    name = json.dumps([part, seed, months], sort_keys=True)
    if name not in GROWN:
        sim, there = make_simulation(settings_of(BASE, part, {"seed": seed})), []
        sim.advance(months, lambda now: there.append(float(now.world.firms.revenue[now.world.firms.region == 0].sum())))
        GROWN[name] = sim, np.array(there)
    return GROWN[name]


def mean(part, seed, months, name, first, last):
    """Mean of a monthly measure from month `first` to `last`."""
    return float(np.mean([row[name] for row in world(part, seed, months)[0].rows[first - 1 : last]]))


def effect(name, part, other, first, last, months):
    """Difference of a measure between two settings over the paired seeds."""
    return interval(
        np.array([mean(part, s, months, name, first, last) - mean(other, s, months, name, first, last) for s in SEEDS])
    )


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


# At zero effect.

QUIET = {"rules": {"exit": {"enabled": False}, "entry": {"enabled": False}, "credit": {"enabled": False}}}
NOTHING = {
    "disaster": dated("supply_disaster", region=0, size=0.0),
    "pandemic": dated("pandemic", size=0.0),
    "attack": merge(INCIDENTS, dated("cyber_incident", count=0)),
    "regulation": dated("regulation", size=0.0),
    "policy": dated("policy", key="rules.work.temptation", value=0.25),
    "removal": dated("removal", target="betweenness", count=0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_shock_of_no_size_changes_no_byte(name):
    calm = INCIDENTS if name == "attack" else {}
    assert same_bytes(grow(BASE, calm, seed=4000), grow(BASE, NOTHING[name], seed=4000)) == []


# Health.


def test_health_is_what_damage_pandemics_and_incidents_leave():
    keys = {
        "rules": {"incidents": {"enabled": True, "damage": 0.3}, "environment": {"remote_work": 0.5}},
        "timeline": [
            {"month": 3, "kind": "supply_disaster", "region": 1, "size": 0.4, "duration": 2, "recovery": 4},
            {"month": 4, "kind": "pandemic", "sector": 0, "size": 0.5, "duration": 3, "recovery": 3},
        ],
    }
    sim = make_simulation(settings_of(keys, seed=4001))
    damage = {}
    for month in range(1, 13):
        f = sim.world.firms
        f.digital[:] = np.linspace(0, 1, f.count)
        f.incident[: f.count // 3] = STRUCK
        for uid, region in zip(f.uid.tolist(), f.region.tolist(), strict=True):
            if month == 3 and region == 1:
                damage[uid] = 0.4
            if month >= 5 and uid in damage:
                damage[uid] *= 0.05 ** (1 / 4)
                damage[uid] = damage[uid] if damage[uid] >= 1e-3 else 0.0
        sim._state.enter_rule(environment.RULE)
        sim._state._views.clear()
        environment.update_environment(sim._state)
        lost = 0.5 * severity(month - 4, 3, 3)
        for i, uid in enumerate(f.uid.tolist()):
            expected = 1 - damage.get(uid, 0.0)
            expected *= 1 - (lost * (1 - 0.5 * f.digital[i]) if f.sector[i] == 0 else 0.0)
            expected *= 0.7 if f.incident[i] == STRUCK else 1.0
            assert f.health[i] == pytest.approx(expected, rel=1e-12) and f.health[i] == f.spared[i]
        sim.world.step += 1


def test_health_set_by_hand_survives_what_strikes():
    """It is lowered while something strikes, and comes back to what was set, to the last bit."""
    flood = dated("supply_disaster", month=3, region=0, size=1.0, duration=2, recovery=1)
    sim = make_simulation(settings_of({"rules": {"exit": {"enabled": False}, "credit": {"enabled": False}}}, flood))
    f = sim.world.firms
    sim.world.write("health", slice(None), 0.7)
    sim.advance(2)
    assert (f.health[f.born < 0] == 0.7).all()
    sim.advance(1)
    there = (f.region == 0) & (f.born <= 0)
    assert there.any() and (f.health[there] == 0).all() and (f.health[~there & (f.born <= 0)] == 0.7).all()
    sim.world.write("health", 0, 0.3)
    sim.advance(9)
    expected = np.where(f.born <= 0, 0.7, 1.0)
    expected[0] = 0.3
    assert (f.health == expected).all() and (f.damage == 0).all() and (f.spared == 1).all()


def test_an_incident_gives_back_the_health_that_was_set_by_hand():
    sim = grow(INCIDENTS, {"rules": {"incidents": {"recovery": 0.0, "spread": 0.0}}}, months=1, seed=4002)
    f = sim.world.firms
    f.health[:], f.incident[:5] = 0.8, STRUCK
    sim.apply(incidents.RULE)
    assert f.health[:5] == pytest.approx(np.full(5, 0.4)) and (f.health[5:] == 0.8).all()
    sim.rules.incidents.recovery = 1.0
    sim.apply(incidents.RULE)
    assert (f.health == 0.8).all()


def test_without_its_rule_no_incident_takes_capacity():
    sim = grow(INCIDENTS, {"rules": {"incidents": {"start": 0.3}}}, months=3, seed=4002)
    assert (sim.world.firms.health < 1).any()
    sim.rules.incidents.enabled = False
    assert (sim.advance(1).world.firms.health == 1).all()


# Disasters.


def test_a_disaster_lowers_output_of_its_region():
    found = interval(np.array([(world(FLOOD, s, 30)[1] / world({}, s, 30)[1])[12:15].mean() - 1 for s in SEEDS]))
    assert found[2] < 0, told("output of the region", found)
    before = np.array([np.array_equal(world(FLOOD, s, 30)[1][:12], world({}, s, 30)[1][:12]) for s in SEEDS])
    assert before.all()


def test_capacity_is_repaired_by_the_time_of_recovery():
    """A twentieth of the damage is left; and only the region was damaged."""
    for seed in (4000, 4001):
        sim = make_simulation(settings_of(BASE, FLOOD, {"seed": seed})).advance(15)
        f = sim.world.firms
        there = (f.region == 0) & (f.born < 13)
        assert f.damage == pytest.approx(np.where(there, 0.2, 0.0))
        sim.advance(9)
        there = (f.region == 0) & (f.born < 13)
        assert there.any() and f.damage == pytest.approx(np.where(there, 0.05 * 0.2, 0.0))


def test_output_recovers_in_part():
    """Nearly half of the loss is made up for, and the rest is still missing half a year after the repair."""
    gap = np.array([world(FLOOD, s, 30)[1] / world({}, s, 30)[1] - 1 for s in SEEDS])
    found = interval(gap[:, 24:30].mean(axis=1) - gap[:, 12:15].mean(axis=1))
    assert found[1] > 0, told("recovered", found)
    left = interval(gap[:, 24:30].mean(axis=1))
    assert left[2] < 0, told("left", left)


def test_the_second_of_two_disasters_strikes_what_is_left():
    twice = {"timeline": [FLOOD["timeline"][0], FLOOD["timeline"][0] | {"month": 14, "sector": 0}]}
    f = grow(BASE, twice, months=14, seed=4003).world.firms
    there = (f.region == 0) & (f.born < 13)
    expected = np.where(there, np.where(f.sector == 0, 1 - 0.8 * 0.8, 0.2), 0.0)
    late = (f.region == 0) & (f.sector == 0) & (f.born == 13)
    assert f.damage == pytest.approx(np.where(late, 0.2, expected)) and (there & (f.sector == 0)).any()


def test_a_disaster_abroad_strikes_imports():
    settings = settings_of(BASE, seed=4003)
    sim = make_simulation(settings)
    abroad = Shock(month=2, kind="supply_disaster", size=0.5, duration=2, recovery=3)
    settings.timeline = [abroad, replace(abroad, month=4, size=0.2), replace(abroad, region=0)]
    found = []
    for month in range(1, 10):
        sim.world.step = month - 1
        found.append(imports_available(sim._state))
    expected = [1 - 0.5 * severity(m - 2, 2, 3) for m in range(1, 10)]
    assert found == pytest.approx([e * (1 - 0.2 * severity(m - 4, 2, 3)) for m, e in enumerate(expected, 1)])
    assert found[0] == found[-1] == 1.0 and min(found) == 0.5


# Pandemics.

PANDEMIC = dated("pandemic", size=0.3, duration=4, recovery=4)
# What digital practice saves besides is left out.
SAVES_NOTHING = {"rules": {"market": {"saving_digital": 0.0}}}


@pytest.mark.parametrize("name", ["fill", "output"])
def test_a_pandemic_lowers_demand_and_output(name):
    found = effect(name, PANDEMIC, {}, 13, 18, 30)
    assert found[2] < 0, told(name, found)


def kept(seed, digital, part):
    """Output of half a year as a share of that without the pandemic."""
    output = []
    for timeline in (PANDEMIC, {}):
        keys = merge(SAVES_NOTHING, part, timeline, {"rules": {"entry": {"enabled": False}}})
        sim = make_simulation(settings_of(BASE, keys, {"seed": seed}))
        sim.world.firms.digital[:] = digital
        output.append(sum(row["output"] for row in sim.advance(18).rows[12:]))
    return output[0] / output[1]


def test_who_works_digitally_loses_less():
    found = interval(np.array([kept(s, 1.0, {}) - kept(s, 0.0, {}) for s in SEEDS]))
    assert found[1] > 0, told("output kept", found)
    off = {"rules": {"environment": {"remote_work": 0.0}}}
    assert kept(4000, 1.0, off) == kept(4000, 0.0, off)


def test_demand_is_the_formula_of_the_documentation():
    """In a region, by its share of the sector's capacity."""
    keys = {"rules": {"environment": {"pandemic_demand": 0.6}}}
    parts = [
        {"month": 3, "kind": "pandemic", "size": 0.5, "region": 0},
        {"month": 3, "kind": "pandemic", "size": 0.5, "sector": 1},
        {"month": 3, "kind": "demand_crisis", "size": 0.5, "region": 0, "sector": 0},
    ]
    calm = grow(BASE, keys, months=2, seed=4004)
    f = calm.world.firms
    share = np.array(
        [(f.size[(f.sector == s) & (f.region == 0)]).sum() / f.size[f.sector == s].sum() for s in range(6)]
    )
    only = [np.arange(6) == 1, np.arange(6) == 0]
    falls = [0.3 * share, 0.3 * only[0], 0.5 * share * only[1]]
    expected = calm.branch().advance(1).world.demand["level"]
    for part, fall in zip(parts, falls, strict=True):
        hit = branch_with(calm, {"timeline": [part]}).advance(1).world.demand["level"]
        assert hit == pytest.approx(expected * (1 - fall), rel=1e-12) and (fall > 0).any()


# Attacks.

HUBS = merge(INCIDENTS, {"firms": 120, "network": {"kind": "scale_free"}, "output": {"events": True}})


def reach(seed, target, spread):
    """How many firms an attack on one of them reaches in nine months."""
    attack = dated("cyber_incident", month=2, target=target, count=1)
    sim = grow(BASE, HUBS, attack, {"seed": seed, "rules": {"incidents": {"spread": spread}}}, months=10)
    return int((sim.events.columns()["kind"] == EVENTS.index("incident")).sum())


def test_an_attack_on_a_hub_spreads_further():
    """Pastor-Satorras and Vespignani 2001: where there are hubs, what starts at one of them travels."""
    found = interval(np.array([reach(s, "degree", 0.1) - reach(s, "random", 0.1) for s in SEEDS]))
    assert found[1] > 0, told("firms reached", found)
    assert [reach(s, t, 0.0) for s in (4000, 4001) for t in ("degree", "random")] == [1] * 4


def attacked(**more):
    """Uids struck in month 2, when nothing spreads."""
    keys = merge(INCIDENTS, {"rules": {"incidents": {"spread": 0.0, "recovery": 0.0}}})
    f = grow(keys, dated("cyber_incident", month=2, **more), months=2, seed=4005).world.firms
    assert ((f.health < 1) == (f.incident == STRUCK)).all()
    return f.uid[f.incident == STRUCK].tolist(), f


def test_an_attack_strikes_whom_it_names():
    assert attacked(target="17")[0] == [17]
    uids, firms = attacked(count=6, region=1)
    assert len(uids) == 6 and (firms.region[np.isin(firms.uid, uids)] == 1).all()
    before = grow(INCIDENTS, months=1, seed=4005).world
    degree = sum(ties.degree() for ties in before.ties)
    hubs, _ = attacked(count=3, target="degree")
    assert min(degree[before.rows_of(hubs)]) >= np.sort(degree)[-3]


def test_attacks_of_one_month_do_not_share_luck():
    keys = merge(INCIDENTS, {"rules": {"incidents": {"spread": 0.0, "recovery": 0.0}}})
    attack = {"month": 2, "kind": "cyber_incident"}
    gaps = set()
    for seed in SEEDS[:12]:
        f = grow(keys, timeline=[attack, attack], months=2, seed=seed).world.firms
        gaps.add(tuple(f.uid[f.incident == STRUCK].tolist()))
    assert len(gaps) > 8


# Removal by betweenness.

SPARSE = {"network": {"degree": 1.5}, "rules": {"search": {"enabled": False}}}


def whole_after(seed, **removal):
    return grow(BASE, SPARSE, dated("removal", month=2, **removal), {"seed": seed}, months=2).rows[-1]["giant_share"]


def test_losing_brokers_cuts_the_network_more_than_losing_any():
    pairs = [[whole_after(s, target=t, count=6) for t in ("betweenness", "random")] for s in SEEDS]
    found = interval(np.array([a - b for a, b in pairs]))
    assert found[2] < 0, told("largest component", found)


def test_the_firm_on_most_paths_is_taken_first():
    before = grow(SPARSE, months=1, seed=4006).world
    paths = betweenness_of(as_graph(before))
    uids = np.sort(before.firms.uid)
    sim = grow(SPARSE, dated("removal", month=2, target="betweenness", count=3), months=2, seed=4006)
    events = sim.events.columns()
    gone = events["a"][(events["kind"] == EVENTS.index("shock")) & (events["a"] >= 0)]
    assert set(gone.tolist()) == set(uids[np.argsort(-paths)[:3]].tolist())


# Regulations.


def test_a_regulation_lowers_profit_and_raises_exits_while_it_lasts():
    long = dated("regulation", size=0.06, duration=18)
    for name, low in (("performance", True), ("exits", False)):
        found = effect(name, long, {}, 13, 30, 36)
        assert found[2] < 0 if low else found[1] > 0, told(name, found)
    found = effect("exits", long, {}, 31, 36, 36)
    assert found[1] <= 0, told("exits when it is over", found)
    paid = [row["regulation"] > 0 for row in world(long, 4000, 36)[0].rows]
    assert paid == [13 <= month < 31 for month in range(1, 37)]


def test_a_cap_on_commission_raises_profit_from_its_date():
    """A law that limits is a policy on the setting that it limits."""
    dear = {"rules": {"platform": {"enabled": True, "commission": 0.35, "start": 0.6, "joining": 0.0, "leaving": 0.0}}}
    capped = merge(dear, dated("policy", key="rules.platform.commission", value=0.05, duration=0))
    found = effect("median_profit", capped, dear, 13, 24, 24)
    assert found[1] > 0, told("median_profit", found)
    early = effect("median_profit", capped, dear, 1, 12, 24)
    assert early == (0.0, 0.0, 0.0)


def test_a_regulation_costs_a_share_of_capacity():
    """Of the firms of its sector and region, of all others nothing; the ledger holds."""
    keys = {"debug": True, "timeline": [dict(REGULATION["timeline"][0], month=2, sector=0, region=1, duration=0)]}
    sim = grow(BASE, keys, months=4, seed=4007)
    sim._state.enter_rule(sim.plan[0])
    sim._state.trade = None
    f = sim.world.firms
    there = (f.sector == 0) & (f.region == 1)
    assert there.any() and not there.all()
    assert trade_of(sim._state).costs == pytest.approx(np.where(there, 0.05 * f.size, 0.0))
    assert sim.advance(30).rows[-1]["regulation"] > 0, "a duration of 0 is for good"


# Policies.


def test_a_policy_acts_from_its_date_to_its_end():
    found = effect("betrayals", TEMPTING, {}, 13, 24, 36)
    assert found[1] > 0, told("betrayals", found)
    after = effect("betrayals", TEMPTING, {}, 25, 36, 36)
    assert abs(after[0]) < found[0] / 4, told("betrayals after its end", after)


def test_before_its_date_a_policy_changes_no_byte():
    calm, set_ = (make_simulation(settings_of(part, seed=4008)) for part in ({}, TEMPTING))
    assert same_bytes(calm.advance(12), set_.advance(12)) == []
    assert same_bytes(calm.advance(1), set_.advance(1)) != []


def rules_of(sim, months):
    """What temptation is in force in each month."""
    seen = []
    sim.advance(months, lambda now: seen.append(now._state.rules.work.temptation))
    return seen


def test_the_later_policy_holds_and_then_the_earlier_one_again():
    one = {"kind": "policy", "key": "rules.work.temptation"}
    timeline = [one | {"month": 4, "value": 0.9, "duration": 2}, one | {"month": 2, "value": 0.5, "duration": 0}]
    sim = make_simulation(settings_of(BASE, {"timeline": timeline}))
    assert rules_of(sim, 7) == [0.25, 0.5, 0.5, 0.9, 0.9, 0.5, 0.5] and sim.rules.work.temptation == 0.25


def test_rules_changed_by_hand_under_a_policy_are_in_force():
    sim = make_simulation(settings_of(BASE, dated("policy", month=1, key="rules.work.temptation", value=1, duration=0)))
    sim.advance(2)
    sim.rules.market.growth = 0.5
    sim.advance(1)
    assert sim._state.rules.market.growth == 0.5 and sim._state.rules.work.temptation == 1.0


def test_saved_loaded_and_branched_under_a_policy_it_goes_on_the_same(folder):
    timeline = [
        TEMPTING["timeline"][0] | {"month": 3, "duration": 6},
        {"month": 4, "kind": "policy", "key": "rules.accounts.enabled", "value": True, "duration": 5},
        {"month": 5, "kind": "policy", "key": "rules.market.slack", "value": 0.4, "duration": 6},
        FLOOD["timeline"][0] | {"month": 4},
        REGULATION["timeline"][0] | {"month": 5},
        PANDEMIC["timeline"][0] | {"month": 5},
        {"month": 5, "kind": "cyber_incident", "count": 3},
    ]
    keys = merge(INCIDENTS, {"timeline": timeline, "debug": True, "seed": 4009})
    for stop in (3, 6, 8, 10):
        sim = make_simulation(settings_of(keys)).advance(stop)
        sim.save(folder / "state.npz")
        again, branch = Simulation.load(folder / "state.npz"), sim.branch()
        assert ("accounts" in again.world.firms.spec) == (4 <= stop < 9)
        sim.advance(8)
        assert same_bytes(sim, again.advance(8)) == []
        branch.advance(8)
        differing = {name for name in same_bytes(sim, branch) if not name.startswith(("steps.", "events."))}
        assert differing == set()


def test_firms_follow_settings_that_they_were_given_when_they_entered():
    policy = dated("policy", month=2, key="rules.market.slack", value=0.4, duration=3)
    sim = make_simulation(settings_of(BASE, QUIET, policy))
    usual, f = sim.rules.market.slack, sim.world.firms
    f.slack[0] = 0.9
    seen = []
    sim.advance(6, lambda now: seen.append((now.world.firms.slack[0], *np.unique(now.world.firms.slack[1:]))))
    assert seen == [(0.9, usual)] + [(0.9, 0.4)] * 3 + [(0.9, usual)] * 2
    twin = branch_with(make_simulation(settings_of(BASE, policy)).advance(2), {"timeline": []})
    assert np.unique(twin.world.firms.slack).tolist() == [usual]


def test_events_say_when_policies_begin_and_end():
    events = grow(TEMPTING, months=26, seed=4010).events.columns()
    policy = events["kind"] == EVENTS.index("policy")
    assert events["step"][policy].tolist() == [13, 25] and events["value"][policy].tolist() == [0.8, 0.25]


# What is refused.


@pytest.mark.parametrize(
    ("shock", "why"),
    [
        (dated("policy", key="rules.work.temptatoin", value=1), "did you mean 'rules.work.temptation'"),
        (dated("policy", value=1), "choose one of"),
        (dated("policy", key="firms", value=1), "below rules, not 'firms'"),
        (dated("policy", key="founders.sectors", value=1), "below rules"),
        (dated("policy", key="rules.orchestration.models", value="mesh"), "a number, a switch or a word"),
        (
            dated("policy", key="rules.work.temptation", value=3),
            r"timeline\[0\].value, rules.work.temptation: 3 is out",
        ),
        (dated("policy", key="rules.work.temptation"), "a number from 0 to 1"),
        (dated("policy", key="rules.work.enabled", value=0.5), "true or false"),
        (dated("policy", key="rules.work.sharing", value="equaly"), "did you mean 'equal'"),
        (dated("policy", key="rules.environment.interactions", value=3), "only shapes the start"),
        (dated("policy", key="rules.innovation.copy", value=0.9), "in month 13: .*must not exceed 1"),
        (dated("regulation", key="rules.work.temptation"), "only a policy has key and value"),
        (dated("earthquake"), "there is no 'earthquake'"),
        (dated("cyber_incident"), "rules.incidents.enabled=true"),
        (merge(INCIDENTS, dated("cyber_incident", target="99999")), "no firm of that name"),
        (dated("supply_disaster"), "name a region or a sector"),
        (dated("supply_disaster", region=5), "there is no region 5; the last is 4"),
        (dated("pandemic", sector=77), "no sector 77"),
        (dated("landscape_shift", region=1), "name a sector"),
        (merge(REGULATION, {"rules": {"market": {"enabled": False}}}), "rules.market.enabled=true"),
        (merge(FLOOD, {"rules": {"environment": {"enabled": False}}}), "rules.environment.enabled=true"),
    ],
)
def test_what_cannot_be_or_would_strike_nobody_is_refused(shock, why):
    with pytest.raises(Refusal, match=why):
        make_simulation(settings_of(shock))


def test_a_policy_may_switch_on_the_rule_that_an_attack_needs():
    on = {"month": 2, "kind": "policy", "key": "rules.incidents.enabled", "value": True}
    attack = {"month": 3, "kind": "cyber_incident", "count": 4}
    assert grow(timeline=[on, attack], months=3, seed=4011).rows[-1]["struck"] > 0
    with pytest.raises(Refusal, match="rule incidents is off"):
        grow(timeline=[on | {"month": 4}, attack], months=0)


def test_firms_come_equipped_for_rules_that_a_policy_switches_on():
    """Tools and response are given to who is there when the rule begins, and to nobody before."""
    rules = ("tools", "incidents")
    timeline = [{"month": 5, "kind": "policy", "key": f"rules.{r}.enabled", "value": True} for r in rules]
    sim = grow(timeline=timeline, months=4, founders={"tools": 0.5, "response": 0.7}, seed=4012)
    assert not {"tools", "response"} & set(sim.world.firms.spec)
    firms = sim.advance(1).world.firms
    there = firms.born < 5
    assert (firms.response[there] == 0.7).all() and 0.2 < (firms.tools[there] > 0).mean() <= 1


# Twins.


def test_twins_are_spared_every_kind():
    timeline = [
        FLOOD["timeline"][0],
        PANDEMIC["timeline"][0],
        REGULATION["timeline"][0],
        TEMPTING["timeline"][0],
        {"month": 14, "kind": "cyber_incident", "count": 3},
    ]
    keys = merge(INCIDENTS, {"steps": 24, "seed": 4012})
    twins = run_twins(settings_of(BASE, keys, {"timeline": timeline}), named("unshocked"), replicates=1, month=12)
    calm = make_simulation(settings_of(BASE, keys)).advance(24).rows[12:]
    for name in ("output", "betrayals", "struck", "regulation", "capacity_lost", "firms"):
        assert twins.series["unshocked"][name][0].tolist() == [row[name] for row in calm], name
    assert twins.series["net"]["output"].sum() < twins.series["unshocked"]["output"].sum()


@pytest.mark.parametrize("target", ["degree", "betweenness"])
def test_the_same_firms_are_attacked_in_every_twin(target):
    keys = merge(INCIDENTS, {"rules": {"incidents": {"spread": 0.0, "recovery": 0.0}}, "steps": 14, "seed": 4013})
    removal = {"month": 13, "kind": "removal", "target": target}
    timeline = [removal, {"month": 13, "kind": "cyber_incident", "target": target, "count": 3}]
    found = []

    def look(sim):
        if sim.step == 13:
            f = sim.world.firms
            found.append((f.uid[f.incident == STRUCK].tolist(), sim.world.size))

    run_twins(settings_of(keys, QUIET, {"timeline": timeline}), named("isolated"), 1, 12, look)
    assert found[0] == found[1] and len(found[0][0]) == 3 and found[0][1] == 59


# Words.


def test_every_kind_has_words():
    for kind in SHOCKS:
        shock = Shock(kind=kind, key="rules.work.temptation", value=0.5)
        assert describe(shock)
    flood = Shock(kind="supply_disaster", region=2, size=0.4)
    assert describe(flood) == "supply disaster in region 2 (40% of capacity)"
    assert describe(replace(flood, region=None)) == "supply disaster abroad (40% of imports)"
    policy = Shock(kind="policy", key="rules.culture.enabled", value=True, duration=0)
    assert describe(policy) == "policy rules.culture.enabled=true (for good)"
    attack = Shock(kind="cyber_incident", target="betweenness", count=3)
    assert describe(attack) == "cyber incident at the 3 firms on most shortest paths"


def test_what_a_scenario_says_is_told():
    settings = compose(["scenario=policy_change", "steps=100"])
    line, felt = dated_shocks(settings), felt_shocks(settings)
    for shock in settings.timeline:
        assert f'"{shock.says}"' in line
    assert [one.end for one in felt] == [
        s.month + s.duration + s.recovery * (s.kind != "policy") for s in settings.timeline
    ]
    assert felt_shocks(settings_of(BASE, dated("regulation", duration=0), steps=40))[0].end == 40


SCENARIOS = ("supply_disaster", "input_disaster", "pandemic", "cyber_incident", "regulation", "policy_change")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_tell_a_story_and_can_be_reported(name, folder):
    from emergence.figures.findings import Findings
    from emergence.figures.indicators import draw_indicators
    from emergence.report.words import shocks

    settings = compose([f"scenario={name}", "firms=40", "steps=72", "twins.replicates=0", f"output.folder={folder}"])
    assert all(shock.says for shock in settings.timeline)
    result = run_settings(settings)
    found = Findings(result)
    told_of = " ".join(shocks(found))
    assert all(shock.says in told_of for shock in settings.timeline) and "Twelve months before" in told_of
    assert draw_indicators(found) is not None


def test_a_mistake_in_a_story_is_refused_in_a_clear_sentence():
    with pytest.raises(Refusal, match=r"timeline\[0\].says: a word is needed"):
        settings_of(dated("pandemic", says=3))
