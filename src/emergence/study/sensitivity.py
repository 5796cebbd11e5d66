"""What matters and how: effects, indices of Sobol and Morris, synergy of pairs, each with a 95% interval."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from emergence.measures.interval import paired_interval, percentiles
from emergence.study.design import MORRIS_LEVELS
from emergence.study.surface import Axis, Surface

Row = dict[str, Any]
Estimate = tuple[float, float, float]


def interval_of(estimate: float, draws: np.ndarray) -> Estimate:
    """Return an estimate with the percentiles of its resamples."""
    low, high = percentiles(draws)
    return float(estimate), float(low), float(high)


def contrast(surface: Surface, weights: np.ndarray) -> Estimate:
    """Return a weighted sum of the coefficients with its interval."""
    return interval_of(surface.coefficients @ weights, surface.draws @ weights)


def surface_indices(surface: Surface) -> Iterator[Row]:
    """Yield first-order and total indices of every factor, and second-order ones of every pair.

    They are shares of the variance of the surface, each factor uniform over its range. A squared coefficient is too
    large by its own variance, and a resampled one by twice that; both are taken off, so indices of nothing are
    about 0.
    """
    spread = surface.draws.var(axis=0, ddof=1)
    active = surface.terms > 0
    groups, member = np.unique(active, axis=0, return_inverse=True)
    sums = np.eye(len(groups))[member.ravel()]
    parts = np.maximum(np.vstack([surface.coefficients**2 - spread, surface.draws**2 - 2.0 * spread]) @ sums, 0.0)
    parts[:, ~groups.any(axis=1)] = 0.0
    whole = parts.sum(axis=1)
    shares = np.where(whole[:, None] > 0, parts / np.where(whole > 0, whole, 1.0)[:, None], 0.0)

    def index(marked: np.ndarray) -> Estimate:
        found = shares[:, marked].sum(axis=1)
        return interval_of(found[0], found[1:]) if whole[0] > 0 else (np.nan, np.nan, np.nan)

    number = groups.sum(axis=1)
    for k, axis in enumerate(surface.axes):
        yield _row(axis.name, "", "first", index(groups[:, k] & (number == 1)))
        yield _row(axis.name, "", "total", index(groups[:, k]))
    for i, j in itertools.combinations(range(len(surface.axes)), 2):
        if surface.only(i, j).any():
            yield _row(
                surface.axes[i].name, surface.axes[j].name, "second", index(groups[:, i] & groups[:, j] & (number == 2))
            )


def _row(factor: str, other: str, index: str, estimate: Estimate) -> Row:
    return {"factor": factor, "other": other, "index": index, **_ends(estimate)}


def _ends(estimate: Estimate) -> Row:
    return dict(zip(("estimate", "low", "high"), estimate, strict=True))


def saltelli_indices(axes: Sequence[Axis], mean: np.ndarray, second_order: bool) -> Iterator[Row]:
    """Yield Sobol indices of a Saltelli design, by SALib; `mean` holds one value a point, in the design's order."""
    from SALib.analyze import sobol

    names = [axis.name for axis in axes]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    if not mean.std() > 0:
        return
    found = sobol.analyze(problem, mean, calc_second_order=second_order, num_resamples=500, seed=1)
    for k, name in enumerate(names):
        for index, key in (("first", "S1"), ("total", "ST")):
            value, half = float(found[key][k]), float(found[key + "_conf"][k])
            yield _row(name, "", index, (value, value - half, value + half))
    if second_order:
        for i, j in itertools.combinations(range(len(names)), 2):
            value, half = float(found["S2"][i, j]), float(found["S2_conf"][i, j])
            yield _row(names[i], names[j], "second", (value, value - half, value + half))


def morris_rows(axes: Sequence[Axis], units: np.ndarray, mean: np.ndarray) -> Iterator[Row]:
    """Yield mu, mu* (with its interval) and sigma of elementary effects, by SALib, over the whole range of a factor."""
    from SALib.analyze import morris

    names = [axis.name for axis in axes]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    found = morris.analyze(problem, units, mean, num_levels=MORRIS_LEVELS, num_resamples=999, seed=1)
    for k, name in enumerate(names):
        star, half = float(found["mu_star"][k]), float(found["mu_star_conf"][k])
        ends = _ends((star, max(star - half, 0.0), star + half))
        yield {"factor": name, **ends, "mu": float(found["mu"][k]), "sigma": float(found["sigma"][k])}


def surface_effects(surface: Surface, sd_points: float) -> Iterator[Row]:
    """Yield what each factor changes between its ends, averaged over the others, and its standardised slope.

    Parameters
    ----------
    surface : Surface
    sd_points : float
        Standard deviation of the outcome between points.
    """
    for k, axis in enumerate(surface.axes):
        slope = np.where(surface.only(k) & (surface.terms[:, k] == 1), 1.0, 0.0)
        row = {"factor": axis.name, "from": axis.value(axis.ends[0]), "to": axis.value(axis.ends[1])}
        row |= {**_ends(contrast(surface, surface.effect(k))), "by": "surface"}
        scaled = contrast(surface, slope / sd_points) if sd_points > 0 else (np.nan,) * 3
        yield row | dict(zip(("standardised", "standardised_low", "standardised_high"), scaled, strict=True))


def level_effects(axis: Axis, column: Sequence[Any], values: np.ndarray, base: int | None, sd: float) -> Iterator[Row]:
    """Yield what each level changes against a base, paired by luck.

    Parameters
    ----------
    axis : Axis
    column : sequence
        The factor's value at every point.
    values : float64[points, replicates]
    base : int or None
        Point to compare with (one at a time); None for the mean of all points at the first level.
    sd : float
        Standard deviation of the outcome between points.
    """
    given = np.asarray(column, object)
    start = axis.levels[0] if base is None else column[base]
    for level in axis.levels or list(dict.fromkeys(column)):
        if level == start:
            continue
        there = values[np.flatnonzero(given == level)]
        before = values[np.flatnonzero(given == start)] if base is None else values[[base]]
        pairs = _mean(there) - _mean(before)
        pairs = pairs[np.isfinite(pairs)]
        if pairs.size:
            found = paired_interval(pairs)
            scaled = [value / sd if sd > 0 else np.nan for value in found]
            names = ("standardised", "standardised_low", "standardised_high")
            row = {"factor": axis.name, "from": start, "to": level, **_ends(found), "by": "levels"}
            yield row | dict(zip(names, scaled, strict=True))


def _mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    number = known.sum(axis=0)
    return np.where(number > 0, np.where(known, values, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)


def surface_synergy(surface: Surface) -> Iterator[Row]:
    """Yield Y11 - Y10 - Y01 + Y00 of every pair of factors, corners at .1 and .9, averaged over the others."""
    for i, j in itertools.combinations(range(len(surface.axes)), 2):
        weights = surface.synergy(i, j)
        if np.abs(weights).max() > 0:
            spread = float((surface.draws @ weights).std(ddof=1))
            row = {"factor": surface.axes[i].name, "other": surface.axes[j].name, "by": "surface"}
            yield row | _ends(contrast(surface, weights)) | {"se": spread}


def factorial_synergy(axes: Sequence[Axis], units: np.ndarray, values: np.ndarray) -> Iterator[Row]:
    """Yield the same from a full factorial, at the lowest and highest level, paired by luck.

    Parameters
    ----------
    axes : sequence of Axis
    units : float64[points, axes]
    values : float64[points, replicates]
    """
    for i, j in itertools.combinations(range(len(axes)), 2):
        corner = {
            (a, b): _mean(values[(units[:, i] == a) & (units[:, j] == b)]) for a in (0.0, 1.0) for b in (0.0, 1.0)
        }
        pairs = corner[1, 1] - corner[1, 0] - corner[0, 1] + corner[0, 0]
        pairs = pairs[np.isfinite(pairs)]
        if pairs.size:
            spread = float(pairs.std(ddof=1) / pairs.size**0.5) if pairs.size > 1 else np.nan
            row = {"factor": axes[i].name, "other": axes[j].name, "by": "factorial"}
            yield row | _ends(paired_interval(pairs)) | {"se": spread}


def curve(surface: Surface, k: int, places: int = 21) -> Iterator[Row]:
    """Yield the mean of an outcome along one factor, the others spread over their ranges."""
    axis = surface.axes[k]
    units = axis.unit(axis.levels) if axis.levels else np.linspace(0.0, 1.0, places)
    rows = surface.along([k], units[:, None])
    low, high = percentiles(surface.draws @ rows.T)
    for unit, mean, a, b in zip(units, rows @ surface.coefficients, low, high, strict=True):
        yield {"factor": axis.name, "value": axis.value(unit), "mean": float(mean), "low": float(a), "high": float(b)}


def binned(axis: Axis, units: np.ndarray, mean: np.ndarray, bins: int = 10) -> Iterator[Row]:
    """Yield means of the points themselves in slices of a factor, with 95% intervals over points."""
    places = np.minimum((units * bins).astype(int), bins - 1)
    for place in np.unique(places):
        inside = mean[places == place]
        if inside.size > 1:
            found, low, high = paired_interval(inside, resamples=1999)
            middle = axis.value(float(units[places == place].mean()))
            yield {"factor": axis.name, "value": middle, "mean": found, "low": low, "high": high, "points": inside.size}


def phase(surface: Surface, i: int, j: int, places: int = 21) -> Iterator[Row]:
    """Yield the mean of an outcome over two factors, the others spread over their ranges."""
    u, v = (surface.axes[k].unit(surface.axes[k].levels) if surface.axes[k].levels else np.linspace(0, 1, places)
            for k in (i, j))  # fmt: skip
    units = np.array(list(itertools.product(u, v)))
    rows = surface.along([i, j], units)
    low, high = percentiles(surface.draws @ rows.T)
    first, second = surface.axes[i], surface.axes[j]
    for (a, b), mean, below, above in zip(units, rows @ surface.coefficients, low, high, strict=True):
        places_ = {"x": first.value(a), "y": second.value(b)}
        yield {"factor": first.name, "other": second.name, **places_, "mean": mean, "low": below, "high": above}
