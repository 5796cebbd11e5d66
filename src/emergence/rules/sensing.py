"""Sensing: what a group sees of its members, through noise; what it does about it is in `steering`.

To add your own, write ``see(state, row, members, seen) -> dict`` of what JSON can hold, and enter it into
`SIGHTS` under the mandates that need it: a group looks at what it may act upon, and at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emergence.kernels.random import fill_units
from emergence.luck import normals, stream
from emergence.measures.community import communities, modularity
from emergence.measures.equity import gini
from emergence.measures.graph import Graph, clean_rows
from emergence.measures.monthly import joint_components
from emergence.measures.paths import betweenness_of, pivots
from emergence.measures.warning import early_warning
from emergence.rules.base import State
from emergence.rules.orchestration import PARTICIPATORY
from emergence.schema import MANDATES

FUND, BRIDGE, BACKUP, PUBLISH, REBALANCE, PROTECT, PREPARE, BARGAIN = (1 << bit for bit in range(len(MANDATES)))
NOISE = {name: stream(f"sensing.{name}") for name in ("cash", "ties", "paths", "gains", "conduct", "lost", "sales")}
SOURCES = 256  # members from which paths are counted; all of them in smaller groups
STEPS = 10**5  # steps along ties that counting paths may take, so that fewer sources serve in the largest groups
Look = dict[str, Any]


def look(state: State, row: int, members: np.ndarray) -> Look:
    """Return what a group sees now.

    Parameters
    ----------
    state : State
    row : int
        Row of the group.
    members : int64[m]
        Rows of its members.

    Returns
    -------
    dict
        What JSON can hold, as it is saved; firms by uid. See the sights below for its keys.
    """
    series = state.world.sensed.get(int(state.groups.gid[row]), {}).get("series", [])
    seen: Look = {"series": series, "warned": warns(state, series)}
    for mandates, see in SIGHTS.items():
        if int(state.groups.mandate[row]) & mandates:
            seen |= see(state, row, members, seen)
    return seen


def blurred(state: State, row: int, members: np.ndarray, what: str, values: np.ndarray) -> np.ndarray:
    """Return values of members as the group sees them, float64[m]: with noise in their standard deviations.

    Where members decide together their errors cancel out: the noise falls with the root of their number.
    """
    noise = state.rules.steering.noise / np.sqrt(members.size if decides_together(state, row) else 1)
    error = normals(fill_units(state.luck_of_group(NOISE[what], row), state.firms.uid[members], 2))[:, 0]
    return values + noise * values.std() * error


def decides_together(state: State, row: int) -> bool:
    """Tell whether the members of a group decide together."""
    return bool(state.world.groups.deciding[row] == PARTICIPATORY)


def is_due(state: State, row: int) -> bool:
    """Tell whether a group looks and acts this month; members who decide together take twice as long."""
    return (state.step - 1) % (state.rules.steering.review * (1 + decides_together(state, row))) == 0


def watch(state: State, row: int, members: np.ndarray) -> None:
    """Note the month's sales of members as a share of capacity, and keep as many months as a warning needs."""
    firms, sensed, gid = state.firms, state.world.sensed, int(state.groups.gid[row])
    sales = blurred(state, row, members, "sales", firms.revenue[members] / firms.size[members])
    seen = sensed.get(gid, {})
    series = [*seen.get("series", []), float(sales.mean())][-state.rules.steering.window :]
    sensed[gid] = seen | {"series": series}


def warns(state: State, series: list[float]) -> bool:
    """Tell whether a series slows down: mean tau of variance and of lag-1 autocorrelation above the alarm."""
    settings = state.rules.steering
    if len(series) < settings.window:
        return False
    found = early_warning(series)
    return 0.5 * (found.variance + found.autocorrelation) > settings.alarm


def see_need(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See who is short of cash: ``poor``, the poorest first, and the ``need`` they fall short of (months)."""
    settings, firms = state.rules.steering, state.firms
    need = settings.cushion if seen["warned"] else settings.need
    cash = blurred(state, row, members, "cash", firms.cash[members] / firms.size[members])
    acts = int(state.groups.mandate[row]) & FUND or seen["warned"]
    poor = lowest(cash, need) if acts else np.zeros(0, np.int64)
    return {"need": need, "poor": firms.uid[members[poor]].tolist()}


def see_frailty(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See who has few ties (``lonely``), who has many (``hubs``), and on whom paths between members run (``necks``).

    Many means above the mean by `critical` standard deviations; those furthest above come first.
    """
    settings, uid = state.rules.steering, state.firms.uid[members]
    ties = blurred(state, row, members, "ties", number_of_ties(state)[members].astype(np.float64))
    graph = among(state, members)
    number = min(SOURCES, max(STEPS // max(graph.nbr.size, 1), 4))
    sources = pivots(graph.number, number, state.world.seed)
    paths = blurred(state, row, members, "paths", betweenness_of(graph, sources))
    return {
        "lonely": uid[lowest(ties, settings.few)].tolist(),
        "hubs": uid[outstanding(ties, settings.critical)].tolist(),
        "necks": uid[outstanding(paths, settings.critical)].tolist(),
    }


def lowest(values: np.ndarray, bound: float) -> np.ndarray:
    """Return the places of values below a bound, the lowest first, int64[k]."""
    below = np.flatnonzero(values < bound)
    return below[np.argsort(values[below], kind="stable")]


def outstanding(values: np.ndarray, deviations: float) -> np.ndarray:
    """Return the places of values above their mean by so many standard deviations, the highest first, int64[k]."""
    return lowest(-values, -(values.mean() + deviations * values.std()))


def see_parts(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See what hangs together: ``part`` of each of the ``members``; if all hang together, also communities.

    These are the ``community`` of each, and the ``modularity``.
    """
    labels = joint_components([(state.ties(layer).ptr, state.ties(layer).nbr) for layer in state.acting])
    found = {"members": state.firms.uid[members].tolist(), "part": labels[members].tolist()}
    if np.unique(labels[members]).size > 1:
        return found
    graph = among(state, members)
    community = communities(graph.ptr, graph.nbr, graph.weight)
    apart = modularity(graph.ptr, graph.nbr, community, graph.weight)
    return found | {"community": community.tolist(), "modularity": apart}


def see_conduct(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See opportunistic acts of members per joint project of theirs, ``cheating``."""
    acts = blurred(state, row, members, "conduct", state.firms.betrayals[members].astype(np.float64))
    return {"cheating": float(acts.mean() / max(state.firms.projects[members].mean(), 1.0 / members.size))}


def see_gains(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See how unequal the gains are that members have of their ties to each other, ``imbalance`` (Gini)."""
    return {"imbalance": gini(blurred(state, row, members, "gains", gains_among(state, members)))}


def see_lost(state: State, row: int, members: np.ndarray, seen: Look) -> Look:
    """See the know-how that leaked to members or was hidden from them this month, per member, ``lost``."""
    count, member = np.zeros(state.world.size), np.zeros(state.world.size + 1, bool)
    member[members] = True  # the last row stands for firms that are gone
    for source, taker in state.lost:
        rows = state.world.rows_of(source)
        of_members = member[rows]
        inside = member[state.world.rows_of(taker[of_members])]
        count += np.bincount(rows[of_members][inside], minlength=count.size)
    return {"lost": float(blurred(state, row, members, "lost", count[members]).mean())}


def minds_loss(state: State) -> bool:
    """Tell whether a group looks this month at know-how that leaks or is hidden; else it need not be noted."""
    minding = np.flatnonzero(state.world.groups.mandate & np.uint32(PROTECT)).tolist()
    return any(is_due(state, row) for row in minding)


def note_lost(state: State, source: np.ndarray, taker: np.ndarray) -> None:
    """Note that know-how of firms (rows) leaked to others, or was hidden from them."""
    state.lost.append((state.world.firms.uid[source], state.world.firms.uid[taker]))


def number_of_ties(state: State) -> np.ndarray:
    """Return the ties of each firm over the acting layers, int64[firms]."""
    return np.sum([np.diff(state.ties(layer).ptr) for layer in state.acting], axis=0)


def gains_among(state: State, members: np.ndarray) -> np.ndarray:
    """Return the smoothed value of each member's ties to other members, float64[m], EUR/month."""
    member = np.zeros(state.world.size, bool)
    member[members] = True
    whole = np.zeros(member.size)
    for layer in state.acting:
        ties = state.ties(layer)
        whole += np.bincount(
            np.repeat(np.arange(member.size), np.diff(ties.ptr)), member[ties.nbr] * ties.value, whole.size
        )
    return whole[members]


def among(state: State, members: np.ndarray) -> Graph:
    """Return the graph among members over the acting layers; nodes in their order, strengths added.

    It is made once and kept until ties or members change.
    """
    versions = tuple(table.version for table in (*state.world.ties, state.world.memberships))
    if state.seen_graph is None or state.seen_graph[:2] != (versions, members.tobytes()):
        state.seen_graph = versions, members.tobytes(), graph_among(state, members)
    return state.seen_graph[2]


def graph_among(state: State, members: np.ndarray) -> Graph:
    """Return the graph among members over the acting layers, made anew."""
    place = np.full(state.world.size, -1, np.int64)
    place[members] = np.arange(members.size)
    parts = []
    for layer in state.acting:
        ties = state.ties(layer)
        first, number = ties.ptr[members], np.diff(ties.ptr)[members]
        at = np.arange(number.sum()) + np.repeat(first - np.cumsum(number) + number, number)
        a, b = np.repeat(place[members], number), place[ties.nbr[at]]
        inside = b >= 0
        parts.append((a[inside], b[inside], ties.w[at[inside]].astype(np.float64)))
    a, b, w = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Graph(*clean_rows(a, b, w, members.size), range(members.size), False)


SIGHTS: dict[int, Callable[[State, int, np.ndarray, Look], Look]] = {
    FUND | PREPARE: see_need,
    BACKUP: see_frailty,
    BRIDGE: see_parts,
    PUBLISH: see_conduct,
    REBALANCE: see_gains,
    PROTECT: see_lost,
}
