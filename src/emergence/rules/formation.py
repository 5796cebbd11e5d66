"""Formation of ties by mutual consent."""

from __future__ import annotations

import numpy as np

from emergence.kernels.formation import AGREED, fit_attention, make_consents
from emergence.kernels.pairs import UtilityParams
from emergence.luck import stream
from emergence.rules.base import UNIT, Rule, State, names, params
from emergence.rules.recipes import roles
from emergence.rules.search import score_params
from emergence.schema import LAYERS, OPERATIONAL

CONSENT = [stream(f"formation.consent.{layer}") for layer in LAYERS]


def utility_params(state: State, layer: int) -> UtilityParams:
    """Return the weights and costs of a tie in one layer."""
    formation = state.rules.formation
    return params(UtilityParams, getattr(formation, LAYERS[layer]), formation, distance=state.rules.search.distance)


def update_ties(state: State) -> None:
    """Make a tie of every meeting in which both sides consent."""
    for layer, met in state.meetings.items():
        a, b = consenting_pairs(state, layer, met)
        if a.size:
            insert(state, layer, *(fitted(state, layer, a, b) if state.rules.formation.choice else (a, b)))


def consenting_pairs(state: State, layer: int, met: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (a, b) of pairs that consent, each once, in the order of their hash."""
    firms, ties = state.firms, state.ties(layer)
    formation = state.rules.formation
    blind = -1.0 if formation.choice else getattr(formation, LAYERS[layer]).blind
    consent = np.zeros(met.shape, np.uint8)
    order = np.zeros(met.shape, np.uint32)
    own = firms.autonomy if state.orchestrated else np.ones(state.world.size)
    state.each(
        make_consents, state.luck(CONSENT[layer]), formation.rate, formation.noise, blind, met, firms.uid, own,
        firms.x, firms.y, firms.sector, state.profile(), state.aside(layer), ties.ptr, ties.nbr,
        *state.others(layer), state.membership().of, state.craft(), state.governance(),
        utility_params(state, layer), score_params(state, layer), consent, order,
    )  # fmt: skip
    state.world.count(f"met.{LAYERS[layer]}", int(np.count_nonzero(consent)))
    row, slot = np.nonzero(consent == AGREED)
    other = met[row, slot]
    a, b = np.minimum(row, other), np.maximum(row, other)
    ranked = np.lexsort((b, a, order[row, slot]))
    a, b = a[ranked], b[ranked]
    # A pair that met twice drew the same number twice, so its copies stand side by side.
    once = np.ones(a.size, bool)
    once[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return a[once].astype(np.int32), b[once].astype(np.int32)


def attention_limit(state: State, layer: int, rows: np.ndarray) -> np.ndarray:
    """Return the number of ties of a layer that fill the attention of some firms (rows, int[k]), float64[k]."""
    firms, search = state.firms, state.rules.search
    widest = getattr(search, LAYERS[layer]).widest
    by_size = np.clip((firms.size[rows] / (0.7 * UNIT)) ** search.size_exponent, 0.5, widest)
    return state.rules.formation.attention * by_size * (1.0 + search.slack_effect * firms.slack[rows])


def fitted(state: State, layer: int, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs that attention has room for, after worse ties gave way."""
    firms, ties = state.firms, state.ties(layer)
    keep = np.zeros(a.size, np.uint8)
    drop = np.zeros(ties.nbr.size, bool)
    limit = np.empty(state.world.size)
    for side in (a, b):
        limit[side] = attention_limit(state, layer, side)
    fit_attention(
        a, b, limit, firms.uid, ties.w, ties.good, ties.bad, firms.x, firms.y, firms.sector,
        state.profile(), ties.ptr, ties.nbr, utility_params(state, layer), keep, drop,
    )  # fmt: skip
    remove_marked(state, layer, drop)
    kept = keep.astype(bool)
    return a[kept], b[kept]


def remove_marked(state: State, layer: int, drop: np.ndarray) -> None:
    """Take out the half-edges marked in `drop` (bool) and log the broken ties."""
    gone = np.flatnonzero(drop)
    if not gone.size:
        return
    ties = state.columns_of(layer)
    a, b, at = ties.pairs_at(gone)
    uid = state.world.firms.uid
    state.log("broken", uid[a], uid[b], layer, state.step - ties.born[at])
    state.world.count("broken", at.size)
    state.world.count(f"broken.{LAYERS[layer]}", at.size)
    ties.drop(gone)


def insert(state: State, layer: int, a: np.ndarray, b: np.ndarray) -> None:
    """Add the ties, charge their building, and log them."""
    if not a.size:
        return
    firms, world = state.firms, state.world
    ties = state.columns_of(layer)
    more = {}
    if layer == OPERATIONAL:
        more["role"] = roles(world.demand["recipe"], firms.sector[a], firms.sector[b])
    ties.insert(a, b, w=state.rules.formation.strength, born=state.step, **more)
    each = np.bincount(a, minlength=world.size) + np.bincount(b, minlength=world.size)
    firms.costs_due[:] += each * state.rules.market.building_cost * np.sqrt(firms.size / UNIT) * UNIT
    state.log("formed", firms.uid[a], firms.uid[b], layer)
    world.count("formed", a.size)
    world.count(f"formed.{LAYERS[layer]}", a.size)


RULE = Rule(
    name="formation",
    phase="formation",
    about="a tie is made when both sides, or the orchestrator for them, want it",
    source="Jackson and Wolinsky 1996 (mutual consent); Nooteboom et al. 2007 (cognitive distance)",
    moves=("ties", "up"),
    reads=names(
        "firms",
        [
            "uid",
            "autonomy",
            "x",
            "y",
            "sector",
            "size",
            "slack",
            "skills",
            "culture",
            "purpose",
            "reputation",
            "z",
        ],
    )
    + ("ties.nbr", "state.meetings"),
    writes=("ties", "firms.costs_due"),
    update=update_ties,
)
