"""Crowding: how far a firm's practice is that of the others in its sector."""

import numpy as np
from numba import njit

ONE = np.uint64(1)


@njit(cache=True, nogil=True)
def weigh_bits(practice, sector, size, niche, mass):
    """Write the size of each sector, `mass` (float64[sectors]), and of its firms that have each bit, `niche`.

    Parameters
    ----------
    niche : float64[sectors, bits]
        Written.
    """
    niche[:, :] = 0.0
    mass[:] = 0.0
    for i in range(practice.size):
        s = sector[i]
        mass[s] += size[i]
        for b in range(niche.shape[1]):
            if (practice[i] >> np.uint64(b)) & ONE:
                niche[s, b] += size[i]


@njit(cache=True)
def overlap(candidate, own, size, niche, mass):
    """Return the share of bits that a practice has in common with the others of its sector, by their size.

    Parameters
    ----------
    candidate, own : uint64
        The practice in question, and the one with which the firm itself was weighed.
    size, mass : float
        Of the firm, and of its sector.
    niche : float64[bits]
        Size of the sector's firms that have each bit.
    """
    others = mass - size
    if others <= 1e-9 * mass:
        return 0.0
    total = 0.0
    for b in range(niche.size):
        bit = np.uint64(b)
        have = niche[b] - (size if (own >> bit) & ONE else 0.0)
        total += have if (candidate >> bit) & ONE else others - have
    return min(max(total / (others * niche.size), 0.0), 1.0)


@njit(cache=True, nogil=True)
def fill_overlaps(lo, hi, practice, sector, size, niche, mass, out):
    """Write the overlap of rows lo..hi with the others of their sector."""
    for i in range(lo, hi):
        out[i] = overlap(practice[i], practice[i], size[i], niche[sector[i]], mass[sector[i]])
