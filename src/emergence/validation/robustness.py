"""Albert et al. 2000; Schneider et al. 2011: what holds together while the best connected are lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence import luck
from emergence.kernels.removal import largest_left
from emergence.measures.graph import as_graph
from emergence.measures.robustness import ATTACKS, removal_curve, removal_order
from emergence.validation.case import Case, Found, Run, mean_interval, near, pick, require, require_word, spread_of
from emergence.validation.graphs import Pairs, draw_pairs, half_edges

NETWORK = luck.stream("validation.robustness.network")
PUBLISHED = {"scale_free": 0.097, "random": 0.204}
DRAWN, FIXED = tuple(PUBLISHED), ("complete", "star", "ring")


def measure(
    graph: Any = "scale_free", attack: str = "degree", seed: int = 1, n: int = 1000, degree: float = 4.0,
    runs: int = 1, sign: int = 1,
) -> Found:  # fmt: skip
    """Take one firm after the other out of a network and follow its largest component.

    Parameters
    ----------
    graph : {"scale_free", "random", "complete", "star", "ring"} or networkx.Graph
    attack : {"degree", "degree_static", "random", "betweenness"}
        Who is next; degrees are counted anew after each loss unless static.
    seed : int
    n : int
        Firms of a named network.
    degree : float
        Its mean number of ties, for the drawn ones.
    runs : int
        Networks (or random orders) over which is averaged.
    sign : {1, -1}
        -1: the attack in reverse order.

    Returns
    -------
    dict
        `r`: mean over removals of the share of all firms in the largest component; `curve`: that share after
        1, 2, ... n removals, float64[n]; and `rs` and `curves` by run.
    """
    require_word("robustness", "attack", attack, ATTACKS)
    require("robustness", n=(n, 2, 10**6), degree=(degree, 0.0, n - 1.0), runs=(runs, 1, 10**5))
    curves = np.array(
        [curve_of(source_of(graph, int(n), degree, seed, k), attack, seed + k, sign) for k in range(int(runs))]
    )
    return {"r": float(curves.mean()), "curve": curves.mean(axis=0), "rs": curves.mean(axis=1), "curves": curves}


def curve_of(source: Any, attack: str, seed: int, sign: int) -> np.ndarray:
    """Return the share of firms in the largest component after each removal."""
    if sign > 0:
        return removal_curve(source, attack, seed=seed)
    graph = as_graph(source).symmetrised
    return largest_left(graph.ptr, graph.nbr, removal_order(graph, attack, seed)[::-1].copy()) / graph.number


def source_of(graph: Any, n: int, degree: float, seed: int, run: int) -> Any:
    """Return a named network as row pointer and partners; a graph is handed through."""
    if not isinstance(graph, str):
        return graph
    require_word("robustness", "graph", graph, DRAWN + FIXED)
    if graph in DRAWN:
        return half_edges(n, *draw_pairs(graph, n, degree, luck.generator(seed, NETWORK, run)))
    return half_edges(n, *plain_pairs(graph, n))


def plain_pairs(kind: str, n: int) -> Pairs:
    """Return the ties of a complete network, a star around the first firm, or a ring."""
    if kind == "complete":
        a, b = np.triu_indices(n, 1)
        return a, b
    if kind == "star":
        return np.zeros(n - 1, np.int64), np.arange(1, n)
    after = np.arange(n)
    return (after, (after + 1) % n) if n > 2 else (after[:1], after[1:])


def curve(run: Run) -> Found:
    """Return the share in the largest component over the share removed, by network and attack."""
    found: Found = {"removed": [k / 100 for k in range(101)], "published": PUBLISHED}
    for graph in DRAWN:
        for attack in ("degree", "random"):
            curves = run(graph=graph, attack=attack, runs=20)["curves"]
            n = curves.shape[1]
            whole = np.column_stack([np.ones(len(curves)), curves])[:, [round(k * n / 100) for k in range(101)]]
            found[f"{graph}_{attack}"] = whole.mean(axis=0).tolist()
            found[f"{graph}_{attack}_interval"] = [mean_interval(column) for column in whole.T]
    return found


CASE = Case(
    id="robustness",
    result="hubs make a network robust to chance and fragile to attack",
    source="Albert et al. 2000; Schneider et al. 2011",
    rule="measures.schneider_r, measures.removal_curve",
    setup="R is the mean over removals of the share of all firms in the largest component; the firm of most remaining "
    "ties goes first, equal ones by lowest uid. 1000 firms of mean degree 4 for the drawn networks, 20 of each.",
    conditional="structure alone: nobody rewires, substitutes or recovers; the figures of the ring and of drawn "
    "networks depend on how ties in degree are broken",
    flip="the attack in reverse order",
    returns=("r", "curve"),
    measure=measure,
    checks=(
        near("R, complete graph of 50: (N-1)/2N", 0.49, 1e-9, pick("r", graph="complete", n=50), quick=True),
        near("R, star of 100", 0.0099, 1e-9, pick("r", graph="star", n=100), quick=True),
        near("R, ring of 100", 0.255, 5e-4, pick("r", graph="ring", n=100), quick=True),
        near(
            "R, scale-free network, degree attack",
            PUBLISHED["scale_free"],
            0.012,
            pick("r", graph="scale_free", runs=20),
            spread_of("rs", graph="scale_free", runs=20),
            quick=True,
        ),
        near(
            "R, random network, degree attack",
            PUBLISHED["random"],
            0.009,
            pick("r", graph="random", runs=20),
            spread_of("rs", graph="random", runs=20),
            quick=True,
        ),
    ),
    curve=curve,
)
