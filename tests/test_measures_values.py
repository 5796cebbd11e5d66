"""Measures of values and matrices: equity, dependence, tails, influence."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from conftest import grow

from emergence import measures as m
from emergence.errors import Refusal
from emergence.measures.tail import _zeta

VALUES = [np.random.default_rng(s).lognormal(0, 1 + s / 4, 5 + 3 * s) for s in range(20)]


def test_gini_hhi_and_top_share_from_their_definitions():
    for x in VALUES:
        pairs = np.abs(x[:, None] - x).sum() / (2 * x.size**2 * x.mean())
        assert m.gini(x) == pytest.approx(pairs, abs=1e-12)
        assert m.hhi(x) == pytest.approx(((x / x.sum()) ** 2).sum(), abs=1e-12)
        for share in (0.01, 0.1, 0.5, 1.0):
            number = next(k for k in range(1, x.size + 1) if k >= share * x.size - 1e-9)
            assert m.top_share(x, share) == pytest.approx(sorted(x)[-number:] @ np.ones(number) / x.sum(), abs=1e-12)


def test_top_share_of_odd_values():
    assert m.top_share([]) == 0.0
    assert m.top_share([0, 0]) == 0.0
    assert m.top_share([-5, float("nan"), 1]) == 1.0
    assert m.top_share({"a": 3.0, "b": 1.0}) == 0.75
    assert m.top_share(np.ones(100), 0.07) == pytest.approx(0.07)  # .07 x 100 is above 7 in binary
    for share in (0, -1, 1.5, float("nan")):
        with pytest.raises(Refusal, match="share="):
            m.top_share([1.0], share)


def test_dependence_of_graphs():
    graph = nx.DiGraph()
    graph.add_weighted_edges_from([("a", "b", 3), ("a", "c", 1), ("b", "a", 2), ("c", "b", 0)])
    assert m.dependence(graph) == pytest.approx({"a": 0.75, "b": 1.0, "c": float("nan")}, nan_ok=True)
    star = m.dependence(nx.star_graph(4))
    assert star[0] == 0.25 and star[3] == 1.0


def test_dependence_of_a_world():
    """Protects the denominator: revenue, unless partners bring more than that."""
    world = grow(months=12).world
    firms = world.firms
    wanted = {}
    for row, uid in enumerate(firms.uid.tolist()):
        worth: dict[int, float] = {}
        for ties in world.ties:
            for h in range(ties.ptr[row], ties.ptr[row + 1]):
                worth[int(ties.nbr[h])] = worth.get(int(ties.nbr[h]), 0.0) + max(float(ties.value[h]), 0.0)
        whole = max(float(firms.revenue[row]), sum(worth.values()))
        wanted[uid] = max(worth.values(), default=0.0) / whole if whole > 0 else float("nan")
    found = m.dependence(world)
    assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True)
    assert list(found) == sorted(found)
    assert 0 < np.nanmax(list(found.values())) <= 1


def slow_power(graph, value):
    """Return power by name and the imbalance of every pair, from the definition; `value(i, j)` is what j brings to i."""
    both = graph.to_undirected()
    whole = {i: sum(value(i, j) for j in both[i]) for i in both}
    share = {(i, j): value(i, j) / whole[i] if whole[i] > 0 else 0.0 for i in both for j in both[i]}
    lead = {i: [share[j, i] - share[i, j] for j in both[i]] for i in both}
    gaps = {frozenset(pair): abs(share[pair] - share[pair[::-1]]) for pair in both.edges}
    return {i: sum(leads) / len(leads) if leads else math.nan for i, leads in lead.items()}, gaps


def test_power_of_random_graphs_from_its_definition():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        graph = nx.gnp_random_graph(25, 0.15, seed=seed, directed=seed % 2 == 1)
        for _, _, about in graph.edges(data=True):
            about["weight"] = float(rng.choice([0.0, rng.random(), 5 * rng.random()]))
        wanted, gaps = slow_power(graph, lambda i, j, g=graph: g[i][j]["weight"] if g.has_edge(i, j) else 0.0)
        assert m.power(graph) == pytest.approx(wanted, abs=1e-12, nan_ok=True)
        assert m.power_imbalance(graph) == pytest.approx(np.mean(list(gaps.values())), abs=1e-12)
        keep = rng.random(25) < 0.6
        kept = [gap for pair, gap in gaps.items() if keep[list(pair)].all()]
        assert m.power_imbalance(graph, among=keep) == pytest.approx(np.mean(kept), abs=1e-12)


def test_power_of_named_graphs():
    """The hub of a star holds all, partners in a ring nothing over each other."""
    star = m.power(nx.star_graph(4))
    assert star[0] == 0.75 and star[2] == -0.75 and m.power_imbalance(nx.star_graph(4)) == 0.75
    assert set(m.power(nx.cycle_graph(6)).values()) == {0.0} and m.power_imbalance(nx.cycle_graph(6)) == 0.0
    assert math.isnan(m.power(nx.empty_graph(1))[0]) and math.isnan(m.power_imbalance(nx.empty_graph(3)))


def test_power_of_a_world():
    """What partners bring is the value of the ties with them, losses nothing."""
    world = grow(months=12).world
    uid, worth = world.firms.uid.tolist(), {}
    graph = nx.Graph()
    graph.add_nodes_from(uid)
    for ties in world.ties:
        for h, i in enumerate(ties.owner()):
            pair = uid[i], uid[ties.nbr[h]]
            graph.add_edge(*pair)
            worth[pair] = worth.get(pair, 0.0) + max(float(ties.value[h]), 0.0)
    wanted, gaps = slow_power(graph, lambda i, j: worth[i, j])
    found = m.power(world)
    assert found == pytest.approx(wanted, abs=1e-9, nan_ok=True) and list(found) == sorted(found)
    assert m.power_imbalance(world) == pytest.approx(np.mean(list(gaps.values())), abs=1e-9)


def test_zeta_against_scipy():
    special = pytest.importorskip("scipy.special")
    q = np.array([1.0, 2.0, 5.0, 40.0, 1000.0])
    for a in (1.0001, 1.05, 1.5, 2.5, 6.0, 30.0):
        total, logs = _zeta(a, q)
        assert total == pytest.approx(special.zeta(a, q) * q**a, rel=1e-12)
        k = np.arange(200_000.0)[:, None]
        if a >= 6:
            assert logs == pytest.approx((np.log1p(k / q) * (1 + k / q) ** -a).sum(axis=0), rel=1e-9)


def slow_fit(x, kmin):
    """Return exponent and distance by scipy: the likelihood is maximised blindly, the distance taken at every whole."""
    from scipy import optimize, special

    tail = np.array([v for v in x if v >= kmin])
    log = np.log(tail / kmin).mean()
    whole = lambda a: np.log(special.zeta(a, kmin) * float(kmin) ** a)  # noqa: E731
    exponent = optimize.minimize_scalar(
        lambda a: whole(a) + a * log, bounds=(1.0001, 40), method="bounded", options={"xatol": 1e-11}
    ).x
    k = np.arange(kmin, tail.max() + 1)
    fitted = 1 - special.zeta(exponent, k + 1) / special.zeta(exponent, kmin)
    actual = np.array([(tail <= v).mean() for v in k])
    return exponent, np.abs(fitted - actual).max()


def test_fit_against_a_slow_one():
    """To 1e-6 in the exponent: blind maximisation cannot tell likelihoods that agree in 13 digits."""
    pytest.importorskip("scipy")
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = np.concatenate([rng.poisson(4, 150) + 1, np.floor(2 * rng.pareto(1.5, 60)) + 2]).astype(int)
        fits = {int(k): slow_fit(x, int(k)) for k in np.unique(x)[:-1]}
        best = min(fits, key=lambda k: (round(fits[k][1], 12), k))
        found = m.fit_tail(x)
        # Where one value is left above the cut, the likelihood has hardly a top.
        if fits[best][0] < 39:
            assert found.kmin == best
            assert found.exponent == pytest.approx(fits[best][0], rel=1e-6)
            assert found.distance == pytest.approx(fits[best][1], abs=1e-6)
            assert found.number == (x >= best).sum()
        for kmin in (1, 2, 5):
            assert m.fit_tail(x, kmin).exponent == pytest.approx(slow_fit(x, kmin)[0], rel=1e-6)


def test_a_known_exponent_is_found():
    """Protects the whole procedure: numbers drawn exactly from k^-2.5 above 6, with something else below."""
    special = pytest.importorskip("scipy.special")
    k = np.arange(6, 2_000_000)
    tail = special.zeta(2.5, k) / special.zeta(2.5, 6)  # of being at least k
    rng = np.random.default_rng(2)
    drawn = k[np.searchsorted(-tail, -rng.random(20_000), side="right") - 1]
    x = np.concatenate([drawn, rng.integers(1, 6, 6_000)])
    found = m.fit_tail(x)
    assert found.exponent == pytest.approx(2.5, abs=0.05)
    assert 5 <= found.kmin <= 9
    assert m.fit_tail(drawn, 6).exponent == pytest.approx(2.5, abs=0.03)


def test_tail_of_degrees():
    graph = nx.barabasi_albert_graph(3000, 3, seed=1)
    degree = [d for _, d in graph.degree]
    assert m.degree_tail(graph) == m.fit_tail(degree).exponent
    assert m.degree_tail(graph, kmin=3) == m.fit_tail(degree, 3).exponent
    assert 2.4 < m.degree_tail(graph) < 3.4
    lonely = nx.disjoint_union(graph, nx.empty_graph(50))
    assert m.degree_tail(lonely) == m.degree_tail(graph)
    arrows = nx.DiGraph(graph)
    assert m.degree_tail(arrows) == m.degree_tail(graph)


def test_tails_of_hardly_anything():
    for graph in (nx.empty_graph(0), nx.empty_graph(5), nx.cycle_graph(5)):
        assert math.isnan(m.degree_tail(graph))
    assert m.fit_tail([5, 5, 5], kmin=5).exponent == math.inf
    assert math.isnan(m.fit_tail([1, 2], kmin=3).exponent)
    assert m.fit_tail([1, 1, 1, 2]).kmin == 1
    for bad in ([0, 1], [-1], [1.5], [float("nan")], ["a"], [float("inf")]):
        with pytest.raises(Refusal, match="whole numbers"):
            m.fit_tail(bad)


def test_hill():
    for x in VALUES:
        top = sorted(x, reverse=True)
        k = math.ceil(0.2 * x.size - 1e-9)
        assert m.hill(x, 0.2) == pytest.approx(k / sum(math.log(v / top[k]) for v in top[:k]), rel=1e-12)
    pareto = np.random.default_rng(1).pareto(1.06, 100_000) + 1
    assert m.hill(pareto) == pytest.approx(1.06, abs=0.04)
    assert m.hill(1e6 * pareto) == pytest.approx(m.hill(pareto))
    assert math.isnan(m.hill([1.0])) and math.isnan(m.hill([0, -1, 5])) and m.hill([2, 2, 2]) == math.inf
    with pytest.raises(Refusal, match="share="):
        m.hill([1, 2], 0)


def test_influence_of_named_economies():
    """Acemoglu et al. 2012: a ring and a star whose hub supplies everyone, itself included."""
    n, alpha = 100, 0.5
    ring = np.roll(np.eye(n), 1, axis=1)
    star = np.zeros((n, n))
    star[:, 0] = 1
    assert np.linalg.norm(m.influence_vector(ring, alpha)) == pytest.approx(0.1, abs=1e-12)
    found = m.influence_vector(star, alpha)
    assert np.linalg.norm(found) == pytest.approx(0.50744, abs=1e-5)
    assert found[0] == pytest.approx(0.505, abs=1e-12) and found.argmax() == 0


def test_influence_is_the_series():
    sparse = pytest.importorskip("scipy.sparse")
    for seed in range(10):
        rng = np.random.default_rng(seed)
        w = rng.random((30, 30)) * (rng.random((30, 30)) < 0.3) + np.eye(30)
        w /= w.sum(axis=1, keepdims=True)
        alpha = rng.uniform(0.2, 1)
        wanted, term = np.zeros(30), np.full(30, alpha / 30)
        for _ in range(2000):
            wanted, term = wanted + term, (1 - alpha) * w.T @ term
        found = m.influence_vector(w, alpha)
        assert found == pytest.approx(wanted, abs=1e-12)
        assert found.sum() == pytest.approx(1.0, abs=1e-12)
        order = rng.permutation(30)
        assert m.influence_vector(w[np.ix_(order, order)], alpha) == pytest.approx(found[order], abs=1e-12)
        assert m.influence_vector(sparse.csr_matrix(w), alpha) == pytest.approx(found, abs=1e-12)
        assert m.influence_vector(w.tolist(), alpha) == pytest.approx(found)


def test_influence_in_a_large_sparse_economy(monkeypatch):
    sparse = pytest.importorskip("scipy.sparse")
    monkeypatch.setattr("emergence.measures.influence.DENSE", 10)
    rng = np.random.default_rng(1)
    w = rng.random((200, 200)) * (rng.random((200, 200)) < 0.05) + np.eye(200)
    w /= w.sum(axis=1, keepdims=True)
    for alpha in (0.05, 0.5, 1.0):
        assert m.influence_vector(sparse.coo_matrix(w), alpha) == pytest.approx(m.influence_vector(w, alpha), abs=1e-12)


BAD = {
    "rows that fall short": (np.full((2, 2), 0.4), 0.5, "row 0 adds up to 0.8"),
    "negative shares": (np.array([[1.5, -0.5], [0.5, 0.5]]), 0.5, "at least 0"),
    "NaN": (np.full((2, 2), np.nan), 0.5, "finite"),
    "an oblong": (np.ones((2, 3)) / 3, 0.5, "2 x 3"),
    "a vector": (np.ones(2), 0.5, "square"),
    "words": ([["a", "b"]], 0.5, "numbers"),
    "no labour": (np.eye(2), 0.0, "alpha"),
    "too much labour": (np.eye(2), 1.1, "alpha"),
    "a word for labour": (np.eye(2), "half", "alpha"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_an_economy_is_said(name):
    weights, alpha, message = BAD[name]
    with pytest.raises(Refusal, match=message):
        m.influence_vector(weights, alpha)


def test_influence_of_nobody_and_one():
    assert m.influence_vector(np.zeros((0, 0)), 0.5).size == 0
    assert m.influence_vector(np.ones((1, 1)), 0.3) == pytest.approx([1.0])
