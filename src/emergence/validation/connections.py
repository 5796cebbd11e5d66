"""Jackson and Wolinsky 1996: which networks are efficient, which are stable, and where consent ends."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.formation import consents
from emergence.kernels.random import below as draw_below
from emergence.kernels.random import draw4, unit
from emergence.validation.case import Case, Found, Run, equal, near, pick, require

MEET = luck.stream("validation.connections.meet")
NOISE = 1e-6  # of consent: stands for its limit 0
MEETINGS = 200  # per pair; a graph of six pairs settles within a few dozen


def measure(n: int = 4, c: float = 0.2, d: float = 0.5, starts: int = 20, seed: int = 1, sign: int = 1) -> Found:
    """Enumerate all graphs of the connections model, and let the formation rule find its way among them.

    Parameters
    ----------
    n : int
        Firms, 2 to 7.
    c, d : float
        Cost of a tie, and what is left of a benefit per step of distance: u_i = sum d^distance - c k_i.
    starts : int
        Processes of meetings started from every graph (from 64 random ones when n exceeds 4).
    seed : int
    sign : {1, -1}
        -1: utility turned round, in the enumeration and in what the formation rule is handed.

    Returns
    -------
    dict
        `efficient_welfare`; `efficient` ("complete", "star", "empty", "other"); `stable`, the number of
        labelled pairwise stable graphs; by kind `stable_complete`, `stable_star`, `stable_cycle`,
        `stable_empty`; and `ends_stable`, the share of processes that end in a stable graph of the model.
    """
    require("connections", n=(n, 2, 7), c=(c, 0.0, 1e6), d=(d, 0.0, 1.0), starts=(starts, 0, 10_000))
    n, pairs = int(n), all_pairs(int(n))
    welfare, stable = enumerate_graphs(n, pairs, float(c), float(d), sign)
    best = int(np.argmax(welfare > welfare.max() - 1e-9))
    kinds = [kind_of(int(g), n, pairs) for g in np.flatnonzero(stable)]
    by_kind = {f"stable_{kind}": kinds.count(kind) for kind in ("complete", "star", "cycle", "empty")}
    return {
        "efficient_welfare": float(welfare[best]),
        "efficient": kind_of(best, n, pairs),
        "stable": len(kinds),
        **by_kind,
        "ends_stable": ends_stable(n, pairs, c, d, int(starts), seed, sign),
    }


def all_pairs(n: int) -> np.ndarray:
    """Return the pairs of firms, int64[pairs, 2]; a graph is a number whose bits say which are tied."""
    return np.array([(i, j) for i in range(n) for j in range(i + 1, n)], np.int64)


def kind_of(graph: int, n: int, pairs: np.ndarray) -> str:
    """Name a graph."""
    ends = pairs[[bool(graph >> k & 1) for k in range(len(pairs))]]
    degrees = sorted(np.bincount(ends.ravel(), minlength=n).tolist())
    if not ends.size:
        return "empty"
    if len(ends) == len(pairs):
        return "complete"
    if degrees == [1] * (n - 1) + [n - 1]:
        return "star"
    return "cycle" if degrees == [2] * n and n < 6 else "other"


def ends_stable(n: int, pairs: np.ndarray, c: float, d: float, starts: int, seed: int, sign: int) -> float:
    """Return the share of processes under the formation rule that end in a pairwise stable graph."""
    if not starts:
        return math.nan
    _, stable = enumerate_graphs(n, pairs, float(c), float(d), 1)
    if n <= 4:
        first = np.repeat(np.arange(1 << len(pairs)), starts)
    else:
        first = luck.generator(seed, MEET).integers(0, 1 << len(pairs), 64 * starts)
    last = np.empty_like(first)
    run_meetings(luck.key(seed, MEET, 1), first, n, pairs, float(c), float(d), sign, MEETINGS * len(pairs), last)
    return float(stable[last].mean())


@njit(cache=True)
def utility_of(i, graph, n, pairs, c, d, sign):
    """Return sign x (sum over the others of d^distance - c degree)."""
    near_to = np.zeros(n, np.int64)
    for k in range(pairs.shape[0]):
        if (graph >> k) & 1:
            near_to[pairs[k, 0]] |= 1 << pairs[k, 1]
            near_to[pairs[k, 1]] |= 1 << pairs[k, 0]
    degree = 0
    for j in range(n):
        degree += (near_to[i] >> j) & 1
    total = -c * degree
    seen = np.int64(1) << i
    front = seen
    worth = 1.0
    while front:
        reached = np.int64(0)
        for j in range(n):
            if (front >> j) & 1:
                reached |= near_to[j]
        front = reached & ~seen
        seen |= front
        worth *= d
        for j in range(n):
            if (front >> j) & 1:
                total += worth
    return sign * total


@njit(cache=True)
def gain_of(i, graph, k, n, pairs, c, d, sign):
    """Return what the tie of pair `k` adds to the utility of `i`."""
    bit = np.int64(1) << k
    return utility_of(i, graph | bit, n, pairs, c, d, sign) - utility_of(i, graph & ~bit, n, pairs, c, d, sign)


@njit(cache=True, nogil=True)
def enumerate_graphs(n, pairs, c, d, sign):
    """Return welfare, float64[graphs], and pairwise stability, bool[graphs], of every labelled graph.

    Stable: nobody gains by cutting a tie, and no missing tie would help one side without hurting the other.
    """
    graphs = 1 << pairs.shape[0]
    welfare = np.zeros(graphs)
    stable = np.ones(graphs, np.bool_)
    for graph in range(graphs):
        for i in range(n):
            welfare[graph] += utility_of(i, graph, n, pairs, c, d, sign)
        for k in range(pairs.shape[0]):
            a = gain_of(pairs[k, 0], graph, k, n, pairs, c, d, sign)
            b = gain_of(pairs[k, 1], graph, k, n, pairs, c, d, sign)
            if (graph >> k) & 1:
                if min(a, b) < -1e-12:
                    stable[graph] = False
            elif (a > 1e-12 and b > -1e-12) or (b > 1e-12 and a > -1e-12):
                stable[graph] = False
    return welfare, stable


@njit(cache=True, nogil=True)
def run_meetings(key, first, n, pairs, c, d, sign, meetings, last):
    """Let pairs meet from each graph in `first`: consent makes a tie, a loss to either side ends it."""
    for run in range(first.size):
        graph = np.int64(first[run])
        for t in range(meetings):
            words = draw4(key, run, t)
            k = draw_below(words[0], pairs.shape[0])
            a = gain_of(pairs[k, 0], graph, k, n, pairs, c, d, sign)
            b = gain_of(pairs[k, 1], graph, k, n, pairs, c, d, sign)
            bit = np.int64(1) << k
            if graph & bit:
                if min(a, b) < 0.0:
                    graph &= ~bit
            elif consents(a, b, NOISE, 1.0, unit(words[1])):
                graph |= bit
        last[run] = graph


def switch(run: Run) -> float:
    """Return the cost at which the star is no longer efficient, by bisection."""
    low, high = 0.5, 1.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        if run(c=middle, starts=0)["efficient"] == "star":
            low = middle
        else:
            high = middle
    return low


CASE = Case(
    id="connections",
    result="what is efficient need not be stable, and consent by both ends in a pairwise stable graph",
    source="Jackson and Wolinsky 1996",
    rule="kernels.formation.consents",
    setup="Four firms, all 64 graphs enumerated; u_i = sum over the others of d^distance - c per tie, d = .5. Then "
    "pairs meet at random from every graph; the consent of the formation rule, its noise going to 0, is handed the "
    "gain of each side, and a tie ends when either side loses by it.",
    conditional="no transfers between firms, four alike firms, full sight of the graph; with side payments or "
    "farsighted firms other graphs are stable (Jackson 2008, chapter 11)",
    flip="utility: ties cost what they were worth",
    returns=("efficient_welfare", "efficient", "stable"),
    measure=measure,
    checks=(
        near("welfare of the efficient graph, c=.2", 3.6, 1e-9, pick("efficient_welfare", c=0.2), quick=True),
        equal("efficient graph, c=.2", "complete", pick("efficient", c=0.2)),
        equal("stable graphs, c=.2: the complete one", 1, pick("stable_complete", c=0.2)),
        equal("stable graphs, c=.2: all", 1, pick("stable", c=0.2)),
        near("welfare of the efficient graph, c=.3", 2.7, 1e-9, pick("efficient_welfare", c=0.3), quick=True),
        equal("efficient graph, c=.3", "star", pick("efficient", c=0.3)),
        equal("stable graphs, c=.3: stars", 4, pick("stable_star", c=0.3)),
        equal("stable graphs, c=.3: four-cycles", 3, pick("stable_cycle", c=0.3)),
        equal("stable graphs, c=.3: all", 7, pick("stable", c=0.3)),
        near("welfare of the efficient graph, c=.6", 0.9, 1e-9, pick("efficient_welfare", c=0.6), quick=True),
        equal("efficient graph, c=.6", "star", pick("efficient", c=0.6)),
        equal("stable graphs, c=.6: the empty one", 1, pick("stable_empty", c=0.6)),
        equal("stable graphs, c=.6: all", 1, pick("stable", c=0.6)),
        near("cost at which the star gives way to the empty graph", 0.75, 1e-6, switch, quick=True),
        *(
            equal(f"share of processes that end in a stable graph, c={text}", 1.0, pick("ends_stable", c=c))
            for text, c in ((".2", 0.2), (".3", 0.3), (".6", 0.6))
        ),
    ),
)
