"""Random rewiring keeps every degree, leaves a simple graph, and forgets all else."""

import itertools

import networkx as nx
import numpy as np
import pytest

from emergence.kernels.random import derive_key
from emergence.kernels.rewiring import edge_set, home_of, rewire_pairs, slot_of, take_out

U = np.uint64


def key(seed):
    return U(derive_key(U(seed), U(1), U(0)))


def ends(graph):
    pairs = np.array(sorted(graph.edges), np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def rebuilt(a, b, n):
    graph = nx.empty_graph(n)
    graph.add_edges_from(zip(a.tolist(), b.tolist(), strict=True))
    assert graph.number_of_edges() == len(a), "an edge twice"
    assert (a != b).all(), "a self-tie"
    return graph


GRAPHS = {
    "random": nx.gnm_random_graph(200, 600, seed=1),
    "ring lattice": nx.watts_strogatz_graph(500, 8, 0.0),
    "hubs": nx.barabasi_albert_graph(300, 3, seed=2),
    "dense": nx.gnm_random_graph(20, 170, seed=3),
    "two parts": nx.disjoint_union(nx.path_graph(40), nx.cycle_graph(30)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_degrees_stay_and_the_graph_stays_simple(name):
    graph = GRAPHS[name]
    a, b = ends(graph)
    before = a.copy(), b.copy()
    new = rewire_pairs(key(5), a, b, len(graph), 10)
    assert new[0].dtype == new[1].dtype == np.int32
    assert (a == before[0]).all() and (b == before[1]).all(), "the input was written to"
    again = rebuilt(*new, len(graph))
    assert dict(again.degree) == dict(graph.degree)
    assert set(again.edges) != set(graph.edges)


def test_same_key_same_graph_other_key_another():
    a, b = ends(GRAPHS["random"])
    one, two, other = (rewire_pairs(key(s), a, b, 200, 3) for s in (1, 1, 2))
    assert (one[0] == two[0]).all() and (one[1] == two[1]).all()
    assert (one[1] != other[1]).any()


def test_clustering_of_a_ring_lattice_falls_to_that_of_chance():
    """Protects mixing: k = 8 has clustering 9/14; at random about k/n = .016."""
    graph = GRAPHS["ring lattice"]
    mixed = rebuilt(*rewire_pairs(key(9), *ends(graph), 500, 10), 500)
    assert nx.average_clustering(graph) == pytest.approx(9 / 14)
    assert nx.average_clustering(mixed) < 0.03


@pytest.mark.parametrize(
    "graph",
    [nx.star_graph(9), nx.complete_graph(7), nx.empty_graph(4), nx.empty_graph(0), nx.path_graph(2), nx.path_graph(3)],
    ids=["star", "complete", "no ties", "nobody", "one tie", "two ties"],
)
def test_where_nothing_can_be_swapped_nothing_changes(graph):
    a, b = ends(graph)
    new = rewire_pairs(key(3), a, b, len(graph), 20)
    assert {frozenset(e) for e in zip(*map(np.ndarray.tolist, new), strict=True)} == set(map(frozenset, graph.edges))


def test_no_rounds_change_nothing():
    a, b = ends(GRAPHS["hubs"])
    new = rewire_pairs(key(3), a, b, 300, 0)
    assert (new[0] == a).all() and (new[1] == b).all()


def test_every_graph_of_these_degrees_is_equally_likely():
    """Protects the choice of swap: six nodes of degree 2 make 60 hexagons and 10 pairs of triangles."""
    a, b = ends(nx.cycle_graph(6))
    counts: dict[frozenset, int] = {}
    for seed in range(7000):
        x, y = rewire_pairs(key(seed), a, b, 6, 20)
        graph = frozenset(frozenset(e) for e in zip(x.tolist(), y.tolist(), strict=True))
        counts[graph] = counts.get(graph, 0) + 1
    assert len(counts) == 70
    chi2 = sum((c - 100) ** 2 / 100 for c in counts.values())
    assert chi2 < 69 + 4 * np.sqrt(2 * 69)


def test_both_ends_of_an_edge_move():
    """Protects columns kept by place: neither column of ends may stand still."""
    a, b = ends(GRAPHS["ring lattice"])
    x, y = rewire_pairs(key(4), a, b, 500, 10)
    assert (a == x).mean() < 0.05 and (b == y).mean() < 0.05


def test_the_set_of_edges_forgets_and_finds():
    """Protects deletion: after any deletions the table holds exactly what is left, each where it is found."""
    rng = np.random.default_rng(1)
    pairs = np.array(list(itertools.combinations(range(40), 2)))
    table, shift = edge_set(pairs[:, 0], pairs[:, 1], 40)
    left = set((pairs[:, 0] * 40 + pairs[:, 1]).tolist())
    for code in rng.permutation(sorted(left))[:700].tolist():
        take_out(table, shift, slot_of(table, shift, code))
        left.remove(code)
    assert set(table[table >= 0].tolist()) == left
    for code in left:
        assert table[slot_of(table, shift, code)] == code
    assert 0 <= home_of(max(left), shift) < table.size
