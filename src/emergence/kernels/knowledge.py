"""Skills move along ties whose joint project succeeded."""

import numpy as np
from numba import njit

from emergence.kernels.pairs import trust_of
from emergence.kernels.work import SUCCESS


@njit(cache=True, nogil=True)
def update_skills(
    lo,
    hi,
    absorption,
    forgetting,
    barter,
    absorptive,
    ptr,
    nbr,
    w,
    good,
    bad,
    outcome,
    hidden,
    profile,
    aside,
    base,
    skills,
    learnt,
):
    """Let rows lo..hi learn the skill in which each partner is most ahead.

    `hidden` (uint8 per half-edge, or empty) marks partners who teach nothing; `profile` holds everyone's
    skills as the month began; `skills` (float32[n, 5]) is written, and so is `learnt` (float64 per half-edge, or
    empty), the skill points that each partner brought.
    """
    for i in range(lo, hi):
        for k in range(5):
            skills[i, k] = profile[i, k] + np.float32(forgetting) * (base[i, k] - profile[i, k])
        for h in range(ptr[i], ptr[i + 1]):
            if outcome[h] != SUCCESS or (hidden.size > 0 and hidden[h]):
                continue
            j = np.int64(nbr[h])
            best = 0
            most = -1.0
            least = 1.0
            for k in range(5):
                d = np.float64(profile[j, k]) - np.float64(profile[i, k])
                if d > most:
                    most = d
                    best = k
                least = min(least, d)
            # Barter: the partner must also have something to learn.
            if most > 0.0 and (not barter or least < 0.0):
                attention = min(np.float64(aside[i, 0]), np.float64(aside[j, 0]))
                share = absorption * absorptive[i] * np.float64(w[h]) * trust_of(good[h], bad[h]) * attention
                before = np.float64(skills[i, best])
                skills[i, best] = min(1.0, before + share * most)
                if learnt.size > 0:
                    learnt[h] = np.float64(skills[i, best]) - before
