"""Exit: closing down, default, and what partners lose by it."""

from __future__ import annotations

import numpy as np

from emergence.kernels.market import make_losses, mark_exits
from emergence.luck import stream
from emergence.rules.base import Rule, State, names

EXIT = stream("exit.chance")
CLOSED, DEFAULTED = 1, 2


def update_exits(state: State) -> None:
    """Take out the firms that close down or default; survivors write off their losses."""
    firms, world, settings = state.firms, state.world, state.rules.exit
    fate = np.zeros(world.size, np.uint8)
    state.each(
        mark_exits, state.luck(EXIT), state.step, firms.uid, firms.born, firms.size, firms.cash, firms.performance,
        settings.rate, settings.selection, settings.credit, fate,
    )  # fmt: skip
    gone = fate > 0
    if not gone.any():
        return
    losses = np.zeros(world.size)
    for layer in state.acting:
        ties = state.ties(layer)
        make_losses(ties.ptr, ties.nbr, ties.w, firms.size, fate, settings.contagion, losses)
    firms.cash[:] -= losses
    world.book("written off", -float(losses.sum()))
    world.count("defaults", int((fate == DEFAULTED).sum()))
    state.log("exit", firms.uid[fate == CLOSED], value=state.step - firms.born[fate == CLOSED])
    state.log("default", firms.uid[fate == DEFAULTED], value=state.step - firms.born[fate == DEFAULTED])
    state.retire(gone)


RULE = Rule(
    name="exit",
    phase="market and money",
    about="firms close down by age and performance, or default at the credit limit",
    source="US BLS cohorts (hazard by age); Gai and Kapadia 2010 (losses travel)",
    moves=("firms", "down"),
    reads=names("firms", ["uid", "born", "size", "cash", "performance"]) + names("ties", ["nbr", "w"]),
    writes=("firms", "ties", "firms.cash"),
    update=update_exits,
)
