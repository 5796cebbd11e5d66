"""Communities and modularity."""

from __future__ import annotations

import numpy as np

from emergence.kernels.communities import move_locally

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
    n = ptr.size - 1
    label = np.arange(n)
    weight = np.ones(nbr.size) if weight is None else weight.astype(np.float64)
    for _ in range(LEVELS):
        found = move_locally(ptr, nbr, weight, PASSES)
        names, code = np.unique(found, return_inverse=True)
        label = code[label]
        if names.size == ptr.size - 1:
            break
        ptr, nbr, weight = _aggregate(ptr, nbr, weight, code, names.size)
    return _by_size(label)


def modularity(ptr: np.ndarray, nbr: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Return Q = sum over communities of (inside / whole - (total / whole)^2), -.5 to 1; 0 without ties.

    Newman and Girvan 2004; `inside` and `total` count half-edges by weight.
    """
    weight = np.ones(nbr.size) if weight is None else weight.astype(np.float64)
    whole = weight.sum()
    if whole == 0:
        return 0.0
    owner = np.repeat(np.arange(ptr.size - 1), np.diff(ptr))
    total = np.bincount(label[owner], weight)
    inside = weight[label[owner] == label[nbr]].sum()
    return float(inside / whole - ((total / whole) ** 2).sum())


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
