"""Losses that spread along supply, to customers and to suppliers (Diem et al. 2022).

One form serves both ways. A firm loses ``x[i] = max(own, max over groups g of sum_{h in g} coef[h] x[nbr[h]])``:
upwards its customers are one group, each with its share of the firm's sales; downwards each essential kind of
input is a group, each supplier with its share of that kind, and the other inputs are one more group. What is
wanted is the least fixed point, the limit of rounds that start from the firms that were struck.
"""

import numpy as np
from numba import njit

PATIENCE = 24  # rounds after which, and after every so many more, a system of equations is solved instead
STEPS = 400  # of one solution at most


@njit(cache=True, nogil=True)
def times(ptr_lo, ptr_hi, nbr, coef, market, members, v, out):
    """Write (1 - C) v into `out` for the members, C the coefficients of the group that each has chosen."""
    for i in members:
        total = v[i]
        for h in range(ptr_lo[i], ptr_hi[i]):
            total -= coef[h] * market[nbr[h]] * v[nbr[h]]
        out[i] = total


@njit(cache=True, nogil=True)
def dot(members, u, v):
    """Return the inner product over the members."""
    total = 0.0
    for i in members:
        total += u[i] * v[i]
    return total


@njit(cache=True, nogil=True)
def settle(lo, hi, nbr, coef, market, x, accuracy):
    """Raise the losses to where rounds would lead if every firm kept the group that binds it now.

    Parameters
    ----------
    lo, hi : int64[n]
        Half-edges of the binding group of each firm; empty for those that lose nothing or only what struck them.
    nbr, coef, market : int32[m], float64[m], float64[n]
        See `spread`.
    x : float64[n]
        Losses, at most those that the rounds would reach; written.
    accuracy : float
        Wanted of the residual (norm); ten times that is accepted.

    Notes
    -----
    A system of linear equations, solved by BiCGSTAB (van der Vorst 1992). What it gives is nowhere below `x` and
    nowhere above the fixed point wanted, so rounds may go on from it; if it fails, they go on from `x`.
    """
    n = x.size
    members = np.flatnonzero(hi > lo)
    residual = np.zeros(n)
    shadow = np.zeros(n)
    way = np.zeros(n)
    image = np.zeros(n)
    half = np.zeros(n)
    turned = np.zeros(n)
    y = x.copy()
    # Firms outside stay as they are, so their part of the equations is in the first residual.
    times(lo, hi, nbr, coef, market, members, y, residual)
    for i in members:
        residual[i] = -residual[i]
        shadow[i] = residual[i]
    rho = alpha = omega = 1.0
    for _ in range(STEPS):
        if dot(members, residual, residual) <= accuracy * accuracy:
            break
        before = rho
        rho = dot(members, shadow, residual)
        beta = rho / before * (alpha / omega) if before != 0.0 and omega != 0.0 else 0.0
        for i in members:
            way[i] = residual[i] + beta * (way[i] - omega * image[i])
        times(lo, hi, nbr, coef, market, members, way, image)
        along = dot(members, shadow, image)
        if along == 0.0 or rho == 0.0:
            break
        alpha = rho / along
        for i in members:
            half[i] = residual[i] - alpha * image[i]
        times(lo, hi, nbr, coef, market, members, half, turned)
        size = dot(members, turned, turned)
        omega = dot(members, turned, half) / size if size > 0.0 else 0.0
        for i in members:
            y[i] += alpha * way[i] + omega * half[i]
            residual[i] = half[i] - omega * turned[i]
    times(lo, hi, nbr, coef, market, members, y, residual)
    for i in members:
        if not abs(residual[i]) <= 10.0 * accuracy:
            return
    for i in members:
        x[i] = min(1.0, max(x[i], y[i]))


@njit(cache=True, nogil=True)
def worst_group(i, ptr, nbr, coef, group, market, x):
    """Return the largest loss over the groups of firm `i`, and where that group begins and ends."""
    worst = 0.0
    lo = ptr[i]
    hi = ptr[i]
    h = ptr[i]
    while h < ptr[i + 1]:
        first = h
        loss = 0.0
        while h < ptr[i + 1] and group[h] == group[first]:
            loss += coef[h] * market[nbr[h]] * x[nbr[h]]
            h += 1
        if loss > worst:
            worst = loss
            lo = first
            hi = h
    return min(1.0, worst), lo, hi


@njit(cache=True, nogil=True)
def strength_of_market(sector, output, x, left, market):
    """Write into `market` what share each firm has of what is left of its sector's sales, at most 1."""
    left[:] = 0.0
    for j in range(x.size):
        left[sector[j]] += output[j] * (1.0 - x[j])
    for j in range(x.size):
        market[j] = min(1.0, output[j] / left[sector[j]]) if left[sector[j]] > 0.0 else 1.0


@njit(cache=True, nogil=True)
def losers(x, now):
    """Put the firms that lose something into `now` and return their number."""
    count = 0
    for i in range(x.size):
        if x[i] > 0.0:
            now[count] = i
            count += 1
    return count


@njit(cache=True, nogil=True)
def heard(ptr, nbr, x, now, fallen, asked):
    """Put the neighbours of ``now[:fallen]`` that still make something into `now`, mark and count them."""
    movers = now[:fallen].copy()
    count = 0
    for i in movers:
        for h in range(ptr[i], ptr[i + 1]):
            j = nbr[h]
            if not asked[j] and x[j] < 1.0:
                asked[j] = True
                now[count] = j
                count += 1
    return count


@njit(cache=True, nogil=True)
def spread(ptr, nbr, coef, group, back_ptr, back, sector, output, replace, x, tolerance, rounds):
    """Raise the losses `x` to the least fixed point above them.

    Parameters
    ----------
    ptr : int64[n + 1]
    nbr : int32[m]
        Those on whom each firm depends.
    coef : float64[m]
        What it loses if they lose all, within a group at most 1 in all.
    group : int64[m]
        Group of each, equal ones together within a row.
    back_ptr, back : int64[n + 1], int32[m]
        Those that depend on each firm.
    sector : int64[n]
        From 0; read with `replace`, as is the next.
    output : float64[n]
        Sales within the network, EUR/month: they decide shares of the market.
    replace : bool
        Whether others of its sector stand in for a firm: a loss counts with the share of the market that it has
        among what is left of its sector, at most 1.
    x : float64[n]
        Share of production that each firm loses, 0 to 1; at the start that of the firms struck. Written.
    tolerance : float
        Smaller rises are not made.
    rounds : int
        At most so many.

    Returns
    -------
    int
        Rounds taken.

    Notes
    -----
    Rounds alone creep where nearly all trade stays within the network, so now and then the equations of the groups
    that bind are solved. A group binds since it last raised its firm, which keeps those equations solvable:
    no set of firms can then depend on itself alone.
    """
    n = x.size
    now = np.empty(n, np.int32)
    asked = np.zeros(n, np.bool_)
    value = np.empty(n)
    new_lo = np.empty(n, np.int64)
    new_hi = np.empty(n, np.int64)
    lo = np.zeros(n, np.int64)
    hi = np.zeros(n, np.int64)
    market = np.ones(n)
    left = np.zeros(sector.max() + 1 if replace and n else 0)
    count = heard(back_ptr, back, x, now, losers(x, now), asked)
    done = 0
    while count > 0 and done < rounds:
        done += 1
        if replace:
            strength_of_market(sector, output, x, left, market)
        for k in range(count):
            i = now[k]
            asked[i] = False
            value[k], new_lo[k], new_hi[k] = worst_group(i, ptr, nbr, coef, group, market, x)
        fallen = 0
        for k in range(count):
            i = now[k]
            if value[k] - x[i] > tolerance:
                x[i] = value[k]
                lo[i] = new_lo[k]
                hi[i] = new_hi[k]
                now[fallen] = i
                fallen += 1
        if fallen > 0 and done % PATIENCE == 0:
            settle(lo, hi, nbr, coef, market, x, 0.1 * tolerance)
            fallen = losers(x, now)
        elif fallen > 0 and replace:
            # A fall makes its whole sector harder to replace, so all that depend on losers ask again.
            fallen = losers(x, now)
        count = heard(back_ptr, back, x, now, fallen, asked)
    return done


@njit(cache=True, nogil=True)
def every_loss(
    first, last, down_ptr, down, down_coef, up_ptr, up, up_coef, group, sector, output, replace, share, tolerance,
    rounds,
):  # fmt: skip
    """Return the loss of all, weighed by `share` (float64[n]), when each of the firms first..last fails alone.

    Parameters
    ----------
    down_ptr, down, down_coef : int64[n + 1], int32[m], float64[m]
        Customers of each firm, each with its share of the firm's sales.
    up_ptr, up, up_coef, group : int64[n + 1], int32[m], float64[m], int64[m]
        Suppliers of each firm, with their share of a group of inputs.
    sector, output, replace, tolerance, rounds
        See `spread`.

    Returns
    -------
    float64[last - first]
    """
    n = share.size
    index = np.zeros(last - first)
    one = np.zeros(down.size, np.int64)
    for firm in range(first, last):
        by_demand = np.zeros(n)
        by_demand[firm] = 1.0
        by_supply = by_demand.copy()
        spread(down_ptr, down, down_coef, one, up_ptr, up, sector, output, False, by_demand, tolerance, rounds)
        spread(up_ptr, up, up_coef, group, down_ptr, down, sector, output, replace, by_supply, tolerance, rounds)
        total = 0.0
        for i in range(n):
            total += share[i] * max(by_demand[i], by_supply[i])
        index[firm - first] = total
    return index
