"""Hong and Page 2004: a random team of problem solvers against a team of the best."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels import CACHE_FOLDER  # noqa: F401  (sets the cache folder before a kernel is declared)
from emergence.validation.case import Case, Found, Run, above, mean_interval, near, pick, require, spread_of

VALUES, TEAM = luck.stream("validation.diversity.values"), luck.stream("validation.diversity.team")
SPAN, STEPS = 12, 3
PUBLISHED = (92.2, 94.6)


def measure(
    team: int = 10, runs: int = 100, seed: int = 1, positions: int = 2000, span: int = SPAN, sign: int = 1
) -> Found:
    """Let a team of the best and a random one climb on random rings.

    Parameters
    ----------
    team : int
        Members.
    runs : int
        Rings.
    seed : int
    positions : int
        Length of the ring.
    span : int
        Longest step of a heuristic; a heuristic is an ordered triple of different steps.
    sign : {1, -1}
        -1: solvers move downhill.

    Returns
    -------
    dict
        `best`, `random`: mean value reached from all starts, mean over runs; `share_random_wins`; and by
        run `bests`, `randoms` and `gaps`, random less best.
    """
    require("diversity", runs=(runs, 1, 100_000), positions=(positions, 2 * span, 10**6), span=(span, 3, 40))
    heuristics = np.array(list(permutations(range(1, span + 1), STEPS)), np.int64)
    require("diversity", team=(team, 1, len(heuristics)))
    reached = np.array([one_ring(heuristics, int(team), int(positions), seed, k, sign) for k in range(int(runs))])
    gaps = reached[:, 1] - reached[:, 0]
    return {
        "best": float(reached[:, 0].mean()),
        "random": float(reached[:, 1].mean()),
        "share_random_wins": float((gaps > 0).mean()),
        "gaps": gaps,
        "bests": reached[:, 0],
        "randoms": reached[:, 1],
    }


def one_ring(heuristics: np.ndarray, team: int, positions: int, seed: int, k: int, sign: int) -> tuple[float, float]:
    """Return what the team of the best and a random team reach on ring `k`."""
    values = luck.generator(seed, VALUES, k).uniform(0.0, 100.0, positions)
    heights = sign * values
    ability = np.empty(len(heuristics))
    rank_solvers(heights, heuristics, ability)
    best = np.argsort(-ability, kind="stable")[:team]
    random = luck.generator(seed, TEAM, k).choice(len(heuristics), team, replace=False)
    return sign * relay(heights, heuristics[best]), sign * relay(heights, heuristics[random])


@njit(cache=True, nogil=True)
def climb(heights, at, steps):
    """Return where one solver stops: it takes each of its steps in turn, as long as one leads higher."""
    idle = 0
    k = 0
    while idle < steps.size:
        ahead = (at + steps[k]) % heights.size
        if heights[ahead] > heights[at]:
            at = ahead
            idle = 0
        else:
            idle += 1
        k = (k + 1) % steps.size
    return at


@njit(cache=True, nogil=True)
def rank_solvers(heights, heuristics, ability):
    """Write into `ability` the mean height that each solver reaches from all starts."""
    for h in range(heuristics.shape[0]):
        total = 0.0
        for start in range(heights.size):
            total += heights[climb(heights, start, heuristics[h])]
        ability[h] = total / heights.size


@njit(cache=True, nogil=True)
def relay(heights, members):
    """Return the mean height of a team from all starts: each goes on from where the one before stopped."""
    total = 0.0
    for start in range(heights.size):
        at = start
        idle = 0
        k = 0
        while idle < members.shape[0]:
            stop = climb(heights, at, members[k])
            idle = 0 if stop != at else idle + 1
            at = stop
            k = (k + 1) % members.shape[0]
        total += heights[at]
    return total / heights.size


def gap(run: Run) -> float:
    """Return by how much the random team beats the best."""
    found = run()
    return found["random"] - found["best"]


def curve(run: Run) -> Found:
    """Return what both teams reach by ring, and the mean gap by size of team."""
    found = run()
    sizes = [1, 2, 3, 5, 7, 10, 15, 20, 30]
    gaps = [run(team=size, runs=40)["gaps"] for size in sizes]
    return {
        "best": found["bests"].tolist(),
        "random": found["randoms"].tolist(),
        "team": sizes,
        "gap": [float(values.mean()) for values in gaps],
        "interval": [mean_interval(values) for values in gaps],
        "published_best": PUBLISHED[0],
        "published_random": PUBLISHED[1],
    }


CASE = Case(
    id="diversity",
    result="a random team of problem solvers beats a team of the best",
    source="Hong and Page 2004",
    rule="validation.diversity (a classic of its own)",
    setup="Values drawn from U[0, 100] on a ring of 2000; the 1320 ordered triples of steps from 1 to 12 as solvers; "
    "teams of 10 climb in relay from all starts until nobody moves; 100 rings.",
    conditional="disputed: the random landscape gives ability nothing to hold on to, and what wins is the number of "
    "different steps in the team rather than diversity of persons (Thompson 2014; Grim et al. 2019 on smoother "
    "landscapes); a single best solver beats a single random one, and the lead of random teams fades as teams grow",
    flip="solvers move downhill",
    returns=("best", "random", "share_random_wins"),
    measure=measure,
    checks=(
        near("mean value, team of the best", PUBLISHED[0], 0.6, pick("best"), spread_of("bests")),
        near("mean value, random team", PUBLISHED[1], 0.6, pick("random"), spread_of("randoms")),
        above("random less best", 1.5, gap, spread_of("gaps")),
        above("random less best, 12 rings", 1.0, lambda run: float(run(runs=12)["gaps"].mean()), quick=True),
    ),
    curve=curve,
)
