"""Research: institutions that take up what members know, experiment, and publish what they find.

Groups pay for it as for their governance, see `rules.membership`; in the network at large it is paid for from outside.
"""

from __future__ import annotations

import numpy as np

from emergence.kernels.groups import INSTITUTE
from emergence.kernels.research import experiment
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.innovation import note_changes
from emergence.rules.orchestration import RESEARCHED, orchestrated
from emergence.schema import BITS

EXPERIMENT = stream("research.experiment")


def update_research(state: State) -> None:
    """Let every research institution experiment as far as it is paid for, and proclaim its practice."""
    firms, world, routine = state.firms, state.world, state.rules.innovation
    if not (state.governance()[:, INSTITUTE] >= 0).any():
        return
    practice, z = firms.practice.copy(), firms.z.copy()
    source = np.full(world.size, -1, np.int32)
    published = []
    for line, (groups, row, members) in orchestrated(state).items():
        found = members[firms.uid[members] == groups.institute[row]]
        if not groups.models[row] & RESEARCHED or not found.size:
            continue
        own = int(found[0])
        # One that serves two groups goes on from what it found for the first.
        practice[own], z[own], taken = experiment(
            state.luck_of_group(EXPERIMENT, line), firms.uid[own],
            int(state.rules.research.experiments * groups.funded[row]), practice[own], own, members, firms.practice,
            world.landscape[firms.sector[own]], routine.shortest, routine.longest, BITS,
        )  # fmt: skip
        source[own] = taken if taken >= 0 else source[own]
        published.append((groups, row, own))
    changed = np.flatnonzero(practice != firms.practice)
    note_changes(state, changed, practice, z, source)
    firms.practice[:], firms.z[:] = practice, z
    for groups, row, own in published:
        groups.standard[row] = practice[own]


RULE = Rule(
    name="research",
    phase="innovation",
    about="research institutions take up what members know, experiment, and publish the best they find",
    source="Chesbrough 2003 (open innovation, inbound and outbound)",
    moves=("mean_z", "up"),
    reads=names("firms", ["uid", "sector"])
    + ("memberships", "world.landscape", *names("groups", ["models", "institute", "funded"])),
    writes=names("firms", ["practice", "z"]) + ("groups.standard", "network.standard", "world.registry"),
    update=update_research,
)
