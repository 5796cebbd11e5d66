"""Adoption of a practice that spreads by what others do."""

from typing import NamedTuple

from numba import njit

from emergence.kernels.random import draw4, unit


class AdoptionParams(NamedTuple):
    """See `config.Adoption`."""

    spontaneous: float
    imitation: float
    threshold: float
    market: float
    influence: float


@njit(cache=True, nogil=True)
def make_adoptions(lo, hi, key, uid, level, everyone, ptr_a, nbr_a, ptr_b, nbr_b, p, adopts):
    """Decide who of rows lo..hi adopts this month.

    Parameters
    ----------
    level : float64[n]
        1 for those who have adopted, as the month began.
    everyone : float
        Share of all firms that have.
    ptr_a, nbr_a, ptr_b, nbr_b
        Partners in two layers; a partner in both counts twice.
    adopts : uint8[n]
        Written: 1 for those who adopt now.

    Notes
    -----
    A firm adopts at once where the share it sees reaches the threshold (Watts 2002), else with
    probability spontaneous + imitation x share (Bass 1969). A negative influence repels (the snob effect,
    Leibenstein 1950).
    """
    for i in range(lo, hi):
        adopts[i] = 0
        if level[i] > 0.0:
            continue
        total = 0.0
        for h in range(ptr_a[i], ptr_a[i + 1]):
            total += level[nbr_a[h]]
        for h in range(ptr_b[i], ptr_b[i + 1]):
            total += level[nbr_b[h]]
        k = ptr_a[i + 1] - ptr_a[i] + ptr_b[i + 1] - ptr_b[i]
        share = total / k if k > 0 else 0.0
        seen = p.influence * ((1.0 - p.market) * share + p.market * everyone)
        if (seen >= p.threshold) or unit(draw4(key, uid[i], 0)[0]) < p.spontaneous + p.imitation * seen:
            adopts[i] = 1
