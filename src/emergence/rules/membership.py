"""Groups: who joins, stays, leaves or is expelled, what it costs, and what the money pays for."""

from __future__ import annotations

import numpy as np

from emergence.kernels.groups import COVERS, INSTITUTE, LEAD, NOBODY, add_ties_inside
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.orchestration import PARTICIPATORY
from emergence.schema import ADMISSIONS

JOIN = stream("membership.join")
AT_ONCE = 32  # groups whose ties are counted in one pass, so that memory does not grow with their number
OPEN, VOTE = ADMISSIONS.index("open"), ADMISSIONS.index("vote")


def update_membership(state: State) -> None:
    """Let groups collect fees and pay for their governance; let firms join, leave or be expelled."""
    if not state.world.groups.count or not state.world.size:
        return
    collect(state)
    belongs, settings = state.membership(), state.rules.membership
    joined, left = [], []
    for row in range(state.world.groups.count):
        member = np.zeros(state.world.size, bool)
        member[belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]] = True
        if row % AT_ONCE == 0:
            inside = ties_inside(state, row)
        known = inside[0][:, row % AT_ONCE]
        worth = usefulness(state, row, member, known, inside[1][:, row % AT_ONCE])
        units = fill_units(state.luck_of_group(JOIN, row), state.firms.uid, 4)
        stays = units[:, 1] < 1.0 / (1.0 + np.exp(-np.clip(worth / settings.noise, -50, 50)))
        committed = follow_commitment(state, row, worth)
        admission = state.groups.admission[row]
        may = known > 0 if admission == VOTE else np.full(member.size, admission == OPEN)
        joined.append(np.flatnonzero(~member & may & stays & (units[:, 0] < settings.joining)))
        expelled = member & seen_cheating(state, row, units[:, 2])
        free = ~np.isin(state.firms.uid, [state.groups.orchestrator[row], state.groups.institute[row]])
        goes = free & ~stays & (units[:, 3] < settings.leaving * (1.5 - committed))
        left.append((member & goes) | expelled)
        state.log("left", state.firms.uid[left[-1]], value=state.groups.gid[row])
        state.log("joined", state.firms.uid[joined[-1]], value=state.groups.gid[row])
    change(state, joined, left)


def collect(state: State) -> None:
    """Take the fees, and pay for as much of the governance as the budget allows."""
    belongs, groups, firms = state.membership(), state.groups, state.firms
    group = np.repeat(np.arange(state.world.groups.count), np.diff(belongs.ptr))
    dues = groups.fee[group] * firms.size[belongs.rows]
    np.subtract.at(firms.cash, belongs.rows, dues)
    dues = np.bincount(group, dues, groups.budget.size)
    whole = np.bincount(group, firms.size[belongs.rows], groups.budget.size)
    lines = state.governance()[:-1]
    royalty = np.where(lines[:, LEAD] >= 0, groups.royalty * dues, 0.0)
    led = lines[:, LEAD] >= 0
    np.add.at(firms.cash, lines[led, LEAD].astype(np.int64), royalty[led])
    groups.budget[:] += dues - royalty
    effort = 0.5 * (groups.transparency + groups.sanctions) + groups.coordination * (lines[:, COVERS] > NOBODY)
    research = state.rules.research
    experiments = research.enabled * research.experiments * research.cost * (lines[:, INSTITUTE] >= 0)
    due = groups.monitoring * effort * whole + experiments
    paid = np.minimum(due, np.maximum(groups.budget, 0.0))
    groups.budget[:] -= paid
    groups.funded[:] = np.divide(paid, due, out=np.ones(due.size), where=due > 0)
    spent = float((groups.funded * experiments).sum())
    state.world.book("governance of groups", spent - float(paid.sum()))
    state.world.book("research of groups", -spent)
    state.world.count("royalties", float(royalty.sum()))


def ties_inside(state: State, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Return number and value of each firm's ties to members of the groups from row `first` on, float64[n, groups]."""
    shape = state.world.size, min(AT_ONCE, state.world.groups.count - first)
    number, value = np.zeros(shape), np.zeros(shape)
    for layer in state.acting:
        ties, belongs = state.ties(layer), state.membership()
        state.each(add_ties_inside, belongs.of, first, ties.ptr, ties.nbr, ties.value, number, value, work=ties.ptr)
    return number, value


def usefulness(state: State, row: int, member: np.ndarray, ties_in: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return for each firm what belonging to the group is worth to it (utility), from its ties to members."""
    firms, settings, n = state.firms, state.rules.membership, member.size
    ties_all = np.sum([np.diff(state.ties(layer).ptr) for layer in state.acting], axis=0)
    centre = firms.purpose[member].mean(axis=0) if member.any() else np.full(firms.purpose.shape[1], 0.5)
    away = firms.purpose - centre
    apart = np.minimum(1.0, 1.5 * np.sqrt(np.einsum("ij,ij->i", away, away) / away.shape[1]))
    share = np.divide(ties_in, ties_all, out=np.zeros(n), where=ties_all > 0)
    worth = settings.partners * share + settings.purpose * (1.0 - apart) + settings.benefit * value / firms.size
    worth += settings.voice * (state.groups.deciding[row] == PARTICIPATORY)
    return worth - settings.dues * state.groups.fee[row] - settings.threshold


def seen_cheating(state: State, row: int, unit: np.ndarray) -> np.ndarray:
    """Mark the firms whose opportunism of this month was seen and is paid for with membership."""
    groups = state.groups
    chance = state.rules.membership.expulsion * groups.sanctions[row] * groups.transparency[row] * groups.funded[row]
    return (state.firms.betrayals > 0) & (unit < chance)


def follow_commitment(state: State, row: int, worth: np.ndarray) -> np.ndarray:
    """Let the commitment of members follow what belonging is worth to them; return it by firm, .5 for others."""
    members, belongs = state.memberships, state.membership()
    of = belongs.group == row
    at = belongs.firm[of]
    aim = 1.0 / (1.0 + np.exp(-np.clip(worth[at], -50, 50)))
    members.commitment[of] += state.rules.membership.commitment * (aim - members.commitment[of])
    by_firm = np.full(worth.size, 0.5)
    by_firm[at] = members.commitment[of]
    return by_firm


def change(state: State, joined: list[np.ndarray], left: list[np.ndarray]) -> None:
    """Write who came and went into the memberships."""
    world, firms = state.world, state.firms
    members, belongs = world.memberships, state.membership()
    keep = np.ones(members.count, bool)
    for row, gone in enumerate(left):
        keep[(belongs.group == row) & gone[belongs.firm]] = False
    number = int((~keep).sum())
    if number:
        members.keep(keep)
    world.count("left", number)
    for row, rows in enumerate(joined):
        if rows.size:
            gid = np.full(rows.size, world.groups.gid[row])
            members.append(rows.size, uid=firms.uid[rows], gid=gid, joined=np.full(rows.size, state.step))
        world.count("joined", rows.size)


RULE = Rule(
    name="membership",
    phase="governance, sensing, steering",
    about="firms join groups where their partners are and leave those that bring less than they cost",
    source="club goods: Buchanan 1965; graduated sanctions: Ostrom 1990",
    moves=("members", "up"),
    reads=names("firms", ["uid", "size", "purpose", "betrayals"]) + names("ties", ["nbr", "value"]),
    writes=("firms.cash", "groups.budget", "groups.funded", "memberships", "memberships.commitment"),
    update=update_membership,
)
