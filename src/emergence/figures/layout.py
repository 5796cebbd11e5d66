"""Where firms are drawn: one place for the whole run, so that firms do not move between panels."""

from __future__ import annotations

import numpy as np

SEED = 1991


def spring_layout(n: int, a: np.ndarray, b: np.ndarray, weight: np.ndarray, iterations: int = 60) -> np.ndarray:
    """Return places in [0, 1] x [0, 1], float64[n, 2]; firms without ties stand in rows below.

    Parameters
    ----------
    n : int
        Firms.
    a, b : ndarray of int
        Rows of both sides of each tie.
    weight : ndarray of float
        Pull of each tie.
    iterations : int

    Notes
    -----
    Forces of Fruchterman and Reingold 1991 (repulsion k^2 / d, attraction d^2 / k), cooled linearly from
    a fixed start, with a weak pull to the middle that keeps separate components on the page. Written out
    here because networkx needs scipy above 500 nodes and lets isolated nodes push all others together.
    """
    places = np.zeros((n, 2))
    tied = np.zeros(n, bool)
    tied[a], tied[b] = True, True
    row = np.cumsum(tied) - 1
    if tied.any():
        places[tied] = _fit(_forces(int(tied.sum()), row[a], row[b], weight, iterations))
    alone = np.flatnonzero(~tied)
    if alone.size:
        share = min(0.35, 0.06 * int(np.ceil(alone.size / _columns(alone.size)))) if tied.any() else 0.9
        places[tied, 1] = share + 0.04 + places[tied, 1] * (0.96 - share)
        places[alone] = _rows(alone.size, share)
    return places


def _forces(n: int, a: np.ndarray, b: np.ndarray, weight: np.ndarray, iterations: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    at = rng.random((n, 2)).astype(np.float32) - np.float32(0.5)
    k = np.float32(np.sqrt(1.0 / n))
    pull = np.zeros((n, n), np.float32)
    np.add.at(pull, (np.concatenate([a, b]), np.concatenate([b, a])), np.concatenate([weight, weight]))
    pull /= k * max(float(pull[pull > 0].mean()), 1e-9)
    heat = 0.1
    for _ in range(iterations):
        dx = at[:, None, 0] - at[None, :, 0]
        dy = at[:, None, 1] - at[None, :, 1]
        square = np.maximum(dx * dx + dy * dy, np.float32(1e-6))
        force = k * k / square - pull * np.sqrt(square)
        move = np.stack([(force * dx).sum(axis=1), (force * dy).sum(axis=1)], axis=1) - np.float32(0.6) * at
        length = np.maximum(np.sqrt((move * move).sum(axis=1)), np.float32(1e-6))
        at += move * np.minimum(np.float32(heat) / length, np.float32(1.0))[:, None]
        heat -= 0.1 / (iterations + 1)
    return at.astype(float)


def _fit(at: np.ndarray) -> np.ndarray:
    """Fit places into the unit square; directions are kept, crowded middles get more room.

    Half of the distance from the middle is by rank, as if firms filled a disc evenly.
    """
    away = at - np.median(at, axis=0)
    length = np.maximum(np.hypot(*away.T), 1e-9)
    rank = np.argsort(np.argsort(length, kind="stable"), kind="stable")
    even = np.sqrt((rank + 0.5) / length.size)
    by_force = np.minimum(length / max(float(np.quantile(length, 0.95)), 1e-9), 1.05)
    at = away * ((0.5 * by_force + 0.5 * even) / length)[:, None]
    low, high = at.min(axis=0), at.max(axis=0)
    return (at - low) / np.maximum(high - low, 1e-9)


def _columns(number: int) -> int:
    return min(number, max(15, int(np.ceil(np.sqrt(number * 4)))))


def _rows(number: int, height: float) -> np.ndarray:
    """Place firms in rows at the bottom, float64[number, 2]."""
    columns = _columns(number)
    lines = int(np.ceil(number / columns))
    place = np.arange(number)
    x = (place % columns + 0.5) / columns
    return np.column_stack([x, height * (1.0 - (place // columns + 0.5) / lines)])
