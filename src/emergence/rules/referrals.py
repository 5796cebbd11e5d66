"""Referrals: partners send customers, who stay for a while."""

from __future__ import annotations

import numpy as np

from emergence.kernels.referrals import send_customers
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names
from emergence.rules.trade import trade_of
from emergence.schema import LAYERS

COME = [stream(f"referrals.come.{layer}") for layer in LAYERS]


def update_referrals(state: State) -> None:
    """Let customers leave and come, and add what they buy to the demand offered."""
    firms, world, settings = state.firms, state.world, state.rules.referrals
    sent, won = np.zeros(world.size), np.zeros(world.size)
    for layer in state.acting:
        ties = state.ties(layer)
        state.each(
            send_customers, state.luck(COME[layer]), firms.uid, ties.ptr, ties.nbr, ties.w, ties.good_in,
            ties.bad_in, state.profile(), settings.rate, settings.conversion, sent, won, work=ties.ptr,
        )  # fmt: skip
    bring = won * settings.value * np.sqrt(firms.size / UNIT)
    firms.referred[:] = settings.retention * firms.referred + bring
    world.count("referrals", float(sent.sum()))
    world.count("customers", float(won.sum()))
    # A customer stays 1/(1 - retention) months on average.
    world.count("lifetime_value", float(bring.sum()) / (1.0 - settings.retention))
    trade = trade_of(state)
    trade.offered[:] = with_referred(trade.offered, firms.referred, firms.sector, settings.new)


def with_referred(offered: np.ndarray, referred: np.ndarray, sector: np.ndarray, new: float) -> np.ndarray:
    """Return demand with that of referred customers, EUR a month, float64[n].

    Parameters
    ----------
    offered, referred : float64[n]
        Demand without them, and theirs, EUR a month.
    sector : int[n]
    new : float
        Share of `referred` that nobody served before; the rest comes from the sector's other firms, in proportion
        to their demand. It does not come where there are no others, and never takes more than they have.
    """
    sectors = int(sector.max(initial=-1)) + 1
    others = np.bincount(sector, offered, sectors)[sector] - offered
    share = np.divide((1.0 - new) * referred, others, out=np.zeros(offered.size), where=others > 1e-9 * offered)
    lost = np.bincount(sector, share, sectors)[sector] - share
    most = np.zeros(sectors)
    np.maximum.at(most, sector, lost)
    less = 1.0 / np.maximum(most, 1.0)[sector]
    return offered - offered * np.clip(lost * less, 0.0, 1.0) + share * less * others + new * referred


RULE = Rule(
    name="referrals",
    phase="demand and supply",
    about="partners send customers whom the firm serves better than they would; customers stay for a while",
    source="Brown and Reingen 1987 (referrals by tie strength); Schmitt, Skiera and van den Bulte 2011 (their value)",
    moves=("referrals", "up"),
    reads=names("firms", ["uid", "size", "sector", "skills", "z", "reputation"])
    + names("ties", ["nbr", "w", "good_in", "bad_in"]),
    writes=("firms.referred", "state.trade"),
    update=update_referrals,
)
