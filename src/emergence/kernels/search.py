"""Who meets whom."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.groups import EVENTS, LEAD, REMOTE, STEERED
from emergence.kernels.pairs import score
from emergence.kernels.random import below, draw4, unit

MOST = 4  # meetings that one firm can start in a month and layer
TRIES = 4  # candidates looked at before a meeting falls through
REDRAWS = 32  # empty slots passed over in one look at the urn


class SearchParams(NamedTuple):
    """See `config.Search`."""

    meetings: float
    partners: float
    preferential: float
    distance: float
    size_exponent: float
    widest: float
    slack_effect: float
    reputed: float
    proposed: float
    unit: float
    squares: float


@njit(cache=True, inline="always")
def from_urn(key, uid, number, slots):
    """Return a firm drawn uniformly among the living, or -1.

    Slots never move, so the same draw names the same firm in twins whatever was born or died there.
    """
    for r in range(REDRAWS):
        words = draw4(key, uid, number * REDRAWS + r)
        for part in range(4):
            row = slots[below(words[part], slots.size)]
            if row >= 0:
                return np.int64(row)
    return np.int64(-1)


@njit(cache=True, inline="always")
def effort(size, exponent, widest, unit_size, slack, slack_effect, drive):
    """Return how much more than the average firm this one meets and can attend to."""
    by_size = min(max((size / (0.7 * unit_size)) ** exponent, 0.5), widest)
    return by_size * (1.0 + slack_effect * slack) * drive


@njit(cache=True, nogil=True)
def make_meetings(
    lo, hi, key, urn_key, uid, size, slack, drive, x, y, slots, ptr, nbr, profile, aside, craft,
    member_of, governance, group_ptr, members, p, q, out,
):  # fmt: skip
    """Write the candidates that rows lo..hi meet into `out` (int32[n, MOST], -1 for none)."""
    for i in range(lo, hi):
        words = draw4(key, uid[i], 0)
        rate = p.meetings * effort(size[i], p.size_exponent, p.widest, p.unit, slack[i], p.slack_effect, drive[i])
        wanted = min(MOST, int(rate + unit(words[0])))
        for m in range(MOST):
            out[i, m] = -1
            if m >= wanted:
                continue
            words = draw4(key, uid[i], m + 1)
            group = orchestrating(i, member_of, governance) if unit(words[1]) < p.proposed else np.int64(-1)
            if group >= 0:
                out[i, m] = propose(
                    i, m, group, key, urn_key, uid, slots, ptr, profile, aside, craft, governance, group_ptr, members, q
                )
            elif unit(words[3]) < chance_of_event(i, member_of, governance):
                out[i, m] = attend(
                    i, words[0], draw4(key, uid[i], -1 - m), x, y, member_of, governance, group_ptr, members, p
                )
            else:
                out[i, m] = look(i, m, key, urn_key, unit(words[2]), uid, x, y, slots, ptr, nbr, profile, p)


@njit(cache=True)
def look(i, m, key, urn_key, channel, uid, x, y, slots, ptr, nbr, profile, p):
    """Return the first of a few candidates of one channel that distance and repute let through, or -1."""
    for t in range(TRIES):
        number = m * TRIES + t
        words = draw4(key, uid[i], 1 + MOST + number)
        if channel < p.partners:
            first = i
        else:
            first = from_urn(urn_key, uid[i], number, slots)
        if first < 0:
            continue
        j = first
        if channel < p.partners + p.preferential:
            # Redirection to a random partner attaches preferentially (Krapivsky and Redner 2001).
            k = ptr[first + 1] - ptr[first]
            if k == 0:
                if first == i:
                    break
            else:
                j = np.int64(nbr[ptr[first] + below(words[0], k)])
            if first == i:
                k = ptr[j + 1] - ptr[j]
                j = np.int64(nbr[ptr[j] + below(words[1], k)])
                if p.squares > 0.0:
                    # What a customer of one's supplier buys elsewhere: supply closes squares, not triangles.
                    k = ptr[j + 1] - ptr[j]
                    j = np.int64(nbr[ptr[j] + below(words[3], k)])
        if j == i:
            continue
        far = np.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2) / p.distance
        if unit(words[2]) * (1.0 + far) < 1.0 - p.reputed * (1.0 - np.float64(profile[j, 14])):
            return np.int32(j)
    return np.int32(-1)


@njit(cache=True, inline="always")
def chance_of_event(i, member_of, governance):
    """Return the chance that a meeting of `i` takes place at an event of one of its groups."""
    missed = 1.0
    for a in range(member_of.shape[1]):
        if member_of[i, a] >= 0:
            missed *= 1.0 - governance[member_of[i, a], EVENTS]
    return 1.0 - missed


@njit(cache=True)
def attend(i, which, words, x, y, member_of, governance, group_ptr, members, p):
    """Return a member of one of i's groups, as far as distance lets through, or -1."""
    count = 0
    while count < member_of.shape[1] and member_of[i, count] >= 0:
        count += 1
    group = member_of[i, below(which, count)]
    first = group_ptr[group]
    j = np.int64(members[first + below(words[0], group_ptr[group + 1] - first)])
    if j == i:
        return np.int32(-1)
    far = np.sqrt((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2) / p.distance
    if governance[group, REMOTE] > 0.0 or unit(words[1]) * (1.0 + far) < 1.0:
        return np.int32(j)
    return np.int32(-1)


@njit(cache=True, inline="always")
def orchestrating(i, member_of, governance):
    """Return the first group of `i` that has an orchestrator, the last row for the network at large, or -1."""
    for a in range(member_of.shape[1]):
        if member_of[i, a] >= 0 and governance[member_of[i, a], STEERED] > 0.0:
            return np.int64(member_of[i, a])
    last = governance.shape[0] - 1
    return np.int64(last) if governance[last, STEERED] > 0.0 else np.int64(-1)


@njit(cache=True)
def propose(
    i, m, group, key, urn_key, uid, slots, ptr, profile, aside, craft, governance, group_ptr, members, q
):  # fmt: skip
    """Return the best of a few candidates in the eyes of the orchestrator, or -1.

    Candidates are members of the group and the firm that leads it, or anyone in the network at large.
    """
    best = np.int32(-1)
    best_score = -1e300
    inside = group < governance.shape[0] - 1
    lead = np.int64(governance[group, LEAD])
    words = draw4(key, uid[i], -1 - MOST - m)
    for t in range(-1 if lead >= 0 else 0, TRIES):
        if t < 0:
            j = lead
        elif inside:
            first = group_ptr[group]
            j = np.int64(members[first + below(words[t], group_ptr[group + 1] - first)])
        else:
            j = from_urn(urn_key, uid[i], m * TRIES + t, slots)
        if j < 0 or j == i:
            continue
        value = score(group, i, j, ptr[i + 1] - ptr[i], ptr[j + 1] - ptr[j], profile, aside, craft, governance, q)
        if value > best_score:
            best_score = value
            best = np.int32(j)
    return best
