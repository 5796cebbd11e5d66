"""Losses that travel along claims, and the defaults that they cause."""

import numpy as np
from numba import njit


@njit(cache=True)
def add_claims(i, share, size, ptr, nbr, w, losses):
    """Add to `losses` what the creditors of firm `i` have lent it; see `add_losses`."""
    for layer in range(len(ptr)):
        partner, strength = nbr[layer], w[layer]
        for h in range(ptr[layer][i], ptr[layer][i + 1]):
            j = partner[h]
            losses[j] += share[j] * np.float64(strength[h]) * min(size[i], size[j])


@njit(cache=True, nogil=True)
def cascade_defaults(share, size, ptr, nbr, w, capital, slack, failed, losses):
    """Spread defaults along claims until nobody else fails, in place.

    Parameters
    ----------
    share, size : float64[n], float64[n]
    ptr, nbr, w : tuple of int64[n + 1], int32[m], float32[m]
        Of each layer; for the claims see `add_losses`.
    capital : float64[n]
        A firm fails when it has lost more than this, EUR.
    slack : float
        Relative tolerance of that comparison; sums of equal claims may miss it by rounding.
    failed : uint8[n]
        In: 1 where a firm fails of itself; out: 1 where it failed in the end.
    losses : float64[n]
        Written: what each firm lost, EUR.

    Returns
    -------
    int
        Rounds until the cascade ended.

    Notes
    -----
    Zero recovery (Gai and Kapadia 2010). All who fail in a round fail together, so the result does not
    depend on the order of firms.
    """
    n = failed.size
    front = np.flatnonzero(failed)
    losses[:] = 0.0
    rounds = 0
    while front.size:
        for debtor in front:
            add_claims(debtor, share, size, ptr, nbr, w, losses)
        following = np.empty(n, np.int64)
        count = 0
        for i in range(n):
            if failed[i] == 0 and losses[i] > capital[i] + slack * abs(capital[i]):
                failed[i] = 1
                following[count] = i
                count += 1
        front = following[:count]
        rounds += 1
    return rounds


@njit(cache=True, nogil=True)
def add_losses(gone, share, size, ptr, nbr, w, losses):
    """Add to `losses` (float64[n], EUR) what the creditors of firms that end (bool[n]) lose in all layers.

    A tie of strength w carries a claim each way of the creditor's `share` (float64[n]) x w x the smaller of the
    two sizes.

    Parameters
    ----------
    ptr, nbr, w : tuple of int64[n + 1], int32[m], float32[m]
        Of each layer.
    """
    for i in range(gone.size):
        if gone[i]:
            add_claims(i, share, size, ptr, nbr, w, losses)
