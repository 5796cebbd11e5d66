"""Cowan and Jonard 2004: knowledge that spreads by barter spreads furthest in a small world."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.random import below as draw_below
from emergence.kernels.random import draw4
from emergence.validation.case import Case, Found, Run, above, below, mean_interval, near, require
from emergence.validation.graphs import draw_pairs

WORLD, MEET, TRADE = (luck.stream(f"validation.barter.{name}") for name in ("world", "meet", "trade"))
EXPERT = 10.0


def measure(
    p: float = 0.1, n: int = 500, degree: int = 10, kinds: int = 5, experts: int = 25, a: float = 0.5,
    meetings: int = 1_000_000, runs: int = 20, seed: int = 1, sign: int = 1,
) -> Found:  # fmt: skip
    """Let firms on a small-world network barter knowledge.

    Parameters
    ----------
    p : float
        Share of rewired ties.
    n, degree, kinds, experts : int
        Firms, ties per firm, kinds of knowledge, and firms that start at 10 in one kind.
    a : float
        Share of the gap that the one who receives closes.
    meetings : int
        In all; by then nearly all trades that can be made are.
    runs, seed : int
    sign : {1, -1}
        -1: who receives moves away from the one who gives.

    Returns
    -------
    dict
        `mean`, `variance` (between firms, of their mean over kinds) and `cv`, each a mean over runs; and
        `means` by run.
    """
    require("barter", p=(p, 0.0, 1.0), n=(n, 3, 100_000), kinds=(kinds, 2, 64), runs=(runs, 1, 10_000))
    require(
        "barter", degree=(degree, 2, n - 1), experts=(experts, 0, n), a=(a, 0.0, 1.0), meetings=(meetings, 0, 10**10)
    )
    levels = np.empty((int(runs), int(n)))
    for k in range(int(runs)):
        rng = luck.generator(seed, WORLD, k)
        one, other = draw_pairs("small_world", n, degree, rng, p)
        knowledge = rng.random((n, kinds))
        knowledge[rng.permutation(n)[:experts], np.arange(experts) % kinds] = EXPERT
        keys = luck.key(seed, MEET, k), luck.key(seed, TRADE, k)
        barter(*keys, one, other, knowledge, sign * a, int(meetings))
        levels[k] = knowledge.mean(axis=1)
    # With the sign turned round knowledge goes beyond all bounds.
    with np.errstate(over="ignore", invalid="ignore"):
        means, variances = levels.mean(axis=1), levels.var(axis=1)
        return {
            "mean": float(means.mean()),
            "variance": float(variances.mean()),
            "cv": float((np.sqrt(variances) / means).mean()),
            "means": means,
        }


@njit(cache=True, nogil=True)
def barter(meet_key, trade_key, one, other, knowledge, a, meetings):
    """Let partners meet and swap knowledge, kind for kind, in place (float64[n, kinds]).

    Each takes as many kinds as it gives; which of the better ones are handed over is drawn.
    """
    kinds = knowledge.shape[1]
    mine = np.empty(kinds, np.int64)
    yours = np.empty(kinds, np.int64)
    for t in range(meetings):
        h = draw_below(draw4(meet_key, t, 0)[0], one.size)
        i = one[h]
        j = other[h]
        ahead = 0
        behind = 0
        for c in range(kinds):
            if knowledge[i, c] > knowledge[j, c]:
                mine[ahead] = c
                ahead += 1
            elif knowledge[i, c] < knowledge[j, c]:
                yours[behind] = c
                behind += 1
        swaps = min(ahead, behind)
        for s in range(swaps):
            words = draw4(trade_key, t, s)
            k = s + draw_below(words[0], ahead - s)
            mine[s], mine[k] = mine[k], mine[s]
            k = s + draw_below(words[1], behind - s)
            yours[s], yours[k] = yours[k], yours[s]
            c = mine[s]
            knowledge[j, c] += a * (knowledge[i, c] - knowledge[j, c])
            c = yours[s]
            knowledge[i, c] += a * (knowledge[j, c] - knowledge[i, c])


REWIRING = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


def peak(run: Run) -> float:
    """Return the share of rewired ties at which knowledge is highest, of those on the grid."""
    means = [run(p=p)["mean"] for p in REWIRING]
    return REWIRING[int(np.argmax(means))]


def gain(other: float, **settings: float) -> tuple[Any, Any]:
    """Return functions for the mean knowledge at p=.2 less that at another p, and its interval; runs are paired."""

    def differences(run: Run) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return run(p=0.2, **settings)["means"] - run(p=other, **settings)["means"]

    return lambda run: float(differences(run).mean()), lambda run: mean_interval(differences(run))


def curve(run: Run) -> Found:
    """Return mean knowledge over the share of rewired ties, for a=.5 and a=1."""
    found: Found = {"p": list(REWIRING)}
    for a in (0.5, 1.0):
        runs = [run(p=p, a=a) for p in REWIRING]
        found[f"mean_{a:g}"] = [one["mean"] for one in runs]
        found[f"interval_{a:g}"] = [mean_interval(one["means"]) for one in runs]
        found[f"variance_{a:g}"] = [one["variance"] for one in runs]
    return found


CASE = Case(
    id="barter",
    result="knowledge that is bartered grows most in a small world",
    source="Cowan and Jonard 2004",
    rule="validation.barter (a classic of its own)",
    setup="500 firms on a ring with 10 partners each, a share p of ties rewired; 5 kinds of knowledge, U[0, 1], 25 "
    "experts at 10 in one kind; partners swap kind for kind, closing a = .5 of the gap, until a million meetings are "
    "over; 20 networks.",
    conditional="the ordering only, and only where knowledge is absorbed in part: at a = 1 a network "
    "close to random is best; the peak is broad",
    flip="who receives moves away from the one who gives",
    returns=("mean", "variance", "cv"),
    measure=measure,
    checks=(
        near("p at which mean knowledge peaks, between .05 and .4", 0.225, 0.175, peak),
        above("mean knowledge at p=.2 less that of the ring, p=0", 0.0, *gain(0.0), quick=True),
        above("mean knowledge at p=.2 less that of the random network, p=1", 0.0, *gain(1.0), quick=True),
        below("the same at a=1: the peak is gone", 0.0, *gain(1.0, a=1.0), quick=True),
    ),
    curve=curve,
)
