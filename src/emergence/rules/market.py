"""Market: demand is shared by attraction; revenue, costs, cash and size follow."""

from __future__ import annotations

import numpy as np

from emergence.kernels.market import MarketParams, update_accounts
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.schema import SPECIALIST

GROWTH = stream("market.growth")


def niche_fitness(state: State) -> np.ndarray:
    """Return how well each firm's niche suits this month, float64[firms]; 1 for a propensity of .5.

    The principle of allocation (Levins 1968; Hannan and Freeman 1977): what makes a niche wide makes it flat.
    Height x width is the same for all, so a specialist draws more while its sector's demand is near normal
    and less when it swings far.
    """
    firms, settings = state.firms, state.rules.market
    narrow = settings.specialism * (2.0 * firms.propensities[:, SPECIALIST] - 1.0)
    swing = (state.world.demand["level"][firms.sector] - 1.0) / settings.niche
    return np.exp(np.clip(narrow - 0.5 * swing**2 * np.expm1(2.0 * narrow), -30.0, 30.0))


def offered_demand(state: State) -> np.ndarray:
    """Return the demand that comes to each firm, EUR a month, float64[firms]."""
    firms, demand, settings = state.firms, state.world.demand, state.rules.market
    skill = firms.skills.mean(axis=1, dtype=np.float64)
    attraction = firms.size * np.exp(settings.attraction_z * firms.z + settings.attraction_skill * (skill - 0.4))
    attraction = attraction * np.exp(settings.attraction_reputation * (firms.reputation - 0.5))
    attraction = attraction * niche_fitness(state)
    if state.pull is not None:
        attraction = attraction * state.pull
    sectors = demand["base"].size
    total = np.bincount(firms.sector, attraction, sectors)
    count = np.bincount(firms.sector, minlength=sectors)
    mean_z = np.bincount(firms.sector, firms.z, sectors) / np.maximum(count, 1)
    trend = np.exp(np.clip(np.log1p(max(settings.growth, -0.999)) * state.step / 12.0, -30.0, 30.0))
    quality = np.exp(np.clip(settings.quality * (mean_z - demand["reference"]), -2.0, 2.0))
    sold = settings.demand * demand["base"] * trend * quality * demand["level"]
    share = np.divide(sold, total, out=np.zeros(sectors), where=total > 0)
    own = attraction * share[firms.sector]
    return firms.size * (1.0 + settings.competition * (own / firms.size - 1.0))


def update_market(state: State) -> None:
    """Settle revenue and costs of the month and let sizes grow."""
    firms, world, settings = state.firms, state.world, state.rules.market
    upkeep = np.zeros(world.size)
    for layer in state.acting:
        upkeep += np.diff(world.ties[layer].ptr)
    firms.costs_due[:] += upkeep * settings.tie_cost * np.sqrt(firms.size / UNIT) * UNIT
    state.each(
        update_accounts, state.luck(GROWTH), firms.uid, offered_demand(state), firms.z, firms.digital, firms.slack,
        firms.health, firms.joint_income, firms.costs_due, params(MarketParams, settings, unit=UNIT), firms.size,
        firms.cash, firms.revenue, firms.profit, firms.performance, firms.fill,
    )  # fmt: skip
    spare = settings.payout * np.maximum(0.0, firms.cash - settings.buffer * firms.size)
    firms.cash[:] -= spare
    world.book("paid out", -float(spare.sum()))
    world.book("revenue", float(firms.revenue.sum()))
    world.book("costs", float((firms.profit - firms.revenue).sum()))


RULE = Rule(
    name="market",
    phase="market and money",
    about="demand of a sector is shared by attraction; margins and luck make firms grow or shrink",
    source="Luce 1959 (shares); Hannan and Freeman 1977 (niches); Stanley et al. 1996 (growth noise)",
    moves=("gini_size", "up"),
    reads=names("firms", ["uid", "sector", "skills", "z", "digital", "slack", "health", "joint_income", "reputation"])
    + ("firms.propensities", "world.demand", "state.pull"),
    writes=names("firms", ["size", "cash", "revenue", "profit", "performance", "fill", "costs_due"]),
    update=update_market,
)
