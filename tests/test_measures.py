"""Measures of networks against other implementations: networkx where it has one, else slow ones from the formula."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from conftest import grow

from emergence import measures as m
from emergence.errors import Refusal
from emergence.exchange import to_networkx
from emergence.measures.paths import pivots
from emergence.measures.robustness import ATTACKS, removal_order
from emergence.schema import LAYERS

EXACT = 1e-9


def dressed(graph, seed, weighted=True, loops=False):
    """Return a graph with weights (some equal, some zero), shuffled nodes, and ties to oneself if asked."""
    rng = np.random.default_rng(seed)
    nodes = [int(v) for v in rng.permutation(len(graph))]
    out = graph.__class__()
    out.add_nodes_from(nodes)
    for edge in graph.edges:
        weight = float(rng.choice([0.0, 0.25, 0.5, 1.0, rng.uniform(0.01, 3)], p=[0.05, 0.2, 0.2, 0.2, 0.35]))
        out.add_edge(edge[0], edge[1], **({"weight": weight} if weighted else {}))
    if loops:
        out.add_edges_from((v, v) for v in nodes[::4])
    return out


def mutual(graph):
    """Return a directed graph in which about half of the ties are answered."""
    both = nx.DiGraph(graph)
    both.remove_edges_from([edge for k, edge in enumerate(sorted(both.edges)) if k % 4 == 0])
    return both


def collection():
    """Two hundred graphs of all kinds, named by what they are."""
    out = []
    for seed in range(22):
        n = 5 + 2 * seed
        sparse = nx.gnm_random_graph(n, n, seed=seed)
        many = nx.gnm_random_graph(n, 3 * n, seed=seed)
        hubs = nx.barabasi_albert_graph(n, 2, seed=seed)
        apart = nx.disjoint_union(nx.gnm_random_graph(n // 2, n, seed=seed), nx.path_graph(n - n // 2 - 1))
        apart.add_node(len(apart))
        arrows = nx.gnm_random_graph(n, 2 * n, seed=seed, directed=True)
        parallel = nx.MultiGraph(many)
        parallel.add_edges_from(list(many.edges)[::2])
        ways = nx.MultiDiGraph(arrows)
        ways.add_edges_from(list(arrows.edges)[::2])
        kinds = {
            "sparse": dressed(sparse, seed, weighted=False),
            "weighted": dressed(many, seed),
            "hubs": dressed(hubs, seed, weighted=seed % 2 == 0),
            "disconnected": dressed(apart, seed),
            "directed": dressed(arrows, seed, weighted=False),
            "directed weighted": dressed(arrows, seed + 50),
            "mutual": dressed(mutual(many), seed),
            "parallel": dressed(parallel, seed, loops=True),
            "parallel directed": dressed(ways, seed, loops=True),
        }
        out += [(f"{kind} {n}", graph) for kind, graph in kinds.items()]
    for make in (nx.Graph, nx.DiGraph):
        for n in (0, 1, 2, 7):
            name = f"{make.__name__} without ties {n}"
            graph = make()
            graph.add_nodes_from(range(n))
            out.append((name, graph))
    special = {"complete": nx.complete_graph(9), "star": nx.star_graph(30), "ring": nx.cycle_graph(90)}
    special["one tie"], special["one arrow"] = nx.path_graph(2), nx.DiGraph([(0, 1)])
    special["complete directed"] = nx.complete_graph(6, nx.DiGraph)
    return out + list(special.items())


ALL = collection()


def simple(graph):
    """Return what `as_graph` says it takes: parallel ties added up, no ties to oneself, whole numbers in order."""
    out = nx.DiGraph() if graph.is_directed() else nx.Graph()
    out.add_nodes_from(sorted(graph))
    for a, b, weight in graph.edges(data="weight", default=1.0):
        if a != b:
            before = out[a][b]["weight"] if out.has_edge(a, b) else 0.0
            out.add_edge(a, b, weight=before + weight)
    return out


SIMPLE = [(name, graph, simple(graph)) for name, graph in ALL]


def both_ways(graph):
    """Return the undirected graph with weights there and back added up, without ties of weight 0."""
    out = nx.Graph()
    out.add_nodes_from(graph)
    for a, b, weight in graph.edges(data="weight"):
        if weight > 0:
            out.add_edge(a, b, weight=weight + (out[a][b]["weight"] if out.has_edge(a, b) else 0.0))
    return out


def close(ours, theirs, name):
    assert ours == pytest.approx(theirs, abs=EXACT, rel=EXACT, nan_ok=True), name


def by_name(ours, theirs, name):
    assert list(ours) == sorted(theirs), name
    close(ours, theirs, name)


def test_two_hundred_graphs():
    assert len(ALL) >= 200
    assert sum(graph.is_directed() for _, graph in ALL) > 60
    assert sum(nx.is_weighted(graph) for _, graph in ALL if graph.number_of_edges()) > 60


def test_rows_hold_the_graph():
    """Protects the one form: nodes in order, ties at both ends or at the source, weights added up."""
    for name, graph, plain in SIMPLE:
        ours = m.as_graph(graph)
        ties = {(ours.names[i], ours.names[j]): w for i, j, w in zip(ours.owner, ours.nbr, ours.weight, strict=True)}
        wanted = dict(zip(plain.edges, (w for _, _, w in plain.edges(data="weight")), strict=True))
        if not plain.is_directed():
            wanted |= {(b, a): w for (a, b), w in wanted.items()}
        assert ties.keys() == wanted.keys(), name
        assert all(ties[tie] == pytest.approx(wanted[tie], abs=1e-12) for tie in ties), name
        assert ours.names == sorted(graph) and ours.directed == graph.is_directed()
        assert ours.ties == plain.number_of_edges()
        degrees = plain.in_degree if plain.is_directed() else plain.degree
        assert dict(zip(ours.names, ours.in_degree.tolist(), strict=True)) == dict(degrees)
        for i in range(ours.number):
            assert (np.diff(ours.nbr[ours.ptr[i] : ours.ptr[i + 1]]) > 0).all(), name


def test_density_and_giant_share():
    for name, graph, plain in SIMPLE:
        close(m.density(graph), nx.density(plain) if len(plain) else 0.0, name)
        parts = nx.weakly_connected_components(plain) if plain.is_directed() else nx.connected_components(plain)
        close(m.giant_share(graph), max(map(len, parts), default=0) / max(len(plain), 1), name)


def test_clustering():
    """With weights too; networkx has none for graphs with parallel ties and fails without nodes."""
    for name, graph, plain in SIMPLE:
        wanted = [nx.average_clustering(plain, weight=w) if len(plain) else 0.0 for w in (None, "weight")]
        close(m.average_clustering(graph), wanted[0], name)
        close(m.average_clustering(graph, weight="weight"), wanted[1], name)


def constraint_and_size(graph):
    """Return Burt's constraint and effective size from the formulas, with whole matrices."""
    n = len(graph)
    a = np.zeros((n, n))
    for i, j, weight in both_ways(graph).edges(data="weight"):
        a[i, j] = a[j, i] = weight
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.nan_to_num(a / a.sum(axis=1, keepdims=True))
        r = np.nan_to_num(a / a.max(axis=1, keepdims=True)) if n else a
    hold = np.where(a > 0, (p + p @ p) ** 2, 0.0).sum(axis=1)
    size = np.where(a > 0, 1.0 - p @ r.T, 0.0).sum(axis=1)
    alone = a.sum(axis=1) == 0
    return np.where(alone, np.nan, hold), np.where(alone, np.nan, size)


def test_constraint_and_effective_size():
    for name, graph, plain in SIMPLE:
        hold, size = constraint_and_size(plain)
        by_name(m.burt_constraint(graph), dict(enumerate(hold)), name)
        by_name(m.effective_size(graph), dict(enumerate(size)), name)


def test_constraint_as_networkx_has_it():
    """Of the graph made undirected, because node by node networkx gives NaN to nodes that only receive.

    All nodes at once its effective size is wrong for weighted graphs (3.6 divides columns, not rows, by their
    largest), so it is asked node by node.
    """
    for name, graph, plain in SIMPLE[::3]:
        both = both_ways(plain)
        by_name(m.burt_constraint(graph), nx.constraint(both, list(both), weight="weight"), name)
        by_name(m.effective_size(graph), nx.effective_size(both, list(both), weight="weight"), name)


def test_constraint_of_named_graphs():
    star = m.burt_constraint(nx.star_graph(4))
    assert star[0] == pytest.approx(0.25) and star[1] == pytest.approx(1.0)
    assert m.burt_constraint(nx.complete_graph(3))[0] == pytest.approx(1.125)
    assert m.burt_constraint(nx.complete_graph(5))[0] == pytest.approx(0.765625)
    assert m.effective_size(nx.star_graph(4))[0] == pytest.approx(4.0)
    assert m.effective_size(nx.complete_graph(5))[0] == pytest.approx(1.0)


def test_betweenness():
    for name, graph, plain in SIMPLE:
        by_name(m.betweenness(graph), nx.betweenness_centrality(plain), name)


def test_sampled_betweenness():
    """From the same sources as networkx's sum over them; since 3.5 its own estimate treats sources apart."""
    for name, graph, plain in SIMPLE[::3]:
        n = len(plain)
        if n < 5:
            continue
        sources = pivots(n, 4, seed=7)
        subset = nx.betweenness_centrality_subset(plain, sources.tolist(), list(plain), normalized=False)
        twice = 1 if plain.is_directed() else 2  # networkx halves what it counts in both directions
        wanted = {v: twice * b * n / 4 / ((n - 1) * (n - 2)) for v, b in subset.items()}
        by_name(m.betweenness(graph, sources=4, seed=7), wanted, name)
        by_name(m.betweenness(graph, sources=10 * n), nx.betweenness_centrality(plain), name)


def test_counts_of_paths_do_not_overflow():
    """Protects long chains of choices: 1,500 diamonds in a row have 2^1500 paths from end to end."""
    stages = 1500
    graph = nx.Graph()
    for k in range(stages):
        for twin in (1, 2):
            graph.add_edge(3 * k, 3 * k + twin)
            graph.add_edge(3 * k + twin, 3 * k + 3)
    n = len(graph)
    found = m.betweenness(graph, sources=None)
    for k in (0, 1, 700, stages - 1):
        left, right = k + 1 + 2 * k, stages - k + 2 * (stages - k - 1)
        assert found[3 * k + 1] == pytest.approx(left * right / ((n - 1) * (n - 2)), rel=1e-9)


def left_after(graph, order):
    """Return the share of nodes in the largest component after each removal, one by one."""
    graph, n, curve = nx.Graph(graph), len(graph), []
    for node in order:
        graph.remove_node(node)
        curve.append(max(map(len, nx.connected_components(graph)), default=0) / n)
    return curve


def attack(graph):
    """Return the nodes in the order of an attack on the highest remaining degree, counted anew each time."""
    graph, order = nx.Graph(graph), []
    while len(graph):
        node = max(graph, key=lambda v: (graph.degree(v), -v))
        order.append(node)
        graph.remove_node(node)
    return order


def test_robustness():
    for name, graph, plain in SIMPLE:
        order = attack(plain)
        ours = m.as_graph(graph).symmetrised
        assert removal_order(ours, "degree", 0).tolist() == order, name
        curve = left_after(plain, order)
        close(m.removal_curve(graph), curve, name)
        close(m.schneider_r(graph), float(np.mean(curve)) if curve else 0.0, name)


def test_other_attacks():
    for name, graph, plain in SIMPLE[::4]:
        both = nx.Graph(plain)
        between = nx.betweenness_centrality(both)
        wanted = {
            "degree_static": sorted(both, key=lambda v: (-both.degree(v), v)),
            "betweenness": sorted(both, key=lambda v: (-round(between[v], 12), v)),
            "random": removal_order(m.as_graph(graph), "random", 5).tolist(),
        }
        assert sorted(wanted["random"]) == sorted(both)
        for how, order in wanted.items():
            close(m.removal_curve(graph, how, seed=5), left_after(plain, order), f"{name}: {how}")
    assert (m.removal_curve(nx.cycle_graph(50), "random", 1) != m.removal_curve(nx.cycle_graph(50), "random", 2)).any()


def test_robustness_of_named_graphs():
    for n in (2, 7, 100):
        assert m.schneider_r(nx.complete_graph(n)) == pytest.approx((n - 1) / (2 * n))
    assert m.schneider_r(nx.star_graph(99)) == pytest.approx(0.0099)
    assert m.schneider_r(nx.cycle_graph(100)) == pytest.approx(0.255, abs=0.001)


def test_modularity_of_any_partition():
    for name, graph, plain in SIMPLE:
        rng = np.random.default_rng(len(plain))
        label = {v: int(rng.integers(3)) for v in plain}
        groups = [g for k in range(3) if (g := {v for v in plain if label[v] == k})]
        total = plain.size(weight="weight")
        wanted = nx.community.modularity(plain, groups) if total else 0.0
        close(m.modularity(graph, groups), wanted, name)
        close(m.modularity(graph, label), wanted, name)


def test_communities():
    """As good as networkx's Louvain but for .03: both stop at local optima, networkx's differ by as much."""
    for name, graph, plain in SIMPLE:
        found = m.communities(graph)
        assert sorted(v for group in found for v in group) == sorted(plain), name
        assert [len(g) for g in found] == sorted(map(len, found), reverse=True), name
        if plain.size(weight="weight"):
            ours = nx.community.modularity(plain, found)
            close(m.modularity(graph), ours, name)
            theirs = nx.community.louvain_communities(plain, seed=1)
            assert ours > nx.community.modularity(plain, theirs) - 0.03, name
        assert found == m.communities(graph)


def test_assortativity():
    for name, graph, plain in SIMPLE:
        x, y = (plain.out_degree, plain.in_degree) if plain.is_directed() else (plain.degree, plain.degree)
        edges = [*plain.edges, *(() if plain.is_directed() else [(b, a) for a, b in plain.edges])]
        if len({x[a] for a, _ in edges}) < 2 or len({y[b] for _, b in edges}) < 2:
            assert np.isnan(m.assortativity(graph)), name
        else:
            close(m.assortativity(graph), nx.degree_assortativity_coefficient(plain), name)


def test_reciprocity():
    for name, graph, plain in SIMPLE:
        if not plain.number_of_edges():
            assert np.isnan(m.reciprocity(graph)), name
        else:
            close(m.reciprocity(graph), nx.reciprocity(plain) if plain.is_directed() else 1.0, name)


def test_core_share():
    for name, graph, plain in SIMPLE:
        core = list(nx.core_number(nx.Graph(plain)).values())
        wanted = core.count(max(core)) / len(core) if core and max(core) else 0.0
        close(m.core_share(graph), wanted, name)


def test_mean_path_length():
    for name, graph, plain in SIMPLE:
        steps = [d for a, far in nx.all_pairs_shortest_path_length(plain) for b, d in far.items() if b != a]
        close(m.mean_path_length(graph), float(np.mean(steps)) if steps else float("nan"), name)
    graph = nx.gnm_random_graph(90, 200, seed=1)
    chosen = pivots(90, 70, seed=3).tolist()
    steps = [d for a in chosen for b, d in nx.single_source_shortest_path_length(graph, a).items() if b != a]
    close(m.mean_path_length(graph, sources=70, seed=3), float(np.mean(steps)), "sampled")


@pytest.mark.parametrize("p", [0.0, 0.1, 1.0])
def test_omega_as_networkx_has_it(p):
    """To .2: both references are drawn, and networkx swaps less for its lattices, which end up less clustered."""
    graph = nx.connected_watts_strogatz_graph(26, 4, p, seed=2)
    theirs = nx.omega(graph, niter=5, nrand=4, seed=1)
    assert m.small_world_omega(graph) == pytest.approx(theirs, abs=0.2)


def test_omega_tells_lattices_small_worlds_and_chance_apart():
    lattice, small, chance = (m.small_world_omega(nx.watts_strogatz_graph(400, 8, p, seed=1)) for p in (0.0, 0.05, 1.0))
    assert lattice < -0.8 and abs(small) < 0.4 and chance > 0.8
    assert lattice < small < chance
    graph = nx.watts_strogatz_graph(300, 6, 0.1, seed=4)
    again = [m.small_world_omega(graph, seed=s) for s in (1, 1, 2, 3)]
    assert again[0] == again[1]
    assert np.ptp(again) < 0.05  # the references are drawn


def test_omega_of_odd_graphs():
    assert np.isnan(m.small_world_omega(nx.empty_graph(9)))
    assert np.isnan(m.small_world_omega(nx.path_graph(3)))
    assert m.small_world_omega(nx.star_graph(9)) == pytest.approx(1.0)  # nothing to swap, nothing clustered
    assert m.small_world_omega(nx.complete_graph(6)) == pytest.approx(0.0)  # nothing to swap, all clustered
    graph = nx.watts_strogatz_graph(60, 4, 0.1, seed=1)
    with_crumbs = nx.disjoint_union(graph, nx.path_graph(3))
    assert m.small_world_omega(with_crumbs) == m.small_world_omega(graph)


def test_the_lattice_reference_is_one():
    """Protects the kernel: from chance to nearly the clustering of the ring lattice, 3 (k - 2) / (4 (k - 1))."""
    from emergence.kernels.brokerage import mates
    from emergence.kernels.rewiring import latticize
    from emergence.kernels.shape import mean_clustering, transposed

    for k in (4, 10):
        graph = m.as_graph(nx.random_regular_graph(k, 600, seed=1))
        nbr = latticize(np.uint64(5), graph.ptr, graph.nbr, mates(graph.ptr, graph.nbr), 80.0)
        ptr, nbr, _ = transposed(graph.ptr, nbr, np.ones(nbr.size))
        assert (ptr == graph.ptr).all()
        again = m.as_graph((ptr, nbr))
        assert not again.directed and again.nbr.size == nbr.size
        assert mean_clustering(ptr, nbr) > 0.9 * 3 * (k - 2) / (4 * (k - 1))


def relabelled(graph, names):
    return nx.relabel_nodes(graph, dict(zip(sorted(graph), names, strict=True)))


WHOLE = {
    "density": m.density,
    "clustering": m.average_clustering,
    "weighted clustering": lambda g: m.average_clustering(g, weight="weight"),
    "giant": m.giant_share,
    "core": m.core_share,
    "reciprocity": m.reciprocity,
    "assortativity": m.assortativity,
    "path length": m.mean_path_length,
    "tail": m.degree_tail,
}
EACH = {
    "constraint": m.burt_constraint,
    "effective size": m.effective_size,
    "betweenness": m.betweenness,
    "dependence": m.dependence,
}


def test_names_do_not_matter():
    """Protects invariance under permutation, of all that has no ties to break or luck to draw."""
    for name, graph, _ in SIMPLE[::7]:
        rng = np.random.default_rng(len(graph))
        names = [f"firm {v}" for v in rng.permutation(len(graph))]
        other = relabelled(graph, names)
        for what, measure in WHOLE.items():
            close(measure(other), measure(graph), f"{name}: {what}")
        for what, measure in EACH.items():
            own = measure(graph)
            wanted = dict(zip(names, (own[v] for v in sorted(graph)), strict=True))
            assert measure(other) == pytest.approx(wanted, abs=EXACT, nan_ok=True), f"{name}: {what}"


def test_order_of_nodes_and_ties_in_the_graph_does_not_matter():
    """Protects results to the last bit: nodes named by whole numbers are put in order."""
    for name, _, plain in SIMPLE[::7]:
        other = plain.__class__()
        other.add_nodes_from(sorted(plain, reverse=True))
        other.add_weighted_edges_from(list(plain.edges(data="weight"))[::-1])
        for what, measure in {**WHOLE, **EACH, "r": m.schneider_r, "omega": m.small_world_omega}.items():
            assert repr(measure(other)) == repr(measure(plain)), f"{name}: {what}"
        assert m.communities(other) == m.communities(plain)


def test_every_source_says_the_same():
    """Protects the forms: networkx, matrix, sparse matrix, rows sorted or not."""
    sparse = pytest.importorskip("scipy.sparse")
    for name, _, plain in SIMPLE[::5]:
        if not len(plain):
            continue
        matrix = nx.to_numpy_array(plain, weight="weight")
        rows = sparse.csr_matrix(matrix)
        shuffled = rows.copy()
        for i in range(len(plain)):
            span = slice(rows.indptr[i], rows.indptr[i + 1])
            shuffled.indices[span], shuffled.data[span] = rows.indices[span][::-1], rows.data[span][::-1]
        # A tie of weight 0 is one in a graph and none in a matrix.
        wanted = plain.copy()
        wanted.remove_edges_from([(a, b) for a, b, w in plain.edges(data="weight") if w == 0])
        sources = (matrix, rows, sparse.coo_matrix(matrix), (shuffled.indptr, shuffled.indices, shuffled.data))
        for source in sources:
            ours = m.as_graph(source)
            for what, measure in {**WHOLE, **EACH, "r": m.schneider_r}.items():
                assert measure(ours) == pytest.approx(measure(wanted), abs=EXACT, nan_ok=True), f"{name}: {what}"


def test_symmetric_matrices_are_undirected():
    assert not m.as_graph(np.array([[0, 1], [1, 0]])).directed
    assert m.as_graph(np.array([[0, 1], [2, 0]])).directed
    both = nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 1)])
    for what, measure in WHOLE.items():
        assert measure(both) == pytest.approx(measure(nx.path_graph(3)), nan_ok=True), what


def test_weights_can_be_left_out():
    graph = dressed(nx.gnm_random_graph(20, 50, seed=1), 1)
    assert (m.as_graph(graph, weight=None).weight == 1).all()
    other = nx.Graph([(0, 1, {"euro": 5.0})])
    assert m.as_graph(other, weight="euro").weight.tolist() == [5.0, 5.0]


@pytest.fixture(scope="module")
def world():
    return grow(months=18).world


@pytest.mark.parametrize("layer", [None, *LAYERS])
def test_a_world_is_its_export(world, layer):
    """To 1e-6: an export writes strengths as short decimals of single precision."""
    ours, exported = m.as_graph(world, layer), to_networkx(world, layer)
    theirs = m.as_graph(exported)
    uid = {world.id_of(uid): uid for uid in ours.names}
    assert ours.names == sorted(uid.values()) and ours.directed == theirs.directed
    ties = [
        {
            (str(a), str(b)): w
            for a, b, w in zip(np.array(names)[g.owner], np.array(names)[g.nbr], g.weight, strict=True)
        }
        for g, names in ((ours, ours.names), (theirs, [uid[name] for name in theirs.names]))
    ]
    assert ties[0] == pytest.approx(ties[1], rel=1e-6)
    assert layer != "strategic" or ours.ties > 50


def test_the_operational_layer_runs_from_supplier_to_buyer():
    world = grow(months=0, firms=4).world
    ties = world.ties[0]
    ties.drop(np.arange(ties.count))
    a, b = np.array([0, 1, 2], np.int32), np.array([1, 2, 3], np.int32)
    buys = np.array([1, 2, 0], np.uint8)
    ties.insert(a, b, role=(buys, np.array([2, 1, 0], np.uint8)), w=np.full(3, 0.5, np.float32))
    graph, uid = m.as_graph(world, "operational"), world.firms.uid.tolist()
    found = {(graph.names[i], graph.names[j]) for i, j in zip(graph.owner, graph.nbr, strict=True)}
    assert found == {(uid[1], uid[0]), (uid[1], uid[2]), (uid[2], uid[3]), (uid[3], uid[2])}
    exported = {(int(s), int(t)) for s, t in to_networkx(world, "operational").edges}
    assert found == exported


def test_worlds_may_come_wrapped():
    from emergence import EmergenceModel

    model = EmergenceModel(firms=40, seed=3)
    model.run(3)
    world = model.world
    for source in (model, model.simulation):
        assert m.betweenness(source, layer="strategic") == m.betweenness(world, layer="strategic")
    assert list(m.burt_constraint(world)) == sorted(world.firms.uid.tolist())


def test_all_layers_are_laid_over_each_other(world):
    from emergence.runs import Snapshot

    ours, moment = m.as_graph(world), m.as_graph(Snapshot.of(world))
    assert ours.names == moment.names and (ours.nbr == moment.nbr).all()
    assert ours.weight == pytest.approx(moment.weight)
    assert ours.weight.sum() == pytest.approx(sum(float(t.w.sum(dtype=float)) for t in world.ties))


def test_a_world_is_only_read(world):
    before = {layer: (t.ptr.copy(), t.nbr.copy(), t.w.copy()) for layer, t in zip(LAYERS, world.ties, strict=True)}
    for measure in (*WHOLE.values(), *EACH.values(), m.schneider_r, m.small_world_omega, m.systemic_risk):
        measure(world)
    for layer, t in zip(LAYERS, world.ties, strict=True):
        assert all((now == then).all() for now, then in zip((t.ptr, t.nbr, t.w), before[layer], strict=True))


BAD = {
    "a NaN": (nx.Graph([(0, 1, {"weight": float("nan")})]), "tie from 0 to 1 is nan"),
    "less than nothing": (nx.Graph([(0, 1), (1, 2, {"weight": -2})]), "tie from 1 to 2 is -2"),
    "infinity": (nx.DiGraph([("a", "b", {"weight": float("inf")})]), "'a' to 'b' is inf"),
    "a word": (nx.Graph([(0, 1), (1, 2, {"weight": "much"})]), "from 1 to 2 is 'much'"),
    "a number as a word": (nx.Graph([(0, 1, {"weight": "2"})]), "is '2'"),
    "nothing": (nx.Graph([(0, 1, {"weight": None})]), "is None"),
    "a list": (nx.Graph([(0, 1, {"weight": [1, 2]}), (1, 2, {"weight": [3, 4]})]), r"is \[1, 2\]"),
    "ragged lists": (nx.Graph([(0, 1, {"weight": [1, 2]}), (1, 2, {"weight": 3})]), r"is \[1, 2\]"),
    "something imaginary": (nx.Graph([(0, 1, {"weight": 1j})]), "is 1j"),
    "an oblong": (np.ones((2, 3)), "square.*2 x 3"),
    "a vector": (np.ones(3), "square"),
    "a cube": (np.ones((2, 2, 2)), "square.*2 x 2 x 2"),
    "a negative matrix": (np.array([[0, 1], [-1, 0]]), r"entry \[1, 0\] is -1"),
    "a matrix of words": (np.array([["a", "b"], ["c", "d"]]), "is 'a'"),
    "ragged rows": ([[0, 1], [1]], "square"),
    "rows out of range": ((np.array([0, 1, 2]), np.array([1, 5])), "rows from 0 to 1"),
    "a falling pointer": ((np.array([0, 2, 1, 2]), np.array([1, 0])), "must rise"),
    "an unsigned falling pointer": ((np.array([0, 2, 1, 2], np.uint64), np.array([1, 0])), "must rise"),
    "a short pointer": ((np.array([0, 1]), np.array([0, 0])), "must rise"),
    "no pointer": ((np.zeros(0, int), np.zeros(0, int)), "must rise"),
    "partners with decimals": ((np.array([0, 1, 2]), np.array([0.5, 1.0])), "whole numbers"),
    "a weight too many": ((np.array([0, 1, 2]), np.array([1, 0]), np.ones(3)), "2 partners and 3 weights"),
    "four parts": ((1, 2, 3, 4), "not 4 parts"),
    "a number": (7, "not a int"),
    "a word for a graph": ("ties.csv", "not a str"),
    "none": (None, "not a NoneType"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_said(name):
    source, message = BAD[name]
    with pytest.raises(ValueError, match=message) as caught:
        m.density(source)
    assert isinstance(caught.value, Refusal)


def test_wrong_words_get_the_nearest(world):
    with pytest.raises(Refusal, match="did you mean 'strategic'"):
        m.density(world, layer="strategy")
    with pytest.raises(Refusal, match="only a world has layers"):
        m.density(nx.path_graph(3), layer="strategic")
    with pytest.raises(Refusal, match="did you mean 'degree_static'"):
        m.removal_curve(nx.path_graph(3), "degree_statik")
    for sources in (0, -1, 2.5, True):
        with pytest.raises(Refusal, match="sources="):
            m.betweenness(nx.path_graph(3), sources=sources)
    with pytest.raises(Refusal, match="references=0"):
        m.small_world_omega(nx.path_graph(9), references=0)
    assert set(ATTACKS) == {"degree", "degree_static", "random", "betweenness"}
    for groups, message in (([{0}], "none"), ([{0, 1}, {1, 2}], "two"), ([{0, 1, 2, 9}], "no node 9")):
        with pytest.raises(Refusal, match=message):
            m.modularity(nx.path_graph(3), groups)


def test_importing_measures_is_light():
    code = (
        "import sys, emergence.measures as m; m.gini([1, 2]);"
        "print([name for name in ('networkx', 'scipy', 'pandas', 'mesa', 'numba') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_all_names_are_there():
    assert m.__all__ == sorted(m.__all__) == dir(m)
    assert all(callable(getattr(m, name)) for name in m.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        m.nothing  # noqa: B018
