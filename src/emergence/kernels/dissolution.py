"""Chosen breaking of ties."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.pairs import elsewhere_trust, shared_partners, trust_of, utility
from emergence.kernels.random import ROWS, draw_word, most_at_once, order_pairs, unit
from emergence.kernels.strengthening import FARTHEST, seen_success
from emergence.kernels.work import NONE


class DissolutionParams(NamedTuple):
    """See `config.Dissolution`."""

    hazard: float
    by_strength: float
    by_trust: float
    embedded: float
    unwilling: float
    reaction: float
    contract: float
    feedback: float
    reference: float
    noise: float


@njit(cache=True, nogil=True)
def mark_breaks(
    lo, hi, key, seen, uid, drive, x, y, sector, profile, ptr, nbr, outcome, formal, w, good, bad, good_in, bad_in,
    ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c, p, u, drop,
):  # fmt: skip
    """Mark the half-edges of rows lo..hi whose ties break this month in `drop` (bool).

    `formal` (uint8, empty where there are none) marks ties with a contract. `seen` is the key with which
    `kernels.strengthening` blurs the outcomes of this month.
    """
    most = p.hazard * np.exp(0.4 * p.by_strength + 0.6 * p.by_trust) * (1.0 + p.unwilling)
    # The worst that can be seen, as no error is beyond FARTHEST, and what it does to the hazard.
    worst = np.exp(p.reaction * p.feedback * (FARTHEST * p.noise + p.reference))
    room = most_at_once(lo, hi, ptr)
    least, greatest, word = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint32)
    # Unsigned indexes spare the test for negative ones.
    for i in range(np.uint64(lo), np.uint64(hi)):
        if (np.int64(i) - lo) % ROWS == 0:
            count = order_pairs(i, min(hi, np.int64(i) + ROWS), uid, ptr, nbr, least, greatest)
            draw_word(key, least[:count], greatest[:count], word)
            drawn = np.uint64(ptr[i])
        own = uid[i]
        own_drive = drive[i]
        for h in range(np.uint64(ptr[i]), np.uint64(ptr[i + np.uint64(1)])):
            j = np.uint64(nbr[h])
            chance = unit(word[h - drawn])
            restless = 0.5 * (own_drive + drive[j])
            if formal.size > 0 and formal[h] > 0:
                restless *= p.contract
            if p.reaction > 0.0 and outcome[h] != NONE:
                if chance >= most * restless * worst:
                    continue
                looks = seen_success(seen, own, uid[j], outcome[h], p.noise)
                restless *= np.exp(-p.reaction * p.feedback * (looks - p.reference))
            # No hazard can exceed this bound, so most ties need no more than one draw.
            if chance >= most * restless:
                continue
            t_i = trust_of(good[h], bad[h])
            t_j = trust_of(good_in[h], bad_in[h])
            hazard = (
                p.hazard
                * restless
                * np.exp(-p.by_strength * (np.float64(w[h]) - 0.4) - p.by_trust * (0.5 * (t_i + t_j) - 0.6))
            )
            # Nor can unwillingness do more than this, so few ties need the utilities.
            if chance >= hazard * (1.0 + p.unwilling):
                continue
            a = np.int64(i)
            b = np.int64(j)
            embedded = (
                elsewhere_trust(
                    a,
                    b,
                    ptr_a,
                    nbr_a,
                    good_a,
                    bad_a,
                    ptr_b,
                    nbr_b,
                    good_b,
                    bad_b,
                    ptr_c,
                    nbr_c,
                    good_c,
                    bad_c,
                )
                >= 0.0
            )
            shared = shared_partners(ptr, nbr, a, b)
            k_i = ptr[a + 1] - ptr[a] - 1
            k_j = ptr[b + 1] - ptr[b] - 1
            u_i = utility(a, b, t_i, shared, embedded, k_i, profile, x, y, sector, u)
            u_j = utility(b, a, t_j, shared, embedded, k_j, profile, x, y, sector, u)
            if embedded:
                hazard *= p.embedded
            hazard *= 1.0 + p.unwilling / (1.0 + np.exp(min(u_i, u_j) / 0.1))
            if chance < hazard:
                drop[h] = 1
