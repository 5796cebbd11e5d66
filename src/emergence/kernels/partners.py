"""What a firm's partners have, and what firms pool with each other."""

import numpy as np
from numba import njit

from emergence.kernels.graph import find
from emergence.kernels.pairs import trust_of


@njit(cache=True, nogil=True)
def add_partners(lo, hi, level, ptr_a, nbr_a, ptr_b, nbr_b, total):
    """Write the sum of a column over the partners of rows lo..hi in two layers; a partner in both counts twice.

    Parameters
    ----------
    level : float64[n]
    total : float64[n]
        Written.
    """
    for i in range(lo, hi):
        total[i] = 0.0
        for h in range(ptr_a[i], ptr_a[i + 1]):
            total[i] += level[nbr_a[h]]
        for h in range(ptr_b[i], ptr_b[i + 1]):
            total[i] += level[nbr_b[h]]


@njit(cache=True, inline="always")
def trusted(h, good, bad, good_in, bad_in, threshold):
    """Tell whether both sides of a tie trust each other at least so far."""
    return trust_of(good[h], bad[h]) >= threshold and trust_of(good_in[h], bad_in[h]) >= threshold


@njit(cache=True, inline="always")
def belongs(member_of, i, group):
    """Tell whether a firm belongs to a group (a row of the groups)."""
    for slot in range(member_of.shape[1]):
        if member_of[i, slot] == group:
            return True
    return False


@njit(cache=True, nogil=True)
def pool_volumes(
    lo, hi, asked, shares, volume, threshold, member_of, of_group,
    ptr_a, nbr_a, good_a, bad_a, good_in_a, bad_in_a, ptr_b, nbr_b, good_b, bad_b, good_in_b, bad_in_b, pooled,
):  # fmt: skip
    """Write what others share with each firm of rows lo..hi.

    Parameters
    ----------
    asked : bool[n]
        Of whom it is asked; the others get 0.
    shares : bool[n]
        Who shares data at all; the others are told what they would get if they did.
    volume : float64[n]
        What each has to share.
    threshold : float
        Trust each way from which partners share.
    member_of : int32[n, slots]
        Groups of each firm.
    of_group : float64[groups]
        Volume of all that share in each group; 0 where members do not.
    pooled : float64[n]
        Written, in the unit of volume.

    Notes
    -----
    Of several groups the one with the most data counts; its members are not counted again as partners, nor is
    a partner in both layers.
    """
    for i in range(lo, hi):
        pooled[i] = 0.0
        if not asked[i]:
            continue
        group, total = np.int64(-1), 0.0
        own = volume[i] if shares[i] else 0.0
        for slot in range(member_of.shape[1]):
            other = np.int64(member_of[i, slot])
            if other >= 0 and of_group[other] - own > total:
                group, total = other, of_group[other] - own
        for h in range(ptr_a[i], ptr_a[i + 1]):
            j = nbr_a[h]
            if shares[j] and trusted(h, good_a, bad_a, good_in_a, bad_in_a, threshold):
                if group < 0 or not belongs(member_of, j, group):
                    total += volume[j]
        for h in range(ptr_b[i], ptr_b[i + 1]):
            j = nbr_b[h]
            if shares[j] and trusted(h, good_b, bad_b, good_in_b, bad_in_b, threshold):
                if group < 0 or not belongs(member_of, j, group):
                    also = find(ptr_a, nbr_a, i, j)
                    if also < 0 or not trusted(also, good_a, bad_a, good_in_a, bad_in_a, threshold):
                        total += volume[j]
        pooled[i] = total
