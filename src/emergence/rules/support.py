"""Support: a pot of money that firms compete for, by reputation or by need."""

from __future__ import annotations

import numpy as np

from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names

APPLY = stream("support.apply")


def update_support(state: State) -> None:
    """Every so many months, take the costs of applying and share the pot among the best-placed applicants."""
    settings, firms, world = state.rules.support, state.firms, state.world
    if state.step % settings.every or not world.size:
        return
    units = fill_units(state.luck(APPLY), firms.uid, 2)
    applies = units[:, 0] < settings.applying
    cost = np.where(applies, settings.cost * firms.size, 0.0)
    merit = firms.reputation if settings.to == "reputed" else -firms.cash / firms.size
    # Equal merits are told apart by luck, never by the order of rows.
    order = np.lexsort((units[:, 1], -merit))
    winners = order[applies[order]][: int(np.ceil(settings.winners * applies.sum()))]
    paid = np.zeros(world.size)
    if winners.size:
        paid[winners] = settings.pot * float(firms.size.sum()) / winners.size
    firms.cash[:] += paid - cost
    world.book("support", float(paid.sum()))
    world.book("applications for support", -float(cost.sum()))


RULE = Rule(
    name="support",
    phase="market and money",
    about="a pot goes to the best-reputed or the neediest of those who apply, and applying costs money",
    source="Merton 1968 (to whom that has); Tullock 1980 (contests cost all and pay few)",
    moves=("cash", "up"),
    reads=names("firms", ["uid", "size", "reputation"]),
    writes=("firms.cash",),
    update=update_support,
)
