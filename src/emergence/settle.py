"""Settling a network of the user's own: the ties given should neither grow nor vanish by themselves.

The weights of the rules were fitted to a generated world; a real network may be much sparser or denser.
So the intercept of utility is shifted until pilot worlds keep the density of the file. The pilots run the
default rules in the middle of all conditions, without shocks, with a seed of their own: what a user changes
afterwards still changes the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from emergence.config import Settings
from emergence.network_io import ImportedNetwork
from emergence.reading import read_settings
from emergence.schema import LAYERS
from emergence.step import Simulation

Build = Callable[[Settings, ImportedNetwork], Simulation]
MOST_FIRMS = 5_000  # larger networks would take longer to settle than to run
MONTHS = 60
WATCHED = 24  # months at the end over which the pilot's degree is averaged
RANGE = 3.0  # of the shift, either way
HALVINGS = 7
_KNOWN: dict[str, float] = {}


def settled_intercept(settings: Settings, imported: ImportedNetwork, build: Build) -> float:
    """Return the shift of the intercept at which the given ties keep their number.

    Parameters
    ----------
    settings : Settings
        Only its network, founders and layers matter.
    imported : ImportedNetwork
        The file.
    build : callable
        Makes a simulation of settings and a network.

    Returns
    -------
    float
        Within [-3, 3]; 0 for networks that are too large, or without ties in an acting layer.
    """
    layers = [LAYERS.index(name) for name in settings.layers]
    given = [layer for layer in layers if (imported.layer == layer).any()]
    if not given or len(imported.ids) > MOST_FIRMS:
        return 0.0
    name = _digest(settings, imported)
    if name not in _KNOWN:
        _KNOWN[name] = _bisect(settings, imported, given, build)
    return _KNOWN[name]


def _bisect(settings: Settings, imported: ImportedNetwork, given: list[int], build: Build) -> float:
    low, high = -RANGE, RANGE
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        target, reached = _pilot(settings, imported, given, middle, build)
        low, high = (low, middle) if reached > target else (middle, high)
    return (low + high) / 2


def _pilot(
    settings: Settings, imported: ImportedNetwork, given: list[int], intercept: float, build: Build
) -> tuple[float, float]:
    """Return mean degree at the start and, averaged over the last months, at the end."""
    values = {
        "seed": 0,
        "layers": settings.layers,
        "founders": asdict(settings.founders),
        "network": asdict(settings.network) | {"settle": False},
        "rules": {"formation": {"intercept": intercept}},
        "output": {"events": False, "every": 100_000},
    }
    simulation = build(read_settings(values), imported)

    def degree() -> float:
        ties = sum(simulation.world.ties[layer].count for layer in given)
        return ties / max(simulation.world.size, 1) / len(given)

    start, watched = degree(), []
    simulation.advance(MONTHS - WATCHED)
    for _ in range(WATCHED):
        simulation.advance()
        watched.append(degree())
    return start, float(np.mean(watched))


def _digest(settings: Settings, imported: ImportedNetwork) -> str:
    known = hashlib.sha256(repr((settings.layers, settings.founders, settings.network)).encode())
    attributes = {name: values.tolist() for name, values in imported.attributes.items()}
    known.update(repr((imported.ids, attributes)).encode())
    for array in (imported.source, imported.target, imported.layer, imported.strength):
        known.update(array.tobytes())
    return known.hexdigest()
