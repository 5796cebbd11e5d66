"""Joint purchasing: members and strong strategic partners pool volume and pay lower unit prices."""

from __future__ import annotations

import numpy as np

from emergence.kernels.purchasing import pool_partners
from emergence.rules.base import Rule, State, names
from emergence.rules.trade import capacity, trade_of
from emergence.schema import STRATEGIC


def update_purchasing(state: State) -> None:
    """Let each firm buy with the largest pool that it belongs to."""
    firms, settings, trade = state.firms, state.rules.purchasing, trade_of(state)
    volume = np.minimum(capacity(state), trade.offered) if trade.sold is None else trade.sold
    factor = np.ones(volume.size)
    buys = volume > 0
    factor[buys] = (pools(state, volume)[buys] / volume[buys]) ** -settings.exponent
    saved, price = settings.inputs * (1.0 - factor), state.rules.market.price
    trade.saved[:] += saved
    firms.discount[:] = saved / price if price > 0 else 0.0


def pools(state: State, volume: np.ndarray) -> np.ndarray:
    """Return the volume of the largest pool that each firm can buy with, EUR, float64[firms]; at least its own."""
    best = volume.copy()
    if STRATEGIC in state.acting:
        ties = state.ties(STRATEGIC)
        strength = state.rules.purchasing.strength
        state.each(pool_partners, ties.ptr, ties.nbr, ties.w, strength, volume, best, work=ties.ptr)
    belongs = state.membership()
    for row in np.flatnonzero(state.groups.purchasing):
        members = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]
        best[members] = np.maximum(best[members], volume[members].sum())
    return best


RULE = Rule(
    name="purchasing",
    phase="market and money",
    about="members of a group, and strong strategic partners, buy together and pay lower unit prices",
    source="Schotanus, Telgen and de Boer 2009 (quantity discounts); Nollet and Beaulieu 2005 (purchasing groups)",
    moves=("cost_saved", "up"),
    reads=names("firms", ["size", "slack", "health"]) + ("ties.nbr", "ties.w", "groups.purchasing"),
    writes=("firms.discount", "state.trade"),
    update=update_purchasing,
)
