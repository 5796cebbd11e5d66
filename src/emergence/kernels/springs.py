"""Springs between firms: where the live page draws them, moved a little at a time."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def relax(at, speed, home, bulk, a, b, pull, rounds, heat, k):
    """Move places by springs and repulsion, a few rounds, none further than `heat` a round.

    Parameters
    ----------
    at, speed : float32[n, 2]
        Places round the origin, and how fast they move; both are changed.
    home : float32[n, 2]
        Where each is drawn to, weakly.
    bulk : float32[n]
        How much room each takes; 1 is usual.
    a, b : int32[m]
        Rows of both sides of each spring.
    pull : float32[m]
        Strength of each spring.
    rounds : int
    heat : float
        Greatest move of a round.
    k : float
        Distance at which two that repel each other are at ease.

    Returns
    -------
    float
        Mean move in the last round.

    Notes
    -----
    Repulsion of Fruchterman and Reingold 1991, cut at eight times `k`, with a weak pull home.
    """
    n = at.shape[0]
    far = 64.0 * k * k
    mean = 0.0
    force_x, force_y = np.empty(n), np.empty(n)
    for _ in range(rounds):
        for i in range(n):
            force_x[i] = 3.0 * (home[i, 0] - at[i, 0]) * k
            force_y[i] = 3.0 * (home[i, 1] - at[i, 1]) * k
        for i in range(n):
            x, y = at[i, 0], at[i, 1]
            for j in range(i + 1, n):
                dx = x - at[j, 0]
                dy = y - at[j, 1]
                square = dx * dx + dy * dy
                if square < far:
                    # Two on one spot are parted by their rows.
                    if square < 1e-8:
                        dx = 1e-4 * (i - j)
                        square = 1e-8 + dx * dx
                    force = 0.5 * k * k * (1.0 / square - 1.0 / far) * bulk[i] * bulk[j]
                    force_x[i] += dx * force
                    force_y[i] += dy * force
                    force_x[j] -= dx * force
                    force_y[j] -= dy * force
        for i in range(n):
            speed[i, 0] = 0.6 * speed[i, 0] + 0.4 * force_x[i] * 0.12
            speed[i, 1] = 0.6 * speed[i, 1] + 0.4 * force_y[i] * 0.12
        for t in range(a.size):
            i, j = a[t], b[t]
            dx = at[j, 0] - at[i, 0]
            dy = at[j, 1] - at[i, 1]
            length = np.sqrt(dx * dx + dy * dy)
            # A long spring pulls no more than one of twice the usual length, or distant partners make one knot.
            force = 0.4 * 0.12 * 0.6 * pull[t] * k / max(length, 2.0 * k)
            speed[i, 0] += dx * force
            speed[i, 1] += dy * force
            speed[j, 0] -= dx * force
            speed[j, 1] -= dy * force
        mean = 0.0
        for i in range(n):
            length = np.sqrt(speed[i, 0] ** 2 + speed[i, 1] ** 2)
            if length > heat:
                speed[i, 0] *= heat / length
                speed[i, 1] *= heat / length
                length = heat
            at[i, 0] += speed[i, 0]
            at[i, 1] += speed[i, 1]
            mean += length
    return mean / max(n, 1)
