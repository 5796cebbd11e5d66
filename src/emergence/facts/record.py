"""What the stylised facts need of one run: counted month by month after the world has settled, no more is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.build import make_simulation
from emergence.config import Settings
from emergence.facts.lives import LifeTable
from emergence.facts.structure import structure_of
from emergence.facts.watch import Months
from emergence.measures.graph import as_graph
from emergence.measures.shape import assortativity
from emergence.measures.systemic import systemic_risk
from emergence.schema import LAYERS, OPERATIONAL, STRATEGIC


@dataclass(frozen=True)
class Record:
    """One run, as far as the facts ask.

    Attributes
    ----------
    entrants : LifeTable
        Lives of firms founded during the run.
    spot, relational, alliances : LifeTable
        Lives of supply ties before and after they have a contract, and of strategic ties.
    failed : int
        Alliances that ended while one side had come to trust the other less than a stranger.
    sizes : float64[firms]
        Capacity at the end, EUR a month.
    growth : float64[pairs, 2]
        Capacity of a firm at the beginning and at the end of a year, EUR a month.
    degrees, alliance_degrees : int64[firms]
        Partners in supply, and in alliances, at the end.
    assortativity : float
        Of the supply network, directions left out.
    exposed, chosen : int64[months, degrees]
        Firms with each number of supply partners, and ends of the month's new supply ties at such firms.
    squares, triangles : float
        Closed squares and triangles of supply, in those of networks with the same in- and out-degrees.
    newcomers : (float, float, float)
        First alliances of firms that had none before; those with incumbents; those expected of blind choice.
    esri : float64[firms]
        Economic Systemic Risk Index.
    projects, successes : int64[bins]
        Joint projects, and those that succeeded, by cognitive distance in equal bins of [0, 1].
    """

    entrants: LifeTable
    spot: LifeTable
    relational: LifeTable
    alliances: LifeTable
    failed: int
    sizes: np.ndarray
    growth: np.ndarray
    degrees: np.ndarray
    alliance_degrees: np.ndarray
    assortativity: float
    exposed: np.ndarray
    chosen: np.ndarray
    squares: float
    triangles: float
    newcomers: tuple[float, float, float]
    esri: np.ndarray
    projects: np.ndarray
    successes: np.ndarray


def record(settings: Settings, settled: int) -> Record:
    """Run a world and write down what the facts ask.

    Parameters
    ----------
    settings : Settings
        With events on; `settings.steps` months are run.
    settled : int
        Months left out at the beginning.
    """
    simulation = make_simulation(settings)
    months = Months(simulation, settled)
    for _ in range(settings.steps):
        simulation.advance(measure=False)
        months.note()
    world = simulation.world
    supply = as_graph(world, LAYERS[OPERATIONAL])
    squares, triangles = structure_of(supply, settings.seed)
    risk = systemic_risk(world, production="leontief", substitution=True)
    return Record(
        **months.found(),
        sizes=world.firms.size.copy(),
        degrees=supply.degree,
        alliance_degrees=np.diff(world.ties[STRATEGIC].ptr),
        assortativity=assortativity(supply.symmetrised),
        squares=squares,
        triangles=triangles,
        esri=np.fromiter(risk.values(), float, len(risk)),
    )
