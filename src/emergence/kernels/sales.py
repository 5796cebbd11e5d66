"""Teams of tied firms that bid for large orders."""

import numpy as np
from numba import njit

from emergence.kernels.pairs import trust_of
from emergence.kernels.random import below, draw4

NOBODY = -1


@njit(cache=True)
def candidates(i, ptr, member_of, roster_ptr):
    """Return how many firm `i` could bid with if it trusted them all: its ties, and members of remote groups."""
    most = 0
    for layer in range(len(ptr)):
        most += ptr[layer][i + 1] - ptr[layer][i]
    for slot in range(member_of.shape[1]):
        g = member_of[i, slot]
        if g >= 0:
            most += roster_ptr[g + 1] - roster_ptr[g]
    return most


@njit(cache=True)
def gather(i, ptr, nbr, w, good, bad, good_in, bad_in, trust, member_of, roster_ptr, roster, standing, who, close):
    """Write whom firm `i` can bid with and how close they are, and return how many there are.

    Closeness is strength x the lesser trust, over all layers.

    Parameters
    ----------
    ptr, nbr, w, good, bad, good_in, bad_in : tuple of arrays
        Of each acting layer.
    trust : float
        Least trust, both ways.
    member_of : int32[n, slots]
        Rows of the groups of each firm, -1 behind the last.
    roster_ptr, roster, standing : int64[groups + 1], int64[k], float64[k]
        Members of each remote group who count as tied to all its members, and how close they are.
    who, close : int64[most], float64[most]
        Written.
    """
    count = 0
    for layer in range(len(ptr)):
        # Arrays are taken out of their tuples here, as numba does not do that of itself.
        partner, strength = nbr[layer], w[layer]
        own_good, own_bad, their_good, their_bad = good[layer], bad[layer], good_in[layer], bad_in[layer]
        for h in range(ptr[layer][i], ptr[layer][i + 1]):
            least = min(trust_of(own_good[h], own_bad[h]), trust_of(their_good[h], their_bad[h]))
            if least >= trust:
                who[count], close[count] = partner[h], np.float64(strength[h]) * least
                count += 1
    for slot in range(member_of.shape[1]):
        g = member_of[i, slot]
        if g >= 0:
            for k in range(roster_ptr[g], roster_ptr[g + 1]):
                if roster[k] != i:
                    who[count], close[count] = roster[k], standing[k]
                    count += 1
    return count


@njit(cache=True)
def closest(who, close, inside, uid, skills, skill, standard):
    """Return the place of the closest candidate outside the team with a skill (any for -1), or -1."""
    best = NOBODY
    for k in range(who.size):
        if inside[k] or (best >= 0 and close[k] < close[best]):
            continue
        if skill >= 0 and np.float64(skills[who[k], skill]) < standard:
            continue
        if best < 0 or close[k] > close[best] or uid[who[k]] < uid[who[best]]:
            best = k
    return best


@njit(cache=True)
def form_team(i, who, close, inside, uid, skills, commit, first, second, size, standard, team):
    """Fill `team` (int64[most], -1 behind the last) for an order, leader first; return its score, 0 for no bid.

    The closest partner who has it brings each skill that is lacking, then the closest add capacity. The score
    is the mean closeness to the leader x the mean of the best two skills.

    Parameters
    ----------
    inside : bool[candidates]
        Written: who is in the team.
    """
    team[:] = NOBODY
    team[0], number, pooled, total = i, 1, commit[i], 0.0
    inside[:] = False
    best_first, best_second = np.float64(skills[i, first]), np.float64(skills[i, second])
    while best_first < standard or best_second < standard or pooled < size or number < 2:
        lacking = first if best_first < standard else second if best_second < standard else NOBODY
        k = closest(who, close, inside, uid, skills, lacking, standard)
        if k < 0 or number == team.size:
            return 0.0
        j = who[k]
        # A partner in two layers stands twice among the candidates.
        for other in range(who.size):
            inside[other] |= who[other] == j
        team[number] = j
        number += 1
        pooled += commit[j]
        total += close[k]
        best_first = max(best_first, np.float64(skills[j, first]))
        best_second = max(best_second, np.float64(skills[j, second]))
    return total / (number - 1) * 0.5 * (best_first + best_second)


@njit(cache=True, nogil=True)
def make_bids(
    lo, hi, key, uid, sector, first_order, first, second, size, skills, commit, standard, trust,
    ptr, nbr, w, good, bad, good_in, bad_in, member_of, roster_ptr, roster, standing, order, score, team,
):  # fmt: skip
    """Let each firm of rows lo..hi bid for one order of its sector, drawn by luck.

    Parameters
    ----------
    first_order : int64[sectors + 1]
        Orders of each sector stand behind each other.
    first, second, size : int64[orders], int64[orders], float64[orders]
        Skills asked for, and EUR.
    commit : float64[n]
        What each firm can give to orders, EUR.
    order, score, team : int64[n], float64[n], int64[n, most]
        Written: the order, the score (0: no bid) and the rows of the team.
    """
    most = 0
    for i in range(lo, hi):
        most = max(most, candidates(i, ptr, member_of, roster_ptr))
    who, close, inside = np.empty(most, np.int64), np.empty(most), np.empty(most, np.bool_)
    for i in range(lo, hi):
        number = first_order[sector[i] + 1] - first_order[sector[i]]
        score[i] = 0.0
        if number == 0:
            continue
        o = first_order[sector[i]] + below(draw4(key, uid[i], 0)[0], number)
        count = gather(
            i, ptr, nbr, w, good, bad, good_in, bad_in, trust, member_of, roster_ptr, roster, standing, who, close
        )  # fmt: skip
        order[i] = o
        score[i] = form_team(
            i, who[:count], close[:count], inside[:count], uid, skills, commit,
            first[o], second[o], size[o], standard, team[i],
        )  # fmt: skip


@njit(cache=True, nogil=True)
def award(bids, order, size, team, left, won, demand):
    """Give each order to the first bid whose team still has the capacity; the team shares it by that.

    Parameters
    ----------
    bids : int64[k]
        Rows of bidders in the order in which bids are opened.
    left : float64[n]
        What each firm can still give, EUR; lowered.
    won : bool[orders]
        Written: 1 where an order found a team.
    demand : float64[n]
        Added to: what each firm gets of the orders, EUR.
    """
    for i in bids:
        o = order[i]
        if won[o]:
            continue
        pooled = 0.0
        for j in team[i]:
            if j >= 0:
                pooled += left[j]
        if pooled >= size[o] and pooled > 0.0:
            won[o] = True
            share = size[o] / pooled
            for j in team[i]:
                if j >= 0:
                    part = left[j] * share
                    demand[j] += part
                    left[j] = max(0.0, left[j] - part)
