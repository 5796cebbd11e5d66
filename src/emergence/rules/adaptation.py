"""Adaptation by aspiration."""

from __future__ import annotations

from emergence.kernels.market import update_aspirations
from emergence.rules.base import Rule, State, names


def update_adaptation(state: State) -> None:
    """Move aspirations towards own and partners' performance; falling short drives change."""
    firms, settings = state.firms, state.rules.adaptation
    state.each(
        update_aspirations, settings.speed, settings.social, settings.gain, settings.scale, *state.learning(),
        firms.performance, firms.aspiration, firms.drive,
    )  # fmt: skip


RULE = Rule(
    name="adaptation",
    phase="adaptation",
    about="below its aspiration a firm searches more, tries more and drops ties faster",
    source="Cyert and March 1963",
    moves=("tries", "up"),
    reads=("firms.performance", "firms.aspiration", "ties.nbr"),
    writes=names("firms", ["aspiration", "drive"]),
    update=update_adaptation,
)
