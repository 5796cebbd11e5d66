"""Strengthening and decay of ties, experience, reputation."""

from __future__ import annotations

from emergence.kernels.strengthening import StrengtheningParams, update_reputation, update_strength
from emergence.luck import stream
from emergence.rules import accounts
from emergence.rules.base import Rule, State, names, params
from emergence.schema import LAYERS, OPERATIONAL

SEEN = [stream(f"strengthening.seen.{layer}") for layer in LAYERS]


def update_strengthening(state: State) -> None:
    """Move strength and experience by the month's outcomes; let reputation follow partners' trust."""
    settings = state.rules.strengthening
    for layer in state.acting:
        ties = state.ties(layer)
        decay = settings.decay_operational if layer == OPERATIONAL else settings.decay
        p = params(StrengtheningParams, settings)._replace(decay=decay)
        state.each(
            update_strength, state.luck(SEEN[layer]), state.world.firms.uid, ties.ptr, ties.nbr, ties.outcome,
            state.aside(layer), p, ties.w, ties.good, ties.bad, ties.good_in, ties.bad_in, work=ties.ptr,
        )  # fmt: skip
    accounts.note_trust(state)
    state.each(update_reputation, *state.learning("good_in", "bad_in"), settings.reputation, state.firms.reputation)


RULE = Rule(
    name="strengthening",
    phase="strengthening and decay",
    about="success strengthens ties and trust, neglect wears them down",
    source="Granovetter 1973 (strength); beta reputation: Josang and Ismail 2002",
    moves=("mean_strength", "up"),
    reads=("firms.uid", *names("ties", ["nbr", "outcome"])),
    writes=names("ties", ["w", "good", "bad", "good_in", "bad_in"]) + ("firms.reputation",),
    update=update_strengthening,
)
