"""Money and counts: created minus destroyed equals the change of balances, in 200 random worlds."""

import numpy as np
import pytest
from conftest import settings_of

from emergence.build import make_simulation
from emergence.config import walk
from emergence.step import PLAN

CONDITION_NAMES = ("diversity", "autonomy", "feedback", "adaptive_capacity", "shared_purpose")


def random_config(number):
    """Draw a config: any rule on or off, any number within a factor of three of its default, shocks."""
    rng = np.random.default_rng(number)
    config = {"seed": number, "firms": int(rng.integers(1, 60)), "debug": True}
    config["conditions"] = {n: float(rng.random()) for n in CONDITION_NAMES}
    config["network"] = {"kind": str(rng.choice(["empty", "random", "small_world", "scale_free", "clustered"]))}
    config["layers"] = [["development"], ["strategic"], ["development", "strategic"]][rng.integers(3)]
    config["rules"] = rules = {}
    for key, kind, item in walk():
        if not key.startswith("rules.") or key.endswith("enabled") or kind not in (int, float):
            continue
        section, *path, last = key.split(".")[1:]
        place = rules.setdefault(section, {})
        for name in path:
            place = place.setdefault(name, {})
        value = item.default * float(np.exp(rng.uniform(-1.1, 1.1)))
        value = min(max(value, item.metadata["low"]), item.metadata["high"])
        if last not in (
            "partners",
            "preferential",
            "copy",
            "recombine",
            "shortest",
            "longest",
            "interactions",
        ):
            place[last] = int(value) if kind is int else value
    for rule in PLAN:
        rules.setdefault(rule.name, {})["enabled"] = bool(rng.random() < 0.85)
    config["timeline"] = [
        {
            "month": int(rng.integers(1, 18)),
            "kind": str(rng.choice(["removal", "demand_crisis", "landscape_shift"])),
            "size": float(rng.random()),
            "target": str(rng.choice(["random", "degree"])),
            "count": int(rng.integers(1, 8)),
        }
        for _ in range(rng.integers(0, 3))
    ]
    return config


@pytest.mark.parametrize("block", range(10))
def test_money_and_counts_balance(block):
    """`debug` asserts the state's own invariants every month on the way."""
    for number in range(20 * block, 20 * block + 20):
        sim = make_simulation(settings_of(random_config(number)))
        cash, firms = float(sim.world.firms.cash.sum()), sim.world.size
        ties = sum(t.number for t in sim.world.ties)
        for month in range(18):
            flows = dict(sim.world.ledger)
            sim.advance(1)
            row = sim.rows[-1]
            moved = {k: v - flows.get(k, 0.0) for k, v in sim.world.ledger.items()}
            scale = max(1.0, abs(cash), sum(abs(v) for v in moved.values()))
            now = float(sim.world.firms.cash.sum())
            assert abs(now - cash - sum(moved.values())) < 1e-9 * scale, (number, month)
            assert sim.world.size == firms + row["entries"] - row["exits"], (number, month)
            now_ties = sum(t.number for t in sim.world.ties)
            assert now_ties == ties + row["formed"] - row["broken"] - row["lost"], (number, month)
            assert all(np.isfinite(v) for v in row.values())
            cash, firms, ties = now, sim.world.size, now_ties
