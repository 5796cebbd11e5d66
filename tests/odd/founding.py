"""Checks of docs/odd.md, 5, 7.1, 7.7 and 7.8: founders, conditions, demand; practices and aspirations."""

from __future__ import annotations

from functools import cache

import numpy as np
from conftest import grow

from emergence import build, luck
from emergence.build import CONDITIONS
from emergence.kernels.innovation import copy_segment
from emergence.kernels.landscape import practice_value, to_z
from emergence.kernels.random import below, draw4, fill_units
from emergence.kernels.research import experiment
from emergence.rules import adaptation, environment, innovation, timeline
from emergence.schema import CULTURE, SKILLS
from emergence.step import Simulation
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

WIDE = {"size": 3.0, "size_spread": 1.5, "culture_spread": 0.6, "cash": 0.7}


@cache
def founders():
    """Founders as they are made, with the uniforms of each."""
    world = grow({"firms": 300, "seed": 5602, "founders": WIDE}, months=0).world
    return world.firms, fill_units(luck.key(5602, build.TRAITS), world.firms.uid, 60)


@check("founder_size", "founders")
def _():
    f, u = founders()
    return values(f.size, n=luck.normals(u[:, 8:10])[:, 0], size=3.0, size_spread=1.5)


@check("founder_age", "founders")
def _():
    f, u = founders()
    return values(-f.born, u=u[:, 10])


@check("founder_place", "founders")
def _():
    f, u = founders()
    centres = fill_units(luck.key(5602, build.PLACES), np.arange(5), 2) * 100
    return values(f.x, centre=centres[f.region, 0], n=luck.normals(u[:, 4:6])[:, 0])


@check("founder_trait")
def _():
    f, u = founders()
    n = luck.normals(u[:, 12 + 2 * SKILLS : 12 + 2 * (SKILLS + CULTURE)])
    return values(f.culture.astype(float), 1e-7, middle=0.5, spread=0.6, n=n)


@check("founder_cash", "founders")
def _():
    f, _u = founders()
    return values(f.cash, size=f.size, cash=0.7)


@check("set_by")
def _():
    levels = np.linspace(0, 1, 201)
    cases = [(e, level, 0.0 if e.shift else 1.0) for e in CONDITIONS for level in levels]
    level, low, high, neutral = np.array([(level, e.low, e.high, none) for e, level, none in cases]).T
    found = [e.apply(none, level) for e, level, none in cases]
    return values(found, level=level, low=low, high=high, neutral=neutral)


@cache
def demand():
    """A month of the environment in many months, without shocks: noise before, normals, noise after, level, month."""
    sim, rows = ready(grown()), []
    for step in range(9, 90):
        sim.world.step = step
        before = sim.world.demand["ar"].copy()
        n = luck.normals(fill_units(sim._state.luck(environment.DEMAND), np.arange(6), 2))[:, 0]
        sim.apply(environment.RULE)
        found = sim.world.demand
        rows.append((before, n, found["ar"], found["level"], np.full(6, step + 1.0)))
    return np.concatenate(rows, axis=1)


@check("demand_noise", "rules.environment")
def _():
    before, n, after, _level, _t = demand()
    return values(after, u=before, n=n)


@check("demand_cycle", "rules.environment")
def _():
    _before, _n, after, level, t = demand()
    return values(level, t=t, u=after)


@check("severity")
def _():
    m, duration, recovery = rng(30).integers(-3, 20, 400), rng(31).integers(0, 9, 400), rng(32).integers(0, 9, 400)
    found = [timeline.severity(*case) for case in zip(m.tolist(), duration.tolist(), recovery.tolist(), strict=True)]
    return values(found, m=m, duration=duration, recovery=recovery)


@check("crisis")
def _():
    shock = {"month": 9, "kind": "demand_crisis", "size": 0.6, "duration": 2, "recovery": 5, "region": 1}
    calm, rows = grown(), []
    hit = calm.branch()
    hit = Simulation(hit.world, grow({"timeline": [shock]}, months=0).settings, hit.rules)
    for step in range(8, 15):
        levels = []
        for sim in (ready(hit), ready(calm)):
            sim.world.step = step
            sim.apply(environment.RULE)
            levels.append(sim.world.demand["level"].copy())
        f = sim.world.firms
        whole = np.bincount(f.sector, f.size, 6)
        struck = np.bincount(f.sector, f.size * (f.region == 1), 6) / whole
        rows.append((levels[0] / levels[1], struck, np.full(6, timeline.severity(step - 8, 2, 5))))
    ratio, struck, severity = np.concatenate(rows, axis=1)
    return values(ratio, size=0.6, severity=severity, struck=struck)


@check("practice_value")
def _():
    world = grown().world
    table, found, entries = world.landscape[2], [], []
    for practice in world.firms.practice[:60]:
        bits = [(int(practice) >> k) & 1 for k in range(48)]
        entries.append([table[i, sum(bits[(i + k) % 48] << k for k in range(6))] for i in range(48)])
        found.append(practice_value(practice, table))
    return values(found, entries=np.array(entries))


@check("z")
def _():
    value = rng(33).random(100)
    return values([to_z(v) for v in value], value=value)


@cache
def tried():
    """A month in which nobody copies: tries, flips, and what became of them."""
    changed = {"innovation__copy": 0.0, "innovation__recombine": 0.0, "innovation__temperature": 0.5}
    rows = []
    for later in range(4):
        sim = scatter(ready(grown(), **changed))
        f, sim.world.step = sim.world.firms, sim.world.step + later
        f.explore[:] = rng(34).uniform(0.5, 3, f.count)
        key, before, z = sim._state.luck(innovation.TRY), f.practice.copy(), f.z.copy()
        flip = [np.uint64(1) << np.uint64(below(draw4(key, uid, 2)[0], 48)) for uid in f.uid.tolist()]
        then = before ^ np.array(flip)
        loss = z - [to_z(practice_value(p, sim.world.landscape[s])) for p, s in zip(then, f.sector, strict=True)]
        accept = drawn(key, f.uid, 2, word=1)
        sim.apply(innovation.RULE)
        rows.append((drawn(key, f.uid), f.drive, f.costs_due, f.size, accept, loss, f.explore, f.practice == then))
    return np.concatenate(rows, axis=1)


@check("try_chance", "rules.innovation")
def _():
    draw, drive, costs, *_more = tried()
    return events(draw, costs > 0, drive=drive)


@check("try_cost", "rules.innovation")
def _():
    _draw, _drive, costs, size, *_more = tried()
    return values(costs[costs > 0], size=size[costs > 0])


@check("accepted", "rules.innovation")
def _():
    _draw, _drive, costs, _size, accept, loss, explore, taken = tried()
    at = costs > 0
    return events(accept[at], taken[at], loss=loss[at], explore=explore[at], temperature=0.5)


@check("routine_length", "rules.innovation")
def _():
    """What an institution that knows nothing takes of a member who knows all: as many bits as the routine is long."""
    table, key = np.tile([0.0, 1.0], (48, 1)), luck.key(7, 7)
    practice, members = np.array([0, 2**48 - 1], np.uint64), np.array([1], np.int32)
    u, found = [], []
    for uid in range(3000):
        words = draw4(key, uid, 0)
        if words[0] < 2**31 - 1:
            got, *_ = experiment(key, uid, 1, np.uint64(0), 0, members, practice, table, 4, 16, 48)
            assert int(got) == int(
                copy_segment(np.uint64(0), practice[1], below(words[2], 48), int(got).bit_count(), 48)
            )
            u.append(words[3] / 2**32)
            found.append(int(got).bit_count())
    return values(found, u=np.array(u))


@cache
def adapted():
    """A month's adaptation of firms whose performances lie far apart."""
    sim = ready(grown())
    f = sim.world.firms
    f.performance[:], f.aspiration[:] = rng(35).normal(0, 0.3, (2, f.count))
    own, before = f.performance.copy(), f.aspiration.copy()
    total, count = np.zeros((2, f.count))
    for layer in sim._state.peers:
        ties = sim.world.ties[layer]
        at = np.repeat(np.arange(f.count), np.diff(ties.ptr))
        total += np.bincount(at, own[ties.nbr], f.count)
        count += np.bincount(at, minlength=f.count)
    sim.apply(adaptation.RULE)
    partners = np.where(count > 0, total / np.maximum(count, 1), own)
    return before, own, partners, f.aspiration, f.drive


@check("aspiration", "rules.adaptation")
def _():
    before, own, partners, after, _drive = adapted()
    return values(after, before=before, own=own, partners=partners)


@check("drive", "rules.adaptation")
def _():
    _before, own, _partners, after, drive = adapted()
    return values(drive, aspiration=after, performance=own)
