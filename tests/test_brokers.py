"""Brokers: where skills are scattered, who stands between others earns more, until he is bridged around."""

from functools import cache

import networkx as nx
import numpy as np
from conftest import grow, interval

from emergence.measures.brokerage import burt_constraint
from emergence.schema import DEVELOPMENT, STRATEGIC

SEEDS = range(3200, 3230)
# Small towns, few ties, four of five at home; nobody comes, goes or leaves a partner.
TOWNS = {
    "firms": 100,
    "output": {"events": False},
    "founders": {"sectors": 1, "regions": 15, "region_spread": 2, "lineages": 15},
    "network": {"degree": 3, "inside": 0.8, "by_sector": 0},
    "rules": {
        **{name: {"enabled": False} for name in ("exit", "entry", "credit", "dissolution", "orchestration")},
        "search": {"distance": 3},
    },
}
SCATTERED = {"founders": {"specialists": 1, "redundancy": 1}}
FIXED = {"rules": {"formation": {"enabled": False}}}
# Ten times as many meetings, all of them with partners' partners.
PARTNERS = {"partners": 1, "preferential": 0}
BRIDGED = {"rules": {"search": {"meetings": 2, "development": PARTNERS, "strategic": PARTNERS}}}


def effect_of_constraint(sim):
    """Joint income (per size, months 13 to 36) of a firm one standard deviation more constrained than others of its
    size and degree at the start, as a share of the mean."""
    world, n = sim.world, sim.world.size
    near = np.zeros((n, n))
    for layer in (DEVELOPMENT, STRATEGIC):
        a, b, _ = world.ties[layer].pairs()
        near[a, b] = near[b, a] = 1
    constraint = np.array(list(burt_constraint(nx.from_numpy_array(near)).values()))
    among = near.sum(axis=1) > 1
    size = np.log(world.firms.size)
    degrees = [world.ties[layer].degree().astype(float) for layer in (DEVELOPMENT, STRATEGIC)]
    like = [np.ones(n), size, size**2, *degrees, *(k**2 for k in degrees)]
    scale, income = world.firms.size.copy(), np.zeros(n)

    def note(sim):
        income[:] += sim.world.firms.joint_income

    sim.advance(12).advance(24, on_month=note)
    income /= scale
    design = np.column_stack([constraint, *like])[among]
    slope = np.linalg.lstsq(design, income[among], rcond=None)[0][0]
    return float(slope * constraint[among].std() / income[among].mean())


@cache
def effects(scattered, bridged):
    parts = (SCATTERED if scattered else {}, BRIDGED if bridged else FIXED)
    return np.array([effect_of_constraint(grow(TOWNS, *parts, {"seed": seed}, months=1)) for seed in SEEDS])


def test_where_skills_are_scattered_brokers_earn_more_than_others_of_their_size_and_degree():
    """Burt 1992. Where everybody can do everything, they do not."""
    mean, low, high = interval(effects(True, False))
    assert high < 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = interval(effects(True, False) - effects(False, False))
    assert high < 0, f"against skills that are not: {mean:.4f} [{low:.4f}, {high:.4f}]"
    mean, low, high = interval(effects(False, False))
    assert high >= 0, f"without: {mean:.4f} [{low:.4f}, {high:.4f}]"


def test_brokers_are_bridged_around_where_partners_of_partners_meet():
    """Buskens and van de Rijt 2008: holes close, and with them what they brought."""
    mean, low, high = interval(effects(True, True) - effects(True, False))
    assert low > 0, f"{mean:.4f} [{low:.4f}, {high:.4f}]"
