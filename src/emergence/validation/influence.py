"""Acemoglu et al. 2012: where one firm supplies all, its luck does not average out."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.errors import Refusal
from emergence.measures import influence_vector
from emergence.validation.case import Case, Found, near, pick, require, require_word

KINDS = ("ring", "star", "complete")


def measure(kind: str = "star", weights: Any = None, a: float = 0.5, n: int = 100, sign: int = 1) -> Found:
    """Measure the influence vector v = (a/n) [I - (1-a) W']^-1 1.

    Parameters
    ----------
    kind : {"ring", "star", "complete"}
        Everyone is supplied by the next; by the first, itself included; by all alike.
    weights : array_like, [n, n], optional
        Shares of inputs instead: row i holds what i buys of each.
    a : float
        Share of labour.
    n : int
        Firms of a named economy.
    sign : {1, -1}
        -1: suppliers and buyers change places (who then buys of nobody supplies itself).

    Returns
    -------
    dict
        `norm` (Euclidean), `largest` and `total` of the entries.
    """
    require("influence", a=(a, 1e-9, 1.0), n=(n, 2, 5000))
    shares = named(kind, int(n)) if weights is None else matrix_of(weights)
    if sign < 0:
        shares = turned(shares)
    v = influence_vector(shares, a)
    return {"norm": float(np.linalg.norm(v)), "largest": float(v.max()), "total": float(v.sum())}


def matrix_of(weights: Any) -> np.ndarray:
    """Return given weights as a matrix."""
    try:
        return np.asarray(weights.toarray() if hasattr(weights, "toarray") else weights, float)
    except (TypeError, ValueError):
        raise Refusal("case 'influence': weights must be a square matrix of numbers") from None


def named(kind: str, n: int) -> np.ndarray:
    """Return the shares of inputs of a named economy."""
    require_word("influence", "kind", kind, KINDS)
    if kind == "ring":
        return np.roll(np.eye(n), 1, axis=1)
    shares = np.full((n, n), 1.0 / n)
    if kind == "star":
        shares[:] = 0.0
        shares[:, 0] = 1.0
    return shares


def turned(shares: np.ndarray) -> np.ndarray:
    """Return the economy with suppliers and buyers in each other's place, rows adding up to 1 again."""
    back = shares.T.copy()
    back[np.diag_indices_from(back)] += back.sum(axis=1) == 0
    return back / back.sum(axis=1, keepdims=True)


CASE = Case(
    id="influence",
    result="where one firm supplies all, the luck of a single firm moves the whole",
    source="Acemoglu et al. 2012",
    rule="measures.influence_vector",
    setup="100 firms, a = .5: on a ring each is supplied by the next, in a star all are supplied by one, itself "
    "included. The norm of v is the share of a single firm's spread that the whole keeps.",
    conditional="Cobb-Douglas production, shares that do not react to prices, first-order effects of small shocks; "
    "large shocks and complements act otherwise (Baqaee and Farhi 2019)",
    flip="suppliers and buyers change places",
    returns=("norm", "largest", "total"),
    measure=measure,
    checks=(
        near("norm, ring", 0.1, 1e-9, pick("norm", kind="ring"), quick=True),
        near("norm, star", 0.50744, 5e-6, pick("norm", kind="star"), quick=True),
        near("largest entry, star", 0.505, 1e-9, pick("largest", kind="star"), quick=True),
        *(
            near(f"sum of all entries, {kind}", 1.0, 1e-9, pick("total", kind=kind), quick=True)
            for kind in ("ring", "star")
        ),
    ),
)
