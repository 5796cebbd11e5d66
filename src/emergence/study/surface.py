"""A smooth surface through the points of a study: polynomials that are orthonormal under each factor's distribution.

With such polynomials a variance is a sum of squared coefficients (Sudret 2008), so indices, effects and synergies
are read off the coefficients, without another run.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from emergence.study.spec import Factor

DRAWS = 999  # (999 + 1) x .025 is whole, see measures.interval
MOST_DEGREE = 3
POINTS_A_TERM = 2  # fewer points a coefficient and the surface follows the luck
CORNERS = (0.1, 0.9)  # of a range; the ends are where a model is least like the world
NODES = 12
BLOCK = 1_000_000  # numbers held at once


@dataclass(frozen=True)
class Axis:
    """One factor, its values mapped to [0, 1].

    Attributes
    ----------
    factor : Factor
    levels : tuple
        What may occur, in order; empty for a range.
    """

    factor: Factor
    levels: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """Key of the factor."""
        return self.factor.key

    @property
    def numeric(self) -> bool:
        """Tell whether values are numbers, so that a curve has a meaning."""
        return all(isinstance(v, int | float) and not isinstance(v, bool) for v in self.levels)

    @property
    def smooth(self) -> bool:
        """Tell whether it enters a surface: numbers, or a choice of two."""
        return self.numeric or len(self.levels) == 2

    @property
    def most(self) -> int:
        """Highest degree that can be told apart."""
        return len(self.levels) - 1 if self.levels else MOST_DEGREE

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The two places, in [0, 1], between which effects are taken."""
        return (0.0, 1.0) if self.levels else CORNERS

    def unit(self, values: Sequence[Any]) -> np.ndarray:
        """Return places in [0, 1] of values."""
        if not self.numeric:
            where = {value: k for k, value in enumerate(self.levels)}
            return np.array([where[v] for v in values]) / max(len(self.levels) - 1, 1)
        low, high = (min(self.levels), max(self.levels)) if self.levels else (self.factor.low, self.factor.high)
        x = np.asarray(values, float)
        if self.factor.log:
            return (np.log(x) - np.log(low)) / (np.log(high) - np.log(low))
        return (x - low) / (high - low)

    def value(self, unit: float) -> Any:
        """Return the value at a place in [0, 1]."""
        if not self.numeric:
            return self.levels[round(unit * (len(self.levels) - 1))]
        low, high = (min(self.levels), max(self.levels)) if self.levels else (self.factor.low, self.factor.high)
        if self.factor.log:
            return float(low * (high / low) ** unit)
        return float(low + unit * (high - low))

    @cached_property
    def basis(self) -> np.ndarray:
        """Coefficients of its polynomials on powers of 2 u - 1, float64[powers, polynomials]."""
        if self.levels:
            nodes = self.unit(self.levels)
            weights = np.full(nodes.size, 1.0 / nodes.size)
        else:
            x, weights = np.polynomial.legendre.leggauss(NODES)
            nodes, weights = (x + 1.0) / 2.0, weights / 2.0
        _, r = np.linalg.qr(np.sqrt(weights)[:, None] * _powers(nodes, min(self.most, MOST_DEGREE)))
        return np.linalg.inv(r * np.sign(np.diag(r))[:, None])

    def polynomials(self, units: np.ndarray) -> np.ndarray:
        """Return its polynomials at places, float64[places, degrees]; the first is 1."""
        return _powers(np.asarray(units, float), self.basis.shape[0] - 1) @ self.basis


def _powers(units: np.ndarray, degree: int) -> np.ndarray:
    return np.vander(2.0 * units - 1.0, degree + 1, increasing=True)


def terms_of(axes: Sequence[Axis], degree: int) -> np.ndarray:
    """Return all products of polynomials up to a total degree, int64[terms, axes]; the constant comes first."""
    ranges = [range(min(axis.most, degree) + 1) for axis in axes]
    found = [term for term in itertools.product(*ranges) if sum(term) <= degree]
    return np.array(sorted(found, key=lambda term: (sum(term), [-d for d in term])), int).reshape(-1, len(axes))


def columns_of(axes: Sequence[Axis], terms: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return every term at every point, float64[points, terms]."""
    found = np.ones((units.shape[0], terms.shape[0]))
    for k, axis in enumerate(axes):
        found *= axis.polynomials(units[:, k])[:, terms[:, k]]
    return found


@dataclass(frozen=True)
class Surface:
    """A fitted surface.

    Attributes
    ----------
    axes : list of Axis
    terms : int64[terms, axes]
        Degree of each factor in each term.
    coefficients : float64[terms]
    draws : float64[resamples, terms]
        The same after resampling points and, where they are common to all points, lucks.
    r2, r2_cv : float
        Share of the variance between points that it has, and that it predicts of points left out.
    """

    axes: list[Axis]
    terms: np.ndarray
    coefficients: np.ndarray
    draws: np.ndarray
    r2: float
    r2_cv: float

    @property
    def degree(self) -> int:
        """Highest total degree."""
        return int(self.terms.sum(axis=1).max())

    def only(self, *which: int) -> np.ndarray:
        """Mark the terms of these factors and no others, bool[terms]."""
        active = self.terms > 0
        wanted = np.zeros(len(self.axes), bool)
        wanted[list(which)] = True
        return (active == wanted).all(axis=1)

    def along(self, which: Sequence[int], units: np.ndarray) -> np.ndarray:
        """Return the terms at places of some factors, averaged over all others, float64[places, terms]."""
        others = np.ones(len(self.axes), bool)
        others[list(which)] = False
        found = np.ones((units.shape[0], self.terms.shape[0])) * ~(self.terms[:, others] > 0).any(axis=1)
        for column, k in enumerate(which):
            found *= self.axes[k].polynomials(units[:, column])[:, self.terms[:, k]]
        return found

    def effect(self, k: int) -> np.ndarray:
        """Return the contrast of one factor between its ends, averaged over the others."""
        low, high = self.along([k], np.array(self.axes[k].ends)[:, None])
        return high - low

    def synergy(self, i: int, j: int) -> np.ndarray:
        """Return the contrast Y11 - Y10 - Y01 + Y00 of two factors, averaged over the others."""
        corners = np.array(list(itertools.product(self.axes[i].ends, self.axes[j].ends)))
        y00, y01, y10, y11 = self.along([i, j], corners)
        return y11 - y10 - y01 + y00


def fit_surface(axes: Sequence[Axis], units: np.ndarray, values: np.ndarray, common: bool, seed: int = 0) -> Surface:
    """Fit the surface that predicts best what it has not seen.

    Parameters
    ----------
    axes : sequence of Axis
    units : float64[points, axes]
    values : float64[points, replicates]
        NaN where a run is missing; every point needs one.
    common : bool
        Replicates have the same luck at every point, so lucks are resampled as well.
    seed : int
        Same seed, same resamples.

    Notes
    -----
    Least squares on the mean of each point, of the degree 1 to 3 with the best R2 when each point is left out in
    turn, among those with at least two points a coefficient. Intervals by the Bayesian bootstrap (Rubin 1981) of
    points and lucks: weights never make a resample singular, which draws with replacement do where points are few.
    """
    mean = np.nanmean(values, axis=1)
    fits: list[tuple[np.ndarray, np.ndarray, float, float]] = []
    for degree in range(1, MOST_DEGREE + 1):
        terms = terms_of(axes, degree)
        if fits and (len(terms) == len(fits[-1][0]) or POINTS_A_TERM * len(terms) > len(mean)):
            break
        fits.append((terms, *_least_squares(columns_of(axes, terms, units), mean)))
    terms, coefficients, r2, r2_cv = max(fits, key=lambda fit: fit[3])
    draws = resampled(columns_of(axes, terms, units), values, common, seed)
    return Surface(list(axes), terms, coefficients, draws, r2, r2_cv)


def _least_squares(columns: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, float, float]:
    coefficients = np.linalg.lstsq(columns, mean, rcond=None)[0]
    rest = mean - columns @ coefficients
    around = mean - mean.mean()
    whole = float(around @ around)
    if whole <= 1e-24 * max(float(mean @ mean), 1e-300):
        return coefficients, np.nan, -np.inf
    hat = np.minimum((np.linalg.qr(columns)[0] ** 2).sum(axis=1), 1.0 - 1e-9)
    n = mean.size
    left_out = rest / (1.0 - hat)
    unseen = whole * (n / (n - 1)) ** 2  # the mean as well is that of the other points
    return coefficients, 1.0 - float(rest @ rest) / whole, 1.0 - float(left_out @ left_out) / unseen


def resampled(columns: np.ndarray, values: np.ndarray, common: bool, seed: int = 0) -> np.ndarray:
    """Return coefficients after resampling, float64[resamples, terms]."""
    rng = np.random.default_rng(seed)
    points, replicates = values.shape
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    lucks = rng.exponential(size=(replicates, DRAWS)) if common and replicates > 1 else np.ones((replicates, DRAWS))
    size = columns.shape[1]
    normal, right = np.zeros((DRAWS, size * size)), np.zeros((DRAWS, size))
    # Block by block of points, so that large designs need little memory.
    for first in range(0, points, max(BLOCK // size**2, 1)):
        block = slice(first, first + max(BLOCK // size**2, 1))
        x = columns[block]
        weights = rng.exponential(size=(DRAWS, x.shape[0]))
        mean = (filled[block] @ lucks) / (known[block] @ lucks)
        normal += weights @ (x[:, :, None] * x[:, None, :]).reshape(x.shape[0], -1)
        right += (weights * mean.T) @ x
    # A trace on the diagonal keeps a factor without variation from dividing by 0.
    normal = normal.reshape(DRAWS, size, size) + 1e-9 * np.eye(size)
    return np.linalg.solve(normal, right[:, :, None])[:, :, 0]
