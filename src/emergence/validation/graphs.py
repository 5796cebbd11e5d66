"""Networks as the cases need them: lists of pairs, and half-edges by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.config import Network
from emergence.networks import make_network

if TYPE_CHECKING:
    import networkx as nx

Pairs = tuple[np.ndarray, np.ndarray]


def draw_pairs(kind: str, n: int, degree: float, rng: np.random.Generator, rewiring: float = 0.0) -> Pairs:
    """Return the ties of a generated network of the program: "random", "small_world" or "scale_free"."""
    nowhere = np.zeros(n, np.int64)
    return make_network(Network(kind=kind, degree=degree, rewiring=rewiring), n, nowhere, nowhere, rng)


def half_edges(n: int, a: np.ndarray, b: np.ndarray) -> Pairs:
    """Return the row pointer, int64[n + 1], and partners, int32[2m], of undirected ties, sorted by row."""
    return arrows(n, np.concatenate([a, b]), np.concatenate([b, a]))


def arrows(n: int, tail: np.ndarray, head: np.ndarray) -> Pairs:
    """Return the row pointer and the heads of arrows, sorted by tail and head."""
    code = np.sort(tail.astype(np.int64) * n + head)
    ptr = np.searchsorted(code, np.arange(n + 1, dtype=np.int64) * n)
    return ptr.astype(np.int64), (code % n).astype(np.int32)


def pairs_of(graph: nx.Graph) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the ends of a graph's ties by place of its nodes, and the number of nodes; loops are left out."""
    place: dict[Any, int] = {node: k for k, node in enumerate(graph)}
    ends = np.array([(place[a], place[b]) for a, b in graph.edges() if a != b], np.int64).reshape(-1, 2)
    ends.sort(axis=1)
    ends = np.unique(ends, axis=0)
    return ends[:, 0], ends[:, 1], len(place)
