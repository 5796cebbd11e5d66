"""Degree-preserving rewiring by double-edge swaps, at random or towards a lattice.

Maslov and Sneppen 2002, Science 296:910; Sporns and Zwi 2004, Neuroinformatics 2:145.

Edges are held in an open hash set of codes ``low * n + high`` with linear probing; a code leaves by
shifting back those behind it, so the set needs no tombstones and never has to be rebuilt.
"""

import numpy as np
from numba import njit

from emergence.kernels.random import below, draw4

EMPTY = np.int64(-1)
ALIKE = np.zeros(0, np.int64)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, inline="always")
def code_of(a, b, n):
    """Return the code of the undirected edge {a, b} among `n` nodes."""
    if a < b:
        return np.int64(a) * n + b
    return np.int64(b) * n + a


@njit(cache=True, inline="always")
def home_of(code, shift):
    """Return the slot where `code` belongs in a table of 2**(64 - shift) slots (Fibonacci hashing)."""
    return np.int64((np.uint64(code) * GOLDEN) >> shift)


@njit(cache=True, inline="always")
def slot_of(table, shift, code):
    """Return the slot that holds `code`, or the empty one that would take it."""
    mask = table.size - 1
    slot = home_of(code, shift)
    while table[slot] != EMPTY and table[slot] != code:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True)
def take_out(table, shift, slot):
    """Empty a slot and shift back what lies behind it, so that no search ends too early."""
    mask = table.size - 1
    behind = slot
    while True:
        behind = (behind + 1) & mask
        code = table[behind]
        if code == EMPTY:
            break
        if (behind - home_of(code, shift)) & mask >= (behind - slot) & mask:
            table[slot] = code
            slot = behind
    table[slot] = EMPTY


@njit(cache=True)
def edge_set(a, b, n):
    """Return a table at most a third full of the codes of all edges, and its shift (uint64)."""
    bits = 4
    while (1 << bits) < 3 * a.size:
        bits += 1
    shift = np.uint64(64 - bits)
    table = np.full(1 << bits, EMPTY, np.int64)
    for k in range(a.size):
        code = code_of(a[k], b[k], n)
        table[slot_of(table, shift, code)] = code
    return table, shift


@njit(cache=True, nogil=True)
def rewire_pairs(key, a, b, n, rounds, either=True, kind=ALIKE):
    """Rewire an undirected simple graph at random, each node keeping its degree.

    Parameters
    ----------
    key : uint64
        Key of the luck; attempt t draws ``draw4(key, t, 0)`` and nothing else.
    a, b : int32[m] or int64[m]
        Ends of each edge, 0 to n - 1; no edge to itself, no edge twice (in either direction).
    n : int
        Nodes.
    rounds : float
        ``int(rounds * m)`` swaps are attempted; 10 forgets nearly everything.
    either : bool
        Whether first ends may become second ends. If not, only second ends are exchanged and each node
        keeps its number of first and of second ends, as it must where edges have a direction.
    kind : int64[m] or int64[0]
        Only edges of one kind exchange ends; empty: all are alike.

    Returns
    -------
    int32[m], int32[m]
        Ends of the new edges. Each swap exchanges one end of one edge for one end of another, so edge k
        of the result stands at the place of edge k of the input and columns by edge can be kept.

    Notes
    -----
    An attempt picks two edges and one of the two ways to exchange ends, each with equal probability; what
    would make a self-tie or a double tie is refused and counts as an attempt, so the limit is uniform over
    the simple graphs of these degrees (Fosdick et al. 2018, SIAM Review 60:315).
    """
    first = a.astype(np.int32)
    second = b.astype(np.int32)
    m = first.size
    if m < 2:
        return first, second
    n = np.int64(n)
    table, shift = edge_set(first, second, n)
    for attempt in range(np.int64(rounds * m)):
        w0, w1, w2, _ = draw4(key, attempt, 0)
        e = below(w0, m)
        f = below(w1, m)
        cross = either and w2 & np.uint64(1) == np.uint64(1)
        p = first[e]
        q = second[e]
        # What e gives up (q) goes to f, and what f gives up (s) goes to e; f keeps r.
        r = second[f] if cross else first[f]
        s = first[f] if cross else second[f]
        if e == f or p == s or r == q or (kind.size > 0 and kind[e] != kind[f]):
            continue
        one = code_of(p, s, n)
        two = code_of(r, q, n)
        if one == two or table[slot_of(table, shift, one)] == one or table[slot_of(table, shift, two)] == two:
            continue
        take_out(table, shift, slot_of(table, shift, code_of(p, q, n)))
        take_out(table, shift, slot_of(table, shift, code_of(r, s, n)))
        table[slot_of(table, shift, one)] = one
        table[slot_of(table, shift, two)] = two
        second[e] = s
        if cross:
            first[f] = q
        else:
            second[f] = q
    return first, second


@njit(cache=True, inline="always")
def ring_steps(i, j, n):
    """Return the steps between two places on a ring of `n`."""
    steps = abs(np.int64(i) - np.int64(j))
    return min(steps, n - steps)


@njit(cache=True)
def longest(ptr, nbr, i, n, word):
    """Return the half-edge of `i` that reaches farthest on the ring; of long rows 16 in a row are looked at."""
    k = ptr[i + 1] - ptr[i]
    start = below(word, k)
    at = ptr[i]
    most = np.int64(0)
    for step in range(min(k, 16)):
        h = ptr[i] + (start + step) % k
        steps = ring_steps(i, nbr[h], n)
        if steps > most:
            most = steps
            at = h
    return at


@njit(cache=True, nogil=True)
def latticize(key, ptr, nbr, mate, rounds):
    """Rewire an undirected simple graph towards a ring lattice, each node keeping its degree.

    Parameters
    ----------
    key : uint64
        Key of the luck; attempt t draws ``draw4(key, t, 1)``.
    ptr : int64[n + 1]
    nbr : int32[m]
        Half-edges; a node's row is its place on the ring.
    mate : int64[m]
        Position of the other end of each half-edge.
    rounds : float
        ``int(rounds * m / 2)`` swaps are attempted.

    Returns
    -------
    int32[m]
        New partners, rows not sorted.

    Notes
    -----
    A swap of two edges is accepted if it makes them together no longer on the ring (Sporns and Zwi 2004). A third
    of the attempts takes any two edges; the others would tie a node to one as near as its degree is large, half
    of them giving up long edges for it. Edges drawn blindly alone would need a number of rounds that grows with
    the number of nodes.
    """
    nbr = nbr.copy()
    mate = mate.copy()
    m = nbr.size
    n = np.int64(ptr.size - 1)
    owner = np.empty(m, np.int32)
    for i in range(n):
        for h in range(ptr[i], ptr[i + 1]):
            owner[h] = i
    first = owner < nbr
    table, shift = edge_set(owner[first], nbr[first], n)
    for attempt in range(np.int64(rounds * m / 2)):
        w0, w1, w2, w3 = draw4(key, attempt, 1)
        manner = below(w3, 3)
        h = below(w0, m)
        g = below(w1, m)
        if manner > 0:
            h = attempt % m
            a = owner[h]
            step = 1 + below(w1, ptr[a + 1] - ptr[a])
            near = (a + step if w2 & np.uint64(1) == np.uint64(1) else a + n - step % n) % n
            if ptr[near + 1] == ptr[near]:
                continue
            g = ptr[near] + below(w0, ptr[near + 1] - ptr[near])
            if manner == 2:
                h = longest(ptr, nbr, a, n, w0)
                g = longest(ptr, nbr, near, n, w0)
        a = owner[h]
        b = nbr[h]
        c = owner[g]
        d = nbr[g]
        if a == c or b == d or a == d or b == c:
            continue
        if ring_steps(a, c, n) + ring_steps(b, d, n) > ring_steps(a, b, n) + ring_steps(c, d, n):
            continue
        one = code_of(a, c, n)
        two = code_of(b, d, n)
        if table[slot_of(table, shift, one)] == one or table[slot_of(table, shift, two)] == two:
            continue
        take_out(table, shift, slot_of(table, shift, code_of(a, b, n)))
        take_out(table, shift, slot_of(table, shift, code_of(c, d, n)))
        table[slot_of(table, shift, one)] = one
        table[slot_of(table, shift, two)] = two
        hb = mate[h]
        gd = mate[g]
        nbr[h], mate[h] = c, g
        nbr[g], mate[g] = a, h
        nbr[hb], mate[hb] = d, gd
        nbr[gd], mate[gd] = b, hb
    return nbr
