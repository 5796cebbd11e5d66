"""Ten years in, the default world is alive, wherever the conditions stand."""

import itertools

import numpy as np
import pytest
from conftest import grow, merge

NAMES = ("diversity", "autonomy", "feedback", "adaptive_capacity", "shared_purpose")
LEAN = {"firms": 300, "output": {"events": False}}


def rows(**keys):
    return grow(LEAN, months=120, **keys).rows


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("shift", [-0.25, 0.0, 0.25])
def test_mean_degree_stays_within_a_factor_of_two(shift, seed):
    """Of its start, when the intercept of utility is moved by .25 either way."""
    sim = grow(LEAN, seed=seed, months=0, rules__formation__intercept=shift)
    start = sum(sim.world.ties[layer].count for layer in sim._state.acting) / sim.world.size / 2
    sim.advance(120)
    assert start / 2 < sim.rows[-1]["mean_degree"] < start * 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_innovation_does_not_dry_up(seed):
    """Useful innovations a year in years 8 to 10 are at least half of those in years 2 to 4."""
    useful = np.array([row["useful"] for row in rows(seed=seed)]).reshape(10, 12).sum(axis=1)
    assert useful[7:10].mean() >= 0.5 * useful[1:4].mean() > 0


@pytest.mark.parametrize("corner", list(itertools.product((0.0, 1.0), repeat=5)), ids=str)
def test_no_corner_ends_empty_or_complete(corner):
    sim = grow(
        {"firms": 150, "output": {"events": False}, "conditions": dict(zip(NAMES, corner, strict=True))},
        months=120,
    )
    last = sim.rows[-1]
    assert last["firms"] > 75
    assert 1.0 < last["mean_degree"] < 0.25 * last["firms"]
    assert last["giant_share"] > 0.5
    assert sum(row["innovations"] for row in sim.rows[-12:]) > 10


def test_without_ties_firms_innovate_less():
    """The network is worth something: isolated firms end with worse practices."""
    alone = {"network": {"kind": "empty"}, "rules": {"search": {"enabled": False}}}
    together = [grow(LEAN, months=120, seed=s).rows[-1]["mean_z"] for s in range(3)]
    apart = [grow(merge(LEAN, alone), months=120, seed=s).rows[-1]["mean_z"] for s in range(3)]
    assert min(together) > max(apart)
