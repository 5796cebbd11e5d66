"""Hiding: protective firms keep their practice and skills from partners who are rivals."""

from __future__ import annotations

import numpy as np

from emergence.kernels.secrecy import mark_hidden
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.sensing import minds_loss, note_lost

HIDE = stream("secrecy.hide")
OPENNESS = 0  # place of openness among the propensities


def closed(state: State) -> np.ndarray:
    """Return how protective each firm is, float64[firms]: 1 less its openness."""
    return 1.0 - state.firms.propensities[:, OPENNESS]


def update_secrecy(state: State) -> None:
    """Mark the partners that hide from each firm this month; knowledge and innovation pass them over."""
    firms, settings = state.firms, state.rules.secrecy
    for layer in state.peers:
        ties = state.ties(layer)
        hidden = np.zeros(ties.nbr.size, np.uint8)
        state.each(
            mark_hidden, state.luck(HIDE), firms.uid, closed(state), firms.sector, state.profile(), ties.ptr, ties.nbr,
            ties.good_in, ties.bad_in, state.membership().of, state.governance(), settings.hiding, hidden,
            work=ties.ptr,
        )  # fmt: skip
        state.hidden[layer] = hidden
        state.world.count("hidden", int(np.count_nonzero(hidden)))
        if minds_loss(state):
            at = np.flatnonzero(hidden)
            note_lost(state, ties.nbr[at], np.searchsorted(ties.ptr, at, "right") - 1)


RULE = Rule(
    name="secrecy",
    phase="innovation",
    about="protective firms hide their practice and skills from partners who are rivals",
    source="Hamel 1991 and Khanna, Gulati and Nohria 1998 (learning races); Connelly et al. 2012 (hiding, distrust)",
    moves=("mean_z", "down"),
    reads=names("firms", ["uid", "sector", "skills", "propensities"]) + names("ties", ["nbr", "good_in", "bad_in"]),
    writes=("state.hidden", "state.lost"),
    update=update_secrecy,
)
