"""Measures that a config asks for: which, how often, and about whom.

To add your own, enter a function of the network into `OF_NETWORK` or of values into `OF_VALUES`; a
function of the whole world needs no more than `em.measure` and its name under ``output.measures``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from emergence.config import Taken
from emergence.errors import Refusal, nearest
from emergence.measures.monthly import MONTHLY
from emergence.schema import FIRMS, KINDS
from emergence.world import World

WORLD = {
    "network_health": "share of ties that are alive, times the share of firms that hang together",
    "engagement": "joint projects per firm",
    "satisfaction": "share of members who earn more by belonging than they pay",
    "net_promoter": "share of firms whose mean trust in partners is above .7, less that below .4",
    "network_return": "value of ties for each EUR that ties and fees cost",
    "cost_saved": "what joint purchasing saved",
}
UNITS = {"engagement": "per month", "cost_saved": "EUR/month"}  # all others are pure numbers
YEARLY, SAMPLE = 12, 64  # months between two looks at what costs much; sources of sampled paths


def _mean(values: Mapping[Any, float]) -> float:
    found = np.array(list(values.values()), float)
    return float(np.nanmean(found)) if np.isfinite(found).any() else float("nan")


def _network() -> dict[str, tuple[str, str, int, Callable[[Any], float]]]:
    from emergence import measures as m

    return {
        "density": ("1", "share of pairs that are tied", 1, m.density),
        "average_clustering": ("1", "mean local clustering", 1, m.average_clustering),
        "giant_share": ("1", "share of firms in the largest component", 1, m.giant_share),
        "assortativity": ("1", "correlation of partners' degrees", 1, m.assortativity),
        "constraint": ("1", "Burt's constraint, mean", 1, lambda g: _mean(m.burt_constraint(g))),
        "effective_size": ("partners", "effective size, mean", 1, lambda g: _mean(m.effective_size(g))),
        "core_share": ("1", "share of firms in the innermost core", 1, m.core_share),
        "structural_r": ("1", "robustness when hubs are taken out one by one", 1, m.schneider_r),
        "modularity": ("1", "modularity of the communities found", YEARLY, m.modularity),
        "communities": ("count", "communities found", YEARLY, lambda g: float(len(m.communities(g)))),
        "path_length": (
            "steps",
            "mean path between firms that reach each other",
            YEARLY,
            lambda g: m.mean_path_length(g, SAMPLE),
        ),
        "top_brokers": (
            "1",
            "share of the top 1% in betweenness",
            YEARLY,
            lambda g: m.top_share(m.betweenness(g, SAMPLE)),
        ),
        "small_world_omega": ("1", "small-world omega", YEARLY, m.small_world_omega),
        "degree_tail": ("1", "exponent of the tail of degrees", YEARLY, m.degree_tail),
    }


def _values() -> dict[str, tuple[str, str, int, Callable[[np.ndarray], float]]]:
    from emergence import measures as m

    return {
        "mean": ("", "mean", 1, lambda x: float(x.mean())),
        "sum": ("", "sum", 1, lambda x: float(x.sum())),
        "spread": ("", "standard deviation", 1, lambda x: float(x.std())),
        "gini": ("1", "Gini", 1, m.gini),
        "hhi": ("1", "Herfindahl-Hirschman index", 1, m.hhi),
        "top_share": ("1", "share that the largest 1% hold", 1, m.top_share),
    }


def known() -> dict[str, tuple[str, str, int]]:
    """Return unit, meaning and usual stride in months of every measure that can be asked for."""
    found = {name: (unit, meaning, every) for name, (unit, meaning, every, _) in _network().items()}
    for name, (unit, meaning, every, _) in _values().items():
        found[name] = (unit, f"{meaning} of a column (of=...)", every)
    found["dependence"] = ("1", "largest partner's share of revenue, mean", 1)
    found["power"] = ("1", "power over partners: their dependence less one's own, mean", 1)
    found["power_imbalance"] = ("1", "difference of partners' dependence on each other, mean over ties", 1)
    for name, meaning in WORLD.items():
        found[name] = (UNITS.get(name, "1"), meaning, 1)
    found["systemic"] = ("1", "share of all output that the worst single loss takes", YEARLY)
    return found


def column_name(taken: Taken) -> str:
    """Return the column of steps.parquet that a wish fills."""
    if taken.name:
        return taken.name
    parts = [taken.measure, taken.of, taken.layer.replace("all", "")]
    for what, value in (("sector", taken.sector), ("region", taken.region), ("group", taken.group)):
        parts += [] if value is None else [f"{what}{value}"]
    return "_".join(part for part in [*parts, taken.kind.replace("any", "")] if part)


def column_names(wishes: Sequence[Taken]) -> list[str]:
    """Return the columns that wishes fill, or refuse names that are taken or cannot be measured."""
    names: list[str] = []
    for k, taken in enumerate(wishes):
        where = f"output.also[{k}]"
        if taken.measure not in known():
            raise Refusal(f"{where}.measure: there is no measure '{taken.measure}': {nearest(taken.measure, known())}")
        columns = [c.name for c in FIRMS if c.width == 1 and c.name not in ("uid", "slot", "practice")]
        if taken.measure in _values() and taken.of not in columns:
            raise Refusal(f"{where}.of: '{taken.of}' is no column of firms: {nearest(taken.of, columns)}")
        if taken.measure not in _values() and taken.of:
            raise Refusal(f"{where}.of: {taken.measure} is a measure of the network and of no column; leave it out")
        name = column_name(taken)
        if name in MONTHLY or name in names:
            raise Refusal(f"{where}.name: there is a column '{name}' already; give this one another name")
        names.append(name)
    return names


def measure_taken(world: World, wishes: Sequence[Taken]) -> dict[str, float]:
    """Return what was asked for, NaN in a month in which it is not taken or where nobody is left.

    Parameters
    ----------
    world : World
    wishes : sequence of Taken
        What, how often and about whom; ties count where both ends belong to the chosen firms.
    """
    return {column_name(taken): _measure(world, taken) for taken in wishes}


def stride(taken: Taken) -> int:
    """Return the months between two looks: as set, else what the measure's cost suggests."""
    return taken.every or known()[taken.measure][2]


def _measure(world: World, taken: Taken) -> float:
    from emergence import measures as m

    among = _among(world, taken)
    if world.step % stride(taken) or not among.any():
        return float("nan")
    of_values = _values()
    if taken.measure in of_values:
        return float(of_values[taken.measure][3](world.firms.column(taken.of)[among].astype(float)))
    if taken.measure == "satisfaction":
        return m.satisfaction(world, among, taken.group)
    if taken.measure in WORLD:
        return float(getattr(m, taken.measure)(world, among=among))
    layer = None if taken.layer == "all" else taken.layer
    if taken.measure in ("dependence", "power", "systemic"):
        ways = {"dependence": m.dependence, "power": m.power, "systemic": lambda world, _: m.systemic_risk(world)}
        by_uid = ways[taken.measure](world, layer)
        chosen = {uid: by_uid[uid] for uid in world.firms.uid[among].tolist()}
        return max(chosen.values()) if taken.measure == "systemic" else _mean(chosen)
    # Rows of a graph are in the order of uids.
    keep = among[np.argsort(world.firms.uid, kind="stable")]
    if taken.measure == "power_imbalance":
        return m.power_imbalance(world, layer, keep)
    graph = m.as_graph(world, layer)
    return float(_network()[taken.measure][3](graph if keep.all() else graph.part(keep)))


def _among(world: World, taken: Taken) -> np.ndarray:
    """Mark the firms that the measure is about, bool[firms]."""
    firms = world.firms
    chosen = np.ones(world.size, bool)
    for name, value in (("sector", taken.sector), ("region", taken.region)):
        if value is not None:
            chosen &= firms.column(name) == value
    if taken.group is not None:
        members = world.memberships
        chosen &= np.isin(firms.uid, members.uid[members.gid == taken.group])
    if taken.kind != "any":
        chosen &= firms.kind == KINDS.index(taken.kind)
    return chosen
