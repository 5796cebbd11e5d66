"""Contracts between allies, and platforms that bring members together: each effect over 30 paired seeds.

The seeds are used nowhere else. Both rules are off by default, and on at zero effect they change no byte.
"""

import numpy as np
import pytest
from conftest import grow, interval, merge, same_bytes

from emergence.rules.matching import chosen_platform
from emergence.schema import LAYERS, STRATEGIC

SEEDS = range(4830, 4860)
BASE = {"firms": 80, "output": {"events": False}}
CONTRACTS = {"rules": {"contracts": {"enabled": True}}}
PLATFORM = {"rules": {"platform": {"enabled": True, "joining": 0.0, "leaving": 0.0, "strain": 0.0}}}
MATCHING = merge(PLATFORM, {"rules": {"matching": {"enabled": True, "meetings": 0.3}}})
KNOWN = {}


def world(seed, part, months=36):
    name = (seed, repr(part), months)
    if name not in KNOWN:
        KNOWN[name] = grow(BASE, part, {"seed": seed}, months=months)
    return KNOWN[name]


def effect(measure, one, other):
    return interval(np.array([measure(world(s, one)) - measure(world(s, other)) for s in SEEDS]))


def contracts(**keys):
    return {"rules": {"contracts": {"enabled": True, **keys}}}


# Contracts.


def betrayals(sim):
    """Opportunistic acts a joint project of the last two years."""
    rows = sim.rows[-24:]
    return sum(row["betrayals"] for row in rows) / sum(row["projects"] for row in rows)


def broken(sim):
    """Ties broken by choice a tie and month of the last two years."""
    rows = sim.rows[-24:]
    return sum(row["broken"] for row in rows) / sum(row["ties"] for row in rows)


def test_contracts_lower_opportunism():
    found = effect(betrayals, contracts(lasting=1.0, cost=0.0), contracts(deterrence=0.0, lasting=1.0, cost=0.0))
    assert found[2] < 0, found


def test_contracts_make_alliances_last():
    found = effect(broken, contracts(deterrence=0.0, cost=0.0), contracts(deterrence=0.0, lasting=1.0, cost=0.0))
    assert found[2] < 0, found


def test_contracts_cost_margin():
    performance = [
        [np.mean([row["performance"] for row in world(s, contracts(deterrence=0.0, lasting=1.0, cost=c)).rows[-12:]])
         for c in (0.05, 0.0)]
        for s in SEEDS
    ]  # fmt: skip
    found = interval(np.array([costly - free for costly, free in performance]))
    assert found[2] < 0, found


def test_contracts_without_effect_change_no_byte():
    idle = contracts(deterrence=0.0, lasting=1.0, cost=0.0)
    assert set(same_bytes(grow(BASE, idle, months=12), grow(BASE, months=12))) <= {"ties.formal"}
    assert same_bytes(grow(BASE, contracts(strength=1.0), months=12), grow(BASE, months=12)) == []


def test_a_contract_begins_at_its_strength_and_ends_below_four_fifths_of_it():
    sim = grow(BASE, CONTRACTS, {"debug": True}, months=24)
    ties = sim.world.ties[STRATEGIC]
    formal, w = ties.formal > 0, ties.w
    assert 0 < formal.mean() < 1
    assert (w[formal] >= np.float32(0.24)).all() and formal[w >= np.float32(0.3)].all()


# Matching.


def of_members(sim):
    """Ties between members of the platform, as a share of all of a layer, mean over layers."""
    member, found = sim.world.firms.platforms > 0, []
    for layer in (LAYERS.index(name) for name in sim.settings.layers):
        a, b, _ = sim.world.ties[layer].pairs()
        found.append(float((member[a] & member[b]).mean()))
    return float(np.mean(found))


def distance(sim):
    """Mean distance between partners who are both members, km."""
    firms, found = sim.world.firms, []
    member = firms.platforms > 0
    for layer in (LAYERS.index(name) for name in sim.settings.layers):
        a, b, _ = sim.world.ties[layer].pairs()
        both = member[a] & member[b]
        found += np.hypot(firms.x[a] - firms.x[b], firms.y[a] - firms.y[b])[both].tolist()
    return float(np.mean(found))


def test_a_platform_that_matches_ties_its_members():
    found = effect(of_members, MATCHING, PLATFORM)
    assert found[1] > 0, found


def test_matches_reach_further_than_other_meetings():
    found = effect(distance, MATCHING, PLATFORM)
    assert found[1] > 0, found


@pytest.mark.parametrize("part", [{"matching": {"meetings": 0.0}}, {"platform": {"start": 0.0}}])
def test_without_proposals_or_members_matching_changes_no_byte(part):
    on = merge(MATCHING, {"rules": part})
    off = merge(on, {"rules": {"matching": {"enabled": False}}})
    assert same_bytes(grow(BASE, on, months=12), grow(BASE, off, months=12)) == []


def test_the_platform_of_the_month_is_one_of_the_firms_own():
    member = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], bool)
    assert chosen_platform(member, np.array([0.0, 0.5, 0.9])).tolist() == [0, -1, 1]
    assert chosen_platform(member, np.array([0.5, 0.5, 0.0])).tolist() == [2, -1, 1]


@pytest.mark.parametrize("part", [CONTRACTS, MATCHING, merge(CONTRACTS, MATCHING)])
def test_saved_and_loaded_it_goes_on_the_same(part, folder):
    sim = grow(BASE, part, {"debug": True, "layers": list(LAYERS)}, months=6)
    sim.save(folder / "state.npz")
    again = type(sim).load(folder / "state.npz")
    assert same_bytes(sim.advance(6), again.advance(6)) == []
