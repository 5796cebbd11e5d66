"""Incidents that spread along ties: struck, recovering, immune."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.random import draw4, unit

WELL, STRUCK, IMMUNE = 0, 1, 2


class IncidentParams(NamedTuple):
    """See `config.Incidents`."""

    start: float
    spread: float
    recovery: float
    waning: float


@njit(cache=True, inline="always")
def escape(i, ptr, nbr, w, state, spread):
    """Return the chance of i to be struck by none of its partners in one layer."""
    chance = 1.0
    for h in range(ptr[i], ptr[i + 1]):
        if state[nbr[h]] == STRUCK:
            chance *= 1.0 - spread * np.float64(w[h])
    return chance


@njit(cache=True, nogil=True)
def update_incidents(lo, hi, key, uid, state, security, response, ptr_a, nbr_a, w_a, ptr_b, nbr_b, w_b, p, new_state):
    """Let incidents start, spread and end at rows lo..hi.

    Parameters
    ----------
    state : uint8[n]
        WELL, STRUCK or IMMUNE, as the month began.
    security, response : float64[n]
        Protection, and capability to respond, 0 to 1.
    new_state : uint8[n]
        Written.

    Notes
    -----
    Struck with probability 1 - (1 - start (1-security)) prod over struck partners of
    (1 - spread w (1-security)): SIR in discrete time (Kermack and McKendrick 1927). Overcome with
    probability recovery + (1 - recovery) response.
    """
    for i in range(lo, hi):
        draw = unit(draw4(key, uid[i], 0)[0])
        new_state[i] = state[i]
        if state[i] == STRUCK:
            if draw < p.recovery + (1.0 - p.recovery) * response[i]:
                new_state[i] = IMMUNE
        elif state[i] == IMMUNE:
            if draw < p.waning:
                new_state[i] = WELL
        else:
            open_to = 1.0 - security[i]
            spared = 1.0 - p.start * open_to
            spared *= escape(i, ptr_a, nbr_a, w_a, state, p.spread * open_to)
            spared *= escape(i, ptr_b, nbr_b, w_b, state, p.spread * open_to)
            if draw < 1.0 - spared:
                new_state[i] = STRUCK
