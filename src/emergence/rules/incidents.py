"""Incidents (cyber attacks and the like): they start, spread along ties, and are overcome."""

from __future__ import annotations

import numpy as np

from emergence.kernels.incidents import STRUCK, IncidentParams, update_incidents
from emergence.luck import stream
from emergence.rules.base import Rule, State, names, params
from emergence.rules.health import HEALTH, settle_health

SPREAD = stream("incidents.spread")


def update_incidents_of(state: State) -> None:
    """Move every firm between well, struck and immune; the struck lose part of their capacity."""
    firms, settings = state.firms, state.rules.incidents
    new = np.empty(state.world.size, np.uint8)
    state.each(
        update_incidents, state.luck(SPREAD), firms.uid, firms.incident, firms.security, *state.learning("nbr", "w"),
        params(IncidentParams, settings), new,
    )  # fmt: skip
    was, now = firms.incident == STRUCK, new == STRUCK
    state.log("incident", firms.uid[now & ~was])
    firms.incident[:] = new
    settle_health(state)


RULE = Rule(
    name="incidents",
    phase="digital and contagion",
    about="incidents strike firms, spread to partners and are overcome; the struck lose capacity",
    source="Kermack and McKendrick 1927 (SIR)",
    moves=("struck", "up"),
    reads=names("firms", ["uid", "incident", "security", "damage", "digital", "sector", "region"])
    + names("ties", ["nbr", "w"]),
    writes=names("firms", ["incident", *HEALTH]),
    update=update_incidents_of,
)
