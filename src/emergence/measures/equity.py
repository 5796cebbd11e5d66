"""Equity of values between firms."""

from __future__ import annotations

from typing import Any

import numpy as np


def gini(values: Any) -> float:
    """Return the Gini coefficient.

    Parameters
    ----------
    values : array_like of float
        Any unit; values below zero count as zero.

    Returns
    -------
    float
        0 (all equal) to 1 - 1/n (one has all); 0 for fewer than two values or nothing to share.

    Notes
    -----
    G = sum_i (2 i - n - 1) x_(i) / (n sum x), sorted ascending (Gini 1912).
    """
    x = np.sort(np.maximum(np.asarray(values, float), 0.0))
    n, total = x.size, x.sum()
    if n < 2 or total <= 0:
        return 0.0
    return float(((2.0 * np.arange(1, n + 1) - n - 1) * x).sum() / (n * total))


def hhi(values: Any) -> float:
    """Return the Herfindahl-Hirschman index, the sum of squared shares: 1/n (equal) to 1."""
    x = np.maximum(np.asarray(values, float), 0.0)
    total = x.sum()
    return float(((x / total) ** 2).sum()) if total > 0 else 0.0
