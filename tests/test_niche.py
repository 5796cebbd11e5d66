"""Specialists and generalists: a narrow niche draws more in calm and less under swings, and is learnt or unlearnt."""

import math

import numpy as np
import pytest
from conftest import dotted, grow, interval, merge, same_bytes

from emergence.rules import market, trade

SEEDS = range(3400, 3430)
# Nobody comes or goes, so that sizes compare the same firms.
BASE = {
    "firms": 100,
    "output": {"events": False, "every": 60},
    "founders": {"strategy_spread": 0.25},
    "rules": {"exit": {"enabled": False}, "entry": {"enabled": False}, "credit": {"enabled": False}},
}
NARROW, WIDE = dotted(rules__market__specialism=0.2), dotted(rules__market__specialism=0.0)
CALM, SWINGS = dotted(rules__environment__cycle=0.0), dotted(rules__environment__cycle=0.4)
IMITATED = {"rules": {"strategies": {"enabled": True, "reinforcement": 0, "mutation": 0, "imitation": 0.3}}}


def lead(sim):
    """How much larger a specialist is than a generalist after the run, as slope of log size."""
    firms = sim.world.firms
    return float(np.polyfit(firms.propensities[:, 1], np.log(firms.size), 1)[0])


def spread(sim):
    """The mean propensity to be a specialist."""
    return float(sim.world.firms.propensities[:, 1].mean())


def effect(measure, *parts, months=60):
    """Return mean and interval of a measure with niches less without, over paired seeds."""
    with_and_without = [
        [measure(grow(BASE, *parts, niches, {"seed": seed}, months=months)) for niches in (NARROW, WIDE)]
        for seed in SEEDS
    ]
    return interval(np.array(with_and_without) @ [1.0, -1.0])


def test_specialists_gain_in_calm_and_lose_under_swings():
    mean, low, high = effect(lead, CALM)
    assert low > 0, f"calm: {mean:.3f} [{low:.3f}, {high:.3f}]"
    mean, low, high = effect(lead, SWINGS)
    assert high < 0, f"swings: {mean:.3f} [{low:.3f}, {high:.3f}]"


def test_partners_imitate_what_the_environment_favours():
    """Nobody is told how wide a niche to have: better partners are imitated, and who is better differs."""
    mean, low, high = effect(spread, IMITATED, CALM)
    assert low > 0, f"calm: {mean:.3f} [{low:.3f}, {high:.3f}]"
    mean, low, high = effect(spread, IMITATED, SWINGS)
    assert high < 0, f"swings: {mean:.3f} [{low:.3f}, {high:.3f}]"


def test_fitness_is_a_bell_of_equal_area():
    """Against the ratio of two normal densities, the firm's niche and the middling one."""
    sim = grow(BASE, dotted(rules__market__specialism=0.7, rules__environment__cycle=0.3), months=9)
    world, niche = sim.world, sim.rules.market.niche

    def density(x, width):
        return math.exp(-0.5 * (x / width) ** 2) / width

    wanted = []
    for p, sector in zip(world.firms.propensities[:, 1], world.firms.sector, strict=True):
        swing = world.demand["level"][sector] - 1.0
        wanted.append(density(swing, niche * math.exp(-0.7 * (2 * p - 1))) / density(swing, niche))
    sim._state.enter_rule(market.RULE)
    assert trade.niche_fitness(sim._state) == pytest.approx(wanted, rel=1e-12)
    assert np.ptp(wanted) > 0.3


def test_in_the_middle_and_at_zero_niches_change_nothing():
    plain = grow(months=24)
    assert same_bytes(plain, grow(months=24, rules__market__specialism=1.5)) == []
    assert same_bytes(plain, grow(months=24, rules__market__niche=1.0)) == []
    one, two = grow(BASE, WIDE, months=24), grow(BASE, merge(WIDE, dotted(rules__market__niche=0.5)), months=24)
    assert same_bytes(one, two) == []


def test_far_swings_and_narrow_niches_stay_finite():
    sim = grow(BASE, dotted(rules__market__specialism=2.0, rules__market__niche=0.01), SWINGS, months=24)
    assert np.isfinite(sim.world.firms.size).all() and np.isfinite(sim.world.firms.revenue).all()
