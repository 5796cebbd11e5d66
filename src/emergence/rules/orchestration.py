"""Orchestration: who leads a group, who researches for it, and the standard of those who lead.

What an orchestrator wants of ties acts in search and formation, what it eases in working together; both are in
`kernels.groups` and `kernels.pairs`. The network at large is a group that everyone belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels.groups import LEAD, STEERED
from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.rules.base import Rule, State, names
from emergence.schema import DECIDINGS, KINDS, MODELS
from emergence.world import World

BLUR = stream("orchestration.blur")
LED, RESEARCHED = (1 << MODELS.index(name) for name in ("hub_and_spoke", "open_innovation"))
OFFICES = ("orchestrator", "institute")
GONE = {"orchestrator": "leaderless", "institute": "unresearched"}  # columns: the month since which nobody has it
PARTICIPATORY = DECIDINGS.index("participatory")
RESEARCHER, BUSINESS = KINDS.index("institute"), KINDS.index("smb")


def update_orchestration(state: State) -> None:
    """Fill vacant offices and proclaim standards."""
    due = (state.step - 1) % state.rules.orchestration.review == 0
    for line, (groups, row, members) in orchestrated(state).items():
        fill_offices(state, groups, row, members)
        if due:
            proclaim(state, line, groups, row, members)


def orchestrated(state: State) -> dict[int, tuple[Any, int, np.ndarray]]:
    """Return the table, the row and the members' rows of every group that has models of orchestration, by its row.

    That of the network at large is -1.
    """
    belongs, found = state.membership(), {}
    for row in np.flatnonzero(state.groups.models).tolist():
        found[row] = state.groups, row, belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]
    if state.network.models[0]:
        found[-1] = state.network, 0, np.arange(state.world.size)
    return found


def offices(models: int, at_large: bool) -> list[str]:
    """Return which offices the models of orchestration ask for; the network at large is led by no firm."""
    wanted = (models & LED and not at_large, models & RESEARCHED)
    return [office for office, is_wanted in zip(OFFICES, wanted, strict=True) if is_wanted]


def choose(world: World, office: str, members: np.ndarray, participatory: bool, taken: int) -> int:
    """Return the uid of the member best fit for an office, -1 if there is none.

    The largest leads, or the best reputed where members decide together; the best skilled researches. Nobody has
    two offices: `taken` is the uid of the firm that has the other one, or -1.
    """
    firms = world.firms
    members = members[firms.uid[members] != taken]
    if not members.size:
        return -1
    if office == "institute":
        fitness = firms.skills[members].mean(axis=1, dtype=np.float64)
    else:
        fitness = firms.reputation[members] if participatory else firms.size[members]
    return int(firms.uid[members[np.lexsort((firms.uid[members], -fitness))[0]]])


def fill(world: World, groups: Any, row: int, office: str, members: np.ndarray, named: int = -1) -> int:
    """Give an office of a group to the firm named, or to the member best fit for it; return its uid, or -1."""
    other = OFFICES[1 - OFFICES.index(office)]
    taken = int(getattr(groups, other)[row])
    together = bool(groups.deciding[row] == PARTICIPATORY)
    uid = named if named >= 0 else choose(world, office, members, together, taken)
    getattr(groups, office)[row] = uid
    if office == "institute" and uid >= 0:
        world.firms.kind[world.rows_of([uid])[0]] = RESEARCHER
    return uid


def fill_offices(state: State, groups: Any, row: int, members: np.ndarray) -> None:
    """Note offices whose firm is gone, and fill each when its time of succession is over."""
    world = state.world
    for office in offices(int(groups.models[row]), groups is state.network):
        held, gone = getattr(groups, office), getattr(groups, GONE[office])
        if held[row] in world.firms.uid[members]:
            gone[row] = -1
            continue
        if gone[row] < 0:
            gone[row] = state.step
            dismiss(world, groups, row, office)
        if state.step - gone[row] >= state.rules.orchestration.succession:
            uid = fill(world, groups, row, office, members)
            if uid >= 0:
                gone[row] = -1
                state.log("appointed", uid, value=groups.gid[row])


def dismiss(world: World, groups: Any, row: int, office: str) -> None:
    """Take an office from a firm that is no member any more; a research institution is a business again."""
    at = world.rows_of(getattr(groups, office)[[row]])
    if office == "institute":
        world.firms.kind[at[at >= 0]] = BUSINESS
    getattr(groups, office)[row] = -1


def proclaim(state: State, line: int, groups: Any, row: int, members: np.ndarray) -> None:
    """Proclaim the practice that looks best through noise, where somebody leads; what research found goes before it."""
    settings, firms = state.rules.orchestration, state.firms
    led = groups.models[row] & LED and (line < 0 or groups.orchestrator[row] >= 0)
    if led and not groups.models[row] & RESEARCHED and members.size:
        units = fill_units(state.luck_of_group(BLUR, line), firms.uid[members], 2)
        seen = firms.z[members] + settings.blur * normals(units)[:, 0]
        groups.standard[row] = firms.practice[members[np.argmax(seen)]]


def standards(state: State) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard that is proclaimed to each firm, and the share of its copying that follows it.

    Of several groups the first counts, before the network at large.

    Returns
    -------
    uint64[firms], float64[firms]
    """
    world, firms, settings = state.world, state.world.firms, state.rules
    told, follow = np.zeros(world.size, np.uint64), np.zeros(world.size)
    steered = state.governance()[:, STEERED] > 0
    if steered[-1] and world.network.models[0] & (LED | RESEARCHED) and world.network.standard[0] > 0:
        told[:], follow[:] = world.network.standard[0], settings.innovation.standard
    belongs, groups = state.membership(), world.groups
    # What a firm proclaimed that leads no more is followed no more.
    proclaims = (groups.models & RESEARCHED > 0) | (state.governance()[:-1, LEAD] >= 0)
    proclaiming = steered[:-1] & proclaims & (groups.standard > 0)
    for row in np.flatnonzero(proclaiming)[::-1].tolist():
        members = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]
        told[members] = groups.standard[row]
        follow[members] = np.minimum(1.0, 2.0 * groups.follow[row] * (1.0 - firms.autonomy[members]))
    return told, follow


RULE = Rule(
    name="orchestration",
    phase="governance, sensing, steering",
    about="orchestrators bring firms together by their model, ease projects, and proclaim the practice that looks best",
    source="Dhanaraj and Parkhe 2006 (hubs); Porter 1985 (chain); Normann and Ramirez 1993 (constellation); "
    "voice: Hirschman 1970",
    moves=("max_degree", "up"),
    reads=names("firms", ["uid", "z", "practice", "size", "skills", "reputation", "autonomy"]),
    writes=names("groups", ["standard", *OFFICES, *GONE.values()])
    + names("network", ["standard", *OFFICES, *GONE.values()])
    + ("firms.kind",),
    update=update_orchestration,
)
