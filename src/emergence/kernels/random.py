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
    for i in range(ids.size):
        for block in range((numbers + 3) // 4):
            words = draw4(key, ids[i], block)
            for part in range(4):
                if block * 4 + part < numbers:
                    out[i, block * 4 + part] = unit(words[part])
    return out
