"""Watts 2002: one adopter may set off all others, in a window of connectivity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from emergence import luck
from emergence.measures.interval import wilson
from emergence.step import Simulation
from emergence.validation.case import Case, Found, Run, near, pick, require, share_of
from emergence.validation.graphs import draw_pairs
from emergence.validation.stage import set_stage, tie

NETWORK, SEED = luck.stream("validation.cascades.network"), luck.stream("validation.cascades.seed")
GLOBAL = 0.1  # share of firms above which a cascade counts as global
PUBLISHED = {0.8: 0.0, 2.0: 0.78, 3.0: 0.87, 6.0: 0.06, 6.5: 0.0}
HIGHEST = 60  # partners up to which it is tried whether one adopter tips a firm


def measure(
    z: float = 3.0, threshold: float = 0.18, n: int = 10_000, runs: int = 500, seed: int = 1, sign: int = 1
) -> Found:
    """Let one firm adopt on a random network and the adoption rule do the rest.

    Parameters
    ----------
    z : float
        Mean number of partners.
    threshold : float
        Share of partners from which a firm adopts.
    n, runs, seed : int
    sign : {1, -1}
        -1: adopters repel.

    Returns
    -------
    dict
        `frequency`: share of runs in which more than a tenth adopts; `size_given_global`: mean share of
        adopters in those runs (NaN if there are none); `window`: the mean degrees between which cascades
        are possible on an infinite network (NaN, NaN if there are none), with the firms that tip found by the rule.
    """
    require("cascades", z=(z, 0.0, 1000.0), threshold=(threshold, 0.0, 2.0), n=(n, 2, 10**6), runs=(runs, 0, 10**6))
    window = window_of([k for k in range(1, HIGHEST + 1) if tips(k, threshold, seed, sign)])
    sizes = np.array([])
    if runs:
        stage = set_stage(int(n), "adoption", seed, **rule_of(threshold, sign))
        sizes = np.array([cascade(stage, z, seed, k) for k in range(int(runs))])
    large = sizes > GLOBAL
    return {
        "frequency": float(large.mean()) if runs else math.nan,
        "size_given_global": float(sizes[large].mean()) if large.any() else math.nan,
        "window": window,
        "runs": int(runs),
        "sizes": sizes,
    }


def rule_of(threshold: float, sign: int) -> dict[str, Any]:
    """Return the settings of the adoption rule: a threshold and nothing else."""
    return {"spontaneous": 0.0, "imitation": 0.0, "threshold": threshold, "market": 0.0, "influence": sign, "cost": 0.0}


def cascade(stage: Simulation, z: float, seed: int, run: int) -> float:
    """Return the share of firms that adopt once one firm of a new random network has."""
    n = stage.world.size
    tie(stage, *draw_pairs("random", n, z, luck.generator(seed, NETWORK, run)))
    return spread(stage, int(luck.generator(seed, SEED, run).integers(n)))


def spread(stage: Simulation, first: int) -> float:
    """Return the share of adopters once nobody else adopts, where `first` alone began."""
    digital = stage.world.firms.digital
    digital[:] = 0.0
    digital[first] = 1.0
    before = 0.0
    while digital.sum() > before:
        before = digital.sum()
        stage.advance(measure=False)
    return float(before / digital.size)


def tips(k: int, threshold: float, seed: int, sign: int) -> bool:
    """Tell whether one adopter among k partners makes a firm adopt: tried on a star."""
    stage = set_stage(k + 1, "adoption", seed, **rule_of(threshold, sign))
    tie(stage, np.zeros(k, int), np.arange(1, k + 1))
    stage.world.firms.digital[:] = 0.0
    stage.world.firms.digital[1] = 1.0
    stage.advance(measure=False)
    return bool(stage.world.firms.digital[0] > 0)


def window_of(degrees: list[int]) -> tuple[float, float]:
    """Return the mean degrees at which k (k-1) p_k, summed over the degrees that tip, is z (Watts 2002, eq. 5).

    p is the Poisson distribution.
    """

    def excess(z: float) -> float:
        return sum(k * (k - 1) * math.exp(k * math.log(z) - z - math.lgamma(k + 1)) for k in degrees) / z - 1.0

    grid = np.linspace(0.01, 2.0 * HIGHEST, 24_000)
    values = np.array([excess(z) for z in grid])
    inside = np.flatnonzero(values > 0)
    if not inside.size:
        return math.nan, math.nan
    return (
        crossing(excess, grid[inside[0] - 1], grid[inside[0]]),
        crossing(excess, grid[inside[-1]], grid[min(inside[-1] + 1, grid.size - 1)]),
    )


def crossing(function: Any, low: float, high: float) -> float:
    """Return where a function changes sign, by bisection."""
    rising = function(low) < function(high)
    for _ in range(60):
        middle = (low + high) / 2
        if (function(middle) < 0) == rising:
            low = middle
        else:
            high = middle
    return float(low + high) / 2


def curve(run: Run) -> Found:
    """Return the frequency of global cascades over the mean degree."""
    degrees = [0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 5.75, 6.0, 6.25, 6.5, 7.0]
    runs = [run(z=z) for z in degrees]
    return {
        "z": degrees,
        "frequency": [one["frequency"] for one in runs],
        "interval": [wilson(round(one["frequency"] * one["runs"]), one["runs"])[1:] for one in runs],
        "size": [one["size_given_global"] for one in runs],
        "window": list(runs[0]["window"]),
        "published_z": list(PUBLISHED),
        "published": list(PUBLISHED.values()),
    }


CASE = Case(
    id="cascades",
    result="one adopter can set off all others, but only in a window of connectivity",
    source="Watts 2002",
    rule="rules.adoption (threshold)",
    setup="10,000 firms on a random network of mean degree z; one adopts, and a firm follows once .18 of its partners "
    "have; a cascade is global above 10%; 500 networks. The window is that of an infinite network, with the degrees "
    "at which one adopter tips a firm found by running the rule on stars.",
    conditional="one seed, equal thresholds, a random network without clustering, finite n (beyond the upper end "
    "cascades are rare and huge); where contagion needs several adopters clusters help rather than hinder (Centola "
    "and Macy 2007)",
    flip="adopters repel",
    returns=("frequency", "size_given_global", "window"),
    measure=measure,
    checks=(
        near("lower end of the window, mean degree", 1.021, 5e-4, lambda run: run(runs=0)["window"][0], quick=True),
        near("upper end of the window, mean degree", 5.765, 5e-4, lambda run: run(runs=0)["window"][1], quick=True),
        *(
            near(
                f"share of runs with a global cascade, z={z:g}",
                share,
                0.06,
                pick("frequency", z=z),
                share_of("frequency", z=z),
            )
            for z, share in PUBLISHED.items()
        ),
    ),
    curve=curve,
)
