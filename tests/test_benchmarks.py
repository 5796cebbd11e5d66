"""The benchmarks compare like with like, and run; no time is asserted."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from emergence.build import make_simulation
from emergence.compose import compose


@pytest.mark.parametrize("more", [(), ("rules.formation.attention=6",)], ids=["default", "attention binds"])
def test_mesa_and_kernels_end_with_the_same_ties(more):
    from benchmarks.mesa_core import CoreModel, differences

    simulation = make_simulation(compose(["scenario=core", "firms=200", "seed=1", "output=lean", *more]))
    model = CoreModel(simulation)
    for _ in range(24):
        model.step()
    simulation.advance(24)
    found = differences(model, simulation)
    assert found["ties"] == 0
    assert found["practices"] == 0
    for name in ("projects", "successes", "betrayals"):
        assert found[name] == 0, name
    for name in ("w", "good", "bad", "good_in", "bad_in", "z", "reputation"):
        assert found[name] < 1e-4, name
    for name in ("value", "joint_income", "costs_due"):  # EUR
        assert found[name] < 1e-2, name
