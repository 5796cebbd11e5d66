"""Who holds which position: partners, bridges, constraint, reach, and a role in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from emergence.measures.brokerage import constraint_and_size
from emergence.measures.graph import Graph
from emergence.measures.paths import betweenness_of

if TYPE_CHECKING:
    import pandas as pd

EXACT, SAMPLED, SOURCES = 2_000, 20_000, 64  # firms up to which betweenness is exact, is sampled; sources
HUB_SHARE, BROKER_SHARE, EDGE_SHARE = 0.05, 0.05, 0.10
SEED = 1430


class Network(Protocol):
    """What is needed of a network: `runs.Snapshot` has it."""

    @property
    def uid(self) -> np.ndarray:
        """Identity of each firm, int64[firms]."""

    @property
    def size(self) -> np.ndarray:
        """Monthly capacity of each firm, float64[firms], EUR/month."""

    @property
    def ties(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """By layer: uids of one side, of the other side, strengths."""


@dataclass(frozen=True)
class Joint:
    """All layers laid over each other: each pair of partners once, its strengths added.

    Attributes
    ----------
    ptr, nbr : int64[firms + 1], int64[half-edges]
        Partners of each firm by row.
    weight : float64[half-edges]
        Sum of strengths over the layers.
    ties : int64[firms]
        Ties over all layers (partners in two layers count two).
    """

    ptr: np.ndarray
    nbr: np.ndarray
    weight: np.ndarray
    ties: np.ndarray

    @property
    def partners(self) -> np.ndarray:
        """Return the number of different partners of each firm."""
        return np.diff(self.ptr)

    @property
    def graph(self) -> Graph:
        """The same as a graph, nodes named by row."""
        ptr, nbr = self.ptr.astype(np.int64), self.nbr.astype(np.int32)
        return Graph(ptr, nbr, self.weight, range(ptr.size - 1), False)

    @property
    def owner(self) -> np.ndarray:
        """Return the row that owns each half-edge."""
        return np.repeat(np.arange(self.ptr.size - 1), self.partners)


def joint_network(network: Network) -> Joint:
    """Lay all layers over each other; rows follow ``network.uid``."""
    n = network.uid.size
    order = np.argsort(network.uid)
    sides = [(a, b, w) for a, b, w in network.ties.values() if a.size]
    uids = [np.concatenate([s[k] for s in sides]) if sides else np.zeros(0, np.int64) for k in (0, 1)]
    weight = np.concatenate([s[2] for s in sides]).astype(float) if sides else np.zeros(0)
    a, b = (order[np.searchsorted(network.uid, u, sorter=order)] for u in uids)
    rows, partners = np.concatenate([a, b]), np.concatenate([b, a])
    ties = np.bincount(rows, minlength=n)
    code, at = np.unique(rows * np.int64(max(n, 1)) + partners, return_inverse=True)
    strength = np.bincount(at, np.concatenate([weight, weight]), code.size)
    ptr = np.searchsorted(code, np.arange(n + 1, dtype=np.int64) * max(n, 1))
    return Joint(ptr, code % max(n, 1), strength, ties)


def betweenness(joint: Joint, sources: np.ndarray | None = None) -> np.ndarray:
    """Return the share of shortest paths between others that run through each firm.

    Parameters
    ----------
    joint : Joint
    sources : ndarray of int, optional
        Rows from which paths are counted; all by default, otherwise an unbiased estimate.

    Returns
    -------
    float64[firms]
        0 to 1 (an estimate can exceed 1). See `measures.betweenness`.
    """
    return betweenness_of(joint.graph, sources)


def constraint(joint: Joint) -> np.ndarray:
    """Return Burt's constraint, float64[firms]; NaN for firms without partners. See `measures.burt_constraint`."""
    return constraint_and_size(joint.graph)[0]


def reachable(joint: Joint) -> np.ndarray:
    """Return the share of the other firms that each firm can reach over ties, float64[firms]."""
    n = joint.ptr.size - 1
    if n < 2:
        return np.zeros(n)
    label = joint.graph.labels
    return (np.bincount(label, minlength=n)[label] - 1.0) / (n - 1.0)


def roles(partners: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Return a role in plain words for each firm, object[firms].

    Parameters
    ----------
    partners : ndarray of int
    between : ndarray of float
        Betweenness; NaN where it was not computed (then nobody is called a broker).

    Notes
    -----
    Working definitions of this program, by rank within one network. Hub: among the 5% with most partners
    and at least a standard deviation above the mean. Broker: betweenness above the mean, and among the 5% highest in
    betweenness per pair of own partners, b / (k (k - 1)), of firms with at least two. At the edge: one
    partner, or among the 10% with fewest and with less than half the mean. Isolated: none.
    """
    k = np.asarray(partners, float)
    found = np.full(k.size, "in between", dtype=object)
    tied = k > 0
    if not tied.any():
        return np.full(k.size, "isolated", dtype=object)
    found[k <= max(1.0, min(_lowest(k[tied], EDGE_SHARE), k[tied].mean() / 2))] = "at the edge"
    hub = (k >= -_lowest(-k, HUB_SHARE)) & (k > k.mean()) & (k >= k.mean() + k.std())
    broker = _brokers(k, between)
    found[hub] = "hub"
    found[broker] = "broker"
    found[hub & broker] = "hub and broker"
    found[~tied] = "isolated"
    return found


def _lowest(values: np.ndarray, share: float) -> float:
    """Return the value up to which the lowest `share` of the values (at least one) lie."""
    return float(np.sort(values)[max(int(np.ceil(share * values.size)) - 1, 0)])


def _brokers(k: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Mark the firms that stand between others more than their partners alone would let expect."""
    if not np.isfinite(between).all() or not (k >= 2).any():
        return np.zeros(k.size, bool)
    ratio = np.where(k >= 2, between / np.maximum(k * (k - 1.0), 1.0), 0.0)
    cut = -_lowest(-ratio[k >= 2], BROKER_SHARE)
    return (between > between.mean()) & (ratio >= cut) & (k >= 2)


def positions(network: Network, name_of: Callable[[int], str] | None = None) -> pd.DataFrame:
    """Return a row a firm with its position, by partners (most first), then betweenness, then uid.

    Parameters
    ----------
    network : Network
        Such as ``result.snapshots[-1]``; all layers count, those that came with a file included.
    name_of : callable, optional
        ``result.name_of``; without it there is no column `name`.

    Returns
    -------
    DataFrame
        uid, name, partners, ties, strength, betweenness, constraint, reachable, size (EUR/month), role.
        Betweenness is exact up to 2,000 firms, estimated from 64 sources up to 20,000 and NaN above.
    """
    import pandas as pd

    joint = joint_network(network)
    n = network.uid.size
    between = np.full(n, np.nan)
    if n <= EXACT:
        between = betweenness(joint)
    elif n <= SAMPLED:
        between = betweenness(joint, np.random.default_rng(SEED).choice(n, SOURCES, replace=False))
    table = {
        "uid": network.uid,
        "partners": joint.partners,
        "ties": joint.ties,
        "strength": np.bincount(joint.owner, joint.weight, n),
        "betweenness": between,
        "constraint": constraint(joint),
        "reachable": reachable(joint),
        "size": network.size,
        "role": roles(joint.partners, between),
    }
    order = np.lexsort((network.uid, -np.nan_to_num(between), -joint.partners))
    frame = pd.DataFrame({name: column[order] for name, column in table.items()})
    if name_of is not None:
        frame.insert(1, "name", [name_of(int(uid)) for uid in frame["uid"]])
    return frame
