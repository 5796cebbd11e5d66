"""Points of a study, and the seeds of its runs: pure functions of what the study says.

To add your own design, write a function of a `Study` that returns rows of values, enter it into `MAKERS` and its
name into `spec.DESIGNS`.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emergence.config import known_keys
from emergence.errors import Refusal
from emergence.study.spec import Factor, Study

MOST = 10_000_000
MORRIS_LEVELS = 4


@dataclass(frozen=True)
class Design:
    """Points: names of the factors and one row of values a point."""

    keys: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def seed_of(root: int, point: int, replicate: int) -> int:
    """Return the seed of a run, 0 to 2**63 - 1; the same whatever else is in the study."""
    digest = hashlib.sha256(f"emergence.study {root} {point} {replicate}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def make_design(study: Study, base: Callable[[str], Any] | None = None) -> Design:
    """Return the points of a study.

    Parameters
    ----------
    study : Study
    base : callable, optional
        Gives the value of a key where nothing is varied; the first level of each factor if left out.

    Raises
    ------
    Refusal
        If there are too many, or a value is not one that its factor can have.
    """
    if study.design == "csv":
        return read_points(Path(str(study.file)))
    if study.design == "one_at_a_time":
        return Design(study.keys, one_at_a_time(study, base or (lambda key: None)))
    return Design(study.keys, MAKERS[study.design](study))


def levels_of(factor: Factor) -> tuple[Any, ...]:
    """Return the values of a factor in a grid."""
    if factor.levels:
        return factor.levels
    space = np.geomspace if factor.log else np.linspace
    values = space(factor.low, factor.high, factor.steps).tolist()
    return tuple(dict.fromkeys(round(value) for value in values)) if _whole(factor) else tuple(values)


def at(factor: Factor, unit: float) -> Any:
    """Return the value of a factor at a place in [0, 1]."""
    if factor.levels:
        return factor.levels[min(int(unit * len(factor.levels)), len(factor.levels) - 1)]
    if factor.log:
        value = math.exp(math.log(factor.low) + unit * (math.log(factor.high) - math.log(factor.low)))
        value = min(max(value, factor.low), factor.high)
    else:
        value = factor.low + unit * (factor.high - factor.low)
    if not _whole(factor):
        return value
    if factor.log:
        return round(value)
    return min(int(factor.low) + int(unit * (factor.high - factor.low + 1)), int(factor.high))


def _whole(factor: Factor) -> bool:
    """Tell whether the key takes whole numbers only."""
    item = known_keys().get(factor.key)
    return item is not None and isinstance(item.default, int) and not isinstance(item.default, bool)


def grid(study: Study) -> list[tuple[Any, ...]]:
    """Every combination of all levels; the last factor changes fastest."""
    levels = [levels_of(factor) for factor in study.factors]
    number = math.prod(len(one) for one in levels)
    if number > MOST:
        raise Refusal(f"study.design: a grid of {number:,} points; at most {MOST:,}, or sample with latin_hypercube")
    return list(itertools.product(*levels))


def one_at_a_time(study: Study, base: Callable[[str], Any]) -> list[tuple[Any, ...]]:
    """Return the base, then every level of each factor with the rest as in the base."""
    levels = [levels_of(factor) for factor in study.factors]
    given = [base(factor.key) for factor in study.factors]
    first = tuple(values[0] if value is None else value for value, values in zip(given, levels, strict=True))
    rows = [first]
    for k, values in enumerate(levels):
        rows += [(*first[:k], value, *first[k + 1 :]) for value in values if value != first[k]]
    return rows


def latin_hypercube(study: Study) -> list[tuple[Any, ...]]:
    """Latin hypercube (McKay et al. 1979): every factor's range is cut into as many slices as there are points."""
    from scipy.stats import qmc

    sampler = qmc.LatinHypercube(len(study.factors), rng=np.random.default_rng(_rng_seed(study)))
    return _scaled(study, sampler.random(study.points))


def sobol(study: Study) -> list[tuple[Any, ...]]:
    """Saltelli's scheme (2002, 2010) on Sobol's sequence: N (D + 2) points, N (2 D + 2) with second order."""
    from SALib.sample import sobol as sample

    units = sample.sample(_problem(study), study.points, calc_second_order=study.second_order, seed=_rng_seed(study))
    return _scaled(study, units)


def morris(study: Study) -> list[tuple[Any, ...]]:
    """Elementary effects (Morris 1991): trajectories of D + 1 points on four levels."""
    from SALib.sample import morris as sample

    units = sample.sample(_problem(study), study.points, num_levels=MORRIS_LEVELS, seed=_rng_seed(study))
    return _scaled(study, units)


def _problem(study: Study) -> dict[str, Any]:
    number = len(study.factors)
    return {"num_vars": number, "names": list(study.keys), "bounds": [[0.0, 1.0]] * number}


def _rng_seed(study: Study) -> int:
    # SALib takes 32 bits.
    return seed_of(study.seed, -1, 0) & 0xFFFFFFFF


def _scaled(study: Study, units: np.ndarray) -> list[tuple[Any, ...]]:
    columns = [[at(factor, u) for u in units[:, k].tolist()] for k, factor in enumerate(study.factors)]
    return list(zip(*columns, strict=True))


def read_points(path: Path) -> Design:
    """Read points from a CSV: a column a factor, a row a point."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refusal(f"study.file={path}: cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if len(rows) < 2 or len(set(rows[0])) < len(rows[0]):
        raise Refusal(f"study.file={path}: a line of different keys and at least one line of values are needed")
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise Refusal(f"study.file={path}: line {line} has {len(row)} values, the first line {len(rows[0])} keys")
    return Design(tuple(key.strip() for key in rows[0]), [tuple(_cell(cell) for cell in row) for row in rows[1:]])


def _cell(text: str) -> Any:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


MAKERS: dict[str, Callable[[Study], list[tuple[Any, ...]]]] = {
    "grid": grid,
    "latin_hypercube": latin_hypercube,
    "sobol": sobol,
    "morris": morris,
}
