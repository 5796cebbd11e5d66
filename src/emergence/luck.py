"""Named random streams: one number per (seed, stream, step, identities).

To add your own stream, declare it once at the top of your rule: ``MEET = stream("search.meet")``.
"""

from __future__ import annotations

import zlib

import numpy as np

from emergence.kernels.random import derive_key

_NAMES: dict[int, str] = {}


def stream(name: str) -> int:
    """Declare a stream and return its 32-bit number.

    Parameters
    ----------
    name : str
        Unique name, by habit ``"rule.purpose"``.

    Raises
    ------
    ValueError
        If the name, or another name with the same number, was declared before.
    """
    number = zlib.crc32(name.encode())
    if number in _NAMES:
        raise ValueError(f"stream '{name}' has the key of stream '{_NAMES[number]}': two streams share luck")
    _NAMES[number] = name
    return number


def streams() -> dict[int, str]:
    """Return the declared streams, number to name."""
    return dict(_NAMES)


def key(seed: int, number: int, step: int = 0) -> np.uint64:
    """Return the key of a stream at a step.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    number : int
        From `stream`.
    step : int
        Month, 0 or more.
    """
    # numba hands back a plain int; unless wrapped, int + uint64 would silently become float64.
    return np.uint64(derive_key(np.uint64(seed), np.uint64(number), np.uint64(step)))


def normals(units: np.ndarray) -> np.ndarray:
    """Map pairs of uniforms (last axis, even length) to half as many standard normals (Box and Muller 1958)."""
    return np.sqrt(-2.0 * np.log(units[..., 0::2])) * np.cos(2.0 * np.pi * units[..., 1::2])


def generator(seed: int, number: int, step: int = 0) -> np.random.Generator:
    """Return a numpy generator for work that has no identities, such as drawing a start network."""
    return np.random.Generator(np.random.Philox(key=int(key(seed, number, step))))
