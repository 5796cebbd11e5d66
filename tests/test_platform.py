"""Platforms: what they do to trade is the formula, each effect over 30 paired seeds, the outcome by its definition.

The seeds are used nowhere else. The rule is off by default, and on without members it changes no byte.
"""

import json

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

import emergence as em
from emergence.build import make_simulation
from emergence.compose import compose
from emergence.config import put
from emergence.errors import Refusal
from emergence.measures import platform_numbers, platform_outcome
from emergence.rules import platform
from emergence.rules.trade import trade_of
from emergence.schema import DEVELOPMENT, STRATEGIC
from emergence.step import Simulation, begin_month

SEEDS = range(4100, 4130)
BASE = {"firms": 100, "output": {"events": False}}
EMPTY = {"start": 0, "joining": 0}
SMALL = {"firms": 60}
KNOWN = {}


def on(**keys):
    return {"rules": {"platform": {"enabled": True} | keys}}


def scenario(name):
    """The settings of a scenario's platform."""
    return {"rules": {"platform": dict(vars(compose([f"scenario=platform_{name}"]).rules.platform))}}


def world(seed, months, *parts):
    """A grown world; the same one is grown once."""
    part = merge(*parts)
    name = json.dumps([seed, months, part], sort_keys=True)
    if name not in KNOWN:
        KNOWN[name] = grow(BASE, part, {"seed": seed}, months=months)
    return KNOWN[name]


def effect(measure, one, other, months=24):
    """Difference of a measure (of the simulation) between two settings over the paired seeds."""
    values = [[measure(world(seed, months, SMALL, part)) for part in (one, other)] for seed in SEEDS]
    return interval(np.array([a - b for a, b in values]))


def late(name):
    """Mean of a monthly measure over the last year."""
    return lambda sim: float(np.mean([row[name] for row in sim.rows[-12:]]))


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


def test_without_members_not_a_byte_of_the_default_world_changes():
    assert same_bytes(grow(BASE, seed=4100), grow(BASE, on(**EMPTY), seed=4100)) == []


# The outcome, by its definition.


def outcome(months, part):
    runs, twins = ([platform_numbers(world(seed, months, one)) for seed in SEEDS] for one in (part, {}))
    return platform_outcome(runs, twins)


@pytest.mark.parametrize(("name", "months"), [("synergy", 36), ("trap", 48), ("hybrid", 36)])
def test_a_platform_ends_as_the_scenario_says(name, months):
    found = outcome(months, scenario(name))
    for measure in ("median_profit", "value_gained", "gini_size", "platform_share", "own_channel", "mean_trust"):
        interval(np.array([one[measure] for one in differences(months, scenario(name))]))
    assert found.outcome == name, found
    empty = merge(scenario(name), on(**EMPTY))
    assert same_bytes(world(4100, months, {}), grow(BASE, empty, seed=4100, months=months)) == []
    none = outcome(months, {})
    assert none.outcome == "none" and set(none.change.values()) == {(0.0, 0.0, 0.0)}


def differences(months, part):
    for seed in SEEDS:
        run, twin = (platform_numbers(world(seed, months, one)) for one in (part, {}))
        yield {name: run[name] - twin[name] for name in run}


@pytest.mark.parametrize(
    ("name", "months", "way_out", "instead"),
    [
        ("trap", 48, {"commission": 0.05}, "none"),
        ("trap", 48, {"multihoming": True, "own_channel": 0.01}, "none"),
        ("synergy", 36, {"sharing_data": False}, "hybrid"),
        ("hybrid", 36, {"multihoming": False}, "none"),
    ],
)
def test_the_outcome_depends_on_the_terms(name, months, way_out, instead):
    assert outcome(months, merge(scenario(name), on(**way_out))).outcome == instead


def made(n=30, **levels):
    """Numbers of n runs that differ by a little noise."""
    noise = np.random.default_rng(1).normal(0, 1, n)
    base = {"median_profit": 700.0, "value_gained": 5.0, "gini_size": 0.5, "mean_trust": 0.5}
    base |= {"platform_share": 0.0, "own_channel": 1.0}
    return [{k: v * (1 + 1e-3 * e) for k, v in (base | levels).items()} for e in noise]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, "none"),
        ({"median_profit": 800, "value_gained": 6}, "synergy"),
        ({"median_profit": 800, "value_gained": 6, "gini_size": 0.53}, "none"),
        ({"median_profit": 600, "platform_share": 0.6, "own_channel": 0.4, "mean_trust": 0.45}, "trap"),
        ({"median_profit": 600, "platform_share": 0.6, "own_channel": 0.4}, "none"),
        ({"platform_share": 0.3, "own_channel": 0.7}, "hybrid"),
        ({"platform_share": 0.3, "own_channel": 0.4}, "none"),
        ({"median_profit": 600, "platform_share": 0.3, "own_channel": 0.7}, "none"),
    ],
)
def test_the_outcome_is_named_as_it_is_defined(levels, expected):
    assert platform_outcome(made(**levels), made()).outcome == expected


def test_what_cannot_be_told_is_refused():
    with pytest.raises(ValueError, match="one twin a run"):
        platform_outcome(made(3), made(2))
    with pytest.raises(Refusal, match="at least one measured month"):
        platform_numbers(make_simulation(settings_of(BASE)))


def test_a_run_without_platforms_has_numbers_too():
    told_of = em.measures.platform_numbers(world(4100, 24, {}))
    assert told_of["platform_share"] == told_of["platform_income"] == told_of["concentration"] == 0
    assert told_of["own_channel"] == 1


# Effects.

BARGAIN = {
    "groups": [{"share": 0.8, "fee": 0, "monitoring": 0, "events": 0, "bargain": True}],
    "rules": scenario("bargain")["rules"],
}


def commission_paid(sim):
    """What platforms kept of the last month's sales on them."""
    firms = sim.world.firms
    return sim.rows[-1]["platform_income"] / float((firms.platform_share * firms.sales).sum())


def profit_of_members(sim):
    firms = sim.world.firms
    inside = (firms.platforms > 0) & np.isin(firms.uid, sim.world.memberships.uid)
    return float(firms.performance[inside].mean())


def test_bargaining_together_lowers_the_commission_and_raises_members_profit():
    """Countervailing power (Galbraith 1952)."""
    alone = merge(BARGAIN, {"groups": [BARGAIN["groups"][0] | {"bargain": False}]})
    found = effect(commission_paid, BARGAIN, alone)
    assert found[2] < 0, told("commission", found)
    found = effect(profit_of_members, BARGAIN, alone)
    assert found[1] > 0, told("profit", found)
    powerless = on(power=0)
    assert same_bytes(world(4100, 24, BARGAIN, powerless), world(4100, 24, alone, powerless)) == []


def rivalled(seed, copying):
    """Profit, EUR a month, in the next year of the quarter that sold most on the platform, and of the others."""
    sim = world(seed, 12, SMALL, on(start=0.8, commission=0.05)).branch({"rules.platform.copying": copying})
    firms = sim.world.firms
    sold = firms.platform_share * firms.sales
    best, others = firms.uid[sold >= np.quantile(sold, 0.75)], firms.uid[sold < np.quantile(sold, 0.75)]
    year = []
    for _ in range(4):
        sim.advance(3, measure=False)
        rows = [sim.world.rows_of(uids) for uids in (best, others)]
        year.append([sim.world.firms.profit[row[row >= 0]].sum() / row.size for row in rows])
    return np.mean(year, axis=0)


def test_rival_offers_take_from_the_best_sellers():
    """Zhu and Liu 2018: platforms enter where sellers do well."""
    changes = np.array([rivalled(seed, 0.6) - rivalled(seed, 0.0) for seed in SEEDS])
    found = interval(changes[:, 0])
    assert found[2] < 0, told("best sellers", found)
    found = interval(changes[:, 0] - changes[:, 1])
    assert found[2] < 0, told("best sellers less the others", found)


def test_ranking_by_quality_makes_firms_unequal():
    found = effect(late("gini_size"), on(start=0.8, ranking=1.5), on(start=0.8, ranking=0))
    assert found[1] > 0, told("gini", found)
    assert same_bytes(world(4100, 24, on(**EMPTY)), world(4100, 24, on(**EMPTY, ranking=1.5))) == []


def leavers(seed, erosion, commission):
    """Members that leave within a year after the commission changed, per member."""
    terms = on(start=0.9, commission=0.1, own_channel=0, exclusive=0.0, service=0.1, erosion=erosion)
    sim = world(seed, 18, SMALL, terms)
    later = sim.branch({"rules.platform.commission": commission})
    before, members = later.world.totals.get("platform_left", 0.0), np.count_nonzero(later.world.firms.platforms)
    later.advance(12, measure=False)
    return (later.world.totals["platform_left"] - before) / members


def test_worn_channels_lock_members_in():
    """Switching costs (Farrell and Klemperer 2007): after a rise of the commission fewer leave."""
    worn, kept = ([leavers(seed, erosion, 0.3) for seed in SEEDS] for erosion in (0.08, 0.0))
    found = interval(np.array(worn) - np.array(kept))
    assert found[2] < 0, told("leavers", found)
    worn_still, kept_still = ([leavers(seed, erosion, 0.1) for seed in SEEDS] for erosion in (0.08, 0.0))
    rise = interval(np.array(worn) - worn_still - (np.array(kept) - kept_still))
    assert rise[2] < 0, told("leavers because of the rise", rise)


def test_shared_data_raise_practice_and_cut_costs():
    alone = on(start=0.8, sharing_data=True, insight=0, lessons=0)
    for name, keys in (("value_gained", {"lessons": 0.3}), ("median_profit", {"insight": 0.05})):
        found = effect(late(name), merge(alone, on(**keys)), alone)
        assert found[1] > 0, told(name, found)
    off = on(start=0.8, insight=0.05, lessons=0.3), on(start=0.8, insight=0, lessons=0)
    assert same_bytes(*(world(4100, 24, part) for part in off)) == []


def test_what_is_spent_keeps_own_channels():
    found = effect(late("own_channel"), on(start=0.8, own_channel=0.02), on(start=0.8, own_channel=0))
    assert found[1] > 0, told("own channels", found)


def test_rivals_on_a_platform_trust_each_other_less():
    found = effect(late("mean_trust"), on(start=0.8), on(start=0.8, strain=0))
    assert found[2] < 0, told("trust", found)


# The formulas.


@pytest.fixture(scope="module", params=[False, True], ids=["single", "multi"])
def grown(request):
    """A year of a world in which every term matters."""
    part = on(
        count=2, start=0.6, multihoming=request.param, promotion=0.1, copying=0.4, exclusive=0.3, own_channel=0.01, learning=6,
        ranking=0.4,
    )  # fmt: skip
    group = {"groups": [BARGAIN["groups"][0] | {"share": 0.4}], "founders": {"strategy_spread": 0.25}}
    return grow(BASE, part, group, seed=4101, months=12)


def plain_trade(sim, offered):
    """Demand, fee and costs of each firm by the formulas of the documentation, firm by firm."""
    f, p, k = sim.world.firms, sim.rules.platform, range(2)
    n, sells = f.count, f.platforms > 0
    member = np.array([[f.platforms[i] >> j & 1 for j in k] for i in range(n)], bool)
    room = f.size * (1 + f.slack) * f.health
    bound = 0 if p.multihoming else p.exclusive
    known = [1 - np.exp(-sim.world.platforms["data"][j] / (p.learning * 100)) for j in k]
    weight = f.size * np.exp(p.ranking * f.z) * f.propensities[:, 3]
    weight = weight * (1 + p.steering * p.promotion * f.propensities[:, 3])
    own, through, copied = np.zeros(n), np.zeros((n, 2)), np.zeros((n, 2))
    for s in range(6):
        mine = np.flatnonzero(f.sector == s)
        whole = sum(offered[i] for i in mine)
        left = sum(offered[i] * f.own_channel[i] * (1 - bound * sells[i]) for i in mine)
        brought = min(p.cap, p.reach * (sells[mine].sum() / len(mine)) ** p.network)
        new, moved = (1 - p.diverted) * brought * whole, whole - left + p.diverted * brought * left
        served = min(new + moved, sum(room[i] for i in mine if sells[i]))
        back = min(new + moved - served, moved)
        for i in mine:
            own[i] = offered[i] * f.own_channel[i] * (1 - bound * sells[i]) * (1 - p.diverted * brought)
            own[i] += back * offered[i] / whole
        for j in k:
            here = [i for i in mine if member[i, j]]
            pool = served * len(here) / max(member[mine].sum(), 1)
            for i in here:
                through[i, j] = pool * weight[i] / sum(weight[h] for h in here)
            mean = np.mean([through[i, j] for i in here]) if here else 0.0
            for i in here:
                copied[i, j] = p.copying * known[j] * through[i, j] ** 2 / (through[i, j] + mean)
    through -= copied
    rows = sim.world.rows_of(sim.world.memberships.uid)
    power = np.array([through[rows, j].sum() / through[:, j].sum() for j in k])
    cut = np.full((n, 2), p.commission)
    cut[rows] *= 1 - p.power * power
    cut += (p.promotion * f.propensities[:, 3])[:, None]
    demand = own + through.sum(axis=1)
    fee = (through * cut).sum(axis=1) / demand
    costs = p.own_channel * f.size * np.where(sells, 1, 1 - f.own_channel)
    return demand, fee, costs, through.sum(axis=1) / demand, copied.sum()


def test_trade_is_the_formula_of_the_documentation(grown):
    sim = grown.branch()
    state = sim._state
    begin_month(state)
    state.enter_rule(platform.RULE)
    offered = trade_of(state).offered.copy()
    state.leave_rule(platform.RULE)
    expected = plain_trade(sim, offered)
    balance, own = sim.world.platforms["balance"].sum(), sim.world.firms.own_channel.copy()
    sim.apply(platform.RULE)
    trade, firms, p = state.trade, sim.world.firms, sim.rules.platform
    for found, value in zip((trade.offered, trade.fee, trade.costs, firms.platform_share), expected, strict=False):
        assert found == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert trade.saved == pytest.approx(p.service * firms.platform_share)
    earned = sim.world.platforms["balance"].sum() - balance
    assert earned == pytest.approx(0.5 * expected[4], rel=1e-9) and earned > 0
    built = (1 - own) * (1 - np.exp(-p.rebuilding * p.own_channel))
    assert firms.own_channel == pytest.approx(own * (1 - p.erosion * firms.platform_share) + built)


def test_no_demand_is_lost_but_by_own_offers_of_the_platform(grown):
    sim = grown.branch({"rules.platform.diverted": 1.0, "rules.platform.copying": 0.0})
    state = sim._state
    begin_month(state)
    state.enter_rule(platform.RULE)
    before = trade_of(state).offered.copy()
    state.leave_rule(platform.RULE)
    sim.apply(platform.RULE)
    assert state.trade.offered.sum() == pytest.approx(before.sum(), rel=1e-12)
    assert not np.allclose(state.trade.offered, before)


def test_who_joins_and_leaves_is_better_off_by_the_month(grown):
    """With hardly any noise nobody moves against the month's profit."""
    part = {"rules.platform.noise": 1e-6, "rules.platform.joining": 1.0, "rules.platform.leaving": 1.0}
    sim = grown.branch(part)
    state, before = sim._state, sim.world.firms.platforms.copy()
    begin_month(state)
    state.enter_rule(platform.RULE)
    trade = trade_of(state)
    found = platform.channels_of(state, trade)
    for name in ("insight", "service"):
        put(sim.rules, f"platform.{name}", 0.0)
    bits = [np.array([b >> j & 1 for j in range(2)], bool) for b in range(4)]
    worth = [platform.profit_if(state, trade, found, np.tile(b, (sim.world.size, 1))) for b in bits]
    platform.choose(state, trade, found)
    state.leave_rule(platform.RULE)
    after = sim.world.firms.platforms
    rows = np.arange(after.size)
    moved = np.flatnonzero(after != before)
    assert moved.size > 5
    gain = np.array(worth)[after, rows] - np.array(worth)[before, rows]
    assert (gain[moved] >= -1e-2 * sim.world.firms.size[moved]).all()


def test_exactly_the_rivals_on_one_platform_strain_their_ties(grown):
    sim = grown.branch()
    firms = sim.world.firms
    before = [sim.world.ties[layer].bad.copy() for layer in (DEVELOPMENT, STRATEGIC)]
    bits, strain = firms.platforms.copy(), sim.rules.platform.strain
    sim.apply(platform.RULE)
    for layer, bad in zip((DEVELOPMENT, STRATEGIC), before, strict=True):
        ties = sim.world.ties[layer]
        i, j = ties.owner(), ties.nbr
        rivals = (firms.sector[i] == firms.sector[j]) & ((bits[i] & bits[j]) > 0)
        expected = np.where(rivals, strain * firms.platform_share[i] * firms.platform_share[j], 0)
        assert ties.bad - bad == pytest.approx(expected, abs=1e-5) and rivals.any() and not rivals.all()
        assert np.array_equal(ties.bad[sim.world.mate(layer)], ties.bad_in)


def test_who_pays_is_shown_first(grown):
    """Of two alike the one that pays sells more on the platform; without steering as much."""
    for steering in (5.0, 0.0):
        sim = grown.branch({"rules.platform.steering": steering, "rules.platform.ranking": 0.0})
        state, firms = sim._state, sim.world.firms
        firms.propensities[:, 3] = np.where(firms.uid % 2, 0.4, 0.8)
        begin_month(state)
        state.enter_rule(platform.RULE)
        found = platform.channels_of(state, trade_of(state))
        per_size = (found.through + found.copied)[:, 0] / firms.size / firms.propensities[:, 3]
        sector = (firms.sector == 0) & found.member[:, 0]
        paying, others = (per_size[sector & (firms.uid % 2 == k)].mean() for k in (0, 1))
        state.leave_rule(platform.RULE)
        assert paying / others == pytest.approx((1 + 0.08 * steering) / (1 + 0.04 * steering))


# Money and state.


def test_money_balances_between_firms_platforms_and_outside():
    """`debug` asserts the ledger every month."""
    keys = on(count=2, start=0.6, promotion=0.1, copying=0.5, multihoming=True)
    sim = grow(BASE, BARGAIN, keys, seed=4102, debug=True)
    ledger = sim.world.ledger
    balance = sim.world.platforms["balance"].sum()
    assert balance == pytest.approx(ledger["fees to platforms"] + ledger["rival offers of platforms"])
    assert balance == pytest.approx(sum(row["platform_income"] for row in sim.rows))
    fewer = sim.branch({"rules.platform.count": 1}).advance(3)
    assert fewer.world.platforms["balance"].size == 2 and fewer.world.firms.platforms.max() == 1
    more = sim.branch({"rules.platform.count": 8}).advance(12)
    assert more.world.platforms["balance"].size == 8 and (more.world.platforms["data"] > 0).all()


def test_a_saved_world_and_a_branch_go_on_the_same(folder):
    part = merge(BASE, on(lure=8, sharing_data=True, start=0.5), {"seed": 4103})
    whole, half = grow(part, months=12), grow(part, months=6)
    half.save(folder / "state.npz")
    for other in (Simulation.load(folder / "state.npz"), half.branch()):
        other.rows = half.rows[:]
        assert same_bytes(whole, other.advance(6)) == []
        for name, values in whole.world.platforms.items():
            assert np.array_equal(values, other.world.platforms[name])


def test_no_commission_is_kept_while_platforms_lure():
    sim = grow(BASE, on(lure=6), seed=4104, months=12)
    income = [row["platform_income"] for row in sim.rows]
    assert max(income[:6]) == 0 and min(income[6:]) > 0


def test_single_homing_is_on_one_platform_at_most():
    for several in (False, True):
        sim = grow(BASE, on(count=3, multihoming=several, commission=0.02), seed=4105)
        most = np.unpackbits(sim.world.firms.platforms[:, None], axis=1).sum(axis=1).max()
        assert (most > 1) == several
        sells = sim.world.firms.platforms > 0
        assert np.array_equal(sells, sim.world.firms.platform >= 0)
