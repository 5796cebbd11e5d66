"""Volume that partners pool."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def pool_partners(lo, hi, ptr, nbr, w, strength, volume, best):
    """Raise `best` (float64[n]) of rows lo..hi to their own volume plus that of partners on ties above `strength`."""
    for i in range(lo, hi):
        pool = volume[i]
        for h in range(ptr[i], ptr[i + 1]):
            if np.float64(w[h]) > strength:
                pool += volume[nbr[h]]
        best[i] = max(best[i], pool)
