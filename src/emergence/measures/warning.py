"""Early warning: does an indicator slow down before it tips, and how often is that said of one that does not?

Near a tipping point a system returns more slowly to where it was, so the variance and the lag-1
autocorrelation of its fluctuations rise (Scheffer et al. 2009). Whether they rise is read from Kendall's
tau against time (Dakos et al. 2012). A tau says nothing without the rate of false alarms of runs that
are known to be far from tipping.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from emergence.errors import nearest
from emergence.measures.interval import wilson

BANDWIDTH = 0.1  # share of the series
LEAST_WINDOW, LEAST_WINDOWS = 5, 5  # measurements in a window; windows
ROUNDING = 1e-12  # fluctuations under this share of the largest value are rounding
SIGNALS = ("mean", "variance", "autocorrelation")


class EarlyWarning(NamedTuple):
    """Kendall's tau of two rolling statistics against time, each in [-1, 1], above 0 if it rises.

    Attributes
    ----------
    variance, autocorrelation : float
        Tau of the rolling variance and of the rolling lag-1 autocorrelation; 0 if the series does not
        vary about its trend.
    window : int
        Measurements in a rolling window.
    note : str
        Why nothing could be said, empty otherwise.
    """

    variance: float
    autocorrelation: float
    window: int
    note: str = ""


class FalseAlarms(NamedTuple):
    """The threshold of tau for an alarm, and how often runs that do not tip exceed it.

    Attributes
    ----------
    threshold : float
        An alarm is a tau above this.
    rate, low, high : float
        Share of the held-out null runs with an alarm, and its 95% interval (Wilson), for this threshold:
        another half of the null runs would have set another one.
    held_out : int
        Null runs behind the rate; none of them had a part in the threshold.
    """

    threshold: float
    rate: float
    low: float
    high: float
    held_out: int


class WarningRate(NamedTuple):
    """How well a signal warns.

    Attributes
    ----------
    hits, low, high : float
        Share of tipping runs with an alarm, and its 95% interval (Wilson).
    false_alarms, false_low, false_high : float
        The same of held-out runs that do not tip.
    threshold : float
        An alarm is a tau above this.
    auc : float
        Chance that a tipping run has the larger tau of a pair with one that does not (ties count one
        half), over all null runs; .5 says nothing, 1 tells them apart always.
    """

    hits: float
    low: float
    high: float
    false_alarms: float
    false_low: float
    false_high: float
    threshold: float
    auc: float


def early_warning(
    series: Any, window: float = 0.5, bandwidth: float | None = None, detrend: str = "gaussian"
) -> EarlyWarning:
    """Return how strongly variance and lag-1 autocorrelation of a series rise.

    Parameters
    ----------
    series : array_like of float, [months]
        An indicator at equal steps, any unit, up to the suspected tipping point and not beyond.
    window : float
        Length of the rolling window as a share of the series, rounded down; between 0 and 1.
    bandwidth : float, optional
        Standard deviation of the Gaussian kernel as a share of the series; .1 if left out.
    detrend : str
        "gaussian" (kernel smoothing), "linear" (least squares) or "none".

    Returns
    -------
    EarlyWarning
        Taus of 0, and a note, for a series that does not vary about its trend.

    Raises
    ------
    ValueError
        If the series is too short for five windows of five, not finite, or an option is unknown.
    """
    x = np.asarray(series, float)
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError("early_warning: a series of finite numbers is needed, one for each month")
    length = _window_length(x.size, window)
    residual = detrended(x, bandwidth, detrend)
    if np.ptp(residual) <= ROUNDING * np.abs(x).max():
        return EarlyWarning(0.0, 0.0, length, "the series does not vary about its trend, so nothing can rise")
    variance, autocorrelation = rolling(residual, length)
    return EarlyWarning(kendall_tau(variance), kendall_tau(autocorrelation), length)


def detrended(series: np.ndarray, bandwidth: float | None = None, detrend: str = "gaussian") -> np.ndarray:
    """Return a series less its trend, float64[months]; see `early_warning`.

    Notes
    -----
    The Gaussian trend is the kernel-weighted mean of all months (Nadaraya 1964, Watson 1964), so near
    the ends the weights of the months that are there are scaled up.
    """
    n = series.size
    if detrend == "none":
        return series - 0.0
    if detrend == "linear":
        time = np.arange(n) - (n - 1) / 2.0
        away = series - series.mean()
        return away - time * (time @ away) / (time @ time)
    if detrend != "gaussian":
        raise ValueError(f"detrend='{detrend}': {nearest(detrend, ('gaussian', 'linear', 'none'))}")
    share = BANDWIDTH if bandwidth is None else bandwidth
    if not share > 0:
        raise ValueError(f"bandwidth={share:g}: a share of the series above 0 is needed")
    kernel = np.exp(-0.5 * (np.arange(1 - n, n) / (share * n)) ** 2)
    middle = slice(n - 1, 2 * n - 1)
    return series - np.convolve(series, kernel)[middle] / np.convolve(np.ones(n), kernel)[middle]


def rolling(residual: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Return variance and lag-1 autocorrelation in every window, float64[months - window + 1] each.

    Notes
    -----
    With deviations d from the window's mean: variance sum d^2 / (window - 1), in squared units;
    autocorrelation sum d_t d_(t+1) / sum d^2, in [-1, 1], 0 where nothing varies (Box and Jenkins 1970).
    """
    d = np.lib.stride_tricks.sliding_window_view(residual, window)
    d = d - d.mean(axis=1, keepdims=True)
    squares = (d * d).sum(axis=1)
    products = (d[:, :-1] * d[:, 1:]).sum(axis=1)
    return squares / (window - 1), np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)


def kendall_tau(values: np.ndarray) -> float:
    """Return Kendall's tau-b of values against their order, [-1, 1]; 0 if they are all equal.

    Notes
    -----
    Kendall 1945: (concordant - discordant) / sqrt(n0 (n0 - n1)) with n0 pairs, n1 of them tied in value.
    """
    n = values.size
    concordant = discordant = 0
    for k in range(n - 1):
        later = values[k + 1 :]
        concordant += int(np.count_nonzero(later > values[k]))
        discordant += int(np.count_nonzero(later < values[k]))
    pairs, untied = n * (n - 1) // 2, concordant + discordant
    return (concordant - discordant) / math.sqrt(pairs * untied) if untied else 0.0


def signal(
    runs: Any,
    which: str = "mean",
    window: float = 0.5,
    bandwidth: float | None = None,
    detrend: str = "gaussian",
) -> np.ndarray:
    """Return the tau that an alarm looks at, float64[runs].

    Parameters
    ----------
    runs : array_like of float, [runs, months]
    which : str
        "variance", "autocorrelation", or "mean": the mean of both taus.
    window, bandwidth, detrend
        As in `early_warning`.
    """
    if which not in SIGNALS:
        raise ValueError(f"signal='{which}': {nearest(which, SIGNALS)}")
    array = np.asarray(runs, float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"an array [runs, months] is needed, not one of shape {array.shape}")
    taus = [early_warning(run, window, bandwidth, detrend) for run in array]
    if which == "mean":
        return np.array([0.5 * (tau.variance + tau.autocorrelation) for tau in taus])
    return np.array([getattr(tau, which) for tau in taus])


def false_alarms(
    null: Any, level: float = 0.05, threshold: float | None = None, which: str = "mean", **how: Any
) -> FalseAlarms:
    """Return the threshold at which a stated share of null runs raises an alarm, and the share that does.

    Parameters
    ----------
    null : array_like of float, [runs, months]
        Runs known not to tip. Every second one, from the first, sets the threshold; the others are held
        out for the rate.
    level : float
        Rate of false alarms aimed at.
    threshold : float, optional
        A threshold from elsewhere; then all null runs are held out.
    which : str
        See `signal`.
    **how
        window, bandwidth and detrend, as in `early_warning`.

    Returns
    -------
    FalseAlarms

    Raises
    ------
    ValueError
        If there are too few null runs for the level.

    Notes
    -----
    The threshold is the ceil((n + 1)(1 - level))-th smallest of n taus, above which a further run of the
    same kind lies with a probability of `level` at most, whatever the distribution (Vovk et al. 2005).
    """
    return _false_alarms(signal(null, which, **how), level, threshold)


def warning_rate(runs: Any, null: Any, level: float = 0.05, which: str = "mean", **how: Any) -> WarningRate:
    """Return how often tipping runs are warned of, at a stated rate of false alarms.

    Parameters
    ----------
    runs : array_like of float, [runs, months]
        Runs on the way to their tipping point, cut before they tip.
    null : array_like of float, [runs, months]
        Runs that do not tip, of the same length.
    level : float
        Rate of false alarms aimed at.
    which, **how
        As in `false_alarms`.

    Returns
    -------
    WarningRate
    """
    tipping, still = signal(runs, which, **how), signal(null, which, **how)
    if np.shape(runs)[1] != np.shape(null)[1]:
        raise ValueError(f"warning_rate: runs of {np.shape(runs)[1]} months cannot be held against {np.shape(null)[1]}")
    wrong = _false_alarms(still, level, None)
    hits = wilson(int((tipping > wrong.threshold).sum()), tipping.size)
    return WarningRate(*hits, wrong.rate, wrong.low, wrong.high, wrong.threshold, auc(tipping, still))


def auc(above: np.ndarray, below: np.ndarray) -> float:
    """Return the chance that a value of `above` exceeds one of `below`, ties one half (Mann and Whitney 1947)."""
    ordered = np.sort(below)
    smaller = np.searchsorted(ordered, above, "left") + np.searchsorted(ordered, above, "right")
    return float(smaller.sum() / (2.0 * above.size * below.size))


def _false_alarms(taus: np.ndarray, level: float, threshold: float | None) -> FalseAlarms:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level={level:g}: a share between 0 and 1 is needed")
    held_out = taus
    if threshold is None:
        setting, held_out = np.sort(taus[::2]), taus[1::2]
        rank = math.ceil((setting.size + 1) * (1.0 - level) - 1e-9)
        if rank > setting.size or not held_out.size:
            needed = 2 * math.ceil((1.0 - level) / level - 1e-9) - 1
            raise ValueError(
                f"false_alarms: {taus.size} null runs cannot set a rate of {level:g}; at least {needed} are needed"
            )
        threshold = float(setting[rank - 1])
    alarms = int((held_out > threshold).sum())
    return FalseAlarms(threshold, *wilson(alarms, held_out.size), held_out.size)


def _window_length(months: int, window: float) -> int:
    if not 0.0 < window < 1.0:
        raise ValueError(f"window={window:g}: a share of the series between 0 and 1 is needed")
    length = int(months * window + 1e-9)
    if length < LEAST_WINDOW or months - length + 1 < LEAST_WINDOWS:
        raise ValueError(
            f"early_warning: {months} months are too short for a window of {length}; "
            f"{LEAST_WINDOWS} windows of {LEAST_WINDOW} months are the least"
        )
    return length
