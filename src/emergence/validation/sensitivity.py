"""Ishigami and Homma 1990: indices that are known, through the sweep of a study and its analysis."""

from __future__ import annotations

import math
import tempfile

from emergence.validation.case import Case, Found, Value, near, require

FACTORS = ("x1", "x2", "x3")


def measure(log2_samples: int = 13, sign: int = 1) -> Found:
    """Sweep the Ishigami function and analyse the sweep.

    Parameters
    ----------
    log2_samples : int
        2 to this power are the base samples of Saltelli's design; five times as many points are run.
    sign : {1, -1}
        -1: what belongs to the first and to the second factor is exchanged.

    Returns
    -------
    dict
        `first` and `total`: indices of the three factors, lists of float.
    """
    from emergence.study.spec import study_of
    from emergence.study.sweep import sweep

    require("sensitivity", log2_samples=(log2_samples, 3, 16))
    ends = {"low": -math.pi, "high": math.pi}
    study = study_of(
        {
            "name": "ishigami",
            "model": "ishigami",
            "factors": dict.fromkeys(FACTORS, ends),
            "design": "sobol",
            "points": 2 ** int(log2_samples),
            "outcomes": ["y"],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        result = sweep(study, engine="serial", folder=folder, quiet=True)
        indices = result.analyse(report=False).table("indices")
    order = FACTORS if sign > 0 else ("x2", "x1", "x3")
    value = indices.set_index(["factor", "index"])["estimate"]
    return {kind: [float(value[factor, kind]) for factor in order] for kind in ("first", "total")}


def part(kind: str, k: int) -> Value:
    """Return a function that takes the index of one factor out of a run."""
    return lambda run: run()[kind][k]


CASE = Case(
    id="sensitivity",
    result="a sweep and its analysis give the known first-order and total indices of a function of three factors",
    source="Ishigami and Homma 1990; Saltelli et al. 2010",
    rule="study.sweep, study.analysis",
    setup="y = sin x1 + 7 sin^2 x2 + .1 x3^4 sin x1 with factors uniform on [-pi, pi], Saltelli's design on Sobol's "
    "sequence, 2^13 base samples.",
    conditional="the machinery of studies, not the model: how good indices of a model are depends on the number of "
    "points and on the noise between replicates",
    flip="what belongs to the first and to the second factor is exchanged",
    returns=("first", "total"),
    measure=measure,
    checks=(
        near(
            "first-order index of x2, 2^9 samples", 0.442, 0.05, lambda run: run(log2_samples=9)["first"][1], quick=True
        ),
        *(near(f"first-order index of x{k + 1}", v, 0.02, part("first", k)) for k, v in enumerate((0.314, 0.442, 0))),
        *(near(f"total index of x{k + 1}", v, 0.02, part("total", k)) for k, v in enumerate((0.558, 0.442, 0.244))),
    ),
)
