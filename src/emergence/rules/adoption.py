"""Adoption of digital practice, by conviction, because others have it, or because it pays."""

from __future__ import annotations

import numpy as np

from emergence.kernels.adoption import AdoptionParams, make_adoptions
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names, params
from emergence.rules.network_effect import network_saving

ADOPT = stream("adoption.adopt")
WEIGH = stream("adoption.weigh")


def find_it_pays(state: State) -> np.ndarray:
    """Return who weighs benefit against cost this month and finds that adopting pays, bool[firms].

    The benefit rises with the partners who have adopted (Katz and Shapiro 1985).
    """
    firms, settings = state.firms, state.rules.adoption
    saving = state.rules.market.saving_digital + network_saving(state)
    pays = settings.horizon * saving * firms.sales > settings.cost * firms.size
    return pays & (fill_units(state.luck(WEIGH), firms.uid, 1)[:, 0] < settings.weighing)


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
    if settings.weighing > 0.0:
        now |= find_it_pays(state) & (firms.digital == 0.0)
    cost = np.where(now, settings.cost * firms.size, 0.0)
    firms.digital[now] = 1.0
    firms.cash[:] -= cost
    world.book("digital practice", -float(cost.sum()))


RULE = Rule(
    name="adoption",
    phase="digital and contagion",
    about="firms take up digital practice of themselves, as the share of partners who have it grows, or if it pays",
    source="Watts 2002 (threshold); Bass 1969 (hazard); Katz and Shapiro 1985 (benefit rising with partners' adoption)",
    moves=("digital", "up"),
    reads=names("firms", ["uid", "digital", "size", "sales"]) + ("ties.nbr",),
    writes=names("firms", ["digital", "cash"]),
    update=update_adoption,
)
