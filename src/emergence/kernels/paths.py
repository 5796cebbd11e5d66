"""Shortest paths in steps: who lies on them, and how long they are."""

import numpy as np
from numba import njit

LARGE = 1e200  # counts of paths above this are scaled down, level by level


@njit(cache=True, nogil=True)
def path_dependencies(ptr, nbr, sources):
    """Return the sum over sources of the dependency of each source on each node (Brandes 2001).

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Out-going edges of a directed graph, or both directions of an undirected one.
    sources : int64[k]

    Returns
    -------
    float64[n]
        Sum over s and t of sigma(s, t | i) / sigma(s, t), i neither s nor t.
    """
    n = ptr.size - 1
    total = np.zeros(n)
    level = np.full(n, -1, np.int32)
    paths = np.zeros(n)
    # (1 + dependency) / paths of a node that has been settled.
    worth = np.zeros(n)
    queue = np.empty(n, np.int32)
    starts = np.empty(n + 2, np.int64)
    scale = np.empty(n + 2)
    for s in sources:
        queue[0] = s
        level[s] = 0
        paths[s] = 1.0
        levels = 1
        starts[0] = 0
        starts[1] = 1
        scale[0] = 1.0
        count = 1
        while starts[levels] > starts[levels - 1]:
            most = 0.0
            for k in range(starts[levels - 1], starts[levels]):
                v = queue[k]
                for h in range(ptr[v], ptr[v + 1]):
                    w = nbr[h]
                    if level[w] < 0:
                        level[w] = levels
                        queue[count] = w
                        count += 1
                        paths[w] = 0.0
                    if level[w] == levels:
                        paths[w] += paths[v]
            for k in range(starts[levels], count):
                most = max(most, paths[queue[k]])
            scale[levels] = 1.0
            if most > LARGE:
                # Only the ratio of neighbouring levels counts, so long chains of choices cannot overflow.
                scale[levels] = most
                for k in range(starts[levels], count):
                    paths[queue[k]] /= most
            levels += 1
            starts[levels] = count
        for d in range(levels - 2, -1, -1):
            for k in range(starts[d], starts[d + 1]):
                v = queue[k]
                below = 0.0
                for h in range(ptr[v], ptr[v + 1]):
                    if level[nbr[h]] == d + 1:
                        below += worth[nbr[h]]
                depends = paths[v] * below / scale[d + 1]
                worth[v] = (1.0 + depends) / paths[v]
                if d > 0:
                    total[v] += depends
        for k in range(count):
            level[queue[k]] = -1
    return total


@njit(cache=True, inline="always")
def bits_of(word):
    """Return the number of ones in a uint64."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def path_sums(ptr, nbr, sources):
    """Return the sum of the steps from all sources to all that they reach, and the number of such pairs.

    Sixty-four sources walk at once, a bit each (Then et al. 2014); a source does not count as reaching itself.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
    sources : int64[k]
        None twice.

    Returns
    -------
    int, int
    """
    n = ptr.size - 1
    steps = 0
    pairs = 0
    seen = np.zeros(n, np.uint64)
    front = np.zeros(n, np.uint64)
    coming = np.zeros(n, np.uint64)
    here = np.empty(n, np.int32)
    there = np.empty(n, np.int32)
    for first in range(0, sources.size, 64):
        seen[:] = 0
        at_front = 0
        for k in range(first, min(first + 64, sources.size)):
            bit = np.uint64(1) << np.uint64(k - first)
            seen[sources[k]] |= bit
            front[sources[k]] |= bit
            here[at_front] = sources[k]
            at_front += 1
        distance = 0
        while at_front > 0:
            distance += 1
            ahead = 0
            for k in range(at_front):
                v = here[k]
                word = front[v]
                front[v] = 0
                for h in range(ptr[v], ptr[v + 1]):
                    w = nbr[h]
                    if coming[w] == 0:
                        there[ahead] = w
                        ahead += 1
                    coming[w] |= word
            at_front = 0
            for k in range(ahead):
                w = there[k]
                word = coming[w] & ~seen[w]
                coming[w] = 0
                if word != 0:
                    seen[w] |= word
                    front[w] = word
                    here[at_front] = w
                    at_front += 1
                    reached = bits_of(word)
                    pairs += reached
                    steps += reached * distance
    return steps, pairs
