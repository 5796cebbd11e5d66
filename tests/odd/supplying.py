"""Checks of docs/odd.md, 7.14: supply."""

from __future__ import annotations

from functools import cache

import numpy as np

from emergence.kernels import supply as kernel
from emergence.luck import key
from emergence.rules import supply, trade
from emergence.schema import LAYERS
from odd.checks import check, drawn, events, grown, ready, rng, scatter, values

N = 300


P = kernel.SupplyParams(4.0, 0.3, 0.2, 0.3, 0.5, 1.0, 0.4, 1.3, 0.2, 0.0, 0.0)


@check("supplier_weight", "rules.supply")
def _():
    w, served, size, expected = rng(220).random((4, N)) * np.array([[1], [1], [9000], [9000]])
    found = [
        kernel.weight(*case[:2], kernel.room(*case[2:], P), P) for case in zip(w, served, size, expected, strict=True)
    ]
    given = {"w": w, "served": served, "size": size, "expected": expected}
    return values(found, **given, diversify=0.4, reaction=1.3, foresight=0.2)


@cache
def bought(**changes):
    """The shares that buyers of one supplier each move to, for shares of the outside of its own."""
    n, weights = 60, rng(221).random(30)
    ptr, nbr = np.arange(n + 1), (np.arange(n) ^ 1).astype(np.int32)
    role = np.tile([1, 2], n // 2).astype(np.uint8)
    w = np.repeat(weights, 2).astype(np.float32)
    share = np.full(n, 0.2, np.float32)
    recipe, needs = np.array([[-1, 0], [-1, -1]], np.int8), np.array([3, 0])
    p = P._replace(outside=0.2 * 0.7, **changes)
    update = np.zeros((2, n, kernel.SLOTS))
    sector = np.tile([0, 1], n // 2).astype(np.int16)
    kernel.update_shares(0, n, ptr, nbr, role, w, sector, recipe, needs, np.ones(n), np.full(n, 5e3), np.full(n, 4e3), p,
                         share, *update)  # fmt: skip
    one = np.array([kernel.weight(v, 1.0, kernel.room(5e3, 4e3, p), p) for v in w[::2]])
    return one, share[::2].astype(float)


@check("outside_weight", "rules.supply")
def _():
    """From where shares move to at once: weight over all weights, over the kinds of input."""
    rows = []
    for diversify in (0.0, 0.3, 0.8):
        one, share = bought(switching=1.0, diversify=diversify)
        rows.append((one / (3 * share) - one, np.full(one.size, diversify)))
    outside, diversify = np.concatenate(rows, axis=1)
    return values(outside, 1e-5, arrives=0.7, diversify=diversify)


@check("share_after", "rules.supply")
def _():
    one, share = bought()
    return values(
        share, 1e-7, before=float(np.float32(0.2)), weight=one, all_weights=one + (0.2 * 0.7) ** 0.6, kinds=3.0
    )


@cache
def supplied(**changes):
    """A scattered world on four layers that has traded for some months, inside the rule."""
    sim = grown(layers=LAYERS, rules__supply__enabled=True)
    return scatter(ready(sim, supply.RULE, **{"supply__enabled": True, **changes}))


@cache
def asked():
    """Demand of households by sector where all firms have sold as large a part of their size, and by firm elsewhere."""
    rows = []
    for part in (0.0, 0.2, 0.5, 0.95, 1.3):
        sim = supplied()
        f, state = sim.world.firms, sim._state
        f.to_firms[:] = part * f.size
        state.trade = None
        offered = trade.trade_of(state).offered
        whole, sold_to = np.bincount(f.sector, offered, 6), np.bincount(f.sector, f.to_firms, 6)
        rows.append((np.bincount(f.sector, supply.demand_of_households(state, state.trade), 6), whole, sold_to))
    return np.concatenate(rows, axis=1)


@check("households")
def _():
    found, whole, sold_to = asked()
    return values(found, whole=whole, bought=sold_to)


@check("free")
def _():
    """By how households' demand is shared, from the first of each sector, who sells nothing to firms."""
    sim = supplied()
    f, state = sim.world.firms, sim._state
    first = np.array([np.flatnonzero(f.sector == s)[0] for s in range(6)])
    f.to_firms[:] = rng(222).uniform(0, 1.3, f.count) * f.size
    f.to_firms[first], state.trade = 0.0, None
    offered = trade.trade_of(state).offered
    found = supply.demand_of_households(state, state.trade) / offered
    return values(found / found[first][f.sector], to_firms=f.to_firms, size=f.size)


@check("left_of_damage", "rules.supply")
def _():
    sim = supplied(supply__planning=0.6, supply__support=0.8)
    f, state = sim.world.firms, sim._state
    f.damage[:] = damage = rng(223).random(f.count)
    buyers, damage = supply.partners(state, kernel.SUPPLIES), damage.copy()
    supply.repair_damage(state)
    return values(f.damage, damage=damage, buyers=buyers, planning=0.6, support=0.8)


@cache
def placed():
    expected, stock = rng(224).random(N) * 9e3, rng(225).random((N, kernel.SLOTS)) * 4e3 - 3e3
    orders = np.empty((N, kernel.SLOTS))
    sector, needs = rng(226).integers(0, 3, N).astype(np.int16), np.array([1, 2, 4])
    kernel.place_orders(0, N, expected, sector, needs, stock, P, orders)
    return expected, stock[:, 0], needs[sector], orders[:, 0]


@check("use", "rules.supply")
def _():
    """Without stocks to close a firm orders what it uses, in four parts."""
    expected, orders = rng(227).random(N) * 9e3, np.empty((N, kernel.SLOTS))
    sector, needs = rng(226).integers(0, 3, N).astype(np.int16), np.array([1, 2, 4])
    kernel.place_orders(0, N, expected, sector, needs, np.zeros((N, kernel.SLOTS)), P._replace(buffer=0.0), orders)
    return values(orders[:, 0] * 4, expected=expected, kinds=needs[sector])


@check("order", "rules.supply")
def _():
    expected, stock, kinds, orders = placed()
    return values(orders, 1e-9, use=0.3 * expected / kinds, stock=stock)


@cache
def made():
    """One substep in which demand, capacity or stocks bind."""
    luck = rng(228)
    stock = luck.random((N, kernel.SLOTS)) * 600
    sector, needs = luck.integers(0, 2, N).astype(np.int16), np.array([2, 3])
    final, able, before = luck.random(N) * 2000, luck.random(N) * 2000, stock.copy()
    out = [np.zeros(N) for _ in range(6)]
    none = np.zeros(N + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.int64)
    floats = np.zeros(0, np.float32), np.zeros(0, np.float32)
    kernel.make_output(0, N, key(1, 1), np.arange(N), *none, *floats, sector, np.full((2, 2), -1, np.int8), needs,
                       np.zeros((N, kernel.SLOTS)), final, able, stock, P, *out)  # fmt: skip
    kinds = needs[sector]
    scarcest = np.where(np.arange(kernel.SLOTS) < kinds[:, None], before, np.inf).min(axis=1)
    return out[0], able, final, scarcest, kinds


@check("output", "rules.supply")
def _():
    found, able, final, scarcest, kinds = made()
    return values(found, capacity=able, demand=final, scarcest=scarcest, kinds=kinds)


@check("arrives", "rules.supply")
def _():
    found, rows = [], []
    for near in (0.0, 0.3, 1.0):
        sim = supplied(supply__nearshore=near)
        kept = supply.imports_available
        for abroad in (0.2, 0.7, 1.0):
            supply.imports_available = lambda state, abroad=abroad: abroad
            found.append(supply.imports_of(sim._state))
            rows.append((abroad, near))
        supply.imports_available = kept
    abroad, near = np.array(rows).T
    return values(found, abroad=abroad, nearshore=near)


@check("expected_after", "rules.supply")
def _():
    sim = supplied()
    f, state = sim.world.firms, sim._state
    before = f.expected.copy()
    sim.apply(supply.RULE)
    return values(f.expected, before=before, asked=state.trade.offered)


@cache
def billed():
    """What supply costs firms under all strategies, for made-up flows and suppliers."""
    ways = {"foresight": 0.3, "reconfigure": 0.4, "planning": 0.6, "diversify": 0.2, "nearshore": 0.5, "responsible": 0.7,
            "support": 0.9}  # fmt: skip
    sim = supplied(market__price=1.2, **{f"supply__{name}": value for name, value in ways.items()})
    f, state, luck = sim.world.firms, sim._state, rng(229)
    flows, focus = supply.Flows(f.count), luck.random((f.count, 4)) * np.array([1, 1, 0, 0])
    flows.made, flows.bought, flows.imported = luck.random((3, f.count)) * f.size
    costs = supply.costs_of_supply(state, flows, focus, supply.inputs_needed(state))
    helped = supply.partners(state, kernel.BUYS)
    given = {"bought": flows.bought, "imported": flows.imported, "made": flows.made, "size": f.size, "helped": helped}
    return costs, given | {"stock": f.inventory.sum(axis=1), "spread": 1 - focus.sum(axis=1) / 2}, ways


@check("ready", "rules.supply")
def _():
    """The share of size that is left of the costs when nothing flows, nothing is in stock and nobody is helped."""
    _costs, _given, ways = billed()
    sim = supplied(**{f"supply__{name}": value for name, value in ways.items() if name != "support"})
    f, state = sim.world.firms, sim._state
    f.inventory[:] = 0.0
    none = supply.costs_of_supply(state, supply.Flows(f.count), np.zeros((f.count, 4)), supply.inputs_needed(state))
    return values(none / f.size, **{name: ways[name] for name in ("foresight", "reconfigure", "planning", "diversify")})


@check("supply_costs", "rules.market", "rules.supply")
def _():
    costs, given, ways = billed()
    ready_share = 0.003 * 0.3 + 0.004 * 0.4 + 0.004 * 0.6 + 0.003 * 0.2
    more = {name: ways[name] for name in ("nearshore", "responsible", "support")}
    return values(costs, 1e-6, **given, **more, ready=ready_share, price=1.2)


@check("misconduct_shown", "rules.supply")
def _():
    rows = []
    for responsible in (0.0, 0.4, 0.9):
        sim = supplied(supply__misconduct=0.8, supply__responsible=responsible)
        f, state = sim.world.firms, sim._state
        f.reputation[:] = 1.0
        supply.suffer_misconduct(state)
        rows.append((drawn(state.luck(supply.MISCONDUCT), f.uid), f.reputation < 1, np.full(f.count, responsible)))
    draw, shown, responsible = np.concatenate(rows, axis=1)
    return events(draw, shown, misconduct=0.8, responsible=responsible)
