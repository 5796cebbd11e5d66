"""Innovation races: who first goes beyond the best of a sector wins a premium on demand."""

from __future__ import annotations

import numpy as np

from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names

FINISH = stream("races.finish")


def best_of(sector: np.ndarray, z: np.ndarray, sectors: int) -> np.ndarray:
    """Return the best value of practice in each sector, -inf where nobody is."""
    best = np.full(sectors, -np.inf)
    np.maximum.at(best, sector, z)
    return best


def effort(state: State) -> np.ndarray:
    """Return by how much firms near the front of their sector try more, float64[firms]; 1 without races."""
    firms, settings = state.firms, state.rules.races
    if not settings.enabled:
        return np.ones(state.world.size)
    front = best_of(firms.sector, firms.z, state.world.landscape.shape[0])[firms.sector]
    lure = settings.effort * settings.prize * (1.0 - settings.second)
    return np.where(firms.z >= front - settings.reach, 1.0 + lure, 1.0)


def update_races(state: State) -> None:
    """Give premiums to those who went beyond the sector's best this month, the first most; let old ones fade."""
    firms, world, settings = state.firms, state.world, state.rules.races
    if not world.size:
        return
    firms.premium[:] *= np.exp(-1.0 / settings.lasting)
    gained = np.zeros(world.size) if state.gained is None else state.gained
    mark = best_of(firms.sector, firms.z - gained, world.landscape.shape[0])[firms.sector] + settings.step
    done = np.flatnonzero((gained > 0) & (firms.z >= mark))
    when = fill_units(state.luck(FINISH), firms.uid[done], 1)[:, 0]
    done = done[np.lexsort((firms.uid[done], when, firms.sector[done]))]
    sector = firms.sector[done]
    rank = np.arange(done.size) - np.searchsorted(sector, sector, "left")
    firms.premium[done] += settings.prize * settings.second ** rank.astype(float)
    world.count("races", int((rank == 0).sum()))
    state.draw_demand(1.0 + firms.premium)


RULE = Rule(
    name="races",
    phase="innovation",
    about="who first goes beyond the best of a sector wins a premium on demand, and firms near the front try more",
    source="Dasgupta and Stiglitz 1980; Reinganum 1989 (races, effort by what the first gets over the second)",
    moves=("tries", "up"),
    reads=names("firms", ["uid", "sector", "z"]) + ("state.gained",),
    writes=("firms.premium", "state.pull"),
    update=update_races,
)
