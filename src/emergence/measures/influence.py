"""How much each firm's luck weighs in the output of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.errors import Refusal

CLOSE = 1e-8  # how far a row of shares may be from 1
DENSE = 3_000  # firms up to which a sparse matrix is solved as a dense one
STILL = 1e-15  # change in the sum of the vector at which iteration ends


def influence_vector(weights: Any, alpha: float) -> np.ndarray:
    """Return the influence vector of an economy of linked firms or sectors.

    Parameters
    ----------
    weights : array_like or scipy sparse matrix, [n, n]
        Entry [i, j] is the share of j in the inputs of i: at least 0, each row sums to 1.
    alpha : float
        Share of labour in production, above 0 up to 1.

    Returns
    -------
    float64[n]
        Adds up to 1. Its norm says how much independent luck of single firms moves the whole: 1/sqrt(n) where all
        weigh alike, close to its largest entry where one firm supplies all.

    Raises
    ------
    Refusal
        If the matrix is not square, or shares are negative, not finite or do not add up to 1.

    Notes
    -----
    v = (alpha/n) [I - (1 - alpha) W']^-1 1 (Acemoglu et al. 2012, Econometrica 80:1977, equation 4).
    """
    if not (isinstance(alpha, (int, float, np.number)) and 0 < alpha <= 1):
        raise Refusal(f"alpha={alpha!r}: a number above 0 up to 1 is needed, the share of labour")
    sparse = hasattr(weights, "tocsr")
    matrix: Any = weights.tocsr() if sparse else _dense(weights)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        size = " x ".join(str(k) for k in matrix.shape)
        raise Refusal(f"weights: a square matrix is needed, a row and a column for each firm; this one is {size}")
    n = matrix.shape[0]
    _check_shares(matrix.data if sparse else matrix, np.asarray(matrix.sum(axis=1), float).ravel())
    start = np.full(n, alpha / max(n, 1))
    if sparse and n > DENSE:
        return _iterate(matrix.T.tocsr(), start, float(alpha))
    dense = matrix.toarray() if sparse else matrix
    return np.linalg.solve(np.eye(n) - (1.0 - alpha) * dense.T, start)


def _dense(weights: Any) -> np.ndarray:
    try:
        return np.asarray(weights, float)
    except (TypeError, ValueError):
        raise Refusal("weights: a square matrix of numbers is needed") from None


def _check_shares(entries: np.ndarray, total: np.ndarray) -> None:
    if not (np.isfinite(entries).all() and (entries >= 0).all()):
        raise Refusal("weights: every share must be a finite number of at least 0")
    off = np.flatnonzero(np.abs(total - 1.0) > CLOSE)
    if off.size:
        raise Refusal(f"weights: row {off[0]} adds up to {total[off[0]]:g}; the shares of a firm's inputs add up to 1")


def _iterate(transposed: Any, start: np.ndarray, alpha: float) -> np.ndarray:
    """Sum the series start + (1 - alpha) W' start + ...; each term is smaller than the last by 1 - alpha."""
    total, term = start.copy(), start
    while term.sum() > STILL:
        term = (1.0 - alpha) * (transposed @ term)
        total += term
    return total
