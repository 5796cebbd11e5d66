"""Steering: a group looks at its members through delay and noise, and helps within its mandate and budget."""

from __future__ import annotations

import numpy as np

from emergence import luck
from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.measures.monthly import joint_components
from emergence.rules import accounts
from emergence.rules.base import UNIT, Rule, State, names
from emergence.rules.formation import insert
from emergence.rules.membership import MOST_GROUPS
from emergence.schema import MANDATES

SENSE = stream("steering.sense")
FUND, BRIDGE, BACKUP, PUBLISH = (1 << MANDATES.index(name) for name in ("fund", "bridge", "backup", "publish"))


def update_steering(state: State) -> None:
    """Let every group whose review is due act on what it saw at the review before, and look again."""
    settings = state.rules.steering
    if not state.world.groups.count or (state.step - 1) % settings.review:
        return
    for row in np.flatnonzero(state.groups.mandate).tolist():
        belongs = state.membership()
        members = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]].astype(np.int64)
        seen = state.world.sensed.get(int(state.groups.gid[row]), {})
        mandate = int(state.groups.mandate[row])
        if mandate & FUND:
            fund(state, row, known(state, members, seen.get("poor", [])))
        if mandate & BACKUP:
            back_up(state, row, members, known(state, members, seen.get("lonely", [])))
        if mandate & BRIDGE:
            bridge(state, row, members, seen.get("part", {}))
        if mandate & PUBLISH and seen.get("cheating", 0.0) > settings.opportunism:
            publish(state, row)
        state.world.sensed[int(state.groups.gid[row])] = sense(state, row, members)


def known(state: State, members: np.ndarray, uids: list[int]) -> np.ndarray:
    """Return the rows of firms that were seen and are still members, in the order in which they were seen."""
    rows = state.world.rows_of(uids)
    return rows[np.isin(rows, members)]


def sense(state: State, row: int, members: np.ndarray) -> dict[str, object]:
    """Return what the group sees now: who is short of cash, who has few ties, who hangs together, who cheats.

    Cash and ties are seen through noise, in standard deviations among members.
    """
    settings, firms, world = state.rules.steering, state.firms, state.world
    key = luck.key(world.seed, SENSE, state.step * MOST_GROUPS + row)
    noise = normals(fill_units(key, firms.uid[members], 4))
    cash = firms.cash[members] / firms.size[members]
    ties = sum(np.diff(state.ties(layer).ptr)[members] for layer in state.acting)
    seen_cash = cash + settings.noise * noise[:, 0] * (cash.std() if cash.size else 0.0)
    seen_ties = ties + settings.noise * noise[:, 1] * (np.std(ties) if members.size else 0.0)
    poor = members[np.argsort(seen_cash, kind="stable")][: np.count_nonzero(seen_cash < settings.need)]
    lonely = members[np.argsort(seen_ties, kind="stable")][: np.count_nonzero(seen_ties < settings.few)]
    labels = joint_components([(state.ties(layer).ptr, state.ties(layer).nbr) for layer in state.acting])
    worked = max(int(firms.projects[members].sum()), 1)
    return {
        "poor": firms.uid[poor].tolist(),
        "lonely": firms.uid[lonely].tolist(),
        "part": {int(uid): int(label) for uid, label in zip(firms.uid[members], labels[members], strict=True)},
        "cheating": float(firms.betrayals[members].sum()) / worked,
    }


def fund(state: State, row: int, poor: np.ndarray) -> None:
    """Bring members short of cash up to the need, the poorest first, as far as the budget goes."""
    firms, groups = state.firms, state.groups
    gap = np.maximum(state.rules.steering.need * firms.size[poor] - firms.cash[poor], 0.0)
    paid = np.minimum(gap, np.maximum(groups.budget[row] - (np.cumsum(gap) - gap), 0.0))
    given = paid > 0
    if not given.any():
        return
    firms.cash[poor] += paid
    accounts.note_fund(state, poor, paid)
    groups.budget[row] -= paid.sum()
    state.world.count("group_spending", float(paid.sum()))
    state.log("intervention", firms.uid[poor[given]], value=paid[given])


def back_up(state: State, row: int, members: np.ndarray, lonely: np.ndarray) -> None:
    """Tie members with few ties to the members whose skills complement theirs most."""
    pairs = []
    skills = state.firms.skills.astype(np.float64)
    for one in lonely:
        more = np.maximum(skills[members] - skills[one], 0.0).sum(axis=1)
        more[members == one] = -1.0
        pairs.append((int(one), int(members[np.argmax(more)])))
    broker(state, row, pairs)


def bridge(state: State, row: int, members: np.ndarray, part: dict[int, int]) -> None:
    """Tie the largest member of each part of the network that hangs apart to the largest of the largest part."""
    uid, size = state.firms.uid[members], state.firms.size[members]
    label = np.array([part.get(int(one), -1) for one in uid])
    names_of, count = np.unique(label[label >= 0], return_counts=True)
    if names_of.size < 2:
        return
    heads = {int(name): int(members[label == name][np.argmax(size[label == name])]) for name in names_of}
    main = int(names_of[np.argmax(count)])
    broker(state, row, [(head, heads[main]) for name, head in heads.items() if name != main])


def broker(state: State, row: int, pairs: list[tuple[int, int]]) -> None:
    """Make ties between pairs that have none, in the last acting layer, as far as the budget pays for them."""
    layer, world, groups = state.acting[-1], state.world, state.groups
    price = state.rules.steering.brokerage * UNIT
    wanted = sorted({(min(a, b), max(a, b)) for a, b in pairs if a != b})
    ties = world.ties[layer]
    new = [(a, b) for a, b in wanted if b not in ties.nbr[ties.ptr[a] : ties.ptr[a + 1]]]
    new = new[: int(max(groups.budget[row], 0.0) // price) if price > 0 else len(new)]
    if not new:
        return
    groups.budget[row] -= price * len(new)
    world.book("brokerage", -price * len(new))
    world.count("group_spending", price * len(new))
    a, b = (np.array(side, np.int32) for side in zip(*new, strict=True))
    state.log("intervention", state.firms.uid[a], state.firms.uid[b], layer, price)
    insert(state, layer, a, b)


def publish(state: State, row: int) -> None:
    """Let members see more of each other's conduct from now on."""
    groups, settings = state.groups, state.rules.steering
    groups.transparency[row] = min(1.0, groups.transparency[row] + settings.publishing)
    state.log("intervention", -1, value=groups.transparency[row])


RULE = Rule(
    name="steering",
    phase="governance, sensing, steering",
    about="groups see members through delay and noise, and fund, bridge, back up or publish within their means",
    source="Provan and Kenis 2008 (network administration); Burt 1992 (bridges)",
    moves=("group_spending", "up"),
    reads=names("firms", ["uid", "size", "skills", "betrayals", "projects"]) + ("ties.nbr",),
    writes=("firms.cash", "firms.costs_due", "ties", "groups.budget", "groups.transparency", "world.sensed"),
    update=update_steering,
)
