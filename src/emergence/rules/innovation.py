"""Innovation: practices copied by routines, recombined and mutated."""

from __future__ import annotations

import numpy as np

from emergence.kernels import innovation as kernel
from emergence.luck import stream
from emergence.rules import accounts
from emergence.rules.base import ALONE, Rule, State, names, params
from emergence.rules.orchestration import standards
from emergence.rules.races import effort
from emergence.schema import BITS
from emergence.world import Registry, World

TRY = stream("innovation.try")


def update_innovation(state: State) -> None:
    """Let firms try new practices, and enter what is new into the registry."""
    firms, world, settings = state.firms, state.world, state.rules.innovation
    n, niche = world.size, state.niche or ALONE
    p = params(kernel.InnovationParams, settings, differentiation=niche.differentiation, bits=BITS)
    practice, z = np.empty(n, np.uint64), np.empty(n)
    how, tried = np.empty(n, np.uint8), np.empty(n, np.uint8)
    source = np.empty(n, np.int32)
    urge = firms.drive * effort(state)
    state.each(
        kernel.make_practices, state.luck(TRY), firms.uid, firms.sector, firms.practice, firms.z, urge,
        firms.explore, *standards(state), world.landscape, *state.learning(), *state.concealed(),
        firms.size, niche.having, niche.mass, p, practice, z, how, source, tried,
    )  # fmt: skip
    changed = np.flatnonzero(how)
    state.gained = z - firms.z
    firms.costs_due[:] += settings.cost * firms.size * tried
    world.count("tries", int(tried.sum()))
    note_changes(state, changed, practice, z, source)
    firms.practice[:] = practice
    firms.z[:] = z


def note_changes(state: State, changed: np.ndarray, practice: np.ndarray, z: np.ndarray, source: np.ndarray) -> None:
    """Enter the changes of practice (rows `changed`) into registry, counts and log, before they take place.

    Parameters
    ----------
    practice, z, source : uint64[firms], float64[firms], int32[firms]
        The new practice, its value, and the row that a routine came from, -1 for none.
    """
    firms, world = state.firms, state.world
    gained = z[changed] - firms.z[changed]
    world.count("value_gained", float(gained[gained > 0].sum()))
    accounts.note_routines(state, changed, source[changed], gained)
    is_new = enter_registry(world.registry, practice[changed], state.step)
    taken = changed[source[changed] >= 0]
    first_taken = note_adoptions(world, firms.practice[source[taken]], state.step)
    parent = np.where(source[changed] >= 0, firms.uid[source[changed]], -1)
    novel = is_new == 1
    world.count("innovations", int(novel.sum()))
    made = changed[novel & (source[changed] >= 0)]
    world.count("of_two", made.size)
    world.count("parents_apart", int(np.bitwise_count(firms.practice[made] ^ firms.practice[source[made]]).sum()))
    world.count("useful", int((novel & (z[changed] > state.rules.innovation.useful)).sum()))
    world.count("adopted", int(first_taken.sum()))
    state.log("innovation", firms.uid[changed[novel]], parent[novel], value=z[changed[novel]])
    adopters = taken[first_taken]
    state.log("adopted", firms.uid[adopters], firms.uid[source[adopters]], value=z[adopters])


def enter_registry(registry: Registry, practices: np.ndarray, step: int) -> np.ndarray:
    """Enter practices; return which were never used before (uint8)."""
    needed = (registry.count + practices.size) * 4 // 3 + 64
    if registry.practice.size < needed:
        capacity = 1 << int(np.ceil(np.log2(needed)))
        grown = Registry(np.zeros(capacity, np.uint64), np.zeros(capacity, np.int32), np.zeros(capacity, np.int32))
        kernel.rehash(
            registry.practice,
            registry.first,
            registry.adoptions,
            grown.practice,
            grown.first,
            grown.adoptions,
        )
        registry.practice, registry.first, registry.adoptions = grown.practice, grown.first, grown.adoptions
    is_new = np.zeros(practices.size, np.uint8)
    registry.count += kernel.register(practices, step, registry.practice, registry.first, registry.adoptions, is_new)
    return is_new


def note_adoptions(world: World, practices: np.ndarray, step: int) -> np.ndarray:
    """Count that a routine of each practice was taken over; return which were innovations taken over
    for the first time (bool)."""
    known, first_taken = world.registry, np.zeros(practices.size, np.uint8)
    kernel.adopt(practices, step, known.practice, known.first, known.adoptions, first_taken, world.spread)
    return first_taken == 1


RULE = Rule(
    name="innovation",
    phase="innovation",
    about="firms copy a routine from a partner, recombine two, or flip a bit, and keep what serves them",
    source="Kauffman 1993; Lazer and Friedman 2007; routines: Nelson and Winter 1982",
    moves=("mean_z", "up"),
    reads=names("firms", ["uid", "sector", "drive", "explore", "size"])
    + ("ties.nbr", "world.landscape", "state.hidden", "state.niche", "groups.standard", "network.standard"),
    writes=names("firms", ["practice", "z", "costs_due"]) + ("world.registry",),
    update=update_innovation,
)
