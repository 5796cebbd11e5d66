"""Lending of capacity: partners with room serve the orders that a firm cannot."""

from __future__ import annotations

import numpy as np

from emergence.rules.base import Rule, State, names
from emergence.rules.sharing import share_out
from emergence.rules.trade import capacity, trade_of


def update_overflow(state: State) -> None:
    """Let firms pass on what is above their capacity to partners in their sector, and share the margin."""
    settings, trade = state.rules.overflow, trade_of(state)
    room = capacity(state) - trade.offered
    need, spare = settings.share * np.maximum(-room, 0.0), np.maximum(room, 0.0)
    given, taken, _ = share_out(state, need, spare, settings.trust, state.firms.sector)
    trade.offered[:] += given - taken
    trade.costs[:] += settings.commission * state.rules.market.price * (given - taken)
    state.world.count("overflow", float(taken.sum()))


RULE = Rule(
    name="overflow",
    phase="demand and supply",
    about="orders above a firm's capacity are served by trusted partners of its sector, who share the margin",
    source="Gulati 1995 (trust in place of contracts); Lorenzoni and Lipparini 1999 (subcontracting among partners)",
    moves=("overflow", "up"),
    reads=names("firms", ["size", "slack", "health", "sector"])
    + names("ties", ["nbr", "good", "bad", "good_in", "bad_in"]),
    writes=("state.trade",),
    update=update_overflow,
)
