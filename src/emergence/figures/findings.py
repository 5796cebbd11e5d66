"""What figures and words both need from a run, computed once."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emergence.measures.position import SAMPLED, positions
from emergence.measures.recovery import Resilience, resilience
from emergence.measures.survival import Survival, firm_survival, tie_lives
from emergence.schema import LAYERS

if TYPE_CHECKING:
    import pandas as pd

    from emergence.network_io import ImportedNetwork
    from emergence.runs import Result, Snapshot

NOTES_UP_TO = 20_000_000  # bytes: a larger file is not read a second time for its notes


class Findings:
    """A result and what follows from it.

    Parameters
    ----------
    result : Result
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.settings = result.settings

    @property
    def title(self) -> str:
        """What was run: the scenario, or the name of the user's own file."""
        network = self.settings.network
        if network.kind == "file" and network.ties and not network.ties.startswith("data:"):
            year = f", {network.year}" if network.year else ""
            return f"{Path(network.ties).name}{year}"
        return self.settings.scenario

    @property
    def start(self) -> Snapshot:
        """The network before the first month."""
        return self.result.snapshots[0]

    @property
    def end(self) -> Snapshot:
        """The network after the last month."""
        return self.result.snapshots[-1]

    @cached_property
    def moments(self) -> list[Snapshot]:
        """The snapshots, each month once: start, middle, end."""
        return list({one.step: one for one in self.result.snapshots}.values())

    @property
    def acting(self) -> list[int]:
        """Layers on which the rules act."""
        return [LAYERS.index(layer) for layer in self.settings.layers]

    @cached_property
    def carried(self) -> list[int]:
        """Layers that came with the network and on which no rule acts."""
        return [k for k, ties in self.start.ties.items() if ties[0].size and k not in self.acting]

    @cached_property
    def imported(self) -> ImportedNetwork | None:
        """The user's file as it was read, None without one or if it can no longer be read."""
        from emergence.build import read_file
        from emergence.config import find_data
        from emergence.errors import Refusal

        network = self.settings.network
        if network.kind != "file" or network.ties is None:
            return None
        try:
            small = find_data(network.ties).stat().st_size <= NOTES_UP_TO
            return read_file(self.settings) if small else None
        except (OSError, Refusal):
            return None

    @property
    def named(self) -> bool:
        """Whether firms came with names of their own."""
        return bool(self.result.simulation.world.labels)

    def drawn(self, attribute: str) -> bool:
        """Return whether an attribute (sector, region, x, y, size) was drawn rather than read."""
        if self.settings.network.kind != "file":
            return False
        if self.imported is None:
            return True
        values = self.imported.attributes.get(attribute)
        return values is None or all(v is None or v != v for v in values)

    def name(self, uid: int) -> str:
        """Return a firm's name."""
        return self.result.name_of(int(uid))

    @cached_property
    def end_positions(self) -> pd.DataFrame:
        """A row a firm at the end; names up to 20,000 firms."""
        return self._positions(self.end)

    @cached_property
    def start_positions(self) -> pd.DataFrame:
        """A row a firm at the start; names up to 20,000 firms."""
        return self._positions(self.start)

    def _positions(self, moment: Snapshot) -> pd.DataFrame:
        return positions(moment, self.name if moment.uid.size <= SAMPLED else None)

    @cached_property
    def entrants(self) -> Survival:
        """How long firms founded during the run lived."""
        return firm_survival(self.result.events, self.end.step)

    @cached_property
    def tie_lives(self) -> dict[str, Survival]:
        """How long ties formed during the run lasted, by layer."""
        return tie_lives(self.result.events, self.end.step)

    @cached_property
    def resilience(self) -> Resilience | None:
        """What the shocks took from output against spared twins; None without shocks, twins or output."""
        spared = self.result.spared
        if spared is None:
            return None
        shocked, unshocked, placebo = (spared.series[name]["output"] for name in ("net", "unshocked", "placebo"))
        return resilience(shocked, unshocked, placebo) if (unshocked.sum(axis=0) > 0).all() else None

    @cached_property
    def ends(self) -> Counter[str]:
        """How many firms left, by the kind of event."""
        events = self.result.events
        kind = events["kind"].to_numpy()[(events["a"].to_numpy() >= 0)]
        return Counter(str(k) for k in kind[np.isin(kind, ("exit", "default", "shock"))])

    def per_year(self, measure: str, first: int | None = None, last: int | None = None) -> tuple[float, float]:
        """Return (rate per 100 firms and year, total counted) of a monthly measure over some months."""
        steps = self.result.steps
        month = steps["step"]
        rows = steps[(month > (first or 0)) & (month <= (self.end.step if last is None else last))]
        # Counts are sums since the last measured month, so each measured month stands for several.
        firms = float(rows["firms"].sum()) * self.settings.output.every
        total = float(rows[measure].sum())
        return (1200.0 * total / firms if firms else 0.0), total
