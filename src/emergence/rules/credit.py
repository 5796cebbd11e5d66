"""Credit between partners: default at the limit, and losses that may pull creditors down."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels.credit import add_losses, cascade_defaults
from emergence.rules import accounts
from emergence.rules.base import Rule, State, names

SLACK = 1e-12  # relative: equal sums must not fail by rounding


def update_credit(state: State) -> None:
    """Let firms below their credit limit default, with all that this brings down in the same month."""
    firms, world = state.firms, state.world
    capital = firms.cash + state.rules.credit.limit * firms.size
    failed = (capital < 0.0).astype(np.uint8)
    if not failed.any():
        return
    losses = np.zeros(world.size)
    ptr, nbr, w = claims(state)
    cascade_defaults(shares(state), firms.size, ptr, nbr, w, capital, SLACK, failed, losses)
    gone = failed > 0
    write_off(state, np.where(gone, 0.0, losses))
    world.count("defaults", int(gone.sum()))
    state.log("default", firms.uid[gone], value=state.step - firms.born[gone])
    state.retire(gone)


def shares(state: State) -> np.ndarray:
    """Return what a creditor has lent on a tie of full strength, in months of the smaller size, float64[firms].

    With `spreading` s it falls as (ties of the creditor)^-s; at 1 the sum lent does not grow with the ties.
    """
    settings = state.rules.credit
    share = np.full(state.world.size, settings.claims)
    if settings.spreading > 0:
        number = np.sum([np.diff(state.world.ties[layer].ptr) for layer in state.acting], axis=0)
        share *= np.maximum(number, 1.0) ** -settings.spreading
    return share


def claims(state: State) -> tuple[Any, Any, Any]:
    """Return ptr, nbr and strength of the acting layers, whose ties carry claims, each as a tuple of arrays."""
    layers = [state.ties(layer) for layer in state.acting]
    ptr, nbr, w = (tuple(getattr(ties, name) for ties in layers) for name in ("ptr", "nbr", "w"))
    return ptr, nbr, w


def losses_at(state: State, gone: np.ndarray) -> np.ndarray:
    """Return what the others lose when some firms (bool[firms]) end, EUR, float64[firms]."""
    losses = np.zeros(state.world.size)
    ptr, nbr, w = claims(state)
    add_losses(gone, shares(state), state.firms.size, ptr, nbr, w, losses)
    return np.where(gone, 0.0, losses)


def write_off(state: State, losses: np.ndarray) -> None:
    """Take losses (EUR, float64[firms]) out of the firms' cash, and book them."""
    state.firms.cash[:] -= losses
    state.world.book("written off", -float(losses.sum()))
    accounts.note_losses(state, losses)


RULE = Rule(
    name="credit",
    phase="market and money",
    about="firms below their credit limit default; partners lose their claims and may follow",
    source="Gai and Kapadia 2010",
    moves=("defaults", "up"),
    reads=names("firms", ["uid", "born", "size", "cash"]) + names("ties", ["nbr", "w"]),
    writes=("firms", "ties", "firms.cash"),
    update=update_credit,
)
