"""Checks of docs/odd.md, 7.13.11: contracts between allies."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence.rules import contracts
from emergence.schema import STRATEGIC
from odd.checks import Sides, check, grown, ready, rng, scatter, values


@cache
def drafted():
    """Strength, contracts before and after, and what drafting cost."""
    sim = scatter(ready(grown(network__degree=12.0), contracts__enabled=True))
    side, firms = Sides(sim, STRATEGIC), sim.world.firms
    of_pair = rng(300).random(sim.world.size)
    before = (of_pair[side.i] + of_pair[side.j]) % 1 < 0.5
    side.ties.w[:] = 0.2 + 0.2 * ((of_pair[side.i] * of_pair[side.j] * 97) % 1)
    side.ties.formal[:] = before
    sim.apply(contracts.RULE)
    after = side.ties.formal.copy()
    new = np.bincount(side.i[(after > 0) & ~before], minlength=sim.world.size)
    return side.ties.w.copy(), before.astype(float), after, new, firms.size.copy(), firms.costs_due.copy()


@check("under_contract", "rules.contracts")
def _():
    w, before, after, *_ = drafted()
    return values(after, w=w, before=before, strength=np.float32(0.3))


@check("drafting", "rules.contracts")
def _():
    *_, new, size, costs = drafted()
    return values(costs, drafted=new, size=size)
