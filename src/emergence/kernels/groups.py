"""Membership of firms in groups, and what a group's rules make of a tie between two members."""

import numpy as np
from numba import njit

EQUAL, CONTRIBUTION, POWER, BARGAINING = 0, 1, 2, 3
# Columns of the table of governance, one row a group, the last for ties outside groups.
SHARING, RESTRAINT, MENDING, EVENTS, REMOTE, PROTECTION = 0, 1, 2, 3, 4, 5
# Of the orchestrator: whether there is one, who decides, what eases projects and for whom, rows of its firms.
STEERED, PARTICIPATORY, COORDINATION, COVERS, LEAD, INSTITUTE = 6, 7, 8, 9, 10, 11
# Weights of its score.
STANDING, WITH_LEAD, CHAIN, CRAFTS, RESEARCH = 12, 13, 14, 15, 16
COLUMNS = 17
NOBODY, NEIGHBOURS, DIFFERENT, ALL = 0, 1, 2, 3  # whose projects are coordinated: of what crafts


@njit(cache=True, inline="always")
def common_group(member_of, i, j):
    """Return the first group that both firms belong to, or -1: the last row of the table, the network at large.

    Parameters
    ----------
    member_of : int32[n, slots]
        Rows of the groups of each firm, ascending, -1 behind the last.
    """
    for a in range(member_of.shape[1]):
        g = member_of[i, a]
        if g < 0:
            break
        for b in range(member_of.shape[1]):
            if member_of[j, b] == g:
                return np.int64(g)
    return np.int64(-1)


@njit(cache=True, inline="always")
def steering_group(member_of, i, j, governance):
    """Return the group whose orchestrator has a say in a tie of two firms, or -1.

    It is the first group that both belong to and that has an orchestrator, else the network at large (last row).
    """
    for a in range(member_of.shape[1]):
        g = member_of[i, a]
        if g < 0:
            break
        if governance[g, STEERED] > 0.0:
            for b in range(member_of.shape[1]):
                if member_of[j, b] == g:
                    return np.int64(g)
    last = governance.shape[0] - 1
    return np.int64(last) if governance[last, STEERED] > 0.0 else np.int64(-1)


@njit(cache=True, inline="always")
def eased(group, i, j, craft, governance):
    """Return what coordination adds to the success of a project of two members of a group, logit.

    Parameters
    ----------
    craft : int8[n]
        The skill in which each firm is strongest: its place in a value chain.
    """
    covers = governance[group, COVERS]
    if covers == NOBODY:
        return 0.0
    apart = abs(np.int64(craft[i]) - np.int64(craft[j]))
    covered = covers == ALL or (covers == DIFFERENT and apart > 0) or (covers == NEIGHBOURS and apart == 1)
    return governance[group, COORDINATION] if covered else 0.0


@njit(cache=True, inline="always")
def share_of_first(rule, skill_i, skill_j, root_i, root_j, w, held_i, held_j):
    """Return the share of joint value that goes to the first of two partners, 0 to 1.

    Parameters
    ----------
    rule : int
        EQUAL: half; CONTRIBUTION: by the skills that the task needs; POWER: by size; BARGAINING: half the
        surplus more or less by how much more the partner depends on the tie than oneself (Nash 1950;
        dependence as share of all one's ties: Emerson 1962).
    skill_i, skill_j : float
        What each brings to the task.
    root_i, root_j : float
        Root of size.
    w, held_i, held_j : float
        Strength of the tie, and of all ties of each side in the layer.
    """
    if rule == CONTRIBUTION:
        both = skill_i + skill_j
        return skill_i / both if both > 0.0 else 0.5
    if rule == POWER:
        mine = root_i * root_i
        return mine / (mine + root_j * root_j)
    if rule == BARGAINING:
        need_i = w / held_i if held_i > 0.0 else 0.0
        need_j = w / held_j if held_j > 0.0 else 0.0
        return 0.5 + 0.5 * (need_j - need_i)
    return 0.5


@njit(cache=True, nogil=True)
def held_strength(lo, hi, ptr, w, held):
    """Write the strength of all ties of rows lo..hi in a layer."""
    for i in range(lo, hi):
        total = 0.0
        for h in range(ptr[i], ptr[i + 1]):
            total += np.float64(w[h])
        held[i] = total


@njit(cache=True, nogil=True)
def add_ties_inside(lo, hi, asks, member, ptr, nbr, value, count, total):
    """Add up the ties of rows lo..hi that lead to members of a group.

    Parameters
    ----------
    asks, member : bool[n]
        Whose ties are counted (the others stay 0), and who belongs to the group.
    count, total : float64[n]
        Added to: number and value of the ties.
    """
    for i in range(lo, hi):
        if asks[i]:
            for h in range(ptr[i], ptr[i + 1]):
                if member[nbr[h]]:
                    count[i] += 1.0
                    total[i] += np.float64(value[h])
