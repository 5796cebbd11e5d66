"""Constraint and effective size (Burt 1992) from one walk over all triangles."""

import numpy as np
from numba import njit

from emergence.kernels.shape import uphill


@njit(cache=True, nogil=True)
def mates(ptr, nbr):
    """Return the position of the other end of each half-edge, int64[m]; rows are sorted by partner."""
    place = ptr[:-1].copy()
    mate = np.empty(nbr.size, np.int64)
    for i in range(ptr.size - 1):
        for h in range(ptr[i], ptr[i + 1]):
            # Rows come in order, so the rows that name j come in the order of j's own row.
            mate[h] = place[nbr[h]]
            place[nbr[h]] += 1
    return mate


@njit(cache=True, nogil=True)
def shares(ptr, weight):
    """Return each half-edge's share of its row's sum, and its ratio to its row's largest, float64[m] each."""
    share = np.empty(weight.size)
    ratio = np.empty(weight.size)
    for i in range(ptr.size - 1):
        total = 0.0
        most = 0.0
        for h in range(ptr[i], ptr[i + 1]):
            total += weight[h]
            most = max(most, weight[h])
        for h in range(ptr[i], ptr[i + 1]):
            share[h] = weight[h] / total
            ratio[h] = weight[h] / most
    return share, ratio


@njit(cache=True, nogil=True)
def brokerage(ptr, nbr, weight):
    """Return constraint and effective size of each node.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Undirected, rows sorted by partner.
    weight : float64[m]
        Above 0, the same at both ends.

    Returns
    -------
    float64[n], float64[n]
        NaN for nodes without partners.

    Notes
    -----
    What j and q mean to i arises in triangles only, so triangles are walked once and each of their three
    corners is served for both of its sides.
    """
    n = ptr.size - 1
    p, r = shares(ptr, weight)
    mate = mates(ptr, nbr)
    up_ptr, up, at = uphill(ptr, nbr)
    around = np.zeros(nbr.size)
    redundant = np.zeros(n)
    mark = np.full(n, -1, np.int32)
    side = np.empty(n, np.int64)
    for u in range(n):
        for h in range(up_ptr[u], up_ptr[u + 1]):
            mark[up[h]] = u
            side[up[h]] = at[h]
        for h in range(up_ptr[u], up_ptr[u + 1]):
            v = up[h]
            for g in range(up_ptr[v], up_ptr[v + 1]):
                w = up[g]
                if mark[w] != u:
                    continue
                uv = at[h]
                uw = side[w]
                vw = at[g]
                vu = mate[uv]
                wu = mate[uw]
                wv = mate[vw]
                around[uv] += p[uw] * p[wv]
                around[uw] += p[uv] * p[vw]
                around[vu] += p[vw] * p[wu]
                around[vw] += p[vu] * p[uw]
                around[wu] += p[wv] * p[vu]
                around[wv] += p[wu] * p[uv]
                redundant[u] += p[uw] * r[vw] + p[uv] * r[wv]
                redundant[v] += p[vw] * r[uw] + p[vu] * r[wu]
                redundant[w] += p[wv] * r[uv] + p[wu] * r[vu]
    hold = np.full(n, np.nan)
    size = np.full(n, np.nan)
    for i in range(n):
        if ptr[i + 1] > ptr[i]:
            total = 0.0
            for h in range(ptr[i], ptr[i + 1]):
                total += (p[h] + around[h]) ** 2
            hold[i] = total
            size[i] = ptr[i + 1] - ptr[i] - redundant[i]
    return hold, size
