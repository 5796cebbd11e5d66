"""Money and counts: created minus destroyed equals the change of balances, in 200 random worlds."""

import numpy as np
import pytest
from conftest import settings_of

from emergence.build import make_simulation
from random_configs import random_config


def held(sim):
    """Return all cash, of firms, of groups and of platforms."""
    platforms = sim.world.platforms.get("balance", np.zeros(0))
    return float(sim.world.firms.cash.sum()) + float(sim.world.groups.budget.sum()) + float(platforms.sum())


@pytest.mark.parametrize("block", range(10))
def test_money_and_counts_balance(block):
    """`debug` asserts the state's own invariants every month on the way."""
    for number in range(20 * block, 20 * block + 20):
        sim = make_simulation(settings_of(random_config(number)))
        cash, firms = held(sim), sim.world.size
        ties = sum(t.number for t in sim.world.ties)
        for month in range(18):
            flows = dict(sim.world.ledger)
            sim.advance(1)
            row = sim.rows[-1]
            moved = {k: v - flows.get(k, 0.0) for k, v in sim.world.ledger.items()}
            scale = max(1.0, abs(cash), sum(abs(v) for v in moved.values()))
            now = held(sim)
            assert abs(now - cash - sum(moved.values())) < 1e-9 * scale, (number, month)
            assert sim.world.size == firms + row["entries"] - row["exits"], (number, month)
            now_ties = sum(t.number for t in sim.world.ties)
            assert now_ties == ties + row["formed"] - row["broken"] - row["lost"], (number, month)
            assert all(np.isfinite(v) for v in row.values())
            cash, firms, ties = now, sim.world.size, now_ties
