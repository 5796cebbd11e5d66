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
OPEN, VOTE = ADMISSIONS.index("open"), ADMISSIONS.index("vote")


def update_membership(state: State) -> None:
    """Let groups collect fees and pay for their governance; let firms join, leave or be expelled."""
    if not state.world.groups.count or not state.world.size:
        return
    collect(state)
    moves = [decide(state, row) for row in range(state.world.groups.count)]
    for gid, (joined, left) in zip(state.groups.gid, moves, strict=True):
        state.log("joined", state.firms.uid[joined], value=gid)
        state.log("left", state.firms.uid[left], value=gid)
    change(state, moves)


def decide(state: State, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the firms that join a group, and of those that leave it or are expelled."""
    belongs, settings, uid = state.membership(), state.rules.membership, state.firms.uid
    member = np.zeros(state.world.size, bool)
    member[belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]] = True
    units = fill_units(state.luck_of_group(JOIN, row), uid, 4)
    who = np.flatnonzero(member | (units[:, 0] < settings.joining))
    belongs_now, units = member[who], units[who]
    known, value = ties_inside(state, who, member)
    worth = usefulness(state, row, member, who, known, value)
    stays = units[:, 1] < 1.0 / (1.0 + np.exp(-np.clip(worth / settings.noise, -50, 50)))
    committed = follow_commitment(state, row, who, worth)
    admission = state.groups.admission[row]
    may = known > 0 if admission == VOTE else np.full(who.size, admission == OPEN)
    expelled = seen_cheating(state, row, who, units[:, 2])
    free = (uid[who] != state.groups.orchestrator[row]) & (uid[who] != state.groups.institute[row])
    goes = free & ~stays & (units[:, 3] < settings.leaving * (1.5 - committed))
    return who[~belongs_now & may & stays], who[belongs_now & (goes | expelled)]


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


def ties_inside(state: State, who: np.ndarray, member: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return number and value of the ties of some firms (rows) to members (bool[firms]), float64[k] each."""
    number, value, asks = np.zeros(member.size), np.zeros(member.size), np.zeros(member.size, bool)
    asks[who] = True
    for layer in state.acting:
        ties = state.ties(layer)
        state.each(add_ties_inside, asks, member, ties.ptr, ties.nbr, ties.value, number, value, work=ties.ptr)
    return number[who], value[who]


def usefulness(
    state: State, row: int, member: np.ndarray, who: np.ndarray, ties_in: np.ndarray, value: np.ndarray
) -> np.ndarray:
    """Return what belonging to a group is worth to some firms (rows; utility), from their ties to members."""
    firms, settings = state.firms, state.rules.membership
    ties_all = np.sum([np.diff(state.ties(layer).ptr) for layer in state.acting], axis=0)[who]
    centre = firms.purpose[member].mean(axis=0) if member.any() else np.full(firms.purpose.shape[1], 0.5)
    away = firms.purpose[who] - centre
    apart = np.minimum(1.0, 1.5 * np.sqrt(np.einsum("ij,ij->i", away, away) / away.shape[1]))
    share = np.divide(ties_in, ties_all, out=np.zeros(who.size), where=ties_all > 0)
    worth = settings.partners * share + settings.purpose * (1.0 - apart) + settings.benefit * value / firms.size[who]
    worth += settings.voice * (state.groups.deciding[row] == PARTICIPATORY)
    return worth - settings.dues * state.groups.fee[row] - settings.threshold


def seen_cheating(state: State, row: int, who: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Mark the firms whose opportunism of this month was seen and is paid for with membership."""
    groups = state.groups
    chance = state.rules.membership.expulsion * groups.sanctions[row] * groups.transparency[row] * groups.funded[row]
    return (state.firms.betrayals[who] > 0) & (unit < chance)


def follow_commitment(state: State, row: int, who: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Let the commitment of members follow what belonging is worth to them; return that of `who`, .5 for others."""
    members, belongs = state.memberships, state.membership()
    of = belongs.group == row
    place = np.empty(state.world.size, np.int64)
    place[who] = np.arange(who.size)
    at = place[belongs.firm[of]]
    aim = 1.0 / (1.0 + np.exp(-np.clip(worth[at], -50, 50)))
    members.commitment[of] += state.rules.membership.commitment * (aim - members.commitment[of])
    committed = np.full(who.size, 0.5)
    committed[at] = members.commitment[of]
    return committed


def change(state: State, moves: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Write who came to each group and who left it (rows) into the memberships."""
    world, firms = state.world, state.firms
    members, belongs = world.memberships, state.membership()
    keep = np.ones(members.count, bool)
    for row, (_, gone) in enumerate(moves):
        keep[(belongs.group == row) & np.isin(belongs.firm, gone)] = False
    number = int((~keep).sum())
    if number:
        members.keep(keep)
    world.count("left", number)
    for row, (rows, _) in enumerate(moves):
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
