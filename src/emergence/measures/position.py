"""Who holds which position: partners, bridges, constraint, reach, and a role in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

EXACT, SAMPLED, SOURCES = 500, 20_000, 64  # firms up to which betweenness is exact, is sampled; sources
CONSTRAINT = 2_000  # firms up to which constraint is computed: it needs a matrix of firms by firms
HUB_SHARE, BROKER_SHARE, EDGE_SHARE = 0.05, 0.05, 0.10
BATCH = 2_000_000  # numbers held at once while paths are counted
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
        0 to 1 (an estimate can exceed 1).

    Notes
    -----
    Freeman 1977, sums over pairs of sigma(s, t | i) / sigma(s, t), divided by (n-1)(n-2)/2; computed by
    Brandes 2001 for many sources at once. Sampling: Brandes and Pich 2007. Ties count one step each.
    """
    n = joint.ptr.size - 1
    rows = np.arange(n) if sources is None else np.asarray(sources)
    total = np.zeros(n)
    if n < 3 or not rows.size:
        return total
    batch = max(1, min(BATCH // n, BATCH // max(joint.nbr.size, 1)))
    for first in range(0, rows.size, batch):
        total += _dependencies(joint, rows[first : first + batch])
    return total * n / rows.size / ((n - 1) * (n - 2))


def _dependencies(joint: Joint, sources: np.ndarray) -> np.ndarray:
    """Sum over sources of the dependency of each source on each firm, float64[firms]."""
    n, k = joint.ptr.size - 1, sources.size
    front = np.arange(k) * n + sources
    seen, sigma, mark = np.zeros(k * n, bool), np.zeros(k * n), np.zeros(k * n, np.int64)
    seen[front], sigma[front] = True, 1.0
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    while front.size:
        row = front % n
        degree = joint.ptr[row + 1] - joint.ptr[row]
        start = np.repeat(joint.ptr[row] - (np.cumsum(degree) - degree), degree)
        reached = np.repeat(front - row, degree) + joint.nbr[start + np.arange(start.size)]
        new = ~seen[reached]
        came, reached = np.repeat(front, degree)[new], reached[new]
        np.add.at(sigma, reached, sigma[came])
        mark[reached] = np.arange(reached.size)
        front = reached[mark[reached] == np.arange(reached.size)]
        seen[front] = True
        steps.append((came, reached))
    delta = np.zeros(k * n)
    for came, reached in reversed(steps):
        np.add.at(delta, came, sigma[came] / sigma[reached] * (1.0 + delta[reached]))
    delta[np.arange(k) * n + sources] = 0.0
    return delta.reshape(k, n).sum(axis=0)


def constraint(joint: Joint) -> np.ndarray:
    """Return Burt's constraint, float64[firms]; NaN for firms without partners.

    Notes
    -----
    c_i = sum_j (p_ij + sum_q p_iq p_qj)^2 over partners j, p_ij the share of i's strength that goes to j
    (Burt 1992). Low: partners who do not know each other; high: one partner, or all know each other.
    """
    n = joint.ptr.size - 1
    share = np.zeros((n, n))
    strength = np.bincount(joint.owner, joint.weight, n)
    total = np.repeat(np.where(strength > 0, strength, 1.0), joint.partners)
    share[joint.owner, joint.nbr] = joint.weight / total
    hold = (share + share @ share)[joint.owner, joint.nbr]
    found = np.bincount(joint.owner, hold**2, n)
    return np.where(joint.partners > 0, found, np.nan)


def reachable(joint: Joint) -> np.ndarray:
    """Return the share of the other firms that each firm can reach over ties, float64[firms]."""
    from emergence.kernels.shape import component_labels

    n = joint.ptr.size - 1
    if n < 2:
        return np.zeros(n)
    label = component_labels(joint.ptr.astype(np.int64), joint.nbr.astype(np.int32))
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
        Betweenness is exact up to 500 firms, estimated from 64 sources up to 20,000 and NaN above;
        constraint is NaN above 2,000.
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
        "constraint": constraint(joint) if n <= CONSTRAINT else np.full(n, np.nan),
        "reachable": reachable(joint),
        "size": network.size,
        "role": roles(joint.partners, between),
    }
    order = np.lexsort((network.uid, -np.nan_to_num(between), -joint.partners))
    frame = pd.DataFrame({name: column[order] for name, column in table.items()})
    if name_of is not None:
        frame.insert(1, "name", [name_of(int(uid)) for uid in frame["uid"]])
    return frame
