"""Environment: drifting landscapes, demand per sector, dated shocks."""

from __future__ import annotations

import numpy as np

from emergence import luck
from emergence.config import Shock
from emergence.kernels.landscape import mark_own_entries, redraw_entries, share_entries, update_z
from emergence.kernels.random import fill_units
from emergence.luck import key, stream
from emergence.rules.base import Rule, State, names

DRIFT = stream("environment.drift")
SHIFT = stream("environment.shift")
COMMON = stream("environment.common")
DEMAND = stream("environment.demand")
REMOVAL = stream("environment.removal")
BY_UID = "uid:"  # a target that names firms by their uids
TARGETS = ("random", "degree", "orchestrator")
MOST_SHOCKS = 1000  # of one kind in one month


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
            state.log("shock", -1, value=shock.size)
        elif shock.kind == "demand_crisis":
            state.log("shock", -1, value=shock.size)
        else:
            remove(state, shock, rank)
    if changed:
        firms = state.firms
        state.each(update_z, firms.practice, firms.sector, world.landscape, firms.z)
    world.demand["level"] = demand_level(state)


def redraw(state: State, which: np.uint64, share: float, sector: int) -> None:
    """Redraw a share of the entries of the landscapes."""
    redraw_entries(which, share, own_now(state), sector, state.world.landscape)


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


def demand_level(state: State) -> np.ndarray:
    """Return demand per sector relative to trend: cycle x AR(1) x dated crises, float64[sectors]."""
    settings, world = state.rules.environment, state.world
    sectors = world.demand["ar"].size
    units = fill_units(state.luck(DEMAND), np.arange(sectors), 2)
    normal = luck.normals(units)[:, 0]
    world.demand["ar"] = settings.memory * world.demand["ar"] + settings.noise * normal
    level = (1.0 + settings.cycle * np.sin(2.0 * np.pi * state.step / settings.period)) * np.exp(world.demand["ar"])
    for shock in state.settings.timeline:
        if shock.kind == "demand_crisis":
            lost = shock.size * severity(state.step - shock.month, shock.duration, shock.recovery)
            hit = np.ones(sectors, bool) if shock.sector is None else np.arange(sectors) == shock.sector
            level = np.where(hit, level * (1.0 - lost), level)
    return level


def severity(months: int, duration: int, recovery: int) -> float:
    """Return how much of a shock is felt so many months after it struck, in [0, 1]."""
    if months < 0 or months >= duration + recovery:
        return 0.0
    return 1.0 if months < duration else 1.0 - (months - duration + 1) / (recovery + 1)


def imports_available(state: State) -> float:
    """Return the share of what is ordered from outside the model that comes this month, 0 to 1."""
    return 1.0


def remove(state: State, shock: Shock, rank: int) -> None:
    """Take firms out of the world: a named one, hubs, or random ones of a sector or region."""
    world, firms = state.world, state.firms
    eligible = np.ones(world.size, bool)
    if shock.sector is not None:
        eligible &= firms.sector == shock.sector
    if shock.region is not None:
        eligible &= firms.region == shock.region
    chance = fill_units(state.luck(REMOVAL), firms.uid, rank + 1)[:, rank]
    count = shock.count
    if shock.target == "random":
        order_by = chance
    elif shock.target == "degree":
        order_by = -sum(ties.degree() for ties in world.ties).astype(float)  # type: ignore[union-attr]
    elif shock.target == "orchestrator":
        order_by = np.zeros(world.size)
        eligible &= np.isin(firms.uid, world.groups.orchestrator)
    elif shock.target.startswith(BY_UID):
        order_by = np.zeros(world.size)
        uids = uids_of(shock.target)
        eligible, count = np.isin(firms.uid, uids), uids.size
    else:
        order_by = np.zeros(world.size)
        eligible &= firms.uid == world.find_firm(shock.target)
    # Equal degrees are told apart by luck, never by the order of rows.
    order = np.lexsort((chance, order_by))
    gone = order[eligible[order]][:count]
    world.struck[state.step, rank] = firms.uid[gone].tolist()
    if not gone.size:
        return
    state.log("shock", firms.uid[gone], value=firms.size[gone])
    struck = np.zeros(world.size, bool)
    struck[gone] = True
    state.retire(struck)


def uids_of(target: str) -> np.ndarray:
    """Return the uids that a target ``uid:1,2,3`` names, int64."""
    names = target.removeprefix(BY_UID).split(",")
    return np.array([int(name) for name in names if name.isdecimal() and int(name) < 2**63], np.int64)


RULE = Rule(
    name="environment",
    phase="environment",
    about="landscapes drift or jump, demand follows a cycle, dated shocks strike",
    source="Kauffman 1993 (landscapes); cycle plus AR(1)",
    moves=("mean_z", "down"),
    reads=names("firms", ["practice", "sector", "region", "uid", "size", "cash"]),
    writes=("firms", "ties", "firms.z", "world.landscape", "world.own_left", "world.demand"),
    update=update_environment,
)
