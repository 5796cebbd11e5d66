"""Axelrod 1997: neighbours grow alike and the whole stays diverse."""

from __future__ import annotations

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.random import below as draw_below
from emergence.kernels.random import draw4, unit
from emergence.validation.case import Case, Found, Interval, Run, Value, mean_interval, near, pick, require, spread_of

START, MEET = luck.stream("validation.culture.start"), luck.stream("validation.culture.meet")
LOW_HALF = np.uint64(0xFFFF)
SWEEP = 1000  # meetings between two looks whether anything can still change, per site


def measure(features: int = 5, traits: int = 5, side: int = 10, runs: int = 300, seed: int = 1, sign: int = 1) -> Found:
    """Let sites of a square without wrapped edges take over traits of their neighbours until none can.

    Parameters
    ----------
    features, traits : int
        Features of a culture, and traits per feature.
    side : int
        Sites along a side.
    runs, seed : int
    sign : {1, -1}
        -1: the less alike two neighbours are, the likelier they interact.

    Returns
    -------
    dict
        `regions`: connected regions of one culture at the end, mean over runs; and `counts` by run.
    """
    require(
        "culture", features=(features, 1, 64), traits=(traits, 1, 10_000), side=(side, 1, 200), runs=(runs, 1, 10**5)
    )
    counts = np.empty(int(runs))
    for k in range(int(runs)):
        culture = luck.generator(seed, START, k).integers(
            0, int(traits), (int(side), int(side), int(features)), np.int64
        )
        settle(luck.key(seed, MEET, k), culture, sign)
        counts[k] = count_regions(culture)
    return {"regions": float(counts.mean()), "counts": counts}


@njit(cache=True, inline="always")
def neighbour(x, y, side, way):
    """Return one of the four sites around, which may lie outside."""
    if way == 0:
        return x + 1, y
    if way == 1:
        return x - 1, y
    return x, y + 1 if way == 2 else y - 1


@njit(cache=True, inline="always")
def inside(u, v, side):
    """Tell whether there is such a site."""
    return 0 <= u < side and 0 <= v < side


@njit(cache=True)
def some_neighbour(x, y, side, half_word):
    """Return one of the sites around, all equally likely."""
    count = 0
    for way in range(4):
        u, v = neighbour(x, y, side, way)
        if inside(u, v, side):
            count += 1
    which = np.int64((half_word * np.uint64(count)) >> np.uint64(16))
    for way in range(4):
        u, v = neighbour(x, y, side, way)
        if inside(u, v, side):
            if which == 0:
                return u, v
            which -= 1
    return x, y


@njit(cache=True)
def alike(one, other):
    """Return how many features are shared."""
    count = 0
    for f in range(one.size):
        if one[f] == other[f]:
            count += 1
    return count


@njit(cache=True)
def settled(culture):
    """Tell whether all neighbours are the same or have nothing in common."""
    side, _, features = culture.shape
    for x in range(side):
        for y in range(side):
            for way in (0, 2):
                u, v = neighbour(x, y, side, way)
                if inside(u, v, side) and 0 < alike(culture[x, y], culture[u, v]) < features:
                    return False
    return True


@njit(cache=True, nogil=True)
def settle(key, culture, sign):
    """Let sites meet until nothing can change, in place; at most 1000 rounds of 1000 meetings per site."""
    side, _, features = culture.shape
    t = 0
    for _ in range(1000):
        if settled(culture):
            return
        for _ in range(SWEEP * side * side):
            words = draw4(key, t, 0)
            t += 1
            x = draw_below(words[0], side)
            y = draw_below(words[1], side)
            # The low half of a word chooses the neighbour, the high half the feature.
            u, v = some_neighbour(x, y, side, words[2] & LOW_HALF)
            same = alike(culture[x, y], culture[u, v])
            chance = same / features if sign > 0 else 1.0 - same / features
            if same == features or unit(words[3]) >= chance:
                continue
            which = draw_below(words[2] & ~LOW_HALF, features - same)
            for f in range(features):
                if culture[x, y, f] != culture[u, v, f]:
                    if which == 0:
                        culture[x, y, f] = culture[u, v, f]
                        break
                    which -= 1


@njit(cache=True, nogil=True)
def count_regions(culture):
    """Return the number of connected regions of one culture."""
    side, _, features = culture.shape
    seen = np.zeros((side, side), np.bool_)
    stack = np.empty((side * side, 2), np.int64)
    regions = 0
    for x in range(side):
        for y in range(side):
            if seen[x, y]:
                continue
            regions += 1
            seen[x, y] = True
            stack[0, 0], stack[0, 1] = x, y
            top = 1
            while top:
                top -= 1
                a, b = stack[top, 0], stack[top, 1]
                for way in range(4):
                    u, v = neighbour(a, b, side, way)
                    if inside(u, v, side) and not seen[u, v] and alike(culture[a, b], culture[u, v]) == features:
                        seen[u, v] = True
                        stack[top, 0], stack[top, 1] = u, v
                        top += 1
    return regions


def regions(traits: int) -> tuple[Value, Interval]:
    """Return functions for the mean number of regions, and its interval."""
    return pick("regions", traits=traits), spread_of("counts", traits=traits)


def curve(run: Run) -> Found:
    """Return the number of regions over the number of traits."""
    traits = [2, 5, 8, 10, 12, 15, 18, 20, 25, 30]
    runs = [run(traits=q) for q in traits]
    return {
        "traits": traits,
        "regions": [one["regions"] for one in runs],
        "interval": [mean_interval(one["counts"]) for one in runs],
        "published_traits": [5, 10, 15],
        "published": [1.05, 4.0, 19.0],
    }


CASE = Case(
    id="culture",
    result="local convergence leaves more regions the more traits there are",
    source="Axelrod 1997",
    rule="validation.culture (a classic of its own)",
    setup="A square of 10 by 10 sites with four neighbours, edges not wrapped; five features of q traits; a site takes "
    "a differing trait of a neighbour with the probability that a feature is shared, until nothing can change; 300 "
    "runs.",
    conditional="no noise: with the smallest rate of random change one culture takes all (Klemm et al. 2003); small "
    "squares; the original means are over 10 runs (1.0, 3.2 and 20.0)",
    flip="the less alike two neighbours are, the likelier they interact",
    returns=("regions",),
    measure=measure,
    checks=(
        near("stable regions, 5 traits", 1.05, 0.15, *regions(5), quick=True),
        near("stable regions, 10 traits", 4.0, 1.0, *regions(10), quick=True),
        near("stable regions, 15 traits", 19.0, 3.0, *regions(15), quick=True),
    ),
    curve=curve,
)
