"""What a study found, as tables: effects, indices, synergy, curves and phases, each with 95% intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.study import sensitivity as sense
from emergence.study.spec import Factor
from emergence.study.surface import Axis, Surface, fit_surface

if TYPE_CHECKING:
    import pandas as pd

    from emergence.study.sweep import StudyResult

TABLES = ("fit", "effects", "indices", "synergy", "curves", "bins", "phases", "elementary")
FOLDER = "analysis"
LEAST_POINTS = 6  # fewer and no surface is fitted


@dataclass
class Sample:
    """The points of a study and what came out of them.

    Attributes
    ----------
    axes : list of Axis
    columns : list of list
        Values of each factor, by point.
    values : dict of outcome to float64[points, replicates]
        NaN where a run is missing.
    about : dict of outcome to (unit, meaning)
    design : str
    common : bool
        Replicates have the same luck at every point.
    second_order : bool
        Of a Sobol design.
    """

    axes: list[Axis]
    columns: list[list[Any]]
    values: dict[str, np.ndarray]
    about: dict[str, tuple[str, str]]
    design: str
    common: bool = True
    second_order: bool = False

    @cached_property
    def smooth(self) -> list[int]:
        """Factors that enter a surface."""
        return [k for k, axis in enumerate(self.axes) if axis.smooth]

    @cached_property
    def units(self) -> np.ndarray:
        """Places in [0, 1] of all factors, float64[points, factors]."""
        return np.column_stack([axis.unit(column) for axis, column in zip(self.axes, self.columns, strict=True)])

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.columns[0]) if self.columns else 1

    def mean(self, outcome: str) -> np.ndarray:
        """Return the mean of each point over its replicates; NaN where there is none."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.nanmean(self.values[outcome], axis=1)


def sample_of(result: StudyResult) -> Sample:
    """Return what a study on disk holds, ready to be analysed."""
    study = result.manifest["identity"]["study"]
    given = {factor["key"]: factor for factor in study.get("factors", [])}
    design = result.design.sort_values("point")
    columns = [design[name].tolist() for name in result.factors]
    axes = [axis_of(name, column, given.get(name)) for name, column in zip(result.factors, columns, strict=True)]
    summary = result.summary
    shape = (len(design), int(summary["replicate"].max()) + 1 if len(summary) else 1)
    where = summary["point"].to_numpy(int), summary["replicate"].to_numpy(int)
    values, about = {}, {}
    for name in result.outcomes:
        values[name] = np.full(shape, np.nan)
        values[name][where] = summary[name].to_numpy(float)
        said = result.manifest["about"].get(name, {})
        about[name] = (said.get("unit", ""), said.get("meaning", name))
    return Sample(axes, columns, values, about, study["design"], study["common"], study["second_order"])


def axis_of(name: str, column: Sequence[Any], given: dict[str, Any] | None) -> Axis:
    """Return a factor as the study declared it, or as its values show it."""
    if given and given["levels"]:
        return Axis(Factor(name, levels=tuple(given["levels"])), _in_order(given["levels"]))
    if given and given["low"] < given["high"]:
        factor = Factor(name, given["low"], given["high"], (), given["steps"], given["log"])
        seen = _in_order(column)
        return Axis(factor, seen if len(seen) <= given["steps"] < len(column) else ())
    seen = _in_order(column)
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in seen)
    if numbers and len(seen) > 10:
        return Axis(Factor(name, float(seen[0]), float(seen[-1])))
    return Axis(Factor(name, levels=seen), seen)


def _in_order(values: Iterable[Any]) -> tuple[Any, ...]:
    seen = list(dict.fromkeys(values))
    return tuple(sorted(seen)) if all(isinstance(v, int | float) for v in seen) else tuple(seen)


@dataclass
class Analysis:
    """What a study found.

    Attributes
    ----------
    sample : Sample
    title, about : str
        Of the study, for people.
    """

    sample: Sample
    title: str = "study"
    about: str = ""
    seed: int = 0
    notes: list[str] = field(default_factory=list)

    @cached_property
    def surfaces(self) -> dict[str, Surface]:
        """The fitted surface of each outcome that has one."""
        sample = self.sample
        axes = [sample.axes[k] for k in sample.smooth]
        if sample.design in ("one_at_a_time", "morris") or not axes:
            return {}
        found = {}
        for name, values in sample.values.items():
            known = np.isfinite(values).any(axis=1)
            spread = np.nanstd(sample.mean(name)) if known.any() else 0.0
            if known.sum() >= max(LEAST_POINTS, 2 * (len(axes) + 1)) and spread > 0:
                units = sample.units[known][:, sample.smooth]
                found[name] = fit_surface(axes, units, values[known], sample.common, self.seed)
        return found

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name (see `TABLES`), a row an estimate; those without rows are left out."""
        import pandas as pd

        found = {}
        for name in TABLES:
            frame = pd.DataFrame(list(self._rows(name)))
            if len(frame):
                found[name] = frame
        if "synergy" in found:
            found["synergy"]["together"] = together(found["synergy"])
        return found

    def table(self, name: str) -> pd.DataFrame:
        """Return one table, empty if the study cannot tell it."""
        import pandas as pd

        if name not in TABLES:
            raise Refusal(f"there is no table '{name}' of a study: {nearest(name, TABLES)}")
        return self.tables.get(name, pd.DataFrame())

    def _rows(self, table: str) -> Iterator[dict[str, Any]]:
        for outcome in self.sample.values:
            unit = self.sample.about[outcome][0]
            for row in MAKERS[table](self, outcome):
                yield {"outcome": outcome, "unit": unit, **row}

    def pair(self, outcome: str) -> tuple[int, int] | None:
        """Return the two factors of a surface that matter most to an outcome, None without two."""
        surface = self.surfaces.get(outcome)
        if surface is None or len(surface.axes) < 2:
            return None
        active = surface.terms > 0
        total = [(surface.coefficients[active[:, k]] ** 2).sum() for k in range(len(surface.axes))]
        i, j = np.sort(np.argsort(total)[::-1][:2])
        return int(i), int(j)

    def write(self, folder: Path) -> list[Path]:
        """Write the tables as CSV; return their paths."""
        from emergence.store import write_text

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, frame in self.tables.items():
            paths.append(folder / f"{name}.csv")
            write_text(frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"), paths[-1])
        return paths


def together(synergy: pd.DataFrame) -> np.ndarray:
    """Mark what stays away from 0 when all rows are asked at once (Bonferroni on normal intervals), bool[rows]."""
    from scipy.stats import norm

    z = norm.isf(0.025 / max(len(synergy), 1))
    return (synergy["estimate"].abs() > z * synergy["se"]).to_numpy()


def _fit(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    values, mean = analysis.sample.values[outcome], analysis.sample.mean(outcome)
    known = mean[np.isfinite(mean)]
    surface = analysis.surfaces.get(outcome)
    row = {"points": known.size, "runs": int(np.isfinite(values).sum()), "mean": known.mean() if known.size else np.nan}
    row["sd_points"] = known.std(ddof=1) if known.size > 1 else np.nan
    row["degree"], row["terms"] = (surface.degree, len(surface.terms)) if surface else (0, 0)
    row["r2"], row["r2_cv"] = (surface.r2, surface.r2_cv) if surface else (np.nan, np.nan)
    yield row | {"noise": noise_share(values)}


def noise_share(values: np.ndarray) -> float:
    """Return how much of the variance between points' means is luck that differs from point to point.

    A luck that all points share is taken off first. NaN without two replicates.
    """
    whole = values[np.isfinite(values).all(axis=1)]
    if whole.shape[0] < 2 or whole.shape[1] < 2:
        return float("nan")
    points, replicates = whole.shape
    rest = whole - whole.mean(axis=1, keepdims=True) - whole.mean(axis=0, keepdims=True) + whole.mean()
    luck = float((rest**2).sum()) / ((points - 1) * (replicates - 1)) / replicates
    between = float(whole.mean(axis=1).var(ddof=1))
    return min(luck / between, 1.0) if between > 0 else float("nan")


def _effects(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    sample, surface = analysis.sample, analysis.surfaces.get(outcome)
    values, mean = sample.values[outcome], sample.mean(outcome)
    sd = float(np.nanstd(mean, ddof=1)) if np.isfinite(mean).sum() > 1 else 0.0
    if surface is not None:
        yield from sense.surface_effects(surface, sd)
    for k, axis in enumerate(sample.axes):
        if sample.design == "one_at_a_time":
            rows = _alone(sample, k)
            column = [sample.columns[k][row] for row in rows]
            yield from sense.level_effects(axis, column, values[rows], 0, sd)
        elif axis.levels and (sample.design == "grid" or not axis.smooth):
            yield from sense.level_effects(axis, sample.columns[k], values, None, sd)


def _alone(sample: Sample, k: int) -> list[int]:
    """Return the base point, and those that differ from it in one factor alone."""
    others = [column for j, column in enumerate(sample.columns) if j != k]
    return [row for row in range(sample.points) if all(column[row] == column[0] for column in others)]


def _indices(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    sample, surface = analysis.sample, analysis.surfaces.get(outcome)
    mean = sample.mean(outcome)
    if sample.design == "sobol" and np.isfinite(mean).all():
        for row in sense.saltelli_indices(sample.axes, mean, sample.second_order):
            yield row | {"by": "saltelli"}
    elif surface is not None:
        for row in sense.surface_indices(surface):
            yield row | {"by": "surface"}


def _synergy(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    sample, surface = analysis.sample, analysis.surfaces.get(outcome)
    chosen = [sample.axes[k] for k in sample.smooth]
    if sample.design == "grid" and all(axis.levels for axis in chosen):
        yield from sense.factorial_synergy(chosen, sample.units[:, sample.smooth], sample.values[outcome])
    elif surface is not None:
        yield from sense.surface_synergy(surface)


def _curves(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    surface = analysis.surfaces.get(outcome)
    if surface is not None:
        for k in range(len(surface.axes)):
            yield from sense.curve(surface, k)


def _bins(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    sample, mean = analysis.sample, analysis.sample.mean(outcome)
    known = np.isfinite(mean)
    if sample.design not in ("one_at_a_time", "morris"):
        for k in sample.smooth:
            yield from sense.binned(sample.axes[k], sample.units[known, k], mean[known])


def _phases(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    pair = analysis.pair(outcome)
    if pair is not None:
        yield from sense.phase(analysis.surfaces[outcome], *pair)


def _elementary(analysis: Analysis, outcome: str) -> Iterator[dict[str, Any]]:
    sample, mean = analysis.sample, analysis.sample.mean(outcome)
    if sample.design == "morris" and np.isfinite(mean).all():
        yield from sense.morris_rows(sample.axes, sample.units, mean)


MAKERS: dict[str, Callable[[Analysis, str], Iterator[dict[str, Any]]]] = {
    "fit": _fit,
    "effects": _effects,
    "indices": _indices,
    "synergy": _synergy,
    "curves": _curves,
    "bins": _bins,
    "phases": _phases,
    "elementary": _elementary,
}


def analyse(result: StudyResult) -> Analysis:
    """Analyse a study on disk; nothing is written.

    Parameters
    ----------
    result : StudyResult
        As `em.load_study` gives it.

    Raises
    ------
    Refusal
        If not one run was finished.
    """
    if not len(result.summary):
        raise Refusal(f"{result.folder}: holds no finished run; there is nothing to analyse")
    study = result.manifest["study"]
    found = Analysis(sample_of(result), str(study).replace("_", " "))
    if result.failed:
        found.notes.append(f"{len(result.failed)} runs failed and are left out; manifest.json names them.")
    left = [axis.name for axis in found.sample.axes if not axis.smooth]
    if left and found.surfaces:
        found.notes.append(f"{', '.join(left)}: more than two choices without an order; left out of the surfaces.")
    return found
