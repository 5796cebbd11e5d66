"""Practices: copied by routines, recombined, mutated; and the registry of all that were ever used."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.landscape import ONE, practice_value, to_z
from emergence.kernels.random import below, draw4, unit
from emergence.kernels.rivalry import overlap

KEPT, COPIED, RECOMBINED, FLIPPED = 0, 1, 2, 3


class InnovationParams(NamedTuple):
    """See `config.Innovation`."""

    tries: float
    copy: float
    recombine: float
    shortest: float
    longest: float
    seeing: float
    temperature: float
    differentiation: float
    bits: float


@njit(cache=True, inline="always")
def partner_at(i, place, ptr_a, nbr_a, ptr_b, nbr_b):
    """Return the partner at a place in the joined lists of two layers."""
    k = ptr_a[i + 1] - ptr_a[i]
    if place < k:
        return np.int64(nbr_a[ptr_a[i] + place])
    return np.int64(nbr_b[ptr_b[i] + place - k])


@njit(cache=True, inline="always")
def hides(i, place, ptr_a, hidden_a, ptr_b, hidden_b):
    """Tell whether the partner at a place hides from i; empty arrays mean that nobody does."""
    k = ptr_a[i + 1] - ptr_a[i]
    if place < k:
        return hidden_a.size > 0 and hidden_a[ptr_a[i] + place] > 0
    return hidden_b.size > 0 and hidden_b[ptr_b[i] + place - k] > 0


@njit(cache=True)
def room(candidate, own, size, niche, mass):
    """Return by how much less a candidate overlaps with the sector's others than the present practice."""
    return overlap(own, own, size, niche, mass) - overlap(candidate, own, size, niche, mass)


@njit(cache=True)
def copy_segment(practice, source, start, length, bits):
    """Return `practice` with a contiguous segment, on a ring of so many bits, taken from `source`."""
    for step in range(length):
        bit = ONE << np.uint64((start + step) % bits)
        practice = (practice & ~bit) | (source & bit)
    return practice


@njit(cache=True, nogil=True)
def make_practices(
    lo, hi, key, uid, sector, practice, z, drive, explore, standard, follow, landscape,
    ptr_a, nbr_a, ptr_b, nbr_b, hidden_a, hidden_b, size, niche, mass, p, new_practice, new_z, how, source, tried,
):  # fmt: skip
    """Let rows lo..hi try a new practice; `practice` and `z` are as the month began.

    `hidden_a`, `hidden_b` (uint8 per half-edge, or empty) mark partners who hide; `niche` and `mass` (see
    `kernels.rivalry`) are read where firms differentiate; `standard` (uint64[n]) is the practice that is
    proclaimed to each firm, `follow` (float64[n]) the share of copying that follows it.

    Written: `new_practice`, `new_z`, `how` (KEPT, COPIED, ...), `source` (row or -1), `tried` (0/1).
    """
    bits = np.int64(p.bits)
    for i in range(lo, hi):
        new_practice[i] = practice[i]
        new_z[i] = z[i]
        how[i] = KEPT
        source[i] = -1
        tried[i] = 0
        words = draw4(key, uid[i], 0)
        if unit(words[0]) >= p.tries * drive[i]:
            continue
        tried[i] = 1
        table = landscape[sector[i]]
        k = ptr_a[i + 1] - ptr_a[i] + ptr_b[i + 1] - ptr_b[i]
        mode = unit(words[1])
        more = draw4(key, uid[i], 1)
        flips = draw4(key, uid[i], 2)
        start = below(words[2], bits)
        length = np.int64(p.shortest) + below(words[3], np.int64(p.longest) - np.int64(p.shortest) + 1)
        candidate = practice[i]
        if k > 0 and mode < p.copy:
            if unit(more[0]) < follow[i]:
                other = standard[i]
            elif unit(more[1]) < p.seeing:
                source[i] = best_partner(i, k, table, practice, ptr_a, nbr_a, ptr_b, nbr_b, hidden_a, hidden_b)
                other = practice[source[i] if source[i] >= 0 else i]
            else:
                place = below(more[2], k)
                if not hides(i, place, ptr_a, hidden_a, ptr_b, hidden_b):
                    source[i] = partner_at(i, place, ptr_a, nbr_a, ptr_b, nbr_b)
                other = practice[source[i] if source[i] >= 0 else i]
            candidate = copy_segment(practice[i], other, start, length, bits)
            how[i] = COPIED
        elif k > 1 and mode < p.copy + p.recombine:
            first = below(more[1], k)
            second = (first + 1 + below(more[2], k - 1)) % k
            if not hides(i, first, ptr_a, hidden_a, ptr_b, hidden_b):
                source[i] = partner_at(i, first, ptr_a, nbr_a, ptr_b, nbr_b)
                candidate = copy_segment(practice[i], practice[source[i]], start, length, bits)
            if not hides(i, second, ptr_a, hidden_a, ptr_b, hidden_b):
                other = practice[partner_at(i, second, ptr_a, nbr_a, ptr_b, nbr_b)]
                candidate = copy_segment(candidate, other, (start + length) % bits, length, bits)
            how[i] = RECOMBINED
        value = z[i]
        if how[i] != KEPT:
            value = to_z(practice_value(candidate, table))
        better = value > z[i]
        if how[i] != KEPT and p.differentiation > 0.0:
            gained = p.differentiation * room(candidate, practice[i], size[i], niche[sector[i]], mass[sector[i]])
            better = value + gained > z[i]
        if how[i] == KEPT or not better:
            # A copy that does not improve is followed by an experiment of one's own.
            candidate = practice[i] ^ (ONE << np.uint64(below(flips[0], bits)))
            value = to_z(practice_value(candidate, table))
            how[i] = FLIPPED
            source[i] = -1
        worse = z[i] - value
        if p.differentiation > 0.0:
            worse -= p.differentiation * room(candidate, practice[i], size[i], niche[sector[i]], mass[sector[i]])
        if worse < 0.0 or (p.temperature > 0.0 and unit(flips[1]) < np.exp(-worse / (p.temperature * explore[i]))):
            new_practice[i] = candidate
            new_z[i] = value
        else:
            how[i] = KEPT
            source[i] = -1


@njit(cache=True)
def best_partner(i, k, table, practice, ptr_a, nbr_a, ptr_b, nbr_b, hidden_a, hidden_b):
    """Return the partner whose practice is worth most on i's own landscape, -1 if all hide."""
    best = np.int64(-1)
    most = -1.0
    for place in range(k):
        if hides(i, place, ptr_a, hidden_a, ptr_b, hidden_b):
            continue
        j = partner_at(i, place, ptr_a, nbr_a, ptr_b, nbr_b)
        value = practice_value(practice[j], table)
        if value > most:
            most = value
            best = j
    return best


@njit(cache=True, inline="always")
def home(practice, capacity):
    """Return where the search for a practice begins in an open table of a power-of-two capacity."""
    mixed = (practice ^ (practice >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((mixed >> np.uint64(20)) & np.uint64(capacity - 1))


@njit(cache=True)
def look_up(practice, keys):
    """Return where a practice stands in the table, or the free place where it would stand."""
    wanted = practice + ONE
    at = home(practice, keys.size)
    while keys[at] != 0 and keys[at] != wanted:
        at = (at + 1) & (keys.size - 1)
    return at


@njit(cache=True, nogil=True)
def register(practices, step, keys, first, adoptions, is_new):
    """Enter practices into the open hash table (keys are practice + 1, 0 is free), in place.

    Parameters
    ----------
    practices : uint64[k]
    step : int
        Month; 0 for what founders bring.
    keys, first, adoptions : uint64[c], int32[c], int32[c]
        The table; c is a power of two, at least 4/3 of what it will hold.
    is_new : uint8[k]
        Written: 1 for a practice never used before.

    Returns
    -------
    int
        New practices.
    """
    added = 0
    for k in range(practices.size):
        at = look_up(practices[k], keys)
        is_new[k] = 0
        if keys[at] == 0:
            keys[at] = practices[k] + ONE
            first[at] = step
            is_new[k] = 1
            added += 1
    return added


@njit(cache=True, nogil=True)
def adopt(practices, step, keys, first, adoptions, first_taken, spread):
    """Count an adoption of each practice; mark innovations that are taken over for the first time.

    `spread` (int64[lags]) counts adoptions of innovations by the months since their first use.
    """
    for k in range(practices.size):
        at = look_up(practices[k], keys)
        if keys[at] == 0:
            continue
        adoptions[at] += 1
        first_taken[k] = 1 if adoptions[at] == 1 and first[at] > 0 else 0
        if first[at] > 0:
            spread[min(np.int64(step - first[at]), spread.size - 1)] += 1


@njit(cache=True, inline="always")
def bits_set(word):
    """Return how many bits of a uint64 are set."""
    x = word - ((word >> ONE) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def nearest(practices, used, out):
    """Write the least number of bits in which each practice differs from any other one in use.

    Parameters
    ----------
    practices : uint64[k]
    used : uint64[m]
        Distinct practices in use.
    out : uint8[k]
        Written: 1 to 64, or 64 where there is no other.
    """
    for k in range(practices.size):
        least = 64
        for other in used:
            apart = bits_set(practices[k] ^ other)
            if 0 < apart < least:
                least = apart
        out[k] = least


@njit(cache=True, nogil=True)
def rehash(keys, first, adoptions, new_keys, new_first, new_adoptions):
    """Move the table into a larger one."""
    for k in range(keys.size):
        if keys[k] != 0:
            at = look_up(keys[k] - ONE, new_keys)
            new_keys[at] = keys[k]
            new_first[at] = first[k]
            new_adoptions[at] = adoptions[k]
