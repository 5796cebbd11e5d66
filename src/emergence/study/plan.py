"""A study made concrete: settings, points, seeds, ids of runs, and what it must not be mixed with."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from emergence import store
from emergence.compose import compose, groups
from emergence.config import Settings, get, known_keys
from emergence.errors import Refusal, nearest
from emergence.files.plain import literal
from emergence.measures.monthly import MONTHLY
from emergence.reading import check_value
from emergence.rules.own import OWN
from emergence.study.design import Design, make_design, seed_of
from emergence.study.models import SIMULATION, function_named
from emergence.study.outcomes import read_outcomes
from emergence.study.spec import Study

# These show or test what was computed; a change in them changes no result.
NOT_CODE = (
    "cli.py", "describe.py", "runs.py", "trial.py", "report/", "figures/", "page/", "mesa_api/", "validation/",
    *(f"study/{name}.py" for name in ("engine", "faults", "run", "spec", "store", "sweep")),
    *(f"study/{name}.py" for name in ("analysis", "compare", "sensitivity", "surface")),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """All that a study comes to before its first run.

    Attributes
    ----------
    study : Study
    design : Design
        Points, their values checked.
    bases : list of Settings
        One for each combination of levels of config groups.
    base_of : list of int
        Which of them each point has.
    plugins : list of str
    """

    study: Study
    design: Design
    bases: list[Settings]
    base_of: list[int]
    plugins: list[str]

    @property
    def runs(self) -> int:
        """Runs at most: points times replicates."""
        return len(self.design.rows) * self.study.replicates

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the factors."""
        return self.design.keys

    @cached_property
    def names(self) -> list[str]:
        """Names of the outcomes."""
        if self.study.model != SIMULATION:
            return [str(name) for name in self.study.outcomes]
        return [one.name for one in read_outcomes(self.study.outcomes, self.bases[0])]

    @cached_property
    def about(self) -> dict[str, dict[str, str]]:
        """Unit and meaning of each outcome, for those who read the tables."""
        if self.study.model != SIMULATION:
            return {}
        return {
            one.name: {"unit": one.unit, "meaning": one.meaning}
            for one in read_outcomes(self.study.outcomes, self.bases[0])
        }

    @cached_property
    def job(self) -> dict[str, Any]:
        """What all runs have in common, as plain data for workers."""
        study = self.study
        keep = (list(study.keep.measures), study.keep.every) if study.keep else ([], 1)
        job = {
            "model": study.model,
            "bases": [asdict(base) for base in self.bases],
            "keys": list(self.keys),
            "groups": [key for key in self.keys if key in groups()],
            "names": self.names,
            "outcomes": list(study.outcomes),
            "stop": dict(study.stop),
            "keep": keep,
            "plugins": self.plugins,
        }
        return job | {"digest": hashlib.sha256(json.dumps(job, sort_keys=True).encode()).hexdigest()}

    def seed(self, number: int) -> int:
        """Return the seed of a run."""
        point, replicate = divmod(number, self.study.replicates)
        return seed_of(self.study.seed, 0 if self.study.common else point, replicate)

    def run(self, number: int) -> tuple[int, int, tuple[Any, ...], int]:
        """Return a run as workers take it: number, base, values, seed."""
        point = number // self.study.replicates
        return number, self.base_of[point], self.design.rows[point], self.seed(number)

    def ids(self, codes: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the id of every run under each code version, and the run's number."""
        common = self.job | {"bases": [], "digest": "", "outcomes": self.job["outcomes"]}
        for code in codes:
            heads = [
                hashlib.sha256(json.dumps([code, common, self.identity_of(base)], sort_keys=True).encode())
                for base in self.bases
            ]
            for point, values in enumerate(self.design.rows):
                head = heads[self.base_of[point]].copy()
                head.update(json.dumps(values).encode())
                for replicate in range(self.study.replicates):
                    number = point * self.study.replicates + replicate
                    whole = head.copy()
                    whole.update(str(self.seed(number)).encode())
                    yield whole.hexdigest()[:32], number

    def identity_of(self, base: Settings) -> dict[str, Any]:
        """Return what decides the results of a base."""
        values = {k: v for k, v in asdict(base).items() if k not in ("threads", "debug", "seed", "about", "twins")}
        values["output"] = {k: v for k, v in values["output"].items() if k in ("also", "measures")}
        values["own"] = {name: OWN[name].digest() for name in base.extra if name in OWN}
        values["files"] = store.input_checksums(base)
        return values

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Return what must not change while a study goes on."""
        study = asdict(self.study)
        for name in ("about", "file", "base", "overrides"):
            study.pop(name)
        found: dict[str, Any] = {"study": study, "code": code_version(), "versions": versions()}
        if self.study.design == "csv":
            found["points"] = hashlib.sha256(repr(self.design).encode()).hexdigest()
        if self.study.model == SIMULATION:
            for k, base in enumerate(self.bases):
                found["settings" + (f"[{k}]" if k else "")] = self.identity_of(base)
        return json.loads(json.dumps(found))


def make_plan(study: Study) -> Plan:
    """Compose the settings of a study, lay out its points and check every value.

    Raises
    ------
    Refusal
        Before anything is computed, for any key or value that a run would refuse.
    """
    given = [f"{key}={literal(value)}" for key, value in study.base.items()] + list(study.overrides)
    plugins = [word for word in study.overrides if word.startswith("plugins=")]
    if study.model != SIMULATION:
        return _plan_of_function(study, plugins)
    settings = compose(given)
    design = make_design(study, lambda key: get(settings, key) if key in known_keys() else None)
    options = groups()
    varied = [k for k, key in enumerate(design.keys) if key in options]
    rows = _checked(design, options)
    combinations = list(dict.fromkeys(tuple(row[k] for k in varied) for row in rows))
    bases = [
        compose([*given, *(f"{design.keys[k]}={word}" for k, word in zip(varied, words, strict=True))])
        for words in combinations
    ]
    where = {words: number for number, words in enumerate(combinations)}
    base_of = [where[tuple(row[k] for k in varied)] for row in rows]
    plan = Plan(study, Design(design.keys, rows), bases, base_of, bases[0].plugins)
    _check_names(plan)
    return plan


def _plan_of_function(study: Study, plugins: Sequence[str]) -> Plan:
    from emergence.compose import load_named_plugins

    load_named_plugins(plugins)
    if study.base or len(plugins) < len(study.overrides):
        raise Refusal(f"study.base: the model '{study.model}' is a plain function and has no settings")
    function_named(study.model)
    modules = [name.strip(" '\"") for word in plugins for name in word.partition("=")[2].strip("[]").split(",")]
    if any(not isinstance(outcome, str) for outcome in study.outcomes):
        raise Refusal("study.outcomes: outcomes of a plain function are names")
    design = make_design(study)
    return Plan(study, design, [Settings()], [0] * len(design.rows), modules)


def _checked(design: Design, options: Mapping[str, Sequence[str]]) -> list[tuple[Any, ...]]:
    """Return the rows with every value in the type of its key."""
    known, columns = known_keys(), []
    for k, key in enumerate(design.keys):
        if key not in known and key not in options:
            raise Refusal(f"study.factors: unknown key '{key}'; {nearest(key, [*known, *options])}")
        if key in ("seed", "plugins", "threads", "debug") or key.startswith(("output.", "twins.")):
            raise Refusal(f"study.factors: {key} cannot be varied; seeds come from study.seed and the replicate")
        values = [row[k] for row in design.rows]
        if key in options:
            for value in values:
                if value not in options[key]:
                    raise Refusal(
                        f"study.factors: {key}={value}: there is no such {key}; {nearest(str(value), options[key])}"
                    )
            columns.append(values)
        else:
            columns.append([check_value(key, value, known[key]) for value in values])
    return list(zip(*columns, strict=True)) if columns else [()] * len(design.rows)


def _check_names(plan: Plan) -> None:
    study, names = plan.study, plan.names
    for base in plan.bases[1:]:
        read_outcomes(study.outcomes, base)
    for where, asked in (("stop", study.stop), ("keep.measures", study.keep.measures if study.keep else ())):
        for name in asked:
            if name not in MONTHLY:
                raise Refusal(f"study.{where}: there is no measure '{name}': {nearest(str(name), MONTHLY)}")
    if study.until and study.until.outcome not in names:
        raise Refusal(
            f"study.until.outcome: there is no outcome '{study.until.outcome}': {nearest(study.until.outcome, names)}"
        )
    if study.until and not 2 <= study.until.at_least <= study.replicates:
        raise Refusal(f"study.until.at_least: {study.until.at_least:g} is out of range; from 2 to study.replicates")


def code_version() -> str:
    """Return sixteen hex digits of all sources that results depend on."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root).as_posix()
        if not name.startswith(NOT_CODE):
            digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return what else decides the last digits: libraries and the machine."""
    found = {name: metadata.version(name) for name in ("numpy", "numba", "scipy")}
    python = ".".join(sys.version.split()[0].split(".")[:2])
    return {"python": python, "system": platform.system(), "machine": platform.machine()} | found


def differences(before: Any, after: Any, name: str = "") -> list[str]:
    """Return what changed between two nested dicts, a line each: name, value before, value now."""
    if isinstance(before, dict) and isinstance(after, dict):
        found = []
        for key in sorted({*before, *after}):
            found += differences(before.get(key), after.get(key), f"{name}.{key}" if name else str(key))
        return found
    return [] if before == after else [f"{name.removeprefix('settings.')} was {_short(before)}, is {_short(after)}"]


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
