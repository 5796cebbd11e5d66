"""Leakage: a routine of a rival among the partners is taken over without cooperation."""

from __future__ import annotations

import numpy as np

from emergence.kernels.secrecy import leak_practices
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.innovation import note_changes
from emergence.rules.secrecy import closed
from emergence.rules.sensing import minds_loss, note_lost
from emergence.schema import BITS

LEAK = stream("leakage.leak")


def update_leakage(state: State) -> None:
    """Let know-how leak between partners of one sector, unless the firm or their group protects it."""
    firms, world, settings = state.firms, state.world, state.rules.leakage
    routines = state.rules.innovation
    shortest, longest = min(routines.shortest, routines.longest), max(routines.shortest, routines.longest)
    practice, z = np.empty(world.size, np.uint64), np.empty(world.size)
    source = np.empty(world.size, np.int32)
    state.each(
        leak_practices, state.luck(LEAK), firms.uid, closed(state), firms.sector, firms.practice, firms.z,
        world.landscape, *state.learning(), state.membership().of, state.governance(), settings.rate,
        shortest, longest, BITS, practice, z, source,
    )  # fmt: skip
    taken = np.flatnonzero(source >= 0)
    world.count("leaks", taken.size)
    if minds_loss(state):
        note_lost(state, source[taken], taken)
    note_changes(state, taken, practice, z, source)
    firms.practice[:] = practice
    firms.z[:] = z


RULE = Rule(
    name="leakage",
    phase="innovation",
    about="routines leak to rivals among the partners, unless the firm or their group protects know-how",
    source="Mansfield 1985 (leaks within 12 to 18 months); Cohen, Nelson and Walsh 2000 (protection)",
    moves=("mean_z", "up"),
    reads=names("firms", ["uid", "sector", "propensities"]) + ("ties.nbr", "world.landscape"),
    writes=names("firms", ["practice", "z"]) + ("world.registry", "state.lost"),
    update=update_leakage,
)
