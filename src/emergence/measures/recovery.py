"""Resilience and agility: what a shock took from a network, and how soon it came back.

Every number compares runs with twins of the same luck that were spared, and is a ratio of sums over
replicates, never a mean of ratios.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.measures.interval import (
    FLOOR,
    RESAMPLES,
    paired_interval,
    percentiles,
    ratio_interval,
    resampled_sums,
)

THRESHOLD = 0.95  # share of the twins' output that counts as recovered
RUNNING = 3  # months in a row
Ends = tuple[float, float]
Estimate = tuple[float, float, float]
UNKNOWN = (math.nan, math.nan)


@dataclass(frozen=True)
class Resilience:
    """What a shock did to output, against unshocked twins with the same luck.

    Attributes
    ----------
    month : int64[months]
        Months since the shock, 0 for the month in which it struck.
    q, q_low, q_high : float64[months]
        Q, summed output over replicates as a share of the twins', and its interval month by month.
    loss, loss_interval : float, (float, float)
        Integral of 1 - Q in months of output; below 0 where output rose.
    depth, depth_interval : float, (float, float)
        1 - min Q, the share of output missing in the worst month, at most 1; below 0 if Q never fell
        under 1. A minimum of noisy values lies too low, so read it against `placebo_depth`.
    recovery : int or None
        Months after the shock of the first month that begins three in a row at Q >= .95 after Q had
        fallen below; 0 if it never fell; None if it had not recovered where the runs end.
    recovery_interval : (int or None, int or None)
        Its interval; None where that end lies beyond the horizon.
    censored : bool
        Whether the runs end before recovery.
    censored_share : float
        Share of resamples whose runs end before recovery, [0, 1].
    horizon : int
        Months after the shock that were observed.
    placebo_q, placebo_low, placebo_high : float64[months] or None
        The same for twins that lost one random firm of median size: the band of noise.
    placebo_loss, placebo_interval, placebo_depth : float, (float, float), float
        As above, for the placebo; NaN without one.
    excess, excess_interval : float, (float, float)
        Loss less the placebo's, in months of output, paired over replicates; NaN without a placebo.
    replicates : int
    level : float
        Coverage aimed at by all intervals.
    """

    month: np.ndarray
    q: np.ndarray
    q_low: np.ndarray
    q_high: np.ndarray
    loss: float
    loss_interval: Ends
    depth: float
    depth_interval: Ends
    recovery: int | None
    recovery_interval: tuple[int | None, int | None]
    censored: bool
    censored_share: float
    horizon: int
    placebo_q: np.ndarray | None
    placebo_low: np.ndarray | None
    placebo_high: np.ndarray | None
    placebo_loss: float
    placebo_interval: Ends
    placebo_depth: float
    excess: float
    excess_interval: Ends
    replicates: int
    level: float

    @property
    def exceeds(self) -> bool | None:
        """Whether the loss exceeds the placebo's beyond chance; None without a placebo or an interval."""
        return None if math.isnan(self.excess_interval[0]) else self.excess_interval[0] > 0.0

    @property
    def outside(self) -> np.ndarray:
        """Months in which Q lies under the band of noise, bool[months]; none without a placebo."""
        return np.zeros(self.q.size, bool) if self.placebo_low is None else self.q < self.placebo_low

    def sentence(self) -> str:
        """Return what was found, in plain words."""
        what = "lost" if self.loss >= 0 else "gained"
        sign = 1.0 if self.loss >= 0 else -1.0
        ends = sorted(sign * end for end in self.loss_interval)
        text = (
            f"In the {self.horizon + 1} months from the shock on, the network {what} {abs(self.loss):.2f} months "
            f"of output against twins that were spared{self._between(ends, '.2f')}; "
        )
        if self.depth > 0:
            text += f"in the worst month {self.depth:.1%} of output was missing. "
        else:
            text += "in no month was output missing. "
        return text + self._about_recovery() + self._about_placebo()

    def _between(self, ends: Any, form: str) -> str:
        if any(math.isnan(end) for end in ends):
            return f" ({self.replicates} replicate: no interval)"
        low, high = (format(end, form) for end in ends)
        return f" ({self.level:.0%} interval {low} to {high}, {self.replicates} replicates)"

    def _about_recovery(self) -> str:
        if self.recovery == 0:
            return f"It never fell below {THRESHOLD:.0%} of theirs."
        if self.recovery is None:
            return f"It was not back at {THRESHOLD:.0%} of theirs by month {self.horizon}, where the runs end."
        low, high = self.recovery_interval
        ends = ""
        if self.replicates > 1:
            ends = f" ({low if low is not None else 'later'} to {high if high is not None else 'beyond the runs'})"
        return f"It was back at {THRESHOLD:.0%} of theirs after {self.recovery} months{ends}."

    def _about_placebo(self) -> str:
        if self.placebo_q is None:
            return ""
        said = {
            True: "The shock took more than that",
            False: "The shock cannot be told from that",
            None: "One replicate cannot tell them apart",
        }[self.exceeds]
        took = "took" if self.placebo_loss >= 0 else "brought"
        return f" Losing one firm of median size {took} {abs(self.placebo_loss):.2f} months of output. {said}."


def resilience(
    shocked: Any,
    unshocked: Any,
    placebo: Any = None,
    every: int = 1,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Resilience:
    """Measure loss, depth and recovery of output after a shock.

    Parameters
    ----------
    shocked, unshocked : array_like of float, [replicates, months]
        Output (any unit, such as EUR a month) of the shocked runs and of their twins with the same luck
        that were spared, from the month of the shock on.
    placebo : array_like of float, [replicates, months], optional
        Twins from which one random firm of median size was removed instead.
    every : int
        Months from one column to the next.
    level, resamples, seed
        As in `interval.paired_interval`.

    Returns
    -------
    Resilience
        With one replicate all intervals are NaN (None for recovery).

    Raises
    ------
    ValueError
        If the arrays differ in shape, hold a number that is not finite, or the unshocked twins together
        have no output in some month.

    Notes
    -----
    Q(t) = sum over replicates of shocked output / the same of unshocked output; loss = `every` x sum of
    1 - Q (Bruneau et al. 2003, against twins instead of a fixed level). Three months in a row are
    ceil(3 / every) columns. Replicates are drawn whole, with all their twins and months; the interval of
    recovery counts censored resamples as later than any month.
    """
    arrays = [_checked("shocked", shocked), _checked("unshocked", unshocked)]
    arrays += [] if placebo is None else [_checked("placebo", placebo)]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError("resilience: all arrays need one shape, [replicates, months]; " + _shapes(arrays))
    if every < 1:
        raise ValueError(f"every={every}: at least one month lies between two columns")
    empty = np.flatnonzero(arrays[1].sum(axis=0) <= 0)
    if empty.size:
        raise ValueError(f"resilience: the unshocked twins have no output in column {empty[0]}, so Q is not defined")
    sums = [resampled_sums(array, resamples, seed) if len(array) > 1 else None for array in arrays]
    hit = _Course(arrays[0], arrays[1], sums[0], sums[1], every, level)
    noise = _Course(arrays[2], arrays[1], sums[2], sums[1], every, level) if placebo is not None else None
    recovery = _month(hit.recovery)
    return Resilience(
        month=np.arange(hit.q.size) * every,
        q=hit.q,
        q_low=hit.band[0],
        q_high=hit.band[1],
        loss=hit.loss,
        loss_interval=hit.ends(hit.losses),
        depth=hit.depth,
        depth_interval=hit.ends(hit.depths),
        recovery=recovery,
        recovery_interval=(_month(hit.ends(hit.recoveries)[0]), _month(hit.ends(hit.recoveries)[1])),
        censored=recovery is None,
        censored_share=hit.censored_share,
        horizon=(hit.q.size - 1) * every,
        placebo_q=noise.q if noise else None,
        placebo_low=noise.band[0] if noise else None,
        placebo_high=noise.band[1] if noise else None,
        placebo_loss=noise.loss if noise else math.nan,
        placebo_interval=noise.ends(noise.losses) if noise else UNKNOWN,
        placebo_depth=noise.depth if noise else math.nan,
        excess=hit.loss - noise.loss if noise else math.nan,
        excess_interval=hit.ends(hit.losses - noise.losses) if noise else UNKNOWN,
        replicates=len(arrays[0]),
        level=level,
    )


class _Course:
    """Q of one kind of run, and the same of its resamples (float64[resamples, months], None for none)."""

    def __init__(
        self,
        above: np.ndarray,
        below: np.ndarray,
        sums: np.ndarray | None,
        sums_below: np.ndarray | None,
        every: int,
        level: float,
    ) -> None:
        self.level = level
        self.q = _share(above.sum(axis=0), below.sum(axis=0))
        self.loss, self.depth, self.recovery = (float(x[0]) for x in _figures(self.q[None], every))
        if sums is None or sums_below is None:
            self.band = (np.full(self.q.size, math.nan), np.full(self.q.size, math.nan))
            self.losses = self.depths = self.recoveries = np.full(1, math.nan)
            self.censored_share = math.nan
            return
        again = _share(sums, sums_below)
        self.band = percentiles(again, level)
        self.losses, self.depths, self.recoveries = _figures(again, every)
        self.censored_share = float(np.isinf(self.recoveries).mean())

    def ends(self, values: np.ndarray) -> Ends:
        """Return the interval of a figure."""
        if np.isnan(values).any():
            return UNKNOWN
        low, high = percentiles(values, self.level)
        return float(low) + 0.0, float(high) + 0.0


def _share(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    # A resample of replicates that have all died out has nothing left to lose.
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def _figures(q: np.ndarray, every: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return loss, depth and recovery of each row of `q` (float64[rows, months]); inf where censored."""
    return every * (1.0 - q).sum(axis=1), 1.0 - q.min(axis=1), recovery_months(q, every)


def recovery_months(q: Any, every: int = 1, threshold: float = THRESHOLD, running: int = RUNNING) -> np.ndarray:
    """Return when each course of Q was back, float64[rows], in months after its first column.

    Parameters
    ----------
    q : array_like of float, [rows, months]
        Output as a share of the twins'.
    every : int
        Months from one column to the next.
    threshold, running : float, int
        Back means Q >= threshold for so many months in a row, after it had fallen below.

    Returns
    -------
    float64[rows]
        0 where Q never fell; inf where the course ends before it was back (censored).
    """
    q = np.asarray(q, float)
    low = q < threshold
    columns = min(-(-running // every), q.shape[1] + 1)
    fine = np.zeros(q.shape, bool)
    if columns <= q.shape[1]:
        windows = np.lib.stride_tricks.sliding_window_view(~low, columns, axis=1)
        fine[:, : windows.shape[1]] = windows.all(axis=2)
    fell = low.any(axis=1)
    back = fine & (np.arange(q.shape[1]) > low.argmax(axis=1)[:, None])
    month = np.where(back.any(axis=1), back.argmax(axis=1) * float(every), np.inf)
    return np.where(fell, month, 0.0)


@dataclass(frozen=True)
class Regained:
    """Agility: what a shift cost at once, and which share of it was regained later.

    Attributes
    ----------
    gap : (float, float, float)
        Mean of twin less shocked in the month of the shift, and its interval, in the indicator's unit.
    cost : (float, float, float)
        The same as a share of the mean before the shift (ratio of means).
    shares : dict of int to (float, float, float)
        By months after the shift: share of the gap that was regained, 1 for all of it, below 0 if the
        gap has grown; NaN if the shift cost nothing.
    replicates : int
    level : float
    """

    gap: Estimate
    cost: Estimate
    shares: dict[int, Estimate]
    replicates: int
    level: float

    def sentence(self) -> str:
        """Return what was found, in plain words."""
        if not self.gap[0] > 0:
            return "The shift cost nothing, so there was nothing to regain."
        text = f"The shift cost {self._say(self.cost)} of the level without it"
        later = [f"{self._say(share)} after {month} months" for month, share in self.shares.items()]
        text += f"; of that the network regained {' and '.join(later)}." if later else "."
        if self.replicates == 1:
            return text + " This is one luck, without an interval."
        return text + f" Intervals are at {self.level:.0%} over {self.replicates} replicates."

    def _say(self, estimate: Estimate) -> str:
        if math.isnan(estimate[0]):
            return "an unknown share"
        if self.replicates == 1:
            return f"{estimate[0]:.0%}"
        low, high = (f"{end:.0%}" if math.isfinite(end) else "unknown" for end in estimate[1:])
        return f"{estimate[0]:.0%} ({low} to {high})"


def regained(
    before: Any,
    twin: Any,
    shocked: Any,
    months: tuple[int, ...] = (12, 24),
    every: int = 1,
    floor: float = FLOOR,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Regained:
    """Measure what a landscape or demand shift cost and how much of it was regained.

    Parameters
    ----------
    before : array_like of float, [replicates] or [replicates, any]
        The level that the cost is a share of: the indicator (such as mean z, or output) before the shift, or
        that of the twin in its month; several months are averaged.
    twin, shocked : array_like of float, [replicates, months]
        The indicator of unshifted twins with the same luck, and of the shifted runs, from the month of
        the shift on.
    months : tuple of int
        Months after the shift at which the share regained is read.
    every : int
        Months from one column to the next.
    floor : float
        Least absolute mean, in the indicator's unit, that is divided by.
    level, resamples, seed
        As in `interval.paired_interval`.

    Returns
    -------
    Regained

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or a month lies beyond their end or between two columns.

    Notes
    -----
    With gap(m) = twin - shocked in month m: cost = mean gap(0) / mean before; share regained at m =
    1 - mean gap(m) / mean gap(0). Means are over replicates: ratios of single runs are nearly noise,
    and better networks lose more. Against the twin, ordinary growth does not count as recovery.
    """
    twin, shocked = _checked("twin", twin), _checked("shocked", shocked)
    start = np.asarray(before, float)
    start = start.mean(axis=1) if start.ndim == 2 else start
    if twin.shape != shocked.shape or start.shape != twin.shape[:1]:
        raise ValueError(
            "regained: before, twin and shocked need the same replicates; " + _shapes([start, twin, shocked])
        )
    gap = twin - shocked
    how: dict[str, Any] = {"level": level, "resamples": resamples, "seed": seed}
    shares = {}
    for month in months:
        if month % every or not 0 <= month // every < gap.shape[1]:
            raise ValueError(f"regained: month {month} was not measured; the last is {(gap.shape[1] - 1) * every}")
        left = ratio_interval(gap[:, month // every], gap[:, 0], floor, **how)
        cost_something = gap[:, 0].mean() > 0
        shares[month] = (1 - left[0], 1 - left[2], 1 - left[1]) if cost_something else (math.nan,) * 3
    cost = ratio_interval(gap[:, 0], start, floor, **how)
    return Regained(paired_interval(gap[:, 0], **how), cost, shares, len(gap), level)


def _checked(name: str, values: Any) -> np.ndarray:
    array = np.asarray(values, float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{name}: an array [replicates, months] is needed, not one of shape {array.shape}")
    odd = np.argwhere(~np.isfinite(array))
    if odd.size:
        raise ValueError(f"{name}: replicate {odd[0][0]}, column {odd[0][1]} is not a finite number")
    return array


def _month(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None


def _shapes(arrays: list[np.ndarray]) -> str:
    return "given are " + ", ".join(str(array.shape) for array in arrays)
