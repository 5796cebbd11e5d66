"""Barabasi and Albert 1999: degrees where newcomers meet by redirection. Gibrat with a floor: sizes of firms."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from emergence import luck
from emergence.kernels.market import MarketParams, update_accounts
from emergence.kernels.random import draw4, unit
from emergence.kernels.search import SearchParams, look
from emergence.measures.tail import hill
from emergence.validation.case import Case, Found, Run, near, pick, require

MEET, URN, CHANNEL = (luck.stream(f"validation.growth.{name}") for name in ("meet", "urn", "channel"))
SHAKE = luck.stream("validation.growth.shake")
TAIL = 0.2  # share of the largest firms to which the exponent is fitted
FLOOR = 1.0  # EUR a month


def measure(
    m: int = 2, mu: float | None = None, sigma: float = 0.1, n: int | None = None, steps: int = 4000, seed: int = 1,
    sign: int = 1,
) -> Found:  # fmt: skip
    """Grow a network by newcomers who meet `m` firms each, or, if `mu` is given, let sizes grow at random.

    Parameters
    ----------
    m : int
        Ties that a newcomer makes.
    mu, sigma : float
        Mean (below 0) and standard deviation of the monthly growth of log size.
    n : int, optional
        Firms: 200,000 for the network and 20,000 for sizes, unless given.
    steps : int
        Months that sizes grow; they begin at the floor.
    seed : int
    sign : {1, -1}
        -1: the share of preferential meetings below 0, that is none; or the pull of unfilled capacity turned round.

    Returns
    -------
    dict
        `share_at_m`: share of firms with exactly m ties, and `degrees`; or `tail`: exponent of the cumulative
        distribution of sizes, and `sizes`.
    """
    if mu is not None:
        require(
            "growth",
            mu=(mu, -0.4, -1e-6),
            sigma=(sigma, 1e-6, 1.0),
            n=(n or 20_000, 10, 10**7),
            steps=(steps, 1, 10**7),
        )
        sizes = grow_sizes(float(mu), float(sigma), int(n or 20_000), int(steps), seed, sign)
        return {"tail": hill(sizes, TAIL), "sizes": sizes}
    require("growth", m=(m, 1, 1000))
    require("growth", n=(n or 200_000, 2 * m + 2, 10**7))
    degrees = grow_network(int(m), int(n or 200_000), seed, sign)
    return {"share_at_m": float((degrees == m).mean()), "degrees": degrees}


def grow_network(m: int, n: int, seed: int, sign: int) -> np.ndarray:
    """Return the number of ties of each firm once n firms came in, int64[n].

    Half of the meetings are with a random firm and half with one to which that firm tied itself when it came:
    a firm with k ties is met with probability k / (2 m N), which is growth by preferential attachment.
    """
    p = SearchParams(
        meetings=float(m), partners=0.0, preferential=0.5 * sign, distance=1.0, size_exponent=0.0, widest=4.0,
        slack_effect=0.0, reputed=0.0, proposed=0.0, unit=1.0, squares=0.0,
    )  # fmt: skip
    met = np.empty(n * m, np.int32)
    meet, urn, channel = (luck.key(seed, stream) for stream in (MEET, URN, CHANNEL))
    slots = np.arange(n, dtype=np.int32)
    unknown = np.zeros((n, 16), np.float32)  # nobody's reputation counts
    let_in(meet, urn, channel, m, np.arange(n), np.zeros(n), slots, np.arange(n + 1) * m, met, unknown, p)
    return m + np.bincount(met, minlength=n)


@njit(cache=True, nogil=True)
def let_in(meet_key, urn_key, channel_key, m, uid, nowhere, slots, ptr, met, unknown, p):
    """Let newcomers tie to m different firms that the search kernel finds; `met` (int32[n m]) is written."""
    # The first 2m + 1 firms are all tied to each other, m of the ties each firm's own.
    first = 2 * m + 1
    for i in range(first):
        for k in range(m):
            met[i * m + k] = (i + k + 1) % first
    for i in range(first, uid.size):
        made = 0
        number = 0
        while made < m:
            channel = unit(draw4(channel_key, i, number)[0])
            j = look(i, number, meet_key, urn_key, channel, uid, nowhere, nowhere, slots[:i], ptr, met, unknown, p)
            number += 1
            if j >= 0 and not (met[i * m : i * m + made] == j).any():
                met[i * m + made] = j
                made += 1


def grow_sizes(mu: float, sigma: float, n: int, steps: int, seed: int, sign: int) -> np.ndarray:
    """Return sizes after so many months of the market's accounts, EUR/month, float64[n].

    Demand is a constant share of capacity, which pulls log size by `mu` a month; the noise has a Laplace
    distribution of standard deviation `sigma`, the same for all sizes.
    """
    p = MarketParams(
        price=0.0, fixed_cost=0.0, variable_cost=0.0, saving_z=0.0, saving_digital=0.0, growth_fill=sign * 1.0,
        growth_margin=0.0, margin=0.0, noise=sigma / math.sqrt(2.0), noise_by_size=0.0, smallest=FLOOR, memory=0.0,
        unit=1.0,
    )  # fmt: skip
    size, zero = np.full(n, FLOOR), np.zeros(n)
    written = [np.zeros(n) for _ in range(5)]
    uid = np.arange(n)
    for step in range(steps):
        update_accounts(
            0,
            n,
            luck.key(seed, SHAKE, step),
            uid,
            (1.0 + mu) * size,
            zero,
            zero,
            zero,
            zero,
            zero,
            zero,
            zero,
            zero,
            zero[:0],
            p,
            size,
            *written,
        )
    return size


def curve(run: Run) -> Found:
    """Return the distribution of degrees for m=2 and m=3, and of sizes."""
    found: Found = {}
    for m in (2, 3):
        counts = np.bincount(run(m=m)["degrees"])
        behind = np.cumsum(counts[::-1])[::-1] / counts.sum()
        at = np.flatnonzero(counts)
        found[f"degree_{m}"], found[f"at_least_{m}"] = at.tolist(), behind[at].tolist()
    sizes = np.sort(run(mu=-0.005)["sizes"])
    quantiles = np.unique(np.round(np.geomspace(1, sizes.size, 80)).astype(int))
    found["size"] = sizes[-quantiles].tolist()
    found["larger"] = (quantiles / sizes.size).tolist()
    return found


CASE = Case(
    id="growth",
    result="preferential attachment gives P(k=m) = 2/(m+2); random growth above a floor gives a power law of sizes",
    source="Barabasi and Albert 1999; Krapivsky and Redner 2001; Gibrat 1931 with a floor (Gabaix 1999)",
    rule="kernels.search.look, kernels.market.update_accounts",
    setup="200,000 firms come one by one and meet m others, half of them at random and half by redirection along a "
    "tie that a random firm made when it came. 20,000 firms start at the floor; log size moves by -.005 a month and "
    "noise of standard deviation .1 (Laplace) for 4000 months; the exponent is Hill's over the largest fifth.",
    conditional="newcomers alone make ties and nobody leaves; sizes: noise must not fall with size (rules.market has "
    "an exponent of .2 by default), and the exponent is -2 mu/sigma^2 only for small steps",
    flip="no preferential meetings; the pull of unfilled capacity turned round",
    returns=("share_at_m", "tail"),
    measure=measure,
    checks=(
        near("share of firms with exactly m ties, m=2", 0.5, 0.005, pick("share_at_m", m=2), quick=True),
        near("share of firms with exactly m ties, m=3", 0.4, 0.005, pick("share_at_m", m=3), quick=True),
        near("tail exponent of sizes, mu=-.005, sigma=.1", 1.0, 0.1, pick("tail", mu=-0.005), quick=True),
    ),
    curve=curve,
)
