"""Learning of strategies: reinforcement by the payoff of one's own deeds, imitation, mutation."""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.groups import RESTRAINT, common_group
from emergence.kernels.innovation import partner_at
from emergence.kernels.pairs import logistic
from emergence.kernels.random import below, draw4, unit
from emergence.kernels.work import BOTH_CHEAT, CHEATED, CHEATS, SUCCESS

RELATIONAL = 2


class StrategyParams(NamedTuple):
    """See `config.Strategies`; `cheating` is that of `config.Work`, losses are in payoffs of an honest success."""

    reinforcement: float
    content: float
    sanction: float
    cheating: float
    loss_a: float
    loss_b: float
    imitation: float
    noise: float
    mutation: float


@njit(cache=True, inline="always")
def reinforced(relational, code, loss, penalty, p):
    """Return the propensity after one deed (Bush and Mosteller 1955, with the stimulus of Macy and Flache 2002).

    Parameters
    ----------
    relational : float
        Propensity to be relational.
    code : int
        Outcome of the project for this side, see `kernels.work`.
    loss : float
        What one who is cheated loses, in payoffs of an honest success.
    penalty : float
        What one who cheats is made to feel, beside the payoff, and one who is cheated is given, in the same unit.
    """
    if code == SUCCESS:
        payoff = 1.0
    elif code == CHEATS:
        payoff = 1.0 + p.cheating - penalty
    elif code == CHEATED:
        payoff = penalty - loss
    elif code == BOTH_CHEAT:
        payoff = -0.5 * loss - penalty
    else:
        return relational
    stimulus = p.reinforcement * min(max(payoff - p.content, -1.0), 1.0)
    # The share of the deed that was done rises towards 1 if it paid, and falls towards 0 if it did not.
    done = relational if code == SUCCESS or code == CHEATED else 1.0 - relational
    done += stimulus * (1.0 - done) if stimulus > 0.0 else stimulus * done
    return done if code == SUCCESS or code == CHEATED else 1.0 - done


@njit(cache=True, nogil=True)
def update_propensities(
    lo, hi, key, uid, performance, propensities, ptr_a, nbr_a, outcome_a, ptr_b, nbr_b, outcome_b,
    member_of, governance, p, learnt,
):  # fmt: skip
    """Let rows lo..hi learn; `propensities` are as the month began, `learnt` (float64[n, 4]) is written.

    Parameters
    ----------
    performance : float64[n]
        What is seen of everyone's performance.
    member_of : int32[n, slots]
        Groups of each firm.
    governance : float64[groups + 1, columns]
        Rules of the groups, the last row for ties outside; see `kernels.groups`.
    """
    strategies = propensities.shape[1]
    for i in range(lo, hi):
        for k in range(strategies):
            learnt[i, k] = propensities[i, k]
        for layer in range(2):
            ptr = ptr_a if layer == 0 else ptr_b
            nbr = nbr_a if layer == 0 else nbr_b
            outcome = outcome_a if layer == 0 else outcome_b
            loss = p.loss_a if layer == 0 else p.loss_b
            for h in range(ptr[i], ptr[i + 1]):
                code = outcome[h]
                penalty = 0.0
                if code == CHEATS or code == CHEATED or code == BOTH_CHEAT:
                    group = common_group(member_of, np.int64(i), np.int64(nbr[h]))
                    if group >= 0:
                        penalty = p.sanction * (1.0 - governance[group, RESTRAINT])
                learnt[i, RELATIONAL] = reinforced(learnt[i, RELATIONAL], code, loss, penalty, p)
        words = draw4(key, uid[i], 0)
        number = ptr_a[i + 1] - ptr_a[i] + ptr_b[i + 1] - ptr_b[i]
        if number > 0 and unit(words[0]) < p.imitation:
            j = partner_at(i, below(words[1], number), ptr_a, nbr_a, ptr_b, nbr_b)
            ahead = (performance[j] - performance[i]) / p.noise
            if unit(words[2]) < logistic(min(max(ahead, -50.0), 50.0)):
                for k in range(strategies):
                    learnt[i, k] = propensities[j, k]
        if unit(words[3]) < p.mutation:
            fresh = draw4(key, uid[i], 1)
            learnt[i, below(fresh[0], strategies)] = unit(fresh[1])
