"""Communities and modularity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emergence.kernels.communities import move_locally

if TYPE_CHECKING:
    from emergence.measures.graph import Graph

PASSES = 25  # rounds of local moving at each level
LEVELS = 12


def communities(ptr: np.ndarray, nbr: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Find communities by the Louvain method.

    Parameters
    ----------
    ptr : int64[n + 1]
        Row pointer of half-edges; each tie stands at both ends.
    nbr : int32[half-edges]
    weight : float[half-edges], optional
        1 if left out; at least 0.

    Returns
    -------
    int64[n]
        Community of each node, 0 for the largest, ties in size in the order of the first node.

    Notes
    -----
    Blondel et al. 2008. Deterministic: nodes move in their order.
    """
    weight = np.ones(nbr.size) if weight is None else weight.astype(np.float64)
    strength = np.bincount(np.repeat(np.arange(ptr.size - 1), np.diff(ptr)), weight, ptr.size - 1)
    return _louvain(ptr, nbr, weight, strength, strength, 0.5)


def graph_communities(graph: Graph) -> np.ndarray:
    """Return the community of each node as `communities` does, int64[n].

    In a directed graph modularity is that of Leicht and Newman 2008.
    """
    both = graph.symmetrised
    unit = 1.0 if graph.directed else 0.5
    return _louvain(both.ptr, both.nbr, both.weight, graph.out_strength, graph.in_strength, unit)


def _louvain(
    ptr: np.ndarray, nbr: np.ndarray, weight: np.ndarray, outward: np.ndarray, inward: np.ndarray, unit: float
) -> np.ndarray:
    """Move nodes, then communities, until nothing moves; `unit` is in parts of the whole weight."""
    label = np.arange(ptr.size - 1)
    whole = outward.sum()
    if whole > 0:
        # The kernel takes gains below 1e-12 for noise, so weights must be of the order of 1.
        scale = np.count_nonzero(weight) / whole
        weight, outward, inward = weight * scale, outward * scale, inward * scale
        unit /= whole * scale
        for _ in range(LEVELS):
            found = move_locally(ptr, nbr, weight, outward, inward, unit, PASSES)
            names, code = np.unique(found, return_inverse=True)
            label = code[label]
            if names.size == ptr.size - 1:
                break
            ptr, nbr, weight = _aggregate(ptr, nbr, weight, code, names.size)
            outward, inward = np.bincount(code, outward), np.bincount(code, inward)
    return _by_size(label)


def modularity(ptr: np.ndarray, nbr: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return Q = sum over communities of (inside / whole - out total x in total / whole^2), -1 to 1; 0 without ties.

    Newman and Girvan 2004; Leicht and Newman 2008 for directed graphs, whose ties stand at their source. Of an
    undirected graph each tie stands at both ends, and `inside`, both totals and `whole` count half-edges.
    """
    weight = np.ones(nbr.size) if weight is None else weight.astype(np.float64)
    whole = weight.sum()
    if whole == 0:
        return 0.0
    owner = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    number = int(label.max()) + 1
    total_out, total_in = (np.bincount(label[ends], weight, number) for ends in (owner, nbr))
    inside = weight[label[owner] == label[nbr]].sum()
    return float(inside / whole - (total_out / whole * total_in / whole).sum())


def _aggregate(
    ptr: np.ndarray, nbr: np.ndarray, weight: np.ndarray, code: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the graph whose nodes are the communities."""
    owner = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    pair = code[owner] * k + code[nbr]
    pairs, place = np.unique(pair, return_inverse=True)
    new_ptr = np.searchsorted(pairs // k, np.arange(k + 1)).astype(np.int64)
    return new_ptr, (pairs % k).astype(np.int32), np.bincount(place, weight)


def _by_size(label: np.ndarray) -> np.ndarray:
    """Name communities by falling size."""
    if not label.size:
        return label
    _, first, code, count = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(count.size, np.int64)
    rank[np.lexsort((first, -count))] = np.arange(count.size)
    return rank[code]
