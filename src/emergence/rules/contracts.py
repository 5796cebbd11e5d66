"""Contracts between allies: strong alliances are put in writing."""

from __future__ import annotations

import numpy as np

from emergence.rules.base import UNIT, Rule, State, names
from emergence.schema import STRATEGIC

NO_CONTRACTS = np.zeros(0, np.uint8)


def update_contracts(state: State) -> None:
    """Give alliances that have grown strong a contract; it ends when they are a good deal weaker."""
    if STRATEGIC not in state.acting:
        return
    settings, ties, firms = state.rules.contracts, state.ties(STRATEGIC), state.firms
    before = ties.formal > 0
    formal = (ties.w >= settings.strength) | (before & (ties.w >= 0.8 * settings.strength))
    drafted = np.bincount(state.world.ties[STRATEGIC].owner()[formal & ~before], minlength=state.world.size)
    firms.costs_due[:] += drafted * settings.cost * np.sqrt(firms.size / UNIT) * UNIT
    state.world.count("contracts", drafted.sum() / 2)
    ties.formal[:] = formal


def deterred(state: State, layer: int) -> np.ndarray:
    """Return on which half-edges of a layer a contract deters, uint8; empty where the rule knows none."""
    on = state.rules.contracts.enabled and layer == STRATEGIC
    return state.ties(layer).formal if on else NO_CONTRACTS


RULE = Rule(
    name="contracts",
    phase="strengthening and decay",
    about="strong alliances are put in writing: cheating costs more, leaving takes longer, and lawyers are paid",
    source="Poppo and Zenger 2002; Reuer and Arino 2007",
    moves=("betrayals", "down"),
    reads=("ties.w", "firms.size"),
    writes=("ties.formal", *names("firms", ["costs_due"])),
    update=update_contracts,
)
