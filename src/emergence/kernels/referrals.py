"""Customers whom partners send on."""

import numpy as np
from numba import njit

from emergence.kernels.pairs import complementarity, trust_of
from emergence.kernels.random import draw4, unit


@njit(cache=True)
def poisson(mean, u):
    """Return the Poisson number of a mean (0 to some hundreds) at the quantile `u` in (0, 1), by inversion."""
    if u <= 1.0 - mean:  # exp(-mean) is not below this, and most means are small
        return 0
    chance = np.exp(-mean)
    total, number = chance, 0
    while u > total and number < 1000:
        number += 1
        chance *= mean / number
        total += chance
    return number


@njit(cache=True, nogil=True)
def fill_poisson(mean, units, number):
    """Write the Poisson numbers (int64[k]) of means (float64[k]) at quantiles `units` (float64[k])."""
    for k in range(mean.size):
        number[k] = poisson(mean[k], units[k])


@njit(cache=True, nogil=True)
def send_customers(lo, hi, key, uid, ptr, nbr, w, good_in, bad_in, profile, rate, conversion, sent, won):
    """Add the customers sent to rows lo..hi on one layer to `sent`, and those who stay to `won` (float64[n]).

    The partner sends whom the firm can serve better: what the firm knows better than the partner counts. Of a
    Poisson stream each kind is a Poisson stream of its own, so the two kinds have a draw each.
    """
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            trust = trust_of(good_in[h], bad_in[h])
            mean = rate * np.float64(w[h]) * trust * complementarity(profile, j, i)
            if mean > 0.0:
                words = draw4(key, uid[i], uid[j])
                stay = poisson(mean * conversion, unit(words[0]))
                won[i] += stay
                sent[i] += stay + poisson(mean * (1.0 - conversion), unit(words[1]))
