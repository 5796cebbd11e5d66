"""Working together: joint projects, opportunism, value."""

from __future__ import annotations

import numpy as np

from emergence.kernels.groups import BARGAINING, SHARING, held_strength
from emergence.kernels.work import WorkParams, update_projects
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.rules.contracts import deterred
from emergence.rules.strategies import boldness
from emergence.schema import LAYERS

PROJECT = [stream(f"work.project.{layer}") for layer in LAYERS]


def update_work(state: State) -> None:
    """Run the month's joint projects on every tie of the acting layers."""
    firms, settings, bold = state.firms, state.rules.work, boldness(state)
    for layer in state.acting:
        ties = state.ties(layer)
        payoff = getattr(settings, f"payoff_{LAYERS[layer]}")
        p = params(
            WorkParams,
            settings,
            payoff=payoff * UNIT,
            sucker=settings.sucker * UNIT * (payoff > 0),  # where nothing is at stake, nothing is lost
            optimum=state.rules.formation.optimum,
            deterrence=state.rules.contracts.deterrence,
        )
        held = np.zeros(state.world.size)
        if (state.governance()[:, SHARING] == BARGAINING).any():
            state.each(held_strength, ties.ptr, ties.w, held)
        state.each(
            update_projects, state.luck(PROJECT[layer]), firms.uid, state.profile(), state.aside(layer),
            ties.ptr, ties.nbr, deterred(state, layer), ties.w, ties.good, ties.bad, ties.good_in, ties.bad_in,
            state.membership().of, state.craft(), state.governance(), held, bold, p,
            ties.outcome, ties.value, firms.joint_income, firms.projects, firms.successes, firms.betrayals,
            work=ties.ptr,
        )  # fmt: skip
    for what in ("projects", "successes", "betrayals", "joint_income"):
        state.world.count(what, float(getattr(firms, what).sum()))


RULE = Rule(
    name="work",
    phase="working together",
    about="partners run joint projects that succeed, fail or are exploited",
    source="Nooteboom et al. 2007 (distance); Uzzi 1997 (trust); Axelrod 1984 (opportunism)",
    moves=("joint_income", "up"),
    reads=names("firms", ["uid", "skills", "culture", "purpose", "size", "propensities"])
    + names("ties", ["nbr", "w", "good", "bad", "good_in", "bad_in"]),
    writes=names("ties", ["outcome", "value"]) + names("firms", ["joint_income", "projects", "successes", "betrayals"]),
    update=update_work,
)
