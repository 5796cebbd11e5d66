"""How long firms and ties last, with those still alive counted as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Z95 = 1.959963984540054  # normal quantile of a two-sided 95% interval
ENDS = ("exit", "default", "shock")  # events that end a firm's life


@dataclass(frozen=True)
class Survival:
    """An estimated survival curve.

    Attributes
    ----------
    times : ndarray of float
        Months, from 0; the curve is a step function that changes at each of them.
    survival, lower, upper : ndarray of float
        Share alive from each time on, and its 95% interval.
    number : int
        Lives observed.
    ended : int
        Lives that ended; the others were still going on.
    longest : float
        Longest time observed, in months; nothing is known beyond.
    """

    times: np.ndarray
    survival: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    number: int
    ended: int
    longest: float

    def at(self, months: float) -> tuple[float, float, float] | None:
        """Return (share alive, lower, upper) after so many months, None beyond what was observed."""
        if not self.number or months > self.longest:
            return None
        k = int(np.searchsorted(self.times, months, "right")) - 1
        return float(self.survival[k]), float(self.lower[k]), float(self.upper[k])

    def median(self) -> tuple[float | None, float | None, float | None]:
        """Return (median, lower, upper) in months; None where the curve stays above one half.

        Notes
        -----
        The interval holds the times at which the curve's own interval contains one half
        (Brookmeyer and Crowley 1982).
        """
        return (
            _first_below(self.times, self.survival),
            _first_below(self.times, self.lower),
            _first_below(self.times, self.upper),
        )


def _first_below(times: np.ndarray, curve: np.ndarray) -> float | None:
    below = np.flatnonzero(curve <= 0.5)
    return float(times[below[0]]) if below.size else None


def kaplan_meier(durations: Any, ended: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Estimate the share still alive by age.

    Parameters
    ----------
    durations : array_like of float
        Time each life was observed, 0 or more.
    ended : array_like of bool
        Whether it ended then; otherwise it was still going on (censored).

    Returns
    -------
    times, survival, lower, upper : ndarray of float
        Start of each stretch (0 first), the share alive from then on, and its 95% interval.

    Notes
    -----
    S(t) = prod over t_i <= t of (1 - d_i / n_i) (Kaplan and Meier 1958), with d_i ends among n_i at risk.
    Greenwood's variance of log S is sum d_i / (n_i (n_i - d_i)); the interval is S^exp(-+1.96 s) with
    s = sqrt(variance) / |log S| (log-log, Kalbfleisch and Prentice 1980). Where S = 1 the interval is
    [1, 1]; where S = 0 it runs from 0 to the last upper bound.
    """
    durations, ended = np.asarray(durations, float), np.asarray(ended, bool)
    if durations.size and durations.min() < 0:
        raise ValueError("durations must be 0 or more")
    at, ends = np.unique(durations[ended], return_counts=True)
    risk = durations.size - np.searchsorted(np.sort(durations), at, "left")
    survival = np.cumprod(1.0 - ends / risk) if at.size else np.zeros(0)
    left = np.maximum(risk - ends, 0)
    terms = np.divide(ends, risk * left, out=np.zeros(at.size), where=left > 0)
    lower, upper = _log_log(survival, np.cumsum(terms))
    if at.size and at[0] == 0:
        return at, survival, lower, upper
    one = np.ones(1)
    return (
        np.concatenate([[0.0], at]),
        np.concatenate([one, survival]),
        np.concatenate([one, lower]),
        np.concatenate([one, upper]),
    )


def _log_log(survival: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = (survival > 0) & (survival < 1)
    lower, upper = survival.copy(), survival.copy()
    s = Z95 * np.sqrt(variance[inside]) / np.abs(np.log(survival[inside]))
    lower[inside] = survival[inside] ** np.exp(s)
    upper[inside] = survival[inside] ** np.exp(-s)
    zero = np.flatnonzero(survival == 0)
    if zero.size:
        upper[zero] = upper[zero[0] - 1] if zero[0] > 0 else 1.0
    return lower, upper


def survival_of(durations: Any, ended: Any) -> Survival:
    """Return the curve of `kaplan_meier` with what is needed to read it."""
    durations, ended = np.asarray(durations, float), np.asarray(ended, bool)
    curve = kaplan_meier(durations, ended)
    return Survival(*curve, int(durations.size), int(ended.sum()), float(durations.max(initial=0.0)))


def firm_survival(events: pd.DataFrame, last_step: int) -> Survival:
    """Return how long firms founded during the run lived.

    Parameters
    ----------
    events : DataFrame
        Columns step, kind, a (uid), value; see `store.events_table`.
    last_step : int
        Last month of the run: entrants alive then are counted as still alive.

    Returns
    -------
    Survival
        In months; closing, default and removal by a shock all end a life.
    """
    kind, uid, step = (events[name].to_numpy() for name in ("kind", "a", "step"))
    entry = kind == "entry"
    end = np.isin(kind, ENDS) & (uid >= 0)
    born, began = uid[entry], step[entry]
    order = np.argsort(born, kind="stable")
    born, began = born[order], began[order]
    until = np.full(born.size, last_step)
    ended = np.zeros(born.size, bool)
    at = np.searchsorted(born, uid[end])
    inside = at < born.size
    match = np.flatnonzero(inside)[born[at[inside]] == uid[end][inside]]
    until[at[match]], ended[at[match]] = step[end][match], True
    return survival_of(np.maximum(until - began, 0), ended)


def tie_lives(events: pd.DataFrame, last_step: int) -> dict[str, Survival]:
    """Return how long ties formed during the run lasted, by layer.

    Parameters
    ----------
    events : DataFrame
        Columns step, kind, layer, value; the value of `broken` is the tie's age in months.
    last_step : int
        Last month of the run: ties that were there then are counted as still going on.

    Returns
    -------
    dict of str to Survival
        In months, only layers in which a tie was formed; breaking by choice and loss of the partner
        both end a tie.

    Notes
    -----
    A tie is known by (a, b, layer, month formed). The curve needs the lengths alone, so ties that go
    on are those formed in a month less those of that month that broke.
    """
    kind, layer, step = (events[name].to_numpy() for name in ("kind", "layer", "step"))
    value = events["value"].to_numpy()
    formed, broken = kind == "formed", kind == "broken"
    began = step - np.where(broken, value, 0.0).astype(np.int64)
    lives = {}
    for name in sorted(set(layer[formed])):
        here = layer == name
        over = here & broken & (began >= 1)
        months = last_step + 1
        made = np.bincount(step[here & formed], minlength=months)
        left = np.maximum(made - np.bincount(began[over], minlength=months)[: made.size], 0)
        going = np.repeat(last_step - np.arange(left.size), left)
        durations = np.concatenate([value[over], np.maximum(going, 0)])
        lives[str(name)] = survival_of(durations, np.arange(durations.size) < int(over.sum()))
    return lives
