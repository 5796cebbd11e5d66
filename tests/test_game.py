"""Working together as a game: opportunism, trust each way, options to leave, regions and distance; seeds 3700 to 3729."""

import numpy as np
from conftest import grow, interval, merge, shared

from emergence.kernels.work import BOTH_CHEAT, CHEATED, CHEATS, SUCCESS
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3700, 3730)
BASE = {"firms": 80, "output": {"events": False}}


def world(seed, rules, months=24, make=grow, **more):
    return make(BASE, {"rules": rules, "seed": seed}, more, months=months)


def effect(measure, one, other, **more):
    found = [[measure(world(s, way, make=shared, **more)) for way in (one, other)] for s in SEEDS]
    return interval(np.array(found) @ [1.0, -1.0])


def said(found):
    return "{:.4g} [{:.4g}, {:.4g}]".format(*found)


def mean_of(name):
    return lambda sim: float(np.mean([row[name] for row in sim.rows[12:]]))


def test_temptation_costs_trust_and_joint_income():
    """Axelrod 1984; with no temptation nobody acts opportunistically."""
    high, none = {"work": {"temptation": 0.6}}, {"work": {"temptation": 0}}
    for name in ("mean_trust", "joint_income", "reputation"):
        found = effect(mean_of(name), high, none)
        assert found[2] < 0, f"{name}: {said(found)}"
    assert sum(row["betrayals"] for row in world(1, none).rows) == 0


def trust_of_cheats(seed, trusting=True):
    """Return the trust in the partner of sides that cheat next month, less that of sides that are honest."""
    still = {name: {"enabled": False} for name in ("search", "formation", "dissolution", "exit", "entry", "credit")}
    evidence = {} if trusting else {"strengthening": {"evidence": 0}}
    sim = world(seed, merge(still, {"work": {"temptation": 0.6}}, evidence))
    ties = sim.world.ties[STRATEGIC]
    before = ties.trust().copy()
    sim.advance(1)
    cheats, honest = np.isin(ties.outcome, (CHEATS, BOTH_CHEAT)), np.isin(ties.outcome, (SUCCESS, CHEATED))
    return float(before[cheats].mean() - before[honest].mean())


def test_trust_restrains_opportunism_on_each_side():
    """The chance to cheat is multiplied by 1 - own trust; where nothing is learnt of partners all are alike."""
    found = interval(np.array([trust_of_cheats(s) for s in SEEDS]))
    assert found[2] < 0, said(found)
    assert trust_of_cheats(1, trusting=False) == 0


def asymmetry(sim):
    """Return the mean difference of trust between the two sides of a tie."""
    ties = sim.world.ties[STRATEGIC]
    back = (ties.good_in + 1.0) / (ties.good_in + ties.bad_in + 2.0)
    return float(np.abs(ties.trust() - back).mean())


def test_a_breach_parts_the_trust_of_the_two_sides():
    """Only who was cheated loses trust, by three bad projects; without weight of a breach the sides stay closer."""
    tempted = {"work": {"temptation": 0.6}}
    found = effect(asymmetry, tempted, merge(tempted, {"strengthening": {"breach": 0}}))
    assert found[1] > 0, said(found)
    assert asymmetry(world(1, {"work": {"temptation": 0}})) == 0


def test_firms_leave_ties_that_one_side_does_not_want():
    """Jackson and Wolinsky 1996: either side can end a tie; those that stay are worth more to the less willing side."""
    found = effect(mean_of("broken"), {"dissolution": {"unwilling": 8}}, {"dissolution": {"unwilling": 0}})
    assert found[1] > 0, said(found)

    def crowded(sim):
        return float((sim.world.ties[DEVELOPMENT].degree() > 10).mean())

    found = effect(crowded, {"dissolution": {"unwilling": 8}}, {"dissolution": {"unwilling": 0}})
    assert found[2] < 0, said(found)


def length(sim):
    """Return the mean distance of ties formed in the run, km."""
    firms, lengths = sim.world.firms, []
    for layer in (DEVELOPMENT, STRATEGIC):
        ties = sim.world.ties[layer]
        a, b, at = ties.pairs()
        new = ties.born[at] > 0
        lengths.append(np.hypot(firms.x[a] - firms.x[b], firms.y[a] - firms.y[b])[new])
    return float(np.concatenate(lengths).mean())


def test_distance_keeps_ties_short():
    """Gravity; regions are places round which firms stand."""
    near, anywhere = {"search": {"distance": 5}}, {"search": {"distance": 1e6}}
    found = effect(length, near, anywhere)
    assert found[2] < 0, said(found)
    found = effect(length, {"formation": {"geography": 1.0}}, {"formation": {"geography": 0.0}})
    assert found[2] < 0, said(found)


def test_regions_keep_to_themselves_as_far_as_distance_counts():
    def inside(sim):
        ties, region = sim.world.ties[STRATEGIC], sim.world.firms.region
        a, b, at = ties.pairs()
        new = ties.born[at] > 0
        return float((region[a[new]] == region[b[new]]).mean())

    near, anywhere = {"search": {"distance": 5}}, {"search": {"distance": 1e6}, "formation": {"geography": 0}}
    found = effect(inside, near, anywhere, network={"inside": 0})
    assert found[1] > 0, said(found)
