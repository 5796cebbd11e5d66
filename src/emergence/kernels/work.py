"""Joint projects on ties, with their conflicts.

Both ends of a tie compute the same draw from the pair's key, so each writes only its own side.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.groups import (
    COVERS,
    MENDING,
    NOBODY,
    RESTRAINT,
    SHARING,
    common_group,
    eased,
    share_of_first,
    steering_group,
)
from emergence.kernels.pairs import gap, inverted_u, logistic, trust_of
from emergence.kernels.random import ROWS, draw_words, most_at_once, order_pairs, unit

NONE, SUCCESS, FAILURE, CHEATED, CHEATS, BOTH_CHEAT = 0, 1, 2, 3, 4, 5
# Ten unordered pairs of five skills: what a task needs.
TASK_A = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
TASK_B = np.array([1, 2, 3, 4, 2, 3, 4, 3, 4, 4])
HALF = np.uint64(16)
LOW16 = np.uint64(0xFFFF)


class WorkParams(NamedTuple):
    """See `config.Work`; `payoff` and `sucker` are in EUR at the unit of size."""

    frequency: float
    base: float
    by_strength: float
    payoff: float
    constant: float
    coverage: float
    trust: float
    alignment: float
    cognitive: float
    culture: float
    coordination: float
    optimum: float
    temptation: float
    cheating: float
    sucker: float
    deterrence: float


@njit(cache=True, nogil=True)
def update_projects(
    lo, hi, key, uid, profile, aside, ptr, nbr, formal, w, good, bad, good_in, bad_in,
    member_of, craft, governance, held, bold, p, outcome, value, income, projects, successes, betrayals,
):  # fmt: skip
    """Run the month's joint projects of rows lo..hi.

    Parameters
    ----------
    formal : uint8[half-edges]
        1 on ties with a contract that deters; empty where there are none.
    member_of : int32[n, slots]
        Groups of each firm.
    craft : int8[n]
        The skill in which each firm is strongest.
    governance : float64[groups + 1, columns]
        Rules of the groups, the last row for ties outside; see `kernels.groups`.
    held : float64[n]
        Strength of all ties of each firm in the layer.
    bold : float64[n]
        Factor on each firm's temptation.

    Writes `outcome` (uint8 per half-edge), smooths `value` (EUR/month to this side) and adds to the
    firms' `income` (EUR) and counts.
    """
    eases = (governance[:, COVERS] > NOBODY).any()
    room = most_at_once(lo, hi, ptr)
    least, greatest = np.empty(room, np.int64), np.empty(room, np.int64)
    joint, succeed = np.empty(room, np.uint32), np.empty(room, np.uint32)
    cheat, other = np.empty(room, np.uint32), np.empty(room, np.uint32)
    # Unsigned indexes spare the test for negative ones: a tenth of the loop's time.
    for i in range(np.uint64(lo), np.uint64(hi)):
        if (np.int64(i) - lo) % ROWS == 0:
            count = order_pairs(i, min(hi, np.int64(i) + ROWS), uid, ptr, nbr, least, greatest)
            draw_words(key, least[:count], greatest[:count], joint, succeed, cheat, other)
            drawn = np.uint64(ptr[i])
        earned = 0.0
        for h in range(np.uint64(ptr[i]), np.uint64(ptr[i + np.uint64(1)])):
            j = np.uint64(nbr[h])
            k = h - drawn
            result = NONE
            gain = 0.0
            if unit(joint[k]) < p.frequency * (p.base + p.by_strength * np.float64(w[h])):
                t_i = trust_of(good[h], bad[h])
                t_j = trust_of(good_in[h], bad_in[h])
                task = np.int64(((np.uint64(other[k]) & LOW16) * np.uint64(10)) >> HALF)
                a = np.uint64(TASK_A[task])
                b = np.uint64(TASK_B[task])
                covered = 0.5 * (
                    np.float64(max(profile[i, a], profile[j, a])) + np.float64(max(profile[i, b], profile[j, b]))
                )
                alignment = 1.0 - gap(profile, i, j, 11, 14)
                attention = min(np.float64(aside[i, 0]), np.float64(aside[j, 0]))
                fit = p.constant + p.coverage * covered + p.trust * 0.5 * (t_i + t_j)
                fit += p.alignment * alignment + p.cognitive * inverted_u(gap(profile, i, j, 0, 5), p.optimum)
                fit -= p.culture * gap(profile, i, j, 5, 11) + p.coordination
                if eases:
                    steered = steering_group(member_of, np.int64(i), np.int64(j), governance)
                    if steered >= 0:
                        fit += eased(steered, i, j, craft, governance)
                projects[i] += 1
                if unit(succeed[k]) < attention * logistic(fit):
                    low, high = np.uint64(cheat[k]) & LOW16, np.uint64(cheat[k]) >> HALF
                    mine, theirs = (low, high) if uid[i] < uid[j] else (high, low)
                    group = common_group(member_of, np.int64(i), np.int64(j))
                    lure = p.temptation * (1.0 - 0.5 * alignment) * governance[group, RESTRAINT]
                    if formal.size > 0 and formal[h] > 0:
                        lure *= 1.0 - p.deterrence
                    i_cheat = (np.float64(mine) + 0.5) / 65536.0 < lure * bold[i] * (1.0 - t_i)
                    j_cheats = (np.float64(theirs) + 0.5) / 65536.0 < lure * bold[j] * (1.0 - t_j)
                    r_i = np.float64(aside[i, 1])
                    r_j = np.float64(aside[j, 1])
                    scale = attention * min(r_i, r_j) * np.sqrt(r_i * r_j)
                    settled = (np.float64(np.uint64(other[k]) >> HALF) + 0.5) / 65536.0 < governance[group, MENDING]
                    if i_cheat and j_cheats:
                        result = BOTH_CHEAT
                        gain = -0.5 * p.sucker * scale
                    elif (i_cheat or j_cheats) and settled:
                        result = FAILURE
                    elif i_cheat:
                        result = CHEATS
                        gain = p.payoff * (1.0 + p.cheating) * scale
                    elif j_cheats:
                        result = CHEATED
                        gain = -p.sucker * scale
                    else:
                        result = SUCCESS
                        share = share_of_first(
                            np.int64(governance[group, SHARING]),
                            np.float64(profile[i, a]) + np.float64(profile[i, b]),
                            np.float64(profile[j, a]) + np.float64(profile[j, b]),
                            r_i, r_j, np.float64(w[h]), held[i], held[j],
                        )  # fmt: skip
                        gain = p.payoff * scale * (2.0 * share)
                        successes[i] += 1
                    if i_cheat:
                        betrayals[i] += 1
                else:
                    result = FAILURE
            outcome[h] = result
            value[h] = 0.9 * np.float64(value[h]) + 0.1 * gain
            earned += gain
        income[i] += earned
