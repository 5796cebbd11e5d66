"""Rivalry for rank on a platform, as partners feel it."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def strain_ties(lo, hi, strain, sector, platforms, share, ptr, nbr, bad, bad_in):
    """Add to the bad experience on ties of rows lo..hi between two firms of one sector on the same platform.

    Parameters
    ----------
    strain : float
        Bad experience a month if both sell on nothing but the platform.
    platforms : uint8[n]
        Platforms that each firm sells on, as bits.
    share : float64[n]
        Share of each firm's demand that comes through platforms.
    bad, bad_in : float32[half-edges]
        Written, alike for both sides.
    """
    for i in range(lo, hi):
        if platforms[i] == 0:
            continue
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if sector[i] == sector[j] and platforms[i] & platforms[j]:
                more = np.float32(strain * (share[i] * share[j]))
                bad[h] += more
                bad_in[h] += more
