"""Kernels against plain references, written from docs/odd.md and not from the kernels.

Search, formation, projects, strengthening, innovation and dissolution on one layer have theirs in
benchmarks/mesa_core.py; here are the others.
"""

import math

import numpy as np
import pytest
from conftest import grow

from emergence import luck
from emergence.kernels import pairs
from emergence.kernels.innovation import copy_segment
from emergence.kernels.landscape import practice_value, to_z
from emergence.kernels.random import draw4, unit
from emergence.rules import adoption, credit, incidents, knowledge, market
from emergence.rules import exit as exit_rule
from emergence.rules.formation import utility_params
from emergence.rules.search import score_params
from emergence.schema import DEVELOPMENT, STRATEGIC


@pytest.fixture(scope="module")
def sim():
    return grow({"firms": 70, "seed": 4}, months=18)


def gap(a, b):
    return min(1.0, 1.5 * math.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)) / len(a)))


def test_utility_is_the_formula_of_the_documentation(sim):
    """ODD 7.3, every term, for random pairs with and without trust and a tie elsewhere."""
    f, state = sim.world.firms, sim._state
    p, profile = utility_params(state, STRATEGIC), state.profile()
    rng = np.random.default_rng(1)
    for _ in range(300):
        i, j = rng.choice(f.count, 2, replace=False)
        trust, shared, elsewhere, k = (
            rng.choice([-1.0, rng.random()]),
            rng.integers(5),
            bool(rng.integers(2)),
            rng.integers(12),
        )
        t = trust if trust >= 0 else float(f.reputation[j])
        x = gap(f.skills[i], f.skills[j])
        s = f.size[j] / 10_000
        value = p.intercept + p.complementarity * min(
            1, 4 * np.mean([max(0, float(b) - float(a)) for a, b in zip(f.skills[i], f.skills[j], strict=True)])
        )
        value += p.cognitive * (4 * x / p.optimum * (1 - x / p.optimum) if x < p.optimum else 0)
        value += p.trust * t + p.purpose * (1 - gap(f.purpose[i], f.purpose[j])) + p.closure * min(1, shared / 3)
        value += p.other_layer * elsewhere + p.expected * (0.5 * min(max(f.z[j] / 5, 0), 1) + 0.5 * s / (s + 1))
        d = math.hypot(f.x[i] - f.x[j], f.y[i] - f.y[j]) / 50
        value += p.homophily * (1 - x) - p.culture * gap(f.culture[i], f.culture[j]) - p.geography * d / (1 + d)
        value -= p.tie_cost * (1 + (k / p.k0) ** 2)
        value -= p.rivalry * (1 - x) * (1 - t) * (f.sector[i] == f.sector[j])
        assert pairs.utility(i, j, trust, shared, elsewhere, k, profile, f.x, f.y, f.sector, p) == pytest.approx(
            value, abs=1e-6
        )


def test_score_is_the_formula_of_the_documentation(sim):
    f, state = sim.world.firms, sim._state
    p, rng = score_params(state, DEVELOPMENT), np.random.default_rng(2)
    for _ in range(100):
        i, j = rng.choice(f.count, 2, replace=False)
        ki, kj = rng.integers(0, 15, 2)

        def comp(a, b):
            return min(1, 0.8 * sum(max(0, float(y) - float(x)) for x, y in zip(f.skills[a], f.skills[b], strict=True)))

        standing = max(f.size[k] / 10_000 / (f.size[k] / 10_000 + 1) for k in (i, j))
        value = 0.5 * (comp(i, j) + comp(j, i)) * 0.5 + 0.9 * standing - 0.25 * (1 + (min(ki, kj) / 8) ** 2)
        got = pairs.score(
            -1, i, j, ki, kj, state.profile(), state.aside(DEVELOPMENT), state.craft(), state.governance(), p
        )
        assert got == pytest.approx(value, abs=1e-6)


def test_practice_value_is_the_mean_of_ring_windows(sim):
    """Locus i looks up its entry by bits i..i+5 on the ring of 48."""
    table = sim.world.landscape[2]
    for practice in sim.world.firms.practice[:40]:
        bits = [(int(practice) >> k) & 1 for k in range(48)]
        entries = [table[i, sum(bits[(i + k) % 48] << k for k in range(6))] for i in range(48)]
        assert practice_value(practice, table) == pytest.approx(np.mean(entries), abs=1e-12)
        assert to_z(0.5) == 0 and to_z(1.0) == pytest.approx(0.5 / math.sqrt(1 / (12 * 48)))


def test_a_routine_is_a_contiguous_ring_segment():
    ones, none = np.uint64(2**48 - 1), np.uint64(0)
    for start in (0, 5, 40, 47):
        for length in (1, 4, 16):
            got = int(copy_segment(none, ones, start, length, 48))
            assert got == sum(1 << ((start + k) % 48) for k in range(length))


def test_knowledge_moves_as_documented(sim):
    """ODD 7.6: after a success, the skill in which the partner is most ahead; both must have one."""
    world, state, p = sim.world, sim._state, sim.rules.knowledge
    f, t = world.firms, world.ties[DEVELOPMENT]
    before, aside = f.skills.astype(float).copy(), state.aside(DEVELOPMENT)
    expected = before + p.forgetting * (f.base_skills.astype(float) - before)
    for i in range(world.size):
        for h in range(t.ptr[i], t.ptr[i + 1]):
            ahead = before[t.nbr[h]] - before[i]
            if t.outcome[h] == 1 and ahead.max() > 0 and ahead.min() < 0:
                trust = (t.good[h] + 1) / (t.good[h] + t.bad[h] + 2)
                share = p.absorption * t.w[h] * trust * min(aside[i, 0], aside[t.nbr[h], 0])
                k = ahead.argmax()
                expected[i, k] = min(1.0, expected[i, k] + share * ahead[k])
    assert (t.outcome == 1).sum() > 10
    sim.apply(knowledge.RULE)
    assert np.abs(f.skills - expected).max() < 1e-6


def test_aspirations_move_as_documented():
    sim = grow({"firms": 40, "seed": 5}, months=10)
    f, world = sim.world.firms, sim.world
    perf, asp = f.performance.copy(), f.aspiration.copy()
    from emergence.rules import adaptation

    sim.apply(adaptation.RULE)
    for i in range(world.size):
        seen = [
            perf[j]
            for layer in (DEVELOPMENT, STRATEGIC)
            for j in world.ties[layer].nbr[world.ties[layer].ptr[i] : world.ties[layer].ptr[i + 1]]
        ]
        mix = 0.5 * perf[i] + 0.5 * np.mean(seen) if seen else perf[i]
        a = 0.8 * asp[i] + 0.2 * mix
        assert f.aspiration[i] == pytest.approx(a, abs=1e-12)
        assert f.drive[i] == pytest.approx(min(max(1 + 0.5 * (a - perf[i]) / 0.1, 0.5), 2.0), abs=1e-9)


def test_accounts_are_settled_as_documented():
    """ODD 7.9: sales, costs, margin, growth with its noise, owners' withdrawals."""
    sim = grow({"firms": 40, "seed": 5}, months=10)
    f, world, p, step = sim.world.firms, sim.world, sim.rules.market, sim.step + 1
    b = {n: f.column(n).copy() for n in ("size", "cash", "z", "slack", "joint_income", "costs_due", "performance")}
    skill, sector = f.skills.astype(float).mean(axis=1), f.sector.copy()
    degree = world.ties[DEVELOPMENT].degree() + world.ties[STRATEGIC].degree()
    pull = b["size"] * np.exp(0.05 * b["z"] + 0.1 * (skill - 0.4))
    sim.apply(market.RULE)
    key = luck.key(world.seed, market.GROWTH, step)
    for i in range(world.size):
        own = sector == sector[i]
        mean_z, start_z = b["z"][own].mean(), world.demand["reference"][sector[i]]
        demand = 1.02 * world.demand["base"][sector[i]] * 1.015 ** (step / 12) * math.exp(0.15 * (mean_z - start_z))
        offered = demand * world.demand["level"][sector[i]] * pull[i] / pull[own].sum()
        size = b["size"][i]
        sales = min(size * (1 + b["slack"][i]), offered)
        costs = 0.42 * size * (1 + b["slack"][i]) + (0.5 - 0.015 * b["z"][i]) * sales
        costs += b["costs_due"][i] + degree[i] * 0.0008 * math.sqrt(size / 1e4) * 1e4
        profit = sales + b["joint_income"][i] - costs
        assert f.profit[i] == pytest.approx(profit, rel=1e-9)
        margin = profit / size
        assert f.performance[i] == pytest.approx(0.8 * b["performance"][i] + 0.2 * margin, rel=1e-9)
        v = unit(draw4(key, f.uid[i], 0)[0]) - 0.5
        noise = -math.copysign(1, v) * math.log(1 - 2 * abs(v)) * 0.035 * (size / 1e4) ** -0.2
        grown = size * math.exp(0.05 * (offered / size - 1) + 0.15 * (margin - 0.085) + noise)
        assert f.size[i] == pytest.approx(grown, rel=1e-9)
        cash = b["cash"][i] + profit
        assert f.cash[i] == pytest.approx(cash - p.payout * max(0, cash - p.buffer * grown), rel=1e-9)


def test_exits_follow_the_hazard_of_the_documentation():
    """ODD 7.9: closing by age and performance, losses of the survivors."""
    sim = grow({"firms": 300, "seed": 6, "rules": {"exit": {"rate": 8}}}, months=3)
    world, p, step = sim.world, sim.rules.exit, sim.step + 1
    f = world.firms
    key = luck.key(world.seed, exit_rule.EXIT, step)
    gone = np.zeros(world.size, bool)
    for i in range(world.size):
        age = (step - f.born[i]) // 12
        monthly = 1 - (1 - (0.070 + 0.131 * math.exp(-age / 1.81))) ** (1 / 12)
        hazard = p.rate * monthly * math.exp(-3 * (f.performance[i] - 0.085) / 0.15)
        gone[i] = unit(draw4(key, f.uid[i], 0)[0]) < hazard
    owed = claims_by_debtor(world)
    cash = {int(u): float(c) for u, c in zip(f.uid, f.cash, strict=True)}
    for debtor in np.flatnonzero(gone):
        for creditor, claim in owed[debtor]:
            cash[int(f.uid[creditor])] -= claim
    left = f.uid[~gone].tolist()
    sim.apply(exit_rule.RULE)
    assert gone.sum() > 10
    assert world.firms.uid.tolist() == left
    for uid, held in zip(world.firms.uid.tolist(), world.firms.cash.tolist(), strict=True):
        assert held == pytest.approx(cash[uid], rel=1e-9)


def claims_by_debtor(world):
    """ODD 7.9: a tie carries a claim each way of .05 x w x the smaller size."""
    owed = [[] for _ in range(world.size)]
    size = world.firms.size
    for layer in (DEVELOPMENT, STRATEGIC):
        a, b, at = world.ties[layer].pairs()
        for i, j, w in zip(a, b, world.ties[layer].w[at], strict=True):
            claim = 0.05 * float(w) * min(size[i], size[j])
            owed[i].append((j, claim))
            owed[j].append((i, claim))
    return owed


@pytest.mark.parametrize("seed", range(3))
def test_defaults_pull_creditors_down_as_documented(seed):
    """ODD 7.9: whoever is below the limit fails, then whoever lost more than it could bear, and so on."""
    sim = grow({"firms": 200, "seed": seed}, months=3)
    world = sim.world
    f = world.firms
    f.cash[:] = 0.02 * f.size - 0.25 * f.size
    f.cash[:: 20 + seed] = -f.size[:: 20 + seed]
    owed, capital = claims_by_debtor(world), f.cash + 0.25 * f.size
    failed, lost = set(np.flatnonzero(capital < 0).tolist()), np.zeros(world.size)
    first, front = len(failed), sorted(failed)
    while front:
        for debtor in front:
            for creditor, claim in owed[debtor]:
                lost[creditor] += claim
        front = [i for i in range(world.size) if i not in failed and lost[i] > capital[i]]
        failed |= set(front)
    cash = {int(f.uid[i]): f.cash[i] - lost[i] for i in range(world.size) if i not in failed}
    sim.apply(credit.RULE)
    assert len(failed) > first
    assert dict(zip(world.firms.uid.tolist(), world.firms.cash.tolist(), strict=True)) == pytest.approx(cash, rel=1e-9)


def test_adoption_is_the_formula_of_the_documentation():
    """ODD 7.10: at once from the threshold on, else p + q x the share seen."""
    keys = {"enabled": True, "spontaneous": 0.05, "imitation": 0.3, "threshold": 0.4, "market": 0.25}
    sim = grow({"firms": 200, "rules": {"adoption": keys}}, months=4)
    world = sim.world
    f = world.firms
    had, everyone = f.digital.copy(), f.digital.mean()
    seen = np.zeros((world.size, 2))
    for layer in (DEVELOPMENT, STRATEGIC):
        for i, j in zip(*world.ties[layer].pairs()[:2], strict=True):
            seen[i] += (had[j], 1)
            seen[j] += (had[i], 1)
    key = luck.key(world.seed, adoption.ADOPT, sim.step + 1)
    expected = had.copy()
    for i in range(world.size):
        share = 0.75 * (seen[i, 0] / seen[i, 1] if seen[i, 1] else 0.0) + 0.25 * everyone
        if share >= 0.4 or unit(draw4(key, f.uid[i], 0)[0]) < 0.05 + 0.3 * share:
            expected[i] = 1.0
    cash = f.cash - 0.1 * f.size * (expected - had)
    sim.apply(adoption.RULE)
    assert 5 < (expected - had).sum() < 195
    assert (f.digital == expected).all() and f.cash == pytest.approx(cash, rel=1e-12)


def test_incidents_are_the_formula_of_the_documentation():
    """ODD 7.10: struck with 1 - (1 - start o) prod(1 - spread w o), o = 1 - security; over with .5."""
    keys = {"enabled": True, "start": 0.02, "spread": 0.5, "waning": 0.2}
    sim = grow({"firms": 200, "rules": {"incidents": keys}}, months=5)
    world = sim.world
    f = world.firms
    f.security[:] = np.linspace(0, 0.9, world.size)
    was, spared = f.incident.copy(), 1 - 0.02 * (1 - f.security)
    for layer in (DEVELOPMENT, STRATEGIC):
        a, b, at = world.ties[layer].pairs()
        for i, j, w in zip(a, b, world.ties[layer].w[at], strict=True):
            for one, other in ((i, j), (j, i)):
                if was[other] == 1:
                    spared[one] *= 1 - 0.5 * float(w) * (1 - f.security[one])
    key = luck.key(world.seed, incidents.SPREAD, sim.step + 1)
    draw = np.array([unit(draw4(key, uid, 0)[0]) for uid in f.uid])
    expected = np.where(was == 0, draw < 1 - spared, np.where(was == 1, 1 + (draw < 0.5), 2 - 2 * (draw < 0.2)))
    sim.apply(incidents.RULE)
    assert len(set(was.tolist())) == 3
    assert (f.incident == expected).all()
    assert (f.health == np.where(expected == 1, 0.5, 1.0)).all()
