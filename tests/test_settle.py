"""A network of the user's own keeps its density by itself, and what-ifs still change it."""

import networkx as nx
import numpy as np
import pytest
from conftest import merge, settings_of

from emergence.build import make_simulation
from emergence.exchange import from_networkx

FILE = {"network": {"kind": "file"}, "output": {"events": False}}


def run(graph, months=60, **more):
    return make_simulation(settings_of(merge(FILE, more)), imported=from_networkx(graph)).advance(months)


@pytest.mark.parametrize("degree", [1, 3, 10])
def test_the_given_ties_neither_grow_nor_vanish(degree):
    """Within a factor of 1.7 after five years, mean over seeds; unsettled, the sparse ones multiply."""
    graph = nx.gnm_random_graph(80, 40 * degree, seed=1)
    strategic = [run(graph, seed=s).world.ties[2] for s in range(4)]
    ratio = np.mean([2 * t.number / (t.ptr.size - 1) for t in strategic]) / degree
    assert 1 / 1.7 < ratio < 1.7
    if degree == 1:
        loose = run(graph, seed=0, network={"settle": False}).world.ties[2]
        assert 2 * loose.number / (loose.ptr.size - 1) > 4


def test_a_what_if_is_not_fitted_away():
    """The shift belongs to the file: neither conditions nor rules nor shocks nor the seed move it."""
    graph = nx.gnm_random_graph(60, 90, seed=1)
    plain = run(graph, months=0)
    for change in (
        {"conditions": {"autonomy": 0.0, "adaptive_capacity": 1.0}},
        {"rules": {"search": {"meetings": 1.0}}},
        {"seed": 99},
        {"timeline": [{"month": 3, "kind": "removal"}]},
    ):
        assert run(graph, months=0, **change).rules.formation.intercept == plain.rules.formation.intercept
    many = run(graph, rules={"search": {"meetings": 1.0}}).world.ties[2].number
    assert many > 1.3 * run(graph).world.ties[2].number


def test_a_shift_of_ones_own_is_added():
    graph = nx.gnm_random_graph(60, 90, seed=1)
    plain = run(graph, months=0).rules.formation.intercept
    assert run(graph, months=0, rules={"formation": {"intercept": 0.2}}).rules.formation.intercept == pytest.approx(
        plain + 0.2
    )


def test_nothing_is_settled_without_ties_in_an_acting_layer():
    graph = nx.Graph()
    graph.add_edge("A", "B", layer="social")
    assert run(graph, months=0).rules.formation.intercept == 0.0
