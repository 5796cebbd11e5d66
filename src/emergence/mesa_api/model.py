"""The model as mesa users know it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mesa
import networkx as nx
import numpy as np

from emergence.build import make_simulation
from emergence.compose import compose
from emergence.config import Settings
from emergence.exchange import from_networkx, to_networkx
from emergence.measures.monthly import MONTHLY
from emergence.mesa_api.firm import Firm
from emergence.mesa_api.firmset import FirmSet
from emergence.step import Simulation
from emergence.tables import Table
from emergence.world import World

CONDITION_NAMES = ("diversity", "autonomy", "feedback", "adaptive_capacity", "shared_purpose")
ACTIVATIONS = ("synchronous", "random_sequential")


class EmergenceModel(mesa.Model):
    """A world of firms as a mesa model.

    Parameters
    ----------
    firms : int, optional
        Firms at the start; the scenario's number if left out.
    seed : int, optional
        Same seed, same run; drawn from the operating system if left out.
    scenario : str
        Name from the library.
    diversity, autonomy, feedback, adaptive_capacity, shared_purpose : float, optional
        The conditions, 0 to 1.
    overrides : sequence of str
        Any other keys, as on the command line: ``["rules.search.meetings=.1"]``.
    firm_class : type
        Subclass of `Firm`; if it has a ``step`` of its own, that is a phase after the rules.
    activation : {"synchronous", "random_sequential"}
        Order in which that phase calls the firms: by row, or shuffled by ``model.random``. The rules
        themselves always act on all firms at once.
    agent_reporters : mapping, optional
        For the data collector.
    rng : int, optional
        mesa's newer name for the seed.

    Attributes
    ----------
    columns : Table
        ``model.columns.cash`` is the column itself, float64[firms], EUR.
    """

    def __init__(
        self,
        firms: int | None = None,
        seed: int | None = None,
        scenario: str = "baseline",
        diversity: float | None = None,
        autonomy: float | None = None,
        feedback: float | None = None,
        adaptive_capacity: float | None = None,
        shared_purpose: float | None = None,
        overrides: Sequence[str] = (),
        firm_class: type[Firm] = Firm,
        activation: str = "synchronous",
        agent_reporters: Mapping[str, Any] | None = None,
        rng: int | None = None,
    ) -> None:
        seed = rng if seed is None else seed
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)
        given = locals()
        words = [f"scenario={scenario}", f"seed={int(seed)}", *([f"firms={firms}"] if firms is not None else [])]
        words += [f"conditions.{name}={given[name]}" for name in CONDITION_NAMES if given[name] is not None]
        simulation = make_simulation(compose([*words, *overrides]))
        self._start(simulation, firm_class, activation, agent_reporters)

    def _start(
        self,
        simulation: Simulation,
        firm_class: type[Firm] = Firm,
        activation: str = "synchronous",
        agent_reporters: Mapping[str, Any] | None = None,
    ) -> None:
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation: there is no '{activation}'; choose one of {', '.join(ACTIVATIONS)}")
        super().__init__(rng=simulation.settings.seed % 2**32)
        self.simulation = simulation
        self.firm_class, self.activation = firm_class, activation
        self._firms: dict[int, Firm] = {}
        self._binding: int | None = None
        self._row_cache: tuple[int, dict[int, int]] = (-1, {})
        self._set = FirmSet(self)
        # batch_run would lay a reporter named like the parameter "firms" over it.
        reporters = {"firms_alive" if name == "firms" else name: _reporter(name) for name in MONTHLY}
        self.datacollector = mesa.DataCollector(reporters, agent_reporters)
        if firm_class.__init__ is not Firm.__init__:
            # A subclass with a beginning of its own begins with the model, not when first looked at.
            list(self._set)

    @property
    def world(self) -> World:
        """The state behind the model."""
        return self.simulation.world

    @property
    def columns(self) -> Table:
        """The columns of the firms."""
        return self.world.firms

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.simulation.settings

    @property
    def G(self) -> nx.Graph:
        """The ties of all layers as a networkx graph over uids, made anew when asked for."""
        uid = self.columns.column("uid")
        graph = nx.Graph()
        graph.add_nodes_from(uid.tolist())
        for ties in self.world.ties:
            a, b, _ = ties.pairs()
            graph.add_edges_from(zip(uid[a].tolist(), uid[b].tolist(), strict=True))
        return graph

    @property
    def _rows(self) -> dict[int, int]:
        """Row by uid, made anew when firms have come or gone."""
        table = self.columns
        if self._row_cache[0] != table.version:
            self._row_cache = (table.version, {uid: row for row, uid in enumerate(table.column("uid").tolist())})
        return self._row_cache[1]

    def firm(self, uid: int) -> Firm:
        """Return the view of a firm by its uid; the same object every time."""
        found = self._firms.get(uid)
        if found is None:
            self._binding = uid
            found = self.firm_class(self)
        return found

    def firm_at(self, row: int) -> Firm:
        """Return the view of the firm in a row."""
        return self.firm(int(self.columns.column("uid")[row]))

    def _take_binding(self) -> int | None:
        uid, self._binding = self._binding, None
        return uid

    def _found(self, columns: Mapping[str, Any]) -> int:
        """Add a firm to the world and return its uid."""
        return self.simulation.found(columns)

    def _retire(self, uids: Iterable[int]) -> None:
        self.simulation.retire(list(uids))
        self._forget_dead()

    def _forget_dead(self) -> None:
        rows = self._rows
        if any(uid not in rows for uid in self._firms):
            self._firms = {uid: firm for uid, firm in self._firms.items() if uid in rows}

    @property
    def agents(self) -> Any:
        """All agents: the firms, and any others that were registered with the model."""
        if not self._others:
            return self._set
        both = list(self._set) + [agent for kind in self._others.values() for agent in kind]
        return mesa.agent.AgentSet(both, self.random)

    @agents.setter
    def agents(self, _: Any) -> None:
        raise AttributeError("model.agents cannot be set; firms enter by being made: Firm(model)")

    @property
    def _others(self) -> dict[type, Any]:
        return {kind: found for kind, found in getattr(self, "_agents_by_type", {}).items() if len(found)}

    @property
    def agents_by_type(self) -> dict[type, Any]:
        """The sets of agents by their class."""
        return {self.firm_class: self._set, **self._others}

    @property
    def agent_types(self) -> list[type]:
        """The classes of agents."""
        return list(self.agents_by_type)

    def remove_all_agents(self) -> None:
        """Take every firm and every other agent out of the model."""
        self._retire(self.columns.column("uid").tolist())
        super().remove_all_agents()

    def step(self) -> None:
        """Run one month: the rules, then the firms' own step if their class has one, then collect."""
        self.simulation.advance(1, measure=False)
        self._forget_dead()
        if self.firm_class.step is not Firm.step:
            if self.activation == "synchronous":
                self._set.do("step")
            else:
                self._set.shuffle_do("step")
            self._forget_dead()
        self.simulation.measure()
        self.datacollector.collect(self)

    def run(self, months: int) -> EmergenceModel:
        """Run so many months."""
        for _ in range(months):
            self.step()
        return self

    def explain(self) -> list[dict[str, Any]]:
        """Return the phases of a month, the firms' own step included."""
        rows = self.simulation.explain()
        if self.firm_class.step is not Firm.step:
            rows.append(
                {
                    "phase": "agents",
                    "rule": f"{self.firm_class.__name__}.step",
                    "on": True,
                    "about": (self.firm_class.step.__doc__ or "").strip().split("\n")[0],
                    "reads": ("anything",),
                    "writes": ("anything",),
                    "moves": ("", ""),
                    "source": f"activation: {self.activation}",
                }
            )
        return rows

    def to_networkx(self, layer: str | None = None) -> nx.Graph:
        """Return the network as it is: one layer, or all as a MultiGraph; see `exchange.to_networkx`."""
        return to_networkx(self.world, layer)

    @classmethod
    def from_networkx(
        cls,
        graph: nx.Graph,
        layer: str = "strategic",
        year: int | None = None,
        overrides: Sequence[str] = (),
        seed: int = 1,
        firm_class: type[Firm] = Firm,
        activation: str = "synchronous",
    ) -> EmergenceModel:
        """Make a model of a networkx graph; its attributes and checks are those of a file.

        Parameters
        ----------
        graph : networkx.Graph
            Directed or not, multi or not; see docs/how-to-networks.md for the attributes.
        layer : str
            Where ties without a layer belong.
        year : int, optional
            Which of several years.
        overrides : sequence of str
            Further keys, as on the command line.

        Raises
        ------
        Refusal
            With every fault under ``problems``.
        """
        settings = compose([f"seed={int(seed)}", *overrides])
        settings.network.kind, settings.network.layer, settings.network.year = "file", layer, year
        imported = from_networkx(graph, year=year, layer=layer)
        return cls._from(make_simulation(settings, imported=imported), firm_class, activation)

    def save(self, path: str | Path) -> None:
        """Write the state to one ``.npz`` file; attributes that agents hold for themselves are not in it."""
        self.simulation.save(path, random=self.random.getstate(), activation=self.activation)

    @classmethod
    def load(cls, path: str | Path, firm_class: type[Firm] = Firm) -> EmergenceModel:
        """Read a state written by `save`, or by a simulation; it goes on exactly as if it had never stopped."""
        simulation = Simulation.load(path)
        model = cls._from(simulation, firm_class, simulation.kept.get("activation", "synchronous"))
        if "random" in simulation.kept:
            version, words, gauss = simulation.kept["random"]
            model.random.setstate((version, tuple(words), gauss))
        for row in simulation.rows:
            for name, values in model.datacollector.model_vars.items():
                values.append(row["firms" if name == "firms_alive" else name])
        return model

    @classmethod
    def _from(cls, simulation: Simulation, *args: Any) -> EmergenceModel:
        model = cls.__new__(cls)
        with contextlib.suppress(AttributeError):
            # mesa 3.5 and newer prepare observables in __new__; older ones have nothing to do.
            model.steps = 0
        model._start(simulation, *args)
        model.steps = simulation.step
        return model


def _reporter(name: str) -> Any:
    def report(model: EmergenceModel) -> float:
        return model.simulation.rows[-1][name] if model.simulation.rows else float("nan")

    return report
