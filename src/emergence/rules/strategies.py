"""Learning of strategies: what paid is done more often, and better partners are imitated.

A firm has four propensities: to be open rather than protective, a specialist rather than a generalist,
relational rather than opportunistic, and to sell on platforms. Being relational acts on the temptation in
joint projects (`boldness`), which is the one deed on record and so the one that reinforcement learns from;
imitation and mutation move all four.
"""

from __future__ import annotations

import numpy as np

from emergence.kernels.strategies import RELATIONAL, StrategyParams, update_propensities
from emergence.luck import stream
from emergence.rules.adaptation import seen_performance
from emergence.rules.base import Rule, State, names, params
from emergence.schema import LAYERS

LEARN = stream("strategies.learn")


def boldness(state: State) -> np.ndarray:
    """Return the factor on each firm's temptation, float64[n]: 1 + opportunism (1 - 2 relational); 1 at .5."""
    return 1.0 + state.rules.work.opportunism * (1.0 - 2.0 * state.world.firms.propensities[:, RELATIONAL])


def update_strategies(state: State) -> None:
    """Let firms reinforce what paid, imitate better partners, and try something else now and then."""
    firms, settings, work = state.firms, state.rules.strategies, state.rules.work
    losses = [work.sucker / max(getattr(work, f"payoff_{LAYERS[layer]}"), 1e-9) for layer in state.peers]
    p = params(StrategyParams, settings, cheating=work.cheating, loss_a=losses[0], loss_b=losses[-1])
    learnt = np.empty(firms.propensities.shape)
    state.each(
        update_propensities, state.luck(LEARN), firms.uid, seen_performance(state), firms.propensities,
        *state.learning("nbr", "outcome"), state.membership().of, state.governance(), p, learnt,
    )  # fmt: skip
    firms.propensities[:] = learnt


RULE = Rule(
    name="strategies",
    phase="adaptation",
    about="what paid is done more often, better partners are imitated, now and then something else is tried",
    source="Bush and Mosteller 1955; Macy and Flache 2002 (reinforcement); Szabo and Toke 1998 (imitation)",
    moves=("relational", "down"),
    reads=names("firms", ["uid", "performance"]) + names("ties", ["nbr", "outcome"]),
    writes=("firms.propensities",),
    update=update_strategies,
)
