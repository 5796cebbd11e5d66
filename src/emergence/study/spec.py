"""What a study asks for, read as data and checked: base, factors, design, outcomes, stop rules.

A study is a YAML file under configs/study/ or one of one's own. It is only ever read as data: no anchors, no
interpolation, nothing in it is imported or executed.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emergence.config import config_folder
from emergence.errors import Refusal, nearest
from emergence.files.plain import flat, read_plain
from emergence.files.scenario import is_file

DESIGNS = ("grid", "one_at_a_time", "latin_hypercube", "sobol", "morris", "csv")
SAMPLED = ("latin_hypercube", "sobol", "morris")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


@dataclass(frozen=True)
class Factor:
    """One thing that is varied: a range, or levels.

    Attributes
    ----------
    key : str
        A key of the settings, a config group such as ``scenario``, or an argument of a registered function.
    low, high : float
        Ends of the range, in the key's unit; NaN for levels.
    levels : tuple
        Values that are tried; empty for a range.
    steps : int
        Values of a range in a grid or one at a time.
    log : bool
        Sample the range evenly in its logarithm.
    """

    key: str
    low: float = math.nan
    high: float = math.nan
    levels: tuple[Any, ...] = ()
    steps: int = 5
    log: bool = False


@dataclass(frozen=True)
class Until:
    """More replicates of a point until the 95% interval of an outcome is no wider than this on either side."""

    outcome: str
    width: float
    at_least: int = 5


@dataclass(frozen=True)
class Keep:
    """Monthly measures that are kept of each run, every so many months."""

    measures: tuple[str, ...]
    every: int = 12


@dataclass(frozen=True)
class Study:
    """What is to be run; see docs/how-to-studies.md for the file.

    Attributes
    ----------
    base : dict
        Keys of the settings, as on the command line.
    overrides : tuple of str
        Of the command line, after the base.
    points : int
        Points of a Latin hypercube, base samples of a Sobol design (a power of 2), trajectories of Morris.
    seed : int
        Root of all seeds.
    common : bool
        Replicates have the same seeds at all points (common random numbers).
    """

    name: str
    about: str = ""
    model: str = "simulation"
    base: dict[str, Any] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    factors: tuple[Factor, ...] = ()
    design: str = "latin_hypercube"
    file: str | None = None
    points: int = 64
    replicates: int = 1
    second_order: bool = False
    seed: int = 1
    common: bool = True
    outcomes: tuple[Any, ...] = ("value_gained", "useful", "mean_z")
    stop: dict[str, float] = field(default_factory=dict)
    until: Until | None = None
    keep: Keep | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the factors, in order."""
        return tuple(factor.key for factor in self.factors)


def studies() -> list[str]:
    """Return the names of the studies of the library."""
    return sorted(file.stem for file in (config_folder() / "study").glob("*.yaml"))


def study_lines() -> Iterator[str]:
    """Yield a line for each study of the library."""
    for name in studies():
        lines = (config_folder() / "study" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        yield f"  {name:<18} {lines[0].lstrip('# ')}"


def read_study(name: str, changes: Mapping[str, Any] | None = None, overrides: Sequence[str] = ()) -> Study:
    """Read a study of the library, or a file of one's own.

    Parameters
    ----------
    name : str
        Name, or path that ends in .yaml.
    changes : mapping, optional
        Keys of the study that win over the file, ``{"points": 16}``.
    overrides : sequence of str
        Settings, ``firms=50``, that win over the study's base.

    Raises
    ------
    Refusal
        Naming the key, the value and the nearest valid choice.
    """
    own = is_file(name)
    if not own and name not in studies():
        raise Refusal(f"study={name}: there is no such study; {nearest(name, studies())}, or name a file.yaml")
    path = Path(name) if own else config_folder() / "study" / f"{name}.yaml"
    values = {"name": path.stem, **read_plain(path)}
    for key, value in (changes or {}).items():
        section, dot, rest = key.partition(".")
        values[section] = {**_section(section, values.get(section) or {}), rest: value} if dot else value
    if values.get("file") and not Path(str(values["file"])).is_absolute():
        values["file"] = str(path.parent / str(values["file"]))
    return study_of(values, overrides)


def study_of(values: Mapping[str, Any], overrides: Sequence[str] = ()) -> Study:
    """Return a checked study from plain values."""
    known = {item.name: item for item in dataclasses.fields(Study) if item.name != "overrides"}
    for key in values:
        if key not in known:
            raise Refusal(f"study.{key}: there is no such key of a study; {nearest(str(key), known)}")
    made: dict[str, Any] = {"overrides": tuple(overrides)}
    for key, item in known.items():
        if key not in values:
            continue
        value = values[key]
        if item.type in ("int", "str", "bool"):
            made[key] = _plain(key, value, item.type)
        elif key not in ("file", "until", "keep", "factors", "base", "stop", "outcomes"):
            made[key] = value
    made["file"] = None if values.get("file") is None else str(values["file"])
    made["base"] = dict(flat(_section("base", values.get("base") or {}), "study.base"))
    made["factors"] = _factors(values.get("factors") or {}, made.get("design", "latin_hypercube"))
    made["outcomes"] = _outcomes(values.get("outcomes", Study.outcomes))
    stop = _section("stop", values.get("stop") or {})
    made["stop"] = {str(key): _number(f"stop.{key}", value) for key, value in stop.items()}
    for key, kind in (("until", Until), ("keep", Keep)):
        if values.get(key):
            made[key] = _part(key, kind, values[key])
    study = Study(**made)
    _check(study)
    return study


def _check(study: Study) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", study.name):
        raise Refusal(f"study.name: '{study.name}' names a folder; letters, digits, - and _ are possible")
    if study.design not in DESIGNS:
        raise Refusal(f"study.design: there is no design '{study.design}'; {nearest(study.design, DESIGNS)}")
    for name, low, high in (("points", 1, 10_000_000), ("replicates", 1, 1_000_000), ("seed", 0, 2**63 - 1)):
        if not low <= getattr(study, name) <= high:
            raise Refusal(f"study.{name}: {getattr(study, name):,} is out of range; from {low:,} to {high:,}")
    if (study.design == "csv") != (study.file is not None):
        raise Refusal("study.file: the points of design csv stand in a file; other designs have none")
    if study.design == "csv" and study.factors:
        raise Refusal("study.factors: with design csv the columns of the file are the factors; leave them out")
    if not study.factors and study.design not in ("csv", "grid"):
        raise Refusal(f"study.factors: {study.design} needs something to vary, such as conditions.diversity: [0, 1]")
    if study.design == "sobol" and study.points & (study.points - 1):
        below = 1 << (study.points.bit_length() - 1)
        raise Refusal(f"study.points: a Sobol design needs a power of 2, such as {below} or {2 * below}")
    if study.keep and study.keep.every < 1:
        raise Refusal(f"study.keep.every: {study.keep.every} is out of range; a whole number of months from 1")
    if not study.outcomes:
        raise Refusal("study.outcomes: name at least one")


def _plain(key: str, value: Any, kind: Any) -> Any:
    if kind == "int":
        number = _number(f"study.{key}", value)
        if number != int(number):
            raise Refusal(f"study.{key}: a whole number is needed, not {value!r}")
        return int(number)
    if not isinstance(value, bool if kind == "bool" else str):
        raise Refusal(f"study.{key}: {'true or false' if kind == 'bool' else 'a word'} is needed, not {value!r}")
    return value


def _number(key: str, value: Any) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Refusal(f"{key}: a number is needed, not {value!r}")
    return int(value) if isinstance(value, int) else number


def _section(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Refusal(f"study.{key}: keys and values are needed here, not {value!r}")
    return {str(name): one for name, one in value.items()}


def _factors(values: Any, design: str) -> tuple[Factor, ...]:
    return tuple(_factor(key, value, design) for key, value in _section("factors", values).items())


def _factor(key: str, value: Any, design: str) -> Factor:
    where = f"factors.{key}"
    if not _KEY.fullmatch(key) or key.split(".")[0] in ("hydra", "plugins"):
        raise Refusal(f"study.{where}: is no key of the settings")
    if isinstance(value, Mapping):
        given = _part(where, Factor, {"key": key, **value})
    elif isinstance(value, list | tuple):
        ends = design in SAMPLED and len(value) == 2 and all(_is_number(one) for one in value)
        given = Factor(key, float(value[0]), float(value[1])) if ends else Factor(key, levels=tuple(value))
    else:
        raise Refusal(f"study.{where}: a range [low, high] or a list of levels is needed, not {value!r}")
    if not given.levels and not given.low < given.high:
        raise Refusal(f"study.{where}: a range needs low < high, or give levels: [..]")
    if given.log and not given.low > 0:
        raise Refusal(f"study.{where}: a logarithmic range must lie above 0")
    if given.steps < 2:
        raise Refusal(f"study.{where}.steps: at least 2")
    return given


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _outcomes(values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise Refusal(f"study.outcomes: a list is needed, such as [useful, mean_z], not {values!r}")
    return tuple(value if isinstance(value, str) else _section("outcomes", value) for value in values)


def _part(key: str, kind: type, values: Any) -> Any:
    given = _section(key, values)
    known = {item.name: item for item in dataclasses.fields(kind)}
    for name in given:
        if name not in known:
            raise Refusal(f"study.{key}.{name}: there is no such key; {nearest(name, known)}")
    for name, item in known.items():
        if name not in given:
            if item.default is dataclasses.MISSING:
                raise Refusal(f"study.{key}: '{name}' is missing")
        elif item.type in ("int", "float"):
            given[name] = (
                _plain(f"{key}.{name}", given[name], "int")
                if item.type == "int"
                else _number(f"study.{key}.{name}", given[name])
            )
        elif str(item.type).startswith("tuple"):
            if not isinstance(given[name], list | tuple) or not given[name]:
                raise Refusal(f"study.{key}.{name}: a list is needed, not {given[name]!r}")
            given[name] = tuple(given[name])
    return kind(**given)
