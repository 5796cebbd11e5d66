"""One run from settings to result: `em.run("firms=300", seed=7)`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence import store
from emergence.build import make_simulation
from emergence.compose import compose
from emergence.config import Settings
from emergence.errors import Refusal
from emergence.measures.groups import group_month
from emergence.step import Simulation
from emergence.twinning import DECOMPOSITION, OnMonth, Twins, changed, first_shock, named, parting, run_twins
from emergence.world import World

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Snapshot:
    """The network at one moment.

    Attributes
    ----------
    step : int
        Month.
    uid, sector, region, x, y, size : ndarray, one entry a firm
    ties : dict of int to (uid of one side, uid of the other, strength)
        By layer number.
    """

    step: int
    uid: np.ndarray
    sector: np.ndarray
    region: np.ndarray
    x: np.ndarray
    y: np.ndarray
    size: np.ndarray
    ties: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]

    @classmethod
    def of(cls, world: World) -> Snapshot:
        """Copy what a picture needs out of a world."""
        firms = world.firms
        ties = {}
        for layer, half in enumerate(world.ties):
            a, b, at = half.pairs()
            ties[layer] = (firms.uid[a], firms.uid[b], half.w[at].copy())
        names = ("uid", "sector", "region", "x", "y", "size")
        return cls(step=world.step, ties=ties, **{name: firms.column(name).copy() for name in names})


@dataclass
class Result:
    """What a run brought: tables as data frames, snapshots, and where it was written.

    Attributes
    ----------
    group_rows : list of dict
        A row a group and month, from month 0 on, see `measures.group_month`; none without groups.
    twins, spared : Twins or None
        What became of the same firms without the network, and without the shocks; `follow_twins` fills them.
    """

    simulation: Simulation
    snapshots: list[Snapshot] = field(default_factory=list)
    group_rows: list[dict[str, float]] = field(default_factory=list)
    film: list[Snapshot] = field(default_factory=list)
    twins: Twins | None = None
    spared: Twins | None = None
    seconds: float = 0.0
    folder: Path | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.simulation.settings

    @cached_property
    def steps(self) -> pd.DataFrame:
        """A row a month, a column a measure (see `measures.monthly.MONTHLY`)."""
        return _frame(store.steps_table(self.simulation))

    @cached_property
    def firms(self) -> pd.DataFrame:
        """A row a firm alive at the end."""
        return _frame(store.firms_table(self.simulation))

    @cached_property
    def ties(self) -> pd.DataFrame:
        """A row a tie at the end."""
        return _frame(store.ties_table(self.simulation))

    @cached_property
    def events(self) -> pd.DataFrame:
        """A row an event."""
        return _frame(store.events_table(self.simulation))

    @cached_property
    def groups(self) -> pd.DataFrame:
        """A row a group and month, from before the first month on (see `measures.group_month`)."""
        return _frame(_columns(self.group_rows))

    def name_of(self, uid: int) -> str:
        """Return a firm's name, alive or not."""
        return self.simulation.world.name_of(int(uid))


def _columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    whole = ("step", "gid", "members", "joined")
    names = rows[0] if rows else {}
    return {name: np.array([row[name] for row in rows], "int64" if name in whole else "float64") for name in names}


def _frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns)


def run(*overrides: str, **keys: Any) -> Result:
    """Run one scenario without a screen.

    Parameters
    ----------
    *overrides : str
        As on the command line, ``"firms=300"``.
    **keys
        Top-level keys, ``seed=7``.

    Returns
    -------
    Result

    Examples
    --------
    >>> result = run("firms=50", "steps=12", seed=7)  # doctest: +SKIP
    >>> result.steps["mean_degree"].iloc[-1]  # doctest: +SKIP
    """
    return run_settings(compose([*overrides, *(f"{key}={value}" for key, value in keys.items())]))


def run_settings(settings: Settings, on_month: Callable[[Simulation], None] | None = None) -> Result:
    """Run checked settings; takes snapshots at the start, in the middle and at the end."""
    began = time.perf_counter()
    simulation = make_simulation(settings)
    result = Result(simulation, [Snapshot.of(simulation.world)], group_month(simulation.world))
    moments = {settings.steps // 2, settings.steps} - {0}
    shown = film_months(settings)
    result.film = [result.snapshots[0]] if shown else []

    def after_month(simulation: Simulation) -> None:
        if simulation.step in moments | shown:
            snapshot = Snapshot.of(simulation.world)
            result.snapshots += [snapshot] * (simulation.step in moments)
            result.film += [snapshot] * (simulation.step in shown)
        if simulation.step % settings.output.every == 0:
            result.group_rows += group_month(simulation.world, settings.output.every)
        if on_month is not None:
            on_month(simulation)

    simulation.advance(settings.steps, after_month)
    result.seconds = time.perf_counter() - began
    return result


def follow_twins(result: Result, on_month: OnMonth = None) -> None:
    """Follow the twins of a run, as `twins.replicates` says: without the network, and without its shocks."""
    settings = result.settings
    if not twin_months(settings, result.simulation.world.founders):
        return
    number = settings.twins.replicates
    result.twins = run_twins(settings, named(DECOMPOSITION), number, on_month=on_month)
    month = first_shock(settings)
    if month is not None:
        result.spared = run_twins(settings, named(["unshocked", "placebo"]), number, month, on_month)


def twin_months(settings: Settings, firms: int) -> int:
    """Return how many months the twins of a run of so many firms take in all; 0 if none are followed.

    A single replicate is left out in a run larger than `twins.most`, and where there is no report to tell
    of it; more than one was asked for, and is followed.
    """
    if settings.twins.replicates <= 1 and (firms * settings.steps > settings.twins.most or not settings.output.report):
        return 0
    if not settings.steps:
        return 0
    alone, struck = settings.steps - parting(settings), first_shock(settings)
    months = settings.steps + len(DECOMPOSITION) * alone
    months += 0 if struck is None else settings.steps + 2 * (settings.steps - struck)
    return settings.twins.replicates * months


def twins(
    *overrides: str,
    names: Sequence[str] | str = DECOMPOSITION,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    replicates: int = 30,
    month: int | None = None,
    **keys: Any,
) -> Twins:
    """Follow runs and their twins: the same firms and luck, from one month on without one thing.

    Parameters
    ----------
    *overrides : str
        As on the command line, ``"firms=300"``.
    names : sequence of str
        Of ``twinning.TWINS``; by default those that split emergence into its parts.
    changes : mapping of str to mapping, optional
        Twins under other settings, by a name of your own: ``{"dear": {"rules.market.tie_cost": 0.01}}``.
    replicates : int
        Runs, each with luck of its own.
    month : int, optional
        They part after it; half way if left out.
    **keys
        Top-level keys, ``seed=7``.

    Returns
    -------
    Twins

    Examples
    --------
    >>> found = twins("firms=100", "steps=48", replicates=10)  # doctest: +SKIP
    >>> found.emergence(["value_gained"])  # doctest: +SKIP
    """
    settings = compose([*overrides, *(f"{key}={value}" for key, value in keys.items())])
    settings.twins.month = settings.twins.month if month is None else month
    chosen = named(names) + [changed(name, change) for name, change in (changes or {}).items()]
    return run_twins(settings, chosen, replicates)


def prepare_folder(settings: Settings) -> None:
    """Make the folder that runs go to, or refuse before anything is computed."""
    folder = Path(settings.output.folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Refusal(f"output.folder={folder}: cannot be written to ({why}); name a folder of yours") from None


def film_months(settings: Settings) -> set[int]:
    """Return the months of which the film shows a picture; none unless a film is asked for."""
    if settings.output.film == "none":
        return set()
    return {int(month) for month in np.linspace(0, settings.steps, settings.output.pictures).round()}


def write(result: Result, times: dict[str, Any] | None = None) -> Path:
    """Write the run folder (tables and manifest) and return its path."""
    settings = result.settings
    name = f"{safe_name(settings.scenario)}-{store.run_hash(settings)}"
    result.folder = Path(settings.output.folder) / name
    tables = {"twins": result.twins.table()} if result.twins else {}
    if result.group_rows:
        tables["groups"] = _columns(result.group_rows)
    if result.spared:
        tables["spared"] = result.spared.table()
    store.write_run(result.simulation, result.folder, {"seconds": result.seconds} | (times or {}), tables)
    return result.folder


def safe_name(text: str) -> str:
    """Return text that can be part of a file name whatever was in it."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in text)[:40] or "run"
