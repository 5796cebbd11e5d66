"""Competition inside collaboration: each effect over 30 paired seeds, gone when its rule is off.

The seeds are used nowhere else. Every rule here is off by default, and on at zero effect it changes no byte.
"""

import json

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes, settings_of

from emergence import luck
from emergence.build import make_simulation
from emergence.kernels.innovation import copy_segment, room
from emergence.kernels.landscape import practice_value, to_z
from emergence.kernels.random import draw4, unit
from emergence.rules import leakage, races, rivalry, secrecy, strengthening, support
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3100, 3130)
BASE = {"firms": 100, "output": {"events": False}}
ACTING = (DEVELOPMENT, STRATEGIC)
# All firms of one sector are rivals; openness is as the tests set it.
ONE_SECTOR = {"founders": {"outside_main": 0}}


def rule(name, **keys):
    return {"rules": {name: {"enabled": True} | keys}}


def effect(measure, one, other, months=24):
    """Difference of a measure (of the simulation) between two settings over the paired seeds."""
    values = [[measure(world(seed, months, part)) for part in (one, other)] for seed in SEEDS]
    return interval(np.array([a - b for a, b in values]))


KNOWN = {}


def world(seed, months, part):
    """A grown world; the same one is grown once for all measures."""
    name = json.dumps([seed, months, part], sort_keys=True)
    if name not in KNOWN:
        KNOWN[name] = grow(BASE, part, {"seed": seed}, months=months)
    return KNOWN[name]


def late(name):
    """Mean of a monthly measure over the second year."""
    return lambda sim: float(np.mean([row[name] for row in sim.rows[12:]]))


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


@pytest.mark.parametrize(
    "zero",
    [
        rule("secrecy", hiding=0),
        rule("leakage", rate=0),
        rule("rivalry", crowding=0, differentiation=0),
        rule("support", pot=0, cost=0),
        rule("races", prize=0, step=10),
    ],
    ids=lambda zero: next(iter(zero["rules"])),
)
def test_at_zero_effect_not_a_byte_of_the_default_world_changes(zero):
    assert same_bytes(grow(BASE, seed=3100), grow(BASE, zero, seed=3100)) == []


# Hiding and leakage.

SHUT = rule("secrecy", hiding=20.0)
CLUB = {"groups": [{"share": 1.0, "events": 0, "fee": 0, "monitoring": 0, "admission": "closed"}]}
STAY = {"rules": {"membership": {"joining": 0, "leaving": 0, "expulsion": 0}}}


def club(**rules):
    return merge({"groups": [CLUB["groups"][0] | rules]}, STAY)


@pytest.mark.parametrize("name", ["mean_z", "mean_skill", "adopted"])
def test_hiding_lowers_what_partners_copy_and_learn(name):
    found = effect(late(name), merge(SHUT, ONE_SECTOR), ONE_SECTOR)
    assert found[2] < 0, told(name, found)


def leaders_hide(seed, hide, hiding=20.0):
    """Let the best third of the founders hide, or not, while all others are open; return the world and their uids."""
    sim = make_simulation(settings_of(BASE, ONE_SECTOR, rule("secrecy", hiding=hiding), {"seed": seed}))
    firms = sim.world.firms
    best = np.argsort(-firms.z, kind="stable")[:30]
    firms.propensities[:, 0] = 1.0
    firms.propensities[best, 0] = 0.0 if hide else 1.0
    return sim, firms.uid[best].copy()


def lead_of(sim, leaders, name):
    """How far the leaders are ahead of the other founders."""
    firms = sim.world.firms
    mine = np.isin(firms.uid, leaders)
    column = firms.column(name)
    return float(column[mine].mean() - column[~mine & (firms.uid <= 100)].mean())


def test_hiding_helps_the_hider_now_and_the_group_less_later():
    """Private against common benefits (Khanna, Gulati and Nohria 1998): margin and practice against the others'
    in the first year; the mean practice of all after two years."""
    now, standing, later = [], [], []
    for seed in SEEDS:
        found = []
        for hide in (True, False):
            sim, leaders = leaders_hide(seed, hide)
            year = []
            for _ in range(4):
                sim.advance(3)
                year.append([lead_of(sim, leaders, name) for name in ("performance", "z")])
            found.append([*np.mean(year, axis=0), sim.advance(12).world.firms.z.mean()])
        for list_, one, other in zip((now, standing, later), *found, strict=True):
            list_.append(one - other)
    for list_ in (now, standing):
        assert interval(np.array(list_))[1] > 0, told("now", interval(np.array(list_)))
    assert interval(np.array(later))[2] < 0, told("later", interval(np.array(later)))
    without = [leaders_hide(3100, hide, hiding=0.0)[0].advance(12) for hide in (True, False)]
    assert {name for name in same_bytes(*without) if "propensities" not in name} == set()


def test_leaks_spread_what_rivals_know():
    found = effect(late("mean_z"), rule("leakage"), {})
    assert found[1] > 0, told("mean_z", found)
    spread = effect(late("practice_spread"), rule("leakage", rate=0.5), {})
    assert spread[2] < 0, told("practice_spread", spread)


def test_protection_by_the_group_stops_leaks_and_the_need_to_hide():
    """Cohen, Nelson and Walsh 2000: secrecy and protection stand in for each other."""
    both = merge(rule("leakage"), rule("secrecy"))
    for name in ("leaks", "hidden"):
        found = effect(late(name), merge(both, club(protection=0.8)), merge(both, club(protection=0.0)), months=18)
        assert found[2] < 0, told(name, found)
    whole = grow(BASE, both, club(protection=1.0), seed=3100)
    assert sum(row["leaks"] for row in whole.rows) < sum(r["leaks"] for r in grow(BASE, both, seed=3100).rows) / 4
    idle = club(protection=0.0), club(protection=1.0)
    assert same_bytes(*(grow(BASE, part, seed=3100) for part in idle)) == []


def test_what_a_firm_protects_does_not_leak():
    sim = make_simulation(settings_of(BASE, rule("leakage", rate=1.0), seed=3101))
    sim.world.firms.propensities[:, 0] = 0.0
    sim.advance(1)
    assert sim.rows[-1]["leaks"] == 0


@pytest.fixture(scope="module")
def grown():
    """A year of a world with two groups that protect, and firms from closed to open."""
    groups = {"groups": [{"share": 0.5, "protection": 0.7, "fee": 0.01}, {"share": 0.5, "protection": 0.2}]}
    sim = grow(BASE, ONE_SECTOR, groups, seed=3102, months=12)
    sim.world.firms.propensities[:, 0] = np.linspace(0, 1, sim.world.size)
    return sim


def unprotected(sim, i, j):
    """1 less protection x funding of the first group that both belong to."""
    members, groups = sim.world.memberships, sim.world.groups
    of = [set(members.gid[members.uid == sim.world.firms.uid[k]].tolist()) for k in (i, j)]
    both = sorted(of[0] & of[1])
    if not both:
        return 1.0
    at = int(np.flatnonzero(groups.gid == both[0])[0])
    return 1.0 - groups.protection[at] * groups.funded[at]


def test_who_hides_is_the_formula_of_the_documentation(grown):
    sim = grown
    f, state = sim.world.firms, sim._state
    sim.rules.secrecy.hiding = 4.0
    sim.apply(secrecy.RULE)
    key, seen = luck.key(sim.world.seed, secrecy.HIDE, sim.step + 1), set()
    for layer in ACTING:
        ties = sim.world.ties[layer]
        for i in range(sim.world.size):
            for h in range(ties.ptr[i], ties.ptr[i + 1]):
                j = ties.nbr[h]
                x = min(1.0, 1.5 * np.sqrt(((f.skills[i].astype(float) - f.skills[j]) ** 2).mean()))
                trust = (ties.good_in[h] + 1) / (ties.good_in[h] + ties.bad_in[h] + 2)
                chance = 4.0 * (1 - f.propensities[j, 0]) * (1 - x) * (1 - trust) * unprotected(sim, i, j)
                expected = unit(draw4(key, f.uid[j], f.uid[i])[0]) < chance * (f.sector[i] == f.sector[j])
                assert state.hidden[layer][h] == expected
                seen.add(bool(expected))
    assert seen == {True, False}
    state.hidden = {}


def test_what_leaks_is_the_formula_of_the_documentation(grown):
    sim = grown
    world, f = sim.world, sim.world.firms
    sim.rules.leakage.rate = 0.5
    key = luck.key(world.seed, leakage.LEAK, sim.step + 1)
    practice, expected = f.practice.copy(), f.practice.copy()
    for i in range(world.size):
        lowest, source = 1.0, -1
        for layer in ACTING:
            ties = world.ties[layer]
            for j in ties.nbr[ties.ptr[i] : ties.ptr[i + 1]]:
                draw = unit(draw4(key, f.uid[j], f.uid[i])[0])
                chance = 0.5 * f.propensities[j, 0] * unprotected(sim, i, j) * (f.sector[i] == f.sector[j])
                if draw < min(chance, lowest):
                    lowest, source = draw, j
        if source >= 0:
            words = draw4(key, f.uid[source], f.uid[i])
            start, length = int(words[1]) * 48 >> 32, 4 + (int(words[2]) * 13 >> 32)
            candidate = copy_segment(practice[i], practice[source], start, length, 48)
            if to_z(practice_value(candidate, world.landscape[f.sector[i]])) > f.z[i]:
                expected[i] = candidate
    sim.apply(leakage.RULE)
    assert (f.practice == expected).all() and (expected != practice).sum() > 5


def test_who_hides_teaches_nothing_and_is_not_copied():
    """With every partner hidden nothing but experiments of one's own are left."""
    keys = {"rules": {"environment": {"drift": 0}, "knowledge": {"forgetting": 0}, "orchestration": {"enabled": False}}}
    sim = make_simulation(settings_of(BASE, ONE_SECTOR, keys, rule("secrecy", hiding=100.0), seed=3103))
    sim.world.firms.propensities[:, 0] = -1e6  # hides from everybody, whatever trust
    sim.world.firms.skills[:] *= 0.9
    before = sim.world.firms.skills.copy()
    sim.rules.exit.enabled = sim.rules.entry.enabled = sim.rules.credit.enabled = False
    sim.advance(6)
    assert (sim.world.firms.skills == before).all() and sum(row["adopted"] for row in sim.rows) == 0


# Rivalry and differentiation.


def crowding_of(firms):
    """Share of bits in common with the others of the sector, weighed by size; plain, firm by firm."""
    bits = (firms.practice[:, None] >> np.arange(48, dtype=np.uint64)) & np.uint64(1)
    crowd = np.zeros(firms.count)
    for i in range(firms.count):
        others = (firms.sector == firms.sector[i]) & (np.arange(firms.count) != i)
        if others.any():
            crowd[i] = np.average((bits[others] == bits[i]).mean(axis=1), weights=firms.size[others])
    return crowd


def slope_of_growth(part):
    """How much faster founders grow in two years by how crowded they were at the start, at equal practice and size."""

    def measure(seed):
        sim = make_simulation(settings_of(BASE, ONE_SECTOR, QUIET, part, {"seed": seed}))
        firms = sim.world.firms
        uid, size, z, crowd = firms.uid.copy(), firms.size.copy(), firms.z.copy(), crowding_of(firms)
        sim.advance(24)
        at = sim.world.rows_of(uid)
        kept = at >= 0
        grown = np.log(sim.world.firms.size[at[kept]] / size[kept])
        known = np.column_stack([np.ones(kept.sum()), z[kept], np.log(size[kept]), crowd[kept]])
        return float(np.linalg.lstsq(known, grown, rcond=None)[0][-1])

    return interval(np.array([measure(seed) for seed in SEEDS]))


QUIET = {"rules": {"market": {"noise": 0}}}


def test_the_crowded_lose_demand_to_the_distinct():
    """Niche overlap (Hannan and Freeman 1977): so differentiation pays, and only where rivalry is on."""
    found = slope_of_growth(rule("rivalry", differentiation=0))
    assert found[2] < 0, told("growth by crowding", found)
    without = slope_of_growth({})
    assert without[1] <= 0 <= without[2], told("without rivalry", without)


def test_firms_that_differentiate_spread_out():
    found = effect(late("practice_spread"), rule("rivalry"), rule("rivalry", differentiation=0))
    assert found[1] > 0, told("practice_spread", found)


def test_crowding_takes_from_one_what_it_gives_to_another():
    """What a sector buys does not depend on it."""
    still = {
        "rules": {"market": {"slack": 1.0, "demand": 0.4}, "exit": {"enabled": False}, "credit": {"enabled": False}}
    }
    sims = [
        grow(BASE, part, still, seed=3104, months=1) for part in ({}, rule("rivalry", crowding=1, differentiation=0))
    ]
    for sector in range(6):
        sold = [
            float((s.world.firms.revenue - s.world.firms.joint_income)[s.world.firms.sector == sector].sum())
            for s in sims
        ]
        assert sold[1] == pytest.approx(sold[0], rel=1e-9)
    assert not np.allclose(sims[0].world.firms.revenue, sims[1].world.firms.revenue)


def test_overlap_is_the_formula_of_the_documentation(grown):
    f, state = grown.world.firms, grown._state
    grown.rules.rivalry.crowding = 3.0
    state.pull = None
    grown.apply(rivalry.RULE)
    crowd = crowding_of(f)
    assert state.pull == pytest.approx(np.exp(-3.0 * (crowd - 0.5)), rel=1e-12)
    having, mass = state.niche.having[0], state.niche.mass[0]
    for i in range(0, f.count, 7):
        # A candidate is held against the others as they are, whatever the firm itself did.
        new = f.practice[i] ^ np.uint64(0b1011)
        others = np.arange(f.count) != i
        bits = (f.practice[:, None] >> np.arange(48, dtype=np.uint64)) & np.uint64(1)
        mine = (new >> np.arange(48, dtype=np.uint64)) & np.uint64(1)
        expected = crowd[i] - np.average((bits[others] == mine).mean(axis=1), weights=f.size[others])
        assert room(new, f.practice[i], f.size[i], having, mass) == pytest.approx(expected, abs=1e-12)
    state.pull = state.niche = None


# Reputation and scarce support.

# Reputation as the test sets it: half the founders stand high, half low, for good.
FIXED = {
    "rules": {"strengthening": {"reputation": 0}, "entry": {"enabled": False}, "orchestration": {"enabled": False}}
}


def by_reputation(part, measure, months=24):
    """Mean of a column of values for well-reputed firms less that for the others, over the paired seeds."""
    gaps = []
    for seed in SEEDS:
        sim = make_simulation(settings_of(BASE, FIXED, QUIET, part, {"seed": seed}))
        firms = sim.world.firms
        firms.reputation[:] = np.where(firms.uid % 2, 0.9, 0.1)
        sim.advance(months)
        high = sim.world.firms.uid % 2 == 1
        values = measure(sim.world)
        gaps.append(values[high].mean() - values[~high].mean())
    return np.array(gaps)


def new_ties(world):
    """Ties of each firm made since the start."""
    return sum(np.bincount(world.ties[k].owner(), world.ties[k].born > 0, world.size) for k in ACTING)


def test_the_well_reputed_are_met_more():
    """Competition for attention: formed ties, the readiness to tie left out of it."""
    blind = {"rules": {"formation": {"choice": False}, "dissolution": {"choice": False}}}
    with_it = by_reputation(merge(blind, {"rules": {"search": {"reputed": 1.0}}}), new_ties)
    without = by_reputation(blind, new_ties)
    found = interval(with_it - without)
    assert found[1] > 0, told("new ties", found)
    assert interval(without)[1] <= 0 <= interval(without)[2], told("without", interval(without))


def test_reputation_brings_demand():
    def fill(world):
        return world.firms.fill

    demand = {"rules": {"market": {"attraction_reputation": 0.5}}}
    found = interval(by_reputation(demand, fill, 6) - by_reputation({}, fill, 6))
    assert found[1] > 0, told("fill", found)


def test_support_for_the_reputed_makes_them_richer():
    """To whom that has shall be given (Merton 1968)."""

    def months_of_cash(world):
        return world.firms.cash / world.firms.size

    found = interval(by_reputation(rule("support", every=6), months_of_cash) - by_reputation({}, months_of_cash))
    assert found[1] > 0, told("cash", found)


POOR = {
    "founders": {"cash": 0.2},
    "rules": {"market": {"buffer": 0.1}, "credit": {"limit": 0.1, "claims": 0.2}},
    "timeline": [{"month": 4, "kind": "demand_crisis", "size": 0.3, "duration": 8, "recovery": 6}],
}


def test_support_for_the_needy_saves_firms_that_support_for_the_reputed_does_not():
    def defaults(sim):
        return float(sum(row["defaults"] for row in sim.rows))

    needy, reputed = (merge(POOR, rule("support", every=3, pot=0.05, to=to)) for to in ("needy", "reputed"))
    found = effect(defaults, needy, reputed)
    assert found[2] < 0, told("defaults", found)
    found = effect(defaults, needy, POOR)
    assert found[2] < 0, told("defaults without support", found)


def test_support_is_shared_as_documented_and_booked():
    sim = grow(BASE, rule("support", every=12, pot=0.3, winners=0.25, cost=0.01), {"debug": True}, seed=3105, months=11)
    world, f = sim.world, sim.world.firms
    key = luck.key(world.seed, support.APPLY, 12)
    units = np.array([[unit(word) for word in draw4(key, uid, 0)[:2]] for uid in f.uid])
    applicants = [i for i in range(world.size) if units[i, 0] < 0.5]
    ranked = sorted(applicants, key=lambda i: (-f.reputation[i], units[i, 1]))
    winners = ranked[: int(np.ceil(0.25 * len(applicants)))]
    cash, part = f.cash.copy(), 0.3 * f.size.sum() / len(winners)
    for i in applicants:
        cash[i] -= 0.01 * f.size[i]
    for i in winners:
        cash[i] += part
    sim.apply(support.RULE)
    assert f.cash == pytest.approx(cash, rel=1e-12) and 5 < len(winners) < len(applicants)
    assert world.ledger["support"] == pytest.approx(0.3 * f.size.sum())
    assert world.ledger["applications for support"] == pytest.approx(-0.01 * f.size[applicants].sum())
    grow(BASE, rule("support", every=2), {"debug": True}, seed=3106)


# Innovation races.


def test_firms_try_more_where_the_first_takes_all():
    """Reinganum 1989: effort follows what the first gets over the second."""
    found = effect(late("tries"), rule("races", second=0.0), rule("races", second=1.0))
    assert found[1] > 0, told("tries", found)
    found = effect(late("innovations"), rule("races", second=0.0), {})
    assert found[1] > 0, told("innovations", found)


def test_races_make_shares_unequal():
    """Dasgupta and Stiglitz 1980: few of like firms take much of the market."""
    found = effect(late("gini_size"), rule("races", effort=0.0), {})
    assert found[1] > 0, told("gini_size", found)


def test_premiums_are_the_formula_of_the_documentation():
    keys = rule("races", second=0.4, step=0.01, prize=0.6)
    sim = grow(BASE, keys, seed=3107, months=6)
    f, state = sim.world.firms, sim._state
    gained = np.zeros(f.count)
    contenders = np.argsort(-f.z)[:12]
    gained[contenders] = f.z.max() - f.z.min() + 1.0  # where they stood before
    state.gained, state.pull, before = gained, None, f.premium.copy()
    key = luck.key(sim.world.seed, races.FINISH, sim.step + 1)
    expected = before * np.exp(-1 / 12)
    for s in range(6):
        inside = f.sector == s
        if inside.any():
            mark = (f.z - gained)[inside].max() + 0.01
            done = [i for i in np.flatnonzero(inside) if gained[i] > 0 and f.z[i] >= mark]
            done.sort(key=lambda i: unit(draw4(key, f.uid[i], 0)[0]))
            for rank, i in enumerate(done):
                expected[i] += 0.6 * 0.4**rank
    sim.apply(races.RULE)
    assert f.premium == pytest.approx(expected, rel=1e-12) and before.max() > 0 and (expected > 0.5).sum() > 1
    assert state.pull == pytest.approx(1 + expected)


# Repair of trust.


HARMED = {"rules": {"work": {"temptation": 0.0}, "formation": {"enabled": False}, "entry": {"enabled": False}}}


def after_breach(seed, forgiveness, frequency=1.0):
    """Trust a year after every firm was cheated once by every partner, in a world where nobody cheats again."""
    keys = {"rules": {"strengthening": {"forgiveness": forgiveness}, "work": {"frequency": frequency}}}
    sim = make_simulation(settings_of(BASE, HARMED, keys, {"seed": seed}))
    for k in ACTING:
        sim.world.ties[k].bad[:] = sim.world.ties[k].bad_in[:] = 3.0
    sim.advance(12)
    return float(np.concatenate([sim.world.ties[k].trust() for k in ACTING]).mean())


def test_trust_mends_after_a_breach_by_successes():
    """Repair by trustworthy deeds (Schweitzer, Hershey and Bradlow 2006), faster where firms forgive."""
    found = interval(np.array([after_breach(seed, 0.2) - after_breach(seed, 0.0) for seed in SEEDS]))
    assert found[1] > 0, told("trust", found)
    time = interval(np.array([after_breach(seed, 0.0) - 1 / (3.0 + 2.0) for seed in SEEDS]))
    assert time[1] > 0, told("time and successes alone", time)
    assert after_breach(3100, 0.2, frequency=0.0) == after_breach(3100, 0.0, frequency=0.0)


def test_a_success_makes_good_a_share_of_the_bad():
    sim = grow(
        BASE, {"rules": {"strengthening": {"forgiveness": 0.25}, "work": {"temptation": 0.6}}}, seed=3108, months=6
    )
    p, expected = sim.rules.strengthening, {}
    for k in ACTING:
        ties = sim.world.ties[k]
        aside, owner = sim._state.aside(k), ties.owner()
        won = np.minimum(owner, ties.nbr) % 2 == 1
        ties.outcome[:] = won  # success, or no project
        ease = np.minimum(aside[owner, 0], aside[ties.nbr, 0]).astype(float)
        assert ties.bad[won].max() > 0
        expected[k] = p.fade * ties.good + won * p.evidence * ease, p.fade * ties.bad * np.where(won, 0.75, 1.0)
    sim.apply(strengthening.RULE)
    for k in ACTING:
        ties = sim.world.ties[k]
        assert ties.good == pytest.approx(expected[k][0], rel=1e-5)
        assert ties.bad == pytest.approx(expected[k][1], rel=1e-5)
        assert np.array_equal(ties.bad[sim.world.mate(k)], ties.bad_in)
