"""Hiding of knowledge between rivals who are partners, and know-how that leaks all the same."""

import numpy as np
from numba import njit

from emergence.kernels.groups import PROTECTION, common_group
from emergence.kernels.innovation import copy_segment
from emergence.kernels.landscape import practice_value, to_z
from emergence.kernels.pairs import gap, trust_of
from emergence.kernels.random import ROWS, below, draw4, draw_word, most_at_once, unit


@njit(cache=True, inline="always")
def unprotected(i, j, member_of, governance):
    """Return 1 less the protection of know-how in the first group that both firms belong to."""
    group = common_group(member_of, i, j)
    return 1.0 if group < 0 else 1.0 - governance[group, PROTECTION]


@njit(cache=True, nogil=True)
def mark_hidden(
    lo, hi, key, uid, closed, sector, profile, ptr, nbr, good_in, bad_in, member_of, governance, hiding, hidden
):
    """Mark in `hidden` (uint8 per half-edge) where the partner hides from rows lo..hi what it knows.

    A partner j hides from i of the same sector with the chance hiding x closed_j x (1 - distance of
    knowledge) x (1 - j's trust in i) x (1 - protection of their group), at most 1.

    Parameters
    ----------
    closed : float64[n]
        How protective each firm is, 0 to 1.
    """
    room = most_at_once(lo, hi, ptr)
    at, row, word = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint32)
    hider, seeker = np.empty(room, np.int64), np.empty(room, np.int64)
    for first in range(lo, hi, ROWS):
        count = 0
        for i in range(first, min(hi, first + ROWS)):
            for h in range(ptr[i], ptr[i + 1]):
                hidden[h] = 0
                at[count], row[count], hider[count], seeker[count] = h, i, uid[nbr[h]], uid[i]
                count += sector[i] == sector[nbr[h]]  # one of another sector is written over by the next
        draw_word(key, hider[:count], seeker[:count], word)
        for k in range(count):
            h, i = at[k], row[k]
            j, draw = np.int64(nbr[h]), unit(word[k])
            chance = hiding * closed[j] * (1.0 - trust_of(good_in[h], bad_in[h]))
            # Knowledge and groups are looked up only where it matters: they can but lower the chance.
            if draw < chance:
                chance *= (1.0 - gap(profile, i, j, 0, 5)) * unprotected(i, j, member_of, governance)
                hidden[h] = 1 if draw < chance else 0


@njit(cache=True, inline="always")
def leaking(i, source, lowest, key, uid, closed, sector, ptr, nbr, member_of, governance, rate):
    """Return the partner of the lowest draw from which know-how leaks to `i`, and that draw."""
    for h in range(ptr[i], ptr[i + 1]):
        j = np.int64(nbr[h])
        if sector[i] != sector[j]:
            continue
        draw = unit(draw4(key, uid[j], uid[i])[0])
        chance = rate * (1.0 - closed[j])
        if draw < lowest and draw < chance and draw < chance * unprotected(i, j, member_of, governance):
            source = j
            lowest = draw
    return source, lowest


@njit(cache=True, nogil=True)
def leak_practices(
    lo, hi, key, uid, closed, sector, practice, z, landscape, ptr_a, nbr_a, ptr_b, nbr_b, member_of, governance,
    rate, shortest, longest, bits, new_practice, new_z, source,
):  # fmt: skip
    """Let a routine of a partner of the same sector leak to rows lo..hi; it is used where it improves.

    Parameters
    ----------
    rate : float
        Chance that a routine of a wholly open, unprotected rival leaks.
    shortest, longest, bits : int
        Length of routines and of practices.

    Written: `new_practice`, `new_z`, `source` (row that it leaked from, -1 where nothing was used).
    """
    for i in range(lo, hi):
        new_practice[i] = practice[i]
        new_z[i] = z[i]
        source[i] = -1
        j = np.int64(-1)
        lowest = 1.0
        j, lowest = leaking(i, j, lowest, key, uid, closed, sector, ptr_a, nbr_a, member_of, governance, rate)
        j, lowest = leaking(i, j, lowest, key, uid, closed, sector, ptr_b, nbr_b, member_of, governance, rate)
        if j < 0:
            continue
        words = draw4(key, uid[j], uid[i])
        length = shortest + below(words[2], longest - shortest + 1)
        candidate = copy_segment(practice[i], practice[j], below(words[1], bits), length, bits)
        value = to_z(practice_value(candidate, landscape[sector[i]]))
        if value > z[i]:
            new_practice[i] = candidate
            new_z[i] = value
            source[i] = j
