"""Ties by mutual consent."""

import numpy as np
from numba import njit

from emergence.kernels.graph import find
from emergence.kernels.groups import PARTICIPATORY, steering_group
from emergence.kernels.pairs import elsewhere_trust, logistic, score, shared_partners, trust_of, utility
from emergence.kernels.random import pair_key, unit

AGREED, DECLINED = 1, 2


@njit(cache=True, inline="always")
def consents(u_i, u_j, noise, rate, draw):
    """Tell whether both want the tie: draw < rate x logistic(u_i/noise) logistic(u_j/noise).

    As the noise goes to 0 this is mutual consent (Jackson and Wolinsky 1996).
    """
    return draw < rate * logistic(u_i / noise) * logistic(u_j / noise)


@njit(cache=True, nogil=True)
def make_consents(
    lo, hi, key, rate, noise, blind, met, uid, own, x, y, sector, profile, aside,
    ptr, nbr, ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c,
    member_of, craft, governance, p, q, consent, order,
):  # fmt: skip
    """Decide each meeting of rows lo..hi: both must want the tie.

    Parameters
    ----------
    blind : float
        Chance that a meeting makes a tie whoever met, or -1 where firms choose.
    met : int32[n, MOST]
        Candidates.
    own : float64[n]
        Weight of own utility against the orchestrator's score, where there is an orchestrator.
    member_of, craft, governance : int32[n, slots], int8[n], float64[groups + 1, columns]
        Groups of each firm, its craft, and the rules of the groups; see `kernels.groups`.
    consent : uint8[n, MOST]
        Written: AGREED where both consent, DECLINED where they met in vain, else 0.
    order : uint32[n, MOST]
        Written: the pair's place when several want one firm's attention.
    """
    for i in range(lo, hi):
        for m in range(met.shape[1]):
            consent[i, m] = 0
            j = met[i, m]
            if j < 0 or find(ptr, nbr, i, j) >= 0:
                continue
            words = pair_key(key, uid[i], uid[j])
            consent[i, m] = DECLINED
            order[i, m] = words[1]
            if blind >= 0.0:
                if unit(words[0]) < blind:
                    consent[i, m] = AGREED
                continue
            t_i = elsewhere_trust(
                i, j, ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c
            )
            t_j = elsewhere_trust(
                j, i, ptr_a, nbr_a, good_a, bad_a, ptr_b, nbr_b, good_b, bad_b, ptr_c, nbr_c, good_c, bad_c
            )
            shared = shared_partners(ptr, nbr, i, j)
            k_i = ptr[i + 1] - ptr[i]
            k_j = ptr[j + 1] - ptr[j]
            u_i = utility(i, j, t_i, shared, t_i >= 0.0, k_i, profile, x, y, sector, p)
            u_j = utility(j, i, t_j, shared, t_j >= 0.0, k_j, profile, x, y, sector, p)
            if own[i] < 1.0 or own[j] < 1.0:
                group = steering_group(member_of, i, j, governance)
                if group >= 0:
                    # What all who are concerned decide together is what is best for both.
                    if governance[group, PARTICIPATORY] > 0.0:
                        seen = 0.5 * (u_i + u_j)
                    else:
                        seen = score(group, i, j, k_i, k_j, profile, aside, craft, governance, q)
                    u_i = own[i] * u_i + (1.0 - own[i]) * seen
                    u_j = own[j] * u_j + (1.0 - own[j]) * seen
            if consents(u_i, u_j, noise, rate, unit(words[0])):
                consent[i, m] = AGREED


@njit(cache=True, nogil=True)
def fit_attention(a, b, limit, uid, w, good, bad, x, y, sector, profile, ptr, nbr, p, keep, drop):
    """Let new ties in by their order; a full firm swaps its worst tie only for a better one.

    Parameters
    ----------
    a, b : int32[k]
        New ties in the order of their hash, no pair twice.
    limit : float64[n]
        Ties that fill a firm's attention.
    keep : uint8[k]
        Written: 1 where the new tie is made.
    drop : bool[half-edges]
        Written: 1 at both ends of a tie that had to give way.
    """
    added = np.zeros(ptr.size - 1, np.int64)
    for k in range(a.size):
        i = a[k]
        j = b[k]
        worst_i = np.int64(-1)
        worst_j = np.int64(-1)
        if ptr[i + 1] - ptr[i] + added[i] >= limit[i]:
            worst_i = weakest(i, j, uid, w, good, bad, x, y, sector, profile, ptr, nbr, p, drop)
            if worst_i < 0:
                continue
        if ptr[j + 1] - ptr[j] + added[j] >= limit[j]:
            worst_j = weakest(j, i, uid, w, good, bad, x, y, sector, profile, ptr, nbr, p, drop)
            if worst_j < 0:
                continue
        keep[k] = 1
        added[i] += 1
        added[j] += 1
        give_way(i, worst_i, ptr, nbr, added, drop)
        give_way(j, worst_j, ptr, nbr, added, drop)


@njit(cache=True)
def give_way(i, h, ptr, nbr, added, drop):
    """Mark both ends of the tie at half-edge `h` of row `i`, if there is one."""
    if h >= 0 and drop[h] == 0:
        j = np.int64(nbr[h])
        drop[h] = 1
        drop[find(ptr, nbr, j, i)] = 1
        added[i] -= 1
        added[j] -= 1


@njit(cache=True)
def weakest(i, j, uid, w, good, bad, x, y, sector, profile, ptr, nbr, p, drop):
    """Return i's weakest tie if a tie to j is worth more to it, else -1."""
    worst = np.int64(-1)
    for h in range(ptr[i], ptr[i + 1]):
        if drop[h] == 0 and (worst < 0 or w[h] < w[worst] or (w[h] == w[worst] and uid[nbr[h]] < uid[nbr[worst]])):
            worst = h
    if worst < 0:
        return worst
    k = ptr[i + 1] - ptr[i] - 1
    o = np.int64(nbr[worst])
    old = utility(
        i,
        o,
        trust_of(good[worst], bad[worst]),
        shared_partners(ptr, nbr, i, o),
        False,
        k,
        profile,
        x,
        y,
        sector,
        p,
    )
    new = utility(i, j, -1.0, shared_partners(ptr, nbr, i, j), False, k, profile, x, y, sector, p)
    return worst if new > old else np.int64(-1)
