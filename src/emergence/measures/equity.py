"""Equity of values between firms, dependence on single partners, and the power that comes of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal

if TYPE_CHECKING:
    from emergence.measures.graph import Graph


def gini(values: Any) -> float:
    """Return the Gini coefficient.

    Parameters
    ----------
    values : array_like of float
        Any unit; values below zero count as zero.

    Returns
    -------
    float
        0 (all equal) to 1 - 1/n (one has all); 0 for fewer than two values or nothing to share.

    Notes
    -----
    G = sum_i (2 i - n - 1) x_(i) / (n sum x), sorted ascending (Gini 1912).
    """
    x = np.sort(np.maximum(np.asarray(values, float), 0.0))
    n, total = x.size, x.sum()
    if n < 2 or total <= 0:
        return 0.0
    return float(((2.0 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total))


def hhi(values: Any) -> float:
    """Return the Herfindahl-Hirschman index, the sum of squared shares: 1/n (equal) to 1."""
    x = np.maximum(np.asarray(values, float), 0.0)
    total = x.sum()
    if np.isnan(total):
        return float("nan")
    return float(((x / total) ** 2).sum()) if total > 0 else 0.0


def top_share(values: Any, share: float = 0.01) -> float:
    """Return what part of the whole the largest values hold, 0 (nothing to share) to 1.

    Parameters
    ----------
    values : array_like of float, or dict of name to float
        Any unit, such as what `betweenness` returns; values below zero and NaN count as zero.
    share : float
        How many are the largest, as a share of all, above 0 up to 1; rounded up, so at least one.
    """
    if not 0 < share <= 1:
        raise Refusal(f"share={share!r}: above 0 and up to 1 is needed")
    array = np.asarray(list(values.values()) if hasattr(values, "values") else values, float)
    x = -np.sort(-np.maximum(np.nan_to_num(array), 0.0))
    # .07 x 100 is 7.000000000000001.
    number = math.ceil(round(share * x.size, 9))
    total = x.sum()
    return float(x[:number].sum() / total) if total > 0 else 0.0


def dependence(source: Any, layer: str | None = None) -> dict[Any, float]:
    """Return how much of what a firm earns hangs on its largest partner, 0 to 1, by name.

    Parameters
    ----------
    source : World, or any other that `as_graph` takes
        Of a world: the largest value of a partner to the firm (EUR/month, over the chosen layers, smoothed as the
        ties keep it; losses count 0) as a share of the firm's revenue of last month, or of all such values
        if they exceed it. 0 without partners, NaN for a firm that earned nothing. Of a graph: the largest weight
        as a share of all the node's weights, in a directed one of those that it sends (a supplier's sales);
        NaN without any.
    layer : str, optional
        Of a world; all if left out.
    """
    from emergence.measures.graph import as_graph, partner_values, world_of

    world = world_of(source)
    if world is None:
        graph = as_graph(source, layer)
        whole = graph.out_strength
    else:
        graph, revenue = partner_values(world, layer)
        whole = np.maximum(revenue, graph.out_strength)
    largest = np.zeros(graph.number)
    np.maximum.at(largest, graph.owner, graph.weight)
    return graph.by_name(np.divide(largest, whole, out=np.full(graph.number, np.nan), where=whole > 0))


def power(source: Any, layer: str | None = None) -> dict[Any, float]:
    """Return each firm's power over its partners, -1 to 1, by name.

    Parameters
    ----------
    source : World, or any other that `as_graph` takes
        Of a world, what partners bring is the value of the ties with them (EUR/month, over the chosen layers, smoothed
        as the ties keep it; losses count 0). Of a graph, the weights; in a directed one of the ties that a node
        sends (a supplier's sales).
    layer : str, optional
        Of a world; all if left out.

    Returns
    -------
    dict of name to float
        No unit. Above 0: partners depend on the firm more than it depends on them; NaN without partners. The hub
        of a star of n others has 1 - 1/n, each other 1/n - 1.

    Notes
    -----
    P_i = mean over partners j of (D_ji - D_ij), D_ij the share that j has in all that partners bring to i;
    0 if they bring nothing (Emerson 1962: the power of i over j is j's dependence on i; here net of the reverse).
    """
    graph, lead = _leads(source, layer)
    gained, k = np.bincount(graph.owner, lead, graph.number), graph.out_degree
    return graph.by_name(np.divide(gained, k, out=np.full(graph.number, np.nan), where=k > 0))


def power_imbalance(source: Any, layer: str | None = None, among: Any = None) -> float:
    """Return how unequal partners' dependence on each other is, 0 (mutual everywhere) to 1; NaN without ties.

    Parameters
    ----------
    source, layer
        As for `power`.
    among : array_like of bool, optional
        By name in ascending order, as `as_graph` orders nodes: only ties among these; all if left out.

    Notes
    -----
    Mean over pairs of partners of abs(D_ij - D_ji) (Casciaro and Piskorski 2005: power imbalance), D as in `power`;
    no unit.
    """
    graph, lead = _leads(source, layer)
    if among is not None:
        keep = np.asarray(among, bool)
        lead = lead[keep[graph.owner] & keep[graph.nbr]]
    return float(np.abs(lead).mean()) if lead.size else float("nan")


def _leads(source: Any, layer: str | None) -> tuple[Graph, np.ndarray]:
    """Return the pairs of partners, each at both ends, and D_ji - D_ij of each entry, float64[m]."""
    from emergence.kernels.shape import laid_together, transposed
    from emergence.measures.graph import Graph, as_graph, partner_values, world_of

    world = world_of(source)
    graph = as_graph(source, layer) if world is None else partner_values(world, layer)[0]
    whole = graph.out_strength
    mine = np.divide(graph.weight, whole[graph.owner], out=np.zeros(graph.nbr.size), where=whole[graph.owner] > 0)
    back = transposed(graph.ptr, graph.nbr, mine)
    # Laid over its reverse with weights of 0, each pair stands at both ends.
    ptr, nbr, share = laid_together(graph.ptr, graph.nbr, mine, back[0], back[1], np.zeros(back[2].size))
    return Graph(ptr, nbr, share, graph.names, True), transposed(ptr, nbr, share)[2] - share
