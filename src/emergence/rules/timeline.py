"""What the dated shocks of the timeline amount to in a month."""

from __future__ import annotations

import numpy as np

from emergence.config import Shock
from emergence.policies import in_force
from emergence.rules.base import State


def severity(months: int, duration: int, recovery: int) -> float:
    """Return how much of a shock is felt so many months after it struck, in [0, 1]."""
    if months < 0 or months >= duration + recovery:
        return 0.0
    return 1.0 if months < duration else 1.0 - (months - duration + 1) / (recovery + 1)


def severity_of(state: State, shock: Shock) -> float:
    """Return how much of a shock is felt this month, in [0, 1]."""
    return severity(state.step - shock.month, shock.duration, shock.recovery)


def imports_available(state: State) -> float:
    """Return the share of what comes from abroad that still comes this month, in [0, 1].

    Supply disasters without region and sector strike abroad.
    """
    left = 1.0
    if not state.rules.environment.enabled:
        return left
    for shock in state.settings.timeline:
        if is_abroad(shock):
            left *= 1.0 - shock.size * severity_of(state, shock)
    return left


def is_abroad(shock: Shock) -> bool:
    """Tell whether a shock is a disaster at what comes from abroad."""
    return shock.kind == "supply_disaster" and shock.region is None and shock.sector is None


def struck_by(state: State, shock: Shock) -> np.ndarray:
    """Return which firms are in the sector and region that a shock names, bool[firms]."""
    struck = np.ones(state.world.size, bool)
    if shock.sector is not None:
        struck &= state.firms.sector == shock.sector
    if shock.region is not None:
        struck &= state.firms.region == shock.region
    return struck


def share_struck(state: State, shock: Shock, sectors: int) -> np.ndarray:
    """Return the share of each sector's demand that a shock strikes, float64[sectors].

    Customers live where firms are: a region has the share of its firms in the sector's capacity.
    """
    hit = np.ones(sectors) if shock.sector is None else (np.arange(sectors) == shock.sector).astype(float)
    if shock.region is None:
        return hit
    firms = state.firms
    whole = np.bincount(firms.sector, firms.size, sectors)
    there = np.bincount(firms.sector, np.where(firms.region == shock.region, firms.size, 0.0), sectors)
    return hit * np.divide(there, whole, out=np.zeros(sectors), where=whole > 0)


def left_by_pandemics(state: State) -> np.ndarray:
    """Return the share of capacity that pandemics leave to each firm this month, float64[firms].

    Who works digitally keeps more (Dingel and Neiman 2020).
    """
    left = np.ones(state.world.size)
    kept = state.rules.environment.remote_work
    for shock in state.settings.timeline:
        lost = shock.size * severity_of(state, shock) if shock.kind == "pandemic" else 0.0
        if lost > 0:
            left *= 1.0 - np.where(struck_by(state, shock), lost * (1.0 - kept * state.firms.digital), 0.0)
    return left


def regulation_costs(state: State) -> np.ndarray:
    """Return what regulation costs each firm this month, EUR, float64[firms]."""
    costs = np.zeros(state.world.size)
    if not state.rules.environment.enabled:
        return costs
    for shock in state.settings.timeline:
        if shock.kind == "regulation" and in_force(shock, state.step):
            costs += np.where(struck_by(state, shock), shock.size * state.firms.size, 0.0)
    if costs.any():
        state.world.count("regulation", float(costs.sum()))
    return costs
