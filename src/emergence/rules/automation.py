"""Automation: it saves costs and adds capacity as far as the firm's skills can use it."""

from __future__ import annotations

import numpy as np

from emergence.rules.base import Rule, State, names
from emergence.rules.trade import trade_of


def investment(state: State) -> np.ndarray:
    """Return by how much each firm automates this month, float64[firms]: as far as its cash above a reserve goes."""
    firms, settings = state.firms, state.rules.automation
    wanted = settings.rate * (1.0 - firms.automation) * firms.digital
    whole = settings.cost * firms.size
    spare = np.maximum(0.0, firms.cash - settings.reserve * firms.size)
    affordable = np.divide(spare, whole, out=np.full(whole.size, np.inf), where=whole > 0)
    return np.minimum(wanted, affordable)


def update_automation(state: State) -> None:
    """Let automation that skills can use bring its gain, and idle automation its cost; then invest."""
    firms, world, settings = state.firms, state.world, state.rules.automation
    usable = np.minimum(1.0, firms.skills.mean(axis=1, dtype=np.float64) / settings.required)
    used, idle = firms.automation * usable, firms.automation * (1.0 - usable)
    trade = trade_of(state)
    trade.saved += settings.saving * used
    trade.costs += settings.idle * idle * firms.size
    trade.lifted = (0.0 if trade.lifted is None else trade.lifted) + settings.output * used
    step = investment(state)
    cost = settings.cost * firms.size * step
    firms.cash[:] -= cost
    world.book("automation", -float(cost.sum()))
    firms.automation[:] = np.minimum(1.0, (1.0 - settings.wear) * firms.automation + step)
    firms.idle[:] = firms.automation * (1.0 - usable)


RULE = Rule(
    name="automation",
    phase="demand and supply",
    about="firms with digital practice automate as cash allows; it saves cost and adds capacity where skills allow",
    source="Acemoglu and Restrepo 2018 (automation); Brynjolfsson and Hitt 2000 (skills as complements)",
    moves=("automation_rate", "up"),
    reads=names("firms", ["digital", "skills", "size"]),
    writes=names("firms", ["automation", "idle", "cash"]) + ("state.trade",),
    update=update_automation,
)
