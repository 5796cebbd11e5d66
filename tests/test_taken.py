"""Which measures are taken, how often and about whom is a config."""

import math

import networkx as nx
import numpy as np
import pytest
from conftest import grow, settings_of

import emergence as em
from emergence.config import Taken
from emergence.errors import Refusal
from emergence.measures.taken import column_name, known, measure_taken
from emergence.schema import FIRMS, STRATEGIC


@pytest.fixture(scope="module")
def sim():
    return grow({"firms": 120, "seed": 2, "groups": [{}]}, months=24)


def test_every_measure_can_be_taken_and_is_a_number(sim):
    for name in known():
        of = "cash" if name in ("mean", "sum", "spread", "gini", "hhi", "top_share") else ""
        value = measure_taken(sim.world, [Taken(measure=name, of=of, every=1)])
        assert math.isfinite(next(iter(value.values()))), name


def test_it_is_about_the_firms_and_the_layer_that_were_named(sim):
    """Against networkx on the exported graph, and against the columns themselves."""
    firms = sim.world.firms
    graph, uid = nx.Graph(), firms.uid
    a, b, _ = sim.world.ties[STRATEGIC].pairs()
    graph.add_nodes_from(uid)
    graph.add_edges_from(zip(uid[a], uid[b], strict=True))
    part = graph.subgraph(uid[firms.sector == 0])
    wishes = [
        Taken(measure="density", layer="strategic", sector=0),
        Taken(measure="assortativity", layer="strategic", sector=0),
        Taken(measure="gini", of="cash", region=1),
        Taken(measure="mean", of="z", kind="smb", name="z_of_smbs"),
    ]
    found = measure_taken(sim.world, wishes)
    assert found["density_strategic_sector0"] == pytest.approx(nx.density(part), abs=1e-12)
    expected = nx.degree_assortativity_coefficient(part)
    assert found["assortativity_strategic_sector0"] == pytest.approx(expected, abs=1e-9)
    assert found["gini_cash_region1"] == em.measures.gini(firms.cash[firms.region == 1])
    assert found["z_of_smbs"] == pytest.approx(firms.z.mean())


def test_it_is_taken_as_often_as_was_said():
    """What costs much is taken once a year unless told otherwise; other months are empty."""
    also = [{"measure": "modularity"}, {"measure": "density", "every": 5}, {"measure": "assortativity"}]
    rows = grow(months=24, output={"also": also}).rows
    taken = {name: [k + 1 for k, row in enumerate(rows) if not math.isnan(row[name])] for name in rows[0]}
    assert taken["modularity"] == [12, 24] and taken["density"] == [5, 10, 15, 20]
    assert taken["assortativity"] == list(range(1, 25))


def test_the_columns_reach_the_tables():
    wish = "output.also=[{measure: gini, of: cash, sector: 1}, {measure: modularity, every: 6}]"
    steps = em.run("firms=40", "steps=12", wish).steps
    assert np.isfinite(steps["gini_cash_sector1"]).all()
    assert np.flatnonzero(np.isfinite(steps["modularity"])).tolist() == [5, 11]


def test_nobody_left_is_no_number(sim):
    assert math.isnan(measure_taken(sim.world, [Taken(measure="mean", of="cash", sector=200)])["mean_cash_sector200"])


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"measure": "modularitee"}, "modularity"),
        ({"measure": "gini"}, "no column"),
        ({"measure": "gini", "of": "cahs"}, "cash"),
        ({"measure": "density", "of": "cash"}, "leave it out"),
        ({"measure": "mean", "of": "z", "name": "mean_z"}, "already"),
        ({"measure": "density", "layer": "strategical"}, "strategic"),
        ({"measure": "density", "every": -1}, "whole number"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(wish, says):
    with pytest.raises(Refusal, match=says):
        grow(months=0, output={"also": [wish]})


def test_names_of_columns_say_what_they_hold():
    assert column_name(Taken(measure="gini", of="cash", sector=2, kind="smb")) == "gini_cash_sector2_smb"
    assert len({c.name for c in FIRMS} & set(known())) == 0
    assert settings_of(output={"also": []}).output.also == []
