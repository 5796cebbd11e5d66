"""Accounts: what partners and groups brought each firm, by kind of value.

The rule turns the page once a month; what happens after that is entered where it happens, by the functions
``note_...``. No rule reads the accounts, so noting, like counting, is no part of what a rule declares to write.
To add your own kind, add a name to `schema.VALUES`, say below how it fades, and note it where it happens.
"""

from __future__ import annotations

import numpy as np

from emergence.kernels import accounts as kernel
from emergence.kernels.accounts import COST, KNOWLEDGE, MEMORY, REPUTATION, RISK
from emergence.rules.base import Rule, State
from emergence.schema import DEVELOPMENT, VALUES


def update_accounts(state: State) -> None:
    """Let the entries of all ties and firms fade, and enter what this month's joint projects brought."""
    firms, keep = state.firms, kept(state)
    firms.accounts[:] *= keep
    for layer in state.acting:
        ties = state.ties(layer)
        state.each(kernel.turn_page, ties.ptr, ties.value, keep, ties.accounts, firms.accounts, work=ties.ptr)


def kept(state: State) -> np.ndarray:
    """Return what is kept of each kind a month, float64[kinds].

    A saving lasts until the landscape under the routine has drifted away; the other kinds are smoothed.
    """
    keep, drift = np.full(len(VALUES), MEMORY), state.rules.environment
    keep[COST] = 1.0 - drift.drift if drift.enabled else 1.0
    return keep


def weight(kind: int) -> float:
    """Return the weight of a new entry: a saving counts in full from the month it is made."""
    return 1.0 if kind == COST else 1.0 - MEMORY


def blank(state: State, layer: int) -> np.ndarray:
    """Return a column of zeros for amounts by half-edge, float64; an empty one if no accounts are kept."""
    return np.zeros(state.world.ties[layer].count if state.rules.accounts.enabled else 0)


def note_on_ties(state: State, layer: int, kind: int, amount: np.ndarray) -> None:
    """Enter amounts (float64 per half-edge of the layer) for this side of each tie and for its firm."""
    ties, firms = state.world.ties[layer], state.world.firms
    state.each(kernel.enter, ties.ptr, kind, weight(kind), amount, ties.accounts, firms.accounts, work=ties.ptr)


def note_at_firms(state: State, kind: int, rows: np.ndarray, amount: np.ndarray) -> None:
    """Enter amounts (float64[k]) that no living tie brought, for firms by row (int[k])."""
    np.add.at(state.world.firms.accounts[:, kind], rows, weight(kind) * amount)


def note_between(state: State, kind: int, rows: np.ndarray, partners: np.ndarray, amount: np.ndarray) -> None:
    """Enter what firms (rows, int[k]) had of partners (rows, int[k]) on the first acting layer that ties the two.

    Where nothing ties them, only the firm has an account for it.
    """
    of_firms, place = state.world.firms.accounts, np.empty(rows.size, np.int64)
    for layer in state.acting:
        if not rows.size:
            return
        ties = state.world.ties[layer]
        kernel.places_of(ties.ptr, ties.nbr, rows, partners, place)
        found = place >= 0
        at, which = np.unique(place[found], return_inverse=True)
        owner = np.searchsorted(ties.ptr, at, "right") - 1
        kernel.enter_at(at, owner, kind, weight(kind), np.bincount(which, amount[found]), ties.accounts, of_firms)
        rows, partners, amount, place = (part[~found] for part in (rows, partners, amount, place))
    note_at_firms(state, kind, rows, amount)


def note_lessons(state: State, learnt: np.ndarray) -> None:
    """Enter skill points that partners taught (float64 per half-edge of the development layer)."""
    if state.rules.accounts.enabled:
        note_on_ties(state, DEVELOPMENT, KNOWLEDGE, learnt)


def note_routines(state: State, rows: np.ndarray, source: np.ndarray, gained: np.ndarray) -> None:
    """Enter what routines save a month, from what they gained in z and what the firm sells.

    Parameters
    ----------
    rows, source, gained : int64[k], int32[k], float64[k]
        Who changed its practice, the row that a routine came from (-1 for none), and the gain.
    """
    if not state.rules.accounts.enabled:
        return
    firms, taken = state.world.firms, source >= 0
    rows, source, gained = rows[taken], source[taken], gained[taken]
    capacity = (1.0 + firms.slack[rows]) * firms.health[rows]
    sales = firms.size[rows] * np.minimum(capacity, firms.fill[rows])
    note_between(state, COST, rows, source, state.rules.market.saving_z * gained * sales)


def note_trust(state: State) -> None:
    """Enter by how much each partner's trust is about to move the firm's reputation."""
    if not state.rules.accounts.enabled:
        return
    speed, reputation = state.rules.strengthening.reputation, state.world.firms.reputation
    peers = [(layer, state.world.ties[layer]) for layer in state.peers]
    partners = np.sum([ties.degree() for _, ties in peers], axis=0)
    for layer, ties in peers:
        part = blank(state, layer)
        state.each(
            kernel.share_reputation, ties.ptr, ties.good_in, ties.bad_in, partners, speed, reputation, part,
            work=ties.ptr,
        )  # fmt: skip
        note_on_ties(state, layer, REPUTATION, part)


def note_losses(state: State, losses: np.ndarray) -> None:
    """Enter what firms lose (EUR, float64[firms]) by partners that fail; the ties to them end with it."""
    if state.rules.accounts.enabled:
        rows = np.flatnonzero(losses)
        note_at_firms(state, RISK, rows, -losses[rows])


def note_fund(state: State, rows: np.ndarray, paid: np.ndarray) -> None:
    """Enter what firms (rows) were given by their group, EUR."""
    if state.rules.accounts.enabled:
        note_at_firms(state, RISK, rows, paid)


def note_aid(state: State, giver: np.ndarray, taker: np.ndarray, amount: np.ndarray) -> None:
    """Enter help in need between partners, for the taker what it got and for the giver what it cost.

    Parameters
    ----------
    giver, taker, amount : int[k], int[k], float64[k]
        Rows, and EUR; a pair may occur more than once.
    """
    if state.rules.accounts.enabled:
        note_between(state, RISK, taker, giver, amount)
        note_between(state, RISK, giver, taker, -amount)


RULE = Rule(
    name="accounts",
    phase="working together",
    about="what partners and groups bring is written down by kind: revenue, cost, knowledge, risk, reputation",
    source="Das and Teng 2000 (resources that alliances bring); Uzzi 1997 (value of embedded ties)",
    moves=("value_revenue", "up"),
    reads=("ties.value",),
    writes=("firms.accounts", "ties.accounts"),
    update=update_accounts,
)
