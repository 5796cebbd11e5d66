"""Checks of docs/odd.md, 7.13.10: money around ties."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence.kernels import aid as aid_kernel
from emergence.kernels.random import fill_units
from emergence.kernels.referrals import send_customers
from emergence.kernels.sales import form_team, gather
from emergence.luck import key, normals
from emergence.rules import aid, overflow, purchasing, referrals, sales, trade
from odd.checks import Near, Sides, check, drawn, events, grown, ready, rng, scatter, trust, values

N = 300


@check("referral_mean", "rules.referrals")
def _():
    """No customer comes on a tie where the draw lies above exp(-mean), so -log of the draw tells the mean."""
    n, f = 8000, rng(218)
    ptr, nbr = np.arange(n + 1), (np.arange(n) ^ 1).astype(np.int32)
    w, good_in, bad_in = (f.random((3, n)) * [[1], [9], [5]]).astype(np.float32)
    profile, sent, won = f.random((n, 16)).astype(np.float32), np.zeros(n), np.zeros(n)
    send_customers(0, n, key(5, 5), np.arange(n), ptr, nbr, w, good_in, bad_in, profile, 2.0, 1.0, sent, won)
    skill = profile[:, :5].astype(float)
    given = {"w": w.astype(float), "t": trust(good_in, bad_in), "rate": 2.0}
    given["complement"] = np.minimum(1, 0.8 * np.maximum(0, skill - skill[nbr]).sum(axis=1))
    return events(-np.log(drawn(key(5, 5), np.arange(n), nbr)), sent > 0, **given)


@cache
def customers():
    sim = scatter(ready(grown(), referrals.RULE, referrals__enabled=True, referrals__rate=3.0))
    f = sim.world.firms
    f.referred[:], before = rng(209).random(f.count) * 3000, None
    before = f.referred.copy()
    won, sent = np.zeros((2, f.count))
    for layer in sim._state.acting:
        t = sim.world.ties[layer]
        send_customers(0, f.count, sim._state.luck(referrals.COME[layer]), f.uid, t.ptr, t.nbr, t.w, t.good_in, t.bad_in,
                       sim._state.profile(), 3.0, 0.4, sent, won)  # fmt: skip
    sim.world.counts = {}
    referrals.update_referrals(sim._state)
    return sim, before, won


@check("referred", "rules.referrals")
def _():
    sim, before, won = customers()
    return values(sim.world.firms.referred, before=before, customers=won, size=sim.world.firms.size)


@check("customer_value", "rules.referrals")
def _():
    """Of worlds in which one firm alone wins customers."""
    found, sizes = [], np.exp(rng(210).normal(9, 1, 40))
    for size in sizes:
        sim = ready(grown(), referrals.RULE, referrals__enabled=True, referrals__rate=50.0)
        f = sim.world.firms
        f.size[:], sim.world.counts = size, {}
        referrals.update_referrals(sim._state)
        found.append(sim.world.counts["lifetime_value"] / sim.world.counts["customers"])
    return values(found, size=sizes)


@cache
def ordered():
    sim = ready(grown(), sales.RULE, sales__enabled=True, sales__orders=200.0)
    orders = sales.large_orders(sim._state)
    sector = np.repeat(np.arange(6), np.diff(orders.ptr))
    which = sector * sales.MOST + np.arange(orders.ptr[-1]) - orders.ptr[sector]
    return sim, orders, normals(fill_units(sim._state.luck(sales.ORDER), which, 5)[:, 2:4])[:, 0]


@check("order_size", "rules.sales")
def _():
    _sim, orders, n = ordered()
    return values(orders.size, median=7000.0, n=n)


@check("order_mean", "rules.sales")
def _():
    """Above 30 the number is the rounded normal of the mean, so draws tell it; below by its quantiles."""
    rows = []
    for month in range(200):
        sim, _orders, _n = ordered()
        sim.world.step = month
        units = fill_units(sim._state.luck(sales.NUMBER), np.arange(6), 2)
        number = np.diff(sales.large_orders(sim._state).ptr)
        n = normals(units)[:, 0]
        # number = rint(m + sqrt(m) n), so sqrt(m) lies between the roots for number - .5 and number + .5.
        low, high = (((np.sqrt(n**2 + 4 * np.maximum(number + s, 0)) - n) / 2) ** 2 for s in (-0.5, 0.5))
        rows.append((low, high))
    low, high = np.array(rows).transpose(1, 2, 0)
    founders = sim.world.demand["founders"]
    assert (low.max(axis=1) <= high.min(axis=1) + 1e-9).all()
    big = founders * 2.0 > 31
    middle = (0.5 * (low.max(axis=1) + high.min(axis=1)))[big]
    return Near({"founders": founders[big], "orders": 200.0}, middle)


@cache
def bidders():
    """Firms with made-up partners on one layer: whom they can bid with, and how close those are."""
    luck, skills = rng(211), rng(212).random((N, 5)).astype(np.float32)
    ptr, nbr = np.arange(0, 4 * N + 1, 4), ((np.arange(N)[:, None] + np.arange(1, 5)) % N).astype(np.int32)
    w, good, bad, good_in, bad_in = (luck.random((5, 4 * N)) * np.array([[1], [9], [3], [9], [3]])).astype(np.float32)
    layer = [(of,) for of in (ptr, nbr.ravel(), w, good, bad, good_in, bad_in)]
    none = np.full((N, 1), -1, np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0)
    found = [(np.empty(4, np.int64), np.empty(4)) for _ in range(N)]
    assert [gather(i, *layer, 0.0, *none, *of) for i, of in enumerate(found)] == [4] * N
    return skills, w, [(good + 1) / (good + bad + 2), (good_in + 1) / (good_in + bad_in + 2)], found


@check("closeness")
def _():
    _skills, w, t, found = bidders()
    t_i, t_j = (side.astype(float) for side in t)
    return values(np.concatenate([close for _who, close in found]), w=w.astype(float), t_i=t_i, t_j=t_j)


@check("bid")
def _():
    """Teams of two partners each, who are needed for their capacity alone."""
    skills, _w, _t, found = bidders()
    rows = []
    for i, (who, close) in enumerate(found):
        team = np.empty(3, np.int64)
        score = form_team(i, who, close, np.empty(4, np.bool_), np.arange(N), skills, np.ones(N), 0, 1, 2.5, 0.0, team)
        near = np.sort(close)[-2:]
        best = skills[team, :2].astype(float).max(axis=0)
        rows.append((score, *near, *best))
    score, one, other, best_a, best_b = np.array(rows).T
    return values(score, close=np.stack([one, other], axis=1), best_a=best_a, best_b=best_b)


@check("hands_over")
def _():
    """One pass of sharing on made-up needs, half-edge by half-edge."""
    side = Sides(grown())
    n, t = side.firms.count, side.ties
    need = np.where(rng(213).random(n) < 0.5, rng(214).random(n), 0)
    spare = np.where(need > 0, 0, rng(215).random(n))
    alike = np.zeros(n, np.int16)
    i, j, at = aid_kernel.find_helpers(t.ptr, t.nbr, t.good_in, t.bad_in, 0.5, alike, need, spare)
    assert (i == side.i[at]).all() and (j == side.j[at]).all()
    amount = np.zeros(i.size)
    aid_kernel.hand_over(i, j, need, spare, amount, np.zeros(n), np.zeros(n))
    total = np.bincount(i, spare[j], n)
    asked = np.bincount(j, need[i] * spare[j] / total[i], n)
    return values(amount, need=need[i], spare=spare[j], within_reach=total[i], asked=asked[j])


@cache
def lent(name):
    """What share_out is asked by a rule: need and spare."""
    seen = {}

    def note(state, need, spare, *more):
        seen["need"], seen["spare"] = need.copy(), spare.copy()
        return np.zeros(need.size), np.zeros(need.size), {}

    module = {"overflow": overflow, "aid": aid}[name]
    kept, module.share_out = module.share_out, note
    try:
        sim = scatter(ready(grown(), module.RULE, **{f"{name}__enabled": True}, market__slack=0.0))
        f, state = sim.world.firms, sim._state
        f.cash[:] = rng(216).normal(0.1, 0.1, f.count) * f.size
        if name == "overflow":
            f.health[:] = rng(217).uniform(0.2, 0.9, f.count)
            sim.world.demand["base"] = 0.5 * np.bincount(f.sector, f.size, 6)
            able, offered = trade.capacity(state), trade.trade_of(state).offered.copy()
            module.update_overflow(state)
            return seen, able, offered
        cash = f.cash.copy()
        units = fill_units(state.luck(aid.WILLING), f.uid, 1)[:, 0]
        module.update_aid(state)
        return seen, cash, f.size, units, f.propensities[:, 2]
    finally:
        module.share_out = kept


@check("overflows", "rules.overflow")
def _():
    seen, able, offered = lent("overflow")
    return values(seen["need"], offered=offered, capacity=able)


@check("room_left")
def _():
    seen, able, offered = lent("overflow")
    return values(seen["spare"], offered=offered, capacity=able)


@check("needs", "rules.aid")
def _():
    seen, cash, size, *_ = lent("aid")
    return values(seen["need"], cash=cash, size=size)


@check("spares", "rules.aid")
def _():
    """Of those who are willing this month, and are not in need."""
    seen, cash, size, units, relational = lent("aid")
    at = (units < 1.6 * relational) & (seen["need"] == 0)
    return values(seen["spare"][at], cash=cash[at], size=size[at])


@check("willing_to", "rules.aid")
def _():
    seen, cash, size, units, relational = lent("aid")
    at = cash > 0.16 * size
    return events(units[at], seen["spare"][at] > 0, relational=relational[at])


@check("bulk_saving", "rules.purchasing")
def _():
    sim = scatter(ready(grown(), purchasing.RULE, purchasing__enabled=True, purchasing__strength=0.2))
    state, months = sim._state, trade.trade_of(sim._state)
    volume = np.minimum(trade.capacity(state), months.offered)
    pool = purchasing.pools(state, volume)
    purchasing.update_purchasing(state)
    return values(months.saved, pool=pool, volume=volume)
