"""Supply against its plain reference, its books, and its effects over 30 paired seeds used nowhere else."""

import json
import math

import numpy as np
import pytest
from conftest import grow, interval, same_bytes, settings_of

from emergence import luck
from emergence.build import make_simulation
from emergence.kernels.random import pair_key, unit
from emergence.rules import supply
from emergence.schema import LAYERS, OPERATIONAL, RATIONINGS
from emergence.step import Simulation

SEEDS = range(4400, 4430)
BASE = {"layers": list(LAYERS), "firms": 80, "output": {"events": False}, "rules": {"supply": {"enabled": True}}}


def world(seed, months=36, **keys):
    return grow(BASE, {"seed": seed}, months=months, **keys)


KNOWN = {}


def measured(measure, seed, months, keys):
    """A measure of a grown world; the same one is grown once for all tests."""
    name = json.dumps([seed, months, keys], sort_keys=True)
    if name not in KNOWN:
        KNOWN[name] = world(seed, months, **keys).rows
    return measure(KNOWN[name])


def effect(measure, one, other, months=36):
    return interval(np.array([measured(measure, s, months, one) - measured(measure, s, months, other) for s in SEEDS]))


def late(name):
    """Mean of a monthly measure after the first year."""
    return lambda rows: float(np.mean([row[name] for row in rows[12:]]))


def told(found):
    return "{:.4g} [{:.4g}, {:.4g}]".format(*found)


def plain_month(sim, final, shares, stock, expected):
    """The month's flows as the documentation says, firm by firm and tie by tie."""
    w, p = sim.world, sim.rules.supply
    f, n = w.firms, w.size
    recipe = w.demand["recipe"]
    kinds = [int(recipe[f.sector[i]].max()) + 1 for i in range(n)]
    able = f.size * (1 + f.slack) * f.health / p.substeps
    stock = stock.copy()
    made, shipped, bought, imported = np.zeros((4, n))
    for sub in range(p.substeps):
        key = luck.key(w.seed, supply.RATION, (sim.step + 1) * supply.MOST_SUBSTEPS + sub)
        orders = np.zeros((n, 4))
        for i in range(n):
            for s in range(kinds[i]):
                use = p.share / kinds[i] * expected[i]
                wish = use + (p.buffer * use - stock[i, s]) / p.close
                orders[i, s] = min(max(wish, 0), 3 * use) / p.substeps
        asked = {}
        for (buyer, seller), (s, share, w_tie) in shares.items():
            asked.setdefault(seller, []).append((buyer, orders[buyer, s] * share * kinds[buyer], w_tie, s))
        got = np.zeros((n, 4))
        inside = np.zeros((n, 4))
        for (buyer, _), (s, share, _) in shares.items():
            inside[buyer, s] += share * kinds[buyer]
        for j in range(n):
            mine = asked.get(j, [])
            b2b = sum(q for _, q, _, _ in mine)
            demand = b2b + final[j] / p.substeps
            out = min(able[j], demand, *(stock[j, s] * kinds[j] / p.share for s in range(kinds[j])))
            for s in range(kinds[j]):
                stock[j, s] = max(stock[j, s] - p.share / kinds[j] * out, 0)
            made[j] += out
            if p.rationing == "proportional":
                served = {b: q * (min(out / demand, 1) if demand else 1) for b, q, _, _ in mine}
            else:
                rank = {
                    "smallest": lambda b, q, wt: q,
                    "random": lambda b, q, wt, j=j, key=key: unit(pair_key(key, f.uid[j], f.uid[b])[0]),
                    "relation": lambda b, q, wt: -wt,
                }[p.rationing]
                left, served = out, {}
                for place in sorted({rank(b, q, wt) for b, q, wt, _ in mine}):
                    group = [(b, q) for b, q, wt, _ in mine if rank(b, q, wt) == place]
                    total = sum(q for _, q in group)
                    part = 1.0 if total <= left else (left / total)
                    served |= {b: q * part for b, q in group}
                    left -= total * part
            for b, _, _, s in mine:
                got[b, s] += served[b]
                bought[b] += served[b]
                shipped[j] += served[b]
        short = np.zeros((n, 4))
        for (buyer, _), (s, share, _) in shares.items():
            short[buyer, s] += orders[buyer, s] * share * kinds[buyer]
        short -= got
        for i in range(n):
            for s in range(kinds[i]):
                outside = orders[i, s] * max(1 - inside[i, s], 0) + p.reconfigure * short[i, s]
                stock[i, s] += got[i, s] + outside
                imported[i] += outside
    return made, shipped, bought, imported, stock


@pytest.mark.parametrize("rationing", RATIONINGS)
def test_a_month_of_supply_is_as_documented(rationing):
    """Orders, output, rationing and deliveries of every substep, with scarce capacity so that rationing bites."""
    sim = world(4400, 6, rules__supply={"rationing": rationing, "reconfigure": 0.3})
    w = sim.world
    firms, ties = w.firms, w.ties[OPERATIONAL]
    firms.health[::3] = 0.5
    stock, expected, to_firms = firms.inventory.copy(), firms.expected.copy(), firms.to_firms.copy()
    sim.apply(supply.RULE)
    trade = sim._state.trade
    # Shares are set before the substeps begin, so the reference takes them as they are now.
    owner, shares = ties.owner(), {}
    recipe = w.demand["recipe"]
    for h in range(ties.count):
        s = recipe[firms.sector[owner[h]], firms.sector[ties.nbr[h]]]
        if ties.role[h] != 2 and s >= 0:
            shares[int(owner[h]), int(ties.nbr[h])] = (int(s), float(ties.share[h]), float(ties.w[h]))
    final = households(sim, to_firms)
    made, shipped, bought, _, left = plain_month(sim, final, shares, stock, expected)
    assert made == pytest.approx(trade.sold, rel=1e-9)
    assert firms.to_firms == pytest.approx(shipped, rel=1e-9, abs=1e-9)
    assert firms.inventory == pytest.approx(left, rel=1e-6, abs=1e-6)
    assert shipped.sum() == pytest.approx(bought.sum())
    assert (made < final + shipped - 1e-6).any(), "nothing was scarce"


def households(sim, to_firms):
    """Demand of households: a sector's demand less what firms bought, by attraction and free capacity."""
    sim._state.trade = None
    sim._state.enter_rule(supply.RULE)
    offered = supply.trade_of(sim._state).offered
    sim._state.leave_rule(supply.RULE)
    f, out = sim.world.firms, np.zeros(sim.world.size)
    free = np.maximum(1 - to_firms / f.size, supply.LEAST)
    for sector in np.unique(f.sector):
        of = f.sector == sector
        whole = offered[of].sum()
        left = max(whole - to_firms[of].sum(), supply.LEAST * whole)
        out[of] = offered[of] * free[of] / (offered[of] * free[of]).sum() * left
    return out


def test_shares_follow_strength_and_room_and_leave_the_rest_to_the_outside():
    sim = world(4401, 12, rules__supply={"switching": 1})
    w, p = sim.world, sim.rules.supply
    f, ties = w.firms, w.ties[OPERATIONAL]
    expected, served = f.expected.copy(), f.served.copy()
    sim.apply(supply.RULE)
    recipe, owner = w.demand["recipe"], ties.owner()
    for i in range(0, w.size, 7):
        mine = [h for h in range(ties.ptr[i], ties.ptr[i + 1]) if ties.role[h] != 2]
        for s in range(2):
            of = [h for h in mine if recipe[f.sector[i], f.sector[ties.nbr[h]]] == s]
            room = [f.size[ties.nbr[h]] / (f.size[ties.nbr[h]] + p.share * expected[i]) for h in of]
            heft = [float(ties.w[h]) * r * served[ties.nbr[h]] for h, r in zip(of, room, strict=True)]
            for h, x in zip(of, heft, strict=True):
                assert ties.share[h] == pytest.approx(x / (sum(heft) + p.outside) / 2, rel=1e-5)
    assert owner.size == ties.count


@pytest.mark.parametrize("rationing", RATIONINGS)
def test_goods_and_money_balance_every_substep(rationing):
    """The rule asserts each substep under debug that what is shipped is what is bought, and that stocks add up."""
    crisis = {
        "timeline": [
            {"month": 6, "kind": "demand_crisis", "size": 0.4},
            {"month": 9, "kind": "removal", "count": 9, "target": "degree"},
        ]
    }
    sim = grow(BASE, crisis, {"debug": True, "seed": 4402}, months=24, rules__supply={"rationing": rationing})
    held = float(sim.world.firms.inventory.sum())
    assert held == pytest.approx(sum(sim.world.goods.values()), rel=1e-9)
    assert {"founded", "bought of firms", "bought outside", "used", "closed"} <= set(sim.world.goods)


def test_goods_made_of_nothing_are_noticed():
    sim = world(4403, 3)
    sim.settings.debug = True
    flows, stock = supply.Flows(2), np.array([[1.0], [1.0]])
    with pytest.raises(AssertionError, match="goods were made of nothing"):
        supply.check_goods((1.0, 0.0, 0.0), stock, flows, np.zeros(2), np.zeros(2))
    with pytest.raises(AssertionError, match="more or less than was shipped"):
        supply.check_goods((2.0, 0.0, 0.0), stock, flows, np.array([1.0, 0.0]), np.zeros(2))


def test_saved_and_branched_worlds_go_on_the_same(tmp_path):
    whole = world(4404, 18)
    half = world(4404, 9)
    half.save(tmp_path / "state.npz")
    again = Simulation.load(tmp_path / "state.npz").advance(9)
    assert same_bytes(whole, again) == []
    branched = [name for name in same_bytes(whole, half.branch().advance(9)) if not name.startswith("steps.")]
    assert branched == []
    assert whole.world.goods == again.world.goods
    assert np.array_equal(whole.world.firms.inventory, again.world.firms.inventory)


def test_threads_change_nothing(monkeypatch):
    from emergence.rules import base

    monkeypatch.setattr(base, "SERIAL_BELOW", 10)
    assert same_bytes(world(4405, 8), world(4405, 8, threads=3)) == []


def test_shortages_travel_down_the_chain():
    """Firms whose suppliers lost half their capacity serve less of their own demand; without inputs they do not."""

    def harm(seed, share):
        sim = world(seed, 12, rules__supply={"share": share, "buffer": 0.25})
        w = sim.world
        f, ties = w.firms, w.ties[OPERATIONAL]
        twin = sim.branch()
        hit = f.sector == 1
        w.firms.size[hit] *= 0.3
        buyers = f.uid[(np.bincount(ties.owner(), (ties.role == 1) & hit[ties.nbr], w.size) > 0) & ~hit].copy()
        sim.advance(3), twin.advance(3)
        here = [s.world.rows_of(buyers) for s in (sim, twin)]
        a, b = (s.world.firms.served[r[r >= 0]].mean() for s, r in zip((sim, twin), here, strict=True))
        return a - b

    found = interval(np.array([harm(seed, 0.3) for seed in SEEDS]))
    none = interval(np.array([harm(seed, 0.0) for seed in SEEDS]))
    assert found[2] < 0, told(found)
    assert none[1] <= 0 <= none[2] and abs(none[0]) < abs(found[0]) / 2, told(none)


# The makers of one input lose nine tenths of their capacity for two months, and have it back in three.
DISASTER = {
    "timeline": [{"month": 13, "kind": "supply_disaster", "sector": 1, "size": 0.9, "duration": 2, "recovery": 3}]
}
BUYERS = (0, 5)  # the sectors that need it


# As before, but it takes a year to have it back.
LONG = {"timeline": [DISASTER["timeline"][0] | {"recovery": 12}]}


def after_disaster(seed, disaster, sectors, keys):
    """Output in the year after a disaster, over that of the twin without it, by month."""
    name = json.dumps([seed, disaster, sectors, keys], sort_keys=True)
    if name not in KNOWN:
        series = []
        for story in (disaster, {}):
            sim = make_simulation(settings_of(BASE, story, seed=seed, rules__supply={"misconduct": 0} | keys)).advance(
                12
            )
            months = []
            for _ in range(12):
                firms = sim.advance(1).world.firms
                months.append(firms.revenue[np.isin(firms.sector, sectors)].sum())
            series.append(np.array(months))
        KNOWN[name] = series[0] / series[1]
    return KNOWN[name]


def months_down(ratio):
    """Months below 95%."""
    return float(np.count_nonzero(ratio < 0.95))


def lost(ratio):
    """Months of output that are lost."""
    return float((1.0 - ratio).sum())


@pytest.mark.parametrize("strategy", [{"buffer": 1.5}, {"diversify": 1.0}, {"reconfigure": 1.0}], ids=str)
def test_buffers_and_second_sources_shorten_recovery(strategy):
    """Months below 95% of their output without the disaster of those who need what was destroyed."""
    found = interval(np.array([recovery(s, strategy, months_down) - recovery(s, {}, months_down) for s in SEEDS]))
    assert found[2] < 0, told(found)


def recovery(seed, strategy, measure, disaster=DISASTER, sectors=BUYERS):
    return measure(after_disaster(seed, disaster, list(sectors), strategy))


@pytest.mark.parametrize(
    ("strategy", "disaster", "sectors"),
    [
        ({"buffer": 1.5}, DISASTER, BUYERS),
        ({"diversify": 1.0}, DISASTER, BUYERS),
        ({"foresight": 1.0}, DISASTER, BUYERS),
        ({"reconfigure": 1.0}, DISASTER, BUYERS),
        ({"planning": 1.0}, LONG, range(6)),
        ({"support": 1.0}, LONG, range(6)),
    ],
    ids=["buffer", "diversify", "foresight", "reconfigure", "planning", "support"],
)
def test_being_prepared_saves_output(strategy, disaster, sectors):
    """Output lost in the year after, in months: of those who need what was destroyed, or of all where it is repaired."""
    of = (lost, disaster, sectors)
    found = interval(np.array([recovery(s, strategy, *of) - recovery(s, {}, *of) for s in SEEDS]))
    assert found[2] < 0, told(found)


def test_what_comes_from_near_spares_trouble_abroad():
    """A disaster at what comes from outside costs less output where all of it comes from near."""
    abroad = {"timeline": [{"month": 13, "kind": "supply_disaster", "size": 0.9, "duration": 2, "recovery": 3}]}

    def lost(seed, near):
        keys = {"misconduct": 0, "nearshore": near}
        hit, calm = (grow(BASE, story, {"seed": seed}, months=24, rules__supply=keys).rows for story in (abroad, {}))
        return sum(1 - one["output"] / other["output"] for one, other in zip(hit[12:], calm[12:], strict=True))

    found = interval(np.array([lost(seed, 1.0) - lost(seed, 0.0) for seed in SEEDS]))
    assert found[2] < 0, told(found)
    assert all(lost(seed, 1.0) == 0 for seed in SEEDS[:2])


@pytest.mark.parametrize(
    "strategy", ["buffer", "reconfigure", "nearshore", "responsible", "diversify", "planning", "support"]
)
def test_being_prepared_costs_in_calm(strategy):
    """Margin is lower with it than without it."""
    level = 2.0 if strategy == "buffer" else 1.0
    plain = {"rules__supply": {"misconduct": 0}}
    found = effect(late("performance"), {"rules__supply": {"misconduct": 0, strategy: level}}, plain)
    assert found[2] < 0, told(found)


def test_seeing_further_has_its_price():
    """It spares small shortages of every month, which pays for part of it in calm."""
    seeing = {"misconduct": 0, "foresight": 1.0}
    price = effect(late("performance"), {"rules__supply": seeing}, {"rules__supply": seeing | {"foresight_cost": 0}})
    assert price[2] < 0, told(price)
    shortage = effect(late("shortage"), {"rules__supply": seeing}, {"rules__supply": {"misconduct": 0}})
    assert shortage[2] < 0, told(shortage)


def test_scandals_cost_reputation_and_care_spares_them():
    plain = {"rules__supply": {"misconduct": 0}}
    found = effect(late("reputation"), {"rules__supply": {"misconduct": 0.02}}, plain)
    assert found[2] < 0, told(found)
    careful = effect(late("scandals"), {"rules__supply": {"misconduct": 0.02, "responsible": 1}}, plain)
    assert careful == (0, 0, 0)


def test_contracts_make_supply_ties_last():
    """Of the same world: ties with a contract end less often than those without."""

    def ends(seed):
        sim = world(seed, 24)
        lost, held = np.zeros(2), np.zeros(2)
        for _ in range(12):
            w = sim.world
            a, b, at = w.ties[OPERATIONAL].pairs()
            formal = w.ties[OPERATIONAL].formal[at] > 0
            pairs = w.firms.uid[a] * (1 << 40) + w.firms.uid[b]
            sim.advance(1)
            w = sim.world
            a, b, _ = w.ties[OPERATIONAL].pairs()
            gone = ~np.isin(pairs, w.firms.uid[a] * (1 << 40) + w.firms.uid[b])
            for kind in (0, 1):
                lost[kind] += gone[formal == kind].sum()
                held[kind] += (formal == kind).sum()
        return lost[1] / held[1] - lost[0] / held[0]

    found = interval(np.array([ends(seed) for seed in SEEDS]))
    assert found[2] < 0, told(found)
    assert math.isfinite(found[0])
