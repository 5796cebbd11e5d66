"""Kinds of value: what is entered is what happened, it adds up, and it changes nothing.

The paired seeds are used nowhere else.
"""

import numpy as np
import pandas as pd
import pytest
from conftest import dotted, grow, interval, merge, same_bytes, settings_of, shared, tables

import emergence as em
from emergence.build import make_simulation
from emergence.errors import Refusal
from emergence.kernels.accounts import COST, KNOWLEDGE, REPUTATION, REVENUE, RISK
from emergence.rules import accounts, innovation, knowledge, leakage, strengthening, work
from emergence.rules import base as rules_base
from emergence.schema import DEVELOPMENT, LAYERS, OPERATIONAL, STRATEGIC, VALUES
from emergence.step import PLAN, Simulation, begin_month
from emergence.twinning import rewire

SEEDS = range(3300, 3330)
ON = {"rules": {"accounts": {"enabled": True}}}
BASE = {"firms": 100, "output": {"events": False}}
# Money is short, a crisis comes, know-how leaks, and a group funds those in need: there is something of every kind.
EVENTFUL = {
    "founders": {"cash": 0.2},
    "rules": {"market": {"buffer": 0.1}, "credit": {"limit": 0.1, "claims": 0.2}, "leakage": {"enabled": True}},
    "groups": [{"share": 0.8, "fee": 0.01, "fund": True, "bridge": True}],
    "timeline": [{"month": 6, "kind": "demand_crisis", "size": 0.3, "duration": 6, "recovery": 6}],
}


def of_ties(world):
    """Sum over the ties of each firm, float64[firms, kinds]."""
    whole = np.zeros((world.size, len(VALUES)))
    for ties in world.ties:
        np.add.at(whole, ties.owner(), ties.accounts.astype(float))
    return whole


def rest(world):
    """What a firm has accounted beyond its ties, by uid."""
    return pd.DataFrame(world.firms.accounts - of_ties(world), index=world.firms.uid.copy())


def sides(world):
    """Accounts of each side of each tie, by firm, partner and layer."""
    found = []
    for layer, ties in enumerate(world.ties):
        uid = world.firms.uid
        index = pd.MultiIndex.from_arrays([uid[ties.owner()], uid[ties.nbr], np.full(ties.count, layer)])
        found.append(pd.DataFrame(ties.accounts.astype(float), index=index))
    return pd.concat(found)


def test_an_account_is_the_sum_over_ties_and_what_ended_ties_and_groups_left():
    """Rule by rule over two years: what a firm has beyond its ties changes only by ties that end, by losses and by
    what the group gives; and it fades."""
    sim = make_simulation(settings_of(BASE, EVENTFUL, ON, seed=3300))
    world, seen = sim.world, set()
    for _ in range(24):
        begin_month(sim._state)
        for rule in (rule for rule in PLAN if getattr(sim.rules, rule.name).enabled):
            before, tied = rest(world), sides(world)
            cash = pd.Series(world.firms.cash.copy(), index=world.firms.uid.copy())
            sim.apply(rule)
            left = world.firms.uid
            expected = before.reindex(left, fill_value=0.0)
            ended = tied.drop(index=sides(world).index, errors="ignore").groupby(level=0).sum()
            expected += ended.reindex(left, fill_value=0.0)
            if rule.name == "accounts":
                expected *= accounts.kept(sim._state)
            if rule.name in ("credit", "exit", "steering"):
                moved = world.firms.cash - cash.reindex(left).to_numpy()
                expected[RISK] += 0.1 * moved
                seen |= {rule.name} if moved.any() else set()
            assert np.abs(rest(world) - expected).max(axis=None) < 1e-9, rule.name
        world.step += 1
    assert seen == {"credit", "exit", "steering"}


def test_revenue_is_what_joint_projects_brought():
    """By tie the value that it keeps; by firm this month's joint income, to the precision of that value."""
    sim = grow(BASE, ON, seed=3301)
    firms = sim.world.firms
    begin_month(sim._state)
    before = firms.accounts[:, REVENUE].copy()
    sim.apply(work.RULE)
    sim.apply(accounts.RULE)
    gained = 10.0 * (firms.accounts[:, REVENUE] - 0.9 * before)
    assert np.abs(firms.joint_income).max() > 100
    assert gained == pytest.approx(firms.joint_income, abs=0.01)
    for ties in sim.world.ties:
        assert (ties.accounts[:, REVENUE] == ties.value).all()


def test_knowledge_and_forgetting_are_all_that_changes_skills(monkeypatch):
    sim = grow(BASE, ON, seed=3302)
    firms, ties, p = sim.world.firms, sim.world.ties[DEVELOPMENT], sim.rules.knowledge
    noted = []
    monkeypatch.setattr(accounts, "note_lessons", lambda state, learnt: noted.append(learnt))
    before = firms.skills.copy()
    forgotten = (before + np.float32(p.forgetting) * (firms.base_skills - before)).astype(float) - before
    sim.apply(knowledge.RULE)
    by_firm = np.bincount(ties.owner(), noted[0], firms.count)
    change = (firms.skills.astype(float) - before).sum(axis=1)
    assert (noted[0] > 0).sum() > 10
    assert change == pytest.approx(forgotten.sum(axis=1) + by_firm, abs=1e-12)
    monkeypatch.undo()
    was = firms.accounts[:, KNOWLEDGE].copy()
    accounts.note_lessons(sim._state, noted[0])
    assert firms.accounts[:, KNOWLEDGE] - was == pytest.approx(0.1 * by_firm, abs=1e-8)


@pytest.mark.parametrize("rule", [innovation.RULE, leakage.RULE], ids=lambda rule: rule.name)
def test_costs_saved_are_the_formula_of_the_documentation(monkeypatch, rule):
    """Gain in z x saving_z x sales, on the tie to whom the routine came from; kept but for the drift."""
    sim = grow(BASE, ON, {"rules": {"leakage": {"rate": 0.5}}}, seed=3303)
    world, f, noted = sim.world, sim.world.firms, []
    note = accounts.note_routines
    monkeypatch.setattr(accounts, "note_routines", lambda *args: (noted.append(args[1:]), note(*args)))
    z, before = f.z.copy(), sides(world)
    sim.apply(rule)
    after, expected = sides(world), before.sort_index()
    rows, source, gained = noted[0]
    assert gained == pytest.approx(f.z[rows] - z[rows], abs=1e-12)
    for i, j, gain in zip(rows, source, gained, strict=True):
        if j >= 0:
            sales = f.size[i] * min((1 + f.slack[i]) * f.health[i], f.fill[i])
            places = [(f.uid[i], f.uid[j], layer) for layer in (DEVELOPMENT, STRATEGIC)]
            expected.loc[next(place for place in places if place in expected.index), COST] += 0.015 * gain * sales
    assert (source >= 0).sum() > 3 and (after[COST] > before[COST]).sum() > 3
    assert np.abs(after.sort_index() - expected).max(axis=None) < 1e-3
    held = f.accounts[:, COST].copy()
    sim.apply(accounts.RULE)
    assert f.accounts[:, COST] == pytest.approx(0.99 * held, rel=1e-6)


def test_reputation_is_shared_out_among_those_whose_trust_moved_it():
    sim = grow(BASE, ON, seed=3304)
    firms = sim.world.firms
    before, was = firms.reputation.copy(), firms.accounts[:, REPUTATION].copy()
    sim.apply(strengthening.RULE)
    change = firms.reputation - before
    assert np.abs(change).max() > 1e-4
    assert firms.accounts[:, REPUTATION] - was == pytest.approx(0.1 * change, abs=1e-9)


def test_aid_is_entered_for_both_sides():
    """On the first layer that ties the two; where nothing does, at the firms alone."""
    sim = grow(BASE, ON, seed=3305)
    world, state = sim.world, sim._state
    a, b, _ = (side[:3] for side in world.ties[STRATEGIC].pairs())
    stranger = np.setdiff1d(np.arange(world.size), [*world.ties[1].nbr[slice(*world.ties[1].ptr[:2])], 0])
    stranger = np.setdiff1d(stranger, world.ties[2].nbr[slice(*world.ties[2].ptr[:2])])[:1]
    giver, taker = np.append(a, [0, a[0]]), np.append(b, [stranger[0], b[0]])
    money = np.array([100.0, 200.0, 300.0, 50.0, 7.0])
    before, held, beyond = sides(world)[RISK], world.firms.accounts[:, RISK].copy(), rest(world)[RISK]
    accounts.note_aid(state, giver, taker, money)
    net = np.zeros(world.size)
    np.add.at(net, taker, 0.1 * money)
    np.subtract.at(net, giver, 0.1 * money)
    assert world.firms.accounts[:, RISK] - held == pytest.approx(net, abs=1e-5)
    moved = sides(world)[RISK] - before
    assert sorted(moved[moved != 0].round(4)) == [-30.0, -20.0, -10.7, 10.7, 20.0, 30.0]
    assert (rest(world)[RISK] - beyond).abs().sum() == pytest.approx(10.0)


def extra(table):
    """Columns of a table that only the rule adds, or fills."""
    return table.keys() & {f"value_{kind}{side}" for kind in VALUES for side in ("", "_a", "_b")}


@pytest.mark.parametrize("part", [{}, EVENTFUL, {"layers": ["strategic"]}], ids=["plain", "eventful", "one layer"])
def test_keeping_accounts_changes_nothing_else(part):
    """Not a byte of any other column, of money or of events; and without the rule there are no accounts at all."""
    on, off = (grow({"firms": 100, "debug": True}, part, rule, seed=3306) for rule in (ON, {}))
    kept, plain = tables(on), tables(off)
    for name, table in kept.items():
        for column in table.keys() - extra(table):
            assert (table[column] == plain[name][column]).all(), f"{name}.{column}"
    assert on.world.ledger == off.world.ledger
    assert extra(kept["firms"]) == {f"value_{kind}" for kind in VALUES}
    assert extra(kept["ties"]) == {f"value_{kind}_{side}" for kind in VALUES for side in "ab"}
    assert not extra(plain["firms"]) | extra(plain["ties"])
    for name in VALUES:
        assert not plain["steps"][f"value_{name}"].any()
        total = kept["firms"][f"value_{name}"].sum()
        assert kept["steps"][f"value_{name}"][-1] == pytest.approx(total, rel=1e-9, abs=1e-12)
    for table in (off.world.firms, *off.world.ties):
        assert "accounts" not in table.spec and "accounts" not in table._full
    with pytest.raises(AttributeError, match=r"rules\.accounts\.enabled=true"):
        off.world.firms.column("accounts")


def test_threads_and_repeats_change_no_account(monkeypatch):
    one = grow(BASE, EVENTFUL, ON, seed=3307)
    monkeypatch.setattr(rules_base, "SERIAL_BELOW", 0)
    assert same_bytes(one, grow(BASE, EVENTFUL, ON, seed=3307, threads=3)) == []


def test_accounts_are_saved_copied_and_go_on(folder):
    sim = grow(BASE, EVENTFUL, ON, seed=3308, months=9)
    sim.save(folder / "state.npz")
    twin, again = sim.branch(), Simulation.load(folder / "state.npz")
    sim.advance(9)
    assert same_bytes(sim, again.advance(9)) == []
    assert twin.world.firms.accounts.tobytes() != sim.world.firms.accounts.tobytes()
    twin.rows = [*sim.rows[:9]]
    assert same_bytes(sim, twin.advance(9)) == []


def test_accounts_can_begin_and_end_on_the_way(folder):
    """From the first month on they show what the ties had been worth; switched off, they take no memory."""
    sim = grow(BASE, seed=3309, months=12)
    later = sim.branch({"rules.accounts.enabled": True})
    assert not later.world.firms.accounts.any()
    later.advance(6)
    whole = grow(BASE, ON, seed=3309, months=18)
    both = later.world.firms.born < 12
    ties = np.abs(of_ties(later.world)[:, REVENUE] - of_ties(whole.world)[:, REVENUE])
    assert ties[both].max() == 0
    off = later.branch({"rules.accounts.enabled": False})
    assert "accounts" not in off.world.firms.spec and off.world.ties[1].nbytes() < later.world.ties[1].nbytes()
    off.save(folder / "off.npz")
    assert same_bytes(off.advance(3), Simulation.load(folder / "off.npz").advance(3)) == []
    by_hand = grow(BASE, seed=3309, months=2)
    by_hand.rules.accounts.enabled = True
    assert by_hand.advance(2).world.firms.accounts.any()


def test_the_column_follows_its_ties():
    """Through births of ties, their ends, deaths of firms and exchanges of partners."""
    world = grow(BASE, ON, seed=3310, months=3).world
    ties, rng = world.ties[DEVELOPMENT], np.random.default_rng(0)

    def mark(uid, partner):
        return (uid % 1000 * 1000.0 + partner % 1000)[:, None] + np.arange(len(VALUES)) / 8

    ties.accounts[:] = mark(world.firms.uid[ties.owner()], world.firms.uid[ties.nbr])
    for _ in range(5):
        a, b, _ = ties.pairs()
        known = set(zip(a.tolist(), b.tolist(), strict=True))
        new = {tuple(sorted(rng.choice(world.size, 2, replace=False).tolist())) for _ in range(30)} - known
        a, b = np.array(sorted(new), np.int32).T
        uid = world.firms.uid
        ties.insert(a, b, accounts=(mark(uid[a], uid[b]), mark(uid[b], uid[a])))
        _, _, at = ties.pairs()
        gone = at[rng.random(at.size) < 0.2]
        ties.drop(np.sort(np.concatenate([gone, world.mate(DEVELOPMENT, gone)])))
        world.remove(rng.random(world.size) < 0.95)
        uid = world.firms.uid
        assert (ties.accounts == mark(uid[ties.owner()], uid[ties.nbr]).astype(np.float32)).all()
        world.check()


def test_who_exchanges_partners_keeps_its_accounts():
    """The rewired twin, on a layer where one side buys as well."""
    sim = grow(BASE, ON, seed=3311, months=6)
    ties = sim.world.ties[OPERATIONAL]
    a, b = np.array([0, 1, 2, 3, 4]), np.array([9, 8, 7, 6, 5])
    ties.insert(a, b, role=(np.array([1, 2, 1, 2, 1]), np.array([2, 1, 2, 1, 2])))
    ties.accounts[:, REVENUE] = ties.owner() + 10.0 * ties.role
    twin = rewire(sim.branch(), {}).world
    assert sorted(twin.ties[OPERATIONAL].accounts[:, REVENUE]) == sorted(ties.accounts[:, REVENUE])
    found = twin.ties[OPERATIONAL]
    assert (found.accounts[:, REVENUE] // 10 == found.role).all()


def test_value_by_kind_reads_the_accounts():
    sim = grow(BASE, ON, seed=3312)
    world = sim.world
    firms, ties = em.measures.value_by_kind(sim), em.measures.value_by_kind(world, by="tie")
    assert list(firms) == ["firm", *VALUES] and list(ties) == ["firm", "partner", "layer", *VALUES]
    assert (firms[list(VALUES)].to_numpy() == world.firms.accounts).all()
    expected = sides(world)
    assert len(ties) == len(expected) and set(ties["layer"]) == {"development", "strategic"}
    one = ties.iloc[7]
    assert one[list(VALUES)].tolist() == expected.loc[one["firm"], one["partner"], LAYERS.index(one["layer"])].tolist()
    for source, by, says in (
        (grow(months=1), "firm", "no accounts"),
        (sim, "group", "firm.*tie"),
        (3, "tie", "no acc"),
    ):
        with pytest.raises(Refusal, match=says):
            em.measures.value_by_kind(source, by=by)


def late(name, *parts):
    """Mean of a monthly measure over the second year, by seed."""
    found = [np.mean([row[name] for row in shared(BASE, ON, *parts, seed=seed).rows[12:]]) for seed in SEEDS]
    return np.array(found)


def told(name, found):
    return "{}: {:.4g} [{:.4g}, {:.4g}]".format(name, *found)


TOWNS = {
    "founders": {"sectors": 1, "regions": 15, "region_spread": 2, "lineages": 15, "specialists": 1},
    "network": {"degree": 3, "inside": 1, "by_sector": 0},
    "rules": {"search": {"distance": 3}, "formation": {"tie_cost": 0.6}},
}


def test_where_neighbours_know_the_same_partners_teach_less():
    """Burt 1992: what redundant contacts know is known already."""
    alike, unlike = (late("value_knowledge", TOWNS, dotted(founders__redundancy=level)) for level in (1.0, 0.0))
    found = interval(alike - unlike)
    assert found[2] < 0, told("value_knowledge", found)


def test_partners_that_default_cost_the_risk_account():
    """Gai and Kapadia 2010: the same crisis with claims and without; and help from a group makes good a part."""
    crisis = merge(EVENTFUL, {"groups": []})
    claims, none = (late("value_risk", crisis, dotted(rules__credit__claims=size)) for size in (0.2, 0.0))
    found = interval(claims - none)
    assert found[2] < 0 and (none == 0).all(), told("value_risk by claims", found)
    funded = late("value_risk", merge(EVENTFUL, dotted(rules__credit__claims=0.0)))
    assert interval(funded)[1] > 0, told("value_risk by the fund", interval(funded))


def test_betrayal_takes_from_revenue_and_reputation():
    """Uzzi 1997: what embedded ties bring rests on trust."""
    for name in ("value_revenue", "value_reputation"):
        found = interval(np.subtract(*(late(name, dotted(rules__work__temptation=level)) for level in (0.8, 0.0))))
        assert found[2] < 0, told(name, found)
