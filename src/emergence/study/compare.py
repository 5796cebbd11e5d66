"""Paired what-ifs: several scenarios under the same lucks, and how sure it is what differs.

Replicate k of every scenario has the same seed, so what luck does to all of them drops out of the differences.
"""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.compose import compose
from emergence.config import get, walk
from emergence.errors import Refusal, nearest
from emergence.study.engine import Engine
from emergence.study.options import Option, check_options, name_of, read_option, words_of
from emergence.study.pairs import better_of, compared, default_outcomes, kind_of
from emergence.study.plan import differences, make_plan
from emergence.study.progress import Teller
from emergence.study.spec import Study, study_of
from emergence.study.sweep import StudyResult, carry_out, load_study

if TYPE_CHECKING:
    import pandas as pd

    from emergence.config import Settings

FOLDER = "results/compare"
REPLICATES = 30


@dataclass(frozen=True)
class Comparison:
    """What a comparison found.

    Attributes
    ----------
    options : list of Option
        The first is what the others are compared with.
    result : StudyResult
        The runs, a point an option.
    settings : list of Settings
    overrides : tuple of str
        Settings of all, as on the command line.
    """

    options: list[Option]
    result: StudyResult
    settings: list[Settings]
    overrides: tuple[str, ...] = ()

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """Outcomes, float64[options, replicates], of the replicates that every option finished."""
        summary = self.result.summary
        shape = (len(self.options), int(summary["replicate"].max()) + 1 if len(summary) else 0)
        found = {}
        for name in self.result.outcomes:
            table = np.full(shape, np.nan)
            table[summary["point"].to_numpy(int), summary["replicate"].to_numpy(int)] = summary[name].to_numpy(float)
            found[name] = table[:, np.isfinite(table).all(axis=0)]
        return found

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """A row an outcome and option: means, paired difference to the first, interval, how sure."""
        return list(self._rows())

    def _rows(self) -> Iterator[dict[str, Any]]:
        for outcome, values in self.values.items():
            about = self.result.manifest["about"].get(outcome, {})
            better = better_of(outcome, about.get("meaning", ""))
            for k, option in enumerate(self.options):
                row = {"outcome": outcome, "unit": about.get("unit", ""), "meaning": about.get("meaning", outcome)}
                row |= {"scenario": option.name, "better": better, "kind": kind_of(outcome)}
                if values.shape[1]:
                    yield row | {"replicates": values.shape[1]} | compared(values[0], values[k], better, k == 0)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The rows as a data frame."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    @property
    def report(self) -> Path:
        """Path of the report; it is written if it is not there."""
        path = self.result.folder / "report.html"
        return path if path.exists() else self.write()

    def write(self) -> Path:
        """Write ``comparison.csv``, figures and the report; return the path of the report."""
        from emergence.store import write_text

        text = self.table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
        write_text(text, self.result.folder / "comparison.csv")
        # Reports stand above studies, so this one is found by name.
        return resolve_name("emergence.report.compare:write_report")(self, self.result.folder)

    def changed(self, number: int) -> list[tuple[str, Any, Any]]:
        """Return the settings in which an option differs from the first: key, value there, value here."""
        first, other = self.settings[0], self.settings[number]
        skip = ("scenario", "about", "seed", "threads", "debug")
        keys = [key for key, _, _ in walk() if key not in skip and not key.startswith("output.")]
        return [(key, get(first, key), get(other, key)) for key in keys if get(first, key) != get(other, key)]


def compare(
    scenarios: Sequence[str | Mapping[str, Any]],
    *overrides: str,
    replicates: int = REPLICATES,
    outcomes: Sequence[Any] | None = None,
    engine: str = "processes",
    workers: int | None = None,
    folder: str | Path | None = None,
    seed: int = 1,
    force: bool = False,
    quiet: bool = False,
    **keys: Any,
) -> Comparison:
    """Run scenarios under the same lucks and compare them with the first.

    Parameters
    ----------
    scenarios : sequence of str or mapping
        At least two. ``"platform_trap"``, with settings of its own ``"baseline+conditions.autonomy=0.2"``, or
        ``{"name": "led", "scenario": "baseline", "conditions.autonomy": 0.2}``.
    *overrides : str
        Settings of all, as on the command line.
    replicates : int
        Lucks.
    outcomes : sequence, optional
        As in a study.
    engine, workers
        As in `sweep`.
    folder : path, optional
        ``results/compare/NAMES-HASH`` if left out.
    seed : int
        Root of all seeds.
    force, quiet : bool
        As in `sweep`.
    **keys
        Top-level keys of the settings, ``firms=50``.

    Returns
    -------
    Comparison
        `.table` is a data frame, `.rows` the same as a list, `.report` the path of the report.

    Examples
    --------
    >>> found = compare(["baseline", "platform_trap"], replicates=30)  # doctest: +SKIP
    >>> found.table.query("scenario == 'platform_trap'")[["outcome", "difference", "low", "high"]]  # doctest: +SKIP
    """
    options = [read_option(one) for one in scenarios]
    words = [*overrides, *(f"{key}={value}" for key, value in keys.items())]
    with Asked(options, words, replicates, outcomes, seed, folder) as asked:
        teller = Teller(quiet)
        return asked.carry_out(Engine(engine, workers), force, teller)


class Asked:
    """A comparison as a study: its points are written down for as long as it runs.

    Parameters
    ----------
    options : sequence of Option
    overrides : sequence of str
    replicates : int
    outcomes : sequence or None
    seed : int
    folder : path or None
    """

    def __init__(
        self,
        options: Sequence[Option],
        overrides: Sequence[str] = (),
        replicates: int = REPLICATES,
        outcomes: Sequence[Any] | None = None,
        seed: int = 1,
        folder: str | Path | None = None,
    ) -> None:
        check_options(options, overrides)
        self.options, self.overrides = list(options), list(overrides)
        self.settings = [compose([*words_of(option), *overrides]) for option in options]
        # What a scenario changes of its own wins over what is set for all.
        self.keys = list(dict.fromkeys(key for option in options for key in option.changes))
        self.values = {
            "replicates": replicates,
            "outcomes": list(outcomes or default_outcomes()),
            "seed": seed,
            "name": name_of(options),
        }
        digest = hashlib.sha256(json.dumps([self._points(), self.overrides, self.values["outcomes"], seed]).encode())
        self.folder = Path(folder) if folder else Path(FOLDER) / f"{self.values['name']}-{digest.hexdigest()[:8]}"
        self.hold = tempfile.TemporaryDirectory(prefix="emergence-")

    def __enter__(self) -> Asked:
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.cleanup()

    def _points(self) -> list[list[Any]]:
        rows: list[list[Any]] = [["scenario", *self.keys]]
        for option, settings in zip(self.options, self.settings, strict=True):
            rows.append([option.scenario, *(option.changes.get(key, get(settings, key)) for key in self.keys)])
        return rows

    def study(self) -> Study:
        """Return the study: a point an option."""
        path = Path(self.hold.name) / "scenarios.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            for row in self._points():
                csv.writer(file).writerow(str(v).lower() if isinstance(v, bool) else v for v in row)
        values = {**self.values, "design": "csv", "file": str(path)}
        return study_of(values, self.overrides)

    def carry_out(self, engine: Engine, force: bool, teller: Teller) -> Comparison:
        """Run what is missing, compare, and write the report."""
        study = self.study()
        more = self._more_replicates(study)
        result = carry_out(study, self.folder, engine, force or more, teller.tell, teller.show)
        teller.close()
        found = Comparison(self.options, result, self.settings, tuple(self.overrides))
        if found.table.empty:
            raise Refusal(f"{self.folder}: no replicate was finished by all scenarios; manifest.json says what failed")
        found.write()
        return found

    def _more_replicates(self, study: Study) -> bool:
        """Tell whether the folder holds the same comparison with another number of replicates, whose runs count."""
        try:
            before = load_study(self.folder).manifest["identity"]
        except Refusal:
            return False
        changed = differences(before, make_plan(study).identity)
        return bool(changed) and all(line.startswith("study.replicates ") for line in changed)


@dataclass
class Line:
    """What a command line asks for."""

    asked: Asked
    engine: Engine
    force: bool


def read_words(words: Sequence[str]) -> Line:
    """Read ``scenarios=[A,B] replicates=30 engine=ENGINE outcomes=[..] key=value ...``."""
    import yaml

    own = {"scenarios": "", "replicates": str(REPLICATES), "outcomes": "", "seed": "1", "engine": "processes"}
    own |= {"engine.workers": "", "engine.address": "", "compare.folder": "", "compare.force": "false"}
    rest = []
    for word in words:
        name, equals, value = word.partition("=")
        if name in own and equals:
            own[name] = value
        elif not equals or name.startswith(("engine.", "compare.", "study.")):
            raise Refusal(f"'{word}' is not understood; {nearest(name, own)}")
        else:
            rest.append(word)
    if not own["scenarios"]:
        raise Refusal("scenarios=[A,B] is missing; `emergence list` names them; the others are compared with the first")
    numbers = {}
    for name, low, high in (("replicates", 1, 1_000_000), ("seed", 0, 2**63 - 1), ("engine.workers", 1, 10_000)):
        text = own[name]
        if text and not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise Refusal(f"{name}: a whole number from {low:,} to {high:,} is needed, not '{text}'")
        numbers[name] = int(text) if text else None
    if own["compare.force"] not in ("true", "false"):
        raise Refusal(f"compare.force: true or false is needed, not '{own['compare.force']}'")
    options = [read_option(name) for name in own["scenarios"].strip("[] ").split(",") if name.strip()]
    try:
        outcomes = yaml.safe_load(own["outcomes"]) if own["outcomes"] else None
    except yaml.YAMLError:
        raise Refusal(f"outcomes={own['outcomes']}: the value was not understood; a list is needed") from None
    outcomes = [outcomes] if isinstance(outcomes, str) else outcomes
    engine = Engine(own["engine"], numbers["engine.workers"], own["engine.address"] or None)
    folder = own["compare.folder"] or None
    asked = Asked(options, rest, numbers["replicates"] or 1, outcomes, numbers["seed"] or 0, folder)
    return Line(asked, engine, own["compare.force"] == "true")


def result_lines(found: Comparison, most: int = 12) -> list[str]:
    """Return in words what differs, and how sure that is."""
    lines = []
    for option in found.options[1:]:
        rows = [r for r in found.rows if r["scenario"] == option.name and r["kind"] == "outcome"]
        lines.append(f"{option.name} against {found.options[0].name}, {rows[0]['replicates'] if rows else 0} lucks:")
        for row in rows[:most]:
            unit = f" {row['unit']}" if row["unit"] not in ("", "1") else ""
            lines.append(
                f"  {row['outcome']:<14} {row['mean']:.4g}, difference {row['difference']:+.4g} "
                f"({row['low']:.4g} to {row['high']:.4g}){unit}: {row['verdict']}"
            )
    if found.result.failed:
        failed = len(found.result.failed)
        lines.append(f"set aside: {failed} runs, named in manifest.json; the same command tries them again")
    return lines
