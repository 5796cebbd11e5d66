"""Checks of docs/odd.md, 7.12 and 7.13.2: orchestration, standards, revision."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence.kernels import groups as of
from emergence.kernels import pairs
from emergence.kernels.random import fill_units
from emergence.luck import normals
from emergence.rules import orchestration, revision
from emergence.schema import DEVELOPMENT
from odd.checks import Choice, check, grown, ready, rng, values
from odd.grouped import grouped

N = 300
A = rng(80).random(N) + 0.01


def scored(model_columns):
    """Return the program's score of made-up pairs under an orchestrator who wants certain things, less the rest."""
    profile, aside, table = np.zeros((N, 16), np.float32), np.zeros((N, 4), np.float32), np.zeros((2, of.COLUMNS))
    aside[:, 2] = A
    table[:, [of.LEAD, of.INSTITUTE]] = 7, 9
    for column, weight in model_columns.items():
        table[0, column] = weight
    craft, p = rng(84).integers(0, 5, N).astype(np.int8), pairs.ScoreParams(0.5, 0.0, 6.0)
    at = [(i, j) for i in range(0, N, 3) for j in (7, 9, (i + 1) % N) if i != j]
    found = [pairs.score(0, i, j, 1, 1, profile, aside, craft, table, p) for i, j in at]
    i, j = np.array(at).T
    return np.array(found), i, j, np.abs(craft[i].astype(int) - craft[j]), aside[:, 2].astype(float)


@check("score", "rules.orchestration")
def _():
    sim = grown()
    state, f = sim._state, sim.world.firms
    state.enter_rule(orchestration.RULE)
    p, luck, rows, found = pairs.ScoreParams(0.5, 0.25, 8.0), rng(85), [], []
    for _ in range(N):
        i, j = luck.choice(f.count, 2, replace=False)
        k = luck.integers(0, 15, 2)
        c = [pairs.complementarity(state.profile(), *ends) for ends in ((i, j), (j, i))]
        wants = 0.9 * max(state.aside(DEVELOPMENT)[[i, j], 2].astype(float))
        found.append(pairs.score(-1, i, j, *k, state.profile(), state.aside(DEVELOPMENT), state.craft(),
                                 state.governance(), p))  # fmt: skip
        rows.append((*c, wants, k.min()))
    names = ("c_ij", "c_ji", "wants", "k")
    return values(found, 1e-9, **dict(zip(names, np.array(rows).T, strict=True)), k0=8.0)


@check("hub_wants", "rules.orchestration")
def _():
    found, i, j, _apart, standing = scored({of.STANDING: 0.9, of.WITH_LEAD: 0.5})
    return values(found, standing=np.maximum(standing[i], standing[j]), leads=(i == 7) | (j == 7))


@check("chain_wants", "rules.orchestration")
def _():
    found, _i, _j, apart, _standing = scored({of.CHAIN: 0.9})
    return values(found, apart=apart)


@check("constellation_wants", "rules.orchestration")
def _():
    found, _i, _j, apart, _standing = scored({of.CRAFTS: 0.7})
    return values(found, apart=apart)


@check("open_wants", "rules.orchestration")
def _():
    found, i, j, _apart, _standing = scored({of.RESEARCH: 0.9})
    return values(found, institution=(i == 9) | (j == 9))


@check("looks", "rules.orchestration")
def _():
    """Of ten firms the one that looks best is proclaimed, in many months."""
    sim, z, n, found = grown(), [], [], []
    twin = ready(sim, orchestration.RULE)
    f, state = twin.world.firms, twin._state
    f.z[:10] = rng(86).normal(0, 0.7, 10)
    for step in range(400):
        twin.world.step = step
        n.append(normals(fill_units(state.luck_of_group(orchestration.BLUR, -1), f.uid[:10], 2))[:, 0])
        orchestration.proclaim(state, -1, state.network, 0, np.arange(10))
        z.append(f.z[:10].copy())
        found.append(int(np.flatnonzero(f.practice[:10] == twin.world.network.standard[0])[0]))
    return Choice({"z": np.array(z), "n": np.array(n)}, np.array(found))


@check("follows")
def _():
    sim = grouped()
    g, f, state = sim.world.groups, sim.world.firms, sim._state
    g.standard[:], g.follow[:] = 5, 0.7
    state.enter_rule(orchestration.RULE)
    _told, follow = orchestration.standards(state)
    members = state.membership()
    at = members.rows[: members.ptr[1]]
    return values(follow[at], follow=0.7, autonomy=f.autonomy[at])


@cache
def revised():
    rows, sim = [], grouped(revision.RULE)
    sim.world.step, g, f = 2, sim.world.groups, sim.world.firms
    for case in range(400):
        luck = rng(case)
        f.projects[:] = 0 if case % 7 == 0 else luck.integers(1, 5, f.count)
        f.betrayals[:] = luck.random(f.count) < luck.choice([0.0, 0.0625, 0.125, 0.4])
        f.betrayals[f.projects == 0] = 0
        g.sanctions[:], g.fee[:] = luck.random(2), luck.choice([0.0, 0.001, 0.3, 1.0], 2)
        g.funded[:], m = luck.choice([1.0, 0.5], 2), sim._state.membership()
        rows_of = [m.rows[m.ptr[k] : m.ptr[k + 1]] for k in (0, 1)]
        whole = np.array([f.size[r].sum() for r in rows_of])
        g.budget[:] = luck.choice([0.5, 2.0], 2) * 12 * g.fee * whole
        acts = np.array([f.betrayals[r].sum() / max(f.projects[r].sum(), 1) for r in rows_of])
        worked = np.array([f.projects[r].sum() > 0 for r in rows_of])
        before = g.sanctions.copy(), g.fee.copy()
        rich = g.budget > 12 * g.fee * whole
        sim.apply(revision.RULE)
        rows.append((g.sanctions.copy(), g.fee.copy(), *before, acts, worked, g.funded < 1, rich))
    return np.concatenate(rows, axis=1)


@check("sanctions_after", "rules.revision")
def _():
    after, _fee, before, _was, acts, worked, *_money = revised()
    return values(after, before=before, acts=acts, worked=worked)


@check("fee_after", "rules.revision")
def _():
    _sanctions, after, _s, before, _acts, _worked, short, rich = revised()
    return values(after, before=before, short=short, rich=rich)
