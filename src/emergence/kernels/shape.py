"""Components and clustering on half-edge CSR."""

import numpy as np
from numba import njit

from emergence.kernels.graph import common


@njit(cache=True, nogil=True)
def component_labels(ptr, nbr):
    """Return a label per firm (the lowest row of its component), int32[n], by union-find."""
    n = ptr.size - 1
    parent = np.arange(n).astype(np.int32)
    for i in range(n):
        for h in range(ptr[i], ptr[i + 1]):
            a = i
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            b = nbr[h]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            if a < b:
                parent[b] = a
            elif b < a:
                parent[a] = b
    for i in range(n):
        a = i
        while parent[a] != a:
            a = parent[a]
        parent[i] = a
    return parent


@njit(cache=True, nogil=True)
def mean_clustering(ptr, nbr):
    """Return the mean local clustering coefficient (Watts and Strogatz 1998), 0 where degree < 2."""
    n = ptr.size - 1
    total = 0.0
    for i in range(n):
        k = ptr[i + 1] - ptr[i]
        if k < 2:
            continue
        links = 0
        for h in range(ptr[i], ptr[i + 1]):
            links += common(ptr, nbr, i, nbr[h])
        total += links / (k * (k - 1.0))
    return total / n if n else 0.0
