"""Networks out and in again: networkx, GraphML, GEXF, JSON, CSV."""

import csv
import io
import json
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import emergence as em
from emergence.build import make_simulation, make_ties
from emergence.compose import compose
from emergence.exchange import FORMATS, from_networkx, to_networkx, write_network
from emergence.files.table import guard, unguard
from emergence.network_io import firm_uid, read_network
from emergence.schema import LAYERS
from emergence.store import ties_table
from emergence.world import World

ROOT = Path(__file__).resolve().parents[1]
GRAPHS = [suffix for suffix in FORMATS if suffix != ".csv"]


@pytest.fixture(scope="module")
def simulation():
    return make_simulation(compose(["scenario=florence", "seed=3"])).advance(18)


@pytest.fixture(scope="module")
def world(simulation):
    return simulation.world


def ties_of(net):
    """Return {(layer, ids): strength}: the ids in the direction of an operational tie, else in order."""
    found = {}
    for a, b, layer, direction, w in zip(net.source, net.target, net.layer, net.direction, net.strength, strict=True):
        ends = (net.ids[a], net.ids[b])
        ways = [ends, ends[::-1]] if layer == 0 and direction == 1 else [ends if layer == 0 else tuple(sorted(ends))]
        for way in ways:
            assert (LAYERS[layer], *way) not in found
            found[LAYERS[layer], *way] = w
    return found


def ties_in(world):
    """Return the same of a world."""
    found = {}
    ids = [world.id_of(int(uid)) for uid in world.firms.uid]
    for layer, ties in zip(LAYERS, world.ties, strict=True):
        owner = ties.owner()
        for k in range(ties.count):
            ends = (ids[owner[k]], ids[ties.nbr[k]])
            if layer != "operational":
                found[layer, *sorted(ends)] = float(ties.w[k])
            elif ties.role[k] != 1:
                found[layer, *ends] = float(ties.w[k])
    return found


def same_world(net, world):
    assert ties_of(net).keys() == ties_in(world).keys()
    for tie, strength in ties_in(world).items():
        assert np.float32(ties_of(net)[tie]) == np.float32(strength)
    for k, uid in enumerate(world.firms.uid.tolist()):
        assert net.ids[k] == world.id_of(uid) and net.names[k] == world.name_of(uid)
    for name in ("x", "y", "size"):
        assert net.attributes[name].tolist() == world.firms.column(name).tolist()
    assert net.extra_firms["uid"] == list(map(str, world.firms.uid))


def test_a_world_comes_back_from_networkx(world):
    same_world(from_networkx(to_networkx(world)), world)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_world_comes_back_from_files(world, tmp_path, suffix):
    files = write_network(world, tmp_path / f"net{suffix}")
    assert sorted(tmp_path.iterdir()) == sorted(files)
    same_world(read_network(*files), world)
    first = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in write_network(world, tmp_path / f"net{suffix}")] == first


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_run_goes_on_from_a_written_network(world, tmp_path, suffix):
    """The files are the `network.ties` and `network.firms` of another run."""
    files = write_network(world, tmp_path / f"net{suffix}")
    words = ["network=file", *(f"network.{key}={file}" for key, file in zip(("ties", "firms"), files, strict=False))]
    again = make_simulation(compose(words)).world
    again.check()
    assert ties_in(again).keys() == ties_in(world).keys()


def test_one_layer_or_all(world):
    for layer in LAYERS:
        graph = to_networkx(world, layer)
        assert type(graph) is (nx.DiGraph if layer == "operational" else nx.Graph)
        assert len(graph) == world.size
        assert ties_of(from_networkx(graph)) == {
            k: w for k, w in ties_of(from_networkx(to_networkx(world))).items() if k[0] == layer
        }
    assert type(to_networkx(world)) is nx.MultiGraph
    assert {key for *_, key in to_networkx(world).edges(keys=True)} <= set(LAYERS)
    with pytest.raises(em.Refusal, match="did you mean 'social'"):
        to_networkx(world, "socail")


def test_attributes_agree_with_the_table_of_ties(simulation):
    """a is the smaller uid, in graphs as in ties.parquet."""
    graph, world = to_networkx(simulation.world), simulation.world
    table = ties_table(simulation)
    assert len(table["a"]) == graph.number_of_edges()
    for k in range(len(table["a"])):
        a, b = (world.id_of(int(table[side][k])) for side in "ab")
        data = graph.edges[a, b, table["layer"][k]]
        for name in ("strength", "trust_ab", "trust_ba", "value_a", "value_b", "born"):
            assert np.float32(data[name]) == np.float32(table[name][k]), name
        supplier = {"both": None, "a to b": a, "b to a": b}[table["direction"][k]]
        assert data.get("supplier") == supplier
        if table["layer"][k] == "operational":
            assert data["direction"] == ("both" if supplier is None else "forward")
    for _, data in graph.nodes(data=True):
        assert set(data) == {"uid", "name", "sector", "region", "x", "y", "size", "cash", "born"}
        assert type(data["uid"]) is str and type(data["size"]) is float
        assert isinstance(data["sector"], str if world.words else int)


def test_other_readers_read_the_files(world, tmp_path):
    for suffix in GRAPHS:
        write_network(world, tmp_path / f"net{suffix}")
    edges = to_networkx(world).number_of_edges()
    graphs = [nx.read_graphml(tmp_path / "net.graphml"), nx.read_gexf(tmp_path / "net.gexf")]
    graphs.append(nx.node_link_graph(json.loads((tmp_path / "net.json").read_text())))
    for graph in graphs:
        assert graph.number_of_edges() == edges and set(graph) == set(to_networkx(world))
    for name in ("net.graphml", "net.gexf"):
        ids = re.findall(r'<edge [^>]*\bid="([^"]*)"', (tmp_path / name).read_text())
        assert len(set(ids)) == len(ids) == edges


def small_world(names, ids=None):
    """Return firms in a ring of social ties, with names and ids as from a file."""
    world = World(len(names))
    world.firms.uid[:] = np.arange(1, len(names) + 1)
    world.firms.size[:] = 1.0
    world.labels = {k + 1: name for k, name in enumerate(names)}
    world.ids = {k + 1: name for k, name in enumerate(ids or [])}
    lo = np.arange(len(names) - 1)
    world.ties[3].insert(lo, lo + 1, w=np.full(lo.size, 0.3))
    world.firms.x[:] = -7.25
    return world


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1",
    "''=1",
    "＝1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "-",
    "plain",
    "'plain",
    "a=b",
]


def test_no_cell_of_text_begins_a_formula(tmp_path):
    """Protects whoever opens the files in a spreadsheet; the names come back as they were."""
    world = small_world(FORMULAS, FORMULAS)
    files = write_network(world, tmp_path / "net.csv")
    for file in files:
        rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
        for row in rows[1:]:
            for name, cell in zip(rows[0], row, strict=True):
                assert cell[:1] not in set("=+-@\t\r\n＝＋－＠") or name == "x"
    assert {row["x"] for row in csv.DictReader(files[1].open(encoding="utf-8-sig"))} == {"-7.25"}
    net = read_network(*files)
    assert net.ids == net.names == FORMULAS and net.source.size == len(FORMULAS) - 1


@settings(max_examples=300, deadline=None)
@given(st.text("'=+-@\t\r\n a1＝", max_size=6))
def test_the_quote_that_guards_a_cell_comes_off_again(text):
    assert unguard(guard(text)) == text
    assert not re.match("[=+\\-@\t\r\n＝＋－＠]", guard(text))


@pytest.mark.parametrize("suffix", FORMATS)
def test_text_that_files_cannot_hold_is_left_out(tmp_path, suffix):
    """Protects the files from control characters, half characters and ids that meet once these are gone."""
    odd = ["a\x00b", "a\x0bb", "half\ud800", "\ufffe", "<b>&\"'", "tab\tin", "Ärzte ☃ 🜁"]
    ids = ["A\x01", "A", "\x02", "D", "<E>", "F\u2028G", "'"]
    world = small_world(odd, ids)
    net = read_network(*write_network(world, tmp_path / f"net{suffix}"))
    assert net.ids == ["A", "A (2)", "(3)", "D", "<E>", "F\u2028G", "'"]
    assert net.names == ["ab", "ab", "half", "D", "<b>&\"'", "tab\tin", "Ärzte ☃ 🜁"]
    assert net.source.size == 6


def test_worlds_without_ties_or_firms(tmp_path):
    for suffix in GRAPHS:
        net = read_network(*write_network(small_world(["A"]), tmp_path / f"one{suffix}"))
        assert net.ids == ["1"] and not net.source.size
        with pytest.raises(em.Refusal, match="no firms at all"):
            read_network(*write_network(World(0), tmp_path / f"none{suffix}"))
    with pytest.raises(em.Refusal, match="no ties at all"):
        read_network(*write_network(small_world(["A"]), tmp_path / "one.csv"))
    assert not to_networkx(World(0))


def test_unknown_formats_are_refused(world, tmp_path):
    for name in ("net.xlsx", "net", "net.pkl"):
        with pytest.raises(em.Refusal, match=r"\.graphml"):
            write_network(world, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_ties_taken_over_from_a_graph_are_those_of_the_graph(world):
    """What comes of an imported network in a world is the network."""
    net = from_networkx(to_networkx(world))
    again = World(world.size)
    again.firms.uid[:] = [firm_uid(identifier) for identifier in net.ids]
    again.ids = {firm_uid(identifier): identifier for identifier in net.ids}
    make_ties(again, compose([]), net)
    assert ties_in(again) == ties_in(world)


def test_the_guide_is_right(tmp_path, monkeypatch):
    """Every block of Python in the guide runs, one after the other, with the names of those before."""
    monkeypatch.chdir(tmp_path)
    guide = (ROOT / "docs" / "how-to-networks.md").read_text(encoding="utf-8")
    for name, content in re.findall(r"```csv\n# (\S+)\n(.*?)```", guide, re.DOTALL):
        Path(name).write_text(content, encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert len(blocks) >= 3
    names = {}
    for block in blocks:
        exec(compile(block, "docs/how-to-networks.md", "exec"), names)
