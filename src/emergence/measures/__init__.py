"""Measures: formula, unit, range and source of each; they read and never write.

Of a network (a networkx graph, a world, arrays or a matrix, see `as_graph`): density, average_clustering,
giant_share, core_share, reciprocity, assortativity, communities, modularity, mean_path_length,
small_world_omega, betweenness, burt_constraint, effective_size, schneider_r, removal_curve, degree_tail,
dependence, power, power_imbalance. Of values: gini, hhi, top_share, hill, fit_tail, kaplan_meier. Of matrices:
influence_vector, esri, shock. Of a world: systemic_risk, network_health, engagement, satisfaction, conduct,
group_month, value_by_kind, market_shares, largest_share, cost_saved, net_promoter, network_return, novelty,
diffusion_halftime. Of a run: platform_numbers. Of replicates and their twins: paired_interval, ratio_interval,
resilience, regained, platform_outcome. Of series: revenue_growth, early_warning, with warning_rate and false_alarms
against null runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emergence.measures.brokerage import burt_constraint, effective_size
    from emergence.measures.equity import dependence, gini, hhi, power, power_imbalance, top_share
    from emergence.measures.graph import Graph, as_graph
    from emergence.measures.groups import conduct, group_month
    from emergence.measures.health import engagement, network_health, satisfaction
    from emergence.measures.influence import influence_vector
    from emergence.measures.interval import paired_interval, ratio_interval
    from emergence.measures.kpis import (
        cost_saved,
        largest_share,
        market_shares,
        net_promoter,
        network_return,
        revenue_growth,
    )
    from emergence.measures.newness import diffusion_halftime, novelty
    from emergence.measures.paths import betweenness, mean_path_length, small_world_omega
    from emergence.measures.platform import PlatformOutcome, platform_numbers, platform_outcome
    from emergence.measures.recovery import Regained, Resilience, regained, resilience
    from emergence.measures.robustness import removal_curve, schneider_r
    from emergence.measures.shape import (
        assortativity,
        average_clustering,
        communities,
        core_share,
        density,
        giant_share,
        modularity,
        reciprocity,
    )
    from emergence.measures.survival import kaplan_meier
    from emergence.measures.systemic import esri, shock, systemic_risk
    from emergence.measures.tail import TailFit, degree_tail, fit_tail, hill
    from emergence.measures.values import value_by_kind
    from emergence.measures.warning import early_warning, false_alarms, warning_rate

# Looked up when asked for: numba takes longer to load than most measures take.
_HOMES = {
    "brokerage": ("burt_constraint", "effective_size"),
    "equity": ("dependence", "gini", "hhi", "power", "power_imbalance", "top_share"),
    "graph": ("Graph", "as_graph"),
    "groups": ("conduct", "group_month"),
    "health": ("engagement", "network_health", "satisfaction"),
    "influence": ("influence_vector",),
    "interval": ("paired_interval", "ratio_interval"),
    "kpis": ("cost_saved", "largest_share", "market_shares", "net_promoter", "network_return", "revenue_growth"),
    "newness": ("diffusion_halftime", "novelty"),
    "paths": ("betweenness", "mean_path_length", "small_world_omega"),
    "platform": ("PlatformOutcome", "platform_numbers", "platform_outcome"),
    "recovery": ("Regained", "Resilience", "regained", "resilience"),
    "robustness": ("removal_curve", "schneider_r"),
    "shape": (
        *("assortativity", "average_clustering", "communities", "core_share", "density", "giant_share"),
        *("modularity", "reciprocity"),
    ),
    "survival": ("kaplan_meier",),
    "systemic": ("esri", "shock", "systemic_risk"),
    "tail": ("TailFit", "degree_tail", "fit_tail", "hill"),
    "values": ("value_by_kind",),
    "warning": ("early_warning", "false_alarms", "warning_rate"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Graph",
    "PlatformOutcome",
    "Regained",
    "Resilience",
    "TailFit",
    "as_graph",
    "assortativity",
    "average_clustering",
    "betweenness",
    "burt_constraint",
    "communities",
    "conduct",
    "core_share",
    "cost_saved",
    "degree_tail",
    "density",
    "dependence",
    "diffusion_halftime",
    "early_warning",
    "effective_size",
    "engagement",
    "esri",
    "false_alarms",
    "fit_tail",
    "giant_share",
    "gini",
    "group_month",
    "hhi",
    "hill",
    "influence_vector",
    "kaplan_meier",
    "largest_share",
    "market_shares",
    "mean_path_length",
    "modularity",
    "net_promoter",
    "network_health",
    "network_return",
    "novelty",
    "paired_interval",
    "platform_numbers",
    "platform_outcome",
    "power",
    "power_imbalance",
    "ratio_interval",
    "reciprocity",
    "regained",
    "removal_curve",
    "resilience",
    "revenue_growth",
    "satisfaction",
    "schneider_r",
    "shock",
    "small_world_omega",
    "systemic_risk",
    "top_share",
    "value_by_kind",
    "warning_rate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'emergence.measures' has no attribute '{name}'")
    found = getattr(import_module(f"emergence.measures.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
