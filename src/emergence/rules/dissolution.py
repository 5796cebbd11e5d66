"""Dissolution: ties that one side or both let go."""

from __future__ import annotations

import numpy as np

from emergence.kernels.dissolution import DissolutionParams, mark_breaks
from emergence.luck import stream
from emergence.rules.base import Rule, State, names, params
from emergence.rules.contracts import NO_CONTRACTS, deterred
from emergence.rules.formation import remove_marked, utility_params
from emergence.rules.strengthening import SEEN
from emergence.schema import LAYERS, OPERATIONAL, STRATEGIC

BREAK = [stream(f"dissolution.break.{layer}") for layer in LAYERS]


def update_dissolution(state: State) -> None:
    """Break ties by a hazard that falls with strength, trust and shared layers."""
    settings = state.rules.dissolution
    for layer in state.acting:
        firms, ties = state.firms, state.ties(layer)
        state.world.count(f"held.{LAYERS[layer]}", ties.nbr.size // 2)
        drop = np.zeros(ties.nbr.size, bool)
        p = params(DissolutionParams, settings, state.rules.strengthening, hazard=getattr(settings, LAYERS[layer]))
        formal, drive = ties.formal if layer == OPERATIONAL else NO_CONTRACTS, firms.drive
        if layer == STRATEGIC:
            formal, p = deterred(state, layer), p._replace(contract=state.rules.contracts.lasting)
        if not settings.choice:
            p = p._replace(by_strength=0.0, by_trust=0.0, embedded=1.0, unwilling=0.0, reaction=0.0, contract=1.0)
            drive = np.ones(drive.size)
        state.each(
            mark_breaks, state.luck(BREAK[layer]), state.luck(SEEN[layer]), firms.uid, drive, firms.x, firms.y,
            firms.sector, state.profile(), ties.ptr, ties.nbr, ties.outcome, formal, ties.w, ties.good, ties.bad,
            ties.good_in, ties.bad_in, *state.others(layer), p, utility_params(state, layer), drop, work=ties.ptr,
        )  # fmt: skip
        remove_marked(state, layer, drop)


RULE = Rule(
    name="dissolution",
    phase="dissolution",
    about="weak, distrusted or unwanted ties break",
    source="Burt 2000 (decay); Reuer and Zollo 2005 (lives of alliances)",
    moves=("ties", "down"),
    reads=names(
        "firms",
        ["uid", "drive", "x", "y", "sector", "skills", "culture", "purpose", "reputation", "z", "size"],
    )
    + names("ties", ["nbr", "outcome", "w", "good", "bad", "good_in", "bad_in"]),
    writes=("ties",),
    update=update_dissolution,
)
