"""Checks of docs/odd.md, 7.13.4: convergence, overreaction, strategies, culture, specialists."""

from __future__ import annotations

from functools import cache

import numpy as np
from conftest import grow

from emergence.kernels.strategies import StrategyParams, reinforced
from emergence.kernels.work import BOTH_CHEAT, CHEATED, CHEATS, SUCCESS
from emergence.luck import key
from emergence.rules import (
    culture,
    dissolution,
    environment,
    market,
    strengthening,
    trade,
    work,
)
from emergence.schema import CULTURE, DEVELOPMENT, STRATEGIC
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

N = 400


@check("common_share", "rules.environment")
def _():
    """Entries are a sector's own where their draw, known by where they are own at any share, is at or above it."""
    shape, rows = (3, 48, 64), []
    draw = np.zeros(shape)
    for level in np.linspace(0, 1, 1001):
        draw[environment.own_entries(5, shape, level)] = level
    for months in (0, 7, 30):
        sim = ready(grown(), environment.RULE, environment__convergence=0.03, environment__correlation=0.3)
        sim.world.seed, sim.world.own_left = 5, 1.0
        sim.world.landscape = sim.world.landscape[:3].copy()
        for _ in range(months):
            environment.converge(sim._state)
        common = ~environment.own_now(sim._state)
        rows.append((draw.ravel() + 5e-4, common.ravel(), np.full(draw.size, months)))
    u, common, t = np.concatenate(rows, axis=1)
    level = 1 - 0.7 * 0.97**t
    clear = np.abs(u - level) > 1e-3  # where the draw is not known well enough to tell
    return events(u[clear], common[clear], t=t[clear], correlation=0.3, convergence=0.03)


@check("reacts", "rules.dissolution", "rules.strengthening")
def _():
    """A tie breaks in a month with a project by so much more than without: its chance, from when it just breaks."""
    rows = []
    for later in range(3):
        changed = {"dissolution__development": 0.3, "dissolution__by_strength": 0.0, "dissolution__by_trust": 0.0}
        sim = ready(grown(), **changed, dissolution__unwilling=0.0, dissolution__embedded=1.0, dissolution__reaction=2.0,
                    strengthening__noise=1.0)  # fmt: skip
        sim.world.step += later
        sim.world.firms.drive[:] = 1.0
        sim.apply(work.RULE)
        ties, state, uid = sim.world.ties[DEVELOPMENT], sim._state, sim.world.firms.uid.copy()
        i = np.repeat(np.arange(uid.size), np.diff(ties.ptr))
        ends, outcome = np.stack([uid[i], uid[ties.nbr]], axis=1), ties.outcome.copy()
        low, high = ends.min(axis=1), ends.max(axis=1)
        draw = drawn(state.luck(dissolution.BREAK[DEVELOPMENT]), low, high)
        seen = state.luck(strengthening.SEEN[DEVELOPMENT])
        y = np.array([
            strengthening_seen(seen, a, b, code) for a, b, code in zip(low.tolist(), high.tolist(), outcome, strict=True)
        ])  # fmt: skip
        sim.apply(dissolution.RULE)
        now = sim.world.ties[DEVELOPMENT]
        left = set(
            zip(uid[np.repeat(np.arange(uid.size), np.diff(now.ptr))].tolist(), uid[now.nbr].tolist(), strict=True)
        )
        gone = np.array([(a, b) not in left for a, b in ends.tolist()])
        at = outcome > 0
        rows.append((draw[at] / 0.3, gone[at], y[at]))
    draw, gone, y = np.concatenate(rows, axis=1)
    return events(draw, gone, y=y, reaction=2.0)


def strengthening_seen(seen, a, b, code):
    from emergence.kernels.strengthening import seen_success

    return seen_success(seen, a, b, int(code), 1.0)


P = StrategyParams(0.1, 1.0, 3.0, 0.25, 0.8, 0.8, 0.05, 0.05, 0.002)
LOSS, PENALTY = rng(100).uniform(0, 2, N), rng(101).uniform(0, 2, N)
# With content far away and small steps the payoff can be read off what is learnt from a propensity of one half.
READ = P._replace(content=0.0, reinforcement=1e-3)


def payoff(code):
    """Return the payoffs that the kernel learns from, for made-up losses and penalties."""
    big = READ._replace(reinforcement=0.05)
    after = [
        reinforced(0.5, code, loss / 4, penalty / 4, big._replace(cheating=0.25 / 4))
        for loss, penalty in zip(LOSS, PENALTY, strict=True)
    ]
    change = np.array(after) - 0.5
    return (change if code == CHEATED else -change) / 0.5 / 0.05 * 4


@check("paid_cheat", "rules.work")
def _():
    """A payoff of 1 + cheating - penalty; read where it is within what a stimulus can be."""
    after = np.array(
        [reinforced(0.5, CHEATS, 0.0, p, P._replace(content=1.0, reinforcement=0.1)) for p in PENALTY * 0.5]
    )
    return values(1 + (0.5 - after) / 0.5 / 0.1, 1e-9, penalty=PENALTY * 0.5)


@check("paid_cheated")
def _():
    return values(payoff(CHEATED), 1e-9, loss=LOSS, penalty=PENALTY)


@check("paid_both")
def _():
    return values(payoff(BOTH_CHEAT), 1e-9, loss=LOSS, penalty=PENALTY)


@check("stimulus", "rules.strategies")
def _():
    """Learnt by one who is cheated: its payoff is the penalty; from 0 where it is encouraging, from 1 where not."""
    v = rng(102).uniform(-1, 4, N)
    up = np.array([reinforced(0.0, CHEATED, 0.0, one, P) for one in v])
    down = np.array([reinforced(1.0, CHEATED, 0.0, one, P) for one in v]) - 1
    return values(np.where(v > 1, up, down), v=v)


@check("reinforced")
def _():
    q, s = rng(103).random(N), rng(104).uniform(-0.06, 0.06, N)
    found = [reinforced(one, CHEATED, 0.0, 1 + x, P._replace(reinforcement=1.0)) for one, x in zip(q, s, strict=True)]
    assert reinforced(0.5, SUCCESS, 0.0, 0.0, P) == 0.5
    return values(found, 1e-9, q=q, s=s)


@check("imitates", "rules.strategies")
def _():
    """Firms with one partner each, who is far ahead or behind at times; noise of half a unit."""
    from emergence.kernels.strategies import update_propensities

    n, rows = 4000, []
    ptr, nbr, none = np.arange(n + 1), (np.arange(n) ^ 1).astype(np.int32), np.zeros(0, np.int32)
    for scale in (1.0, 30.0):
        performance, propensities = scale * rng(105).normal(0, 0.4, n), rng(106).random((n, 4))
        learnt, which = np.empty((n, 4)), key(3, int(scale))
        p = P._replace(imitation=1.0, noise=0.5, mutation=0.0, reinforcement=0.0)
        update_propensities(
            0, n, which, np.arange(n), performance, propensities, ptr, nbr, np.zeros(n, np.uint8), np.zeros(n + 1, np.int64),
            none, np.zeros(0, np.uint8), np.full((n, 1), -1, np.int32), np.zeros((1, 17)), p, learnt,
        )  # fmt: skip
        took = (learnt == propensities[nbr]).all(axis=1)
        rows.append((drawn(which, np.arange(n), 0, word=2), took, performance[nbr] - performance))
    u, took, ahead = np.concatenate(rows, axis=1)
    return events(u, took, ahead=ahead, noise=0.5)


@check("culture_after", "rules.culture")
def _():
    from emergence.kernels.culture import update_culture

    sim = ready(grown())
    f, ties = sim.world.firms, [sim.world.ties[k] for k in (DEVELOPMENT, STRATEGIC)]
    norm, out = rng(107).random((6, CULTURE)) * 2 - 0.5, np.empty((f.count, CULTURE), np.float32)
    own = (rng(108).random((f.count, CULTURE)) * 2 - 0.5).astype(np.float32)
    layers = [column for one in ties for column in (one.ptr, one.nbr, one.w)]
    update_culture(0, f.count, 0.4, 0.3, f.sector, norm, *layers, own, out)
    mean, total = np.zeros((f.count, CULTURE)), np.zeros(f.count)
    for one in ties:
        at = np.repeat(np.arange(f.count), np.diff(one.ptr))
        np.add.at(mean, at, one.w[:, None].astype(float) * own[one.nbr])
        np.add.at(total, at, one.w.astype(float))
    tied = total > 0
    given = {"own": own[tied].astype(float), "peers": (mean[tied].T / total[tied]).T, "norm": norm[f.sector[tied]]}
    return values(out[tied].astype(float), 1e-7, **given, acculturation=0.4, conformity=0.3)


@check("founder_culture", "founders")
def _():
    """The same founders with and without norms."""
    plain, normed = (
        grow({"firms": 100, "seed": 5603, "founders": {"sector_norms": share}}, months=0).world.firms
        for share in (0, 0.6)
    )
    norm = culture.sector_norms(5603, 6, 0.2)[normed.sector]
    given = {"own": plain.culture.astype(float), "norm": norm}
    return values(normed.culture.astype(float), 1e-7, **given, sector_norms=0.6)


@cache
def niches():
    sim = scatter(ready(grown(), market.RULE, market__specialism=2.0))
    f = sim.world.firms
    sim.world.demand["level"] = np.array([1.0, 1.05, 0.8, 1.3, 0.02, 3.0])
    return f.propensities[:, 1], sim.world.demand["level"][f.sector], trade.niche_fitness(sim._state)


@check("narrow", "rules.market")
def _():
    """In a sector at its normal level the height of a niche is exp(a)."""
    specialist, level, found = niches()
    at = level == 1.0
    return values(np.log(found[at]), 1e-9, specialist=specialist[at], specialism=2.0)


@check("niche_height", "rules.market")
def _():
    specialist, level, found = niches()
    return values(found, 1e-15, a=2.0 * (2 * specialist - 1), level=level)
