"""Noisy indicators and overreaction: with them too much feedback costs value; and feedback without diversity."""

import math
from functools import cache

import numpy as np
import pytest
from conftest import grow, interval, same_bytes

from emergence import luck
from emergence.build import CONDITIONS
from emergence.kernels.random import draw4, unit
from emergence.kernels.strengthening import FARTHEST, seen_success
from emergence.kernels.work import FAILURE
from emergence.rules import adaptation, dissolution, strengthening
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3200, 3230)
BASE = {"firms": 100, "output": {"events": False}}
NOISE = {"rules": {"strengthening": {"noise": 1.0}}}
OVERREACTION = {"rules": {"dissolution": {"reaction": 6.0}}}
NONE: dict[str, object] = {}


def normal(key, a, b):
    u, v = (unit(word) for word in draw4(key, a, b)[:2])
    return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


def error(key, a, b):
    """Eight uniforms of 16 bits each, from the four words of 32 bits."""
    halves = [half for word in draw4(key, a, b) for half in (int(word) & 0xFFFF, int(word) >> 16)]
    return math.sqrt(1.5) * (sum((half + 0.5) / 65536 for half in halves) - 4)


def test_errors_are_standard_and_nearly_normal():
    drawn = np.array([seen_success(np.uint64(3), a, 7, FAILURE, 1.0) for a in range(20_000)])
    assert abs(drawn.mean()) < 0.02 and abs(drawn.std() - 1) < 0.02 and np.abs(drawn).max() < FARTHEST
    assert abs((drawn**4).mean() - 2.85) < 0.1


def with_signals(sim, layer):
    """Every half-edge with a project: row, place, partner, and success as both sides see it."""
    ties, uid = sim.world.ties[layer], sim.world.firms.uid
    key = luck.key(sim.world.seed, strengthening.SEEN[layer], sim.step + 1)
    for i in range(sim.world.size):
        for h in range(ties.ptr[i], ties.ptr[i + 1]):
            j = int(ties.nbr[h])
            if ties.outcome[h]:
                y = float(ties.outcome[h] == 1) + sim.rules.strengthening.noise * error(
                    key, min(uid[i], uid[j]), max(uid[i], uid[j])
                )
                yield i, h, j, y


def test_strength_follows_what_is_seen():
    """w <- w + eta a (f y + (1 - f) reference)(1 - w) - delta w, within [0, 1], y blurred and the same for both."""
    sim = grow({"firms": 70, "seed": 4}, {"rules": {"strengthening": {"noise": 2.0}}}, months=6)
    p, world = sim.rules.strengthening, sim.world
    expected = {}
    for layer in (DEVELOPMENT, STRATEGIC):
        aside, w = sim._state.aside(layer), world.ties[layer].w.astype(float)
        new = w - p.decay * w
        for i, h, j, y in with_signals(sim, layer):
            a = min(float(aside[i, 0]), float(aside[j, 0]))
            new[h] += p.gain * a * (p.feedback * y + (1 - p.feedback) * p.reference) * (1 - w[h])
        expected[layer] = np.clip(new, 0, 1)
    sim.apply(strengthening.RULE)
    for layer, w in expected.items():
        ties = world.ties[layer]
        assert np.abs(ties.w - w).max() < 1e-6
        at = ties.pairs()[2]
        assert (ties.w[at] == ties.w[world.mate(layer, at)]).all()


def test_ties_break_by_what_is_seen():
    """Hazard x exp(-reaction f (y - reference)) in a month with a project."""
    alone = {"by_strength": 0, "by_trust": 0, "embedded": 1, "unwilling": 0, "strategic": 0.1, "reaction": 2.0}
    sim = grow({"firms": 70, "seed": 4}, NOISE, {"rules": {"dissolution": alone}}, months=6)
    world, p, s = sim.world, sim.rules.dissolution, sim.rules.strengthening
    f, ties = world.firms, world.ties[STRATEGIC]
    hazard = np.full(ties.nbr.size, p.strategic)
    for _, h, _, y in with_signals(sim, STRATEGIC):
        hazard[h] *= math.exp(-p.reaction * s.feedback * (y - s.reference))
    key = luck.key(world.seed, dissolution.BREAK[STRATEGIC], sim.step + 1)
    left = set()
    for a, b, h in zip(*ties.pairs(), strict=True):
        lo, hi = sorted((int(f.uid[a]), int(f.uid[b])))
        if unit(draw4(key, lo, hi)[0]) >= hazard[h] * 0.5 * (f.drive[a] + f.drive[b]):
            left.add((lo, hi))
    before = ties.number
    sim.apply(dissolution.RULE)
    assert {tuple(sorted((int(f.uid[a]), int(f.uid[b])))) for a, b, _ in zip(*ties.pairs(), strict=True)} == left
    assert before - len(left) > 5
    assert len(set(np.round(hazard, 9).tolist())) > 20


def test_aspirations_chase_what_is_seen():
    sim = grow({"firms": 40, "seed": 5}, {"rules": {"adaptation": {"noise": 0.1}}}, months=10)
    f, world = sim.world.firms, sim.world
    key = luck.key(world.seed, adaptation.SEEN, sim.step + 1)
    seen = np.array([perf + 0.1 * normal(key, uid, 0) for perf, uid in zip(f.performance, f.uid, strict=True)])
    aims = f.aspiration.copy()
    sim.apply(adaptation.RULE)
    for i in range(world.size):
        near = [j for t in (world.ties[k] for k in (DEVELOPMENT, STRATEGIC)) for j in t.nbr[t.ptr[i] : t.ptr[i + 1]]]
        mix = 0.5 * seen[i] + 0.5 * seen[near].mean() if near else seen[i]
        aim = 0.8 * aims[i] + 0.2 * mix
        assert f.aspiration[i] == pytest.approx(aim, abs=1e-12)
        assert f.drive[i] == pytest.approx(min(max(1 + 0.5 * (aim - seen[i]) / 0.1, 0.5), 2.0), abs=1e-9)


def test_without_a_reaction_to_outcomes_noise_changes_nothing():
    """At f = 0 neither strength nor the life of a tie looks at what is seen."""
    deaf = {"rules": {"strengthening": {"feedback": 0}}}
    assert same_bytes(grow(deaf), grow(deaf, NOISE, OVERREACTION)) == []
    assert same_bytes(grow(), grow(rules__dissolution__reaction=0.0, rules__strengthening__noise=0.0)) == []


@cache
def more_feedback(noisy, overreacting):
    """Joint income and margin at feedback .9 less those at .5, over 30 paired seeds, [2, 30]."""
    parts = (NOISE if noisy else NONE, OVERREACTION if overreacting else NONE)
    found = np.empty((30, 2, 2))
    for k, seed in enumerate(SEEDS):
        for level, feedback in enumerate((0.5, 0.9)):
            rows = grow(BASE, *parts, {"seed": seed, "conditions": {"feedback": feedback}}, months=36).rows[12:]
            found[k, level, 0] = sum(row["joint_income"] for row in rows) / sum(row["firms"] for row in rows)
            found[k, level, 1] = np.mean([row["performance"] for row in rows])
    return (found[:, 1] - found[:, 0]).T


@pytest.mark.parametrize("outcome", [0, 1], ids=["joint income", "performance"])
def test_with_noisy_indicators_too_much_feedback_costs_value(outcome):
    """Those who react strongly to one bad month lose good partners (Denrell and March 2001)."""
    noisy, clear = more_feedback(True, True)[outcome], more_feedback(False, True)[outcome]
    mean, low, high = interval(noisy)
    assert high < 0, f"with noise: {mean:.4g} [{low:.4g}, {high:.4g}]"
    mean, low, high = interval(clear)
    assert low > 0, f"without noise: {mean:.4g} [{low:.4g}, {high:.4g}]"


def test_without_a_reaction_noise_does_not_make_feedback_costly():
    """What more feedback does cannot be told from what it does without noise."""
    mean, low, high = interval(more_feedback(True, False)[0] - more_feedback(False, False)[0])
    assert low <= 0 <= high, f"{mean:.4g} [{low:.4g}, {high:.4g}]"


# One sector, nobody comes or goes, the landscape stays, and new practice comes from partners first.
CLOSED = {
    "founders": {"sectors": 1, "drafts": 1},
    "output": {"every": 24},
    "rules": {
        "environment": {"drift": 0},
        "innovation": {"tries": 0.6, "temperature": 0, "copy": 0.7, "recombine": 0.3},
        **{name: {"enabled": False} for name in ("exit", "entry", "credit")},
    },
}


@cache
def closed(feedback, diversity, lineages=True):
    """Spread after two years, mean and best practice after ten, [3, 30]; or without the diversity of lineages."""
    effects = [e for e in CONDITIONS if lineages or e.parameter != "founders.lineages"]
    found = []
    for seed in SEEDS:
        levels = {"feedback": feedback, "diversity": diversity}
        rows = grow(BASE, CLOSED, {"seed": seed, "conditions": levels}, months=120, effects=effects).rows
        found.append((rows[0]["practice_spread"], rows[-1]["mean_z"], rows[-1]["best_z"]))
    return np.array(found).T


@pytest.mark.long
def test_feedback_without_diversity_converges_early_and_low():
    """Lazer and Friedman 2007: who sees the best and copies it soon has nothing left to copy from.

    In a closed world that learns from partners; in the default world, where firms come, experiment and stand on
    landscapes that move, it does not hold.
    """
    early = closed(0.9, 0.1)[0] - closed(0.1, 0.1)[0]
    mean, low, high = interval(early)
    assert high < 0, f"spread, against little feedback: {mean:.4f} [{low:.4f}, {high:.4f}]"
    for k, name in ((1, "mean"), (2, "best")):
        mean, low, high = interval(closed(0.9, 0.1)[k] - closed(0.9, 0.9)[k])
        assert high < 0, f"{name} z, against diversity: {mean:.4f} [{low:.4f}, {high:.4f}]"
        mean, low, high = interval(closed(0.9, 0.1, False)[k] - closed(0.9, 0.9, False)[k])
        assert low <= 0 <= high, f"{name} z, where diversity leaves lineages alone: {mean:.4f} [{low:.4f}, {high:.4f}]"
