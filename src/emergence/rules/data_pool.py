"""Shared data: partners and members of a group with analytics decide on what all of them see."""

from __future__ import annotations

import numpy as np

from emergence.kernels.partners import pool_volumes
from emergence.rules.base import UNIT, Rule, State, names
from emergence.rules.trade import capacity, trade_of
from emergence.schema import ANALYTICS


def users(tools: np.ndarray, tool: int) -> np.ndarray:
    """Return who has a tool, bool[firms].

    Parameters
    ----------
    tools : uint8[firms]
        The column of that name.
    """
    return (tools >> tool & 1).astype(bool)


def pooled_sales(state: State, asked: np.ndarray) -> np.ndarray:
    """Return last month's sales of those who share their data with each firm, EUR, float64[firms].

    It is what a firm has, or would have if it took up analytics now; 0 for those who are not `asked` (bool[firms]).
    """
    firms, settings, membership = state.firms, state.rules.data_pool, state.membership()
    shares = users(firms.tools, ANALYTICS)
    of_group = np.zeros(state.world.groups.count)
    if settings.in_groups:
        inside = shares[membership.firm]
        sales = firms.sales[membership.firm] * inside
        of_group = np.bincount(membership.group, sales, of_group.size)
    pooled = np.empty(state.world.size)
    state.each(
        pool_volumes, asked, shares, firms.sales, settings.trust, membership.of, of_group,
        *state.learning("nbr", "good", "bad", "good_in", "bad_in"), pooled,
    )  # fmt: skip
    return pooled


def data_saving(state: State, asked: np.ndarray) -> np.ndarray:
    """Return what shared data save, or would save with analytics, share of sales, float64[firms].

    It is worked out for those who are `asked` (bool[firms]); the others get 0.
    """
    settings = state.rules.data_pool
    if not settings.enabled or settings.gain == 0.0:
        return np.zeros(state.world.size)
    return settings.gain * np.log1p(pooled_sales(state, asked) / UNIT)


def update_data_pool(state: State) -> None:
    """Let those who share data save costs, the more data the more, but less and less for each bit of it."""
    if not state.rules.tools.enabled:
        return
    trade = trade_of(state)
    saved = data_saving(state, users(state.firms.tools, ANALYTICS))
    trade.saved += saved
    sold = np.minimum(capacity(state), trade.offered) if trade.sold is None else trade.sold
    state.world.count("data_gain", float((saved * sold).sum()))


RULE = Rule(
    name="data_pool",
    phase="demand and supply",
    about="partners who trust each other, and members of a group, save costs by decisions made on shared data",
    source="Varian 2019 (data with diminishing returns); Jones and Tonetti 2020 (data are nonrival)",
    moves=("data_gain", "up"),
    reads=names("firms", ["tools", "sales", "size", "slack", "health"])
    + names("ties", ["nbr", "good", "bad", "good_in", "bad_in"])
    + ("memberships.uid", "memberships.gid"),
    writes=("state.trade",),
    update=update_data_pool,
)
