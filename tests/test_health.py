"""Health, engagement and satisfaction against plain counts, for all firms and for the members of a group."""

import networkx as nx
import numpy as np
import pytest
from conftest import grow, settings_of

import emergence as em
from emergence.build import make_simulation
from emergence.config import Taken
from emergence.measures.taken import measure_taken


@pytest.fixture(scope="module")
def sim():
    return grow({"firms": 90, "groups": [{"share": 0.4}, {"share": 0.3, "fee": 0.02}]}, months=18)


def plain_health(world, chosen):
    graph, alive, number = nx.Graph(), 0, 0
    graph.add_nodes_from(np.flatnonzero(chosen))
    for layer, ties in enumerate(world.ties):
        a, b, at = ties.pairs()
        back = world.mate(layer, at)
        for i, j, h, g in zip(a, b, at, back, strict=True):
            if chosen[i] and chosen[j]:
                graph.add_edge(i, j)
                trust = [(ties.good[k] + 1.0) / (ties.good[k] + ties.bad[k] + 2.0) for k in (h, g)]
                alive += bool(ties.w[h] > 0.3 and min(trust) > 0.5)
                number += 1
    giant = max((len(part) for part in nx.connected_components(graph)), default=0)
    return alive / number * giant / chosen.sum() if number else 0.0


def test_health_is_the_count_of_living_ties_and_of_firms_that_hang_together(sim):
    world = sim.world
    everyone = np.ones(world.size, bool)
    assert em.measures.network_health(world) == pytest.approx(plain_health(world, everyone), abs=1e-12)
    for gid in (1, 2):
        members = np.isin(world.firms.uid, world.memberships.uid[world.memberships.gid == gid])
        expected = plain_health(world, members)
        assert em.measures.network_health(world, members) == pytest.approx(expected, abs=1e-12)
        assert measure_taken(world, [Taken(measure="network_health", group=gid)])[
            f"network_health_group{gid}"
        ] == pytest.approx(expected)


def test_engagement_counts_projects_of_firms(sim):
    assert em.measures.engagement(sim.world) == sim.world.firms.projects.mean()


def test_members_are_satisfied_where_ties_to_members_bring_more_than_the_fee(sim):
    world, pleased, counted = sim.world, 0, 0
    for gid, fee in zip(world.groups.gid, world.groups.fee, strict=True):
        inside = {int(r) for r in world.rows_of(world.memberships.uid[world.memberships.gid == gid])}
        for row in inside:
            value = 0.0
            for ties in world.ties:
                for h in range(ties.ptr[row], ties.ptr[row + 1]):
                    value += float(ties.value[h]) * (int(ties.nbr[h]) in inside)
            pleased += value > fee * world.firms.size[row]
            counted += 1
    assert em.measures.satisfaction(world) == pytest.approx(pleased / counted)
    assert 0 < pleased < counted


def test_of_one_group_only_its_own_memberships_count(sim):
    """A member of two groups may like one and not the other."""
    world = sim.world
    counts = np.array([(world.memberships.gid == gid).sum() for gid in (1, 2)])
    one, two = (em.measures.satisfaction(world, group=gid) for gid in (1, 2))
    assert np.dot(counts, [one, two]) / counts.sum() == pytest.approx(em.measures.satisfaction(world))
    assert one != two
    for gid, value in ((1, one), (2, two)):
        assert measure_taken(world, [Taken(measure="satisfaction", group=gid)])[
            f"satisfaction_group{gid}"
        ] == pytest.approx(value)


def test_equity_and_power_of_the_members_of_a_group(sim):
    """What a config can ask for of one group, against the columns and the measures of all firms."""
    world = sim.world
    uid = world.memberships.uid[world.memberships.gid == 1]
    members = np.isin(world.firms.uid, uid)
    income = world.firms.joint_income[members]
    names = {"gini": "joint_income", "hhi": "joint_income", "dependence": "", "power": "", "power_imbalance": ""}
    found = measure_taken(world, [Taken(measure=name, of=of, group=1, name=name) for name, of in names.items()])
    assert found["gini"] == em.measures.gini(income) and found["hhi"] == em.measures.hhi(income)
    for name, measure in (("dependence", em.measures.dependence), ("power", em.measures.power)):
        assert found[name] == pytest.approx(np.nanmean([measure(world)[one] for one in uid.tolist()]))
    inside = members[np.argsort(world.firms.uid)]
    assert found["power_imbalance"] == em.measures.power_imbalance(world, among=inside) > 0


def test_conduct_counts_projects_on_ties_between_members_and_on_others():
    """Each tie looked at by itself, and rows of all groups against the world."""
    work = {"rules": {"work": {"temptation": 0.9}}}
    sim = grow({"firms": 90, "groups": [{"share": 0.4}, {"share": 0.3, "fee": 0.02}]}, work, months=18)
    world = sim.world
    for row in em.measures.group_month(world):
        members = set(world.memberships.uid[world.memberships.gid == row["gid"]].tolist())
        wanted = dict.fromkeys(("projects", "successes", "acts", "other_projects", "other_successes", "other_acts"), 0)
        for layer, ties in enumerate(world.ties):
            a, b, at = ties.pairs()
            for i, j, h, g in zip(a, b, at, world.mate(layer, at), strict=True):
                codes = int(ties.outcome[h]), int(ties.outcome[g])
                prefix = "" if {int(world.firms.uid[i]), int(world.firms.uid[j])} <= members else "other_"
                wanted[prefix + "projects"] += codes[0] > 0
                wanted[prefix + "successes"] += codes == (1, 1)
                wanted[prefix + "acts"] += sum(code in (4, 5) for code in codes)
        assert {name: row[name] for name in wanted} == wanted and min(wanted.values()) > 0
        assert row["members"] == len(members) and row["budget"] == world.groups.budget[int(row["gid"]) - 1]
        assert row["step"] == 18


def test_without_ties_members_or_firms():
    empty = make_simulation(settings_of(firms=20, network={"kind": "empty"})).world
    assert em.measures.network_health(empty) == 0.0 and np.isnan(em.measures.satisfaction(empty))
    assert np.isnan(em.measures.engagement(empty, np.zeros(20, bool)))
