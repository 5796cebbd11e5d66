"""Levers that the room pulls: each is a dated entry of the timeline, so that `run` can repeat it exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.build import CONDITIONS
from emergence.config import Rules, Shock, get, known_keys
from emergence.errors import Refusal, nearest
from emergence.kernels.steering import detours
from emergence.measures.community import graph_communities
from emergence.measures.graph import as_graph
from emergence.measures.paths import betweenness_of
from emergence.page.words import say
from emergence.policies import rules_in_force
from emergence.rules.environment import BY_UID
from emergence.schema import LAYERS
from emergence.step import Simulation

BRIDGES, BACKUPS, STRUCK = 3, 4, 2  # ties and firms of one press
SOURCES = 512  # firms from which paths are counted in larger worlds
ARRIVES, RAISE, MOST = 0.15, 0.10, 0.6  # commission: of a platform that comes, by each press, at most


@dataclass(frozen=True)
class Lever:
    """What was pulled: the entries for the timeline, a sentence, and the firms it is about (uids)."""

    items: tuple[Shock, ...]
    says: str
    firms: tuple[int, ...] = ()
    ties: bool = False  # it makes ties, which firms without any do not get


def policies(simulation: Simulation, wanted: dict[str, float | bool | str]) -> list[Shock]:
    """Return policies for next month, for those settings that are not so already."""
    month = simulation.step + 1
    rules = rules_in_force(simulation.rules, simulation.settings.timeline, month)
    changed = {key: value for key, value in wanted.items() if get(rules, key.removeprefix("rules.")) != value}
    return [Shock(month=month, kind="policy", key=key, value=value, duration=0) for key, value in changed.items()]


def condition(simulation: Simulation, name: str, level: float) -> list[Shock]:
    """Return the policies that set a condition's effects on rules as if it had always had that level."""
    known, wanted = known_keys(), {}
    for effect in CONDITIONS:
        if effect.condition == name and effect.parameter.startswith("rules."):
            about = known[effect.parameter].metadata
            value = effect.apply(get(simulation.settings, effect.parameter), level)
            wanted[effect.parameter] = min(max(value, about["low"]), about["high"])
    return policies(simulation, wanted)


def pull(simulation: Simulation, name: str) -> Lever:
    """Return what a button does in the world as it is.

    Raises
    ------
    Refusal
        For an unknown button, or where there is nothing that it could act on.
    """
    if name not in LEVERS:
        raise Refusal(f"there is no lever '{name}'; {nearest(name, LEVERS)}")
    if simulation.world.size < 3:
        raise Refusal(say("too_few"))
    return LEVERS[name](simulation)


def degrees(simulation: Simulation) -> np.ndarray:
    """Return the ties of each firm over all layers, int64[firms]."""
    return np.asarray(sum(ties.degree() for ties in simulation.world.ties), np.int64)


def hubs(simulation: Simulation, number: int) -> list[int]:
    """Return the uids of the firms with most ties."""
    firms = simulation.world.firms
    order = np.lexsort((firms.uid, -firms.size, -degrees(simulation)))
    return [int(uid) for uid in firms.uid[order[:number]]]


def hub(simulation: Simulation) -> Lever:
    """Take out the firm with most ties."""
    uid = hubs(simulation, 1)
    ties = int(degrees(simulation)[simulation.world.rows_of(uid)[0]])
    shock = Shock(month=simulation.step + 1, kind="removal", target=f"{BY_UID}{uid[0]}", count=1)
    return Lever((shock,), say("hub", name=simulation.world.name_of(uid[0]), n=ties), tuple(uid))


def disaster(simulation: Simulation) -> Lever:
    """Destroy half of the capacity of the region with most firms."""
    world = simulation.world
    region = int(np.bincount(world.firms.region).argmax())
    shock = Shock(
        month=simulation.step + 1, kind="supply_disaster", region=region, size=0.5, duration=3, recovery=12
    )  # fmt: skip
    return Lever((shock,), say("disaster", region=world.word_for("region", region)), of_region(simulation, region))


def of_region(simulation: Simulation, region: int) -> tuple[int, ...]:
    """Return the uids of the firms of a region."""
    firms = simulation.world.firms
    return tuple(int(uid) for uid in firms.uid[firms.region == region])


def cyber(simulation: Simulation) -> Lever:
    """Let an incident begin at the two firms with most ties; it travels along ties."""
    struck = hubs(simulation, STRUCK)
    wanted: dict[str, float | bool | str] = {"rules.incidents.enabled": True}
    if not simulation._state.rules.incidents.enabled:
        wanted["rules.incidents.start"] = 0.0
    shock = Shock(
        month=simulation.step + 1, kind="cyber_incident", target=BY_UID + ",".join(map(str, struck)), count=STRUCK
    )
    first = " and ".join(simulation.world.name_of(uid) for uid in struck)
    return Lever((*policies(simulation, wanted), shock), say("cyber", name=first), tuple(struck))


def recession(simulation: Simulation) -> Lever:
    """Let demand fall by four tenths for nine months."""
    shock = Shock(month=simulation.step + 1, kind="demand_crisis", size=0.4, duration=9, recovery=12)
    return Lever((shock,), say("recession"))


def platform(simulation: Simulation) -> Lever:
    """Let a platform come, or let the one that is there keep more."""
    rules: Rules = simulation._state.rules
    if not rules.platform.enabled:
        items = policies(simulation, {"rules.platform.enabled": True, "rules.platform.commission": ARRIVES})
        return Lever(tuple(items), say("platform_comes", share=f"{ARRIVES:.0%}"))
    share = min(rules.platform.commission + RAISE, MOST)
    items = policies(simulation, {"rules.platform.commission": round(share, 6)})
    if not items:
        raise Refusal(say("platform_full", share=f"{MOST:.0%}"))
    return Lever(tuple(items), say("platform_raises", share=f"{share:.0%}"))


def technology(simulation: Simulation) -> Lever:
    """Redraw a third of what makes practices valuable."""
    shock = Shock(month=simulation.step + 1, kind="landscape_shift", size=0.33)
    return Lever((shock,), say("technology"))


def brokered(simulation: Simulation, rows: np.ndarray, word: str) -> Lever:
    """Return a lever that ties pairs of rows which have no strategic tie yet."""
    world = simulation.world
    ties = world.ties[simulation._state.peers[-1]]
    code = set(zip(ties.owner().tolist(), ties.nbr.tolist(), strict=True))
    pairs: list[tuple[int, int]] = []
    for a, b in rows.tolist():
        pair = (min(a, b), max(a, b))
        if a != b and pair not in code and pair not in pairs:
            pairs.append(pair)
    if not pairs:
        raise Refusal(say(f"no_{word}"))
    uids = [int(world.firms.uid[row]) for pair in pairs for row in pair]
    shock = Shock(month=simulation.step + 1, kind="brokered_ties", target=BY_UID + ",".join(map(str, uids)))
    return Lever((shock,), say(word, n=len(pairs), layer=LAYERS[simulation._state.peers[-1]]), tuple(uids), True)


def bridge(simulation: Simulation) -> Lever:
    """Tie the best-tied firms of the communities that have fewest ties between them."""
    graph = as_graph(simulation.world)
    label = graph_communities(graph)
    owner = np.repeat(np.arange(graph.number), np.diff(graph.ptr))
    number = min(int(label.max(initial=0)) + 1, 8)
    between = np.zeros((number, number))
    inside = (label[owner] < number) & (label[graph.nbr] < number)
    np.add.at(between, (label[owner][inside], label[graph.nbr][inside]), 1.0)
    sizes = np.bincount(label, minlength=number)[:number].astype(float)
    expected = np.outer(sizes, sizes)
    found = []
    a, b = np.triu_indices(number, 1)
    members = [np.flatnonzero(label == one) for one in range(number)]
    order = np.argsort(between[a, b] / np.maximum(expected[a, b], 1.0), kind="stable")
    for place in order[:BRIDGES]:
        heads = [members[side[place]] for side in (a, b)]
        found.append([int(rows[np.diff(graph.ptr)[rows].argmax()]) for rows in heads])
    return brokered(simulation, in_world(simulation, graph, found), "bridge")


def backup(simulation: Simulation) -> Lever:
    """Tie partners of the firms through which most paths run, round them."""
    graph = as_graph(simulation.world)
    sources = np.arange(graph.number)
    if sources.size > SOURCES:
        sources = sources[:: int(np.ceil(sources.size / SOURCES))]
    necks = np.argsort(-betweenness_of(graph, sources), kind="stable")[:BACKUPS]
    pairs = detours(graph.ptr.astype(np.int64), graph.nbr.astype(np.int32), necks.astype(np.int64))
    return brokered(simulation, in_world(simulation, graph, pairs), "backup")


def in_world(simulation: Simulation, graph: object, pairs: object) -> np.ndarray:
    """Return rows of the world for pairs of nodes of its graph, int64[k, 2]."""
    uids = np.asarray(graph.names)[np.asarray(pairs, np.int64).reshape(-1, 2)]  # type: ignore[attr-defined]
    return simulation.world.rows_of(uids.ravel()).reshape(-1, 2)


LEVERS = {
    "hub": hub,
    "disaster": disaster,
    "cyber": cyber,
    "recession": recession,
    "platform": platform,
    "technology": technology,
    "bridge": bridge,
    "backup": backup,
}
SHOCKS = ("hub", "disaster", "cyber", "recession", "platform", "technology")
HELPS = ("bridge", "backup")
