"""Exit: firms that close down, and what partners lose by it."""

from __future__ import annotations

import numpy as np

from emergence.kernels.market import mark_exits
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.credit import losses_at, write_off

EXIT = stream("exit.chance")


def update_exits(state: State) -> None:
    """Take out the firms that close down; survivors write off their claims."""
    firms, settings = state.firms, state.rules.exit
    marks = np.zeros(state.world.size, np.uint8)
    state.each(
        mark_exits, state.luck(EXIT), state.step, firms.uid, firms.born, firms.performance, settings.rate,
        settings.selection, marks,
    )  # fmt: skip
    gone = marks > 0
    if not gone.any():
        return
    if state.rules.credit.enabled:
        write_off(state, losses_at(state, gone))
    state.log("exit", firms.uid[gone], value=state.step - firms.born[gone])
    state.retire(gone)


RULE = Rule(
    name="exit",
    phase="market and money",
    about="firms close down by age and performance",
    source="US BLS cohorts (hazard by age)",
    moves=("firms", "down"),
    reads=names("firms", ["uid", "born", "performance"]) + names("ties", ["nbr", "w"]),
    writes=("firms", "ties", "firms.cash"),
    update=update_exits,
)
