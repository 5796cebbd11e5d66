"""Rivalry: firms of like practice in one sector take demand from each other, and may move apart."""

from __future__ import annotations

import numpy as np

from emergence.kernels.rivalry import fill_overlaps, weigh_bits
from emergence.rules.base import Niche, Rule, State, names
from emergence.schema import BITS

MIDDLE = 0.5  # overlap of two random practices


def update_rivalry(state: State) -> None:
    """Measure how crowded each firm's niche is: it acts on demand, and on what innovation accepts."""
    firms, world, settings = state.firms, state.world, state.rules.rivalry
    sectors = world.landscape.shape[0]
    niche = Niche(np.empty((sectors, BITS)), np.empty(sectors), settings.differentiation)
    weigh_bits(firms.practice, firms.sector, firms.size, niche.having, niche.mass)
    crowd = np.empty(world.size)
    state.each(fill_overlaps, firms.practice, firms.sector, firms.size, niche.having, niche.mass, crowd)
    state.niche = niche
    state.draw_demand(np.exp(-settings.crowding * (crowd - MIDDLE)))


RULE = Rule(
    name="rivalry",
    phase="innovation",
    about="firms of like practice in a sector take demand from each other, and firms may move apart",
    source="Hannan and Freeman 1977, MacArthur and Levins 1967 (niche overlap); Hotelling 1929 (differentiation)",
    moves=("practice_spread", "up"),
    reads=names("firms", ["practice", "sector", "size"]),
    writes=("state.niche", "state.pull"),
    update=update_rivalry,
)
