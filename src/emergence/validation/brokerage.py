"""Burt 1992: who is held by partners that know each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emergence.measures.brokerage import burt_constraint
from emergence.validation.case import Case, Found, near, pick, require, require_word

if TYPE_CHECKING:
    import networkx as nx

GRAPHS = ("star", "complete", "ring", "triangle")


def measure(graph: Any = "star", n: int = 5, sign: int = 1) -> Found:
    """Measure Burt's constraint on a small network.

    Parameters
    ----------
    graph : {"star", "complete", "ring", "triangle"} or networkx.Graph
        The centre of a star is node 0.
    n : int
        Firms of a named network; a triangle has three.
    sign : {1, -1}
        -1: ties and missing ties change places.

    Returns
    -------
    dict
        `constraint`, by node (NaN without ties); `lowest` and `highest` (NaN if nobody has ties).
    """
    import networkx as nx

    require("brokerage", n=(n, 2, 10_000))
    network = named(graph, int(n)) if isinstance(graph, str) else graph
    constraint = burt_constraint(network if sign > 0 else nx.complement(network))
    known = [value for value in constraint.values() if value == value]
    none = float("nan")
    return {"constraint": constraint, "lowest": min(known, default=none), "highest": max(known, default=none)}


def named(graph: str, n: int) -> nx.Graph:
    """Return a named network."""
    import networkx as nx

    require_word("brokerage", "graph", graph, GRAPHS)
    if graph == "star":
        return nx.star_graph(n - 1)
    if graph == "ring":
        return nx.cycle_graph(n)
    return nx.complete_graph(3 if graph == "triangle" else n)


CASE = Case(
    id="brokerage",
    result="a broker between partners who do not know each other is the least constrained",
    source="Burt 1992",
    rule="measures.burt_constraint",
    setup="Constraint c_i = sum over partners of (p_ij + sum_q p_iq p_qj)^2 on networks small enough to do by hand.",
    conditional="the measure, not what brokers gain by it: whether brokerage pays differs between settings and "
    "cultures (Xiao and Tsui 2007)",
    flip="ties and missing ties change places",
    returns=("constraint", "lowest", "highest"),
    measure=measure,
    checks=(
        near("centre of a star of 5", 0.25, 1e-9, lambda run: run()["constraint"][0], quick=True),
        near("leaf of a star of 5", 1.0, 1e-9, pick("highest"), quick=True),
        near("triangle", 1.125, 1e-9, pick("highest", graph="triangle"), quick=True),
        near("complete graph of 5", 0.766, 5e-4, pick("highest", graph="complete"), quick=True),
    ),
)
