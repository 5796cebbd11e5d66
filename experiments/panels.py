"""What yearly snapshots of a network show of the lives of its ties.

A real panel and a simulated world are measured by the same functions, so a tie that forms and ends between two
snapshots is missed in both.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

Pair = tuple[Hashable, Hashable]


@dataclass(frozen=True)
class Panel:
    """Firms and ties, a snapshot a year.

    Attributes
    ----------
    firms : sequence of set
        Names of the firms that are there.
    ties : sequence of set of pair
        Each pair once, in a fixed order; both ends are among the firms.
    """

    firms: Sequence[set[Hashable]]
    ties: Sequence[set[Pair]]


def survival(panel: Panel, new: bool = False) -> np.ndarray:
    """Return the share of ties that are there in every snapshot of the 0, 1, 2, ... years after, float64[years].

    Pooled over all years from which so many more were observed; NaN where there is no such tie.

    Parameters
    ----------
    panel : Panel
    new : bool
        Only ties that were not there in the snapshot before; else all that are there.
    """
    years = len(panel.ties)
    begun, left = np.zeros(years), np.zeros(years)
    for first in range(new, years):
        alive = panel.ties[first] - (panel.ties[first - 1] if new else set())
        number = len(alive)
        for later in range(first, years):
            alive = alive & panel.ties[later]
            begun[later - first] += number
            left[later - first] += len(alive)
    return np.divide(left, begun, out=np.full(years, np.nan), where=begun > 0)


def degrees(panel: Panel, most: int = 6) -> np.ndarray:
    """Return the share of firms with 0, 1, ... ties (last: `most` or more), pooled over years, float64[most + 1]."""
    number = np.zeros(most + 1)
    for firms, ties in zip(panel.firms, panel.ties, strict=True):
        ends = [end for pair in ties for end in pair]
        held = np.array([ends.count(firm) for firm in firms])
        number += np.bincount(np.minimum(held, most), minlength=most + 1)
    return number / number.sum()


def yearly(panel: Panel) -> dict[str, np.ndarray]:
    """Return for each year ties per firm, and for each but the first what formed and what was gone, float64[years].

    `formed` is per firm and year, `gone` the share of the ties of the year before; NaN in the first year.
    """
    firms, ties = panel.firms, panel.ties
    formed, gone = np.full((2, len(ties)), np.nan)
    for year in range(1, len(ties)):
        formed[year] = len(ties[year] - ties[year - 1]) / len(firms[year])
        gone[year] = pooled([ties[year - 1] - ties[year]], [ties[year - 1]])
    per_firm = np.array([2 * len(t) / len(f) for f, t in zip(firms, ties, strict=True)])
    return {"ties_per_firm": per_firm, "formed": formed, "gone": gone}


def summary(panel: Panel) -> dict[str, float]:
    """Return one number for each thing compared, pooled over years; see docs/irish-boards.md."""
    import networkx as nx

    from emergence.measures import average_clustering

    firms, ties = panel.firms, panel.ties
    years = range(1, len(ties))
    stayed = [{p for p in ties[y - 1] if p[0] in firms[y] and p[1] in firms[y]} for y in years]
    fresh = [ties[y] - ties[y - 1] for y in years]
    known = [set().union(*ties[:y]) for y in years]
    old = [ties[y - 1] & ties[y] for y in years]
    later = ties[2:]
    clustered = []
    for nodes, pairs in zip(firms, ties, strict=True):
        graph = nx.Graph(list(pairs))
        graph.add_nodes_from(nodes)
        clustered.append(average_clustering(graph))
    lives, new_lives, held = survival(panel), survival(panel, new=True), degrees(panel)
    return {
        "ties_per_firm": float(np.mean(yearly(panel)["ties_per_firm"])),
        "last_over_first": yearly(panel)["ties_per_firm"][-1] / yearly(panel)["ties_per_firm"][0],
        "formed": sum(map(len, fresh)) / sum(len(firms[y]) for y in years),
        "gone": pooled([ties[y - 1] - ties[y] for y in years], ties[:-1]),
        "gone_though_both_stayed": pooled([s - ties[y] for s, y in zip(stayed, years, strict=True)], stayed),
        "gone_new": pooled([f - t for f, t in zip(fresh, later, strict=False)], fresh[:-1]),
        "gone_old": pooled([o - t for o, t in zip(old, later, strict=False)], old[:-1]),
        "firms_gone": pooled([firms[y - 1] - firms[y] for y in years], firms[:-1]),
        "repeated": pooled([f & k for f, k in zip(fresh, known, strict=True)][1:], fresh[1:]),
        "alone": float(held[0]),
        "many": float(held[5:].sum()),
        "clustering": float(np.mean(clustered)),
        **{f"survive_{k}": float(lives[k]) for k in (1, 2, 3, 5) if k < len(ties)},
        **{f"survive_new_{k}": float(new_lives[k]) for k in (1, 2, 3, 5) if k < len(ties)},
    }


def pooled(parts: Sequence[set], wholes: Sequence[set]) -> float:
    """Return the sizes of parts over those of the wholes, all years together; NaN of nothing."""
    whole = sum(map(len, wholes))
    return sum(map(len, parts)) / whole if whole else float("nan")
