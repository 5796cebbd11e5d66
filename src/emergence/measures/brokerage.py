"""Who is held by partners who know each other, and who stands between partners who do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels import brokerage
from emergence.measures.graph import Graph, as_graph


def burt_constraint(source: Any, layer: str | None = None) -> dict[Any, float]:
    """Return Burt's constraint of every node by name; NaN for nodes without ties.

    Low: many partners who do not know each other; 1: one partner; up to 1.125 (a triangle): all know each other.

    Notes
    -----
    c_i = sum over partners j of (p_ij + sum_q p_iq p_qj)^2, p_ij the share of i's ties, by weight and whatever
    their direction, that goes to j (Burt 1992). A tie of weight 0 is none.
    """
    graph = as_graph(source, layer)
    return graph.by_name(constraint_and_size(graph)[0])


def effective_size(source: Any, layer: str | None = None) -> dict[Any, float]:
    """Return the effective size of every node's circle of partners by name; NaN for nodes without ties.

    From 1 (all know each other) to the number of partners (none know each other).

    Notes
    -----
    e_i = sum over partners j of (1 - sum_q p_iq m_jq), m_jq the weight of j and q relative to j's heaviest tie
    (Burt 1992). A tie of weight 0 is none.
    """
    graph = as_graph(source, layer)
    return graph.by_name(constraint_and_size(graph)[1])


def constraint_and_size(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return constraint and effective size, float64[n] each, in the order of the nodes."""
    both = graph.symmetrised
    ptr, nbr, weight = both.ptr, both.nbr, both.weight
    there = weight > 0
    if not there.all():
        ptr = np.concatenate([[0], np.cumsum(there)])[ptr]
        nbr, weight = nbr[there], weight[there]
    return brokerage.brokerage(ptr, nbr, weight)
