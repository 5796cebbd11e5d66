"""Digital practice, automation, tools, shared data and incidents: each effect over 30 paired seeds, gone when off.

The seeds are used nowhere else.
"""

import json
from functools import cache

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

from emergence import luck
from emergence.build import make_simulation
from emergence.kernels.incidents import IMMUNE, STRUCK
from emergence.kernels.random import draw4, unit
from emergence.rules import adoption, automation, data_pool, incidents, network_effect, tools
from emergence.rules.trade import capacity, trade_of
from emergence.schema import ANALYTICS, COLLABORATION, CUSTOMERS, DEVELOPMENT, MARKETING, STRATEGIC, TOOLS
from emergence.step import Simulation

SEEDS = range(4200, 4230)
BASE = {"firms": 60, "output": {"events": False}}
ACTING = (DEVELOPMENT, STRATEGIC)


def rule(name, **keys):
    return {"rules": {name: {"enabled": True} | keys}}


KNOWN = {}


def world(seed, months, part):
    """A grown world; the same one is grown once for all measures."""
    name = json.dumps([seed, months, part], sort_keys=True)
    if name not in KNOWN:
        KNOWN[name] = grow(BASE, part, {"seed": seed}, months=months)
    return KNOWN[name]


def effect(measure, one, other, months=24):
    """Difference of a measure (of the simulation) between two settings over the paired seeds."""
    values = [[measure(world(seed, months, part)) for part in (one, other)] for seed in SEEDS]
    return interval(np.array([a - b for a, b in values]))


def late(name):
    """Mean of a monthly measure over the second year."""
    return lambda sim: float(np.mean([row[name] for row in sim.rows[12:]]))


def mean(name):
    """Mean of a monthly measure over all months."""
    return lambda sim: float(np.mean([row[name] for row in sim.rows]))


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


FREE = {f"{tool}_cost": 0 for tool in TOOLS}
NOTHING = {"retention": 0, "ease": 0, "insight": 0, "reach": 0}
# Nobody takes a tool up or drops one: who has which is as the test sets it.
KEPT = {"review": 0}
OWN_MEASURES = {"automation_rate", "skills_gap", "tools_in_use", "incidents", "recovered", "time_to_recover"}


@pytest.mark.parametrize(
    "zero",
    [
        rule("network_effect", saving=0),
        rule("automation", saving=0, output=0, idle=0, cost=0),
        rule("tools", **FREE, **NOTHING),
        merge(rule("tools", **FREE, **NOTHING), rule("data_pool", gain=0)),
        rule("incidents", start=0.02, damage=0, security_cost=0, response_cost=0),
    ],
    ids=["network_effect", "automation", "tools", "data_pool", "incidents"],
)
def test_at_zero_effect_and_cost_not_a_byte_changes(zero):
    """But in the measures of the rule itself: firms automate, take up tools and are struck, and nothing follows."""
    company = {"founders": {"digital": 0.5, "tools": 0.5, "security": 0.3, "response": 0.3}, "seed": 4200}
    differing = set(same_bytes(grow(BASE, company), grow(BASE, company, zero)))
    assert differing <= {f"steps.{name}" for name in OWN_MEASURES} | {"steps.struck", "firms.incident"}


# Adoption and network effects.

# Adopting costs half a month of capacity, which a firm alone does not earn back in two years.
WEIGHS = merge(
    rule("adoption", spontaneous=0.005, imitation=0.0, weighing=0.1, cost=0.5, horizon=24),
    {"rules": {"market": {"saving_digital": 0.015}}},
)


def test_a_network_effect_speeds_adoption():
    """Katz and Shapiro 1985: what partners have makes it pay; nothing comes of it if nobody asks what pays."""
    found = effect(late("digital"), merge(WEIGHS, rule("network_effect")), WEIGHS, 36)
    assert found[1] > 0, told("digital", found)
    blind = merge(WEIGHS, {"rules": {"adoption": {"weighing": 0}}})
    found = effect(late("digital"), merge(blind, rule("network_effect")), blind, 36)
    assert found[1] <= 0 <= found[2], told("digital, not weighed", found)


def test_a_network_effect_raises_savings():
    everyone = {"founders": {"digital": 0.8}}
    found = effect(mean("performance"), merge(everyone, rule("network_effect")), everyone)
    assert found[1] > 0, told("performance", found)
    alone = {"founders": {"digital": 0.0}}
    for seed in SEEDS[:3]:
        assert same_bytes(world(seed, 24, alone), world(seed, 24, merge(alone, rule("network_effect")))) == []


def plain_partners(sim, i):
    """Rows of the partners of a firm in both acting layers, those in both twice."""
    return [
        int(j) for k in ACTING for j in sim.world.ties[k].nbr[sim.world.ties[k].ptr[i] : sim.world.ties[k].ptr[i + 1]]
    ]


def trade_by(sim, *rules):
    """The trade of the coming month after these rules, and before them."""
    sim._state.trade = sim._state.pull = None
    sim._state.enter_rule(rules[0])
    before = trade_of(sim._state).offered.copy()
    sim._state.trade = None
    for one in rules:
        sim.apply(one)
    sim._state.enter_rule(rules[0])
    return sim._state.trade, before


@pytest.fixture(scope="module")
def grown():
    """A world in which everything is on."""
    keys = merge(
        *(rule(name) for name in ("network_effect", "automation", "data_pool", "incidents", "adoption")),
        rule("tools", review=0.2),
        {"founders": {"digital": 0.5, "tools": 0.5, "security": 0.2}, "groups": [{"share": 0.3}, {"share": 0.3}]},
    )
    return grow(BASE, keys, {"debug": True}, seed=4201, months=18)


def test_network_savings_are_the_formula_of_the_documentation(grown):
    sim, f = grown, grown.world.firms
    trade, _ = trade_by(sim, network_effect.RULE)
    for i in range(f.count):
        partners = plain_partners(sim, i)
        share = np.mean([f.digital[j] for j in partners]) if partners else 0.0
        assert trade.saved[i] == pytest.approx(0.03 * share * f.digital[i], abs=1e-15)


def test_who_weighs_adopts_where_it_pays():
    sim = grow(BASE, rule("network_effect"), {"founders": {"digital": 0.4}}, seed=4202, months=6)
    f = sim.world.firms
    sim.rules.adoption.spontaneous = sim.rules.adoption.imitation = 0.0
    sim.rules.adoption.weighing, sim.rules.adoption.cost, sim.rules.adoption.horizon = 0.5, 0.6, 20.0
    before, key = f.digital.copy(), luck.key(sim.world.seed, adoption.WEIGH, sim.step + 1)
    expected = before.copy()
    for i in range(f.count):
        partners = plain_partners(sim, i)
        share = np.mean([before[j] for j in partners]) if partners else 0.0
        pays = 20.0 * (0.02 + 0.03 * share) * f.sales[i] > 0.6 * f.size[i]
        if pays and unit(draw4(key, f.uid[i], 0)[0]) < 0.5:
            expected[i] = 1.0
    sim.apply(adoption.RULE)
    assert (f.digital == expected).all() and 3 < (expected > before).sum() < (before == 0).sum()


# Automation.

SKILLED, UNSKILLED = ({"founders": {"skill_mean": mean, "skill_spread": 0}} for mean in (0.6, 0.1))
STATIC = {"founders": {"digital": 1.0}, "rules": {"knowledge": {"enabled": False}}}


def test_automation_pays_where_there_are_skills_and_costs_where_there_are_none():
    """Brynjolfsson and Hitt 2000: skills and automation are complements."""
    for skills, sign in ((SKILLED, 1), (UNSKILLED, -1)):
        keys = merge(STATIC, skills)
        found = effect(late("performance"), merge(keys, rule("automation")), keys)
        assert min(sign * found[1], sign * found[2]) > 0, told(f"performance at {skills}", found)
        free = rule("automation", saving=0, output=0, idle=0, cost=0)
        for seed in SEEDS[:5]:
            assert late("performance")(world(seed, 24, merge(keys, free))) == late("performance")(world(seed, 24, keys))


def test_automation_lowers_costs_per_sale_and_raises_profit_with_skills():
    def of_profit(sim):
        return float(sim.world.firms.profit.sum())

    def unit_cost(sim):
        firms = sim.world.firms
        return float((firms.revenue - firms.profit).sum() / firms.revenue.sum())

    keys = merge(STATIC, SKILLED)
    found = effect(of_profit, merge(keys, rule("automation")), keys)
    assert found[1] > 0, told("profit", found)
    found = effect(unit_cost, merge(keys, rule("automation")), keys)
    assert found[2] < 0, told("cost per sale", found)


def test_automation_adds_capacity_where_capacity_is_short():
    short = merge(STATIC, SKILLED, {"rules": {"market": {"slack": 0.0, "demand": 1.3}}})
    more, none = rule("automation", output=0.2), rule("automation", output=0.0)
    found = effect(lambda sim: float(sim.rows[5]["output"]), merge(short, more), merge(short, none), 6)
    assert found[1] > 0, told("output", found)


def test_automation_is_the_formula_of_the_documentation(grown):
    sim, f = grown, grown.world.firms
    before, cash = f.automation.copy(), f.cash.copy()
    trade, _ = trade_by(sim, automation.RULE)
    usable = np.minimum(1.0, f.skills.mean(axis=1, dtype=float) / 0.5)
    assert trade.saved == pytest.approx(0.05 * before * usable, abs=1e-15)
    assert trade.costs == pytest.approx(0.03 * before * (1 - usable) * f.size, abs=1e-9)
    assert trade.lifted == pytest.approx(0.05 * before * usable, abs=1e-15)
    sim._state.enter_rule(automation.RULE)
    made = f.size * (1 + f.slack) * f.health * (1 + 0.05 * before * usable)
    assert capacity(sim._state) == pytest.approx(made, rel=1e-12)
    step = np.minimum(0.03 * (1 - before) * f.digital, np.maximum(0, cash - 0.1 * f.size) / f.size)
    assert f.automation == pytest.approx(0.99 * before + step, rel=1e-12) and 0 < before.max()
    assert f.cash == pytest.approx(cash - step * f.size, rel=1e-12)
    assert f.idle == pytest.approx(f.automation * (1 - usable), abs=1e-15)


def test_the_skills_gap_is_seen():
    some = [merge(STATIC, skills, rule("automation")) for skills in (UNSKILLED, SKILLED)]
    gaps = [[row["skills_gap"] for row in world(4200, 24, part).rows] for part in some]
    assert gaps[0] == pytest.approx([0.8] * 24) and gaps[1] == [0.0] * 24
    found = effect(late("automation_rate"), some[1], STATIC)
    assert found[1] > 0, told("automation_rate", found)


# Tools.


NOTHING_AT_ALL = KEPT | FREE | NOTHING


def half_with(tool, seed, months=6, **keys):
    """A world in which founders of odd uid have one tool for good and the others none."""
    quiet = {"rules": {"market": {"noise": 0}, "entry": {"enabled": False}}}
    sim = make_simulation(settings_of(BASE, quiet, rule("tools", **(KEPT | keys)), {"seed": seed}))
    sim.world.firms.tools[:] = np.where(sim.world.firms.uid % 2, 1 << tool, 0)
    return sim.advance(months)


def gap(sim, value):
    """Mean of a value of the firms of odd uid less that of the others."""
    odd = sim.world.firms.uid % 2 == 1
    return float(value(sim)[odd].mean() - value(sim)[~odd].mean())


@cache
def without_effect(seed):
    return half_with(CUSTOMERS, seed, **NOTHING_AT_ALL)


def gaps(tool, value, seeds=SEEDS, **keys):
    """What having a tool makes of a value, against the same world where no tool has effect or cost."""
    return np.array([gap(half_with(tool, seed, **keys), value) - gap(without_effect(seed), value) for seed in seeds])


def margin(sim):
    return sim.world.firms.performance


def fill(sim):
    return sim.world.firms.fill


def unit_cost(sim):
    firms = sim.world.firms
    return (firms.revenue - firms.profit) / firms.sales


def cost_of_ties(sim):
    return sim.world.firms.costs_due / sim.world.firms.size


@pytest.mark.parametrize(
    ("tool", "value", "sign", "off"),
    [
        (CUSTOMERS, fill, 1, {"retention": 0}),
        (COLLABORATION, cost_of_ties, -1, {"ease": 0}),
        (ANALYTICS, unit_cost, -1, {"insight": 0}),
        (MARKETING, fill, 1, {"reach": 0}),
    ],
    ids=TOOLS,
)
def test_each_tool_moves_what_it_is_for_and_costs(tool, value, sign, off):
    free = interval(gaps(tool, value, **FREE))
    assert min(sign * free[1], sign * free[2]) > 0, told(TOOLS[tool], free)
    assert not gaps(tool, value, SEEDS[:5], **FREE, **off).any()
    cost = interval(gaps(tool, margin, **(NOTHING | {f"{TOOLS[tool]}_cost": 0.01})))
    assert cost[2] < 0, told(f"cost of {TOOLS[tool]}", cost)


def test_marketing_takes_from_some_what_it_gives_to_others():
    """And where everyone has it, it moves no demand at all: it only costs (Tullock 1980)."""
    sim = half_with(MARKETING, 4203, months=0)
    firms = sim.world.firms
    trade, before = trade_by(sim, tools.RULE)
    total = [np.bincount(firms.sector, demand, 6) for demand in (trade.offered, before)]
    assert total[0] == pytest.approx(total[1], rel=1e-12) and not np.allclose(trade.offered, before, rtol=1e-3)
    firms.tools[:] = 1 << MARKETING
    trade, before = trade_by(sim, tools.RULE)
    assert trade.offered == pytest.approx(before, rel=1e-12)
    assert trade.costs == pytest.approx(0.005 * firms.size, rel=1e-12)


def test_tools_are_the_formula_of_the_documentation(grown):
    sim, f = grown, grown.world.firms
    has = (f.tools[:, None] >> np.arange(4)) & 1
    key = luck.key(sim.world.seed, tools.REVIEW, sim.step + 1)
    trade, _ = trade_by(sim, tools.RULE)
    assert sim._state.pull == pytest.approx(1 + 0.03 * has[:, MARKETING])
    eased = [
        0.5 * 0.0008 * sum(has[j, COLLABORATION] for j in plain_partners(sim, i)) * np.sqrt(f.size[i] / 1e4) * 1e4
        for i in range(f.count)
    ]
    cost = has @ [0.004, 0.002, 0.004, 0.005] * f.size - eased * has[:, COLLABORATION]
    assert trade.costs == pytest.approx(cost, rel=1e-9, abs=1e-9)
    assert trade.saved == pytest.approx(0.006 * has[:, ANALYTICS])
    room = f.size * (1 + f.slack) * f.health
    data = plain_saving(sim, has[:, ANALYTICS])
    expected = has.copy()
    for i in range(f.count):
        gains = np.empty(4)
        for tool, e in ((CUSTOMERS, 0.02), (MARKETING, 0.03)):
            without = trade.offered[i] / (1 + e * has[i, tool])
            gains[tool] = 0.5 * (min(room[i], without * (1 + e)) - min(room[i], without))
        gains[COLLABORATION] = eased[i]
        gains[ANALYTICS] = (0.006 + data[i]) * min(room[i], trade.offered[i])
        wanted = 1 / (1 + np.exp(-(gains / f.size[i] - [0.004, 0.002, 0.004, 0.005]) / 0.002))
        draws = np.array([unit(word) for word in draw4(key, f.uid[i], 0)])
        expected[i, draws < 0.2 * wanted] = 1
        expected[i, draws >= 1 - 0.2 * (1 - wanted)] = 0
    assert ((f.tools[:, None] >> np.arange(4)) & 1 == expected).all()
    assert (expected > has).any() and (expected < has).any()


def test_firms_take_up_what_pays_and_drop_what_does_not():
    dear = {f"{tool}_cost": 0.05 for tool in TOOLS}
    held = {"founders": {"tools": 0.5}}
    cheap = effect(late("tools_in_use"), merge(held, rule("tools", **FREE)), merge(held, rule("tools", **KEPT)))
    assert cheap[1] > 0, told("free tools", cheap)
    shunned = effect(late("tools_in_use"), merge(held, rule("tools", **dear)), merge(held, rule("tools", **KEPT)))
    assert shunned[2] < 0, told("dear tools", shunned)


# Shared data.

EQUIPPED = merge({"founders": {"tools": 1.0}}, rule("tools", **KEPT))
SHARED = merge(EQUIPPED, rule("data_pool"))


def plain_saving(sim, analytics):
    """What shared data save each firm, or would with analytics, firm by firm."""
    f, members = sim.world.firms, sim.world.memberships
    of = [set(members.gid[members.uid == uid].tolist()) for uid in f.uid]
    saving = np.zeros(f.count)
    for i in range(f.count):
        sharing = [j for j in range(f.count) if j != i and analytics[j]]
        pools = {gid: sum(f.sales[j] for j in sharing if gid in of[j]) for gid in of[i]}
        best = max(pools, key=lambda gid: pools[gid], default=None)
        friends = set()
        for k in ACTING:
            ties = sim.world.ties[k]
            for h in range(ties.ptr[i], ties.ptr[i + 1]):
                own = (ties.good[h] + 1) / (ties.good[h] + ties.bad[h] + 2)
                back = (ties.good_in[h] + 1) / (ties.good_in[h] + ties.bad_in[h] + 2)
                if min(own, back) >= 0.6:
                    friends.add(int(ties.nbr[h]))
        alone = sum(f.sales[j] for j in sharing if j in friends and best not in of[j])
        saving[i] = 0.003 * np.log1p((pools.get(best, 0.0) + alone) / 1e4)
    return saving


def test_shared_data_are_the_formula_of_the_documentation(grown):
    sim, f = grown, grown.world.firms
    analytics = (f.tools >> ANALYTICS) & 1
    trade, _ = trade_by(sim, data_pool.RULE)
    expected = plain_saving(sim, analytics)
    assert trade.saved == pytest.approx(expected * analytics, rel=1e-9)
    assert (trade.saved > 0).sum() > 5 and (trade.saved == 0).any()
    sim.world.counts.pop("data_gain", None)


def test_shared_data_gain_more_with_more_partners_and_with_trust():
    found = effect(
        late("data_gain"), SHARED, merge(SHARED, {"network": {"degree": 2}, "rules": {"search": {"meetings": 0.02}}})
    )
    assert found[1] > 0, told("by partners", found)
    distrust = merge(SHARED, {"rules": {"work": {"temptation": 1.0}}})
    found = effect(late("data_gain"), SHARED, distrust)
    assert found[1] > 0, told("by trust", found)


def test_members_of_a_group_gain_by_their_data():
    closed = {"groups": [{"share": 1.0, "fee": 0, "monitoring": 0, "events": 0}]}
    inside, outside = (merge(SHARED, closed, {"rules": {"data_pool": {"in_groups": way}}}) for way in (True, False))
    found = effect(late("data_gain"), inside, outside)
    assert found[1] > 0, told("data_gain", found)


def test_shared_data_raise_margins():
    found = effect(late("performance"), SHARED, EQUIPPED)
    assert found[1] > 0, told("performance", found)
    for seed in SEEDS[:5]:
        assert same_bytes(world(seed, 24, EQUIPPED), world(seed, 24, merge(SHARED, rule("data_pool", gain=0)))) == []


# Incidents.

HUBS = {
    "network": {"kind": "scale_free", "degree": 3},
    "founders": {"security": 0.1, "secured": 0.1},
    "rules": {
        "incidents": {"enabled": True, "start": 0.003, "spread": 0.4, "recovery": 0.3, "waning": 0.05},
        "search": {"enabled": False},
    },
}


def struck(sim):
    return float(sum(row["incidents"] for row in sim.rows))


def test_security_at_hubs_spares_more_than_the_same_security_at_random():
    """Pastor-Satorras and Vespignani 2002; where nothing spreads it does not matter who is secure."""
    hubs, random, everyone = (merge(HUBS, {"founders": {"security_at": at}}) for at in ("hubs", "random", "everyone"))
    for sim in (grow(BASE, part, seed=4204, months=0) for part in (hubs, random, everyone)):
        assert float(sim.world.firms.security.sum()) == pytest.approx(6.0)
    found = effect(struck, hubs, random, 36)
    assert found[2] < 0, told("firms struck", found)
    still = {"rules": {"incidents": {"spread": 0.0}}}
    found = effect(struck, merge(hubs, still), merge(random, still), 36)
    assert found[1] <= 0 <= found[2], told("without spread", found)


def time_to_recover(sim):
    return sim.world.totals["months_struck"] / sim.world.totals["recovered"]


def test_response_shortens_recovery():
    attacked = rule("incidents", start=0.05, recovery=0.2, waning=0.5, damage=0.0)
    able = {"founders": {"response": 0.5}}
    found = effect(time_to_recover, merge(attacked, able), attacked)
    assert found[2] < 0, told("time_to_recover", found)
    at_once = merge(attacked, {"rules": {"incidents": {"recovery": 1.0}}})
    for seed in SEEDS[:5]:
        assert time_to_recover(world(seed, 24, merge(at_once, able))) == time_to_recover(world(seed, 24, at_once)) == 1


def test_who_recovers_is_the_formula_of_the_documentation():
    sim = grow(BASE, rule("incidents", recovery=0.2), seed=4207, months=3)
    f, key = sim.world.firms, luck.key(sim.world.seed, incidents.SPREAD, sim.step + 1)
    f.response[:] = np.linspace(0.0, 1.0, f.count)
    f.incident[:], f.struck_in[:] = STRUCK, 1
    units = np.array([unit(draw4(key, uid, 0)[0]) for uid in f.uid])
    sim.apply(incidents.RULE)
    assert ((f.incident == IMMUNE) == (units < 0.2 + 0.8 * f.response)).all()
    recovered = int((f.incident == IMMUNE).sum())
    assert sim.world.totals["months_struck"] == sim.step * recovered and 10 < recovered < f.count


def test_response_leaves_more_capacity_at_work():
    attacked = rule("incidents", start=0.02, recovery=0.2)
    found = effect(mean("struck"), merge(attacked, {"founders": {"response": 0.5}}), attacked)
    assert found[2] < 0, told("struck", found)


def test_security_and_response_are_paid_for_and_inherited():
    keys = merge(rule("incidents", start=0), {"founders": {"security": 0.4, "response": 0.6}})
    sim = grow(BASE, keys, {"debug": True}, seed=4205, months=23)
    f = sim.world.firms
    assert (f.security == 0.4).all() and (f.response == 0.6).all() and f.born.max() > 0
    booked = sim.world.ledger["security"]
    sim.apply(incidents.RULE)
    assert sim.world.ledger["security"] - booked == pytest.approx(-float(((0.01 * 0.4 + 0.005 * 0.6) * f.size).sum()))


def test_a_firm_offline_is_not_struck():
    keys = merge(rule("incidents", start=0.1, offline=1.0), {"founders": {"digital": 0.5}})
    sim = grow(BASE, keys, seed=4206, months=12)
    f = sim.world.firms
    assert (f.struck_in[f.digital == 0] == -1).all() and (f.struck_in[f.digital > 0] > 0).any()


# State.


def test_saved_loaded_and_branched_it_goes_on_the_same(grown, folder):
    grown.save(folder / "state.npz")
    again, twin = Simulation.load(folder / "state.npz"), grown.branch()
    differing = same_bytes(again.advance(6), twin.advance(6))
    assert not [name for name in differing if not name.startswith(("steps.", "events."))]
    for name in ("automation", "idle", "tools", "response", "struck_in"):
        assert np.array_equal(again.world.firms.column(name), twin.world.firms.column(name))
