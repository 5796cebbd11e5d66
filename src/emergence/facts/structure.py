"""Closed squares and triangles of a directed network against networks with the same degrees."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from emergence import luck
from emergence.kernels.rewiring import rewire_pairs
from emergence.luck import stream
from emergence.measures.graph import Graph

REWIRE = stream("facts.rewire")
ROUNDS, TWINS = 10.0, 10


def structure_of(supply: Graph, seed: int, twins: int = TWINS) -> tuple[float, float]:
    """Return closed squares and triangles as multiples of their mean in rewired twins; NaN where twins have none.

    Parameters
    ----------
    supply : Graph
        Directed, from supplier to buyer.
    seed : int
        Of the rewiring.
    twins : int
        Networks in which every firm keeps its number of suppliers and of buyers, and all else is chance (Maslov and
        Sneppen 2002).
    """
    n, seller, buyer = supply.number, supply.owner, supply.nbr
    counted = np.array(closed(seller, buyer, n), float)
    chance = np.zeros(2)
    for twin in range(twins):
        a, b = rewire_pairs(luck.key(seed, REWIRE, twin), seller, buyer, n, ROUNDS, False)
        chance += closed(a, b, n)
    chance /= twins
    ratio = np.divide(counted, chance, out=np.full(2, np.nan), where=chance > 0)
    return float(ratio[0]), float(ratio[1])


def closed(a: np.ndarray, b: np.ndarray, n: int) -> tuple[int, int]:
    """Return the number of closed squares and of triangles, directions left out.

    Parameters
    ----------
    a, b : int[m]
        Ends of the ties, no pair twice.
    n : int
        Nodes.

    Notes
    -----
    Each pair of nodes with c common partners makes c (c - 1) / 2 squares, and every square is seen from two pairs.
    """
    ends = np.concatenate([a, b]), np.concatenate([b, a])
    adjacency = sparse.csr_matrix((np.ones(2 * a.size, np.int64), ends), shape=(n, n))
    adjacency.data[:] = 1
    common = adjacency @ adjacency
    triangles = int(common.multiply(adjacency).sum()) // 6
    common.setdiag(0)
    c = common.data
    return int((c * (c - 1)).sum()) // 8, triangles
