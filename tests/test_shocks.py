"""Shocks on the timeline: they strike whom they name, each with luck of its own, and miss nobody in silence."""

import networkx as nx
import numpy as np
import pytest
from conftest import grow, merge, settings_of

from emergence.build import make_simulation
from emergence.errors import Refusal
from emergence.exchange import from_networkx
from emergence.rules.base import EVENTS

QUIET = {"rules": {"exit": {"enabled": False}, "entry": {"enabled": False}}}


def removal(month=2, **more):
    return {"month": month, "kind": "removal", **more}


def victims(sim):
    events = sim.events.columns()
    struck = (events["kind"] == EVENTS.index("shock")) & (events["a"] >= 0)
    return events["a"][struck].tolist()


def named(target):
    graph = nx.Graph()
    graph.add_edge("ACME", "17")
    graph.add_edge("ACME", "Bolt")
    graph.nodes["ACME"]["name"], graph.nodes["17"]["name"] = "Acme Ltd", "Seventeen"
    config = merge(QUIET, {"network": {"kind": "file", "settle": False}, "timeline": [removal(target=target)]})
    return make_simulation(settings_of(config), imported=from_networkx(graph))


@pytest.mark.parametrize(("target", "name"), [("ACME", "Acme Ltd"), ("Acme Ltd", "Acme Ltd"), ("17", "Seventeen")])
def test_a_firm_is_removed_by_id_or_name(target, name):
    sim = named(target)
    sim.advance(2)
    assert [sim.world.name_of(uid) for uid in victims(sim)] == [name] and sim.world.size == 2


def test_unknown_firms_and_sectors_are_refused_before_the_first_month():
    with pytest.raises(Refusal, match="did you mean 'ACME'"):
        named("ACNE")
    with pytest.raises(Refusal, match="no firm"):
        grow(timeline=[removal(target="99999")], months=0)
    with pytest.raises(Refusal, match="no sector 77"):
        grow(timeline=[{"month": 1, "kind": "landscape_shift", "sector": 77}], months=0)


def test_removals_of_one_month_do_not_share_luck():
    """Nor does another kind of shock in between change who is struck."""
    gaps = []
    for seed in range(20):
        two = victims(grow(QUIET, timeline=[removal(), removal()], months=2, seed=seed))
        gaps.append(two[1] - two[0])
        crisis = {"month": 2, "kind": "demand_crisis", "size": 0.0}
        assert victims(grow(QUIET, timeline=[crisis, removal(), removal()], months=2, seed=seed)) == two
    assert len(set(gaps)) > 10


def test_landscape_shifts_of_one_month_add_up():
    shift = {"month": 1, "kind": "landscape_shift", "size": 0.3}
    still = {"rules": {"environment": {"drift": 0.0}}}

    def changed(number):
        sims = (grow(still, timeline=[shift] * k, months=1, seed=3).world.landscape for k in (0, number))
        return float(np.mean(next(sims) != next(sims)))

    assert changed(1) == pytest.approx(0.3, abs=0.03) and changed(3) == pytest.approx(1 - 0.7**3, abs=0.03)


def test_hubs_go_first_and_crises_lower_output():
    before = grow(QUIET, months=1, seed=4).world
    degree = sum(t.degree() for t in before.ties)
    hub = victims(grow(QUIET, timeline=[removal(target="degree")], months=2, seed=4))[0]
    assert degree[before.rows_of([hub])[0]] == degree.max()
    crisis = [{"month": 6, "kind": "demand_crisis", "size": 0.5, "duration": 3, "recovery": 0}]
    hit, calm = (grow(QUIET, timeline=t, months=6, seed=4).rows[-1]["output"] for t in (crisis, []))
    assert hit < 0.7 * calm


def test_the_recession_of_the_library_brings_defaults():
    """What its file says to look for."""
    from emergence.compose import compose

    defaults = [
        sum(row["defaults"] for row in make_simulation(compose(["scenario=recession", f"seed={s}"])).advance(84).rows)
        for s in (1, 2, 3)
    ]
    assert min(defaults) >= 5
