"""What holds together when firms are taken out one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence import luck
from emergence.errors import Refusal, nearest
from emergence.kernels import removal
from emergence.measures.graph import Graph, as_graph
from emergence.measures.paths import betweenness_of, pivots

ATTACKS = ("degree", "degree_static", "random", "betweenness")
RANDOM = luck.stream("measures.removal")
EXACT, SAMPLE = 2_000, 256  # nodes up to which betweenness is exact; sources above


def schneider_r(source: Any, layer: str | None = None) -> float:
    """Return the robustness R against the loss of the best-connected, 0 to .5.

    Notes
    -----
    R = 1/N sum_{Q=1..N} s(Q), s(Q) the share of all N nodes in the largest component once the Q nodes of highest
    degree are gone; degrees are counted anew after each loss, ties in degree go to the first node (lowest uid).
    Schneider et al. 2011 (PNAS 108:3838). A complete graph has (N - 1) / 2N, a star about 1/N. Directions and
    weights do not count; 0 for an empty graph.
    """
    curve = removal_curve(source, layer=layer)
    return float(curve.mean()) if curve.size else 0.0


def removal_curve(source: Any, attack: str = "degree", seed: int = 0, layer: str | None = None) -> np.ndarray:
    """Return the share of all nodes in the largest component after 1, 2, ... N removals.

    Parameters
    ----------
    source : Any
        See `as_graph`; directions and weights do not count.
    attack : {"degree", "degree_static", "random", "betweenness"}
        Who goes first: the node of highest remaining degree, of highest degree at the start, anyone, or the node
        of highest betweenness at the start (estimated from 256 sources above 2,000 nodes). Ties go to the
        first node.
    seed : int
        Luck of the random order, and of the sources.
    layer : str, optional
        Of a world.

    Returns
    -------
    float64[N]
        The last entry is 0.

    Notes
    -----
    Albert, Jeong and Barabasi 2000; Holme et al. 2002.
    """
    if attack not in ATTACKS:
        raise Refusal(f"attack: there is no '{attack}'; {nearest(str(attack), ATTACKS)}")
    graph = as_graph(source, layer).symmetrised
    left = removal.largest_left(graph.ptr, graph.nbr, removal_order(graph, attack, seed))
    return left / max(graph.number, 1)


def removal_order(graph: Graph, attack: str, seed: int) -> np.ndarray:
    """Return the rows of an undirected graph in the order in which an attack takes them, int32[n]."""
    if attack == "degree":
        return removal.attack_order(graph.ptr, graph.nbr)
    if attack == "random":
        return luck.generator(seed, RANDOM).permutation(graph.number).astype(np.int32)
    if attack == "degree_static":
        return np.argsort(-graph.out_degree, kind="stable").astype(np.int32)
    sources = pivots(graph.number, None if graph.number <= EXACT else SAMPLE, seed)
    # Rounding must not decide between nodes that lie on equally many paths.
    between = np.round(betweenness_of(graph, sources), 12)
    return np.argsort(-between, kind="stable").astype(np.int32)
