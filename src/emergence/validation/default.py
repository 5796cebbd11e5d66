"""Gai and Kapadia 2010: claims between firms make the system robust yet fragile."""

from __future__ import annotations

import math

import numpy as np

from emergence import luck
from emergence.kernels.credit import cascade_defaults
from emergence.measures.interval import wilson
from emergence.rules.credit import SLACK
from emergence.validation.case import Case, Found, Run, near, pick, require, share_of
from emergence.validation.graphs import arrows

NETWORK, FIRST = luck.stream("validation.default.network"), luck.stream("validation.default.first")
PUBLISHED = {1.0: 0.09, 2.0: 0.69, 3.0: 0.78, 4.0: 0.72, 7.0: 0.014, 9.0: 0.0}
CONTAGION = 0.05  # share of firms above which defaults count as contagion


def measure(
    z: float = 3.0, n: int = 1000, capital: float = 0.04, claims: float = 0.2, runs: int = 1000, seed: int = 1,
    sign: int = 1,
) -> Found:  # fmt: skip
    """Let one firm default on a random network of claims, a new one each run.

    Parameters
    ----------
    z : float
        Mean number of debtors, and of creditors.
    n : int
    capital, claims : float
        Shares of a firm's assets; claims are spread evenly over its debtors and lost in full.
    runs, seed : int
    sign : {1, -1}
        -1: what a creditor loses it gains.

    Returns
    -------
    dict
        `frequency`: share of runs in which more than 5% of firms default; `extent_given_contagion`: mean share
        of defaults in those runs (NaN if there are none).
    """
    require("default", z=(z, 0.0, n - 1.0), n=(n, 2, 10**6), capital=(capital, 0.0, 1.0), claims=(claims, 0.0, 1.0))
    require("default", runs=(runs, 1, 10**6))
    shares = np.array([contagion(int(n), z, capital, sign * claims, seed, k) for k in range(int(runs))])
    hit = shares > CONTAGION
    return {
        "frequency": float(hit.mean()),
        "extent_given_contagion": float(shares[hit].mean()) if hit.any() else math.nan,
        "runs": int(runs),
        "shares": shares,
    }


def contagion(n: int, z: float, capital: float, claims: float, seed: int, run: int) -> float:
    """Return the share of firms that default once one has, on a new network."""
    rng = luck.generator(seed, NETWORK, run)
    wanted = int(rng.binomial(n * (n - 1), z / (n - 1)))
    codes = rng.choice(n * (n - 1), wanted, replace=False)
    debtor, creditor = codes // (n - 1), codes % (n - 1)
    creditor = creditor + (creditor >= debtor)
    ptr, nbr = arrows(n, debtor, creditor)
    debtors = np.bincount(creditor, minlength=n)
    failed, losses = np.zeros(n, np.uint8), np.empty(n)
    failed[luck.generator(seed, FIRST, run).integers(n)] = 1
    lent, one = claims / np.maximum(debtors, 1), np.ones(n)  # by each creditor to each of its debtors
    network = (ptr,), (nbr,), (np.ones(nbr.size, np.float32),)
    cascade_defaults(lent, one, *network, np.full(n, capital), SLACK, failed, losses)
    return float(failed.mean())


def curve(run: Run) -> Found:
    """Return frequency and extent of contagion over the mean number of debtors."""
    means = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 9.0, 10.0]
    runs = [run(z=z) for z in means]
    return {
        "z": means,
        "frequency": [one["frequency"] for one in runs],
        "interval": [wilson(round(one["frequency"] * one["runs"]), one["runs"])[1:] for one in runs],
        "extent": [one["extent_given_contagion"] for one in runs],
        "published_z": list(PUBLISHED),
        "published": list(PUBLISHED.values()),
    }


CASE = Case(
    id="default",
    result="claims make a system robust yet fragile: contagion is rare at high connectivity, and then total",
    source="Gai and Kapadia 2010",
    rule="kernels.credit.cascade_defaults",
    setup="1000 firms on a directed random network, each with z debtors on average; capital 4% of assets, claims 20% "
    "spread evenly over debtors and lost in full; one fails, and a firm fails when it has lost more than its capital; "
    "contagion means over 5% of firms; 1000 networks.",
    conditional="zero recovery, equal balance sheets, no fire sales and no reaction of creditors; where part of a "
    "claim is recovered contagion is rarer",
    flip="what a creditor loses it gains",
    returns=("frequency", "extent_given_contagion"),
    measure=measure,
    checks=tuple(
        near(
            f"share of runs with contagion, z={z:g}",
            share,
            0.05,
            pick("frequency", z=z),
            share_of("frequency", z=z),
            quick=True,
        )
        for z, share in PUBLISHED.items()
    ),
    curve=curve,
)
