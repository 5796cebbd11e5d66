"""Diem et al. 2022: what the failure of a firm takes from the output of all, where it can be done by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.measures import as_graph, esri, shock
from emergence.validation.case import Case, Found, Run, near, pick, require, require_word

KINDS = ("isolated", "chain", "suppliers")
Economy = tuple[Any, np.ndarray, str]


def measure(
    kind: str = "chain", n: int = 5, flows: Any = None, size: Any = None, production: str = "linear", sign: int = 1
) -> Found:
    """Measure the Economic Systemic Risk Index.

    Parameters
    ----------
    kind : {"isolated", "chain", "suppliers"}
        n firms that trade in a ring and one that trades with nobody (the last, of twice their size); a chain of n
        firms whose inputs are essential, to one end buyer; n equal suppliers of one buyer (the last), linear.
    n : int
    flows : matrix or networkx graph, optional
        An economy of one's own instead, with `size` and `production` ("linear", "leontief") as `esri` takes them.
    size : array_like, optional
    production : str
    sign : {1, -1}
        -1: all but the one firm fail.

    Returns
    -------
    dict
        `esri`, float64[firms]; `shares`, the firms' own shares of output; and `fall`, the share of production that
        the last firm loses when the first fails.
    """
    require("systemic", n=(n, 2, 2000))
    flows, size, production = named(kind, int(n)) if flows is None else (flows, size, production)
    graph = as_graph(flows)
    weight = graph.out_strength if size is None else np.asarray(size, float)
    shares = weight / weight.sum() if weight.sum() > 0 else np.full(graph.number, 1.0 / graph.number)
    everyone = np.arange(graph.number)
    if sign > 0:
        index, struck = esri(flows, size=size, production=production), everyone[:1]
    else:
        spared = [shock(flows, np.delete(everyone, i), production=production) for i in everyone]
        index, struck = np.array([shares @ (1.0 - left) for left in spared]), everyone[1:-1]
    fall = 1.0 - float(shock(flows, struck, production=production)[-1])
    return {"esri": index, "shares": shares, "fall": fall}


def named(kind: str, n: int) -> Economy:
    """Return flows (row sells to column), sizes and production of a named economy."""
    require_word("systemic", "kind", kind, KINDS)
    if kind == "chain":
        return np.eye(n, k=1), np.ones(n), "leontief"
    flows = np.zeros((n + 1, n + 1))
    if kind == "suppliers":
        flows[:n, n] = 1.0
        return flows, np.ones(n + 1), "linear"
    flows[:n, :n] = np.roll(np.eye(n), 1, axis=1)
    return flows, np.append(np.ones(n), 2.0), "leontief"


def off_one(run: Run) -> float:
    """Return the index in a chain that is farthest from 1."""
    index = run(kind="chain")["esri"]
    return float(index[np.argmax(np.abs(index - 1.0))])


CASE = Case(
    id="systemic",
    result="what a firm's failure takes from the output of all, in economies that can be done by hand",
    source="Diem et al. 2022",
    rule="measures.esri, measures.shock",
    setup="An isolated firm beside five in a ring; a chain of five firms with essential inputs and one end buyer; m "
    "suppliers of equal share whose inputs are linear, one of which is lost.",
    conditional="the construction, not a calibration: what is essential, how fast others stand in and how long stocks "
    "last decide the figures of a real economy",
    flip="who fails and who is spared change places",
    returns=("esri", "shares", "fall"),
    measure=measure,
    checks=(
        near(
            "isolated firm of 2/7 of all output",
            2 / 7,
            1e-9,
            lambda run: float(run(kind="isolated")["esri"][-1]),
            quick=True,
        ),
        near("essential chain of five, the index farthest from 1", 1.0, 1e-9, off_one, quick=True),
        *(
            near(
                f"fall of the buyer when one of {m} equal suppliers is lost",
                1 / m,
                1e-9,
                pick("fall", kind="suppliers", n=m),
                quick=True,
            )
            for m in (2, 4, 10)
        ),
    ),
)
