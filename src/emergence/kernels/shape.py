"""Rows, components, triangles and cores of graphs in CSR.

Where nothing else is said a graph is undirected: each edge stands at both ends, rows are sorted by partner,
no partner stands twice in a row and none is the owner itself.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def rows_are_clean(ptr, nbr):
    """Tell whether every row is sorted by partner, without repeats and without the owner itself."""
    for i in range(ptr.size - 1):
        for h in range(ptr[i], ptr[i + 1]):
            if nbr[h] == i or (h > ptr[i] and nbr[h] <= nbr[h - 1]):
                return False
    return True


@njit(cache=True, nogil=True)
def transposed(ptr, nbr, weight):
    """Return the CSR of the reversed edges, its rows sorted; repeats keep their order.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Rows in any order.
    weight : float64[m]

    Returns
    -------
    int64[n + 1], int32[m], float64[m]
    """
    n = ptr.size - 1
    new_ptr = np.zeros(n + 1, np.int64)
    new_nbr = np.empty(nbr.size, np.int32)
    new_weight = np.empty(nbr.size)
    for h in range(nbr.size):
        new_ptr[nbr[h] + 1] += 1
    for i in range(n):
        new_ptr[i + 1] += new_ptr[i]
    place = new_ptr[:-1].copy()
    for i in range(n):
        for h in range(ptr[i], ptr[i + 1]):
            at = place[nbr[h]]
            new_nbr[at] = i
            new_weight[at] = weight[h]
            place[nbr[h]] += 1
    return new_ptr, new_nbr, new_weight


@njit(cache=True, nogil=True)
def merged(ptr, nbr, weight):
    """Return sorted rows without repeats (their weights add up, in order) and without edges to oneself.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Rows sorted by partner, repeats allowed.
    weight : float64[m]

    Returns
    -------
    int64[n + 1], int32[k], float64[k]
    """
    n = ptr.size - 1
    new_ptr = np.zeros(n + 1, np.int64)
    new_nbr = np.empty(nbr.size, np.int32)
    new_weight = np.empty(nbr.size)
    count = 0
    for i in range(n):
        for h in range(ptr[i], ptr[i + 1]):
            if nbr[h] == i:
                continue
            if count > new_ptr[i] and new_nbr[count - 1] == nbr[h]:
                new_weight[count - 1] += weight[h]
            else:
                new_nbr[count] = nbr[h]
                new_weight[count] = weight[h]
                count += 1
        new_ptr[i + 1] = count
    return new_ptr, new_nbr[:count].copy(), new_weight[:count].copy()


@njit(cache=True, nogil=True)
def laid_together(ptr, nbr, weight, ptr2, nbr2, weight2):
    """Return the rows of two graphs of the same nodes laid together, both clean; weights of a pair add up."""
    n = ptr.size - 1
    new_ptr = np.zeros(n + 1, np.int64)
    new_nbr = np.empty(nbr.size + nbr2.size, np.int32)
    new_weight = np.empty(nbr.size + nbr2.size)
    count = 0
    for i in range(n):
        h = ptr[i]
        g = ptr2[i]
        while h < ptr[i + 1] or g < ptr2[i + 1]:
            one = h < ptr[i + 1] and (g == ptr2[i + 1] or nbr[h] <= nbr2[g])
            two = g < ptr2[i + 1] and (h == ptr[i + 1] or nbr2[g] <= nbr[h])
            new_nbr[count] = nbr[h] if one else nbr2[g]
            new_weight[count] = (weight[h] if one else 0.0) + (weight2[g] if two else 0.0)
            h += one
            g += two
            count += 1
        new_ptr[i + 1] = count
    return new_ptr, new_nbr[:count].copy(), new_weight[:count].copy()


@njit(cache=True, nogil=True)
def component_labels(ptr, nbr):
    """Return a label per firm (the lowest row of its component), int32[n], by union-find.

    Edges that stand at one end only (directed graphs) join their ends as well.
    """
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
def uphill(ptr, nbr):
    """Return the edges from the end of lower degree (then lower row) to the other, and where they stood.

    So every triangle has one lowest corner, and no row is longer than the root of twice the number of edges:
    hubs cost nothing extra (Chiba and Nishizeki 1985).

    Returns
    -------
    int64[n + 1], int32[m / 2], int64[m / 2]
        Row pointer, upper ends, positions in `nbr`.
    """
    n = ptr.size - 1
    up_ptr = np.zeros(n + 1, np.int64)
    up = np.empty(nbr.size // 2, np.int32)
    at = np.empty(nbr.size // 2, np.int64)
    count = 0
    for i in range(n):
        own = ptr[i + 1] - ptr[i]
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            its = ptr[j + 1] - ptr[j]
            if own < its or (own == its and i < j):
                up[count] = j
                at[count] = h
                count += 1
        up_ptr[i + 1] = count
    return up_ptr, up, at


@njit(cache=True, nogil=True)
def triangles(ptr, nbr):
    """Return the number of triangles at each node, int64[n]."""
    n = ptr.size - 1
    up_ptr, up, _ = uphill(ptr, nbr)
    found = np.zeros(n, np.int64)
    mark = np.full(n, -1, np.int32)
    for u in range(n):
        for h in range(up_ptr[u], up_ptr[u + 1]):
            mark[up[h]] = u
        for h in range(up_ptr[u], up_ptr[u + 1]):
            v = up[h]
            for g in range(up_ptr[v], up_ptr[v + 1]):
                if mark[up[g]] == u:
                    found[u] += 1
                    found[v] += 1
                    found[up[g]] += 1
    return found


@njit(cache=True, nogil=True)
def triangle_products(ptr, nbr, value):
    """Return the sum over the triangles at each node of the product of their three sides' values, float64[n].

    Parameters
    ----------
    value : float64[m]
        The same at both ends of an edge.
    """
    n = ptr.size - 1
    up_ptr, up, at = uphill(ptr, nbr)
    found = np.zeros(n)
    mark = np.full(n, -1, np.int32)
    side = np.empty(n)
    for u in range(n):
        for h in range(up_ptr[u], up_ptr[u + 1]):
            mark[up[h]] = u
            side[up[h]] = value[at[h]]
        for h in range(up_ptr[u], up_ptr[u + 1]):
            v = up[h]
            for g in range(up_ptr[v], up_ptr[v + 1]):
                w = up[g]
                if mark[w] == u:
                    product = side[v] * side[w] * value[at[g]]
                    found[u] += product
                    found[v] += product
                    found[w] += product
    return found


@njit(cache=True, nogil=True)
def mean_clustering(ptr, nbr):
    """Return the mean local clustering coefficient (Watts and Strogatz 1998), 0 where degree < 2."""
    n = ptr.size - 1
    found = triangles(ptr, nbr)
    total = 0.0
    for i in range(n):
        k = ptr[i + 1] - ptr[i]
        if k > 1:
            total += (2 * found[i]) / (k * (k - 1.0))
    return total / n if n else 0.0


@njit(cache=True, nogil=True)
def core_numbers(ptr, nbr):
    """Return the highest k of a k-core that holds each node, int64[n] (Batagelj and Zaversnik 2003)."""
    n = ptr.size - 1
    degree = np.diff(ptr)
    top = degree.max() if n else 0
    first = np.zeros(top + 2, np.int64)
    for i in range(n):
        first[degree[i] + 1] += 1
    for k in range(top + 1):
        first[k + 1] += first[k]
    order = np.empty(n, np.int64)
    place = np.empty(n, np.int64)
    fill = first[:-1].copy()
    for i in range(n):
        place[i] = fill[degree[i]]
        order[place[i]] = i
        fill[degree[i]] += 1
    for step in range(n):
        i = order[step]
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if degree[j] <= degree[i]:
                continue
            # The first of j's degree changes places with j, and j's bin begins one later.
            head = max(first[degree[j]], step + 1)
            other = order[head]
            order[head], order[place[j]] = j, other
            place[other], place[j] = place[j], head
            first[degree[j]] = head + 1
            degree[j] -= 1
    return degree
