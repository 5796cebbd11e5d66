"""Adaptation by aspiration."""

from __future__ import annotations

import numpy as np

from emergence.kernels.market import update_aspirations
from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.rules.base import Rule, State, names

SEEN = stream("adaptation.seen")


def seen_performance(state: State) -> np.ndarray:
    """Return what can be seen of everyone's performance this month: the indicator, with its error of measurement."""
    firms, noise = state.world.firms, state.rules.adaptation.noise
    if noise == 0.0:
        return firms.performance
    return firms.performance + noise * normals(fill_units(state.luck(SEEN), firms.uid, 2))[:, 0]


def update_adaptation(state: State) -> None:
    """Move aspirations towards own and partners' performance; falling short drives change."""
    firms, settings = state.firms, state.rules.adaptation
    state.each(
        update_aspirations, settings.speed, settings.social, settings.gain, settings.scale, *state.learning(),
        seen_performance(state), firms.aspiration, firms.drive,
    )  # fmt: skip


RULE = Rule(
    name="adaptation",
    phase="adaptation",
    about="below its aspiration a firm searches more, tries more and drops ties faster",
    source="Cyert and March 1963",
    moves=("tries", "up"),
    reads=("firms.uid", "firms.performance", "firms.aspiration", "ties.nbr"),
    writes=names("firms", ["aspiration", "drive"]),
    update=update_adaptation,
)
