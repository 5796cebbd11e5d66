"""What two firms are to each other: distances, complementarity, utility of a tie.

`profile` (float32[n, 16]) packs what a tie needs of a partner in 64 bytes: skills 0-4, culture
5-10, purpose 11-13, reputation 14, expected value 15. `aside` (float32[n, 4]) packs attention 0,
root of size 1, standing 2 and z 3.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.graph import common, find
from emergence.kernels.groups import CHAIN, CRAFTS, INSTITUTE, LEAD, RESEARCH, STANDING, WITH_LEAD


class UtilityParams(NamedTuple):
    """Weights and costs of one layer; see `config.Formation`."""

    complementarity: float
    cognitive: float
    trust: float
    purpose: float
    closure: float
    other_layer: float
    expected: float
    k0: float
    intercept: float
    tie_cost: float
    culture: float
    geography: float
    rivalry: float
    homophily: float
    optimum: float
    distance: float


class ScoreParams(NamedTuple):
    """What every orchestrator's score counts; see `config.Orchestration`."""

    complementarity: float
    cost: float
    k0: float


@njit(cache=True, nogil=True)
def pack_profile(skills, culture, purpose, reputation, z, standing, profile):
    """Fill `profile` from the firms' columns."""
    for i in range(skills.shape[0]):
        for k in range(5):
            profile[i, k] = skills[i, k]
        for k in range(6):
            profile[i, 5 + k] = culture[i, k]
        for k in range(3):
            profile[i, 11 + k] = purpose[i, k]
        profile[i, 14] = reputation[i]
        profile[i, 15] = 0.5 * min(max(z[i] / 5.0, 0.0), 1.0) + 0.5 * standing[i]


@njit(cache=True, nogil=True)
def pack_aside(ptr, k0, size, unit, z, aside):
    """Fill `aside`; attention per tie is 1/max(1, k/k0)."""
    for i in range(size.size):
        s = size[i] / unit
        aside[i, 0] = 1.0 / max(1.0, (ptr[i + 1] - ptr[i]) / k0)
        aside[i, 1] = np.sqrt(s)
        aside[i, 2] = s / (s + 1.0)
        aside[i, 3] = z[i]


@njit(cache=True, inline="always")
def gap(profile, i, j, first, last):
    """Return min(1, 1.5 x root mean square difference) over profile entries."""
    total = 0.0
    for k in range(first, last):
        d = np.float64(profile[i, k]) - np.float64(profile[j, k])
        total += d * d
    return min(1.0, 1.5 * np.sqrt(total / (last - first)))


@njit(cache=True, inline="always")
def complementarity(profile, i, j):
    """Return min(1, 4 x mean of what j knows better than i)."""
    total = 0.0
    for k in range(5):
        total += max(0.0, np.float64(profile[j, k]) - np.float64(profile[i, k]))
    return min(1.0, 0.8 * total)


@njit(cache=True, inline="always")
def inverted_u(x, a):
    """Return 4 (x/a) (1 - x/a) below a, else 0 (Nooteboom et al. 2007)."""
    if x >= a:
        return 0.0
    return 4.0 * (x / a) * (1.0 - x / a)


@njit(cache=True, inline="always")
def logistic(x):
    """Return 1/(1+exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))


@njit(cache=True)
def utility(i, j, own_trust, shared, elsewhere, degree, profile, x, y, sector, p):
    """Return what a tie to `j` is worth to `i`.

    Parameters
    ----------
    i, j : int
        Rows.
    own_trust : float
        Trust of i in j, or -1 if there is none of its own (then j's reputation counts).
    shared : int
        Common partners.
    elsewhere : bool
        Tied in another layer.
    degree : int
        Ties of i that the new one is added to.
    """
    trust = own_trust if own_trust >= 0.0 else np.float64(profile[j, 14])
    knowledge = gap(profile, i, j, 0, 5)
    far = np.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2) / p.distance
    crowd = degree / p.k0
    value = p.intercept + p.complementarity * complementarity(profile, i, j)
    value += p.cognitive * inverted_u(knowledge, p.optimum) + p.trust * trust
    value += p.purpose * (1.0 - gap(profile, i, j, 11, 14)) + p.closure * min(1.0, shared / 3.0)
    value += p.expected * np.float64(profile[j, 15]) + p.homophily * (1.0 - knowledge)
    if elsewhere:
        value += p.other_layer
    value -= p.culture * gap(profile, i, j, 5, 11) + p.geography * (far / (1.0 + far))
    value -= p.tie_cost * (1.0 + crowd * crowd)
    if sector[i] == sector[j]:
        value -= p.rivalry * (1.0 - knowledge) * (1.0 - trust)
    return value


@njit(cache=True)
def score(group, i, j, degree_i, degree_j, profile, aside, craft, governance, p):
    """Return what the orchestrator of a group sees in a tie of `i` and `j`; see `kernels.groups`."""
    crowd = min(degree_i, degree_j) / p.k0
    both = 0.5 * (complementarity(profile, i, j) + complementarity(profile, j, i))
    standing = max(np.float64(aside[i, 2]), np.float64(aside[j, 2]))
    apart = abs(np.int64(craft[i]) - np.int64(craft[j]))
    value = p.complementarity * both + governance[group, STANDING] * standing
    if i == governance[group, LEAD] or j == governance[group, LEAD]:
        value += governance[group, WITH_LEAD]
    if i == governance[group, INSTITUTE] or j == governance[group, INSTITUTE]:
        value += governance[group, RESEARCH]
    if apart == 1:
        value += governance[group, CHAIN]
    if apart > 0:
        value += governance[group, CRAFTS]
    return value - p.cost * (1.0 + crowd * crowd)


@njit(cache=True, inline="always")
def trust_of(good, bad):
    """Return (good+1)/(good+bad+2)."""
    return (np.float64(good) + 1.0) / (np.float64(good) + np.float64(bad) + 2.0)


@njit(cache=True)
def elsewhere_trust(i, j, ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c):
    """Return i's best-founded trust in j from the three other layers, or -1 if tied in none."""
    best = -1.0
    h = find(ptr_a, nbr_a, i, j)
    if h >= 0:
        best = max(best, trust_of(good_a[h], bad_a[h]))
    h = find(ptr_b, nbr_b, i, j)
    if h >= 0:
        best = max(best, trust_of(good_b[h], bad_b[h]))
    h = find(ptr_c, nbr_c, i, j)
    if h >= 0:
        best = max(best, trust_of(good_c[h], bad_c[h]))
    return best


@njit(cache=True)
def shared_partners(ptr, nbr, i, j):
    """Return the number of partners that i and j share in the layer."""
    return common(ptr, nbr, i, j)
