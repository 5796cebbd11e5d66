"""Positions agree with networkx, and roles mean what they say."""

from __future__ import annotations

from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest

from emergence.measures.position import betweenness, constraint, joint_network, positions, reachable, roles


def network(graph: nx.Graph, first_uid: int = 100) -> SimpleNamespace:
    """Return a graph as a snapshot would hold it: uids, and ties of one layer by uid."""
    nodes = sorted(graph)
    edges = sorted(graph.edges(data="weight", default=1.0))
    a, b = (np.array([e[k] + first_uid for e in edges], np.int64) for k in (0, 1))
    ties = {0: (a, b, np.array([e[2] for e in edges], np.float32))}
    uid = np.array(nodes, np.int64) + first_uid
    return SimpleNamespace(uid=uid, size=np.ones(uid.size), ties=ties)


def random_graph() -> nx.Graph:
    graph = nx.disjoint_union(nx.gnm_random_graph(60, 150, seed=3), nx.path_graph(9))
    graph.add_node(69)
    rng = np.random.default_rng(5)
    nx.set_edge_attributes(graph, {e: float(rng.uniform(0.1, 1)) for e in graph.edges}, "weight")
    return graph


def test_agrees_with_networkx() -> None:
    """Protects betweenness, constraint and reach against another implementation, on several components."""
    graph = random_graph()
    joint = joint_network(network(graph))
    between = nx.betweenness_centrality(graph)
    hold = nx.constraint(graph, weight="weight")
    n = len(graph)
    assert betweenness(joint) == pytest.approx([between[i] for i in range(n)], abs=1e-12)
    assert constraint(joint) == pytest.approx([hold[i] for i in range(n)], rel=1e-6, nan_ok=True)
    reach = [(len(nx.node_connected_component(graph, i)) - 1) / (n - 1) for i in range(n)]
    assert reachable(joint) == pytest.approx(reach)


def test_constraint_of_many_firms() -> None:
    """Protects large networks, for which a matrix of firms by firms would not fit: it is local."""
    one = nx.connected_watts_strogatz_graph(50, 4, 0.3, seed=1)
    many = nx.disjoint_union_all([one] * 60)
    table = positions(network(many)).set_index("uid")
    assert len(table) == 3000 and not table["constraint"].isna().any()
    hold = nx.constraint(one, list(one))
    assert table.loc[[100 + i for i in range(50)], "constraint"].tolist() == pytest.approx(list(hold.values()))


def test_sample_is_unbiased() -> None:
    """Protects the estimate: over all sources in turn its mean is the exact value."""
    joint = joint_network(network(random_graph()))
    n = joint.ptr.size - 1
    mean = np.mean([betweenness(joint, np.array([s])) for s in range(n)], axis=0)
    assert mean == pytest.approx(betweenness(joint), abs=1e-12)


def test_layers_are_laid_over_each_other() -> None:
    """Protects the count of partners: two layers between one pair are one partner and two ties."""
    pair = (np.array([7]), np.array([9]), np.array([0.25]))
    moment = SimpleNamespace(uid=np.array([9, 7, 8]), size=np.ones(3), ties={0: pair, 2: pair})
    table = positions(moment, str).set_index("uid")
    assert table.loc[7, ["partners", "ties", "strength"]].tolist() == [1, 2, 0.5]
    assert table.loc[8, "role"] == "isolated"
    assert table.loc[9, "name"] == "9"


def test_roles() -> None:
    """Protects the words: the centre of a star is a hub, the bridge between two groups a broker."""
    star = positions(network(nx.star_graph(12)))
    assert star.loc[0, "uid"] == 100
    assert star["role"].tolist() == ["hub and broker"] + ["at the edge"] * 12
    bridge = nx.barbell_graph(8, 1)
    table = positions(network(bridge)).set_index("uid")
    assert "broker" in table.loc[108, "role"]
    assert set(positions(network(nx.cycle_graph(10)))["role"]) == {"in between"}


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_tiny_networks(n: int) -> None:
    """Protects networks of hardly anybody, without ties."""
    table = positions(network(nx.empty_graph(n)))
    assert len(table) == n
    assert set(table["role"]) <= {"isolated"}
    assert not table[["betweenness", "reachable"]].isna().any(axis=None)


def test_unknown_betweenness_makes_no_brokers() -> None:
    """Protects very large networks, in which paths are not counted."""
    assert set(roles(np.array([5, 1, 1, 1, 1, 1]), np.full(6, np.nan))) == {"hub", "at the edge"}
