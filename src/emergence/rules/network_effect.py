"""Network effect: digital practice is worth more, the more partners have it."""

from __future__ import annotations

import numpy as np

from emergence.kernels.partners import add_partners
from emergence.rules.base import Rule, State
from emergence.rules.trade import trade_of


def partners_share(state: State, level: np.ndarray) -> np.ndarray:
    """Return the mean of a column over each firm's peers, float64[firms]; 0 without peers.

    Parameters
    ----------
    level : float64[firms]
    """
    total, ties = np.empty(state.world.size), np.zeros(state.world.size)
    state.each(add_partners, level, *state.learning(), total)
    for layer in state.peers:
        ties += np.diff(state.ties(layer).ptr)
    return np.divide(total, ties, out=np.zeros_like(total), where=ties > 0)


def network_saving(state: State) -> np.ndarray:
    """Return what digital practice saves besides for the partners that have it, share of sales, float64[firms].

    It is what a firm has, or would have if it adopted now.
    """
    settings = state.rules.network_effect
    if not settings.enabled or settings.saving == 0.0:
        return np.zeros(state.world.size)
    return settings.saving * partners_share(state, state.firms.digital)


def update_network_effect(state: State) -> None:
    """Let firms with digital practice save more, the more of their partners have it."""
    trade_of(state).saved += state.firms.digital * network_saving(state)


RULE = Rule(
    name="network_effect",
    phase="demand and supply",
    about="digital practice saves more, the more partners have it",
    source="Katz and Shapiro 1985 (network externalities)",
    moves=("performance", "up"),
    reads=("firms.digital", "ties.nbr"),
    writes=("state.trade",),
    update=update_network_effect,
)
