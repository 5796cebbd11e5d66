"""What each formula of docs/odd.md is compared with: the program's own kernels and rules.

A check names a formula and the sections of settings in which its defaults stand; it returns `values` (arguments and
what the program makes of them) or `events` (arguments of a chance, the luck that was drawn, and what happened).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from conftest import grow

from emergence.kernels.random import draw4, unit
from emergence.schema import DEVELOPMENT
from emergence.step import Simulation, begin_month


@dataclass(frozen=True)
class Cases:
    """Arguments of a formula and what the program makes of them; with a draw, whether the event came about."""

    given: dict[str, Any]
    found: Any
    draw: Any = None
    within: float = 1e-12

    def hold(self, value: Any) -> bool:
        """Tell whether the formula's values are those of the program."""
        if self.draw is not None:
            return bool((self.happens(value) == np.asarray(self.found, bool)).all())
        return bool(np.allclose(value, self.found, rtol=2e-6, atol=self.within))

    def happens(self, value: Any) -> np.ndarray:
        """Return whether the luck drawn lies below a chance."""
        return np.asarray(self.draw) < value


@dataclass(frozen=True)
class Choice(Cases):
    """Arguments for several to choose from (last axis), and the place of the one that the program takes."""

    def hold(self, value: Any) -> bool:
        """Tell whether the formula's value is highest there."""
        return bool((np.argmax(value, axis=-1) == self.found).all())


@dataclass(frozen=True)
class Near(Cases):
    """Arguments, and what the program's draws tell of the value, within two percent."""

    def hold(self, value: Any) -> bool:
        """Tell whether the formula's values are as near as that."""
        return bool(np.allclose(value, self.found, rtol=0.02, atol=0))


@dataclass(frozen=True)
class Check:
    """A formula, the sections of its settings, and what makes its cases."""

    name: str
    sections: tuple[str, ...]
    cases: Callable[[], Cases]


CHECKS: list[Check] = []


def check(name: str, *sections: str) -> Callable[[Callable[[], Cases]], Callable[[], Cases]]:
    """Bind a function that returns cases to a formula; later sections are read where earlier ones lack a setting."""

    def bind(make: Callable[[], Cases]) -> Callable[[], Cases]:
        known = cache(make)
        CHECKS.append(Check(name, sections, known))
        return known

    return bind


def values(found: Any, within: float = 1e-12, /, **given: Any) -> Cases:
    """Return cases of a formula that is computed, with the difference from 0 that rounding may make."""
    return Cases(given, found, within=within)


def events(draw: Any, happened: Any, /, **given: Any) -> Cases:
    """Return cases of a chance: something happens where the draw lies below it."""
    happened = np.asarray(happened, bool)
    assert 5 < happened.sum() < happened.size - 5, "nearly always or never"
    return Cases(given, happened, np.asarray(draw))


def rng(number: int = 0) -> np.random.Generator:
    """Return luck for made-up arguments."""
    return np.random.default_rng(5600 + number)


KNOWN: dict[str, Simulation] = {}


def grown(**keys: Any) -> Simulation:
    """Return a world of 250 firms after eight months, grown once; take a branch to change it."""
    if repr(keys) not in KNOWN:
        base = {"firms": 250, "seed": 5601, "output": {"events": False, "every": 1000}}
        KNOWN[repr(keys)] = grow(base, months=8, **keys)
    return KNOWN[repr(keys)]


def ready(sim: Simulation, rule: Any = None, **changes: Any) -> Simulation:
    """Return a branch at the beginning of its month, under changed rules, inside a rule if one is named."""
    twin = sim.branch({f"rules.{name.replace('__', '.')}": value for name, value in changes.items()})
    twin._fit_columns(twin._acting())
    begin_month(twin._state)
    if rule is not None:
        twin._state.enter_rule(rule)
    return twin


def drawn(key: Any, a: Any, b: Any = 0, word: int = 0) -> np.ndarray:
    """Return a uniform for each pair of identities."""
    a, b = np.broadcast_arrays(a, b)
    return np.array([unit(draw4(key, x, y)[word]) for x, y in zip(a.tolist(), b.tolist(), strict=True)])


@dataclass
class Sides:
    """Half-edges of one layer with what a formula needs of their two ends; every array has a row a half-edge."""

    sim: Simulation
    layer: int = DEVELOPMENT

    def __post_init__(self) -> None:
        world, state = self.sim.world, self.sim._state
        self.ties, self.firms = world.ties[self.layer], world.firms
        self.i = np.repeat(np.arange(world.size), np.diff(self.ties.ptr))
        self.j = self.ties.nbr.astype(np.int64)
        self.w = self.ties.w.astype(float).copy()
        one = self.firms.uid[self.i], self.firms.uid[self.j]
        self.low, self.high = np.minimum(*one), np.maximum(*one)
        aside = state.aside(self.layer).astype(float)
        self.a = np.minimum(aside[self.i, 0], aside[self.j, 0])
        self.t_own = trust(self.ties.good, self.ties.bad)
        self.t_in = trust(self.ties.good_in, self.ties.bad_in)

    def gap(self, name: str) -> np.ndarray:
        """Return how far the two ends are apart in a column."""
        column = self.firms.column(name).astype(float)
        return np.minimum(1.0, 1.5 * np.sqrt(((column[self.i] - column[self.j]) ** 2).mean(axis=1)))


def trust(good: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return trust of experience, float64."""
    return (good.astype(float) + 1) / (good.astype(float) + bad.astype(float) + 2)


def scatter(sim: Simulation, number: int = 0) -> Simulation:
    """Give the firms of a world sizes, slack, drive, autonomy and propensities that lie far apart."""
    luck, f = rng(number), sim.world.firms
    n = f.count
    f.size[:] = 7000 * np.exp(2.0 * luck.standard_normal(n))
    f.slack[:], f.drive[:], f.autonomy[:] = luck.random(n), luck.uniform(0.5, 2, n), luck.random(n)
    f.propensities[:] = luck.random(f.propensities.shape)
    f.reputation[:] = luck.random(n)
    sim._state._packed.clear()
    return sim
