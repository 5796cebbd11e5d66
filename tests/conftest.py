"""Shared helpers: small worlds, byte-wise comparison, paired effects."""

from __future__ import annotations

import csv
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

# Workers of a parallel test run must not share threads.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pytest

from emergence import store
from emergence.build import CONDITIONS, make_simulation
from emergence.config import Settings
from emergence.reading import read_settings
from emergence.step import Simulation


def merge(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested dicts, the later ones win."""
    out: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
            out[key] = merge(out[key], value) if both else value
    return out


def dotted(**keys: Any) -> dict[str, Any]:
    """Turn ``rules__work__payoff=1`` into a nested dict."""
    out: dict[str, Any] = {}
    for key, value in keys.items():
        nested: Any = value
        for name in reversed(key.split("__")):
            nested = {name: nested}
        out = merge(out, nested)
    return out


def settings_of(*parts: Mapping[str, Any], **keys: Any) -> Settings:
    """Return checked settings of a small world: 60 firms unless told otherwise."""
    return read_settings(merge({"firms": 60}, *parts, dotted(**keys)))


def grow(*parts: Mapping[str, Any], months: int = 24, effects: Any = CONDITIONS, **keys: Any) -> Simulation:
    """Build a small world and run it."""
    return make_simulation(settings_of(*parts, **keys), effects).advance(months)


SHARED: OrderedDict[str, Simulation] = OrderedDict()


def shared(*parts: Mapping[str, Any], months: int = 24, **keys: Any) -> Simulation:
    """Build a small world and run it, or return it as it was: to look at, never to change or to go on with."""
    settings = settings_of(*parts, **keys)
    key = f"{months} {settings!r}"
    if key not in SHARED:
        SHARED[key] = make_simulation(settings).advance(months)
    SHARED.move_to_end(key)
    if len(SHARED) > 128:
        SHARED.popitem(last=False)
    assert SHARED[key].step == months, "somebody went on with a world that is shared"
    return SHARED[key]


def tables(simulation: Simulation) -> dict[str, dict[str, np.ndarray]]:
    """Return all tables that a run writes."""
    return {
        "steps": store.steps_table(simulation),
        "firms": store.firms_table(simulation),
        "ties": store.ties_table(simulation),
        "events": store.events_table(simulation),
    }


def same_bytes(first: Simulation, second: Simulation) -> list[str]:
    """Return the names of the columns that differ in any byte."""
    differing = []
    one, two = tables(first), tables(second)
    for table in one:
        for name in one[table]:
            if name not in two[table]:  # of an optional rule that is on in the first alone
                differing.append(f"{table}.{name}")
                continue
            a, b = one[table][name], two[table][name]
            equal = a.shape == b.shape and a.dtype == b.dtype
            equal = equal and ((a == b).all() if a.dtype == object else a.tobytes() == b.tobytes())
            if not equal:
                differing.append(f"{table}.{name}")
    if not np.array_equal(first.world.landscape, second.world.landscape):
        differing.append("landscape")
    return differing


def paired(measure: Callable[[int, bool], float], seeds: range = range(1000, 1030)) -> tuple[float, float, float]:
    """Return mean difference (with minus without) and its 95% t interval over paired seeds."""
    differences = np.array([measure(seed, True) - measure(seed, False) for seed in seeds])
    return interval(differences)


def interval(differences: np.ndarray) -> tuple[float, float, float]:
    """Return mean and 95% t interval."""
    mean = float(differences.mean())
    t = 2.0452  # 29 degrees of freedom
    half = t * float(differences.std(ddof=1)) / np.sqrt(differences.size)
    note_effect(mean, mean - half, mean + half)
    return mean, mean - half, mean + half


def note_effect(mean: float, low: float, high: float) -> None:
    """Write what a test measured to the file that EMERGENCE_EFFECTS names, if it does; see `make effects`."""
    file = os.environ.get("EMERGENCE_EFFECTS")
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    if file and test:
        line = [test.removeprefix("tests/").removesuffix(" (call)"), *(f"{value:.4g}" for value in (mean, low, high))]
        with open(file, "a", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerow(line)


@pytest.fixture
def folder(tmp_path: Any) -> Any:
    return tmp_path
