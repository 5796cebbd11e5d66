"""Culture: what distance costs, norms of sectors, growing alike; and sectors whose landscapes grow alike."""

import numpy as np
import pytest
from conftest import dotted, grow, interval, merge, same_bytes, shared

from emergence.kernels.landscape import practice_value, to_z
from emergence.kernels.pairs import gap
from emergence.measures.monthly import sector_correlation
from emergence.rules import culture, environment
from emergence.rules.base import EVENTS
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3200, 3230)
LAYERS = (DEVELOPMENT, STRATEGIC)
BASE = {"firms": 100, "output": {"events": False}}
# Who is tied to whom is chance and stays so, skills stay, nobody cheats: what differs is the distance alone.
STILL = {
    "network": {"kind": "random"},
    "rules": {
        **{name: {"enabled": False} for name in ("formation", "dissolution", "exit", "entry", "credit", "knowledge")},
        "work": {"temptation": 0, "coverage": 0, "constant": -0.5},
        "strengthening": {"evidence": 0},
    },
}
WIDE = {"founders": {"culture_spread": 0.4, "skill_spread": 0.3}}
ON = {"rules": {"culture": {"enabled": True}}}


def success_by_distance(first, last, near, far, *parts):
    """Success of joint projects on ties of small, middle and great distance over entries of the profile, [30, 3]."""
    found = np.empty((30, 3))
    for k, seed in enumerate(SEEDS):
        done = np.zeros((2, 3))

        def note(sim, done=done):
            profile = sim._state.profile()
            for layer in LAYERS:
                ties = sim.world.ties[layer]
                a, b, at = ties.pairs()
                apart = np.array([gap(profile, i, j, first, last) for i, j in zip(a, b, strict=True)])
                kind, code = np.digitize(apart, (near, far)), ties.outcome[at]
                done[0] += np.bincount(kind[code == 1], minlength=3)
                done[1] += np.bincount(kind[code > 0], minlength=3)

        sim = grow(BASE, STILL, WIDE, *parts, {"seed": seed}, months=0)
        sim.advance(8, on_month=note)
        found[k] = done[0] / done[1]
    return found


@pytest.mark.parametrize(("weight", "there"), [(0.6, True), (0.0, False)])
def test_great_cultural_distance_lowers_joint_success(weight, there):
    by = success_by_distance(5, 11, 0.4, 0.7, dotted(rules__work__culture=weight))
    mean, low, high = interval(by[:, 2] - by[:, 0])
    assert high < 0 if there else low <= 0 <= high, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def test_a_middle_cognitive_distance_raises_it():
    """Inverted U of Nooteboom et al. 2007: those who know the same, and those who know nothing alike, do worse.

    Against the same ties with the same luck where the distance of knowledge does not count.
    """
    by, blind = (success_by_distance(0, 5, 0.25, 0.75, dotted(rules__work__cognitive=weight)) for weight in (0.8, 0.0))
    for other, name in ((0, "small"), (2, "great")):
        mean, low, high = interval((by - blind)[:, 1] - (by - blind)[:, other])
        assert low > 0, f"middle less {name}: {mean:.4f} [{low:.4f}, {high:.4f}]"


def test_culture_moves_as_documented():
    keys = {"enabled": True, "acculturation": 0.2, "conformity": 0.1}
    sim = grow({"firms": 60, "seed": 3, "founders": {"norm_spread": 0.3}}, {"rules": {"culture": keys}}, months=8)
    f, world = sim.world.firms, sim.world
    norm = culture.sector_norms(world.seed, world.landscape.shape[0], 0.3)
    before = f.culture.astype(float).copy()
    expected = before + 0.1 * (norm[f.sector] - before)
    for i in range(world.size):
        pull, total = np.zeros(6), 0.0
        for ties in (world.ties[layer] for layer in LAYERS):
            for h in range(ties.ptr[i], ties.ptr[i + 1]):
                pull += float(ties.w[h]) * before[ties.nbr[h]]
                total += float(ties.w[h])
        if total:
            expected[i] += 0.2 * (pull / total - before[i])
    sim.apply(culture.RULE)
    assert np.abs(f.culture - np.clip(expected, 0, 1)).max() < 1e-6
    assert np.abs(expected - before).max() > 0.02


def values(measure, *parts, months=24):
    return np.array([measure(shared(BASE, *parts, {"seed": seed}, months=months)) for seed in SEEDS])


def between_sectors(sim):
    """Share of the variance of culture that lies between sectors."""
    f = sim.world.firms
    means = np.array([f.culture[f.sector == s].mean(axis=0) for s in range(int(f.sector.max()) + 1)])
    return float((means[f.sector].var(axis=0) / f.culture.var(axis=0)).mean())


def on_ties(sim):
    """Cultural distance on ties, less that between firms at random."""
    f, rng = sim.world.firms, np.random.default_rng(0)
    profile = sim._state.profile()
    i, j = rng.integers(0, f.count, (2, 1000))
    pairs = [sim.world.ties[layer].pairs()[:2] for layer in LAYERS]
    tied = [gap(profile, a, b, 5, 11) for one in pairs for a, b in zip(*one, strict=True)]
    return float(np.mean(tied) - np.mean([gap(profile, a, b, 5, 11) for a, b in zip(i, j, strict=True) if a != b]))


def test_founders_and_their_heirs_share_the_norm_of_their_sector():
    norms = dotted(founders__sector_norms=0.5)
    for months in (0, 36):
        mean, low, high = interval(
            values(between_sectors, norms, months=months) - values(between_sectors, months=months)
        )
        assert low > 0, f"{months}: {mean:.4f} [{low:.4f}, {high:.4f}]"


def test_firms_grow_like_their_partners():
    """Without choice of partners, so that they are alike because they are tied and not the other way round."""
    still = merge(STILL, {"rules": {"culture": {"conformity": 0}}})
    mean, low, high = interval(values(on_ties, still, ON))
    assert high < 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = interval(values(on_ties, still))
    assert low <= 0 <= high, f"off: {mean:.4f} [{low:.4f}, {high:.4f}]"


def test_firms_grow_like_their_sector():
    alone = merge(STILL, {"rules": {"culture": {"acculturation": 0, "conformity": 0.05}}})
    mean, low, high = interval(values(between_sectors, alone, ON) - values(between_sectors, alone))
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


@pytest.mark.parametrize(("weight", "there"), [(0.6, True), (0.0, False)])
def test_growing_alike_makes_joint_projects_succeed(weight, there):
    way = merge(STILL, WIDE, dotted(rules__work__culture=weight))

    def success(sim):
        return float(np.mean([row["success_rate"] for row in sim.rows[12:]]))

    mean, low, high = interval(values(success, way, ON) - values(success, way))
    assert low > 0 if there else low <= 0 <= high, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def test_off_by_default():
    """No norms and no change, byte for byte."""
    assert same_bytes(grow(), grow(founders__sector_norms=0.0, founders__norm_spread=0.7)) == []
    assert (
        grow(months=0).world.firms.culture == grow(months=0, rules__culture__enabled=True).world.firms.culture
    ).all()


APART = {
    "output": {"events": True},
    "rules": {
        "environment": {"correlation": 0.2, "drift": 0},
        **{name: {"enabled": False} for name in ("exit", "entry", "credit")},
    },
}
CONVERGENCE = dotted(rules__environment__convergence=0.05)


def worth_at_home(sim):
    """What partners' practices from other sectors are worth on one's own landscape, as a share of what at theirs."""
    f, table = sim.world.firms, sim.world.landscape
    pairs = [sim.world.ties[layer].pairs()[:2] for layer in LAYERS]
    a, b = (np.concatenate([one[side] for one in pairs]) for side in (0, 1))
    across = f.sector[a] != f.sector[b]
    a, b = np.concatenate([a[across], b[across]]), np.concatenate([b[across], a[across]])
    here = [to_z(practice_value(f.practice[j], table[f.sector[i]])) for i, j in zip(a, b, strict=True)]
    return float(np.mean(here) / f.z[b].mean())


def taken_across(sim):
    """Innovations first taken over by a firm of another sector, in the last two years."""
    f, events = sim.world.firms, sim.events.columns()
    which = (events["kind"] == EVENTS.index("adopted")) & (events["step"] > 12)
    a, b = sim.world.rows_of(events["a"][which]), sim.world.rows_of(events["b"][which])
    return float((f.sector[a] != f.sector[b]).sum())


def correlation(sim):
    return sim.rows[-1]["sector_correlation"]


@pytest.mark.parametrize("measure", [correlation, worth_at_home, taken_across])
def test_sectors_that_grow_alike_let_routines_travel_further(measure):
    mean, low, high = interval(values(measure, APART, CONVERGENCE, months=36) - values(measure, APART, months=36))
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def test_without_convergence_sectors_stay_as_far_apart():
    drifting = merge(APART, {"rules": {"environment": {"drift": 0.05}}})

    def rise(sim):
        return sim.rows[-1]["sector_correlation"] - sim.rows[0]["sector_correlation"]

    mean, low, high = interval(values(rise, drifting, months=36))
    assert low <= 0 <= high, f"{mean:.4f} [{low:.4f}, {high:.4f}]"


def test_convergence_is_the_formula_of_the_documentation():
    """Of a sector's own entries a share becomes common each month; it takes the value that the others have."""
    sim = grow({"firms": 40, "seed": 7}, APART, CONVERGENCE, months=5)
    world, settings = sim.world, sim.rules.environment
    assert world.own_left == pytest.approx(0.95**5)
    before, old = environment.own_now(sim._state), world.landscape.copy()
    sim.apply(environment.RULE)
    after = environment.own_now(sim._state)
    assert before.mean() == pytest.approx(0.8 * 0.95**5, abs=0.02) and after.mean() == pytest.approx(
        0.8 * 0.95**6, abs=0.02
    )
    assert not (after & ~before).any() and settings.convergence == 0.05
    for b in range(48):
        for e in range(old.shape[2]):
            common = np.flatnonzero(~before[:, b, e])
            joining = np.flatnonzero(before[:, b, e] & ~after[:, b, e])
            first = common[0] if common.size else (joining[0] if joining.size else -1)
            for s in range(old.shape[0]):
                expected = old[first if s in joining else s, b, e]
                assert world.landscape[s, b, e] == expected
    assert (
        world.firms.z
        == [
            to_z(practice_value(p, world.landscape[s]))
            for p, s in zip(world.firms.practice, world.firms.sector, strict=True)
        ]
    ).all()


def test_correlation_of_sectors_is_the_mean_over_pairs():
    landscape = grow({"firms": 20}, months=0).world.landscape
    pairs = np.corrcoef(landscape.reshape(landscape.shape[0], -1))[np.triu_indices(landscape.shape[0], 1)]
    assert sector_correlation(landscape) == pytest.approx(pairs.mean(), abs=1e-12)
    assert sector_correlation(landscape[:1]) == 1.0
