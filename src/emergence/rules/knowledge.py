"""Knowledge exchange along development ties."""

from __future__ import annotations

import numpy as np

from emergence.kernels.knowledge import update_skills
from emergence.rules import accounts
from emergence.rules.base import Rule, State, names
from emergence.schema import DEVELOPMENT

NOBODY = np.zeros(0, np.uint8)  # hides


def update_knowledge(state: State) -> None:
    """Let partners of successful projects learn from each other."""
    if DEVELOPMENT not in state.acting:
        return
    firms, ties, settings = state.firms, state.ties(DEVELOPMENT), state.rules.knowledge
    hidden = state.hidden.get(DEVELOPMENT, NOBODY)
    learnt = accounts.blank(state, DEVELOPMENT)
    state.each(
        update_skills, settings.absorption, settings.forgetting, settings.barter, firms.absorptive, ties.ptr, ties.nbr,
        ties.w, ties.good, ties.bad, ties.outcome, hidden, state.profile(), state.aside(DEVELOPMENT), firms.base_skills,
        firms.skills, learnt, work=ties.ptr,
    )  # fmt: skip
    accounts.note_lessons(state, learnt)


RULE = Rule(
    name="knowledge",
    phase="innovation",
    about="skills move along development ties; barter needs a double coincidence of wants",
    source="Cowan and Jonard 2004",
    moves=("mean_skill", "up"),
    reads=names("firms", ["absorptive", "base_skills"])
    + names("ties", ["nbr", "w", "good", "bad", "outcome"])
    + ("state.hidden",),
    writes=("firms.skills",),
    update=update_knowledge,
)
