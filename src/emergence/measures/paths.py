"""Shortest paths: who lies on them, how long they are, and whether the world is small. Each tie is one step."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence import luck
from emergence.errors import Refusal
from emergence.kernels import brokerage, paths, rewiring, shape
from emergence.kernels.random import fill_units
from emergence.measures.graph import Graph, as_graph

PIVOTS = luck.stream("measures.pivots")
REFERENCE = luck.stream("measures.reference")
EXACT, SAMPLE = 10_000, 512  # nodes up to which omega takes all paths; sources from which it does above
REWIRED, LATTICE = 10.0, 80.0  # attempts per tie for the two references of omega


def betweenness(source: Any, sources: int | None = None, seed: int = 0, layer: str | None = None) -> dict[Any, float]:
    """Return the share of shortest paths between others that run through each node, by name.

    Parameters
    ----------
    source : Any
        See `as_graph`; paths follow the direction of ties.
    sources : int, optional
        Count the paths from so many nodes drawn at random only; all if left out.
    seed : int
        Luck of the draw.
    layer : str, optional
        Of a world.

    Returns
    -------
    dict of name to float
        0 to 1 (an estimate can exceed 1).

    Notes
    -----
    Freeman 1977: the sum over ordered pairs (s, t) of sigma(s, t | i) / sigma(s, t), divided by (n - 1)(n - 2);
    computed as by Brandes 2001. The estimate (Brandes and Pich 2007) is n/k times the sum over k sources, unbiased
    over draws of them. networkx since 3.5 divides by k - 1 for the sources themselves, which agrees with ours on
    average and for k = n.
    """
    graph = as_graph(source, layer)
    return graph.by_name(betweenness_of(graph, pivots(graph.number, sources, seed)))


def betweenness_of(graph: Graph, sources: np.ndarray | None = None) -> np.ndarray:
    """Return betweenness in the order of the nodes, float64[n], from some sources (int[k], rows) or from all."""
    n = graph.number
    rows = np.arange(n) if sources is None else np.asarray(sources, np.int64)
    if n < 3 or not rows.size:
        return np.zeros(n)
    return paths.path_dependencies(graph.ptr, graph.nbr, rows) * (n / rows.size / ((n - 1) * (n - 2)))


def pivots(n: int, number: int | None, seed: int) -> np.ndarray:
    """Return the rows from which paths are counted, ascending, int64[k]: all, or `number` drawn at random."""
    if number is not None and (isinstance(number, bool) or int(number) != number or number < 1):
        raise Refusal(f"sources={number!r}: a whole number of at least 1, or None for all")
    if number is None or number >= n:
        return np.arange(n)
    return np.sort(luck.generator(seed, PIVOTS).choice(n, int(number), replace=False))


def mean_path_length(source: Any, sources: int | None = None, seed: int = 0, layer: str | None = None) -> float:
    """Return the mean number of steps between nodes, over the ordered pairs of which the second can be reached.

    At least 1; NaN if nobody can reach anybody. `sources`, `seed` as in `betweenness`.
    """
    graph = as_graph(source, layer)
    return _mean_steps(graph, pivots(graph.number, sources, seed))


def _mean_steps(graph: Graph, sources: np.ndarray) -> float:
    steps, pairs = paths.path_sums(graph.ptr, graph.nbr, sources)
    return steps / pairs if pairs else float("nan")


def small_world_omega(source: Any, seed: int = 0, references: int | None = None, layer: str | None = None) -> float:
    """Return whether a network is a small world: near -1 a lattice, near 0 a small world, near 1 random.

    Parameters
    ----------
    source : Any
        See `as_graph`; its largest component is taken, without directions and weights.
    seed : int
        Luck of the references.
    references : int, optional
        References of each kind, 5 if left out, 1 above 10,000 nodes: mean path length is averaged over the random
        ones, the highest clustering of the lattices counts.
    layer : str, optional
        Of a world.

    Returns
    -------
    float
        -1 to 1 but for noise; NaN for fewer than four nodes in the largest component.

    Notes
    -----
    omega = L_random / L - C / C_lattice (Telesford et al. 2011), both references with the same degrees. Random: by
    double-edge swaps (Maslov and Sneppen 2002), its path length taken in its own largest component, which in
    networks with twice as many ties as nodes holds nearly all of it. Lattice: the nodes are put on a ring
    at random and ties swapped while that makes them no longer (Sporns and Zwi 2004). As there, the network itself
    stands for the lattice if it is more clustered, so C / C_lattice stays within [0, 1]; it is 0 if nothing
    is clustered. Above 10,000 nodes path lengths are those from 512 nodes.
    """
    if references is not None and references < 1:
        raise Refusal(f"references={references!r}: at least 1 of each kind is needed")
    graph = as_graph(source, layer).giant()
    if graph.number < 4:
        return float("nan")
    own = float(shape.mean_clustering(graph.ptr, graph.nbr))
    a, b = _ends(graph)
    lengths, clustering = [], own
    for number in range(references or (5 if graph.number <= EXACT else 1)):
        key = luck.key(seed, REFERENCE, number)
        x, y = rewiring.rewire_pairs(key, a, b, graph.number, REWIRED)
        mixed = _from_ends(x, y, graph.number).giant()
        lengths.append(_mean_steps(mixed, _some(mixed.number, seed)))
        clustering = max(clustering, _lattice_clustering(graph, key))
    length = _mean_steps(graph, _some(graph.number, seed))
    return float(np.mean(lengths)) / length - (own / clustering if clustering > 0 else 0.0)


def _lattice_clustering(graph: Graph, key: np.uint64) -> float:
    """Return the clustering of a lattice with the degrees of a graph, whose nodes go on a ring in random order."""
    place = np.argsort(fill_units(key, np.arange(graph.number), 1)[:, 0], kind="stable")
    row = np.empty(graph.number, np.int64)
    row[place] = np.arange(graph.number)
    a, b = _ends(graph)
    ptr, nbr = _rows(row[a], row[b], graph.number)
    nbr = rewiring.latticize(key, ptr, nbr, brokerage.mates(ptr, nbr), LATTICE)
    ptr, nbr, _ = shape.transposed(ptr, nbr, np.ones(nbr.size))
    return float(shape.mean_clustering(ptr, nbr))


def _some(n: int, seed: int) -> np.ndarray:
    return pivots(n, None if n <= EXACT else SAMPLE, seed)


def _ends(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    owner = graph.owner.astype(np.int32)
    first = owner < graph.nbr
    return owner[first], graph.nbr[first]


def _from_ends(a: np.ndarray, b: np.ndarray, n: int) -> Graph:
    ptr, nbr = _rows(a, b, n)
    return Graph(ptr, nbr, np.ones(nbr.size), range(n), False)


def _rows(a: np.ndarray, b: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return half-edges as CSR, rows sorted."""
    rows, partners = np.concatenate([a, b]), np.concatenate([b, a])
    ptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    partners = partners[np.argsort(rows, kind="stable")]
    # What is transposed is sorted, and an undirected graph is its own transpose.
    ptr, nbr, _ = shape.transposed(ptr, partners, np.ones(partners.size))
    return ptr, nbr
