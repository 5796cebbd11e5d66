"""Mutual aid: cash above a buffer goes to trusted partners and members in need, and is remembered."""

from __future__ import annotations

from typing import Any

import numpy as np

from emergence.kernels.accounts import places_of
from emergence.kernels.aid import remember
from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules import accounts
from emergence.rules.base import Rule, State, names
from emergence.rules.sharing import Passed, share_out

WILLING = stream("aid.willing")
RELATIONAL = 2  # place among the propensities


def update_aid(state: State) -> None:
    """Let partners, then members of groups, help those in need; the cash only changes hands."""
    firms, world, settings = state.firms, state.world, state.rules.aid
    need = np.maximum(0.0, settings.need * firms.size - firms.cash)
    above = settings.share * np.maximum(0.0, firms.cash - settings.buffer * firms.size)
    above[need > 0] = 0.0
    units = fill_units(state.luck(WILLING), firms.uid, 1)[:, 0]
    spare = np.where(units < settings.willing * 2.0 * firms.propensities[:, RELATIONAL], above, 0.0)
    given, taken, passed = share_out(state, need, spare, settings.trust)
    for layer, moved in passed.items():
        some = moved.amount > 0.0
        accounts.note_aid(state, moved.giver[some], moved.taker[some], moved.amount[some])
        ties = state.ties(layer)
        state.each(
            remember, ties.ptr, ties.nbr, moved_on(ties, moved), above > 0, need > 0,
            settings.gratitude, settings.ingratitude,
            ties.good, ties.bad, ties.good_in, ties.bad_in, ties.lent, work=ties.ptr,
        )  # fmt: skip
    if settings.members:
        help_members(state, need, spare, given, taken)
    firms.cash[:] += taken - given
    world.count("aid", float(taken.sum()))
    world.count("helped", int((taken > 0).sum()))


def help_members(state: State, need: np.ndarray, spare: np.ndarray, given: np.ndarray, taken: np.ndarray) -> None:
    """Let the members of each group share what partners have left; `given` and `taken` are added to.

    All in need get the same share of their need, and all who can spare give the same share of that.
    """
    belongs = state.membership()
    for row in range(state.world.groups.count):
        members = belongs.rows[belongs.ptr[row] : belongs.ptr[row + 1]]
        lack, left = np.maximum(need - taken, 0.0)[members], np.maximum(spare - given, 0.0)[members]
        amount = min(lack.sum(), left.sum())
        if amount > 0:
            got, gave = lack * (amount / lack.sum()), left * (amount / left.sum())
            taken[members] += got
            given[members] += gave
            accounts.note_fund(state, members, got - gave)


def moved_on(ties: Any, passed: Passed) -> np.ndarray:
    """Return what each side of the ties of a layer gave less what it took, EUR, float64[half-edges]."""
    moved, mate = np.zeros(ties.nbr.size), np.empty(passed.at.size, np.int64)
    places_of(ties.ptr, ties.nbr, passed.giver, passed.taker, mate)
    moved[passed.at] = -passed.amount
    moved[mate] = passed.amount
    return moved


RULE = Rule(
    name="aid",
    phase="market and money",
    about="who has cash above a buffer helps trusted partners and members in need, and help is remembered",
    source="Fafchamps and Lund 2003 (risk shared in networks); reciprocity: Gouldner 1960",
    moves=("aid", "up"),
    reads=names("firms", ["uid", "size", "propensities"]) + ("ties.nbr", "memberships"),
    writes=("firms.cash", *names("ties", ["good", "bad", "good_in", "bad_in", "lent"])),
    update=update_aid,
)
