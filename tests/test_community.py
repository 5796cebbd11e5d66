"""Communities: modularity as networkx computes it, as good as networkx's Louvain, the same every time."""

import networkx as nx
import numpy as np
import pytest

from emergence.measures.community import communities, modularity


def half_edges(graph):
    n = graph.number_of_nodes()
    rows = [sorted(graph[i]) for i in range(n)]
    ptr = np.cumsum([0, *map(len, rows)])
    nbr = np.array([j for row in rows for j in row], np.int32)
    weight = np.array([graph[i][j].get("weight", 1.0) for i in range(n) for j in rows[i]])
    return ptr, nbr, weight


def groups(label):
    return [set(np.flatnonzero(label == c).tolist()) for c in range(label.max() + 1)]


GRAPHS = [nx.gnm_random_graph(60, 150, seed=s) for s in range(4)]
GRAPHS += [nx.planted_partition_graph(5, 20, 0.5, 0.02, seed=s) for s in range(4)]
GRAPHS += [nx.convert_node_labels_to_integers(nx.karate_club_graph()), nx.barabasi_albert_graph(200, 3, seed=1)]


@pytest.mark.parametrize("graph", GRAPHS, ids=range(len(GRAPHS)))
def test_as_good_as_networkx(graph):
    ptr, nbr, weight = half_edges(graph)
    label = communities(ptr, nbr, weight)
    ours = modularity(ptr, nbr, label, weight)
    assert ours == pytest.approx(nx.community.modularity(graph, groups(label)), abs=1e-9)
    theirs = np.median(
        [nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=s)) for s in range(9)]
    )
    assert ours > theirs - 0.02
    assert np.array_equal(label, communities(ptr, nbr, weight))


def test_planted_groups_are_found_and_named_by_size():
    graph = nx.disjoint_union_all([nx.complete_graph(k) for k in (4, 9, 6)])
    label = communities(*half_edges(graph))
    assert groups(label) == [set(range(4, 13)), set(range(13, 19)), set(range(4))]


def test_no_ties_and_no_nodes():
    assert communities(np.zeros(1, np.int64), np.zeros(0, np.int32)).size == 0
    assert list(communities(np.zeros(4, np.int64), np.zeros(0, np.int32))) == [0, 1, 2]
    assert modularity(np.zeros(4, np.int64), np.zeros(0, np.int32), np.arange(3)) == 0.0
