"""How new what is found is, and how fast it spreads."""

from __future__ import annotations

import numpy as np

from emergence.kernels.innovation import nearest
from emergence.world import World

SAMPLE = 256  # new practices looked at in one month; all of them in worlds of a few thousand firms


def novelty(world: World, months: int = 1) -> float:
    """Return in how many bits a new practice differs from the nearest other one in use, the mean over new ones.

    Parameters
    ----------
    world : World
    months : int
        Practices first used within so many months up to now are new. Of more than 256 a random 256 are looked at.

    Returns
    -------
    float
        Bits, 1 to 48; 0 if nothing is new.

    Notes
    -----
    Novelty as distance from what is there, in the space of practices: after Fleming (2001) and Lazer and Friedman
    (2007), who measure variety by Hamming distance.
    """
    known = world.registry
    new = known.practice[(known.first > max(world.step - months, 0)) & (known.practice > 0)] - np.uint64(1)
    used = np.unique(world.firms.practice)
    if not new.size or used.size < 2:
        return 0.0
    # By a hash, so that which are looked at has nothing to do with what they are, nor with the order of firms.
    order = np.argsort((new ^ (new >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15), kind="stable")
    found = np.empty(min(new.size, SAMPLE), np.uint8)
    nearest(new[order[:SAMPLE]], used, found)
    return float(found.mean())


def diffusion_halftime(world: World) -> float:
    """Return the months from first use within which half of the takeovers of innovations happen.

    Parameters
    ----------
    world : World
        Takeovers since the last measured month count, each by the time since the innovation was first used.

    Returns
    -------
    float
        Months, interpolated within the month of the median; 0 if nothing was taken over. No more than the months
        that the world has run, so look at it late in a run.

    Notes
    -----
    Where innovations arrive steadily, this is the half-time of the mean diffusion curve (Rogers 2003).
    """
    total = np.cumsum(world.spread)
    if not total[-1]:
        return 0.0
    month = int(np.searchsorted(total, total[-1] / 2.0))
    before = total[month] - world.spread[month]
    return month + float((total[-1] / 2.0 - before) / world.spread[month])
