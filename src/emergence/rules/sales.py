"""Joint sales: tied firms with different skills bid together for orders that none can serve alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emergence.kernels.random import fill_units
from emergence.kernels.referrals import fill_poisson
from emergence.kernels.sales import award, make_bids
from emergence.luck import normals, stream
from emergence.rules.base import Rule, State, names
from emergence.rules.trade import capacity, trade_of
from emergence.schema import SKILLS

NUMBER = stream("sales.number")
ORDER = stream("sales.order")
HEAR = stream("sales.hear")
MOST = 1 << 20  # orders of a sector and month
LISTED = 4  # of a remote group, for each skill


@dataclass(frozen=True)
class Orders:
    """The large orders of a month, sector by sector.

    Attributes
    ----------
    ptr : int64[sectors + 1]
    first, second : int64[orders]
        The two skills asked for.
    size : float64[orders]
        EUR.
    turn : float64[orders]
        Luck: the orders are given away in ascending turn.
    """

    ptr: np.ndarray
    first: np.ndarray
    second: np.ndarray
    size: np.ndarray
    turn: np.ndarray


def large_orders(state: State) -> Orders:
    """Draw the month's orders; they depend on month, sector and number alone, whatever the firms do."""
    settings, founders = state.rules.sales, state.world.demand["founders"]
    sectors = np.arange(founders.size)
    mean = settings.orders * founders / 100.0
    units = fill_units(state.luck(NUMBER), sectors, 2)
    number = np.minimum(poisson_of(mean, units), MOST - 1)
    ptr = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    which = np.repeat(sectors, number) * MOST + np.arange(ptr[-1]) - np.repeat(ptr[:-1], number)
    draws = fill_units(state.luck(ORDER), which, 5)
    first = np.floor(draws[:, 0] * SKILLS).astype(np.int64)
    second = (first + 1 + np.floor(draws[:, 1] * (SKILLS - 1)).astype(np.int64)) % SKILLS
    size = settings.size * state.settings.founders.size * np.exp(settings.spread * normals(draws[:, 2:4])[:, 0])
    return Orders(ptr, first, second, size, draws[:, 4])


def poisson_of(mean: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return Poisson numbers, int64[k], from two uniforms each: by inversion up to a mean of 30, else by the normal."""
    number = np.empty(mean.size, np.int64)
    fill_poisson(np.minimum(mean, 30.0), units[:, 0], number)
    rough = np.rint(mean + np.sqrt(mean) * normals(units)[:, 0])
    return np.where(mean > 30.0, np.maximum(rough, 0), number).astype(np.int64)


def update_sales(state: State) -> None:
    """Let firms bid with their partners, give each order to the best placed team, and add it to the demand."""
    firms, world, settings, orders = state.firms, state.world, state.rules.sales, large_orders(state)
    world.count("orders", int(orders.ptr[-1]))
    if not orders.ptr[-1] or not world.size:
        return
    commit = settings.commitment * capacity(state)
    order, score = np.zeros(world.size, np.int64), np.zeros(world.size)
    team = np.full((world.size, settings.team), -1, np.int64)
    layers = [state.ties(layer) for layer in state.acting]
    columns = ("ptr", "nbr", "w", "good", "bad", "good_in", "bad_in")
    state.each(
        make_bids, state.luck(HEAR), firms.uid, firms.sector, orders.ptr, orders.first, orders.second, orders.size,
        firms.skills, commit, settings.standard, settings.trust,
        *(tuple(getattr(ties, name) for ties in layers) for name in columns), state.membership().of,
        *rosters(state, commit), order, score, team,
    )  # fmt: skip
    bids = np.flatnonzero(score > 0)
    turn = np.empty(orders.turn.size, np.int64)
    turn[np.argsort(orders.turn, kind="stable")] = np.arange(turn.size)
    bids = bids[np.lexsort((firms.uid[bids], -score[bids], turn[order[bids]]))]
    won, demand = np.zeros(orders.size.size, bool), np.zeros(world.size)
    award(bids, order, orders.size, team, commit, won, demand)
    trade_of(state).offered[:] += demand
    world.count("orders_won", int(won.sum()))
    world.count("joint_sales", float(demand.sum()))


def rosters(state: State, commit: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the members of each remote group with whom all others can bid, and how close they are.

    For each skill those of most commitment x reputation who have it, and those with the most capacity to give.
    Reputation stands for the trust of members who have no tie.

    Returns
    -------
    int64[groups + 1], int64[k], float64[k]
        Pointer, rows, and commitment x reputation.
    """
    belongs, settings, firms, groups = state.membership(), state.rules.sales, state.firms, state.groups
    rows, close, ptr = [], [], [0]
    for group in range(state.world.groups.count):
        of = np.flatnonzero((belongs.group == group) & (groups.remote[group] > 0))
        of = of[firms.reputation[belongs.firm[of]] >= settings.trust]
        firm = belongs.firm[of]
        near = state.memberships.commitment[of] * firms.reputation[firm]
        order = np.lexsort((firms.uid[firm], -near))
        listed = [order[firms.skills[firm[order], k] >= settings.standard][:LISTED] for k in range(SKILLS)]
        largest = np.lexsort((firms.uid[firm], -commit[firm]))[: 2 * LISTED]
        chosen = np.unique(np.concatenate([*listed, largest]).astype(np.int64))
        rows.append(firm[chosen])
        close.append(near[chosen])
        ptr.append(ptr[-1] + chosen.size)
    whole = np.concatenate([np.zeros(0, np.int64), *rows]).astype(np.int64)
    return np.array(ptr, np.int64), whole, np.concatenate([np.zeros(0), *close])


RULE = Rule(
    name="sales",
    phase="demand and supply",
    about="tied firms with different skills bid together for large orders that none can serve alone",
    source="Camarinha-Matos and Afsarmanesh 2005 (virtual organisations); Stuart 2000 (who is chosen by its partners)",
    moves=("joint_sales", "up"),
    reads=names("firms", ["uid", "sector", "size", "slack", "health", "skills", "reputation"])
    + names("ties", ["nbr", "w", "good", "bad", "good_in", "bad_in"])
    + ("memberships", "groups.remote"),
    writes=("state.trade",),
    update=update_sales,
)
