"""Local moving of the Louvain method (Blondel et al. 2008) on half-edge CSR."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def move_locally(ptr, nbr, weight, passes):
    """Move nodes to the neighbouring community that raises modularity most, until none moves.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Half-edges; an edge of a node to itself stands once, with twice its weight.
    weight : float64[m]
    passes : int
        At most so many rounds over all nodes.

    Returns
    -------
    int64[n]
        Community of each node, named after one of its nodes. Nodes move in the order of their rows and
        ties go to the lowest name, so the same graph gives the same communities.
    """
    n = ptr.size - 1
    strength = np.zeros(n)
    for i in range(n):
        for h in range(ptr[i], ptr[i + 1]):
            strength[i] += weight[h]
    whole = strength.sum()
    community = np.arange(n)
    total = strength.copy()
    inward = np.zeros(n)
    touched = np.empty(n, np.int64)
    if whole == 0.0:
        return community
    for _ in range(passes):
        moved = 0
        for i in range(n):
            count = 0
            for h in range(ptr[i], ptr[i + 1]):
                if nbr[h] != i:
                    c = community[nbr[h]]
                    if inward[c] == 0.0:
                        touched[count] = c
                        count += 1
                    inward[c] += weight[h]
            own = community[i]
            total[own] -= strength[i]
            best = own
            most = inward[own] - total[own] * strength[i] / whole
            for k in range(count):
                c = touched[k]
                gain = inward[c] - total[c] * strength[i] / whole
                if gain > most + 1e-12 or (gain > most - 1e-12 and best != own and c < best):
                    most = gain
                    best = c
                inward[c] = 0.0
            inward[own] = 0.0
            total[best] += strength[i]
            if best != own:
                community[i] = best
                moved += 1
        if moved == 0:
            break
    return community
