"""Search: who meets whom."""

from __future__ import annotations

import numpy as np

from emergence.kernels.pairs import ScoreParams
from emergence.kernels.search import MOST, SearchParams, make_meetings
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.rules.recipes import can_trade
from emergence.schema import LAYERS, OPERATIONAL

MEET = [stream(f"search.meet.{layer}") for layer in LAYERS]
URN = [stream(f"search.urn.{layer}") for layer in LAYERS]


def score_params(state: State, layer: int) -> ScoreParams:
    """Return what every orchestrator's score counts in one layer."""
    return params(ScoreParams, state.rules.orchestration, getattr(state.rules.formation, LAYERS[layer]))


def update_meetings(state: State) -> None:
    """Let every firm meet a few candidates in each acting layer."""
    firms, world = state.firms, state.world
    settings, belongs = state.rules.search, state.membership()
    for layer in state.acting:
        ties = state.ties(layer)
        p = params(SearchParams, settings, getattr(settings, LAYERS[layer]), unit=UNIT, squares=layer == OPERATIONAL)
        if layer == OPERATIONAL and state.rules.supply.enabled:
            p = p._replace(meetings=p.meetings * (1.0 + state.rules.supply.diversify))
        met = np.empty((world.size, MOST), np.int32)
        state.each(
            make_meetings, state.luck(MEET[layer]), state.luck(URN[layer]), firms.uid, firms.size, firms.slack,
            firms.drive, firms.x, firms.y, world.slots, ties.ptr, ties.nbr, state.profile(), state.aside(layer),
            state.craft(), belongs.of, state.governance(), belongs.ptr, belongs.rows, p, score_params(state, layer),
            met,
        )  # fmt: skip
        if layer == OPERATIONAL:
            # Whoever makes nothing that the other needs is no partner for supply.
            row, place = np.nonzero(met >= 0)
            useless = ~can_trade(world.demand["recipe"], firms.sector[row], firms.sector[met[row, place]])
            met[row[useless], place[useless]] = -1
        state.meetings[layer] = met


RULE = Rule(
    name="search",
    phase="search",
    about="firms meet partners' partners, the well-connected, or anyone near; the orchestrator proposes",
    source="closure and redirection: Krapivsky and Redner 2001; distance: gravity 1/(1+d/d0)",
    moves=("ties", "up"),
    reads=names("firms", ["uid", "size", "slack", "drive", "x", "y", "skills", "reputation"])
    + ("ties.nbr", "world.slots"),
    writes=("state.meetings",),
    update=update_meetings,
)
