"""Shape of a network as a whole: density, clustering, components, cores, mixing, communities.

Every function takes what `as_graph` takes, and a world's `layer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from emergence.errors import Refusal
from emergence.kernels import shape
from emergence.measures import community
from emergence.measures.graph import Graph, as_graph

Partition = Iterable[Iterable[Any]] | Mapping[Any, Any]


def density(source: Any, layer: str | None = None) -> float:
    """Return ties as a share of the possible ones, 0 to 1; 0 for fewer than two nodes.

    2 m / (n (n - 1)), for a directed graph m / (n (n - 1)).
    """
    graph = as_graph(source, layer)
    n = graph.number
    return graph.nbr.size / (n * (n - 1)) if n > 1 else 0.0


def average_clustering(source: Any, layer: str | None = None, weight: str | None = None) -> float:
    """Return the mean local clustering coefficient, 0 to 1; 0 for an empty graph.

    Parameters
    ----------
    source : Any
        See `as_graph`.
    layer : str, optional
        Of a world.
    weight : str, optional
        Count each triangle with the geometric mean of its weights, relative to the largest weight (Onnela et al.
        2005). A networkx graph has them in this attribute; of other sources any name takes the weights they have.

    Notes
    -----
    Watts and Strogatz 1998: pairs of own partners who are partners, as a share of all pairs of own partners; nodes
    with fewer than two count 0. Directed (Fagiolo 2007): all eight kinds of directed triangles, as a share of
    those that the node's in- and outgoing ties make possible.
    """
    graph = as_graph(source, layer, weight)
    if weight is None and not graph.directed:
        return float(shape.mean_clustering(graph.ptr, graph.nbr))
    most = graph.weight.max(initial=0.0)
    if most == 0:
        return 0.0
    cubic = Graph(graph.ptr, graph.nbr, np.cbrt(graph.weight / most), graph.names, graph.directed)
    both = cubic.symmetrised
    found = shape.triangle_products(both.ptr, both.nbr, both.weight)
    partners = both.out_degree
    if graph.directed:
        ways = graph.out_degree + graph.in_degree
        possible = ways * (ways - 1.0) - 2.0 * (ways - partners)
    else:
        possible = partners * (partners - 1.0) / 2.0
    return float(np.divide(found, possible, out=np.zeros(graph.number), where=possible > 0).mean())


def giant_share(source: Any, layer: str | None = None) -> float:
    """Return the share of nodes in the largest (weak) component, 0 (no nodes) to 1."""
    graph = as_graph(source, layer)
    return float(np.bincount(graph.labels, minlength=1).max()) / max(graph.number, 1)


def core_share(source: Any, layer: str | None = None) -> float:
    """Return the share of nodes in the innermost core, 0 (no ties) to 1.

    Notes
    -----
    The innermost core is the k-core (Seidman 1983: the largest set whose members all have k partners within it)
    of the highest k that there is; partners count whatever the direction. A share and not k itself, because k
    grows with the number of ties alone, while a small share says that a few firms are tied among themselves much
    more closely than the rest: near 1 there is no core apart from its periphery.
    """
    graph = as_graph(source, layer).symmetrised
    core = shape.core_numbers(graph.ptr, graph.nbr)
    highest = core.max(initial=0)
    return float((core == highest).mean()) if highest > 0 else 0.0


def reciprocity(source: Any, layer: str | None = None) -> float:
    """Return the share of directed ties that are answered, 0 to 1; 1 if undirected, NaN without ties."""
    graph = as_graph(source, layer)
    if not graph.nbr.size:
        return float("nan")
    return (2 * graph.nbr.size - graph.symmetrised.nbr.size) / graph.nbr.size if graph.directed else 1.0


def assortativity(source: Any, layer: str | None = None) -> float:
    """Return the correlation of the degrees at the two ends of a tie, -1 to 1.

    NaN without ties or where all ends have one degree. In a directed graph it is that of the source's out-degree
    with the target's in-degree (Newman 2002, 2003). Ties count once each, whatever their weights.
    """
    graph = as_graph(source, layer)
    x, y = graph.out_degree[graph.owner], graph.in_degree[graph.nbr]
    # Whole numbers without limit, so that no rounding makes a spread where there is none.
    m, sx, sy = x.size, int(x.sum()), int(y.sum())
    spread = [m * int((u * u).sum()) - s * s for u, s in ((x, sx), (y, sy))]
    if m == 0 or min(spread) == 0:
        return float("nan")
    return (m * int((x * y).sum()) - sx * sy) / (float(spread[0]) ** 0.5 * float(spread[1]) ** 0.5)


def communities(source: Any, layer: str | None = None) -> list[set[Any]]:
    """Return communities of nodes by falling size, ties in size by the first node.

    Louvain method (Blondel et al. 2008) with weights; in a directed graph for the modularity of Leicht and Newman
    2008. Deterministic: nodes move in their order.
    """
    graph = as_graph(source, layer)
    label = community.graph_communities(graph)
    found: list[set[Any]] = [set() for _ in range(int(label.max(initial=-1)) + 1)]
    for name, number in zip(graph.names, label.tolist(), strict=True):
        found[number].add(name)
    return found


def modularity(source: Any, communities: Partition | None = None, layer: str | None = None) -> float:
    """Return how much more weight lies within communities than strengths alone let expect, -1 to 1.

    Parameters
    ----------
    source : Any
        See `as_graph`.
    communities : iterable of sets of names, or dict of name to community, optional
        Every node once; those that `communities` finds if left out.
    layer : str, optional
        Of a world.

    Notes
    -----
    Newman and Girvan 2004, Newman 2004 (weights), Leicht and Newman 2008 (directed); 0 without ties.
    """
    graph = as_graph(source, layer)
    label = community.graph_communities(graph) if communities is None else _labels(graph, communities)
    return community.modularity(graph.ptr, graph.nbr, label, graph.weight)


def _labels(graph: Graph, communities: Partition) -> np.ndarray:
    """Return the community of each node, int64[n], or refuse what is not a partition."""
    if isinstance(communities, Mapping):
        groups: dict[Any, list[Any]] = {}
        for name, group in communities.items():
            groups.setdefault(group, []).append(name)
        communities = groups.values()
    row = {name: k for k, name in enumerate(graph.names)}
    label = np.full(graph.number, -1)
    for number, members in enumerate(communities):
        for name in members:
            if name not in row:
                raise Refusal(f"communities: there is no node {name!r}")
            if label[row[name]] >= 0:
                raise Refusal(f"communities: node {name!r} stands in two of them")
            label[row[name]] = number
    if (label < 0).any():
        raise Refusal(f"communities: node {graph.names[int(label.argmin())]!r} stands in none")
    return label
