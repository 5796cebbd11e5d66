"""Health: the share of a firm's capacity that works, as damage, pandemics and incidents leave it."""

from __future__ import annotations

import numpy as np

from emergence.kernels.incidents import STRUCK
from emergence.rules.base import State
from emergence.rules.timeline import left_by_pandemics

HEALTH = ("health", "spared", "sound")  # columns that `settle_health` writes


def spared_now(state: State) -> np.ndarray:
    """Return (1 - damage)(1 - lost to pandemics)(1 - lost to an incident), float64[firms]."""
    firms, rules = state.firms, state.rules
    left = 1.0 - firms.damage
    if rules.environment.enabled:
        left *= left_by_pandemics(state)
    if rules.incidents.enabled:
        left *= np.where(firms.incident == STRUCK, 1.0 - rules.incidents.damage, 1.0)
    return left


def settle_health(state: State) -> None:
    """Let health follow what strikes firms now; where nothing changes it stays as it is, also if set by hand.

    Health set by hand is the health that comes back when nothing strikes any more, `sound`.
    """
    firms, now = state.firms, spared_now(state)
    moved = np.flatnonzero(now != firms.spared)
    if not moved.size:
        return
    was, health, sound = firms.spared[moved], firms.health[moved], firms.sound[moved]
    by_hand = health != sound * was
    own = np.divide(health, was, out=health.copy(), where=was > 0)
    sound = np.where(by_hand, np.minimum(own, 1.0), sound)
    firms.sound[moved], firms.spared[moved] = sound, now[moved]
    firms.health[moved] = sound * now[moved]
