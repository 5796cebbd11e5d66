"""Experiments of a research institution."""

import numpy as np
from numba import njit

from emergence.kernels.innovation import copy_segment
from emergence.kernels.landscape import ONE, practice_value, to_z
from emergence.kernels.random import below, draw4, unit


@njit(cache=True)
def experiment(key, uid, count, start, own, members, practice, table, shortest, longest, bits):
    """Return the best practice after so many experiments, its value, and the member whose routine came last, or -1.

    Each takes a routine of a random member, or with probability .5 flips one bit, and is kept if it is better.

    Parameters
    ----------
    start : uint64
        Practice to begin with.
    own : int
        Row of the institution.
    members : int32[k]
        Rows of those whose practices it may use.
    table : float64[bits, entries]
        Landscape of the institution's sector.
    """
    best = start
    value = to_z(practice_value(best, table))
    source = np.int64(-1)
    for number in range(count):
        words = draw4(key, uid, number)
        more = draw4(key, uid, -1 - number)
        candidate = best
        member = np.int64(members[below(words[1], members.size)])
        taken = unit(words[0]) < 0.5
        if taken:
            length = shortest + below(words[3], longest - shortest + 1)
            candidate = copy_segment(best, practice[member], below(words[2], bits), length, bits)
        else:
            candidate = best ^ (ONE << np.uint64(below(more[0], bits)))
        found = to_z(practice_value(candidate, table))
        if found > value:
            best = candidate
            value = found
            if taken and member != own:
                source = member
    return best, value, source
