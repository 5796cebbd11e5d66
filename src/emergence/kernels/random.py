"""Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, SC'11).

A number is a pure function of a key and two identities, so twins share their luck, and the result
depends neither on threads nor on the order of firms. `key` carries (seed, stream, step).
"""

import numpy as np
from numba import njit

M0 = np.uint64(0xD2511F53)
M1 = np.uint64(0xCD9E8D57)
W0 = np.uint64(0x9E3779B9)
W1 = np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
S32 = np.uint64(32)
TO_UNIT = 2.0**-32


@njit(cache=True, inline="always")
def philox(k0, k1, c0, c1, c2, c3):
    """Return the four 32-bit words (as uint64) of Philox 4x32-10.

    Parameters
    ----------
    k0, k1, c0, c1, c2, c3 : uint64
        Key and counter, each below 2**32.
    """
    for _ in range(10):
        p0 = M0 * c0
        p1 = M1 * c2
        c0 = (p1 >> S32) ^ c1 ^ k0
        c2 = (p0 >> S32) ^ c3 ^ k1
        c1 = p1 & LOW
        c3 = p0 & LOW
        k0 = (k0 + W0) & LOW
        k1 = (k1 + W1) & LOW
    return c0, c1, c2, c3


@njit(cache=True, inline="always")
def draw4(key, a, b):
    """Return four random 32-bit words for identities `a` and `b`.

    Parameters
    ----------
    key : uint64
        From `derive_key`.
    a, b : int64
        Identities, or an identity and the number of the draw.
    """
    ua = np.uint64(a)
    ub = np.uint64(b)
    return philox(key & LOW, key >> S32, ua & LOW, ua >> S32, ub & LOW, ub >> S32)


@njit(cache=True, inline="always")
def unit(word):
    """Map a 32-bit word to the open interval (0, 1)."""
    return (np.float64(word) + 0.5) * TO_UNIT


@njit(cache=True, inline="always")
def below(word, n):
    """Map a 32-bit word to 0 .. n-1."""
    return np.int64((word * np.uint64(n)) >> S32)


@njit(cache=True)
def derive_key(seed, stream, step):
    """Return the 64-bit key of (seed, stream, step).

    Parameters
    ----------
    seed : uint64
    stream, step : uint64
        Below 2**32.
    """
    r0, r1, _, _ = philox(stream, step, seed & LOW, seed >> S32, np.uint64(0x656D6572), np.uint64(0x67656E63))
    return r0 | (r1 << S32)


@njit(cache=True)
def pair_key(key, a, b):
    """Return four words for the unordered pair {a, b}."""
    if a < b:
        return draw4(key, a, b)
    return draw4(key, b, a)


# Draws that wait for nothing but each other are made eight at a time by the processor's wide registers: a loop
# that does nothing else takes a tenth of the time that the same draws take between other work.

ROWS, AT_ONCE = 64, 512  # rows or identities whose draws are made at once; they stay in the fastest cache


@njit(cache=True)
def most_at_once(lo, hi, ptr):
    """Return how many half-edges `ROWS` rows one after another have at most, rows lo..hi."""
    most = np.int64(0)
    for first in range(lo, hi, ROWS):
        most = max(most, ptr[min(hi, first + ROWS)] - ptr[first])
    return most


@njit(cache=True)
def order_pairs(lo, hi, uid, ptr, nbr, least, greatest):
    """Write the lesser and the greater uid of each tie of rows lo..hi (int64[most]), and return how many there are."""
    count = np.uint64(0)
    for i in range(np.uint64(lo), np.uint64(hi)):
        own = uid[i]
        for h in range(np.uint64(ptr[i]), np.uint64(ptr[i + np.uint64(1)])):
            other = uid[np.uint64(nbr[h])]
            least[count] = min(own, other)
            greatest[count] = max(own, other)
            count += np.uint64(1)
    return np.int64(count)


@njit(cache=True)
def draw_word(key, a, b, word):
    """Write the first word (uint32[k]) of the draws for identities a, b (int64[k])."""
    for k in range(a.size):
        word[k] = draw4(key, a[k], b[k])[0]


@njit(cache=True)
def draw_words(key, a, b, first, second, third, fourth):
    """Write all words (four of uint32[k]) of the draws for identities a, b (int64[k])."""
    for k in range(a.size):
        words = draw4(key, a[k], b[k])
        first[k] = words[0]
        second[k] = words[1]
        third[k] = words[2]
        fourth[k] = words[3]


@njit(cache=True)
def fill_units(key, ids, numbers):
    """Return uniforms for every identity and draw number.

    Parameters
    ----------
    key : uint64
    ids : int64[n]
    numbers : int
        Draws per identity.

    Returns
    -------
    float64[n, numbers]
    """
    out = np.empty((ids.size, numbers))
    room = min(ids.size, AT_ONCE)
    words, block = np.empty((4, room), np.uint32), np.empty(room, np.int64)
    for start in range(0, ids.size, AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for first in range(0, numbers, 4):
            block[:] = first // 4
            draw_words(key, some, block, words[0], words[1], words[2], words[3])
            for part in range(min(4, numbers - first)):
                for k in range(some.size):
                    out[start + k, first + part] = unit(words[part, k])
    return out
