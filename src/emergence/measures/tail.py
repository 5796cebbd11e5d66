"""How heavy a tail is: exponents of degrees and of sizes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from emergence.errors import Refusal
from emergence.measures.graph import as_graph

TERMS = 32  # of the zeta function summed one by one; the rest by Euler and Maclaurin
# Coefficients of a, a(a+1)(a+2), ... in that rest: B_2/2!, B_4/4!, B_6/6!, B_8/8!.
BERNOULLI = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600)
RISING = tuple(np.poly(-np.arange(2 * r + 1)) for r in range(4))
HALVINGS = 64


class TailFit(NamedTuple):
    """A power law p(k) ~ k^-exponent for k >= kmin.

    Attributes
    ----------
    exponent : float
        Of the density; the cumulative one is lower by 1. NaN if there was nothing to fit.
    kmin : int
        Where the tail begins.
    number : int
        Values in the tail.
    distance : float
        Kolmogorov-Smirnov distance between the tail and the fit, 0 to 1.
    """

    exponent: float
    kmin: int
    number: int
    distance: float


def degree_tail(source: Any, kmin: int | None = None, layer: str | None = None) -> float:
    """Return the exponent of the density of degrees; see `fit_tail`.

    Degrees count different partners whatever the direction; nodes without partners are left out. NaN if fewer
    than two different degrees occur.
    """
    degree = as_graph(source, layer).degree
    return fit_tail(degree[degree > 0], kmin).exponent


def fit_tail(values: Any, kmin: int | None = None) -> TailFit:
    """Fit a power law to the tail of whole numbers by maximum likelihood.

    Parameters
    ----------
    values : array_like of int
        At least 1.
    kmin : int, optional
        Where the tail begins. If left out, the value (but the largest) for which the fitted and the actual
        distribution above it are closest by Kolmogorov and Smirnov; of equally close ones the lowest.

    Returns
    -------
    TailFit

    Raises
    ------
    Refusal
        If values are not whole numbers of at least 1.

    Notes
    -----
    p(k) = k^-a / zeta(a, kmin), a by maximum likelihood (Clauset, Shalizi and Newman 2009, section 3 and appendix
    B); that a power law fits best does not make it true. The exponent is infinite if the whole tail has
    the value kmin.
    """
    found, count = _counted(values)
    if kmin is None:
        candidates = found[:-1]
    else:
        inside = found >= kmin
        found, count = found[inside], count[inside]
        candidates = np.array([kmin], np.float64)
    if not candidates.size or not found.size:
        return TailFit(math.nan, 0, 0, math.nan)
    behind = np.cumsum(count[::-1])[::-1]
    logs = np.cumsum((count * np.log(found))[::-1])[::-1]
    first = np.searchsorted(found, candidates)
    # Rounding must not make a spread where all values of a tail are alike.
    lasting = found[-1] > candidates
    mean_log = logs[first] / behind[first] - np.log(candidates)
    exponent = np.full(candidates.size, math.inf)
    exponent[lasting] = _most_likely(candidates[lasting], mean_log[lasting])
    distance = [_distance(a, k, found[f:], behind[f:]) for a, k, f in zip(exponent, candidates, first, strict=True)]
    best = int(np.argmin(np.round(distance, 12)))
    return TailFit(float(exponent[best]), int(candidates[best]), int(behind[first[best]]), float(distance[best]))


def hill(values: Any, share: float = 0.05) -> float:
    """Return the exponent of the cumulative distribution of the largest values (sizes, say): P(X > x) ~ x^-a.

    Parameters
    ----------
    values : array_like of float
        Any unit; only those above 0 count.
    share : float
        Share of the values that make the tail, above 0 and below 1.

    Notes
    -----
    a = k / sum_{i <= k} ln(x_(i) / x_(k+1)), the k largest values x_(1) >= ... >= x_(k) (Hill 1975); NaN for fewer
    than two values, infinite if the k + 1 largest are equal.
    """
    if not 0 < share < 1:
        raise Refusal(f"share={share!r}: above 0 and below 1 is needed")
    x = np.asarray(values, float)
    x = -np.sort(-x[x > 0])
    if x.size < 2:
        return math.nan
    k = min(max(math.ceil(round(share * x.size, 9)), 1), x.size - 1)
    total = float(np.log(x[:k] / x[k]).sum())
    return k / total if total > 0 else math.inf


def _counted(values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values, ascending, as float64, and how often each occurs; refuse what is no count."""
    array = np.asarray(values)
    if array.size and (array.dtype.kind not in "iuf" or not np.isfinite(array).all()):
        raise Refusal("whole numbers of at least 1 are needed")
    if array.size and ((array != np.floor(array)).any() or array.min() < 1):
        raise Refusal("whole numbers of at least 1 are needed; for other values use hill")
    return np.unique(array.ravel().astype(np.float64), return_counts=True)


def _zeta(a: Any, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sum_j (1 + j/q)^-a over j >= 0 and minus its derivative by a: zeta(a, q) q^a, free of overflow.

    The first terms are summed, the rest is the formula of Euler and Maclaurin; relative error about 1e-14.
    """
    a = np.asarray(a, float)
    steps = np.log1p(np.arange(TERMS)[:, None] / q)
    terms = np.exp(-a * steps)
    x = q + TERMS
    log = np.log1p(TERMS / q)
    f = np.exp(-a * log)
    inner, slope = x / (a - 1) + 0.5, -x / (a - 1) ** 2
    for r, (coefficient, rising) in enumerate(zip(BERNOULLI, RISING, strict=True)):
        power = coefficient * x ** -(2 * r + 1.0)
        inner = inner + power * np.polyval(rising, a)
        slope = slope + power * np.polyval(np.polyder(rising), a)
    rest = f * inner
    return terms.sum(axis=0) + rest, (steps * terms).sum(axis=0) + log * rest - f * slope


def _most_likely(q: np.ndarray, mean_log: np.ndarray) -> np.ndarray:
    """Return the exponent at which the mean of ln(k / q) is as observed, by halving an interval; vectors.

    That is where the likelihood is highest. The mean falls from infinity to 0 as the exponent rises from 1.
    """
    low, high = np.full(q.size, 1.0), np.full(q.size, 2.0)

    def above(a: np.ndarray) -> np.ndarray:
        total, logs = _zeta(a, q)
        return logs / total > mean_log

    for _ in range(60):
        more = above(high)
        if not more.any():
            break
        low, high = np.where(more, high, low), np.where(more, 2 * high - 1, high)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        more = above(middle)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return 0.5 * (low + high)


def _distance(a: float, q: float, found: np.ndarray, behind: np.ndarray) -> float:
    """Return the largest gap between the fitted and the actual distribution, over all whole numbers from q."""
    if math.isinf(a):
        return 0.0
    whole = _zeta(a, np.array([q]))[0]
    # Between two values that occur the gap is largest at the ends, so it is taken at each value and just after.
    actual = np.append(behind, 0) / behind[0]
    at = _zeta(a, found)[0] / whole * (found / q) ** -a
    after = _zeta(a, found + 1)[0] / whole * ((found + 1) / q) ** -a
    return float(max(np.abs(at - actual[:-1]).max(), np.abs(after - actual[1:]).max()))
