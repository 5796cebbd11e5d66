"""Intervals over replicates: paired differences, ratios of means, shares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import Any

import numpy as np

RESAMPLES = 9999  # (9999 + 1) x .025 is whole, so both ends of a 95% interval are order statistics
FLOOR = 1e-9
BLOCK = 2_000_000  # numbers drawn at once
TO_UNIT = 2.0**-53


def paired_interval(
    differences: Any, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean of paired differences and its percentile bootstrap interval (Efron 1979).

    Parameters
    ----------
    differences : array_like of float, [replicates]
        One difference a replicate, in any unit: a run less its twin with the same luck.
    level : float
        Coverage aimed at, between 0 and 1.
    resamples : int
        Draws of as many replicates with replacement.
    seed : int
        Same seed, same resamples.

    Returns
    -------
    mean, low, high : float
        In the unit of the differences; exactly (c, c, c) if all differences equal c. The ends are NaN
        for a single replicate, of which no spread is known.

    Raises
    ------
    ValueError
        If there is no difference, one is not finite, or there are too few resamples for the level.

    Notes
    -----
    The ends are order statistics of the resampled means. Coverage of a 95% interval, measured over
    20,000 sets with 5, 10, 30 and 100 replicates: .84, .90, .94 and .95 for normal differences; .79, .86,
    .92 and .94 for exponential ones; .72, .80, .88 and .92 for log-normal ones (sigma 1). So with fewer
    than 20 replicates, or a long tail, the interval is too narrow.
    """
    d = _checked("differences", differences)
    if (d == d[0]).all():
        mean = float(d[0]) + 0.0
        return (mean, mean, mean) if d.size > 1 else (mean, math.nan, math.nan)
    low, high = percentiles(resampled_sums(d, resamples, seed) / d.size, level)
    return float(d.mean()), float(low), float(high)


def ratio_interval(
    above: Any,
    below: Any,
    floor: float = FLOOR,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Return the ratio of two means over the same replicates, never a mean of ratios, and its interval.

    Parameters
    ----------
    above, below : array_like of float, [replicates]
        Paired: entry k of both comes from replicate k, and they are resampled together.
    floor : float
        Least absolute mean of `below`, in its unit, at which a ratio is stated.
    level, resamples, seed
        As in `paired_interval`.

    Returns
    -------
    ratio, low, high : float
        In the unit of `above` by that of `below`. All NaN if the mean of `below` lies under the floor.
        The ends are NaN for a single replicate.

    Notes
    -----
    A resample whose denominator lies under the floor or on the other side of 0 bounds nothing: it
    counts as -inf for the lower and as +inf for the upper end. So an end is infinite when such
    resamples are more than its tail, as it is with Fieller 1954.
    """
    a, b = _checked("above", above), _checked("below", below)
    if a.size != b.size:
        raise ValueError(f"ratio_interval: {a.size} values above and {b.size} below; they must be paired")
    mean = float(b.mean())
    if abs(mean) < floor or mean == 0.0:
        return math.nan, math.nan, math.nan
    ratio = float(a.mean()) / mean
    if a.size == 1:
        return ratio, math.nan, math.nan
    if (a == a[0]).all() and (b == b[0]).all():
        ratio = float(a[0] / b[0]) + 0.0
        return ratio, ratio, ratio
    sums_a, sums_b = (resampled_sums(x, resamples, seed) for x in (a, b))
    sound = (sums_b * math.copysign(1.0, mean) >= floor * a.size) & (sums_b != 0.0)
    ratios = np.divide(sums_a, sums_b, out=np.zeros_like(sums_a), where=sound)
    low = percentiles(np.where(sound, ratios, -np.inf), level)[0]
    high = percentiles(np.where(sound, ratios, np.inf), level)[1]
    return ratio, float(low), float(high)


def wilson(hits: int, trials: int, level: float = 0.95) -> tuple[float, float, float]:
    """Return a share and its score interval (Wilson 1927), each within [0, 1]; NaN without trials."""
    if trials == 0:
        return math.nan, math.nan, math.nan
    if not 0 <= hits <= trials:
        raise ValueError(f"wilson: {hits} hits in {trials} trials cannot be")
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    share, grown = hits / trials, 1.0 + z * z / trials
    middle = (share + z * z / (2.0 * trials)) / grown
    half = z / grown * math.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials))
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == trials else middle + half
    return share, low, high


def resample_counts(replicates: int, resamples: int = RESAMPLES, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield blocks of resamples: how often each replicate was drawn, int64[rows, replicates].

    Notes
    -----
    The raw words of Philox are the same in every version of numpy, which derived numbers are not.
    """
    source = np.random.Philox(key=seed)
    most = max(1, BLOCK // replicates)
    for first in range(0, resamples, most):
        rows = min(most, resamples - first)
        words = source.random_raw(rows * replicates).reshape(rows, replicates)
        drawn = ((words >> np.uint64(11)) * TO_UNIT * replicates).astype(np.int64)
        drawn += np.arange(rows)[:, None] * replicates
        yield np.bincount(drawn.ravel(), minlength=rows * replicates).reshape(rows, replicates)


def resampled_sums(values: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Return sums over resampled replicates, float64[resamples, ...].

    Parameters
    ----------
    values : float64[replicates, ...]
        The same seed draws the same replicates for any values, which is what pairs them.
    """
    sums = np.empty((resamples, *values.shape[1:]))
    first = 0
    for counts in resample_counts(values.shape[0], resamples, seed):
        block = sums[first : first + counts.shape[0]]
        block[:] = 0.0
        # One replicate after the other, so that no library's order of summation shows in the last digits.
        for k, value in enumerate(values):
            block += np.multiply.outer(counts[:, k].astype(float), value)
        first += counts.shape[0]
    return sums


def percentiles(values: np.ndarray, level: float = 0.95) -> tuple[Any, Any]:
    """Return the two order statistics between which a share `level` of resampled values lies.

    Parameters
    ----------
    values : float64[resamples, ...]
        May hold infinities.
    level : float
        Between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level={level:g}: a share between 0 and 1 is needed")
    tail, number = (1.0 - level) / 2.0, values.shape[0]
    rank = int((number + 1) * tail + 1e-9)
    if rank < 1:
        raise ValueError(f"{number} resamples are too few for level={level:g}: at least {math.ceil(1 / tail - 1)}")
    ordered = np.partition(values, (rank - 1, number - rank), axis=0)
    return ordered[rank - 1], ordered[number - rank]


def _checked(name: str, values: Any) -> np.ndarray:
    array = np.asarray(values, float)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name}: one number per replicate is needed, not an array of shape {array.shape}")
    odd = np.flatnonzero(~np.isfinite(array))
    if odd.size:
        raise ValueError(f"{name}: replicate {odd[0]} is {array[odd[0]]}; every replicate needs a finite number")
    return array
