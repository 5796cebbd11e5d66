"""Sharing among partners of what some lack and others have to spare."""

import numpy as np
from numba import njit

from emergence.kernels.pairs import trust_of


@njit(cache=True, nogil=True)
def find_helpers(ptr, nbr, good_in, bad_in, trust, alike, need, spare):
    """Return who would help whom on the ties of one layer: rows of takers and givers, and the taker's half-edges.

    Parameters
    ----------
    trust : float
        A partner helps where its own trust is above this.
    alike : int[n]
        Only partners of the same code help.
    need, spare : float64[n]
        Above 0 for takers and givers.

    Returns
    -------
    int64[k], int64[k], int64[k]
        In the order of half-edges.
    """
    most = 0
    for i in range(need.size):
        if need[i] > 0.0:
            most += ptr[i + 1] - ptr[i]
    taker, giver, at, count = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64), 0
    for i in range(need.size):
        if need[i] > 0.0:
            for h in range(ptr[i], ptr[i + 1]):
                j = nbr[h]
                if alike[j] == alike[i] and spare[j] > 0.0 and trust_of(good_in[h], bad_in[h]) > trust:
                    taker[count], giver[count], at[count] = i, j, h
                    count += 1
    return taker[:count], giver[:count], at[:count]


@njit(cache=True, nogil=True)
def hand_over(taker, giver, need, spare, amount, given, taken):
    """Share once: each asks its partners by what they can spare, and who is asked for more serves all alike.

    Parameters
    ----------
    taker, giver : int64[k]
        From `find_helpers`.
    need, spare : float64[n]
        What is lacking and what can be spared; nobody gets or gives more.
    amount : float64[k]
        Added to: what passes.
    given, taken : float64[n]
        Added to.
    """
    total, asked = np.zeros(need.size), np.zeros(need.size)
    for k in range(taker.size):
        if need[taker[k]] > 0.0:
            total[taker[k]] += spare[giver[k]]
    for k in range(taker.size):
        i, j = taker[k], giver[k]
        if total[i] > 0.0 and spare[j] > 0.0:
            asked[j] += need[i] * (spare[j] / total[i])
    for k in range(taker.size):
        i, j = taker[k], giver[k]
        if total[i] > 0.0 and spare[j] > 0.0:
            passes = need[i] * (spare[j] / total[i]) * min(1.0, spare[j] / asked[j])
            amount[k] += passes
            taken[i] += passes
            given[j] += passes


@njit(cache=True, nogil=True)
def remember(lo, hi, ptr, nbr, moved, able, needy, gratitude, ingratitude, good, bad, good_in, bad_in, lent):
    """Let rows lo..hi remember on one layer who helped them, and who was helped before and did not help now.

    Parameters
    ----------
    moved : float64[m]
        EUR that this side gave less what it took this month.
    able, needy : bool[n]
        Who had cash to spare, and who was in need, as the month's aid began.
    lent : float32[m]
        What this side gave less what it took before; moved is added.
    """
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if moved[h] < 0.0:
                good[h] += gratitude
            elif needy[i] and able[j] and lent[h] > 0.0:
                bad[h] += ingratitude
            if moved[h] > 0.0:
                good_in[h] += gratitude
            elif needy[j] and able[i] and lent[h] < 0.0:
                bad_in[h] += ingratitude
            lent[h] += moved[h]
