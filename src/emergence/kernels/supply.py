"""Supply between firms: shares of suppliers, orders, output, rationing, stocks.

Every kernel writes rows lo..hi only: a supplier adds up what its buyers order of it, a buyer what its suppliers
deliver, and both work out the same quantity for a tie.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from emergence.kernels.graph import find
from emergence.kernels.random import pair_key, unit

SLOTS = 4  # kinds of input that a firm can tell apart
BUYS, SUPPLIES = 1, 2  # roles of a side; 0 does both
PROPORTIONAL, SMALLEST, RANDOM, RELATION = 0, 1, 2, 3


class SupplyParams(NamedTuple):
    """See `config.Supply`."""

    substeps: float
    share: float
    outside: float
    switching: float
    buffer: float
    close: float
    diversify: float
    reaction: float
    foresight: float
    reconfigure: float
    rationing: float


@njit(cache=True, nogil=True)
def fill_mates(lo, hi, ptr, nbr, mate):
    """Write the position of the other end of each half-edge of rows lo..hi into `mate` (int64)."""
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            mate[h] = find(ptr, nbr, nbr[h], i)


@njit(cache=True, inline="always")
def slot_of(recipe, buyer, supplier):
    """Return which input of the buyer's sector the supplier's sector makes, -1 for none."""
    return np.int64(recipe[buyer, supplier])


@njit(cache=True, nogil=True)
def update_shares(
    lo, hi, ptr, nbr, role, w, sector, recipe, needs, served, size, expected, p, share, inside, focus,
):  # fmt: skip
    """Move the suppliers' shares of the input of rows lo..hi towards their weights.

    Parameters
    ----------
    recipe : int8[sectors, sectors]
        Which input of the first sector the second makes, -1 for none.
    needs : int64[sectors]
        How many kinds of input a sector needs.
    served : float64[n]
        Share of what was ordered of each firm last month that it delivered.
    size, expected : float64[n]
        Capacity and expected demand, EUR/month.
    share : float32[half-edges]
        Changed at the buyers' ends: share of all inputs that come from the supplier. The rest comes from outside.
    inside, focus : float64[n, SLOTS]
        Written: share of each kind of input that comes from suppliers, and the Herfindahl index of its suppliers
        (1 for one alone, 0 for none).

    Notes
    -----
    Weights are w to the power 1 - diversify, times served to the power reaction + 4 foresight, times how far the
    supplier is large enough, against `outside` to the power 1 - diversify: who diversifies gives all sources the
    same weight.
    """
    for i in range(lo, hi):
        total = np.full(SLOTS, p.outside ** (1.0 - p.diversify) if p.outside > 0.0 else 0.0)
        kinds = max(needs[sector[i]], 1)
        for h in range(ptr[i], ptr[i + 1]):
            if role[h] != SUPPLIES:
                s = slot_of(recipe, sector[i], sector[nbr[h]])
                if s >= 0:
                    total[s] += weight(w[h], served[nbr[h]], room(size[nbr[h]], expected[i], p), p)
        for s in range(SLOTS):
            inside[i, s] = 0.0
            focus[i, s] = 0.0
        for h in range(ptr[i], ptr[i + 1]):
            if role[h] == SUPPLIES:
                continue
            s = slot_of(recipe, sector[i], sector[nbr[h]])
            if s < 0:
                share[h] = 0.0
                continue
            heft = weight(w[h], served[nbr[h]], room(size[nbr[h]], expected[i], p), p)
            aim = heft / total[s] / kinds if total[s] > 0.0 else 0.0
            share[h] = share[h] + p.switching * (aim - share[h])
            own = kinds * np.float64(share[h])
            inside[i, s] += own
            focus[i, s] += own * own
        for s in range(SLOTS):
            if inside[i, s] > 0.0:
                focus[i, s] /= inside[i, s] * inside[i, s]
            if inside[i, s] > 1.0:
                # Shares of ties that ended elsewhere come back slowly, so they may add up to more for a while.
                for h in range(ptr[i], ptr[i + 1]):
                    if role[h] != SUPPLIES and slot_of(recipe, sector[i], sector[nbr[h]]) == s:
                        share[h] = share[h] / inside[i, s]
                inside[i, s] = 1.0


@njit(cache=True, nogil=True)
def mirror_shares(lo, hi, ptr, role, mate, share):
    """Write at the suppliers' ends of rows lo..hi what the share is at the buyers'."""
    for i in range(lo, hi):
        for h in range(ptr[i], ptr[i + 1]):
            if role[h] == SUPPLIES:
                share[h] = share[mate[h]]


@njit(cache=True, inline="always")
def room(size, expected, p):
    """Return how far a supplier is large enough for a buyer, 0 to 1: size over size plus what the buyer uses."""
    return size / (size + p.share * expected)


@njit(cache=True, inline="always")
def weight(w, served, room, p):
    """Return the weight of a supplier among those of one input."""
    return np.float64(w) ** (1.0 - p.diversify) * served ** (p.reaction + 4.0 * p.foresight) * room


@njit(cache=True, nogil=True)
def place_orders(lo, hi, expected, sector, needs, stock, p, orders):
    """Write what rows lo..hi order of each input in this substep, EUR, into `orders` (float64[n, SLOTS]).

    Orders cover the expected use and close the gap to the stock aimed at; nobody orders more than three times
    its use at once.
    """
    for i in range(lo, hi):
        kinds = needs[sector[i]]
        for s in range(SLOTS):
            orders[i, s] = 0.0
            if s < kinds:
                use = p.share / kinds * expected[i]
                wanted = use + (p.buffer * use - stock[i, s]) / p.close
                orders[i, s] = min(max(wanted, 0.0), 3.0 * use) / p.substeps


@njit(cache=True, inline="always")
def rank(method, key, uid_a, uid_b, order, w):
    """Return the place of an order when goods are scarce: lower comes first."""
    if method == SMALLEST:
        return order
    if method == RANDOM:
        return unit(pair_key(key, uid_a, uid_b)[0])
    if method == RELATION:
        return -np.float64(w)
    return 0.0


@njit(cache=True, nogil=True)
def make_output(
    lo, hi, key, uid, ptr, nbr, role, mate, w, share, sector, recipe, needs, orders, final, capacity, stock, p,
    output, shipped, waiting, lost, cut, rest,
):  # fmt: skip
    """Let rows lo..hi produce what is ordered, as capacity and the scarcest input allow, and ration it.

    Parameters
    ----------
    orders : float64[n, SLOTS]
        What every firm orders of each input, EUR.
    final, capacity : float64[n]
        Demand of households and what can be made, EUR in this substep.
    stock : float64[n, SLOTS]
        What is used is taken out of it.
    output, shipped, waiting, lost : float64[n]
        Written: made and sold, of that to firms, ordered by firms in vain, and asked by households in vain, EUR.
    cut, rest : float64[n]
        Written: orders ranked below `cut` are served in full, those at it by the share `rest`, others not.
        Households come last unless all share alike.
    """
    method = int(p.rationing)
    for i in range(lo, hi):
        asked = 0.0
        count = 0
        for h in range(ptr[i], ptr[i + 1]):
            if role[h] != BUYS:
                quantity = ordered(h, i, nbr, mate, share, sector, recipe, needs, orders)
                asked += quantity
                count += 1
        demand = asked + final[i]
        made = min(capacity[i], demand)
        kinds = needs[sector[i]] if p.share > 0.0 else 0
        for s in range(kinds):
            made = min(made, stock[i, s] * kinds / p.share)
        made = max(made, 0.0)
        for s in range(kinds):
            stock[i, s] = max(stock[i, s] - p.share / kinds * made, 0.0)
        output[i] = made
        cut[i] = 0.0 if method == PROPORTIONAL else np.inf
        rest[i] = 1.0
        shipped[i] = asked
        if made < demand:
            shipped[i] = min(asked, made) if method != PROPORTIONAL else asked * (made / demand)
        waiting[i] = asked - shipped[i]
        lost[i] = max(final[i] - (made - shipped[i]), 0.0)
        if made >= demand:
            continue
        if method == PROPORTIONAL:
            rest[i] = made / demand
            continue
        left = made
        if asked > made:
            places = np.empty(count)
            sizes = np.empty(count)
            k = 0
            for h in range(ptr[i], ptr[i + 1]):
                if role[h] != BUYS:
                    sizes[k] = ordered(h, i, nbr, mate, share, sector, recipe, needs, orders)
                    places[k] = rank(method, key, uid[i], uid[nbr[h]], sizes[k], w[mate[h]])
                    k += 1
            by_place = np.argsort(places, kind="mergesort")
            k = 0
            while k < count:
                # Orders of one rank share what is left.
                last = k
                total = 0.0
                while last < count and places[by_place[last]] == places[by_place[k]]:
                    total += sizes[by_place[last]]
                    last += 1
                if total > left:
                    cut[i] = places[by_place[k]]
                    rest[i] = left / total
                    break
                left -= total
                k = last


@njit(cache=True, inline="always")
def ordered(h, i, nbr, mate, share, sector, recipe, needs, orders):
    """Return what the partner at half-edge `h` of supplier `i` orders of it, EUR."""
    buyer = nbr[h]
    s = slot_of(recipe, sector[buyer], sector[i])
    if s < 0:
        return 0.0
    return orders[buyer, s] * (needs[sector[buyer]] * np.float64(share[mate[h]]))


@njit(cache=True, nogil=True)
def deliver(
    lo, hi, key, uid, ptr, nbr, role, w, share, sector, recipe, needs, orders, cut, rest, abroad, inside, p,
    stock, bought, imported, missed,
):  # fmt: skip
    """Let rows lo..hi receive what they ordered: from suppliers as they ration it, and from outside.

    Parameters
    ----------
    abroad : float
        Share of what is ordered from outside that comes, 0 to 1.
    bought, imported, missed : float64[n]
        Added to: got from firms, got from outside, and ordered in vain, EUR.

    Notes
    -----
    Of what suppliers do not deliver the share `reconfigure` is replaced from outside in the same substep.
    """
    method = int(p.rationing)
    for i in range(lo, hi):
        kinds = needs[sector[i]]
        if kinds == 0:
            continue
        short = np.zeros(SLOTS)
        for h in range(ptr[i], ptr[i + 1]):
            if role[h] == SUPPLIES:
                continue
            j = nbr[h]
            s = slot_of(recipe, sector[i], sector[j])
            if s < 0:
                continue
            quantity = orders[i, s] * (kinds * np.float64(share[h]))
            place = rank(method, key, uid[i], uid[j], quantity, w[h])
            got = 0.0
            if place < cut[j]:
                got = quantity
            elif place == cut[j]:
                got = quantity * rest[j]
            stock[i, s] += got
            bought[i] += got
            short[s] += quantity - got
        for s in range(kinds):
            wanted = orders[i, s] * max(1.0 - inside[i, s], 0.0)
            got = abroad * (wanted + p.reconfigure * short[s])
            stock[i, s] += got
            imported[i] += got
            missed[i] += wanted + short[s] - got
