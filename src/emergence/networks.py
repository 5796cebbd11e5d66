"""Generated networks: lists of ties between rows, before the world exists."""

from __future__ import annotations

import numpy as np

from emergence.config import Network
from emergence.errors import Refusal

Pairs = tuple[np.ndarray, np.ndarray]
MOST_LISTED = 3000  # firms up to which all pairs can be listed


def make_network(settings: Network, n: int, region: np.ndarray, sector: np.ndarray, rng: np.random.Generator) -> Pairs:
    """Draw the ties of one layer.

    Parameters
    ----------
    settings : Network
        Kind and its parameters.
    n : int
        Firms.
    region, sector : int[n]
        For the clustered kind.
    rng : numpy.random.Generator
        Source of luck.

    Returns
    -------
    (int32[m], int32[m])
        Rows a < b, each pair once.
    """
    degree = min(settings.degree, max(n - 1, 0))
    if n < 2 or degree == 0 or settings.kind in ("empty", "file"):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    if settings.kind == "random":
        return _fill(n, degree, lambda k: (rng.integers(0, n, k), rng.integers(0, n, k)), rng)
    if settings.kind == "clustered":
        return _clustered(settings, n, degree, region, sector, rng)
    import networkx as nx

    whole = max(1, round(degree / 2))
    if settings.kind == "small_world":
        graph = nx.watts_strogatz_graph(n, min(2 * whole, n - 1), settings.rewiring, seed=int(rng.integers(2**31)))
    else:
        graph = nx.barabasi_albert_graph(n, min(whole, n - 1), seed=int(rng.integers(2**31)))
    edges = np.array(graph.edges(), np.int32).reshape(-1, 2)
    edges.sort(axis=1)
    return edges[:, 0].copy(), edges[:, 1].copy()


def _fill(n: int, degree: float, draw: object, rng: np.random.Generator) -> Pairs:
    """Draw pairs until there are n x degree / 2 different ones (or as many as there can be)."""
    wanted = min(round(n * degree / 2), n * (n - 1) // 2)
    codes = np.zeros(0, np.int64)
    for _ in range(60):
        if codes.size >= wanted:
            break
        a, b = draw(wanted - codes.size + wanted // 20 + 8)  # type: ignore[operator]
        lo, hi = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
        new = (lo * n + hi)[lo != hi]
        both = np.concatenate([codes, new])
        _, first = np.unique(both, return_index=True)
        codes = both[np.sort(first)][:wanted]
    if codes.size < wanted:
        codes = np.concatenate([codes, _others(n, codes, wanted - codes.size, degree, rng)])
    codes.sort()
    return (codes // n).astype(np.int32), (codes % n).astype(np.int32)


def _others(n: int, codes: np.ndarray, wanted: int, degree: float, rng: np.random.Generator) -> np.ndarray:
    """Draw from the pairs that are left, where chance alone no longer finds them."""
    if n > MOST_LISTED:
        raise Refusal(f"network.degree={degree:g}: no room for so many ties inside regions and sectors; lower it")
    a, b = np.triu_indices(n, 1)
    left = np.setdiff1d(a.astype(np.int64) * n + b, codes, assume_unique=True)
    return rng.permutation(left)[:wanted]


def _clustered(
    settings: Network, n: int, degree: float, region: np.ndarray, sector: np.ndarray, rng: np.random.Generator
) -> Pairs:
    """Most ties inside a region or a sector; the rest anywhere."""
    orders = [np.argsort(group, kind="stable") for group in (region, sector)]
    bounds = []
    for group, order in zip((region, sector), orders, strict=True):
        ranked = group[order]
        bounds.append((np.searchsorted(ranked, group, "left"), np.searchsorted(ranked, group, "right")))

    def draw(k: int) -> Pairs:
        a = rng.integers(0, n, k)
        b = rng.integers(0, n, k)
        inside = rng.random(k) < settings.inside
        which = (rng.random(k) < settings.by_sector).astype(int)
        place = rng.random(k)
        for g, (order, (lo, hi)) in enumerate(zip(orders, bounds, strict=True)):
            at = inside & (which == g)
            span = hi[a[at]] - lo[a[at]]
            b[at] = order[lo[a[at]] + np.floor(place[at] * span).astype(int)]
        return a, b

    return _fill(n, degree, draw, rng)
