"""Twins: the same firms and the same luck, from one month on without one thing.

To add your own twin, write a function that changes a branch of the run and enter it into `TWINS`; a twin
under other settings needs no function, only its changes.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence import luck
from emergence.build import branch_with, make_simulation
from emergence.config import Settings, Shock, put
from emergence.errors import Refusal, nearest
from emergence.kernels.rewiring import ALIKE, rewire_pairs
from emergence.measures.emergence import OUTCOMES, emergence_table, outcome_of
from emergence.measures.interval import paired_interval
from emergence.rules.environment import BY_UID
from emergence.rules.steering import BACKUP, BRIDGE
from emergence.schema import BUYS, LAYERS, OPERATIONAL
from emergence.step import Simulation

if TYPE_CHECKING:
    import pandas as pd

REWIRE = luck.stream("twins.rewire")
MEDIAN = luck.stream("twins.median")
REPLICATE = luck.stream("twins.replicate")
ROUNDS = 10  # swaps attempted per tie
NET = "net"
OnMonth = Callable[[Simulation], None] | None


@dataclass(frozen=True)
class Twin:
    """What is different in a twin.

    Parameters
    ----------
    name, about : str
    change : callable
        ``change(simulation, flows)`` is given a branch at the month of parting and returns what goes on from
        there; `flows` is what the run itself went on to do: counters such as ``formed.strategic``, summed over
        the compared months.
    """

    name: str
    about: str
    change: Callable[[Simulation, Mapping[str, float]], Simulation]


def isolate(simulation: Simulation, _: Mapping[str, float]) -> Simulation:
    """Take all ties out, for good."""
    for ties in simulation.world.ties:
        ties.drop(np.arange(ties.count))
    return freeze(simulation, _)


def hold(simulation: Simulation, key: str, value: float | bool) -> None:
    """Set a parameter of a rule in a twin for good: policies that would change it set the same value."""
    put(simulation.rules, key, value)
    timeline = simulation.settings.timeline
    simulation.settings.timeline = [replace(one, value=value) if one.key == f"rules.{key}" else one for one in timeline]


def freeze(simulation: Simulation, _: Mapping[str, float]) -> Simulation:
    """Let no tie form and none be broken; ties still end with their firms, and entrants get none."""
    for rule in ("search", "formation", "dissolution"):
        hold(simulation, f"{rule}.enabled", False)
    simulation.world.groups.mandate[:] &= np.uint32(~(BRIDGE | BACKUP) & 0xFFFFFFFF)  # nor does a group broker any
    return simulation


def rewire(simulation: Simulation, _: Mapping[str, float]) -> Simulation:
    """Exchange partners at random, layer by layer; every firm keeps its number of ties, then all is frozen.

    Ties of a pair in several layers are parted, so what is lost includes the overlap of layers.
    """
    world = simulation.world
    for layer, ties in enumerate(world.ties):
        if not ties.number:
            continue
        a, b, at = ties.pairs()
        back = world.mate(layer, at)
        sides = {name: (ties.column(name)[at], ties.column(name)[back]) for name in ties.spec if name != "nbr"}
        which = luck.key(world.seed, REWIRE, world.step * len(LAYERS) + layer)
        # A supplier stays one: ties that lead one way only exchange their buyers.
        if layer == OPERATIONAL:
            turn = np.flatnonzero(ties.role[at] == BUYS)
            for u, v in ((a, b), *sides.values()):
                u[turn], v[turn] = v[turn], u[turn]
        one_way = layer == OPERATIONAL
        # Who needs an input still gets it from somebody who makes it.
        kind = world.firms.sector[a].astype(np.int64) if one_way else ALIKE
        rounds = ROUNDS * (np.unique(kind).size if one_way else 1)
        a, b = rewire_pairs(which, a.astype(np.int32), b.astype(np.int32), world.size, rounds, not one_way, kind)
        ties.drop(np.arange(ties.count))
        ties.insert(a, b, **sides)
    return freeze(simulation, _)


def maintain_at_random(simulation: Simulation, flows: Mapping[str, float]) -> Simulation:
    """Let ties form and break as often as in the run, but whoever it concerns and whatever came of them.

    Limits of attention do not bind, and strength follows the reference success; whom firms meet is left as it is.
    """
    hold(simulation, "formation.choice", False)
    hold(simulation, "dissolution.choice", False)
    hold(simulation, "strengthening.feedback", 0.0)
    for layer in simulation.settings.layers:
        met, held = flows.get(f"met.{layer}", 0.0), flows.get(f"held.{layer}", 0.0)
        accepted = flows.get(f"formed.{layer}", 0.0) / met if met else 0.0
        broken = flows.get(f"broken.{layer}", 0.0) / held if held else 0.0
        hold(simulation, f"formation.{layer}.blind", min(accepted, 1.0))
        hold(simulation, f"dissolution.{layer}", min(broken, 1.0))
    return simulation


def spare(simulation: Simulation, _: Mapping[str, float]) -> Simulation:
    """Let no dated shock strike any more."""
    done = simulation.step
    simulation.settings.timeline = [shock for shock in simulation.settings.timeline if shock.month <= done]
    return simulation


def strike_the_median(simulation: Simulation, _: Mapping[str, float]) -> Simulation:
    """Instead of the dated shocks, remove one random firm of the middle tenth of sizes next month."""
    spare(simulation, _)
    firms = simulation.world.firms
    if not firms.count:
        return simulation
    order = np.argsort(firms.size, kind="stable")
    middle = order[int(0.45 * order.size) : max(int(0.55 * order.size), int(0.45 * order.size) + 1)]
    rng = luck.generator(simulation.world.seed, MEDIAN, simulation.step)
    target = f"{BY_UID}{int(firms.uid[rng.choice(middle)])}"
    shock = Shock(month=simulation.step + 1, kind="removal", target=target, count=1)
    simulation.settings.timeline = [*simulation.settings.timeline, shock]
    return simulation


TWINS: dict[str, Twin] = {
    twin.name: twin
    for twin in (
        Twin("random_maintenance", "ties form and break as often, but by chance", maintain_at_random),
        Twin("frozen", "no tie forms, none is broken; those of dead firms are lost", freeze),
        Twin("rewired", "partners exchanged at random, then frozen", rewire),
        Twin("isolated", "no ties at all", isolate),
        Twin("unshocked", "without the dated shocks", spare),
        Twin("placebo", "one random median firm removed instead of the shocks", strike_the_median),
    )
}
DECOMPOSITION = ("random_maintenance", "frozen", "rewired", "isolated")


@dataclass
class Twins:
    """The monthly course of runs and of their twins, paired by luck.

    Attributes
    ----------
    month : int
        The twins part after this month.
    seeds : list of int
        One a replicate.
    series : dict of twin to dict of measure to float64[replicates, months]
        ``net`` is the run itself; the months are those after `month`.
    """

    month: int
    seeds: list[int] = field(default_factory=list)
    series: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, seed: int, rows: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
        """Add one replicate: rows of measures by twin."""
        self.seeds.append(seed)
        for twin, months in rows.items():
            names = months[0] if months else {}
            found = {name: np.array([[row[name] for row in months]]) for name in names}
            before = self.series.get(twin)
            self.series[twin] = {k: np.concatenate([before[k], v]) if before else v for k, v in found.items()}

    @property
    def names(self) -> list[str]:
        """Return the twins that were followed, the run itself (``net``) first."""
        return list(self.series)

    def values(self, outcome: str) -> dict[str, np.ndarray]:
        """Return an outcome by twin, float64[replicates]; see `measures.emergence.OUTCOMES`."""
        measure = outcome_of(outcome).measure
        return {
            twin: np.array([measure({k: v[r] for k, v in series.items()}) for r in range(len(self.seeds))])
            for twin, series in self.series.items()
        }

    def difference(self, outcome: str, twin: str, against: str = NET) -> tuple[float, float, float]:
        """Return mean and 95% bootstrap interval of (`against` less `twin`), paired; NaN ends for one replicate."""
        values = self.values(outcome)
        for name in (twin, against):
            if name not in values:
                raise Refusal(f"no twin '{name}' was followed: {nearest(name, values)}")
        return paired_interval(values[against] - values[twin])

    def emergence(self, outcomes: Sequence[str] = tuple(OUTCOMES)) -> pd.DataFrame:
        """Return what the network brought over isolation, by outcome and part, with 95% intervals."""
        import pandas as pd

        return pd.DataFrame(emergence_table({name: self.values(name) for name in outcomes}))

    def table(self, outcomes: Sequence[str] = tuple(OUTCOMES)) -> dict[str, np.ndarray]:
        """Return columns replicate, seed, twin and the outcomes, a row a replicate and twin."""
        number, twins = len(self.seeds), self.names
        columns: dict[str, np.ndarray] = {
            "replicate": np.tile(np.arange(number), len(twins)),
            "seed": np.tile(np.array(self.seeds, np.int64), len(twins)),
            "twin": np.repeat(np.array(twins, dtype=object), number),
        }
        for name in outcomes:
            values = self.values(name)
            columns[name] = np.concatenate([values[twin] for twin in twins])
        return columns


def replicate_seed(seed: int, replicate: int) -> int:
    """Return the seed of a replicate: the run's own for the first, then functions of it."""
    return seed if replicate == 0 else int(luck.key(seed, REPLICATE, replicate)) >> 1


def follow(simulation: Simulation, months: int, on_month: OnMonth = None) -> list[dict[str, float]]:
    """Run a branch on its own and return a row of measures a month."""
    output = simulation.settings.output
    output.events, output.every = False, 1
    simulation.world.begin_counts()
    return simulation.advance(months, on_month).rows


def follow_all(
    at: Simulation, months: int, twins: Sequence[Twin], on_month: OnMonth = None
) -> dict[str, list[dict[str, float]]]:
    """Return the rows of measures of a run from here on, and of each twin.

    Parameters
    ----------
    at : Simulation
        Where they part; it is left as it is.
    months : int
    twins : sequence of Twin
    on_month : callable, optional
        Called after every month of every twin.
    """
    run = at.branch()
    rows = {NET: follow(run, months, on_month)}
    flows = {name: total - at.world.totals.get(name, 0.0) for name, total in run.world.totals.items()}
    timeline = as_struck(at.settings.timeline, run.world.struck)
    for twin in twins:
        branch = twin.change(at.branch({"timeline": timeline}), flows)
        rows[twin.name] = follow(branch, months, on_month)
    return rows


def as_struck(timeline: Sequence[Shock], struck: Mapping[tuple[int, int], Sequence[int]]) -> list[Shock]:
    """Return a timeline in which shocks aimed at places or offices name the firms that they struck in the run itself.

    Otherwise hubs would be other firms in a twin whose ties differ, and its luck another.
    """
    found, place = [], Counter[int]()
    for shock in timeline:
        uids = struck.get((shock.month, place[shock.month]))
        place[shock.month] += 1
        if shock.target in ("degree", "betweenness", "orchestrator") and uids is not None:
            shock = replace(shock, target=BY_UID + ",".join(map(str, uids)), sector=None, region=None)
        found.append(shock)
    return found


def changed(name: str, changes: Mapping[str, Any]) -> Twin:
    """Return a twin that goes on under other settings: keys below ``rules`` or ``conditions``, or ``timeline``."""

    about = ", ".join(f"{key}={value}" for key, value in changes.items())
    return Twin(name, about, lambda simulation, _: branch_with(simulation, changes))


def named(names: Sequence[str] | str) -> list[Twin]:
    """Return the twins behind names (or one name), or refuse with the nearest."""
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in TWINS:
            raise Refusal(f"there is no twin '{name}': {nearest(name, TWINS)}")
    return [TWINS[name] for name in names]


def parting(settings: Settings) -> int:
    """Return the month after which twins part: as set, else half way."""
    month = settings.twins.month
    if month is None:
        return settings.steps // 2
    if not 0 <= month < settings.steps:
        raise Refusal(f"twins.month: {month} leaves nothing to compare; 0 to {settings.steps - 1} is needed")
    return month


def run_twins(
    settings: Settings,
    twins: Sequence[Twin],
    replicates: int = 30,
    month: int | None = None,
    on_month: OnMonth = None,
) -> Twins:
    """Follow runs and their twins, each replicate with luck of its own.

    Parameters
    ----------
    settings : Settings
    twins : sequence of Twin
    replicates : int
        How many.
    month : int, optional
        They part after it; as `parting` says if left out.
    on_month : callable, optional
        Called after every month of every twin.
    """
    month = parting(settings) if month is None else month
    names = [NET, *(twin.name for twin in twins)]
    for name, times in Counter(names).items():
        if times > 1:
            raise Refusal(f"there is a twin '{name}' already; give this one another name")
    if replicates < 1:
        raise Refusal(f"replicates={replicates}: at least 1 is needed")
    found = Twins(month)
    for number in range(replicates):
        own = copy.deepcopy(settings)
        own.seed = replicate_seed(settings.seed, number)
        own.output.events = False
        at = make_simulation(own).advance(month, on_month, measure=False)
        found.add(own.seed, follow_all(at, settings.steps - month, twins, on_month))
    return found


def first_shock(settings: Settings) -> int | None:
    """Return the month before the first shock strikes, None without one that strikes in time."""
    months = [shock.month for shock in settings.timeline if 1 <= shock.month <= settings.steps]
    return min(months) - 1 if months else None
