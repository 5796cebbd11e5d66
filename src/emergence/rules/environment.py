"""Environment: drifting landscapes, demand per sector, and the dated shocks of the timeline."""

from __future__ import annotations

import numpy as np

from emergence import luck
from emergence.config import Shock
from emergence.kernels.incidents import STRUCK
from emergence.kernels.landscape import mark_own_entries, redraw_entries, share_entries, update_z
from emergence.kernels.random import fill_units
from emergence.kernels.steering import tied
from emergence.luck import key, stream
from emergence.measures.graph import as_graph
from emergence.measures.paths import betweenness_of
from emergence.rules.base import Rule, State, names
from emergence.rules.formation import insert
from emergence.rules.health import HEALTH, settle_health
from emergence.rules.timeline import is_abroad, severity_of, share_struck, struck_by

DRIFT = stream("environment.drift")
SHIFT = stream("environment.shift")
COMMON = stream("environment.common")
DEMAND = stream("environment.demand")
REMOVAL = stream("environment.removal")
CYBER = stream("environment.cyber")
PATHS = stream("environment.paths")
BY_UID = "uid:"  # a target that names firms by their uids
TARGETS = ("random", "degree", "betweenness", "orchestrator")
MOST_SHOCKS = 1000  # of one kind in one month
SOURCES = 512  # firms from which paths are counted; all of them in smaller worlds
UNREPAIRED = 0.05  # of the damage is left after the time of recovery
NEGLIGIBLE = 1e-3  # of capacity: what is left of damage below it is as good as repaired


def update_environment(state: State) -> None:
    """Let landscapes and demand move, and strike the shocks of this month."""
    settings = state.rules.environment
    world = state.world
    changed = False
    if settings.convergence > 0:
        converge(state)
        changed = True
    if settings.drift > 0:
        redraw(state, state.luck(DRIFT), settings.drift, -1)
        changed = True
    today = [shock for shock in state.settings.timeline if shock.month == state.step]
    for place, shock in enumerate(today):
        # Shocks of one kind in one month each have luck of their own, whatever other kinds there are.
        rank = sum(one.kind == shock.kind for one in today[:place])
        if shock.kind == "landscape_shift":
            which = luck.key(world.seed, SHIFT, state.step * MOST_SHOCKS + rank)
            redraw(state, which, shock.size, -1 if shock.sector is None else shock.sector)
            changed = True
        if shock.kind == "removal":
            remove(state, shock, place, rank)
        elif shock.kind == "cyber_incident":
            attack(state, shock, place, rank)
        elif shock.kind == "brokered_ties":
            broker(state, shock)
        elif shock.kind != "policy":
            state.log("shock", -1, value=shock.size)
    if changed:
        firms = state.firms
        state.each(update_z, firms.practice, firms.sector, world.landscape, firms.z)
    damage_and_repair(state)
    settle_health(state)
    world.demand["level"] = demand_level(state)


def redraw(state: State, which: np.uint64, share: float, sector: int) -> None:
    """Redraw a share of the entries of the landscapes, of one sector or of all (-1)."""
    world, own = state.world, own_now(state)
    if sector >= 0:
        place, whose = np.arange(own[sector].size), np.full(own[sector].size, sector)
    elif world.own_left == 1.0:
        place, whose = state.constant(at_first, world.seed, own.shape, state.rules.environment.correlation)
    else:
        place, whose = separate_entries(own)
    redraw_entries(which, share, place, whose, own, world.landscape)


def own_now(state: State) -> np.ndarray:
    """Return which entries each sector has for itself by now, bool[sectors, bits, entries]."""
    world, correlation = state.world, state.rules.environment.correlation
    if world.own_left == 1.0:
        return state.constant(own_entries, world.seed, world.landscape.shape, correlation)
    return own_entries(world.seed, world.landscape.shape, 1.0 - (1.0 - correlation) * world.own_left)


def converge(state: State) -> None:
    """Let sectors grow alike: part of what each still has for itself becomes common, for good."""
    world, before = state.world, own_now(state)
    world.own_left *= 1.0 - state.rules.environment.convergence
    share_entries(before, own_now(state), world.landscape)


def own_entries(seed: int, shape: tuple[int, int, int], correlation: float) -> np.ndarray:
    """Return which entries each sector has for itself, bool[sectors, bits, entries]."""
    own = np.zeros(shape, bool)
    mark_own_entries(key(seed, COMMON), correlation, own)
    return own


def at_first(seed: int, shape: tuple[int, int, int], correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the `separate_entries` of a world before its sectors grow alike."""
    return separate_entries(own_entries(seed, shape, correlation))


def separate_entries(own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return place and sector (-1: common to all) of the entries that are redrawn for themselves, int64[k] each."""
    sector, place = np.nonzero(own.reshape(own.shape[0], -1))
    common = np.arange(own[0].size)
    return np.concatenate([common, place]), np.concatenate([np.full(common.size, -1), sector])


def demand_level(state: State) -> np.ndarray:
    """Return demand per sector relative to trend: cycle x AR(1) x dated crises, float64[sectors]."""
    settings, world = state.rules.environment, state.world
    sectors = world.demand["ar"].size
    units = fill_units(state.luck(DEMAND), np.arange(sectors), 2)
    normal = luck.normals(units)[:, 0]
    world.demand["ar"] = settings.memory * world.demand["ar"] + settings.noise * normal
    level = (1.0 + settings.cycle * np.sin(2.0 * np.pi * state.step / settings.period)) * np.exp(world.demand["ar"])
    lost = {"demand_crisis": 1.0, "pandemic": settings.pandemic_demand}
    for shock in state.settings.timeline:
        if shock.kind in lost:
            fall = shock.size * lost[shock.kind] * severity_of(state, shock)
            level = level * (1.0 - fall * share_struck(state, shock, sectors)) if fall > 0 else level
    return level


def damage_and_repair(state: State) -> None:
    """Let the disasters of this month destroy capacity, and repair what earlier ones destroyed.

    Of what is left the same share is repaired each month, so that 95% is after the time of recovery; if several
    struck a firm, the latest says when. What nobody but a user has damaged is not repaired.
    """
    firms = state.firms
    disasters = [one for one in state.settings.timeline if one.kind == "supply_disaster" and not is_abroad(one)]
    disasters = [one for one in disasters if one.month <= state.step]
    if not disasters:
        return
    repaired = np.zeros(state.world.size)
    for shock in sorted(disasters, key=lambda one: one.month):
        # Who came later found nothing destroyed.
        struck = struck_by(state, shock) & (firms.born < shock.month)
        if shock.month == state.step:
            firms.damage[struck] = 1.0 - (1.0 - firms.damage[struck]) * (1.0 - shock.size)
        begun = state.step >= shock.month + shock.duration
        repaired[struck] = 1.0 - UNREPAIRED ** (1.0 / max(shock.recovery, 1e-9)) if begun else 0.0
    left = firms.damage * (1.0 - repaired)
    firms.damage[:] = np.where((repaired > 0) & (left < NEGLIGIBLE), 0.0, left)


def remove(state: State, shock: Shock, place: int, rank: int) -> None:
    """Take firms out of the world: a named one, hubs, or random ones of a sector or region."""
    firms = state.firms
    gone = picked(state, shock, fill_units(state.luck(REMOVAL), firms.uid, rank + 1)[:, rank])
    state.world.struck[state.step, place] = firms.uid[gone].tolist()
    if not gone.size:
        return
    state.log("shock", firms.uid[gone], value=firms.size[gone])
    struck = np.zeros(state.world.size, bool)
    struck[gone] = True
    state.retire(struck)


def attack(state: State, shock: Shock, place: int, rank: int) -> None:
    """Strike firms with an incident, which then takes its course by the rule of incidents."""
    firms = state.firms
    hit = picked(state, shock, fill_units(state.luck(CYBER), firms.uid, rank + 1)[:, rank])
    state.world.struck[state.step, place] = firms.uid[hit].tolist()
    state.log("shock", -1, value=float(hit.size))
    new = hit[firms.incident[hit] != STRUCK]
    state.log("incident", firms.uid[new])
    state.world.count("incidents", float(new.size))
    # It is felt from this month on, as one that struck at the end of the month before.
    firms.struck_in[new] = state.step - 1
    firms.incident[hit] = STRUCK


def broker(state: State, shock: Shock) -> None:
    """Tie the pairs of firms that a timeline names, as far as both are alive and have no such tie."""
    layer, world = state.peers[-1], state.world
    uids = uids_of(shock.target)
    rows = np.sort(world.rows_of(uids[: uids.size // 2 * 2]).reshape(-1, 2), axis=1)
    a, b = np.unique(rows[(rows[:, 0] >= 0) & (rows[:, 0] < rows[:, 1])], axis=0).T
    free = ~tied(world.ties[layer].ptr, world.ties[layer].nbr, a, b)
    a, b = a[free].astype(np.int32), b[free].astype(np.int32)
    if a.size:
        state.log("intervention", state.firms.uid[a], state.firms.uid[b], layer)
        insert(state, layer, a, b)


def picked(state: State, shock: Shock, chance: np.ndarray) -> np.ndarray:
    """Return the rows of the firms that a shock is aimed at, int64[firms struck].

    Parameters
    ----------
    chance : float64[firms]
        Uniform draws, which tell equals apart; never the order of rows.
    """
    world, firms = state.world, state.firms
    eligible, count = struck_by(state, shock), shock.count
    order_by = np.zeros(world.size)
    if shock.target == "random":
        order_by = chance
    elif shock.target == "degree":
        order_by = -sum(ties.degree() for ties in world.ties).astype(float)  # type: ignore[union-attr]
    elif shock.target == "betweenness":
        order_by = -on_paths(state)
    elif shock.target == "orchestrator":
        eligible &= np.isin(firms.uid, world.groups.orchestrator)
    elif shock.target.startswith(BY_UID):
        uids = uids_of(shock.target)
        eligible, count = np.isin(firms.uid, uids), uids.size
    else:
        eligible &= firms.uid == world.find_firm(shock.target)
    order = np.lexsort((chance, order_by))
    return order[eligible[order]][:count]


def on_paths(state: State) -> np.ndarray:
    """Return the share of shortest paths that run through each firm, all layers laid together, float64[firms].

    In worlds of more than 512 firms from that many, drawn by luck.
    """
    uid = state.firms.uid
    rows = np.argsort(uid)  # a graph of a world has its firms in this order
    chance = fill_units(state.luck(PATHS), uid[rows], 1)[:, 0]
    sources = np.sort(np.argsort(chance, kind="stable")[:SOURCES])
    found = np.empty(uid.size)
    found[rows] = betweenness_of(as_graph(state.world), sources)
    return found


def uids_of(target: str) -> np.ndarray:
    """Return the uids that a target ``uid:1,2,3`` names, int64."""
    names = target.removeprefix(BY_UID).split(",")
    return np.array([int(name) for name in names if name.isdecimal() and int(name) < 2**63], np.int64)


RULE = Rule(
    name="environment",
    phase="environment",
    about="landscapes drift or jump, demand follows a cycle, dated shocks strike and are overcome",
    source="Kauffman 1993 (landscapes); cycle plus AR(1); Guerrieri et al. 2022 (pandemics)",
    moves=("mean_z", "down"),
    reads=names("firms", ["practice", "sector", "region", "uid", "size", "cash", "born", "digital"]),
    writes=("firms", "ties", "firms.z", "world.landscape", "world.own_left", "world.demand")
    + names("firms", ["damage", "incident", "struck_in", "costs_due", *HEALTH]),
    update=update_environment,
)
