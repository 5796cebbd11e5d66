"""Matching: platforms bring their members together, wherever they are."""

from __future__ import annotations

import numpy as np

from emergence.kernels.random import fill_units
from emergence.luck import stream
from emergence.rules.base import Rule, State, names
from emergence.rules.platform import members_of
from emergence.rules.recipes import can_trade
from emergence.schema import LAYERS, OPERATIONAL

MATCH = [stream(f"matching.match.{layer}") for layer in LAYERS]


def update_matching(state: State) -> None:
    """Add the platforms' proposals to this month's meetings, as far as firms have time for one more."""
    if not state.rules.platform.enabled or not state.world.size:
        return
    settings, firms = state.rules.matching, state.firms
    member = members_of(state)
    for layer in state.meetings:  # none where nobody searches
        units = fill_units(state.luck(MATCH[layer]), firms.uid, 2 + settings.looks)
        for platform in np.flatnonzero(member.any(axis=0)):
            turn = chosen_platform(member, units[:, 1]) == platform
            seekers = np.flatnonzero(turn & (units[:, 0] < settings.meetings))
            match(state, layer, seekers, fellows(state, member[:, platform]), units[seekers, 2:])


def chosen_platform(member: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Return which of its platforms brings each firm together this month, int64[firms]; -1 for none."""
    count = member.sum(axis=1)
    place = np.minimum((luck * count).astype(np.int64), np.maximum(count - 1, 0))
    return np.where(count > 0, (np.cumsum(member, axis=1) == place[:, None] + 1).argmax(axis=1), -1)


def fellows(state: State, member: np.ndarray) -> np.ndarray:
    """Return the rows of a platform's members in the order of their uids, so that luck names the same firms."""
    rows = np.flatnonzero(member)
    return rows[np.argsort(state.firms.uid[rows], kind="stable")]


def match(state: State, layer: int, seekers: np.ndarray, among: np.ndarray, luck: np.ndarray) -> None:
    """Let each seeker meet the member, of a few looked at, whose skills best complement its own."""
    met, skills, sector = state.meetings[layer], state.firms.skills, state.firms.sector
    others = among[(luck * among.size).astype(np.int64)]
    gain = np.maximum(skills[others] - skills[seekers][:, None], 0.0).mean(axis=2)
    useful = others != seekers[:, None]
    if layer == OPERATIONAL:
        useful &= can_trade(state.world.demand["recipe"], sector[seekers][:, None], sector[others])
    best = np.where(useful, gain, -1.0).argmax(axis=1)
    rows = np.arange(seekers.size)
    free = (met[seekers] < 0).argmax(axis=1)
    takes = useful[rows, best] & (met[seekers, free] < 0)
    met[seekers[takes], free[takes]] = others[rows, best][takes]


RULE = Rule(
    name="matching",
    phase="search",
    about="platforms bring members together whose skills complement each other, wherever they are",
    source="two-sided markets: Rochet and Tirole 2003; search costs online: Bakos 1997",
    moves=("formed", "up"),
    reads=names("firms", ["uid", "platforms", "skills", "sector"]),
    writes=("state.meetings",),
    update=update_matching,
)
