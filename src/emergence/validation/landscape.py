"""Lazer and Friedman 2007: a slow network explores longer and ends higher on a rugged landscape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.innovation import InnovationParams, make_practices
from emergence.kernels.landscape import to_z
from emergence.validation.case import Case, Found, Run, above, below, mean_interval, near, require, require_word
from emergence.validation.graphs import half_edges, pairs_of

LANDSCAPE = luck.stream("validation.landscape.landscape")
START, TRY = luck.stream("validation.landscape.start"), luck.stream("validation.landscape.try")
POWER = 8.0
TIMES, LINEAR, FULL = (10, 20, 200), (0.365, 0.577, 0.805), (0.557, 0.575, 0.575)


def measure(
    network: Any = "linear", n: int = 20, k: int = 5, agents: int = 100, landscapes: int = 60, steps: int = 200,
    seed: int = 1, sign: int = 1,
) -> Found:  # fmt: skip
    """Let the innovation rule search NK landscapes with random interactions, whole practices being copied.

    Parameters
    ----------
    network : {"linear", "full"} or networkx.Graph
        A graph brings its own number of agents.
    n, k : int
        Bits of a practice, and other bits on which each bit's contribution depends.
    agents, landscapes, steps, seed : int
    sign : {1, -1}
        -1: firms see the landscape upside down.

    Returns
    -------
    dict
        By step from 0 on, float64[steps + 1], means over landscapes: `performance`, the mean of (f/fmax)^8
        over firms, and `distinct`, the number of different practices; and `paths`, performance by landscape.
    """
    require("landscape", n=(n, 1, 24), landscapes=(landscapes, 1, 10**5), steps=(steps, 0, 10**5))
    require("landscape", k=(k, 0, n - 1), agents=(agents, 1, 10_000))
    ptr, nbr = network_of(network, int(agents))
    paths = np.empty((int(landscapes), int(steps) + 1))
    distinct = np.empty_like(paths)
    for number in range(int(landscapes)):
        table = make_landscape(int(n), int(k), seed, number)
        practice = luck.generator(seed, START, number).integers(0, 1 << n, ptr.size - 1, np.uint64)
        search(table, practice, ptr, nbr, seed, number, sign, paths[number], distinct[number])
    return {"performance": paths.mean(axis=0), "distinct": distinct.mean(axis=0), "paths": paths}


def network_of(network: Any, agents: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the row pointer and partners of a named network or a graph."""
    if not isinstance(network, str):
        a, b, n = pairs_of(network)
        return half_edges(n, a, b)
    require_word("landscape", "network", network, ("linear", "full"))
    if network == "full":
        return half_edges(agents, *np.triu_indices(agents, 1))
    return half_edges(agents, np.arange(agents - 1), np.arange(1, agents))


def make_landscape(n: int, k: int, seed: int, number: int) -> np.ndarray:
    """Return the values of all practices of n bits over their largest one, float64[2**n]."""
    rng = luck.generator(seed, LANDSCAPE, number)
    others = np.array([rng.permutation(np.delete(np.arange(n), i))[:k] for i in range(n)]).reshape(n, k)
    places = np.column_stack([np.arange(n), others]).astype(np.int64)
    values = np.empty(1 << n)
    list_values(places, rng.random((n, 1 << (k + 1))), values)
    return values / values.max()


@njit(cache=True, nogil=True)
def list_values(places, entries, values):
    """Write the mean contribution of every practice; bit i reads the bits at ``places[i]``."""
    n, width = places.shape
    for practice in range(values.size):
        total = 0.0
        for i in range(n):
            entry = 0
            for w in range(width):
                entry |= ((practice >> places[i, w]) & 1) << w
            total += entries[i, entry]
        values[practice] = total / n


def search(
    table: np.ndarray, practice: np.ndarray, ptr: np.ndarray, nbr: np.ndarray, seed: int, number: int, sign: int,
    performance: np.ndarray, distinct: np.ndarray,
) -> None:  # fmt: skip
    """Let the innovation kernel run on one landscape, and write performance and variety by step."""
    n, bits = practice.size, int(table.size).bit_length() - 1
    seen = (table if sign > 0 else 1.0 - table).reshape(1, 1, -1)
    p = InnovationParams(
        tries=1.0, copy=1.0, recombine=0.0, shortest=float(bits), longest=float(bits), seeing=1.0, temperature=0.0,
        differentiation=0.0, bits=float(bits),
    )  # fmt: skip
    uid, sector, ones = np.arange(n), np.zeros(n, np.uint8), np.ones(n)
    none = np.zeros_like(ptr), nbr[:0]
    no_standard = np.zeros(n, np.uint64), np.zeros(n)
    nobody, alone = np.zeros(0, np.uint8), (np.zeros((0, 0)), np.zeros(0))  # hides; minds what others do
    z = to_z(seen[0, 0, practice.astype(np.int64)])
    new, new_z = np.empty_like(practice), np.empty(n)
    how, tried, source = np.empty(n, np.uint8), np.empty(n, np.uint8), np.empty(n, np.int32)
    for step in range(performance.size):
        performance[step] = (table[practice.astype(np.int64)] ** POWER).mean()
        distinct[step] = np.unique(practice).size
        make_practices(
            0, n, luck.key(seed, TRY, number * performance.size + step), uid, sector, practice, z, ones, ones,
            *no_standard, seen, ptr, nbr, *none, nobody, nobody, ones, *alone, p,
            new, new_z, how, source, tried,
        )  # fmt: skip
        practice[:], z[:] = new, new_z


def at(step: int, network: str) -> tuple[Any, Any]:
    """Return functions for the mean performance at a step, and its interval over landscapes."""
    return (
        lambda run: float(run(network=network)["performance"][step]),
        lambda run: mean_interval(run(network=network)["paths"][:, step]),
    )


def lead(run: Run, **settings: Any) -> np.ndarray:
    """Return by how much the linear network leads the full one, float64[landscapes, steps + 1]."""
    return run(network="linear", **settings)["paths"] - run(network="full", **settings)["paths"]


def crossing(run: Run) -> float:
    """Return the first step at which the linear network leads on average."""
    leads = np.flatnonzero(lead(run).mean(axis=0)[1:] > 0)
    return float(leads[0] + 1) if leads.size else np.inf


def smooth_lead(run: Run) -> float:
    """Return the size of the difference at step 200 where no bit depends on another."""
    return abs(float(lead(run, k=0, landscapes=20)[:, -1].mean()))


def quick_lead(run: Run) -> np.ndarray:
    """Return the lead of the linear network at the end of a short run on few landscapes."""
    return lead(run, landscapes=12, steps=120)[:, -1]


def curve(run: Run) -> Found:
    """Return performance and variety by step of both networks, over ten times as many landscapes."""
    found: Found = {"published_t": list(TIMES), "published_linear": list(LINEAR), "published_full": list(FULL)}
    for network in ("linear", "full"):
        one = run(network=network, landscapes=600)
        found[network] = one["performance"].tolist()
        found[f"{network}_interval"] = [mean_interval(one["paths"][:, t]) for t in range(one["paths"].shape[1])]
        found[f"{network}_distinct"] = one["distinct"].tolist()
    return found


# The published means are over 60 landscapes, as ours are: the tolerance is the 95% range of a difference of two such
# means, 1.96 sqrt(2) standard errors, with standard errors of .008, .013, .021 (linear) and .025 (full).
CASE = Case(
    id="landscape",
    result="a slow network is worse early and better late, because it keeps more variety",
    source="Lazer and Friedman 2007",
    rule="kernels.innovation.make_practices",
    setup="Practices of 20 bits on NK landscapes whose bits depend on K = 5 others drawn at random; 100 firms copy "
    "their best partner's whole practice if it is better, else flip a bit if that helps; all at once; performance is "
    "(f/fmax)^8; 60 landscapes.",
    conditional="disputed: people in experiments have done the reverse (Mason and Watts 2012); firms here see without "
    "error, copy whole practices and never accept a worse one; no advantage where the landscape is smooth (K = 0)",
    flip="firms see the landscape upside down",
    returns=("performance", "distinct"),
    measure=measure,
    checks=(
        *(
            near(f"performance, {network} network, t={t}", value, tolerance, *at(t, network))
            for network, values, tolerances in (
                ("linear", LINEAR, (0.022, 0.036, 0.058)),
                ("full", FULL, (0.069, 0.069, 0.069)),
            )
            for t, value, tolerance in zip(TIMES, values, tolerances, strict=True)
        ),
        above(
            "linear less full, t=200",
            0.12,
            lambda run: float(lead(run)[:, -1].mean()),
            lambda run: mean_interval(lead(run)[:, -1]),
        ),
        near("step at which the curves cross, 10 to 35", 22.5, 12.5, crossing),
        below("linear less full, t=200, K=0 (absolute)", 0.01, smooth_lead),
        above(
            "linear less full, t=120, 12 landscapes",
            0.0,
            lambda run: float(quick_lead(run).mean()),
            lambda run: mean_interval(quick_lead(run)),
            quick=True,
        ),
    ),
    curve=curve,
)
