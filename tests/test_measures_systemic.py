"""Systemic risk: by construction, and against rounds of the formulas with whole matrices."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from conftest import grow

from emergence import measures as m
from emergence.errors import Refusal
from emergence.measures.systemic import supply_flows

EXACT = 1e-9


def chain(n):
    return np.diag(np.full(n - 1, 5.0), 1)


def slow(flows, struck, production, sector, essential, sales, inputs, substitution, rounds=100_000):
    """Return what each firm keeps: rounds of Diem et al.'s formulas until nothing moves."""
    n = len(flows)
    sold, bought = flows / np.maximum(sales, 1e-300)[:, None], flows / np.maximum(inputs, 1e-300)
    output = flows.sum(axis=1)
    kinds = sorted(set(sector))
    up, down = np.ones(n), np.ones(n)
    up[struck] = down[struck] = 0.0
    for _ in range(rounds):
        before = up.copy(), down.copy()
        up = np.minimum(up, 1.0 - sold @ (1.0 - up))
        market = np.ones(n)
        if substitution:
            for k in kinds:
                here = np.array([s == k for s in sector])
                left = output[here] @ down[here]
                market[here] = np.minimum(1.0, output[here] / left) if left > 0 else 1.0
        lost = (1.0 - down) * market
        new = down.copy()
        for i in range(n):
            plain = 0.0
            for place, k in enumerate(kinds):
                here = np.array([s == k for s in sector])
                buys = flows[here, i].sum()
                needed = production == "leontief" and (essential is None or essential[place])
                if needed and buys > 0:
                    new[i] = min(new[i], 1.0 - flows[here, i] @ lost[here] / buys)
                elif not needed:
                    plain += bought[here, i] @ lost[here]
            new[i] = max(0.0, min(new[i], 1.0 - plain))
        down = new
        if max(np.abs(up - before[0]).max(), np.abs(down - before[1]).max()) < 1e-15:
            break
    return np.minimum(up, down)


def economies():
    """Economies of all kinds, in which some trade goes outside so that slow rounds end."""
    for seed in range(24):
        rng = np.random.default_rng(seed)
        n = 4 + seed % 9
        flows = rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < rng.uniform(0.1, 0.6))
        np.fill_diagonal(flows, 0)
        sector = rng.integers(0, 3, n).tolist()
        kinds = len(set(sector))
        outside = 1 + rng.uniform(0.05, 0.5, (2, n))
        yield dict(
            flows=flows,
            production=("linear", "leontief", "leontief")[seed % 3],
            sector=sector if seed % 4 else None,
            essential=None if seed % 3 < 2 or not seed % 4 else (rng.random(kinds) < 0.5),
            sales=flows.sum(axis=1) * outside[0],
            inputs=flows.sum(axis=0) * outside[1],
            substitution=bool(seed % 5 == 1),
        )


@pytest.mark.parametrize("economy", economies(), ids=range(24))
def test_against_rounds_of_the_formulas(economy):
    n = len(economy["flows"])
    plain = {**economy, "sector": economy["sector"] or list(range(n))}
    keep = np.array([slow(struck=[k], **plain) for k in range(n)])
    for k in range(n):
        assert m.shock(firms=k, **economy) == pytest.approx(keep[k], abs=EXACT)
    size = np.random.default_rng(1).random(n)
    assert m.esri(size=size, **economy) == pytest.approx((1 - keep) @ size / size.sum(), abs=EXACT)
    pair = [0, n - 1]
    assert m.shock(firms=pair, **economy) == pytest.approx(slow(struck=pair, **plain), abs=EXACT)


def test_order_of_firms_does_not_matter():
    for economy in list(economies())[:8]:
        n = len(economy["flows"])
        order = np.random.default_rng(n).permutation(n)
        other = {**economy, "flows": economy["flows"][np.ix_(order, order)]}
        for name in ("sales", "inputs"):
            other[name] = economy[name][order]
        other["sector"] = None if economy["sector"] is None else np.array(economy["sector"])[order]
        assert m.esri(**other) == pytest.approx(m.esri(**economy)[order], abs=EXACT)


def test_an_isolated_firm_takes_its_own_share():
    flows = np.zeros((4, 4))
    flows[0, 1] = flows[1, 2] = 6.0
    assert m.esri(flows, size=[1, 1, 1, 7])[3] == pytest.approx(0.7)
    assert m.esri(flows)[3] == 0.0  # it sells nothing
    assert m.esri(np.zeros((4, 4))) == pytest.approx(np.full(4, 0.25))


@pytest.mark.parametrize("n", [2, 5, 300])
def test_a_chain_of_essential_inputs_falls_as_a_whole(n):
    """Every firm but the end buyer sells, and each needs its supplier and its customer."""
    assert m.esri(chain(n), production="leontief") == pytest.approx(np.ones(n))
    assert m.esri(chain(n), production="leontief", size=np.ones(n)) == pytest.approx(np.ones(n))


@pytest.mark.parametrize("suppliers", [1, 4, 10])
def test_one_of_equal_linear_suppliers(suppliers):
    flows = np.zeros((suppliers + 1, suppliers + 1))
    flows[:-1, -1] = 3.0
    kept = m.shock(flows, 0)
    assert kept[-1] == pytest.approx(1 - 1 / suppliers)
    assert kept[1:-1] == pytest.approx(np.ones(suppliers - 1))
    assert m.esri(flows)[:-1] == pytest.approx(np.full(suppliers, 1 / suppliers))
    if suppliers > 1:
        others = m.shock(flows, 0, sector=[*"a" * suppliers, "b"], substitution=True)
        share = 1 / (suppliers - 1)  # of what is left of the sector
        assert others[-1] == pytest.approx(1 - share / suppliers)
        assert m.shock(flows, 0, production="leontief")[-1] == 0.0
        assert m.shock(flows, 0, production="leontief", sector=[*"a" * suppliers, "b"])[-1] == kept[-1]


def test_essential_inputs_bind_and_others_do_not():
    """Half of the inputs are energy: essential, its loss stops the buyer; linear, it halves it."""
    flows = np.zeros((3, 3))
    flows[0, 2], flows[1, 2] = 5.0, 5.0
    sector = ["energy", "paper", "buyer"]
    for essential, kept in (([False, True, False], 0.0), ([False, False, True], 0.5)):
        mask = np.array([essential[0], essential[1], essential[2]])  # kinds in order: buyer, energy, paper
        assert m.shock(flows, 0, production="leontief", sector=sector, essential=mask)[2] == pytest.approx(kept)
        by_buyer = np.tile(mask[:, None], (1, 3))
        assert m.shock(flows, 0, production="leontief", sector=sector, essential=by_buyer)[2] == pytest.approx(kept)


def test_a_closed_economy_comes_to_a_standstill():
    """Where nothing leaves the circle every loss comes back; rounds alone would take thousands of them."""
    for n in (5, 60):
        rng = np.random.default_rng(n)
        flows = rng.random((n, n)) * (rng.random((n, n)) < 0.2)
        flows[np.arange(n), (np.arange(n) + 1) % n] += 0.1
        assert m.esri(flows) == pytest.approx(np.ones(n), abs=EXACT)


def test_slow_circles_are_solved_exactly():
    """Hitting probabilities of a random walk along sales and inputs, by linear algebra."""
    n = 80
    rng = np.random.default_rng(4)
    flows = rng.random((n, n)) * (rng.random((n, n)) < 0.05)
    flows[np.arange(n), (np.arange(n) + 1) % n] += 0.2
    np.fill_diagonal(flows, 0)
    sales, inputs = 1.0002 * flows.sum(axis=1), 1.0002 * flows.sum(axis=0)
    wanted = []
    for k in range(n):
        lost = []
        for step in (flows / sales[:, None], (flows / inputs).T):
            system, start = np.eye(n) - step, np.zeros(n)
            system[k], start[k] = np.eye(n)[k], 1.0
            lost.append(np.linalg.solve(system, start))
        wanted.append(np.maximum(*lost).mean())
    assert m.esri(flows, size=np.ones(n), sales=sales, inputs=inputs) == pytest.approx(wanted, abs=EXACT)


def test_a_partial_blow():
    kept = m.shock(chain(4), 1, left=0.75)
    assert kept == pytest.approx(np.full(4, 0.75))
    assert m.shock(chain(4), [], left=0.0) == pytest.approx(np.ones(4))
    assert m.shock(chain(4), 1, left=1.0) == pytest.approx(np.ones(4))
    circle = np.roll(np.eye(3), 1, axis=1)
    assert m.shock(circle, 0, left=0.5) == pytest.approx(np.full(3, 0.5))


def test_graphs_and_matrices_say_the_same():
    sparse = pytest.importorskip("scipy.sparse")
    flows = next(economies())["flows"]
    wanted = m.esri(flows)
    graph = nx.from_numpy_array(flows, create_using=nx.DiGraph)
    assert m.esri(graph) == pytest.approx(wanted)
    assert m.esri(sparse.csr_matrix(flows)) == pytest.approx(wanted)
    assert m.esri(flows + np.diag(np.arange(len(flows)))) == pytest.approx(wanted)  # sales to oneself
    both = flows + flows.T
    assert m.esri(both) == pytest.approx(m.esri(nx.from_numpy_array(both, create_using=nx.DiGraph)))


def test_nobody():
    assert m.esri(np.zeros((0, 0))).size == 0
    assert m.esri(np.zeros((1, 1))) == pytest.approx([1.0])


BAD = {
    "negative flows": (dict(flows=np.array([[0, -1], [0, 0]])), r"entry \[0, 1\] is -1"),
    "production": (dict(production="leontiev"), "did you mean 'leontief'"),
    "essential of linear": (dict(essential=np.ones(3, bool)), "only production='leontief'"),
    "essential of the wrong length": (dict(essential=np.ones(2, bool), production="leontief"), "3 truth values"),
    "essential as numbers": (dict(essential=[1, 0, 1], production="leontief"), "truth values"),
    "a short size": (dict(size=[1, 2]), "size: 3 entries"),
    "a negative size": (dict(size=[1, 2, -1]), "at least 0"),
    "a size of words": (dict(size=["a", "b", "c"]), "size: 3 numbers"),
    "sales below flows": (dict(sales=[1, 1, 1]), "sales: firm 0 has 1, but 5 flows"),
    "a short sector": (dict(sector=[1]), "sector: 3 entries"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name):
    arguments, message = BAD[name]
    with pytest.raises(Refusal, match=message):
        m.esri(**{"flows": chain(3), **arguments})


def test_wrong_blows():
    for firms in (3, [-1], [0, 7]):
        with pytest.raises(Refusal, match="places from 0 to 2"):
            m.shock(chain(3), firms)
    with pytest.raises(Refusal, match="left="):
        m.shock(chain(3), 0, left=1.5)
    with pytest.raises(Refusal, match="a world is needed"):
        m.systemic_risk(nx.path_graph(3))


def test_a_world_without_supply():
    """Protects the rule: a partner's loss takes its part of revenue, and travels on in the same way."""
    world = grow(months=24).world
    firms, n = world.firms, world.size
    worth = np.zeros((n, n))
    for ties in world.ties:
        np.add.at(worth, (ties.owner(), ties.nbr), np.maximum(ties.value.astype(float), 0.0))
    sales = np.maximum(firms.revenue, worth.sum(axis=1))
    output = np.maximum(firms.revenue, 0.0)
    found = m.systemic_risk(world)
    assert list(found) == sorted(firms.uid.tolist())
    for k in range(0, n, 7):
        lost = np.zeros(n)
        lost[k] = 1.0
        for _ in range(5000):
            lost = np.maximum(lost, worth @ lost / np.maximum(sales, 1e-300))
        assert found[int(firms.uid[k])] == pytest.approx(lost @ output / output.sum(), abs=EXACT)
    assert m.systemic_risk(world, production="leontief") == found
    assert max(found.values()) > output.max() / output.sum()


def test_a_world_with_supply():
    """Protects flows by shares: a supplier sells share x size of the buyer, the rest comes from outside."""
    world = grow(months=3, firms=5).world
    ties = world.ties[0]
    ties.drop(np.arange(ties.count))
    assert supply_flows(world) is None
    a, b = np.array([0, 1, 2], np.int32), np.array([1, 2, 3], np.int32)
    roles = (np.array([2, 1, 0], np.uint8), np.array([1, 2, 0], np.uint8))
    ties.insert(a, b, role=roles, share=np.array([0.25, 0.5, 0.125], np.float32))
    size, revenue, uid = world.firms.size, np.maximum(world.firms.revenue, 0.0), world.firms.uid
    flows = np.zeros((5, 5))
    flows[0, 1], flows[2, 1] = 0.25 * size[1], 0.5 * size[1]
    flows[2, 3], flows[3, 2] = 0.125 * size[3], 0.125 * size[2]
    sales, inputs = np.maximum(revenue, flows.sum(axis=1)), np.maximum(size, flows.sum(axis=0))
    for production in ("linear", "leontief"):
        wanted = m.esri(
            flows, size=revenue, production=production, sector=world.firms.sector, sales=sales, inputs=inputs
        )
        found = m.systemic_risk(world, production)
        assert [found[int(u)] for u in uid] == pytest.approx(wanted, abs=EXACT)
    world.firms.revenue[:] = 0.0
    alone = m.systemic_risk(world)[int(uid[4])]
    assert alone == pytest.approx(size[4] / size.sum())
