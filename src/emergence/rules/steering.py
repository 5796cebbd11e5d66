"""Steering: a group acts on what it saw at the review before, within its mandate and budget.

To add your own intervention, write ``act(state, row, members, seen)`` and enter it into `ACTS` under its
mandate, or into `WANTS` a function that returns the pairs it would tie; what it needs to see is in `sensing`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emergence.kernels.groups import EQUAL
from emergence.kernels.random import fill_units
from emergence.kernels.steering import detours, most_complementary, tied
from emergence.luck import stream
from emergence.rules import accounts
from emergence.rules.base import UNIT, Rule, State, names
from emergence.rules.formation import insert
from emergence.rules.sensing import (
    BACKUP,
    BRIDGE,
    FUND,
    PREPARE,
    PROTECT,
    PUBLISH,
    REBALANCE,
    Look,
    among,
    is_due,
    look,
    number_of_ties,
    watch,
)

ASK = stream("steering.ask")
NONE = np.zeros((0, 2), np.int64)  # pairs
ASKED = 1000  # members; comparing all with all would take hours in the largest groups


def update_steering(state: State) -> None:
    """Let every group whose review is due act on what it saw at the review before, and look again."""
    sensed = state.world.sensed
    for row in np.flatnonzero(state.groups.mandate).tolist():
        gid, mandate = int(state.groups.gid[row]), int(state.groups.mandate[row])
        belongs = state.membership()
        members = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]].astype(np.int64)
        if not members.size:
            sensed.pop(gid, None)
            continue
        if mandate & PREPARE:
            watch(state, row, members)
        if is_due(state, row):
            for mandates, act in ACTS.items():
                if mandate & mandates:
                    act(state, row, members, sensed.get(gid, {}))
            sensed[gid] = look(state, row, members)


def known(state: State, members: np.ndarray, uids: list[int]) -> np.ndarray:
    """Return the rows of firms that were seen and are still members, in the order in which they were seen."""
    rows = state.world.rows_of(uids)
    return rows[np.isin(rows, members)]


def fund(state: State, row: int, members: np.ndarray, seen: Look) -> None:
    """Bring members short of cash up to the need, the poorest first, as far as the budget goes."""
    firms, groups = state.firms, state.groups
    poor = known(state, members, seen.get("poor", []))
    gap = np.maximum(seen.get("need", 0.0) * firms.size[poor] - firms.cash[poor], 0.0)
    paid = np.minimum(gap, np.maximum(groups.budget[row] - (np.cumsum(gap) - gap), 0.0))
    given = paid > 0
    if not given.any():
        return
    firms.cash[poor] += paid
    accounts.note_fund(state, poor, paid)
    groups.budget[row] -= paid.sum()
    state.world.count("group_spending", float(paid.sum()))
    state.log("intervention", firms.uid[poor[given]], value=paid[given])


def connect(state: State, row: int, members: np.ndarray, seen: Look) -> None:
    """Make the ties that back-up and bridges want, in this order."""
    wanted = [WANTS[mandate](state, row, members, seen) for mandate in WANTS if state.groups.mandate[row] & mandate]
    broker(state, row, np.concatenate(wanted))


def back_up(state: State, row: int, members: np.ndarray, seen: Look) -> np.ndarray:
    """Return pairs, int64[k, 2]: partners of hubs and bottlenecks, then members with few ties and who adds most."""
    lonely = known(state, members, seen.get("lonely", []))[: affordable(state, row)]
    more = most_complementary(state.firms.skills, number_of_ties(state), lonely, asked(state, row, members))
    return np.concatenate([ways_round(state, members, seen), np.column_stack([lonely, more])])


def asked(state: State, row: int, members: np.ndarray) -> np.ndarray:
    """Return the members among whom partners are looked for: all, or so many drawn by luck, int64[k], ascending."""
    drawn = np.argsort(fill_units(state.luck_of_group(ASK, row), state.firms.uid[members], 1)[:, 0], kind="stable")[
        :ASKED
    ]
    return np.sort(members[drawn])


def ways_round(state: State, members: np.ndarray, seen: Look) -> np.ndarray:
    """Return pairs of partners of the hubs and bottlenecks that were seen, int64[k, 2]; bottlenecks first."""
    critical = known(state, members, list(dict.fromkeys([*seen.get("necks", []), *seen.get("hubs", [])])))
    if not critical.size:
        return NONE
    graph = among(state, members)
    return members[detours(graph.ptr, graph.nbr, np.searchsorted(members, critical))]


def bridge(state: State, row: int, members: np.ndarray, seen: Look) -> np.ndarray:
    """Return the largest member of each part that hangs apart beside the largest of the largest part, int64[k, 2].

    If all hang together, the same is done of communities, where they were seen to be far apart.
    """
    if "members" not in seen:
        return NONE
    at = state.world.rows_of(seen["members"])
    still = np.isin(at, members)
    for what in ("part", "community"):
        if what not in seen:
            return NONE
        label = np.array(seen[what])[still]
        if np.unique(label).size > 1:
            if what == "part" or seen["modularity"] > state.rules.steering.modular:
                return heads(label, at[still], state.firms.size)
            return NONE
    return NONE


def heads(label: np.ndarray, rows: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the largest firm of each label beside the largest of the most frequent one, int64[labels - 1, 2]."""
    order = np.lexsort((-size[rows], label))
    _, first, count = np.unique(label[order], return_index=True, return_counts=True)
    head, main = rows[order[first]], int(count.argmax())
    return np.column_stack([np.delete(head, main), np.full(head.size - 1, head[main])])


def affordable(state: State, row: int) -> int:
    """Return how many ties the budget pays for."""
    price = state.rules.steering.brokerage * UNIT
    return int(min(max(state.groups.budget[row], 0.0) // price, 2**31)) if price > 0 else 2**31


def broker(state: State, row: int, pairs: np.ndarray) -> None:
    """Make ties between pairs (rows) that have none, the first ones first, as far as the budget pays for them.

    In the strategic layer, if it acts; a pair may occur twice, and a firm beside itself is passed over.
    """
    layer, world = state.peers[-1], state.world
    wanted = np.sort(np.asarray(pairs, np.int64).reshape(-1, 2), axis=1)
    wanted = wanted[np.sort(np.unique(wanted, axis=0, return_index=True)[1])]
    a, b = wanted[wanted[:, 0] < wanted[:, 1]].T
    a, b = (side[~tied(world.ties[layer].ptr, world.ties[layer].nbr, a, b)].astype(np.int32) for side in (a, b))
    a, b = a[: affordable(state, row)], b[: affordable(state, row)]
    price = state.rules.steering.brokerage * UNIT
    if a.size and pay(state, row, price * a.size, "brokerage"):
        state.log("intervention", state.firms.uid[a], state.firms.uid[b], layer, price)
        insert(state, layer, a, b)


def pay(state: State, row: int, price: float, cause: str) -> bool:
    """Take a price out of the budget and of the model; tell whether there was enough."""
    if price > state.groups.budget[row]:
        return False
    state.groups.budget[row] -= price
    state.world.book(cause, -price)
    state.world.count("group_spending", price)
    return True


def change_rules(state: State, row: int, members: np.ndarray) -> bool:
    """Pay for a change of the group's rules, which costs a share of all members' capacity; tell whether it could."""
    price = state.rules.steering.ruling * float(state.firms.size[members].sum())
    if not pay(state, row, price, "changes of groups' rules"):
        return False
    state.log("intervention", -1, value=price)
    return True


def publish(state: State, row: int, members: np.ndarray, seen: Look) -> None:
    """Let members see more of each other's conduct where opportunism was frequent."""
    groups, settings = state.groups, state.rules.steering
    if (
        seen.get("cheating", 0.0) > settings.opportunism
        and groups.transparency[row] < 1
        and change_rules(state, row, members)
    ):
        groups.transparency[row] = min(1.0, groups.transparency[row] + settings.publishing)


def rebalance(state: State, row: int, members: np.ndarray, seen: Look) -> None:
    """Let members share joint value equally where some gained far more than others."""
    groups = state.groups
    unequal = seen.get("imbalance", 0.0) > state.rules.steering.imbalance
    if unequal and groups.sharing[row] != EQUAL and change_rules(state, row, members):
        groups.sharing[row] = EQUAL


def protect(state: State, row: int, members: np.ndarray, seen: Look) -> None:
    """Protect know-how better where much leaked or was hidden; what is protected more is monitored more."""
    groups, settings = state.groups, state.rules.steering
    if seen.get("lost", 0.0) > settings.lost and groups.protection[row] < 1 and change_rules(state, row, members):
        groups.protection[row] = min(1.0, groups.protection[row] + settings.protecting)
        groups.monitoring[row] *= 1.0 + settings.protecting


WANTS: dict[int, Callable[[State, int, np.ndarray, Look], np.ndarray]] = {BACKUP: back_up, BRIDGE: bridge}

ACTS: dict[int, Callable[[State, int, np.ndarray, Look], None]] = {
    FUND | PREPARE: fund,
    BACKUP | BRIDGE: connect,
    PUBLISH: publish,
    REBALANCE: rebalance,
    PROTECT: protect,
}

RULE = Rule(
    name="steering",
    phase="governance, sensing, steering",
    about="groups see members through delay and noise, and fund, bridge, back up, publish, rebalance, protect or "
    "prepare within their means",
    source="Provan and Kenis 2008 (network administration); Burt 1992 (bridges); Scheffer et al. 2009 (warnings)",
    moves=("group_spending", "up"),
    reads=names("firms", ["uid", "size", "revenue", "skills", "betrayals", "projects"])
    + names("ties", ["nbr", "w", "value"])
    + ("state.lost",),
    writes=("firms.cash", "firms.costs_due", "ties", "world.sensed")
    + names("groups", ["budget", "transparency", "sharing", "protection", "monitoring"]),
    update=update_steering,
)
