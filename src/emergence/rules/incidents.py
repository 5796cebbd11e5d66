"""Incidents (cyber attacks and the like): they start, spread along ties, and are overcome."""

from __future__ import annotations

import numpy as np

from emergence.kernels.incidents import STRUCK, IncidentParams, update_incidents
from emergence.luck import stream
from emergence.rules.base import Rule, State, names, params
from emergence.rules.health import HEALTH, settle_health

SPREAD = stream("incidents.spread")


def protection(state: State) -> np.ndarray:
    """Return the protection of each firm, float64[firms], 0 to 1: its security, and that it is not online."""
    firms = state.firms
    return firms.security + (1.0 - firms.security) * state.rules.incidents.offline * (1.0 - firms.digital)


def pay_for_security(state: State) -> None:
    """Let firms pay for their security and their capability to respond."""
    firms, settings = state.firms, state.rules.incidents
    cost = (settings.security_cost * firms.security + settings.response_cost * firms.response) * firms.size
    firms.cash[:] -= cost
    state.world.book("security", -float(cost.sum()))


def update_incidents_of(state: State) -> None:
    """Move every firm between well, struck and immune; the struck lose part of their capacity."""
    firms, settings, world = state.firms, state.rules.incidents, state.world
    pay_for_security(state)
    new = np.empty(world.size, np.uint8)
    state.each(
        update_incidents, state.luck(SPREAD), firms.uid, firms.incident, protection(state), firms.response,
        *state.learning("nbr", "w"), params(IncidentParams, settings), new,
    )  # fmt: skip
    was, now = firms.incident == STRUCK, new == STRUCK
    known = was & ~now & (firms.struck_in >= 0)
    firms.struck_in[now & ~was] = state.step
    world.count("incidents", float((now & ~was).sum()))
    world.count("recovered", float(known.sum()))
    world.count("months_struck", float((state.step - firms.struck_in[known]).sum()))
    state.log("incident", firms.uid[now & ~was])
    firms.incident[:] = new
    settle_health(state)


RULE = Rule(
    name="incidents",
    phase="digital and contagion",
    about="incidents strike firms, spread to partners and are overcome; the struck lose capacity",
    source="Kermack and McKendrick 1927 (SIR); Pastor-Satorras and Vespignani 2002 (security at hubs)",
    moves=("struck", "up"),
    reads=names("firms", ["uid", "incident", "security", "response", "damage", "digital", "sector", "region", "size"])
    + names("ties", ["nbr", "w"]),
    writes=names("firms", ["incident", *HEALTH, "struck_in", "cash"]),
    update=update_incidents_of,
)
