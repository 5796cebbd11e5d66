"""Chosen breaking of ties."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.pairs import elsewhere_trust, shared_partners, trust_of, utility
from emergence.kernels.random import draw4, unit


class DissolutionParams(NamedTuple):
    """See `config.Dissolution`."""

    hazard: float
    by_strength: float
    by_trust: float
    embedded: float
    unwilling: float


@njit(cache=True, nogil=True)
def mark_breaks(
    lo, hi, key, uid, drive, x, y, sector, profile, ptr, nbr, w, good, bad, good_in, bad_in,
    ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c, p, u, drop,
):  # fmt: skip
    """Mark the half-edges of rows lo..hi whose ties break this month in `drop` (uint8)."""
    most = p.hazard * np.exp(0.4 * p.by_strength + 0.6 * p.by_trust) * (1.0 + p.unwilling)
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            j = np.int64(nbr[h])
            words = draw4(key, uid[i], uid[j]) if uid[i] < uid[j] else draw4(key, uid[j], uid[i])
            chance = unit(words[0])
            restless = 0.5 * (drive[i] + drive[j])
            # No hazard can exceed this bound, so most ties need no more than one draw.
            if chance >= most * restless:
                continue
            t_i = trust_of(good[h], bad[h])
            t_j = trust_of(good_in[h], bad_in[h])
            hazard = p.hazard * restless * np.exp(
                -p.by_strength * (np.float64(w[h]) - 0.4) - p.by_trust * (0.5 * (t_i + t_j) - 0.6)
            )
            # Nor can unwillingness do more than this, so few ties need the utilities.
            if chance >= hazard * (1.0 + p.unwilling):
                continue
            embedded = elsewhere_trust(i, j, ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c) >= 0.0
            shared = shared_partners(ptr, nbr, i, j)
            k_i = ptr[i + 1] - ptr[i] - 1
            k_j = ptr[j + 1] - ptr[j] - 1
            u_i = utility(i, j, t_i, shared, embedded, k_i, profile, x, y, sector, u)
            u_j = utility(j, i, t_j, shared, embedded, k_j, profile, x, y, sector, u)
            if embedded:
                hazard *= p.embedded
            hazard *= 1.0 + p.unwilling / (1.0 + np.exp(min(u_i, u_j) / 0.1))
            if chance < hazard:
                drop[h] = 1
