"""A world on which one rule of the program acts and nothing else, with ties of the case's own."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from emergence.build import make_simulation
from emergence.config import Rules
from emergence.reading import read_settings
from emergence.schema import LAYERS
from emergence.step import Simulation

LAYER = "development"


def set_stage(firms: int, rule: str, seed: int, **parameters: Any) -> Simulation:
    """Build a world without ties whose plan is one rule with the given parameters."""
    rules: dict[str, Any] = {part.name: {"enabled": False} for part in fields(Rules)}
    rules[rule] = {"enabled": True, **parameters}
    settings: dict[str, Any] = {
        "firms": firms,
        "seed": seed,
        "layers": [LAYER],
        "network": {"kind": "empty"},
        "founders": {"drafts": 1},
        "rules": rules,
        "output": {"events": False},
    }
    return make_simulation(read_settings(settings), effects=())


def tie(simulation: Simulation, a: np.ndarray, b: np.ndarray, strength: float = 1.0) -> None:
    """Replace all ties by those between rows `a` and `b`."""
    ties = simulation.world.ties[LAYERS.index(LAYER)]
    ties.drop(np.arange(ties.count))
    ties.insert(a.astype(np.int32), b.astype(np.int32), w=strength)
