"""Facts about supply: ties per firm, attachment, squares, systemic risk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar

from emergence.facts.fact import Fact, Number, mean_of
from emergence.facts.record import Record
from emergence.measures.tail import fit_tail

RISKY, LARGE = 0.05, 0.01  # share of firms called a few; share of all output called large


def degree_exponent(records: Sequence[Record]) -> float:
    """Return the cumulative exponent of numbers of supply partners (Clauset, Shalizi and Newman 2009)."""
    degree = np.concatenate([one.degrees for one in records])
    return fit_tail(degree[degree > 0]).exponent - 1.0


def attachment(exposed: np.ndarray, chosen: np.ndarray) -> float:
    """Return the exponent a with which firms attract new ties, probability ~ k^a.

    Parameters
    ----------
    exposed : int[months, degrees]
        Firms with each number of partners k before the month.
    chosen : int[months, degrees]
        Ends of the month's new ties at firms with k partners.

    Notes
    -----
    Maximum likelihood of a choice among all firms with at least one partner, month by month (conditional logit;
    Overgoor, Benson and Ugander 2019): sum over ends of a log k - log sum_j k_j^a. NaN without new ties.
    """
    log_k = np.log(np.arange(1, exposed.shape[1]))
    exposed, chosen = exposed[:, 1:], chosen[:, 1:]
    ends = chosen.sum(axis=1)
    if not ends.sum():
        return math.nan

    def unlikely(a: float) -> float:
        return float(ends @ np.log(np.maximum(exposed @ np.exp(a * log_k), 1e-300)) - a * (chosen @ log_k).sum())

    return float(minimize_scalar(unlikely, bounds=(-3.0, 4.0), method="bounded").x)


def _attachment(records: Sequence[Record]) -> float:
    return attachment(np.concatenate([one.exposed for one in records]), np.concatenate([one.chosen for one in records]))


def carried(esri: np.ndarray, share: float = RISKY) -> float:
    """Return the part of the sum of an index that the highest share of firms carries, 0 to 1."""
    ordered = -np.sort(-esri)
    return float(ordered[: max(1, round(share * esri.size))].sum() / ordered.sum())


SUPPLY = Fact(
    "supply",
    "a firm has some suppliers and buyers, a few have very many, and these trade with small ones",
    "Reisch et al. 2025 (Hungary); Mizuno et al. 2015, Fujiwara and Aoyama 2010 (Japan)",
    (
        Number(
            "supply partners per firm", "ties", "4.5 to 10", 4.5, 10.0, mean_of(lambda one: float(one.degrees.mean()))
        ),
        Number("tail exponent of partners", "1", "1.0 to 1.5", 1.0, 1.5, degree_exponent),
        Number("assortativity", "1", "below 0", -math.inf, 0.0, mean_of(lambda one: one.assortativity), 0.1),
    ),
    "design",
)
ATTACHMENT = Fact(
    "attachment",
    "the more supply partners a firm has, the more new ones it finds, a little more than in proportion",
    "Reisch et al. 2025 (Hungary)",
    (Number("exponent of attachment", "1", "1.08", 0.8, 1.3, _attachment),),
    "design; both ends of every new supply tie",
)
SQUARES = Fact(
    "squares",
    "supply closes squares, not triangles: competitors share partners",
    "Mattsson et al. 2021 (Netherlands)",
    (
        Number("closed squares, of chance", "ratio", "above 1", 1.0, math.inf, mean_of(lambda one: one.squares), 0.2),
        Number(
            "closed triangles, of chance",
            "ratio",
            "not above 1",
            -math.inf,
            1.05,
            mean_of(lambda one: one.triangles),
            0.2,
        ),
    ),
    "chance keeps every firm's numbers of suppliers and buyers; a twentieth is left for the chance of ten twins",
)
RISK = Fact(
    "risk",
    "a tiny share of firms carries most of the systemic risk, and almost all could fail unnoticed",
    "Diem et al. 2022 (Hungary)",
    (
        Number(
            "firms whose failure costs less than 1%", "share", "0.998", 0.95, 1.0,
            mean_of(lambda one: float((one.esri < LARGE).mean())),
        ),
        Number(
            "risk carried by the riskiest twentieth", "share", "most", 0.5, 1.0,
            mean_of(lambda one: carried(one.esri)),
        ),
    ),
    "the paper has 91,595 firms; among a thousand the largest weigh more, so .95 stands for almost all",
)  # fmt: skip
