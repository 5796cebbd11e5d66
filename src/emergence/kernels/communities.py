"""Local moving of the Louvain method (Blondel et al. 2008) on half-edge CSR."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def move_locally(ptr, nbr, weight, outward, inward, unit, passes):
    """Move nodes to the neighbouring community that raises modularity most, until none moves.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Half-edges; an edge of a node to itself stands once, with twice its weight.
    weight : float64[m]
        Of the order of 1, so that gains below 1e-12 are noise; for a directed graph the weights there and back
        added up.
    outward, inward : float64[n]
        Out- and in-strength of each node; for an undirected graph both are its strength.
    unit : float
        1 / sum of weights for a directed graph, half of 1 / sum over half-edges for an undirected one.
    passes : int
        At most so many rounds over all nodes.

    Returns
    -------
    int64[n]
        Community of each node, named after one of its nodes. Nodes move in the order of their rows and
        ties go to the lowest name, so the same graph gives the same communities.

    Notes
    -----
    A node in c gains inside(c) - (out x total in(c) + in x total out(c)) unit (Leicht and Newman 2008); with both
    strengths the same that is the gain of Blondel et al.
    """
    n = ptr.size - 1
    community = np.arange(n)
    total_out = outward.copy()
    total_in = inward.copy()
    inside = np.zeros(n)
    touched = np.empty(n, np.int64)
    for _ in range(passes):
        moved = 0
        for i in range(n):
            count = 0
            for h in range(ptr[i], ptr[i + 1]):
                if nbr[h] != i:
                    c = community[nbr[h]]
                    if inside[c] == 0.0:
                        touched[count] = c
                        count += 1
                    inside[c] += weight[h]
            own = community[i]
            total_out[own] -= outward[i]
            total_in[own] -= inward[i]
            best = own
            most = inside[own] - (total_in[own] * outward[i] + total_out[own] * inward[i]) * unit
            for k in range(count):
                c = touched[k]
                gain = inside[c] - (total_in[c] * outward[i] + total_out[c] * inward[i]) * unit
                if gain > most + 1e-12 or (gain > most - 1e-12 and best != own and c < best):
                    most = gain
                    best = c
                inside[c] = 0.0
            inside[own] = 0.0
            total_out[best] += outward[i]
            total_in[best] += inward[i]
            if best != own:
                community[i] = best
                moved += 1
        if moved == 0:
            break
    return community
