"""Health and engagement of a network, and what members think of their group."""

from __future__ import annotations

import numpy as np

from emergence.measures.monthly import joint_components
from emergence.world import World

STRONG, TRUSTED = 0.3, 0.5


def network_health(world: World, among: np.ndarray | None = None) -> float:
    """Return the share of ties that are alive, times the share of firms that hang together, 0 to 1.

    Parameters
    ----------
    world : World
    among : ndarray of bool [firms], optional
        Only these firms and the ties between them; all if left out.

    Notes
    -----
    A tie is alive if its strength is above .3 and trust is above .5 both ways (working definition of this
    program). All layers count; the largest component is that of all layers laid over each other. 0 without ties.
    """
    keep = np.ones(world.size, bool) if among is None else np.asarray(among, bool)
    alive, number, kept = 0, 0, []
    row = np.cumsum(keep) - 1
    for layer, ties in enumerate(world.ties):
        owner = ties.owner()
        inside = keep[owner] & keep[ties.nbr]
        trust = ties.trust()
        back = trust[world.mate(layer)] if ties.count else trust
        alive += int((inside & (ties.w > STRONG) & (trust > TRUSTED) & (back > TRUSTED)).sum())
        number += int(inside.sum())
        ptr = np.concatenate([[0], np.cumsum(np.bincount(owner[inside], minlength=world.size)[keep])])
        kept.append((ptr.astype(np.int64), row[ties.nbr[inside]].astype(np.int32)))
    if not number:
        return 0.0
    sizes = np.bincount(joint_components(kept))
    return alive / number * float(sizes.max()) / int(keep.sum())


def engagement(world: World, among: np.ndarray | None = None) -> float:
    """Return joint projects per firm in the last month, 0 or more; NaN for nobody."""
    projects = world.firms.projects if among is None else world.firms.projects[among]
    return float(projects.mean()) if projects.size else float("nan")


def satisfaction(world: World, among: np.ndarray | None = None, group: int | None = None) -> float:
    """Return the share of memberships whose firm earns more on ties to members than its fee, 0 to 1.

    Parameters
    ----------
    world : World
    among : ndarray of bool [firms], optional
        Only memberships of these firms.
    group : int, optional
        Only memberships in the group of this gid.

    Notes
    -----
    The outside option of leaving is to keep the fee and to lose what ties to members bring, as the ties keep
    it (EUR a month, smoothed; working definition of this program). NaN without members.
    """
    members, groups, firms = world.memberships, world.groups, world.firms
    if not members.count:
        return float("nan")
    rows = world.rows_of(members.uid)
    pleased, counted = 0, 0
    for gid, fee in zip(groups.gid, groups.fee, strict=True):
        if group is not None and gid != group:
            continue
        inside = np.zeros(world.size, bool)
        inside[rows[members.gid == gid]] = True
        value = np.zeros(world.size)
        for ties in world.ties:
            value += np.bincount(ties.owner(), ties.value * inside[ties.nbr], world.size)
        asked = inside if among is None else inside & among
        pleased += int((value > fee * firms.size)[asked].sum())
        counted += int(asked.sum())
    return pleased / counted if counted else float("nan")
