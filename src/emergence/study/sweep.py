"""Studies as people call them: `em.sweep`, `em.load_study`, and what the command line needs."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.study.engine import ENGINES, Engine
from emergence.study.plan import make_plan
from emergence.study.progress import Teller
from emergence.study.run import Sweep
from emergence.study.spec import Study, read_study
from emergence.study.store import StudyFolder, _digest

if TYPE_CHECKING:
    import pandas as pd

    from emergence.study.analysis import Analysis

FOLDER = "results/sweeps"


@dataclass(frozen=True)
class StudyResult:
    """A study on disk.

    Attributes
    ----------
    folder : Path
    manifest : dict
        Identity (study, settings, code, versions), checksums, outcomes with unit and meaning, runs set aside.
    """

    folder: Path
    manifest: dict[str, Any]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row a run: point, replicate, seed, outcomes."""
        return self._table("summary.parquet")

    @cached_property
    def design(self) -> pd.DataFrame:
        """A row a point: its number and the factors' values."""
        return self._table("design.parquet")

    @cached_property
    def series(self) -> pd.DataFrame:
        """A row a run and kept month, if the study keeps any."""
        return self._table("series.parquet")

    @property
    def factors(self) -> list[str]:
        """Names of the factors."""
        return [name for name in self.design.columns if name != "point"]

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes."""
        return list(self.manifest["outcomes"])

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Runs that were set aside: point, replicate, seed, error."""
        return list(self.manifest["failed"])

    def analyse(self, report: bool = True) -> Analysis:
        """Return effects, indices, synergy, curves and phases, each with intervals.

        Parameters
        ----------
        report : bool
            Write them into the folder as well: ``analysis/*.csv``, ``figures/`` and ``report.html``.
        """
        from emergence.study.analysis import analyse

        found = analyse(self)
        if report:
            # Reports stand above studies, so this one is found by name.
            resolve_name("emergence.report.study:write_report")(found, self.folder)
        return found

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise Refusal(f"{self.folder / name}: cannot be read ({error.strerror}); is the study finished?") from None
        if hashlib.sha256(data).hexdigest() != self.manifest["sha256"].get(name):
            raise Refusal(f"{self.folder / name}: is damaged; the command that made the study writes it again")
        table = pq.read_table(pa.BufferReader(data), page_checksum_verification=True)
        return pd.DataFrame({column: table.column(column).to_numpy() for column in table.column_names})


def load_study(folder: str | Path) -> StudyResult:
    """Open the folder of a study.

    Raises
    ------
    Refusal
        If there is none, or its manifest is damaged.
    """
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        sound = manifest.pop("digest") == _digest(manifest)
    except OSError as error:
        raise Refusal(f"{folder}: holds no study ({error.strerror})") from None
    except (ValueError, KeyError, AttributeError):
        sound = False
    if not sound:
        raise Refusal(f"{folder / 'manifest.json'}: is damaged; the command that made the study writes it again")
    return StudyResult(folder, manifest)


def sweep(
    name: str | Study,
    *overrides: str,
    engine: str = "processes",
    workers: int | None = None,
    address: str | None = None,
    folder: str | Path | None = None,
    force: bool = False,
    quiet: bool = False,
    **keys: Any,
) -> StudyResult:
    """Run a study, or go on with it.

    Parameters
    ----------
    name : str or Study
        Of the library, a file.yaml, or what `spec.study_of` made.
    *overrides : str
        As on the command line: ``"study.points=16"``, ``"firms=50"``.
    engine : str
        serial, threads, processes or dask.
    workers : int, optional
        As many as there are cores if left out.
    address : str, optional
        dask: of a running scheduler.
    folder : path, optional
        ``results/sweeps/NAME`` if left out.
    force : bool
        Go on although the study, the code or libraries changed; runs that still fit are kept.
    quiet : bool
        Say nothing on standard error.
    **keys
        Top-level keys of the settings, ``firms=50``.

    Returns
    -------
    StudyResult
        Runs that failed three times are in its `failed`.

    Examples
    --------
    >>> study = sweep("quick", "study.points=4", engine="serial")  # doctest: +SKIP
    >>> study.summary.groupby("point")["useful"].mean()  # doctest: +SKIP
    """
    words = [*overrides, *(f"{key}={value}" for key, value in keys.items())]
    changes, settings = split_words(words)
    if isinstance(name, Study):
        if changes:
            raise Refusal(f"study.{next(iter(changes))}: set it in the study itself, with dataclasses.replace")
        study = replace(name, overrides=(*name.overrides, *settings))
    else:
        study = read_study(name, changes, settings)
    where = Path(folder) if folder else Path(FOLDER) / study.name
    teller = Teller(quiet)
    return carry_out(study, where, Engine(engine, workers, address), force, teller.tell, teller.show)


def carry_out(
    study: Study,
    where: Path,
    engine: Engine,
    force: bool,
    tell: Callable[[str], None],
    show: Callable[[int, int], None],
) -> StudyResult:
    """Run a study in a folder; see `sweep`."""
    began = time.perf_counter()
    plan = make_plan(study)
    kept = list(study.keep.measures) if study.keep else []
    folder = StudyFolder(where, plan.names, kept)
    try:
        current = Sweep(plan, folder, engine, tell, show)
        current.open(force)
        if not current.results.missing():
            tell("nothing is missing")
        current.go()
        current.finish({"seconds": round(time.perf_counter() - began, 3), "engine": engine.name})
    finally:
        folder.release()
    return load_study(where)


def split_words(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Tell keys of the study (``study.points=16``, ``seed=7``) from settings."""
    import yaml

    changes: dict[str, Any] = {}
    settings = []
    for word in words:
        name, _, text = word.partition("=")
        if name == "seed" or name.startswith("study."):
            try:
                changes[name.removeprefix("study.")] = yaml.safe_load(text)
            except yaml.YAMLError:
                raise Refusal(f"{word}: the value was not understood") from None
        else:
            settings.append(word)
    return changes, settings


@dataclass
class Asked:
    """What a command line asks for."""

    study: Study
    folder: Path
    engine: Engine
    force: bool
    report: bool = True


def read_words(words: Sequence[str]) -> Asked:
    """Read ``study=NAME engine=ENGINE study.KEY=.. KEY=..``."""
    own = dict.fromkeys(("study", "engine.workers", "engine.address", "study.folder"), "")
    own |= {"engine": "processes", "study.force": "false", "study.report": "true"}
    rest = []
    for word in words:
        name, equals, value = word.partition("=")
        if name in own and equals:
            own[name] = value
        elif not equals or name.startswith("engine."):
            raise Refusal(f"'{word}' is not understood; {nearest(name, own)}")
        else:
            rest.append(word)
    if not own["study"]:
        from emergence.study.spec import studies

        raise Refusal(f"study=NAME is missing; there are {', '.join(studies())}, or name a file.yaml")
    if own["engine"] not in ENGINES:
        raise Refusal(f"engine={own['engine']}: there is no such engine; {nearest(own['engine'], ENGINES)}")
    workers = own["engine.workers"]
    if workers and not workers.isdigit():
        raise Refusal(f"engine.workers: a whole number is needed, not '{workers}'")
    for key in ("study.force", "study.report"):
        if own[key] not in ("true", "false"):
            raise Refusal(f"{key}: true or false is needed, not '{own[key]}'")
    changes, settings = split_words(rest)
    study = read_study(own["study"], changes, settings)
    engine = Engine(own["engine"], int(workers) if workers else None, own["engine.address"] or None)
    folder = Path(own["study.folder"] or Path(FOLDER) / study.name)
    return Asked(study, folder, engine, own["study.force"] == "true", own["study.report"] == "true")


def result_lines(result: StudyResult) -> list[str]:
    """Return in words what came out, and where it is."""
    manifest, summary = result.manifest, result.summary
    lines = [f"{len(summary):,} runs at {summary['point'].nunique():,} points"]
    for name in result.outcomes:
        values = summary[name].to_numpy()
        about = manifest["about"].get(name, {})
        unit = f" [{about['unit']}]" if about.get("unit") else ""
        values = values[np.isfinite(values)]
        span = f"{values.mean():.4g} ({values.min():.4g} to {values.max():.4g})" if values.size else "unknown"
        lines.append(f"  {name:<18} {span}{unit}")
    if result.failed:
        lines.append(f"set aside: {len(result.failed)} runs, named in manifest.json; the same command tries them again")
    return [*lines, f"Tables: {result.folder.resolve()}"]
