"""How new innovations are and how fast they spread: the measures against plain ones, and what moves them.

The seeds are used nowhere else.
"""

import numpy as np
from conftest import grow, interval, same_bytes

from emergence.kernels.innovation import bits_set
from emergence.measures import diffusion_halftime, novelty
from emergence.step import Simulation

SEEDS = range(4800, 4830)
BASE = {"firms": 80, "output": {"events": False}}
ALONE = {"copy": 0.0, "recombine": 0.0}
APART = {"network": {"kind": "empty"}, "rules": {"search": {"enabled": False}}}


def effect(name, one, other):
    """Difference of a measure in the last year between two settings of innovation, over the paired seeds."""
    pairs = [[last_year(name, seed, part) for part in (one, other)] for seed in SEEDS]
    return interval(np.array([a - b for a, b in pairs]))


def last_year(name, seed, innovation, more=None):
    rows = grow(BASE, {"seed": seed, "rules": {"innovation": innovation}}, more or {}, months=36).rows[-12:]
    return np.mean([row[name] for row in rows])


def test_bits_are_counted():
    words = np.array([0, 1, 2**64 - 1, 0x0123456789ABCDEF, 2**48 - 1], np.uint64)
    assert [bits_set(word) for word in words] == np.bitwise_count(words).tolist()


def test_novelty_is_the_distance_to_the_nearest_other_practice_in_use():
    sim = grow(BASE, {"seed": 1}, months=7)
    registry = sim.world.registry
    known = {int(p) - 1: int(first) for p, first in zip(registry.practice, registry.first, strict=True) if p}
    used = {int(p) for p in sim.world.firms.practice}
    new = [practice for practice, first in known.items() if first == 7]
    apart = [min((practice ^ other).bit_count() for other in used - {practice}) for practice in new]
    assert len(new) > 5 and np.isclose(novelty(sim.world), np.mean(apart))
    assert novelty(sim.world) == sim.rows[-1]["novelty"]
    recent = [practice for practice, first in known.items() if first >= 5]
    apart = [min((practice ^ other).bit_count() for other in used - {practice}) for practice in recent]
    assert np.isclose(novelty(sim.world, months=3), np.mean(apart))


def test_half_time_is_the_median_time_until_a_routine_is_taken_over():
    sim = grow(BASE, months=1)
    sim.world.spread[:] = 0
    assert diffusion_halftime(sim.world) == 0.0
    sim.world.spread[[3, 9]] = 5, 1
    assert diffusion_halftime(sim.world) == 3.6
    sim.world.spread[:] = 1
    assert diffusion_halftime(sim.world) == sim.world.spread.size / 2


def test_takeovers_are_counted_by_age_and_saved(folder):
    sim = grow(BASE, {"seed": 1}, months=12)
    before = sim.world.registry.adoptions[sim.world.registry.first > 0].sum()
    sim.advance(5, measure=False)
    after = sim.world.registry.adoptions[sim.world.registry.first > 0].sum()
    assert sim.world.spread.sum() == after - before > 0 and not sim.world.spread[17:].any()
    sim.save(folder / "state.npz")
    assert same_bytes(sim.advance(2), Simulation.load(folder / "state.npz").advance(2)) == []


def test_recombining_partners_practices_makes_newer_ones_than_changing_ones_own():
    """Recombination searches further than local search (Fleming 2001); nobody recombines without partners."""
    both = {"copy": 0.0, "recombine": 0.9}
    found = effect("novelty", both, ALONE)
    assert found[1] > 0, found
    for seed in SEEDS[:3]:
        assert last_year("novelty", seed, both, APART) == last_year("novelty", seed, ALONE, APART)


def test_where_firms_see_who_is_better_routines_spread_sooner():
    """Learning from visible success diffuses faster than learning from anyone (Rogers 2003)."""
    seeing, blind = {"seeing": 1.0}, {"seeing": 0.0}
    name = "diffusion_halftime"
    found = effect(name, seeing, blind)
    assert found[2] < 0, found
    for seed in SEEDS[:3]:
        assert last_year(name, seed, seeing | ALONE) == last_year(name, seed, blind | ALONE) == 0


def test_parents_apart_is_counted_from_both_practices():
    sim = grow(BASE, {"seed": 2}, months=12)
    assert all(0 <= row["parents_distance"] <= 48 for row in sim.rows) and sim.rows[-1]["parents_distance"] > 5
    alone = grow(BASE, {"seed": 2, "rules": {"innovation": ALONE}}, months=6)
    assert all(row["parents_distance"] == 0 == row["diffusion_halftime"] for row in alone.rows)
