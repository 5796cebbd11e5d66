"""What a group is month by month: members, money, and how its members work with each other and with others."""

from __future__ import annotations

import numpy as np

from emergence.kernels.work import BOTH_CHEAT, CHEATS, NONE, SUCCESS
from emergence.world import World

OUTCOMES = 6  # codes of kernels.work
RULES = ("transparency", "sanctions", "protection", "fee")  # that can change on the way


def conduct(world: World, among: np.ndarray) -> dict[str, float]:
    """Return how last month's joint projects among some firms went, against those on all other ties.

    Parameters
    ----------
    world : World
    among : ndarray of bool [firms]
        Such as the members of a group.

    Returns
    -------
    dict of str to float
        Counts a month, 0 or more: projects, successes (for both sides) and opportunistic acts (a project can see
        two) on ties among these firms, and the same on all other ties as other_projects, other_successes and
        other_acts.

    Notes
    -----
    Ties that were broken in the month, and those of firms that ended, have left with their outcomes. Working
    definition of this program.
    """
    keep = np.asarray(among, bool)
    inside, whole = np.zeros(OUTCOMES), np.zeros(OUTCOMES)
    for ties in world.ties:
        both = keep[ties.owner()] & keep[ties.nbr]
        whole += np.bincount(ties.outcome, minlength=OUTCOMES)
        inside += np.bincount(ties.outcome[both], minlength=OUTCOMES)
    return _told(inside, "") | _told(whole - inside, "other_")


def _told(codes: np.ndarray, prefix: str) -> dict[str, float]:
    """Return counts by name from half-edges by code, of which each tie has two."""
    counts = {
        "projects": (codes.sum() - codes[NONE]) / 2.0,
        "successes": codes[SUCCESS] / 2.0,
        "acts": codes[CHEATS] + codes[BOTH_CHEAT],
    }
    return {prefix + name: float(value) for name, value in counts.items()}


def group_month(world: World, months: int = 1) -> list[dict[str, float]]:
    """Return a row a group after a month.

    Parameters
    ----------
    world : World
    months : int
        Who came in so many last months counts as joined.

    Returns
    -------
    list of dict of str to float
        step (month), gid, members (count), joined (count: members who came), budget (EUR at the end of
        the month), funded (share of its governance that was paid for, 0 to 1), its rules as they stand (see `RULES`;
        sharing as a code of `schema.SHARINGS`), uids of the firm that leads and of the research institution (-1
        none), and what `conduct` counts.
    """
    groups, members = world.groups, world.memberships
    rows, found = world.rows_of(members.uid), []
    for at, gid in enumerate(groups.gid.tolist()):
        own = members.gid == gid
        inside = np.zeros(world.size, bool)
        inside[rows[own]] = True
        row = {"step": float(world.step), "gid": float(gid), "members": float(own.sum())}
        row["joined"] = float((own & (members.joined > world.step - months) & (members.joined > 0)).sum())
        row |= {name: float(groups.column(name)[at]) for name in ("budget", "funded", *RULES)}
        row |= {name: int(groups.column(name)[at]) for name in ("sharing", "orchestrator", "institute")}
        found.append(row | conduct(world, inside))
    return found
