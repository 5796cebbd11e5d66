"""Bass 1969: when adoption peaks. Kermack and McKendrick 1927: how far an epidemic goes."""

from __future__ import annotations

import math

import numpy as np

from emergence import luck
from emergence.kernels.incidents import IMMUNE, STRUCK, WELL
from emergence.validation.case import Case, Found, Run, near, pick, require
from emergence.validation.graphs import draw_pairs
from emergence.validation.stage import set_stage, tie

NETWORK, FIRST = luck.stream("validation.diffusion.network"), luck.stream("validation.diffusion.first")
PER_YEAR = 100  # steps of the adoption rule per unit of time
NEAR_PEAK = 2.0  # times 1/(p+q): how far on either side of the peak a curve is fitted
PARTNERS = 20  # mean degree of the random network that stands for a well-mixed one
RECOVERY = 0.5  # per step
SHARE_STRUCK, LEAST_STRUCK = 0.001, 20  # at the start: so few firms that nearly always some pass it on


def measure(
    p: float = 0.03, q: float = 0.38, r0: float | None = None, n: int = 200_000, seed: int = 1, sign: int = 1
) -> Found:
    """Let adoption (p, q) or, if `r0` is given, incidents spread among many firms.

    Parameters
    ----------
    p, q : float
        Spontaneous adoption and imitation per unit of time; the whole market is seen.
    r0 : float, optional
        Firms that one struck firm would strike among unstruck ones; p and q do not matter then.
    n, seed : int
    sign : {1, -1}
        -1: adopters repel; or contact heals.

    Returns
    -------
    dict
        `peak_time`, `adopted_at_peak` (share), `peak` (share per unit of time) and `adopted`, the share by
        step; or `final_size`, the share ever struck, those at the start left out.
    """
    require("diffusion", n=(n, 10, 10**7), p=(p, 1e-9, 25.0), q=(q, 0.0, 25.0))
    if r0 is None:
        return adoption(p, q, int(n), seed, sign)
    require("diffusion", r0=(r0, 0.0, 0.9 * PARTNERS))
    return {"final_size": epidemic(r0, int(n), seed, sign)}


def adoption(p: float, q: float, n: int, seed: int, sign: int) -> Found:
    """Run the adoption rule, everyone seeing the whole market, and find the peak."""
    stage = set_stage(
        n, "adoption", seed, spontaneous=p / PER_YEAR, imitation=q / PER_YEAR, threshold=2.0, market=1.0,
        influence=sign, cost=0.0,
    )  # fmt: skip
    digital = stage.world.firms.digital
    digital[:] = 0.0
    # Past the peak at log(q/p)/(p+q), as far as the curve is fitted.
    years = (math.log(max(q / p, 1.0)) + 1.5 * NEAR_PEAK) / (p + q)
    shares = [0.0]
    for _ in range(math.ceil(years * PER_YEAR)):
        stage.advance(measure=False)
        shares.append(float(digital.mean()))
    adopted = np.array(shares)
    time, share, rate = peak_of(adopted, NEAR_PEAK / (p + q))
    return {"peak_time": time, "adopted_at_peak": share, "peak": rate, "adopted": adopted}


def peak_of(adopted: np.ndarray, reach: float) -> tuple[float, float, float]:
    """Return time, share and rate of adoption at the peak of a quartic fitted to the rate around it."""
    rate = np.diff(adopted) * PER_YEAR
    if rate.size < 10 or not rate.any():
        return math.nan, math.nan, math.nan
    middle = (np.arange(rate.size) + 0.5) / PER_YEAR
    width = max(1, round(0.2 * reach * PER_YEAR))
    smooth = np.convolve(rate, np.ones(width) / width, "same")
    near_by = np.abs(middle - middle[np.argmax(smooth)]) <= reach
    curve = np.polynomial.Polynomial.fit(middle[near_by], rate[near_by], 4)
    fine = np.linspace(middle[near_by][0], middle[near_by][-1], 2001)
    time = float(fine[np.argmax(curve(fine))])
    return time, float(np.interp(time * PER_YEAR, np.arange(adopted.size), adopted)), float(curve(time))


def epidemic(r0: float, n: int, seed: int, sign: int) -> float:
    """Run the incidents rule on a large random network until nobody is struck; return the share struck.

    With mean degree z a firm passes an incident on along a tie with chance T = b/(1-(1-b)(1-r)), b per step
    while struck and r the chance of recovery; R0 = z T, whatever the degree on a Poisson network.
    """
    passed = r0 / PARTNERS
    per_step = passed * RECOVERY / (1.0 - passed * (1.0 - RECOVERY))
    stage = set_stage(n, "incidents", seed, start=0.0, spread=per_step, recovery=RECOVERY, waning=0.0, damage=0.0)
    tie(stage, *draw_pairs("random", n, PARTNERS, luck.generator(seed, NETWORK)), strength=sign)
    state, first = stage.world.firms.incident, max(1, min(LEAST_STRUCK, n // 10), round(SHARE_STRUCK * n))
    stage.world.firms.security[:] = 0.0
    state[:] = WELL
    state[luck.generator(seed, FIRST).choice(n, first, replace=False)] = STRUCK
    while (state == STRUCK).any():
        stage.advance(measure=False)
    return float(((state == IMMUNE).sum() - first) / (n - first))


def final_size(r0: float) -> float:
    """Return the solution above 0 of r = 1 - exp(-R0 r)."""
    r = 1.0
    for _ in range(2000):
        r = 1.0 - math.exp(-r0 * r)
    return r


def curve(run: Run) -> Found:
    """Return the share of adopters over time, and the final size over R0."""
    adopted = run()["adopted"][:: PER_YEAR // 10]
    whole = np.linspace(0.0, 4.0, 161)
    ratios = [0.5, 0.8, 1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    return {
        "time": [0.1 * k for k in range(adopted.size)],
        "adopted": adopted.tolist(),
        "r0": ratios,
        "final_size": [run(r0=r0)["final_size"] for r0 in ratios],
        "exact_r0": whole.tolist(),
        "exact_size": [final_size(r0) for r0 in whole],
    }


CASE = Case(
    id="diffusion",
    result="when adoption peaks, and how far an epidemic goes",
    source="Bass 1969; Kermack and McKendrick 1927",
    rule="rules.adoption (hazard), rules.incidents",
    setup="200,000 firms. Adoption with p = .03 and q = .38 a year, everyone seeing the whole market, in steps of a "
    "hundredth of a year. Incidents on a random network of mean degree 20, a thousandth of firms struck at the start: "
    "on a Poisson network R0 is mean degree times the chance to pass an incident on, and the final size is that of "
    "the well-mixed model.",
    conditional="everyone alike and well mixed: on clustered networks both go slower and epidemics end smaller, on "
    "networks with hubs there is hardly a threshold (Pastor-Satorras and Vespignani 2001); p and q are those of "
    "consumer durables",
    flip="adopters repel, and contact heals",
    returns=("peak_time", "adopted_at_peak", "peak", "final_size"),
    measure=measure,
    checks=(
        near("time of peak adoption, years", 6.19, 0.15, pick("peak_time"), quick=True),
        near("share adopted at the peak", 0.4605, 0.01, pick("adopted_at_peak"), quick=True),
        near("adoption at the peak, share per year", 0.1106, 0.002, pick("peak"), quick=True),
        *(
            near(f"final size, R0={r0:g}", size, 0.01, pick("final_size", r0=r0), quick=True)
            for r0, size in ((1.5, 0.5828), (2.0, 0.7968), (3.0, 0.9405))
        ),
    ),
    curve=curve,
)
