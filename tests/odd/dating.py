"""Checks of docs/odd.md, 7.13.7 and 7.13.8: accounts by kind, the timeline."""

from __future__ import annotations

from functools import cache

import numpy as np
from conftest import grow

from emergence.rules import accounts as account_rule
from emergence.rules import (
    environment,
    timeline,
)
from emergence.schema import DEVELOPMENT
from emergence.step import Simulation
from odd.checks import check, grown, ready, rng, scatter, values


@cache
def booked():
    """Accounts of one kind before and after a page is turned and what the month brought is entered."""
    sim = ready(grown(), account_rule.RULE, accounts__enabled=True)
    ties = sim.world.ties[DEVELOPMENT]
    before = rng(116).normal(0, 5, ties.count).astype(np.float32)
    ties.accounts[:, account_rule.KNOWLEDGE] = before
    amount = rng(117).random(ties.count)
    sim.apply(account_rule.RULE)
    sim._state.enter_rule(account_rule.RULE)
    account_rule.note_lessons(sim._state, amount)
    return before.astype(float), amount, ties.accounts[:, account_rule.KNOWLEDGE].astype(float)


@check("account_after")
def _():
    before, amount, after = booked()
    return values(after, 1e-6, before=before, entered=amount)


@check("routine_saves", "rules.market")
def _():
    sim = scatter(ready(grown(), account_rule.RULE, accounts__enabled=True))
    f = sim.world.firms
    f.health[:], f.fill[:] = rng(118).random(f.count), rng(119).uniform(0, 2, f.count)
    rows, dz = np.arange(f.count), rng(120).normal(0, 1, f.count)
    for ties in sim.world.ties:
        ties.drop(np.arange(ties.count))
    f.accounts[:] = 0.0
    account_rule.note_routines(sim._state, rows, np.roll(rows, 1).astype(np.int32), dz)
    given = {"size": f.size, "slack": f.slack, "health": f.health, "fill": f.fill}
    return values(f.accounts[:, account_rule.COST], dz=dz, **given)


@check("reputation_part", "rules.strengthening")
def _():
    sim = scatter(ready(grown(), account_rule.RULE, accounts__enabled=True))
    f, ties, state = sim.world.firms, sim.world.ties[DEVELOPMENT], sim._state
    ties.accounts[:] = 0
    account_rule.note_trust(state)
    i = np.repeat(np.arange(f.count), np.diff(ties.ptr))
    t = (ties.good_in.astype(float) + 1) / (ties.good_in.astype(float) + ties.bad_in.astype(float) + 2)
    peers = sum(np.diff(sim.world.ties[k].ptr) for k in state.peers)[i]
    part = ties.accounts[:, account_rule.REPUTATION].astype(float) / (1 - 0.9)
    return values(part, 1e-8, t=t, own=f.reputation[i], peers=peers)


def shocked(shocks, step, **more):
    """Return the grown world in a month, under a timeline."""
    twin = Simulation(grown().branch().world, grow({"timeline": shocks, **more}, months=0).settings, grown().rules)
    twin = ready(twin, environment.RULE)
    twin.world.step = step
    twin.world.firms.digital[:] = rng(121).random(twin.world.size)
    return twin


@check("damaged")
def _():
    sim = shocked(
        [{"month": 20, "kind": "supply_disaster", "region": 1, "size": 0.6, "duration": 3, "recovery": 4}], 19
    )
    f = sim.world.firms
    before = f.damage[:] = rng(122).random(f.count)
    before, at = before.copy(), (f.region == 1) & (f.born < 20)
    environment.damage_and_repair(sim._state)
    return values(f.damage[at], before=before[at], size=0.6)


@check("repaired")
def _():
    rows = []
    for recovery in (1, 2, 5, 9):
        shock = {"month": 20, "kind": "supply_disaster", "sector": 0, "size": 0.6, "duration": 3, "recovery": recovery}
        sim = shocked([shock], 22)
        f = sim.world.firms
        f.damage[:] = before = rng(123).uniform(0.2, 1, f.count)
        at = (f.sector == 0) & (f.born < 20)
        environment.damage_and_repair(sim._state)
        rows.append((f.damage[at], before[at], np.full(at.sum(), recovery)))
    after, before, recovery = np.concatenate(rows, axis=1)
    return values(after, damage=before, recovery=recovery)


@check("abroad")
def _():
    found, rows = [], []
    for step in range(19, 30):
        shocks = [
            {"month": 20, "kind": "supply_disaster", "size": 0.5, "duration": 2, "recovery": 4},
            {"month": 23, "kind": "supply_disaster", "size": 0.8, "duration": 1, "recovery": 3},
        ]
        sim = shocked(shocks, step, rules={"supply": {"enabled": True}})
        found.append(timeline.imports_available(sim._state))
        rows.append([timeline.severity(step + 1 - 20, 2, 4), timeline.severity(step + 1 - 23, 1, 3)])
    return values(found, size=np.array([0.5, 0.8]), severity=np.array(rows))


@check("pandemic", "rules.environment")
def _():
    rows = []
    for step in range(19, 26):
        sim = shocked([{"month": 20, "kind": "pandemic", "size": 0.5, "duration": 2, "recovery": 4}], step)
        f = sim.world.firms
        severity = timeline.severity(step + 1 - 20, 2, 4)
        rows.append((1 - timeline.left_by_pandemics(sim._state), f.digital, np.full(f.count, severity)))
    lost, level, severity = np.concatenate(rows, axis=1)
    return values(lost, size=0.5, severity=severity, digital=level)


@check("health")
def _():
    shock = {"month": 20, "kind": "pandemic", "size": 0.5, "duration": 9, "recovery": 4}
    sim = shocked([shock], 20)
    sim._state.rules.incidents.enabled = True
    f, state = sim.world.firms, sim._state
    f.damage[:], f.incident[:] = rng(124).random(f.count), rng(125).integers(0, 3, f.count)
    f.health[:] = f.sound[:] = rng(126).random(f.count)
    sound = f.sound.copy()
    environment.settle_health(state)
    pandemic = 1 - timeline.left_by_pandemics(state)
    return values(f.health, sound=sound, damage=f.damage, pandemic=pandemic, incident=0.5 * (f.incident == 1))


@check("regulation")
def _():
    sim = shocked([{"month": 20, "kind": "regulation", "size": 0.03, "duration": 9}], 24)
    return values(timeline.regulation_costs(sim._state), shock=0.03, size=sim.world.firms.size)
