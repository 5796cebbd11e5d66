"""Orchestration: the standard that an orchestrator proclaims.

Its score of ties acts in search and formation; both are in kernels.pairs.
"""

from __future__ import annotations

import numpy as np

from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.rules.base import Rule, State, names

BLUR = stream("orchestration.blur")


def update_standard(state: State) -> None:
    """Proclaim, every few months, the practice that looks best through noise."""
    settings, firms = state.rules.orchestration, state.firms
    if (state.step - 1) % settings.review or not state.world.size:
        return
    units = fill_units(state.luck(BLUR), firms.uid, 2)
    seen = firms.z + settings.blur * normals(units)[:, 0]
    state.world.standard = np.uint64(firms.practice[np.argmax(seen)])


RULE = Rule(
    name="orchestration",
    phase="governance, sensing, steering",
    about="an orchestrator brings firms to its hubs and proclaims the practice that looks best",
    source="Dhanaraj and Parkhe 2006 (hub orchestration)",
    moves=("max_degree", "up"),
    reads=names("firms", ["uid", "z", "practice"]),
    writes=("world.standard",),
    update=update_standard,
)
