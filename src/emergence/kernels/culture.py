"""Slow change of culture: towards partners, and towards the norm of one's sector."""

import numpy as np
from numba import njit

DIMENSIONS = 6


@njit(cache=True, nogil=True)
def update_culture(
    lo, hi, acculturation, conformity, sector, norm, ptr_a, nbr_a, w_a, ptr_b, nbr_b, w_b, before, culture
):
    """Let the culture of rows lo..hi move; `before` is everyone's as the month began, `culture` is written.

    Parameters
    ----------
    acculturation, conformity : float
        Share of the way to the mean of the partners, by strength of tie, and to the norm; at most 1 together.
    norm : float64[sectors, 6]
    before, culture : float32[n, 6]
    """
    mean = np.empty(DIMENSIONS)
    for i in range(lo, hi):
        total = 0.0
        mean[:] = 0.0
        for layer in range(2):
            ptr = ptr_a if layer == 0 else ptr_b
            nbr = nbr_a if layer == 0 else nbr_b
            w = w_a if layer == 0 else w_b
            for h in range(ptr[i], ptr[i + 1]):
                total += np.float64(w[h])
                for k in range(DIMENSIONS):
                    mean[k] += np.float64(w[h]) * np.float64(before[nbr[h], k])
        for k in range(DIMENSIONS):
            own = np.float64(before[i, k])
            moved = own + conformity * (norm[sector[i], k] - own)
            if total > 0.0:
                moved += acculturation * (mean[k] / total - own)
            culture[i, k] = min(max(moved, 0.0), 1.0)
