"""Money around ties: referrals, joint sales, overflow, joint purchasing, mutual aid, credit, and managers' measures.

Each effect over 30 paired seeds that are used nowhere else, gone when its rule or coefficient is off.
"""

import json
from itertools import pairwise

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

from emergence import luck
from emergence import measures as m
from emergence.build import branch_with, make_simulation
from emergence.kernels.pairs import complementarity
from emergence.kernels.random import draw4, unit
from emergence.rules import aid, credit, exit, overflow, purchasing, referrals, sales
from emergence.rules.trade import capacity, trade_of
from emergence.schema import DEVELOPMENT, STRATEGIC
from emergence.step import Simulation

SEEDS = range(4300, 4330)
BASE = {"firms": 60, "output": {"events": False}}
ACTING = (DEVELOPMENT, STRATEGIC)


def rule(name, **keys):
    return {"rules": {name: {"enabled": True} | keys}}


ALL = merge(
    *(rule(name) for name in ("referrals", "sales", "overflow", "purchasing", "aid", "accounts")),
    {"groups": [{"share": 0.5, "purchasing": True, "remote": True, "fee": 0.002}]},
)
# Demand of one sector, or of all four, stops for two months.
STOP = {"month": 7, "kind": "demand_crisis", "size": 1.0, "duration": 2, "recovery": 1}
LOCAL = {"timeline": [STOP | {"sector": 0}], "founders": {"sectors": 4, "outside_main": 0.8}}
EVERYWHERE = merge(LOCAL, {"timeline": [STOP]})
KNOWN = {}


def world(seed, months, *parts):
    """A grown world; the same one is grown once for all measures."""
    name = json.dumps([seed, months, merge(*parts)], sort_keys=True)
    if name not in KNOWN:
        KNOWN[name] = grow(BASE, *parts, {"seed": seed}, months=months)
    return KNOWN[name]


def total(sim, name):
    return float(sum(row[name] for row in sim.rows))


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


@pytest.fixture(scope="module")
def grown():
    """A year of a world in which everything of this file is on, and some firms are short of cash."""
    sim = grow(BASE, ALL, {"seed": 4300}, months=12)
    firms = sim.world.firms
    firms.cash[::3] = -0.1 * firms.size[::3]
    return sim


def again(sim):
    """A twin whose month begins anew."""
    twin = sim.branch()
    twin._state.trade = None
    return twin


@pytest.mark.parametrize(
    "zero",
    [
        rule("referrals", rate=0),
        rule("sales", orders=0),
        rule("overflow", share=0),
        rule("purchasing", exponent=0),
        rule("aid", share=0),
        {"groups": [{"share": 0.0, "purchasing": True}]} | rule("purchasing", exponent=0),
    ],
    ids=lambda zero: "-".join([*zero, *zero["rules"]]),
)
def test_at_zero_effect_not_a_byte_changes(zero):
    plain = {"groups": zero["groups"]} if "groups" in zero else {}
    differing = same_bytes(grow(BASE, plain, seed=4300), grow(BASE, zero, seed=4300))
    assert [name for name in differing if "purchasing" not in name] == []


def test_money_is_conserved_and_a_saved_world_goes_on_the_same(folder):
    sim = grow(BASE, ALL, STRICT, {"seed": 4301, "debug": True}, months=12)
    sim.save(folder / "state.npz")
    twin, loaded = sim.branch(), Simulation.load(folder / "state.npz")
    for one in (sim, twin, loaded):
        one.advance(6)
    assert total(sim, "aid") > 0 and total(sim, "referrals") > 0 and total(sim, "orders_won") > 0
    for other in (twin, loaded):
        for name in ("cash", "referred", "discount"):
            assert np.array_equal(sim.world.firms.column(name), other.world.firms.column(name))
        for layer in ACTING:
            assert np.array_equal(sim.world.ties[layer].lent, other.world.ties[layer].lent)


STRICT = {"founders": {"cash": 0.2}, "rules": {"market": {"buffer": 0.1}, "credit": {"limit": 0.3}}} | {
    "timeline": [STOP | {"size": 0.5}]
}


# Referrals.


def poisson_of(mean, u):
    chance = total_ = np.exp(-mean)
    number = 0
    while u > total_:
        number += 1
        chance *= mean / number
        total_ += chance
    return number


def test_referrals_are_the_formula_of_the_documentation(grown):
    sim = again(grown)
    firms, before = sim.world.firms, sim.world.firms.referred.copy()
    profile = sim._state.profile()
    settings = sim.rules.referrals
    sent, won = 0, np.zeros(firms.count)
    for layer in ACTING:
        key, ties = luck.key(sim.world.seed, referrals.COME[layer], sim.step + 1), sim.world.ties[layer]
        for i in range(firms.count):
            for h in range(ties.ptr[i], ties.ptr[i + 1]):
                j = ties.nbr[h]
                trust = (float(ties.good_in[h]) + 1) / (float(ties.good_in[h]) + float(ties.bad_in[h]) + 2)
                mean = settings.rate * float(ties.w[h]) * trust * complementarity(profile, j, i)
                words = draw4(key, firms.uid[i], firms.uid[j])
                stay = poisson_of(mean * settings.conversion, unit(words[0]))
                won[i] += stay
                sent += stay + poisson_of(mean * (1 - settings.conversion), unit(words[1]))
    counts = dict(sim.world.counts)
    sim.apply(referrals.RULE)
    assert sim.world.counts["referrals"] - counts.get("referrals", 0) == sent > 10
    expected = settings.retention * before + won * settings.value * np.sqrt(firms.size / 1e4)
    assert np.allclose(firms.referred, expected, rtol=1e-12)


def test_referred_demand_is_new_or_taken_from_the_others_of_the_sector():
    rng = np.random.default_rng(1)
    offered, referred, sector = rng.random(40) * 100, rng.random(40) * 5, np.repeat([0, 1, 2], [20, 19, 1])
    for new in (0.0, 0.3, 1.0):
        expected = offered + new * referred
        for i in range(39):
            for k in range(39):
                if k != i and sector[k] == sector[i]:
                    rest = offered[sector == sector[i]].sum() - offered[i]
                    moved = (1 - new) * referred[i] * offered[k] / rest
                    expected[k] -= moved
                    expected[i] += moved
        found = referrals.with_referred(offered, referred, sector, new)
        assert np.allclose(found, expected, rtol=1e-12)
        grew = found[:39].sum() - offered[:39].sum()
        assert np.isclose(grew, new * referred[:39].sum(), atol=1e-9)
    many = referrals.with_referred(offered, referred * 1e4, sector, 0.0)
    assert many.min() >= 0 and np.isclose(many.sum(), offered.sum())


def standing(sim):
    """How well connected and trusted each firm is: strength x partners' trust, over its ties."""
    total_ = np.zeros(sim.world.size)
    for layer in ACTING:
        ties = sim.world.ties[layer]
        trust = (ties.good_in + 1.0) / (ties.good_in + ties.bad_in + 2.0)
        total_ += np.bincount(ties.owner(), ties.w * trust, sim.world.size)
    return total_


@pytest.mark.parametrize("new", [0.3, 0.0])
def test_referrals_raise_the_revenue_of_well_connected_trusted_firms(new):
    """Log of revenue after a year with referrals less without: best-placed third, and that less the worst-placed."""
    gains, best_alone, none = [], [], []
    for seed in SEEDS:
        start = world(seed, 6)
        placed = standing(start)
        order = np.argsort(-placed, kind="stable")
        best, worst = (start.world.firms.uid[rows] for rows in (order[:20], order[-20:]))
        for list_, rate in ((gains, 0.5), (none, 0.0)):
            if rate == 0 and seed > SEEDS[2]:
                continue
            plain = start.branch().advance(12)
            with_ = branch_with(start, {f"rules.referrals.{k}": v for k, v in REFER(new, rate)}).advance(12)
            list_.append(gain(with_, plain, best) - gain(with_, plain, worst))
            best_alone += [gain(with_, plain, best)] if rate else []
    for name, list_ in (("best", best_alone), ("best less worst", gains)):
        found = interval(np.array(list_))
        assert found[1] > 0, told(name, found)
    assert set(none) == {0.0}


def REFER(new, rate):
    return (("enabled", True), ("new", new), ("rate", rate))


def gain(one, other, uids):
    """Mean log of revenue in one twin against the other, of the firms alive in both."""
    logs = []
    for uid in uids:
        a, b = (int(sim.world.rows_of([uid])[0]) for sim in (one, other))
        if a >= 0 and b >= 0:
            logs.append(np.log(one.world.firms.revenue[a] / other.world.firms.revenue[b]))
    return float(np.mean(logs))


# Joint purchasing.


def test_discounts_are_the_formula_of_the_documentation(grown):
    sim = again(grown)
    world_, firms, settings = sim.world, sim.world.firms, sim.rules.purchasing
    sim._state.enter_rule(purchasing.RULE)
    volume = np.minimum(capacity(sim._state), trade_of(sim._state).offered)
    ties = world_.ties[STRATEGIC]
    member = np.isin(firms.uid, world_.memberships.uid)
    sim.apply(purchasing.RULE)
    for i in range(firms.count):
        pool = volume[i] + sum(
            volume[ties.nbr[h]] for h in range(ties.ptr[i], ties.ptr[i + 1]) if ties.w[h] > settings.strength
        )
        if member[i]:
            pool = max(pool, volume[member].sum())
        expected = settings.inputs * (1 - (pool / volume[i]) ** -settings.exponent)
        assert np.isclose(firms.discount[i], expected, rtol=1e-9, atol=1e-15)
    assert np.allclose(sim._state.trade.saved, firms.discount)


CLUB = {"groups": [{"share": 0.6, "purchasing": True, "fee": 0, "monitoring": 0, "events": 0, "admission": "closed"}]}
STAY = {"rules": {"membership": {"joining": 0, "leaving": 0}}}


def unit_cost(sim, rows):
    firms = sim.world.firms
    spent = firms.revenue - firms.profit - firms.costs_due
    return float(spent[rows].sum() / firms.sales[rows].sum())


def test_joint_purchasing_lowers_unit_cost_and_more_for_small_firms():
    """One month from the same state, so that nothing but the prices differs; members alone."""
    lower, small, saved, none = [], [], [], []
    for seed in SEEDS:
        start = world(seed, 12, CLUB, STAY)
        still = {f"rules.{name}.enabled": False for name in ("exit", "entry", "credit")}
        together = {"rules.purchasing.enabled": True, "rules.purchasing.strength": 1.0}
        off, idle, on = (
            branch_with(start, still | part).advance(1)
            for part in ({}, together | {"rules.purchasing.exponent": 0.0}, together)
        )
        firms = on.world.firms
        assert np.array_equal(firms.uid, off.world.firms.uid)
        rows = np.flatnonzero(np.isin(firms.uid, on.world.memberships.uid) & (firms.discount > 0))
        by_size = rows[np.argsort(firms.sales[rows], kind="stable")]
        third = rows.size // 3
        change = [unit_cost(on, part) - unit_cost(off, part) for part in (rows, by_size[:third], by_size[-third:])]
        lower.append(change[0])
        small.append(change[1] - change[2])
        saved.append(on.rows[-1]["cost_saved"] / on.rows[-1]["output"])
        none.append(abs(unit_cost(off, rows) - unit_cost(idle, rows)))
    for name, list_ in (("unit cost", lower), ("small less large", small)):
        found = interval(np.array(list_))
        assert found[2] < 0, told(name, found)
    assert interval(np.array(saved))[1] > 0 and max(none) == 0.0


# Joint sales.

CRAFTS = {"founders": {"specialists": 1.0}, "network": {"kind": "random"}, "rules": {"search": {"enabled": False}}}


def test_orders_do_not_depend_on_what_firms_do():
    some, others = (grow(BASE, rule("sales"), part, seed=4302, months=6) for part in ({}, LOCAL | CRAFTS))
    assert [row["orders"] for row in grow(BASE, rule("sales"), seed=4302, months=6).rows] == [
        row["orders"] for row in some.rows
    ]
    a, b = (sales.large_orders(sim._state) for sim in (some, grow(BASE, rule("sales"), CRAFTS, seed=4302, months=6)))
    assert np.array_equal(a.size, b.size) and np.array_equal(a.first, b.first) and others.step == 6
    assert (a.first != a.second).all() and np.array_equal(np.diff(a.ptr).sum(), a.size.size)


def test_orders_go_to_the_team_that_the_documentation_says(grown):
    sim = again(grown)
    state, settings = sim._state, sim.rules.sales
    settings.orders = 20.0
    state.enter_rule(sales.RULE)
    orders = sales.large_orders(state)
    commit = settings.commitment * capacity(state)
    before = trade_of(state).offered.copy()
    expected = plain_award(sim, orders, commit)
    sim.apply(sales.RULE)
    assert np.allclose(state.trade.offered - before, expected, rtol=1e-9, atol=1e-6)
    assert expected.sum() > 0 and (expected <= commit * (1 + 1e-9)).all()


def plain_award(sim, orders, commit):
    """The award as docs/odd.md describes it, firm by firm."""
    world_, firms, settings = sim.world, sim.world.firms, sim.rules.sales
    ptr, listed, near = sales.rosters(sim._state, commit)
    key = luck.key(world_.seed, sales.HEAR, sim.step + 1)
    member = np.isin(firms.uid, world_.memberships.uid)
    bids = []
    for i in range(firms.count):
        first, last = orders.ptr[firms.sector[i] : firms.sector[i] + 2]
        if first == last:
            continue
        o = int(first + (int(draw4(key, firms.uid[i], 0)[0]) * int(last - first) >> 32))
        close = {}
        for layer in ACTING:
            t = world_.ties[layer]
            for h in range(t.ptr[i], t.ptr[i + 1]):
                trust = min(
                    (float(t.good[h]) + 1) / (float(t.good[h]) + float(t.bad[h]) + 2),
                    (float(t.good_in[h]) + 1) / (float(t.good_in[h]) + float(t.bad_in[h]) + 2),
                )
                if trust >= settings.trust:
                    close[t.nbr[h]] = max(close.get(t.nbr[h], 0), float(t.w[h]) * trust)
        if member[i]:
            for j, value in zip(listed[ptr[0] : ptr[1]], near[ptr[0] : ptr[1]], strict=True):
                if j != i:
                    close[j] = max(close.get(j, 0), value)
        skills = firms.skills[:, [orders.first[o], orders.second[o]]].astype(float)
        team = [i]
        while True:
            best = skills[team].max(axis=0)
            lacks = np.flatnonzero(best < settings.standard)
            if not lacks.size and len(team) > 1 and commit[team].sum() >= orders.size[o]:
                score = np.mean([close[j] for j in team[1:]]) * best.mean()
                bids.append((orders.turn[o], -score, firms.uid[i], o, team))
                break
            able = [j for j in close if j not in team and (not lacks.size or skills[j, lacks[0]] >= settings.standard)]
            if not able or len(team) == settings.team:
                break
            team.append(max(able, key=lambda j: (close[j], -firms.uid[j])))
    left, demand, done = commit.copy(), np.zeros(firms.count), set()
    for *_, o, team in sorted(bids, key=lambda bid: bid[:3]):
        pooled = left[team].sum()
        if o not in done and pooled >= orders.size[o]:
            done.add(o)
            part = orders.size[o] * left[team] / pooled
            demand[team] += part
            left[team] -= part
    return demand


def keep_ties(sim, among):
    """Drop the ties of two firms that are strongest in the same craft, or in different ones."""
    for layer in ACTING:
        ties = sim.world.ties[layer]
        craft = sim.world.firms.base_skills.argmax(axis=1)
        same = craft[ties.owner()] == craft[ties.nbr]
        ties.drop(np.flatnonzero(~same if among == "same" else same))
    return sim


def test_joint_sales_bring_orders_only_where_complementary_partners_are_tied():
    apart, together = [], []
    for seed in SEEDS:
        found = {}
        for among in ("same", "different"):
            sim = make_simulation(settings_of(BASE, CRAFTS, rule("sales"), {"seed": seed}))
            sim.world.firms.base_skills[:] = sim.world.firms.skills
            found[among] = total(keep_ties(sim, among).advance(3), "orders_won")
        assert found["same"] == 0
        apart.append(found["different"] - found["same"])
        if seed < SEEDS[3]:
            empty = merge(CRAFTS, {"network": {"kind": "empty"}}, rule("sales"))
            assert total(grow(BASE, empty, seed=seed, months=3), "orders_won") == 0
        with_, without = (world(seed, 12, CRAFTS, rule("sales", enabled=on)) for on in (True, False))
        together.append(total(with_, "output") / total(without, "output") - 1)
    found = interval(np.array(apart))
    assert found[1] > 0, told("orders", found)
    found = interval(np.array(together))
    assert found[1] > 0, told("output", found)


def test_a_virtual_network_exports_without_ties():
    """Members of a remote group count as tied; the same group with local events wins nothing."""
    found = []
    for seed in SEEDS:
        won = []
        for remote in (True, False):
            club = {"groups": [CLUB["groups"][0] | {"remote": remote, "purchasing": False}]}
            empty = merge(CRAFTS, STAY, club, {"network": {"kind": "empty"}}, rule("sales"))
            won.append(total(grow(BASE, empty, seed=seed, months=3), "joint_sales"))
        assert won[1] == 0
        found.append(won[0])
    found = interval(np.array(found))
    assert found[1] > 0, told("export", found)


# Lending of capacity, and mutual aid.


def plain_share(sim, need, spare, trust, code):
    """Sharing as docs/odd.md describes it: two passes over pairs (giver, taker, weight)."""
    pairs = []
    for layer in ACTING:
        t = sim.world.ties[layer]
        for i in range(sim.world.size):
            for h in range(t.ptr[i], t.ptr[i + 1]):
                j = int(t.nbr[h])
                trusted = (float(t.good_in[h]) + 1) / (float(t.good_in[h]) + float(t.bad_in[h]) + 2) > trust
                if trusted and code[i] == code[j]:
                    pairs.append((j, i))
    lack, left = need.copy(), spare.copy()
    for _ in range(2):
        offered = np.zeros(need.size)
        for j, i in pairs:
            offered[i] += left[j]
        asks = [(j, i, lack[i] * left[j] / offered[i]) for j, i in pairs if lack[i] > 0 and left[j] > 0]
        asked = np.zeros(need.size)
        for j, _i, amount in asks:
            asked[j] += amount
        given, taken = np.zeros(need.size), np.zeros(need.size)
        for j, i, amount in asks:
            part = amount * min(1.0, left[j] / asked[j])
            given[j] += part
            taken[i] += part
        lack, left = np.maximum(lack - taken, 0), np.maximum(left - given, 0)
    return spare - left, need - lack


def test_aid_is_the_formula_of_the_documentation(grown):
    sim = again(grown)
    firms, settings = sim.world.firms, sim.rules.aid
    need = np.maximum(0, settings.need * firms.size - firms.cash)
    units = np.array([unit(draw4(luck.key(sim.world.seed, aid.WILLING, sim.step + 1), u, 0)[0]) for u in firms.uid])
    spare = np.where(need > 0, 0, np.maximum(0, firms.cash - settings.buffer * firms.size))
    spare = np.where(units < settings.willing * 2 * firms.propensities[:, 2], spare, 0)
    given, taken = plain_share(sim, need, spare, settings.trust, np.zeros(firms.count))
    by_partners = taken.sum()
    member = np.isin(firms.uid, sim.world.memberships.uid)
    lack, left = (need - taken) * member, (spare - given) * member
    amount = min(lack.sum(), left.sum())
    taken, given = taken + lack * amount / lack.sum(), given + left * amount / left.sum()
    before, account = firms.cash.copy(), firms.accounts[:, 3].sum()
    sim.apply(aid.RULE)
    assert np.allclose(firms.cash - before, taken - given, rtol=1e-9, atol=1e-6)
    assert by_partners > 0 and amount > 0 and np.isclose(firms.cash.sum(), before.sum())
    assert (given <= spare * (1 + 1e-9)).all() and (taken <= need * (1 + 1e-9)).all()
    assert abs(firms.accounts[:, 3].sum() - account) < 1.0  # what one side has, the other has not


def test_what_is_above_capacity_is_passed_on_and_the_margin_shared(grown):
    sim = again(grown)
    state, settings = sim._state, sim.rules.overflow
    state.enter_rule(overflow.RULE)
    trade = trade_of(state)
    trade.offered[::2] *= 1.5
    before, room = trade.offered.copy(), capacity(state) - trade.offered
    need, spare = settings.share * np.maximum(-room, 0), np.maximum(room, 0)
    given, taken = plain_share(sim, need, spare, settings.trust, sim.world.firms.sector)
    sim.apply(overflow.RULE)
    assert taken.sum() > 0 and np.allclose(trade.offered, before + given - taken)
    assert np.allclose(trade.costs, settings.commission * (given - taken)) and abs(trade.costs.sum()) < 1e-6


def test_damaged_firms_keep_revenue_by_their_partners_capacity():
    """A third of the firms lose three quarters of their capacity for a month; output of all, with and without."""
    gains = []
    for seed in SEEDS:
        found = []
        for on in (True, False):
            sim = branch_with(world(seed, 12), {"rules.overflow.enabled": on, "rules.overflow.trust": 0.5})
            sim.world.firms.health[::3] = 0.25
            found.append(sim.advance(1).rows[-1]["output"])
        gains.append(found[0] / found[1] - 1)
    found = interval(np.array(gains))
    assert found[1] > 0, told("output", found)


def test_help_is_remembered_and_who_does_not_help_in_turn_is_trusted_less():
    sim = grow(BASE, rule("aid", willing=1.0), seed=4303, months=6)
    firms, ties = sim.world.firms, sim.world.ties[STRATEGIC]
    ties.good[:], ties.good_in[:], ties.bad[:], ties.bad_in[:] = 8, 8, 0, 0
    firms.cash[:] = 10 * firms.size
    i = int(np.argmax(ties.degree()))
    j = int(ties.nbr[ties.ptr[i]])
    firms.cash[i] = 0
    place = int(ties.ptr[i])
    mate = int(sim.world.mate(STRATEGIC, np.array([place]))[0])
    sim.apply(aid.RULE)
    assert np.isclose(firms.cash[i], 0.05 * firms.size[i]) and ties.lent[place] < 0 < ties.lent[mate]
    assert ties.lent[mate] == -ties.lent[place] and ties.good[place] == ties.good_in[mate] == 8.5
    # Now the helper is in need, and the one that was helped trusts it no more.
    firms.cash[i], firms.cash[j] = 10 * firms.size[i], 0
    ties.good[place] = ties.good_in[mate] = 0
    sim.apply(aid.RULE)
    assert ties.bad[mate] == ties.bad_in[place] == 0.5 and ties.lent[place] < 0


def deaths(seed, shock, on, **keys):
    return total(world(seed, 18, shock, rule("aid", enabled=on, **keys)), "exits")


@pytest.mark.parametrize("extra", [{}, {"groups": [{"share": 0.6, "fee": 0, "monitoring": 0, "events": 0}]}], ids=str)
def test_mutual_aid_lowers_deaths_in_a_local_crisis(extra):
    shock = merge(LOCAL, extra)
    found = interval(np.array([deaths(s, shock, True) - deaths(s, shock, False) for s in SEEDS]))
    assert found[2] < 0, told("deaths", found)
    nothing = [deaths(s, shock, True, share=0.0) - deaths(s, shock, False) for s in SEEDS[:3]]
    assert set(nothing) == {0.0}


def test_mutual_aid_does_not_lower_deaths_when_the_crisis_is_everywhere():
    found = interval(np.array([deaths(s, EVERYWHERE, True) - deaths(s, EVERYWHERE, False) for s in SEEDS]))
    assert found[2] >= 0, told("deaths", found)


# Credit.


def test_losses_are_the_claims_on_who_ends(grown):
    sim = again(grown)
    state = sim._state
    gone = np.arange(sim.world.size) % 5 == 0
    for spreading in (0.0, 0.7):
        sim.rules.credit.spreading = spreading
        state.enter_rule(exit.RULE)
        layers, size = [sim.world.ties[layer] for layer in ACTING], sim.world.firms.size
        owner, nbr, w = (
            np.concatenate(parts) for parts in zip(*((t.owner(), t.nbr, t.w) for t in layers), strict=True)
        )
        degree = np.sum([t.degree() for t in layers], axis=0)
        share = sim.rules.credit.claims * np.maximum(degree, 1.0) ** -spreading
        claim = share[nbr] * w.astype(float) * np.minimum(size[owner], size[nbr])
        expected = np.where(gone, 0, np.bincount(nbr[gone[owner]], claim[gone[owner]], sim.world.size))
        assert np.allclose(credit.losses_at(state, gone), expected, rtol=1e-12)
        lent = np.bincount(nbr, claim, sim.world.size)
        assert (lent <= 0.05 * size * degree ** (1 - spreading) * w.max() + 1e-9).all()


def contagion(seed, degree, spreading=1.0, starts=6):
    """Share of firms that default once one does, from so many starts in a world of equal firms."""
    keys = {
        "firms": 500,
        "founders": {"size_spread": 0, "cash": 0},
        "network": {"kind": "random", "degree": degree / 2},
        "rules": {"credit": {"limit": 0.05, "claims": 1.0, "spreading": spreading}},
    }
    start = make_simulation(settings_of(BASE, keys, {"seed": seed}))
    shares = []
    for k in range(starts):
        sim = start.branch()
        sim.world.firms.cash[k * 80] = -1e9
        sim.apply(credit.RULE)
        shares.append(1 - sim.world.size / 500)
    return np.array(shares)


def often(found):
    """Share of starts from which more than 5% of firms default, as `validation.default` counts contagion."""
    return (found > 0.05).mean(axis=-1)


def test_credit_is_robust_yet_fragile():
    """Gai and Kapadia 2010: over density contagion grows frequent, then rare; but where it comes it is no smaller."""
    degrees = (1, 4, 9)
    shares = {z: np.array([contagion(seed, z) for seed in SEEDS]) for z in degrees}
    up, down = interval(often(shares[4]) - often(shares[1])), interval(often(shares[9]) - often(shares[4]))
    assert up[1] > 0, told("rise", up)
    assert down[2] < 0, told("fall", down)
    extent = [float(shares[z][shares[z] > 0.05].mean()) for z in degrees]
    assert all(b >= a for a, b in pairwise(extent)), extent


def test_it_is_the_spreading_of_claims_that_makes_credit_robust():
    """With a claim on every tie exposure grows with the ties, nothing is diversified, and contagion stays."""
    falls = {
        spreading: np.array([often(contagion(s, 9, spreading)) - often(contagion(s, 4, spreading)) for s in SEEDS])
        for spreading in (0.0, 1.0)
    }
    kept = interval(falls[0.0])
    assert kept[2] >= 0, told("without spreading", kept)
    assert interval(falls[0.0] - falls[1.0])[1] > 0


# What managers look at.


def test_measures_of_managers(grown):
    world_, firms = grown.world, grown.world.firms
    assert np.isclose(m.revenue_growth([100, 110, 121], 2), 0.21) and np.isnan(m.revenue_growth([1, 2], 2))
    assert np.isnan(m.revenue_growth([0, 2, 3], 2))
    shares = m.market_shares(world_)
    for k in np.unique(firms.sector):
        assert np.isclose(sum(shares[u] for u in firms.uid[firms.sector == k].tolist()), 1)
    largest = [max(shares[u] for u in firms.uid[firms.sector == k].tolist()) for k in range(6)]
    weight = [firms.sales[firms.sector == k].sum() for k in range(6)]
    assert np.isclose(m.largest_share(world_), np.average(largest, weights=weight))
    assert np.isclose(m.cost_saved(world_), (firms.discount * firms.sales).sum()) and m.cost_saved(world_) > 0
    trusts, value, cost = [], 0.0, 0.0
    fee = dict(zip(world_.groups.gid.tolist(), world_.groups.fee.tolist(), strict=True))
    for i in range(firms.count):
        own = [t.trust()[t.ptr[i] : t.ptr[i + 1]] for t in world_.ties]
        own = np.concatenate(own)
        trusts += [own.mean()] if own.size else []
        value += sum(float(t.value[t.ptr[i] : t.ptr[i + 1]].sum(dtype=float)) for t in world_.ties)
        cost += own.size * 0.0008 * np.sqrt(firms.size[i] / 1e4) * 1e4
        cost += sum(fee[g] for g in world_.memberships.gid[world_.memberships.uid == firms.uid[i]]) * firms.size[i]
    trusts = np.array(trusts)
    assert np.isclose(m.net_promoter(world_), (trusts > 0.7).mean() - (trusts < 0.4).mean())
    assert np.isclose(m.network_return(world_), value / cost)
    assert np.isclose(m.network_return(world_, 0.0016) * 2, m.network_return(world_), rtol=0.2)


def test_the_value_of_a_customer_is_what_it_buys_until_it_leaves():
    sim = grow(BASE, rule("referrals", retention=0.5, rate=2.0), seed=4304, months=3)
    bought = sim.rows[-1]["customer_value"] * 0.5  # a customer stays 1/(1 - .5) months
    roots = np.sqrt(sim.world.firms.size / 1e4)
    assert 250 * roots.min() < bought < 250 * roots.max()
    assert sim.rows[-1]["customers"] < sim.rows[-1]["referrals"]


def test_opportunism_costs_promoters_and_return():
    promoters, returns = [], []
    for seed in SEEDS:
        bad, good = (world(seed, 12, {"rules": {"work": {"temptation": t}}}).rows[-1] for t in (0.8, 0.0))
        promoters.append(bad["net_promoter"] - good["net_promoter"])
        returns.append(bad["network_return"] - good["network_return"])
    for list_ in (promoters, returns):
        assert interval(np.array(list_))[2] < 0
