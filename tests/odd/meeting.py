"""Checks of docs/odd.md: luck, notation, 7.2 and 7.3: who meets, and who wants whom."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from emergence import luck
from emergence.kernels import pairs, search
from emergence.kernels.graph import find
from emergence.kernels.random import below, draw4, pair_key, unit
from emergence.rules import formation
from emergence.rules import search as search_rule
from emergence.rules.formation import attention_limit, consenting_pairs, insert, utility_params
from emergence.rules.search import score_params
from emergence.schema import DEVELOPMENT, STRATEGIC
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

N = 300
SPREAD = np.round(rng(1).random((N, 16)) * 1.6 - 0.3).clip(0, 1) * 0.5 + rng(2).random((N, 16)) * 0.5
PROFILE = SPREAD.astype(np.float32)
PAIRS = [(k, k + 1) for k in range(N - 1)]
WORDS = np.concatenate([np.arange(8), rng(3).integers(0, 2**32, N)]).astype(np.uint64)


@check("unit")
def _():
    return values([unit(word) for word in WORDS], 1e-15, word=WORDS.astype(float))


@check("below")
def _():
    n = rng(4).integers(2, 10**6, WORDS.size)
    return values([below(word, k) for word, k in zip(WORDS, n, strict=True)], word=WORDS.astype(float), n=n)


@check("normal")
def _():
    u = rng(5).random((N, 2))
    return values(luck.normals(u)[:, 0], u=u[:, 0], v=u[:, 1])


@check("gap")
def _():
    profile = np.vstack([PROFILE, np.tile([[0], [1]], 16)]).astype(np.float32)
    at = [*PAIRS, (N, N + 1)]
    u, v = (profile[[pair[k] for pair in at], :5].astype(float) for k in (0, 1))
    return values([pairs.gap(profile, i, j, 0, 5) for i, j in at], u=u, v=v)


@check("complementarity")
def _():
    own, other = PROFILE[:-1, :5].astype(float), PROFILE[1:, :5].astype(float)
    return values([pairs.complementarity(PROFILE, i, j) for i, j in PAIRS], own=own, other=other)


@check("inverted_u", "rules.formation")
def _():
    x = np.linspace(0, 1, N)
    return values([pairs.inverted_u(v, 0.9) for v in x], x=x)


@check("trust")
def _():
    good, bad = rng(6).exponential(3, (2, N))
    return values([pairs.trust_of(g, b) for g, b in zip(good, bad, strict=True)], good=good, bad=bad)


@cache
def packed():
    k, size, z = rng(7).integers(0, 30, N), np.exp(rng(8).normal(9, 2, N)), rng(9).normal(3, 4, N)
    aside, profile = np.empty((N, 4), np.float32), np.empty((N, 16), np.float32)
    pairs.pack_aside(np.concatenate([[0], np.cumsum(k)]), 6.0, size, 10_000.0, z, aside)
    flat = np.zeros((N, 6), np.float32)
    pairs.pack_profile(flat, flat, flat, z, z, aside[:, 2].astype(float), profile)
    return SimpleNamespace(k=k, size=size, z=z, aside=aside.astype(float), promise=profile[:, 15].astype(float))


@check("attention")
def _():
    return values(packed().aside[:, 0], k=packed().k, k0=6.0)


@check("standing")
def _():
    return values(packed().aside[:, 2], size=packed().size)


@check("promise")
def _():
    return values(packed().promise, z=packed().z, size=packed().size)


@check("scope", "rules.search", "rules.search.development")
def _():
    size, slack = np.exp(rng(10).normal(9, 3, N)), rng(11).random(N)
    found = [search.effort(s, 0.3, 4.0, 10_000.0, r, 1.0, 1.0) for s, r in zip(size, slack, strict=True)]
    return values(found, size=size, slack=slack)


@check("meetings_started", "rules.search")
def _():
    anyone = {"search__development__partners": 0.0, "search__development__preferential": 0.0}
    sim = scatter(ready(grown(), search__meetings=1.7, search__proposed=0.0, search__distance=1e6, **anyone))
    f, key = sim.world.firms, sim._state.luck(search_rule.MEET[DEVELOPMENT])
    sim.apply(search_rule.RULE)
    found = (sim._state.meetings[DEVELOPMENT] >= 0).sum(axis=1)
    return values(found, size=f.size, slack=f.slack, drive=f.drive, u=drawn(key, f.uid), meetings=1.7)


@check("met", "rules.search")
def _():
    """The first candidate of each look is met or not; of 250 firms the next ones are others."""
    sim = scatter(ready(grown(), search_rule.RULE, search__reputed=0.6))
    state, f, world = sim._state, sim.world.firms, sim.world
    p = search.SearchParams(0.2, 0.4, 0.3, 50.0, 0.3, 4.0, 1.0, 0.6, 0.5, 10_000.0, 0.0)
    keys = state.luck(search_rule.MEET[DEVELOPMENT]), state.luck(search_rule.URN[DEVELOPMENT])
    ties, rows = world.ties[DEVELOPMENT], []
    for i in range(world.size):
        for m in range(search.MOST):
            first = search.from_urn(keys[1], f.uid[i], m * search.TRIES, world.slots)
            if first == i:
                continue
            got = search.look(i, m, *keys, 0.99, f.uid, f.x, f.y, world.slots, ties.ptr, ties.nbr, state.profile(), p)
            u = unit(draw4(keys[0], f.uid[i], 1 + search.MOST + m * search.TRIES)[2])
            d = np.hypot(f.x[i] - f.x[first], f.y[i] - f.y[first])
            rows.append((u, got == first, d, float(state.profile()[first, 14])))
    u, got, d, reputation = np.array(rows).T
    return events(u, got, d=d, reputation=reputation, reputed=0.6)


@check("utility", "rules.formation", "rules.search")
def _():
    sim, sample = grown(), rng(12)
    f, state = sim.world.firms, sim._state
    p = utility_params(state, STRATEGIC)._replace(intercept=0.3, homophily=0.2)
    rows, found = [], []
    for _ in range(N):
        i, j = sample.choice(f.count, 2, replace=False)
        t, shared, elsewhere, k = sample.random(), sample.integers(6), bool(sample.integers(2)), sample.integers(12)
        found.append(pairs.utility(i, j, t, shared, elsewhere, k, state.profile(), f.x, f.y, f.sector, p))
        one, other = f.skills[i].astype(float), f.skills[j].astype(float)
        apart = [
            min(1, 1.5 * np.sqrt(((a.astype(float) - b.astype(float)) ** 2).mean()))
            for a, b in ((f.skills[i], f.skills[j]), (f.purpose[i], f.purpose[j]), (f.culture[i], f.culture[j]))
        ]
        complement = min(1, 0.8 * np.maximum(0, other - one).sum())
        d = np.hypot(f.x[i] - f.x[j], f.y[i] - f.y[j])
        rows.append((complement, apart[0], t, 1 - apart[1], shared, elsewhere, state.profile()[j, 15], apart[2], d, k,
                     f.sector[i] == f.sector[j]))  # fmt: skip
    names = ("complement", "x", "t", "aligned", "shared", "elsewhere", "promise", "apart", "d", "k", "same")
    weights = ("complementarity", "cognitive", "trust", "purpose", "closure", "other_layer", "expected")
    given = dict(zip(names, np.array(rows, float).T, strict=True))
    given |= {f"b{k + 1}": getattr(p, name) for k, name in enumerate(weights)}
    return values(found, 1e-6, **given, k0=p.k0, intercept=0.3, homophily=0.2)


@check("consent", "rules.formation")
def _():
    sim = scatter(ready(grown(), search__meetings=3.0))
    sim.apply(search_rule.RULE)
    state, f, rows = sim._state, sim.world.firms, []
    state.enter_rule(formation.RULE)
    for layer in state.acting:
        met, ties, p = state.meetings[layer], sim.world.ties[layer], utility_params(state, layer)
        agreed = set(zip(*(side.tolist() for side in consenting_pairs(state, layer, met)), strict=True))
        for i, j in {(min(a, b), max(a, b)) for a in range(f.count) for b in met[a].tolist() if b >= 0}:
            if find(ties.ptr, ties.nbr, i, j) >= 0:
                continue
            k = [int(ties.ptr[r + 1] - ties.ptr[r]) for r in (i, j)]
            shared = pairs.shared_partners(ties.ptr, ties.nbr, i, j)
            u = []
            for a, b, own in ((i, j, k[0]), (j, i, k[1])):
                t = pairs.elsewhere_trust(a, b, *state.others(layer))
                u.append(pairs.utility(a, b, t, shared, t >= 0, own, state.profile(), f.x, f.y, f.sector, p))
            q, governance = score_params(state, layer), state.governance()
            seen = pairs.score(-1, i, j, *k, state.profile(), state.aside(layer), state.craft(), governance, q)
            draw = unit(pair_key(state.luck(formation.CONSENT[layer]), f.uid[i], f.uid[j])[0])
            rows.append((draw, (i, j) in agreed, *u, seen, f.autonomy[i], f.autonomy[j]))
    draw, agreed, *given = np.array(rows).T
    return events(draw, agreed, **dict(zip(("u_i", "u_j", "seen", "autonomy_i", "autonomy_j"), given, strict=True)))


@check("room_for_ties", "rules.formation")
def _():
    sim = scatter(ready(grown(), formation.RULE))
    f = sim.world.firms
    return values(attention_limit(sim._state, DEVELOPMENT, np.arange(f.count)), size=f.size, slack=f.slack)


@check("building", "rules.market")
def _():
    sim = scatter(ready(grown(), formation.RULE))
    f, ties = sim.world.firms, sim.world.ties[DEVELOPMENT]
    ties.drop(np.arange(ties.count))
    insert(sim._state, DEVELOPMENT, np.arange(0, 200, 2, dtype=np.int32), np.arange(1, 201, 2, dtype=np.int32))
    return values(f.costs_due[:200], size=f.size[:200])
