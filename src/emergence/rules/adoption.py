"""Adoption of digital practice, by conviction or because others have it."""

from __future__ import annotations

import numpy as np

from emergence.kernels.adoption import AdoptionParams, make_adoptions
from emergence.luck import stream
from emergence.rules.base import Rule, State, names, params

ADOPT = stream("adoption.adopt")


def update_adoption(state: State) -> None:
    """Let firms adopt; who adopts pays for it once and saves ever after (see the market)."""
    firms, world, settings = state.firms, state.world, state.rules.adoption
    everyone = float(firms.digital.mean()) if world.size else 0.0
    adopts = np.zeros(world.size, np.uint8)
    state.each(
        make_adoptions, state.luck(ADOPT), firms.uid, firms.digital, everyone, *state.learning(),
        params(AdoptionParams, settings), adopts,
    )  # fmt: skip
    now = adopts > 0
    cost = np.where(now, settings.cost * firms.size, 0.0)
    firms.digital[now] = 1.0
    firms.cash[:] -= cost
    world.book("digital practice", -float(cost.sum()))


RULE = Rule(
    name="adoption",
    phase="digital and contagion",
    about="firms take up digital practice of themselves, or as the share of partners who have it grows",
    source="Watts 2002 (threshold); Bass 1969 (hazard)",
    moves=("digital", "up"),
    reads=names("firms", ["uid", "digital", "size"]) + ("ties.nbr",),
    writes=names("firms", ["digital", "cash"]),
    update=update_adoption,
)
