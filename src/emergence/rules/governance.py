"""Who belongs to which group, and the rules of the groups, as kernels take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emergence.config import Rules
from emergence.kernels import groups as of
from emergence.schema import DECIDINGS, MODELS, SHARINGS
from emergence.tables import Table
from emergence.world import World


@dataclass(frozen=True)
class Membership:
    """Who belongs to which group.

    Attributes
    ----------
    versions : (int, int, int)
        Of firms, memberships and groups when it was made.
    of : int32[firms, slots]
        Rows of the groups of each firm, ascending, -1 behind the last.
    ptr, rows : int64[groups + 1], int32[memberships]
        Members of each group, in the order of rows.
    firm, group : int64[memberships], int64[memberships]
        Rows of firm and group, in the order of the memberships.
    """

    versions: tuple[int, int, int]
    of: np.ndarray
    ptr: np.ndarray
    rows: np.ndarray
    firm: np.ndarray
    group: np.ndarray


def membership_of(world: World, versions: tuple[int, int, int]) -> Membership:
    """Return the memberships as arrays by row."""
    members, groups = world.memberships, world.groups
    firm = world.rows_of(members.uid)
    group = np.searchsorted(groups.gid, members.gid)
    # No firm belongs to a group twice, so one number orders both; a stable sort uses the order that is there.
    by_firm = np.argsort(firm * (groups.count + 1) + group, kind="stable")
    place = np.arange(firm.size) - np.searchsorted(firm[by_firm], firm[by_firm], "left")
    of = np.full((world.size, int(place.max(initial=-1)) + 1), -1, np.int32)
    of[firm[by_firm], place] = group[by_firm]
    by_group = np.argsort(group * (world.size + 1) + firm, kind="stable")
    ptr = np.searchsorted(group[by_group], np.arange(groups.count + 1)).astype(np.int64)
    return Membership(versions, of, ptr, firm[by_group].astype(np.int32), firm, group)


def set_network(world: World, rules: Rules) -> None:
    """Give the network at large, as the group that everyone belongs to, the rules that the settings say."""
    network, settings = world.network, rules.orchestration
    network.models[0] = bits_of(settings.models, MODELS)
    network.coordination[0] = settings.coordination
    network.sharing[0] = SHARINGS.index(rules.work.sharing)


def bits_of(chosen: Sequence[str], names: Sequence[str]) -> int:
    """Return the chosen names as bits, in the order of all names."""
    return sum(1 << bit for bit, name in enumerate(names) if name in chosen)


def governance_of(world: World, rules: Rules) -> np.ndarray:
    """Return the rules of the groups, float64[groups + 1, columns]; the last row is the network at large."""
    table = np.zeros((world.groups.count + 1, of.COLUMNS))
    table[:, of.LEAD] = table[:, of.INSTITUTE] = -1.0
    for lines, groups in ((table[:-1], world.groups), (table[-1:], world.network)):
        lines[:, of.SHARING] = groups.sharing
        lines[:, of.RESTRAINT] = 1.0 - groups.sanctions * groups.transparency * groups.funded
        lines[:, of.MENDING] = groups.mending * groups.funded
        lines[:, of.EVENTS] = groups.events
        lines[:, of.REMOTE] = groups.remote
        lines[:, of.PROTECTION] = groups.protection * groups.funded
        if rules.orchestration.enabled:
            for row in np.flatnonzero(groups.models).tolist():
                orchestrate(lines[row], groups, row, world, rules)
    return table


def orchestrate(line: np.ndarray, groups: Table, row: int, world: World, rules: Rules) -> None:
    """Write what the orchestrator of a group wants and eases into its line of the table.

    A hybrid's score is the mean of its models' scores; it coordinates whatever one of them does. Hub and spoke
    does nothing while nobody leads; an office leads the network at large.
    """
    settings = rules.orchestration
    for column, uid in ((of.LEAD, groups.orchestrator[row]), (of.INSTITUTE, groups.institute[row])):
        if uid >= 0:
            line[column] = world.rows_of([uid])[0]
    led = groups is world.network or line[of.LEAD] >= 0
    models = [name for bit, name in enumerate(MODELS) if groups.models[row] >> bit & 1]
    models = [name for name in models if led or name != "hub_and_spoke"]
    if not models:
        return
    share, covers = 1.0 / len(models), of.NOBODY
    line[of.STEERED], line[of.PARTICIPATORY] = 1.0, groups.deciding[row] == DECIDINGS.index("participatory")
    if "hub_and_spoke" in models:
        line[of.STANDING], line[of.WITH_LEAD] = share * settings.hub, share * settings.lead
        covers = of.ALL
    if "value_chain" in models:
        line[of.CHAIN] = share * settings.chain
        covers = max(covers, of.NEIGHBOURS)
    if "constellation" in models:
        line[of.CRAFTS] = share * settings.crafts
        covers = max(covers, of.DIFFERENT)
    if "open_innovation" in models:
        line[of.RESEARCH] = share * settings.research
    line[of.COVERS] = covers
    line[of.COORDINATION] = groups.coordination[row] * groups.funded[row]
