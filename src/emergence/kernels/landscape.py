"""NK landscapes on a ring: locus i depends on loci i..i+K (Kauffman 1993)."""

import numpy as np
from numba import njit

from emergence.kernels.random import draw4, draw_word, unit

BITS = 48
ONE = np.uint64(1)
FULL = (ONE << np.uint64(BITS)) - ONE


@njit(cache=True)
def practice_value(practice, table):
    """Return the mean contribution of a practice on one landscape.

    Parameters
    ----------
    practice : uint64
    table : float64[48, 2**(K + 1)], or float64[1, 2**N]
        One row a locus; a single row is a whole landscape of N bits, listed.
    """
    if table.shape[0] == 1:
        return table[0, np.int64(practice & np.uint64(table.shape[1] - 1))]
    width = 0
    while (1 << width) < table.shape[1]:
        width += 1
    mask = np.uint64(table.shape[1] - 1)
    n = np.uint64(BITS)
    # The first bits once more on top, so that a window never wraps; 48 + 12 bits fit into 64.
    low = practice & ((ONE << np.uint64(64 - BITS)) - ONE)
    ring = practice | (low << n)
    total = 0.0
    for i in range(BITS):
        total += table[i, np.int64((ring >> np.uint64(i)) & mask)]
    return total / BITS


@njit(cache=True)
def to_z(value):
    """Standardise: z = (f - .5)/sqrt(1/(12 N)) (mean and spread of a uniform entry)."""
    return (value - 0.5) * np.sqrt(12.0 * BITS)


@njit(cache=True, nogil=True)
def update_z(lo, hi, practice, sector, landscape, z):
    """Value the practices of rows lo..hi on their sectors' landscapes."""
    for i in range(lo, hi):
        z[i] = to_z(practice_value(practice[i], landscape[sector[i]]))


@njit(cache=True, nogil=True)
def mark_own_entries(key, correlation, own):
    """Mark in `own` (bool[sectors, bits, entries]) the entries that a sector has for itself, for good.

    An entry is common to all sectors with probability `correlation`, decided by its place.
    """
    sectors, bits, entries = own.shape
    for s in range(sectors):
        for b in range(bits):
            for e in range(entries):
                own[s, b, e] = unit(draw4(key, b * entries + e, s)[0]) >= correlation


@njit(cache=True, nogil=True)
def share_entries(before, after, landscape):
    """Let sectors take over the common value of entries that were their own and are no longer, in place.

    Parameters
    ----------
    before, after : bool[sectors, bits, entries]
        From `mark_own_entries`, the second at a higher correlation. The common value is that of the first
        sector that had it in common; where none had, that of the first one that has now.
    """
    sectors, bits, entries = landscape.shape
    for b in range(bits):
        for e in range(entries):
            first = -1
            for s in range(sectors):
                if not before[s, b, e]:
                    first = s
                    break
            for s in range(sectors):
                if before[s, b, e] and not after[s, b, e]:
                    if first < 0:
                        first = s
                    landscape[s, b, e] = landscape[first, b, e]


@njit(cache=True, nogil=True)
def redraw_entries(key, share, place, whose, own, landscape):
    """Redraw a share of some of the landscapes' entries, in place.

    Parameters
    ----------
    place, whose : int64[k]
        Entries (bit x entries + entry) and the sector of each, -1 for all sectors that have it in common. A shift
        in one sector parts its entries from the others' until they are redrawn for all.
    own : bool[sectors, bits, entries]
        From `mark_own_entries`; the other entries are common to all sectors.
    landscape : float64[sectors, bits, entries]
    """
    sectors, _, entries = landscape.shape
    word = np.empty(place.size, np.uint32)
    draw_word(key, place, whose, word)
    for k in range(place.size):
        if unit(word[k]) < share:
            b, e = place[k] // entries, place[k] % entries
            value = unit(draw4(key, place[k], whose[k])[1])
            if whose[k] >= 0:
                landscape[whose[k], b, e] = value
            else:
                for s in range(sectors):
                    if not own[s, b, e]:
                        landscape[s, b, e] = value
