"""Whom a group brings together: what adds most to a member, and ways round a firm on which others hang."""

import numpy as np
from numba import njit

from emergence.kernels.graph import find


@njit(cache=True, nogil=True)
def most_complementary(skills, ties, who, members):
    """Return for each firm a member that knows what it does not, int64[k]; itself if there is no other.

    The one with the greatest sum of leads in skills over 1 + its ties, those of firms before in `who` included:
    whoever knows most would else be tied to all, and become a hub on which they hang.

    Parameters
    ----------
    skills : float32[n, skills]
    ties : int64[n]
    who : int64[k]
        Rows.
    members : int64[m]
        Rows; of equals the first is taken.
    """
    load = 1.0 + ties
    best = who.copy()
    for k in range(who.size):
        most = -1.0
        for j in members:
            if j == who[k]:
                continue
            more = 0.0
            for s in range(skills.shape[1]):
                more += max(np.float64(skills[j, s]) - np.float64(skills[who[k], s]), 0.0)
            if more / load[j] > most:
                most = more / load[j]
                best[k] = j
        load[best[k]] += 1.0
    return best


@njit(cache=True, nogil=True)
def detours(ptr, nbr, nodes):
    """Return for each node two partners of it that have no tie, int64[k, 2]; the node itself twice for none.

    One is the partner with the fewest ties that is not tied to all the others, as it has most to lose; the
    other, among those without a tie to it, the one with the most, as it leads furthest. Equals go by row.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Half-edges, rows sorted.
    nodes : int64[k]
    """
    pairs = np.empty((nodes.size, 2), np.int64)
    for k in range(nodes.size):
        x = nodes[k]
        pairs[k] = x
        row = nbr[ptr[x] : ptr[x + 1]]
        order = np.argsort(ptr[row + 1] - ptr[row], kind="mergesort")
        found = False
        for a in range(row.size):
            for b in range(row.size - 1, a, -1):
                if find(ptr, nbr, row[order[a]], row[order[b]]) < 0:
                    pairs[k, 0] = row[order[a]]
                    pairs[k, 1] = row[order[b]]
                    found = True
                    break
            if found:
                break
    return pairs


@njit(cache=True, nogil=True)
def tied(ptr, nbr, a, b):
    """Return whether there is a tie between rows a[k] and b[k], bool[k]."""
    out = np.empty(a.size, np.bool_)
    for k in range(a.size):
        out[k] = find(ptr, nbr, a[k], b[k]) >= 0
    return out
