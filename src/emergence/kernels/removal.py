"""What is left of an undirected graph while nodes are taken out one after the other."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def attack_order(ptr, nbr):
    """Return the nodes in the order in which an attack on the highest remaining degree takes them, int32[n].

    Ties in degree go to the lowest row.

    Notes
    -----
    Degrees only fall. So when the highest degree is d, the nodes of degree d are known once and for all, and one
    pass over them in ascending order serves the whole level; who has fallen below d by then moves to the list
    of its degree. A node moves at most once per edge lost, hence O((n + m) log n) whatever the hubs.
    """
    n = ptr.size - 1
    degree = np.diff(ptr)
    top = degree.max() if n else 0
    head = np.full(top + 1, -1, np.int32)
    after = np.empty(n, np.int32)
    for i in range(n - 1, -1, -1):
        after[i] = head[degree[i]]
        head[degree[i]] = i
    order = np.empty(n, np.int32)
    level = np.empty(n, np.int32)
    done = 0
    for d in range(top, 0, -1):
        count = 0
        i = head[d]
        while i >= 0:
            following = after[i]
            if degree[i] == d:
                level[count] = i
                count += 1
            else:
                after[i] = head[degree[i]]
                head[degree[i]] = i
            i = following
        level[:count].sort()
        for k in range(count):
            i = level[k]
            if degree[i] < d:
                after[i] = head[degree[i]]
                head[degree[i]] = i
                continue
            degree[i] = -1
            order[done] = i
            done += 1
            for h in range(ptr[i], ptr[i + 1]):
                if degree[nbr[h]] > 0:
                    degree[nbr[h]] -= 1
    for i in range(n):
        if degree[i] == 0:
            order[done] = i
            done += 1
    return order


@njit(cache=True, nogil=True)
def largest_left(ptr, nbr, order):
    """Return the nodes in the largest component after 1, 2, ... n removals in `order`, int32[n].

    The nodes come back in reverse, and union-find (by size) joins them (Newman and Ziff 2000).
    """
    n = ptr.size - 1
    # Minus the size at the root of a component; 1 + n while a node is out.
    parent = np.full(n, n + 1, np.int32)
    left = np.empty(n, np.int32)
    most = 0
    for q in range(n - 1, -1, -1):
        left[q] = most
        a = order[q]
        parent[a] = -1
        for h in range(ptr[a], ptr[a + 1]):
            b = nbr[h]
            if parent[b] > n:
                continue
            while parent[b] >= 0:
                if parent[parent[b]] >= 0:
                    parent[b] = parent[parent[b]]
                b = parent[b]
            if a == b:
                continue
            if parent[a] > parent[b]:
                a, b = b, a
            parent[a] += parent[b]
            parent[b] = a
        most = max(most, -parent[a])
    return left
