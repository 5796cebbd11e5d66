"""Market: demand is shared by attraction; revenue, costs, cash and size follow."""

from __future__ import annotations

import numpy as np

from emergence import luck
from emergence.kernels.market import MarketParams, update_accounts
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.rules.trade import capacity, trade_of

GROWTH = stream("market.growth")
TURBULENCE = stream("market.turbulence")


def update_market(state: State) -> None:
    """Settle revenue and costs of the month and let sizes grow."""
    firms, world, settings = state.firms, state.world, state.rules.market
    upkeep = np.zeros(world.size)
    for layer in state.acting:
        upkeep += np.diff(world.ties[layer].ptr)
    trade = trade_of(state)
    firms.costs_due[:] += upkeep * settings.tie_cost * np.sqrt(firms.size / UNIT) * UNIT + trade.costs
    if trade.sold is None:
        trade.sold = np.minimum(capacity(state), trade.offered)
        world.count("lost_sales", float((trade.offered - trade.sold).sum()))
    firms.sales[:] = settings.price * trade.sold
    state.each(
        update_accounts, state.luck(GROWTH), firms.uid, trade.offered, trade.sold, trade.fee, trade.saved, firms.z,
        firms.digital, firms.slack, firms.joint_income, firms.costs_due, turbulence(state),
        params(MarketParams, settings, unit=UNIT), firms.size, firms.cash, firms.revenue, firms.profit,
        firms.performance, firms.fill,
    )  # fmt: skip
    for collect in trade.collect:
        collect(trade.sold if trade.retail is None else trade.retail)
    spare = settings.payout * np.maximum(0.0, firms.cash - settings.buffer * firms.size)
    firms.cash[:] -= spare
    world.book("paid out", -float(spare.sum()))
    world.book("revenue", float(firms.revenue.sum()))
    world.book("costs", float((firms.profit - firms.revenue).sum()))
    state.trade = None  # it is settled


def turbulence(state: State) -> np.ndarray:
    """Return how turbulent each firm is in this stretch of months, float64[firms]; empty if a stretch is one month."""
    lasting = state.rules.market.turbulence
    if lasting == 1:
        return np.zeros(0)
    stretch = luck.key(state.world.seed, TURBULENCE, (state.step - 1) // lasting)
    return -np.log(fill_units(stretch, state.firms.uid, 1)[:, 0])


RULE = Rule(
    name="market",
    phase="market and money",
    about="demand of a sector is shared by attraction; margins and luck make firms grow or shrink",
    source="Luce 1959 (shares); Hannan and Freeman 1977 (niches); Stanley et al. 1996 (growth noise)",
    moves=("gini_size", "up"),
    reads=names("firms", ["uid", "sector", "skills", "z", "digital", "slack", "health", "joint_income", "reputation"])
    + ("firms.propensities", "world.demand", "state.pull", "state.trade"),
    writes=names("firms", ["size", "cash", "sales", "revenue", "profit", "performance", "fill", "costs_due"]),
    update=update_market,
)
