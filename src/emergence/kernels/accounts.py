"""Accounts of what partners bring, by kind, for each side of a tie and for each firm.

Ties keep single precision. A firm adds what its ties have taken down, not what was to be entered, so its account
is the sum over its ties to the last digit.
"""

import numpy as np
from numba import njit

from emergence.kernels.graph import find
from emergence.kernels.pairs import trust_of

REVENUE, COST, KNOWLEDGE, RISK, REPUTATION = 0, 1, 2, 3, 4
MEMORY = 0.9  # what a smoothed entry keeps a month, as `value` does in kernels.work


@njit(cache=True, nogil=True)
def turn_page(lo, hi, ptr, value, keep, of_ties, of_firms):
    """Let the entries of rows lo..hi fade, and take over revenue from `value`, where it is smoothed already.

    Parameters
    ----------
    value : float32[m]
        Smoothed gain of joint projects to this side, EUR/month.
    keep : float64[kinds]
        Share of each kind that is kept.
    of_ties, of_firms : float32[m, kinds], float64[n, kinds]
        Written; the firms' own have faded already.
    """
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            for kind in range(keep.size):
                kept = keep[kind] * np.float64(of_ties[h, kind])
                of_ties[h, kind] = value[h] if kind == REVENUE else kept
                of_firms[i, kind] += np.float64(of_ties[h, kind]) - kept


@njit(cache=True, nogil=True, inline="always")
def add_entry(h, i, kind, gain, of_ties, of_firms):
    """Add to one kind on half-edge `h` and to its firm `i`."""
    before = np.float64(of_ties[h, kind])
    of_ties[h, kind] = before + gain
    of_firms[i, kind] += np.float64(of_ties[h, kind]) - before


@njit(cache=True, nogil=True)
def enter(lo, hi, ptr, kind, weight, amount, of_ties, of_firms):
    """Add weight x amount (float64[m]) to one kind on the ties of rows lo..hi, and to their firms."""
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            if amount[h] != 0.0:
                add_entry(h, i, kind, weight * amount[h], of_ties, of_firms)


@njit(cache=True, nogil=True)
def enter_at(at, owner, kind, weight, amount, of_ties, of_firms):
    """Add weight x amount (float64[k]) to one kind at half-edges `at` (int64[k], ascending), and to their owners."""
    for k in range(at.size):
        add_entry(at[k], owner[k], kind, weight * amount[k], of_ties, of_firms)


@njit(cache=True, nogil=True)
def share_reputation(lo, hi, ptr, good_in, bad_in, partners, speed, reputation, part):
    """Write in `part` (float64[m]) by how much each partner's trust is about to move the firm's reputation.

    Parameters
    ----------
    partners : int64[n]
        Partners in all layers that count; the parts of a firm add up to the change in `update_reputation`.
    """
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            part[h] = speed * (trust_of(good_in[h], bad_in[h]) - reputation[i]) / partners[i]


@njit(cache=True, nogil=True)
def places_of(ptr, nbr, rows, partners, place):
    """Write where each partner (int[k]) stands in each row (int[k]) into `place` (int64[k]), -1 where it does not."""
    for k in range(rows.size):
        place[k] = find(ptr, nbr, np.int64(rows[k]), np.int64(partners[k]))
