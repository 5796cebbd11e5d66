"""What a study runs: the simulation, or a plain function registered by name.

To add your own model, decorate ``f(seed, **factors) -> dict of outcomes`` with `study_model`, and name the module
that holds it on the command line, ``plugins=[my_module]``.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emergence.errors import Refusal, nearest

Function = Callable[..., Mapping[str, float]]
MODELS: dict[str, Function] = {}
SIMULATION = "simulation"


def study_model(name: str) -> Callable[[Function], Function]:
    """Register a plain function as what a study may run."""

    def register(function: Function) -> Function:
        MODELS[name] = function
        return function

    return register


def function_named(name: str) -> Function:
    """Return a registered function, or refuse with the nearest name."""
    if name not in MODELS:
        raise Refusal(f"study.model: there is no model '{name}': {nearest(name, [SIMULATION, *MODELS])}")
    return MODELS[name]


@study_model("ishigami")
def ishigami(seed: int, x1: float, x2: float, x3: float) -> dict[str, float]:
    """Ishigami and Homma 1990, a = 7, b = .1; for tests of the machinery, its indices are known."""
    return {"y": math.sin(x1) + 7.0 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)}


@study_model("null")
def null(seed: int, **factors: float) -> dict[str, float]:
    """Nothing but a number from the seed; for tests of the machinery."""
    return {"y": seed / 2.0**63}


@study_model("stylised_facts")
def stylised_facts(seed: int, **settings: float) -> dict[str, float]:
    """Numbers of the stylised facts, and how far they are off, in small worlds with some settings changed."""
    # A worker that runs other functions never loads the kernels.
    from emergence.facts.fit import misfit, numbers_at

    found = numbers_at(settings, seed)
    return {**found, "misfit": misfit(found)}


class FunctionModel:
    """A registered function, run as it is."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self.function, self.keys, self.names = function_named(job["model"]), job["keys"], job["names"]

    def run(self, base: int, values: Sequence[Any], seed: int) -> tuple[list[float], list[list[float]]]:
        """Return outcomes, and no course."""
        found = self.function(seed, **dict(zip(self.keys, values, strict=True)))
        for name in self.names:
            if name not in found:
                raise Refusal(f"study.outcomes: the model gives no '{name}': {nearest(name, found)}")
        return [float(found[name]) for name in self.names], []


class SimulationModel:
    """The simulation: settings of the base, the factors of a point, a seed."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        # A worker that runs plain functions never loads the kernels.
        from emergence.reading import read_settings

        self.bases = [read_settings(base) for base in job["bases"]]
        self.job, self.keys = job, [key for key in job["keys"] if key not in job["groups"]]
        self.places = [k for k, key in enumerate(job["keys"]) if key not in job["groups"]]
        # Only shares of one whole depend on each other.
        self.again = any(key.startswith(("rules.search.", "rules.innovation.")) for key in self.keys)
        self.files: dict[str, Any] = {}
        self.wanted: dict[int, Any] = {}

    def settings(self, base: int, values: Sequence[Any], seed: int) -> Any:
        """Return the settings of one run."""
        from dataclasses import asdict

        from emergence.config import put
        from emergence.reading import read_settings

        settings = copy.deepcopy(self.bases[base])
        for key, place in zip(self.keys, self.places, strict=True):
            put(settings, key, values[place])
        settings.seed, settings.threads, settings.output.events = seed, 1, False
        settings.output.every = 1
        return read_settings(asdict(settings)) if self.again else settings

    def run(self, base: int, values: Sequence[Any], seed: int) -> tuple[list[float], list[list[float]]]:
        """Return outcomes, and the course that is kept, a row a kept month."""
        from emergence.build import make_simulation, read_file
        from emergence.study.outcomes import Course, read_outcomes

        settings = self.settings(base, values, seed)
        network = repr(settings.network)
        if network not in self.files:
            self.files[network] = read_file(settings)
        simulation = make_simulation(settings, imported=self.files[network])
        if base not in self.wanted:
            self.wanted[base] = read_outcomes(self.job["outcomes"], settings)
        course = Course(self.wanted[base], settings.steps, self.job["stop"], self.job["keep"])
        course.follow(simulation)
        return course.values(simulation), course.course


def model_of(job: Mapping[str, Any]) -> FunctionModel | SimulationModel:
    """Return what a job runs, ready to run."""
    if job["plugins"]:
        from emergence.rules.own import load_plugins

        load_plugins(job["plugins"])
    return SimulationModel(job) if job["model"] == SIMULATION else FunctionModel(job)
