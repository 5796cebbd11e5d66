"""A user's own network: every dialect is read right, every fault is reported with its line."""

import csv
import json
import random
import re
from fractions import Fraction
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import emergence.files.checks as checks
from emergence.build import make_simulation
from emergence.cli import main
from emergence.compose import compose
from emergence.errors import Refusal
from emergence.exchange import from_networkx
from emergence.network_io import LAYERS, firm_uid, read_network

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "configs" / "data"
IRISH = ROOT.parent / "shared" / "data" / "irish_boards"

GRAPHS = (".graphml", ".gexf", ".json")
FIRMS = "id,name,sector,region,x,y,size,founded\nA,Alpha,food,north,1,2,100,1990\nB,,,,,,,\nC,Gamma,,,,,2.5e3,\n"
TIES = "source,target,layer,strength,since,note\nA,B,operational,0.5,2001,x\nB,A,operational,,,\nA,C,,1,,y\n"


@pytest.fixture
def write(tmp_path):
    def write(text, name="ties.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def problems(*args, **settings):
    with pytest.raises(Refusal) as caught:
        read_network(*args, **settings)
    message, found = str(caught.value), caught.value.problems
    assert 1 <= len(message.splitlines()) <= 3
    assert found and found[0] in message
    return found


def test_everything_a_user_wrote_is_kept(write):
    """Protects the meaning of each column, known or not, and the order of the firms."""
    net = read_network(write(TIES), write(FIRMS, "firms.csv"))
    assert net.ids == ["A", "B", "C"] and net.names == ["Alpha", "B", "Gamma"]
    assert net.attributes["sector"].tolist() == ["food", None, None]
    np.testing.assert_array_equal(net.attributes["size"], [100, np.nan, 2500])
    assert net.extra_firms == {"founded": ["1990", "", ""]}
    assert net.source.tolist() == [0, 1, 0] and net.target.tolist() == [1, 0, 2]
    assert net.source.dtype == net.layer.dtype == net.direction.dtype == np.int64
    assert [LAYERS[i] for i in net.layer] == ["operational", "operational", "strategic"]
    np.testing.assert_array_equal(net.strength, [0.5, np.nan, 1])
    np.testing.assert_array_equal(net.since, [2001, np.nan, np.nan])
    assert net.extra_ties == {"note": ["x", "", "y"]} and net.years == {}
    assert "1 ties without a layer were put in the strategic layer" in net.notes


def test_without_a_firms_file_firms_come_in_order_of_appearance(write):
    """Protects the numbering of firms, on which every later draw depends."""
    net = read_network(write("source,target\nZ,M\nA,Z\n"), layer="social")
    assert net.ids == net.names == ["Z", "M", "A"]
    assert {LAYERS[i] for i in net.layer} == {"social"}
    assert np.isnan(net.attributes["x"]).all() and net.attributes["region"].tolist() == [None] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_dialects_read_the_same(write, encoding, separator, newline):
    """Protects files saved by spreadsheets in any country."""
    half = "0.5" if separator == "," else "0,5"
    text = 'Source, TARGET ,strength,remark\n"Ärzte",Б,{},"two\nlines"\n\n Б ,C,1,\n'
    text = text.replace(",", separator).format(half).replace("\n", newline)
    if encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeff" + text
    net = read_network(write(text, encoding=encoding))
    assert net.ids == ["Ärzte", "Б", "C"]
    assert net.strength.tolist() == [0.5, 1]
    assert net.extra_ties == {"remark": [f"two{newline}lines", ""]}
    assert any("decimal comma" in note for note in net.notes) == (separator != ",")


FAULTS = {
    "duplicate": (
        "A,B,social\nA,C,\nA,B,social",
        "4",
        "duplicate tie of 'A' and 'B' in the social layer, first on line 2",
    ),
    "reversed duplicate": ("A,B,social\nB,A,social", "3", "first on line 2"),
    "directed duplicate": ("A,B,operational\nB,A,operational\nB,A,operational", "4", "first on line 3"),
    "duplicate of both": ("A,B,operational,both\nB,A,operational,", "3", "first on line 2"),
    "self-tie": ("A,B\n C,C ", "3, column 2 (target)", "'C' is tied to itself"),
    "unknown firm": ("A,B\nA,Betta", "3, column 2 (target)", "unknown firm 'Betta'; did you mean 'Beta'?"),
    "empty id": ("A, ", "2, column 2 (target)", "empty target"),
    "strength above 1": ("A,B,,,1.01", "2, column 5 (strength)", "strength '1.01' is not a number from 0 to 1"),
    "strength below 0": ("A,B,,,-0.1", "2, column 5 (strength)", "strength '-0.1'"),
    "nan": ("A,B,,,nan", "2, column 5 (strength)", "strength 'nan'"),
    "infinity": ("A,B,,,1e999", "2, column 5 (strength)", "strength '1e999'"),
    "word": ("A,B,,,high", "2, column 5 (strength)", "strength 'high'"),
    "underscore": ("A,B,,,0_1", "2, column 5 (strength)", "strength '0_1'"),
    "decimal comma in a comma file": ('A,B,,,"0,5"', "2, column 5 (strength)", "strength '0,5'"),
    "half a year": ("A,B,,,,2001.5", "2, column 6 (since)", "since '2001.5' is not a whole year"),
    "far year": ("A,B,,,,3001", "2, column 6 (since)", "since '3001' is not a whole year between 1000 and 3000"),
    "unknown layer": ("A,B,strategy", "2, column 3 (layer)", "unknown layer 'strategy'; did you mean 'strategic'?"),
    "unknown direction": (
        "A,B,operational,bath",
        "2, column 4 (direction)",
        "unknown direction 'bath'; did you mean 'both'?",
    ),
    "too many fields": ("A,B\nA,C,", "3", "3 fields where the header has 2"),
    "after an embedded line break": ('"A\n",B\nA,A', "4, column 2 (target)", "'A' is tied to itself"),
    "open quote": ('A,"B\nA,C', "2", "cannot be read as CSV"),
    "text after a quote": ('A,"B"x', "2", "cannot be read as CSV"),
    "huge field": ("A,B\nA," + "x" * 200_000, "3", "cannot be read as CSV"),
    "NUL": ("A,B\nA,C\0", "3, character 4", "a NUL byte"),
    "terminal codes": ("A,\x1b[2J", "2, column 2 (target)", "unknown firm '\ufffd[2J'"),
}


@pytest.mark.parametrize("rows, line, text", FAULTS.values(), ids=FAULTS)
def test_a_tie_at_fault_is_reported_with_its_line(write, rows, line, text):
    """Protects users from ties that vanish or change in silence."""
    width = len(next(csv.reader(rows.splitlines(keepends=True))))
    header = ",".join(("source", "target", "layer", "direction", "strength", "since")[:width])
    firms = write("id\nA\nB\nC\nBeta\n", "firms.csv")
    found = problems(write(f"{header}\n{rows}\n"), firms)
    assert len(found) == 1
    assert found[0].startswith(f"ties.csv line {line}: ") and text in found[0]
    assert found[0].isprintable()


FIRM_FAULTS = {
    "duplicate": ("A,1,1,1\nB,,,\nA,2,2,2", "4, column 1 (id)", "duplicate firm 'A', first on line 2"),
    "empty id": ("A,,,\nB,,,\n ,1,1,1", "4, column 1 (id)", "empty id"),
    "coordinate": ("A,inf,0,1\nB,,,", "2, column 2 (x)", "x 'inf' is not a finite number"),
    "size of nothing": ("A,0,0,0\nB,,,", "2, column 4 (size)", "size '0' is not a number above 0 and at most 1e12"),
    "huge size": ("A,,,1e13\nB,,,", "2, column 4 (size)", "size '1e13'"),
    "fields": ("A,,\nB,,,", "2", "3 fields where the header has 4"),
}


@pytest.mark.parametrize("rows, line, text", FIRM_FAULTS.values(), ids=FIRM_FAULTS)
def test_a_firm_at_fault_is_reported_with_its_line(write, rows, line, text):
    """Protects firm data; a damaged row does not make its ties unknown on top."""
    found = problems(write("source,target\nA,B\n"), write(f"id,x,y,size\n{rows}\n", "firms.csv"))
    assert len(found) == 1
    assert found[0].startswith(f"firms.csv line {line}: ") and text in found[0]


FILES = {
    "empty": ("", "ties.csv: the file is empty"),
    "blank": ("\n \n", "ties.csv: the file is empty"),
    "header only": ("source,target\n", "ties.csv: no ties at all"),
    "no target": ("source,targte\nA,B\n", "ties.csv line 1: no column 'target'; did you mean 'targte'?"),
    "two headers": (
        "source,target,Source\nA,B,C\n",
        "ties.csv line 1: columns 1 and 3 are both named 'Source'",
    ),
    "latin": ("source,target\nA,Müller\n".encode("latin-1"), "ties.csv line 2, character 4: byte 0xFC is not UTF-8"),
    "half UTF-16": (
        "source,target\nA,B\n".encode("utf-16") + b"x",
        "ties.csv line 3, character 1: byte 0x78 is not UTF-16",
    ),
}


@pytest.mark.parametrize("content, text", FILES.values(), ids=FILES)
def test_a_file_at_fault_says_what_and_where(write, content, text):
    """Protects against a bare traceback for a file that is not what it should be."""
    assert text in problems(write(content))[0]


def test_files_that_cannot_be_read(write, tmp_path):
    """Protects the one kind of error users see, whatever the path is."""
    good = write(TIES)
    assert "no such file" in problems(tmp_path / "none.csv")[0]
    assert "is not a file" in problems(tmp_path)[0]
    assert problems("a\0b.csv")[0].isprintable()
    for name in ("ties.xlsx", "ties.pkl", "ties.graphml.gz"):
        assert "this format is not read" in problems(write(TIES, name))[0]
    assert "larger than 20 bytes" in problems(good, max_bytes=20)[0]
    assert "line 4: more than 2 ties" in problems(good, max_ties=2)[0]
    assert len(problems(tmp_path / "none.csv", tmp_path / "neither.csv")) == 2


def test_every_fault_is_reported_in_order(write):
    """Protects users from mending a file one fault at a time."""
    firms = write("id,size\nA,-1\nB,1\nB,1\n", "firms.csv")
    found = problems(write("source,target,strength\nA,A,2\nA,B\n,X,0.1\nA,B,\n"), firms)
    assert [problem.split(": ")[0] for problem in found] == [
        "firms.csv line 2, column 2 (size)",
        "firms.csv line 4, column 1 (id)",
        "ties.csv line 2, column 3 (strength)",
        "ties.csv line 2, column 2 (target)",
        "ties.csv line 3",
        "ties.csv line 4, column 1 (source)",
        "ties.csv line 4, column 2 (target)",
    ]


def test_each_of_many_faults_is_listed_quickly(write):
    """Protects against files made to make the search for near names slow."""
    firms = write("id\n" + "".join(f"F{i}\n" for i in range(5000)), "firms.csv")
    ties = write("source,target,layer\n" + "".join(f"F{i},X{i},l{i}\n" for i in range(5000)))
    assert len(problems(ties, firms)) == 10_000


def test_the_year_must_be_chosen(write):
    """Protects against several years melting into one network."""
    ties = write("source,target,year\nA,B,2003\nB,A,2005\nC,D,2005\n")
    assert "choose network.year from 2003 (1 ties), 2005 (2 ties)" in problems(ties)[0]
    assert "no ties in 2006; the nearest year is 2005" in problems(ties, year=2006)[0]
    net = read_network(ties, write("id\nA\nB\nC\nD\nE\n", "firms.csv"), year=2003)
    assert net.years == {2003: 1, 2005: 2} and len(net.source) == 1
    assert np.isnan(net.since).all()
    assert "3 firms of firms.csv have no tie in 2003 and stay as firms without ties" in net.notes
    assert read_network(ties, year=2005).ids == ["B", "A", "C", "D"]
    single = write("source,target,year\nA,B,2003\n", "single.csv")
    assert read_network(single).since.tolist() == [2003]
    assert "no years in the file" in problems(write("source,target\nA,B\n"), year=2003)[0]
    mixed = write("source,target,year\nA,B,2003\nA,C,\nA,D,2003\nD,A,2003\n", "mixed.csv")
    assert problems(mixed, year=2003) == [
        "mixed.csv line 3, column 3 (year): no year, though other ties have one",
        "mixed.csv line 5: duplicate tie of 'D' and 'A' in the strategic layer, first on line 4",
    ]


def test_settings_at_fault_are_refused(write):
    """Protects against a wrong setting that is only noticed in the results."""
    with pytest.raises(Refusal, match="did you mean 'social'"):
        read_network(write(TIES), layer="socail")
    with pytest.raises(Refusal, match="not a whole number"):
        read_network(write(TIES), year="2003")


def test_uids_of_imported_firms_never_meet_the_programs_own(write, monkeypatch):
    """Protects identity: stable across machines, above 2**62, and distinct or refused."""
    assert firm_uid("Medici") == 6855840195913166331
    assert all(2**62 <= firm_uid(str(i)) < 2**63 for i in range(1000))
    monkeypatch.setattr(checks, "firm_uid", lambda identifier: 2**62)
    assert "line 2: 'B' and 'A' get the same number" in problems(write("source,target\nA,B\n"))[0]


@pytest.mark.skipif(not IRISH.is_dir(), reason="the Irish boards are not part of the project")
def test_irish_boards():
    """Protects a real file of eleven years with firms that come and go."""
    net = read_network(IRISH / "ties.csv", IRISH / "firms.csv", year=2007)
    assert len(net.ids) == 90 and len(net.source) == 38
    assert len(net.years) == 11 and sum(net.years.values()) == 322
    assert set(net.extra_firms) == {"first_year", "last_year"} and set(net.extra_ties) == {"shared_directors"}
    assert "2007 (38 ties)" in problems(IRISH / "ties.csv", IRISH / "firms.csv")[0]


def test_florence():
    """Protects the data that comes with the program against a slip of the pen."""
    net = read_network(DATA / "florence_ties.csv", DATA / "florence_firms.csv")
    pairs = {
        name: {
            frozenset((net.ids[a], net.ids[b]))
            for a, b, i in zip(net.source, net.target, net.layer, strict=True)
            if i == k
        }
        for k, name in enumerate(LAYERS)
    }
    marriages = {frozenset(edge) for edge in nx.florentine_families_graph().edges}
    assert len(net.ids) == 16 and len(net.source) == 55
    assert len(pairs["operational"]) == 15 and pairs["strategic"] == pairs["social"] == marriages
    assert (net.direction == (net.layer == LAYERS.index("operational"))).all()
    degree = {family: sum(family in pair for pair in marriages) for family in net.ids}
    assert max(degree, key=degree.get) == "Medici" and degree["Pucci"] == 0
    assert net.attributes["size"].tolist() == [250 * float(wealth) for wealth in net.extra_firms["wealth"]]


def graph_text(suffix, nodes, edges, directed=False):
    """Return a graph file with one element a line; the first node is on the line that comes second."""
    names = sorted({name for element in [*nodes, *edges] for name in element} - {"id", "source", "target"})
    if suffix == ".json":
        lists = [",\n".join(json.dumps(element) for element in elements) for elements in (nodes, edges)]
        head = json.dumps({"directed": directed, "multigraph": True})[:-1]
        text = f'{head}, "nodes": [\n{lists[0]}\n], "links": [\n{lists[1]}\n]}}\n'
        return text, 2, 3 + len(nodes)
    way = "directed" if directed else "undirected"

    def line(tag, element, inside):
        ends = " ".join(f"{n}={quoteattr(v)}" for n, v in element.items() if n in ("id", "source", "target"))
        return f"<{tag} {ends}>{inside(element)}</{tag}>"

    if suffix == ".graphml":
        keys = "".join(f'<key id="k{n}" for="all" attr.name="{n}" attr.type="string"/>' for n in names)

        def data(element):
            return "".join(f'<data key="k{n}">{escape(str(element[n]))}</data>' for n in names if n in element)

        rows = [line("node", n, data) for n in nodes] + [line("edge", e, data) for e in edges]
        text = "\n".join([f'<graphml>{keys}<graph edgedefault="{way}">', *rows, "</graph></graphml>"])
        return text, 2, 2 + len(nodes)
    declared = "".join(f'<attribute id="k{n}" title="{n}" type="string"/>' for n in names)
    classes = "".join(f'<attributes class="{c}">{declared}</attributes>' for c in ("node", "edge"))

    def values(element):
        return "".join(f'<attvalue for="k{n}" value={quoteattr(str(element[n]))}/>' for n in names if n in element)

    rows = [line("node", n, values) for n in nodes]
    ties = [line("edge", e, values) for e in edges]
    head = f'<gexf version="1.2"><graph defaultedgetype="{way}">{classes}<nodes>'
    return "\n".join([head, *rows, "</nodes><edges>", *ties, "</edges></graph></gexf>"]), 2, 3 + len(nodes)


def same_network(one, two):
    assert (one.ids, one.names) == (two.ids, two.names)
    for name in ("source", "target", "layer", "direction", "strength", "since"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), name)
    for name, values in one.attributes.items():
        np.testing.assert_array_equal(values, two.attributes[name], name)


@pytest.mark.parametrize("suffix", GRAPHS)
def test_a_graph_file_tells_firms_and_ties(write, suffix):
    """Protects the meaning of attributes, isolated firms, and the order of the nodes."""
    nodes = [
        {
            "id": "A",
            "name": "Älpha <1>",
            "sector": "food",
            "region": "north",
            "x": 1.5,
            "y": 2,
            "size": 100,
            "founded": 1990,
        },
        {"id": "B", "label": "Beta"},
        {"id": "C"},
    ]
    edges = [
        {"source": "A", "target": "B", "layer": "operational", "strength": 0.5, "since": 2001, "note": "x"},
        {"source": "B", "target": "A", "layer": "social", "direction": "both"},
    ]
    net = read_network(write(graph_text(suffix, nodes, edges, directed=True)[0], f"net{suffix}"))
    assert net.ids == ["A", "B", "C"] and net.names == ["Älpha <1>", "B", "C"]
    assert net.attributes["sector"].tolist() == ["food", None, None]
    assert net.attributes["size"][0] == 100 and net.attributes["x"][0] == 1.5
    assert net.extra_firms == {"founded": ["1990", "", ""], "label": ["", "Beta", ""]}
    assert [LAYERS[i] for i in net.layer] == ["operational", "social"]
    assert net.source.tolist() == [0, 1] and net.target.tolist() == [1, 0] and net.direction.tolist() == [0, 1]
    np.testing.assert_array_equal(net.strength, [0.5, np.nan])
    np.testing.assert_array_equal(net.since, [2001, np.nan])
    assert net.extra_ties == {"note": ["x", ""]}
    assert f"1 firms of net{suffix} have no tie and stay as firms without ties" in net.notes


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
@pytest.mark.parametrize("style", ["graphml", "gexf", "links", "edges", "adjacency"])
def test_what_networkx_writes_is_read_as_networkx_holds_it(write, tmp_path, kind, style):
    """Protects against drifting from networkx, whose files people have."""
    rng = np.random.default_rng(5)
    graph = kind()
    for k in range(12):
        graph.add_node(f"f{k}", name=f"Firm & <{k}>", size=float(rng.uniform(1, 9)), x=k, sector=["a", "b"][k % 2])
    for layer in LAYERS if graph.is_multigraph() else LAYERS[:1]:
        for a, b in rng.integers(0, 12, (15, 2)):
            if a != b and not graph.has_edge(f"f{a}", f"f{b}", *([layer] if graph.is_multigraph() else [])):
                more = {"key": layer} if graph.is_multigraph() else {}
                graph.add_edge(f"f{a}", f"f{b}", layer=layer, strength=float(rng.random()), since=2000, **more)
    path = tmp_path / f"net.{style if style in ('graphml', 'gexf') else 'json'}"
    if style == "adjacency":
        path.write_text(json.dumps(nx.adjacency_data(graph)))
    elif path.suffix == ".json":
        data = nx.node_link_data(graph)
        data[style] = data.pop("edges", data.pop("links", None))
        path.write_text(json.dumps(data, indent=1))
    else:
        getattr(nx, f"write_{style}")(graph, path)
    same_network(read_network(path), from_networkx(graph))


def element_faults():
    nodes = [{"id": i} for i in "ABCD"]
    good = [{"source": "A", "target": "B"}, {"source": "C", "target": "D"}]

    def tie(**changes):
        return nodes, [*good, {"source": "A", "target": "C", **changes}], "edge", 3

    return {
        "self-tie": (*tie(target="A"), "'A' is tied to itself"),
        "duplicate": (
            *tie(source="B", target="A"),
            "duplicate tie of 'B' and 'A' in the strategic layer, first at edge 1",
        ),
        "unknown firm": (*tie(target="AB"), "unknown firm 'AB'"),
        "no source": (*tie(source=""), "empty source"),
        "layer": (*tie(layer="strategy"), "unknown layer 'strategy'; did you mean 'strategic'?"),
        "strength": (*tie(strength=1.5), "strength '1.5' is not a number from 0 to 1"),
        "word": (*tie(strength="high"), "strength 'high'"),
        "not a number": (*tie(strength="nan"), "strength 'nan'"),
        "switch": (*tie(strength="true"), "strength 'true'"),
        "digits": (*tie(strength="9" * 5000), "strength '999"),
        "direction": (*tie(direction="bath"), "did you mean 'both'?"),
        "supplier": (*tie(layer="operational", supplier="D"), "supplier 'D' is neither 'A' nor 'C'"),
        "half a year": (*tie(since=2001.5), "since '2001.5'"),
        "firm twice": ([*nodes, {"id": "A"}], good, "node", 5, "duplicate firm 'A', first at node 1"),
        "firm without id": ([*nodes, {"id": " "}], good, "node", 5, "empty id"),
        "size": ([*nodes, {"id": "E", "size": -1}], good, "node", 5, "size '-1'"),
        "place": ([*nodes, {"id": "E", "x": "1e999"}], good, "node", 5, "x '1e999'"),
    }


@pytest.mark.parametrize("suffix", GRAPHS)
@pytest.mark.parametrize("nodes, edges, word, number, text", element_faults().values(), ids=element_faults())
def test_an_element_at_fault_is_reported_with_its_number_and_line(write, suffix, nodes, edges, word, number, text):
    """Protects users of graph files from faults that they cannot find."""
    content, first_node, first_edge = graph_text(suffix, nodes, edges)
    found = problems(write(content, f"net{suffix}"))
    assert len(found) == 1 and text in found[0]
    line = (first_node if word == "node" else first_edge) + number - 1
    assert found[0].startswith(f"net{suffix} line {line}, column 1 ({word} {number}, ")


def test_an_element_without_a_line_is_named():
    """Protects those who come from Python."""
    graph = nx.path_graph(4)
    graph.edges[1, 2]["strength"] = 7
    graph.edges[2, 3]["strength"] = float("nan")
    graph.add_edge(3, 3)
    with pytest.raises(Refusal) as caught:
        from_networkx(graph)
    assert caught.value.problems == [
        "the graph edge 2 ('1'-'2'): strength '7' is not a number from 0 to 1",
        "the graph edge 3 ('2'-'3'): strength 'nan' is not a number from 0 to 1",
        "the graph edge 4 ('3'-'3'): '3' is tied to itself",
    ]
    with pytest.raises(Refusal, match="3 are the limit"):
        from_networkx(graph, max_ties=3)
    with pytest.raises(Refusal, match="no firms at all"):
        from_networkx(nx.Graph())
    with pytest.raises(Refusal, match="duplicate firm '1'"):
        from_networkx(nx.Graph([(1, "1")]))


def test_any_value_of_python_can_stand_in_a_graph():
    """Protects `from_networkx` from what a file could not hold."""
    within = []
    within.append(within)
    for value in (
        True,
        np.float32(0.5),
        10**6000,
        Fraction(10**400),
        b"x",
        {(1,): 2},
        within,
        (10**5000,),
        "\ud800",
        object(),
    ):
        for name in ("strength", "weight", "note", "name", "size", ("a", 1)):
            graph = nx.Graph()
            graph.add_node("A")
            graph.nodes["A"][name] = value
            graph.add_edge("A", "B")
            graph.edges["A", "B"][name] = value
            try:
                assert from_networkx(graph).ids == ["A", "B"]
            except Refusal as refusal:
                assert refusal.problems


FORM = {
    "tag never closed": (".graphml", "<graphml>\n<graph>\n", "line 3, column 1: this is not XML: no element found"),
    "two ends": (".gexf", "<gexf>\n  </graph>", "line 2, column 5: this is not XML: mismatched tag"),
    "unknown entity": (".graphml", "<graphml>&e;</graphml>", "line 1, column 10: this is not XML: undefined entity"),
    "another root": (".graphml", "<html/>", "line 1, column 1: the file begins with <html>"),
    "no graph": (".gexf", "<gexf/>", "no graph in the file"),
    "two graphs": (".graphml", "<graphml><graph/>\n<graph/></graphml>", "line 2, column 1: a second graph"),
    "hyperedge": (".graphml", "<graphml><graph><hyperedge/></graph></graphml>", "a hyperedge; a tie has two ends"),
    "undeclared": (
        ".graphml",
        '<graphml><graph>\n<node id="A"><data key="d0">1</data></node></graph></graphml>',
        "line 2, column 1: attribute 'd0' of this node is declared nowhere",
    ),
    "two values": (
        ".graphml",
        '<graphml><key id="d" for="node" attr.name="size"/><graph>\n<node id="A"><data key="d">1</data><data key="d">2</data></node></graph></graphml>',
        "line 2, column 51: a second value of 'size' in one node",
    ),
    "two keys": (
        ".graphml",
        '<graphml><key id="d" for="node" attr.name="size"/><key id="e" for="node" attr.name="size"/><graph>\n<node id="A"><data key="d">1</data><data key="e">2</data></node></graph></graphml>',
        "line 2, column 1: attribute 'e' of this node is a second value of 'size'",
    ),
    "type of edge": (
        ".gexf",
        '<gexf><graph><node id="A"/><node id="B"/><edge source="A" target="B" type="bent"/></graph></gexf>',
        "unknown type of edge 'bent'",
    ),
    "deep XML": (".graphml", "<graphml>" + "<a>" * 200, "nested deeper than 100"),
    "encoding": (".graphml", '<?xml version="1.0" encoding="utf-7"?><graphml/>', "encoding 'utf-7' is not read"),
    "empty XML": (".graphml", "", "the file is empty"),
    "empty JSON": (".json", "", "the file is empty"),
    "missing comma": (
        ".json",
        '{"nodes": [\n{"id": 1} {"id": 2}]}',
        "line 2, column 11: this is not JSON: expected , or ]",
    ),
    "missing value": (".json", '{"nodes": [\n{"id": }]}', "line 2, column 8: this is not JSON: Expecting value"),
    "cut off": (".json", '{"nodes": [{"id": 1},', "this is not JSON: Expecting value"),
    "more": (".json", '{"nodes": [{"id": 1}], "links": []} x', "line 1, column 37: this is not JSON: more text"),
    "a list": (".json", "[1, 2]", "the file is not an object"),
    "no links": (".json", '{"nodes": []}', "no list 'nodes' with 'links', 'edges' or 'adjacency'"),
    "both": (".json", '{"nodes": [], "links": [], "edges": []}', "both 'links' and 'edges'"),
    "node is a word": (".json", '{"nodes": [\n"A"], "links": []}', "line 2, column 1: this node is not an object"),
    "NaN": (
        ".json",
        '{"nodes": [\n{"id": 1, "x": NaN}], "links": []}',
        "line 2, column 1: NaN is not a number in JSON",
    ),
    "infinity": (".json", '{"nodes": [{"id": 1, "other": [-Infinity]}], "links": []}', "-Infinity is not a number"),
    "surrogate": (".json", '{"nodes": [\n{"id": "\\ud800"}], "links": []}', "line 2, column 1: half a character"),
    "deep value": (
        ".json",
        '{"nodes": [{"id": 1, "a": ' + "[" * 150 + "]" * 150 + '}], "links": []}',
        "deeper than 100",
    ),
    "very deep": (".json", '{"nodes": ' + "[" * 100_000, "deeper than 100"),
    "very deep within": (".json", '{"graph": ' + '{"a":' * 100_000, "deeper than 100"),
    "neighbours": (".json", '{"nodes": [{"id": 1}], "adjacency": []}', "0 lists of neighbours for 1 nodes"),
    "neighbours differ": (
        ".json",
        '{"nodes": [{"id": 1}, {"id": 2}], "adjacency": [[{"id": 2, "strength": 1}],\n[{"id": 1}]]}',
        "line 2, column 2: '2' and '1' say different things of their tie",
    ),
}


@pytest.mark.parametrize("suffix, content, text", FORM.values(), ids=FORM)
def test_a_fault_of_form_names_line_and_column(write, suffix, content, text):
    """Protects against a traceback out of a parser, and against files read in part."""
    assert text in problems(write(content, f"net{suffix}"))[0]


def test_limits_of_graph_files(write):
    """Protects memory from files made to be large."""
    nodes, edges = [{"id": i} for i in "ABC"], [{"source": a, "target": b} for a, b in ("AB", "BC", "CA")]
    for suffix in GRAPHS:
        path = write(graph_text(suffix, nodes, edges)[0], f"net{suffix}")
        assert "more than 2 ties" in problems(path, max_ties=2)[0]
        assert "larger than 20 bytes" in problems(path, max_bytes=20)[0]
        assert len(read_network(path, max_ties=3).source) == 3
    neighbours = write(json.dumps(nx.adjacency_data(nx.complete_graph(3))), "adjacent.json")
    assert len(read_network(neighbours, max_ties=3).source) == 3
    assert "more than 2 ties" in problems(neighbours, max_ties=2)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("suffix", [".graphml", ".gexf"])
def test_encodings_of_graph_files(write, encoding, suffix):
    """Protects names from other programs and countries."""
    text = graph_text(suffix, [{"id": "Ärzte"}, {"id": "B"}], [{"source": "Ärzte", "target": "B"}])[0]
    text = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig").removesuffix("-le")}"?>\n{text}'
    assert read_network(write(text, f"net{suffix}", encoding)).ids == ["Ärzte", "B"]


def test_there_and_back_is_one_tie_but_not_in_the_operational_layer(write):
    """Protects against refusing the directed graphs that everybody has."""
    graph = nx.MultiDiGraph()
    graph.add_edge("A", "B", layer="social", strength=0.2, since=2002)
    graph.add_edge("B", "A", layer="social", strength=0.6, since=2001)
    graph.add_edge("A", "B", layer="operational")
    graph.add_edge("B", "A", layer="operational")
    net = from_networkx(graph)
    assert sorted(zip(net.layer.tolist(), net.source.tolist(), strict=True)) == [(0, 0), (0, 1), (3, 0)]
    assert net.strength[net.layer == 3].tolist() == [0.4] and net.since[net.layer == 3].tolist() == [2001]
    assert any("1 pairs of ties there and back became one tie each" in note for note in net.notes)
    graph.add_edge("A", "B", layer="social")
    with pytest.raises(Refusal, match="duplicate tie of 'A' and 'B' in the social layer"):
        from_networkx(graph)
    undirected = nx.Graph([("A", "B")])
    assert from_networkx(undirected, layer="operational").direction.tolist() == [1]
    assert from_networkx(undirected.to_directed(), layer="social").source.size == 1


def test_weights_stand_for_strengths_only_where_they_can(write):
    """Protects flows and counts from being taken for strengths."""
    graph = nx.Graph()
    graph.add_weighted_edges_from([("A", "B", 0.25), ("B", "C", 1)])
    assert from_networkx(graph).strength.tolist() == [0.25, 1]
    graph.edges["A", "B"]["weight"] = 250
    net = from_networkx(graph)
    assert np.isnan(net.strength).all() and net.extra_ties == {"weight": ["250", "1"]}
    assert any("do not all lie between 0 and 1" in note for note in net.notes)
    graph.edges["B", "C"]["strength"] = 0.5
    np.testing.assert_array_equal(from_networkx(graph).strength, [np.nan, 0.5])


def test_a_firms_file_wins_over_the_graph(write):
    """Protects a user's own table of firms."""
    nodes = [{"id": "A", "size": 10, "name": "Old", "city": "Bern"}, {"id": "B", "size": 20, "sector": "food"}]
    path = write(graph_text(".graphml", nodes, [{"source": "A", "target": "B"}])[0], "net.graphml")
    net = read_network(path, write("id,size,name,staff\nC,1,,5\nB,,Neu,6\nA,99,,7\n", "firms.csv"))
    assert net.ids == ["C", "B", "A"] and net.names == ["C", "Neu", "Old"]
    assert net.attributes["size"].tolist() == [1, 20, 99]
    assert net.attributes["sector"].tolist() == [None, "food", None]
    assert net.extra_firms == {"staff": ["5", "6", "7"], "city": ["", "", "Bern"]}
    assert net.source.tolist() == [2] and net.target.tolist() == [1]
    assert problems(path, write("id\nA\n", "few.csv")) == [
        "net.graphml line 3, column 1 (node 2, 'B'): unknown firm 'B'; choose one of A"
    ]


def test_years_of_a_graph(write):
    """Protects against several years melting into one network, in graph files too."""
    nodes = [{"id": i} for i in "ABC"]
    edges = [{"source": "A", "target": "B", "year": 2003}, {"source": "A", "target": "B", "year": 2005}]
    path = write(graph_text(".gexf", nodes, edges)[0], "net.gexf")
    assert "choose network.year from 2003 (1 ties), 2005 (1 ties)" in problems(path)[0]
    net = read_network(path, year=2005)
    assert net.ids == ["A", "B", "C"] and net.source.size == 1


def test_what_other_programs_write(write):
    """Protects files of Gephi and yEd: mixed directions, defaults, labels, drawings, periods."""
    gexf = """<?xml version="1.0"?><gexf xmlns:viz="v" version="1.3"><graph defaultedgetype="undirected" mode="dynamic">
      <attributes class="node"><attribute id="s" title="sector"><default>food</default></attribute></attributes>
      <nodes><node id="1" label="One"><viz:size value="9"/><viz:position x="5" y="6"/><spells><spell start="1"/></spells></node>
      <node id="2" label="Two"><attvalues><attvalue for="s" value="arms"/></attvalues></node></nodes>
      <edges><edge source="1" target="2" type="directed" weight="0.5" label="sells"/></edges></graph></gexf>"""
    net = read_network(write(gexf, "gephi.gexf"), layer="operational")
    assert net.names == ["One", "Two"] and net.attributes["sector"].tolist() == ["food", "arms"]
    assert np.isnan(net.attributes["size"]).all() and net.extra_firms["viz_size"] == ["9", ""]
    assert net.direction.tolist() == [0] and net.strength.tolist() == [0.5] and net.extra_ties == {"label": ["sells"]}
    assert "1 spells (times of validity) were not read" in net.notes
    mutual = read_network(write(gexf.replace('"directed"', '"mutual"'), "gephi.gexf"), layer="operational")
    assert mutual.direction.tolist() == [1]
    yed = """<graphml xmlns:y="y"><key for="node" id="d6" yfiles.type="nodegraphics"/><graph edgedefault="directed">
      <node id="n0"><data key="d6"><y:ShapeNode><y:Geometry height="30" x="7.5" y="8"/><y:NodeLabel>Main
      </y:NodeLabel></y:ShapeNode></data><graph><node id="n0::n1"/></graph></node>
      <edge source="n0" target="n0::n1"/></graph></graphml>"""
    net = read_network(write(yed, "yed.graphml"))
    assert net.ids == ["n0", "n0::n1"] and net.names == ["Main", "n0::n1"] and net.attributes["x"][0] == 7.5


@pytest.mark.parametrize("suffix", [".csv", *GRAPHS])
def test_every_one_of_many_faults_is_reported_with_its_line(write, suffix):
    """Protects users of long files: k faults of known kinds, each named, nothing else named."""
    kinds = {
        "self": lambda tie: {**tie, "target": tie["source"]},
        "unknown": lambda tie: {**tie, "target": "nobody"},
        "empty": lambda tie: {**tie, "source": ""},
        "strength": lambda tie: {**tie, "strength": "1,5"},
        "layer": lambda tie: {**tie, "layer": "strategc"},
        "since": lambda tie: {**tie, "since": 20011},
        "direction": lambda tie: {**tie, "direction": "up"},
    }
    for trial in range(20):
        luck = random.Random(trial)
        nodes = [{"id": f"f{i}"} for i in range(12)]
        pairs = [(a, b) for a in range(12) for b in range(a)]
        ties = [
            {
                "source": f"f{a}",
                "target": f"f{b}",
                "layer": "social",
                "direction": "both",
                "strength": 0.5,
                "since": 2001,
            }
            for a, b in luck.sample(pairs, 40)
        ]
        at = sorted(luck.sample(range(40), luck.randint(1, 12)))
        repeated = luck.choice([k for k in range(40) if k not in at])
        edges = [kinds[luck.choice(list(kinds))](tie) if k in at else tie for k, tie in enumerate(ties)] + [
            ties[repeated]
        ]
        if suffix == ".csv":
            rows = ["\t".join(map(str, tie.values())) for tie in edges]
            # In a file with tabs 1,5 is one and a half, out of range.
            path = write("\n".join(["\t".join(ties[0]), *rows]))
            firms, first = write("\n".join(["id", *(node["id"] for node in nodes)]), "firms.csv"), 2
        else:
            text, _, first = graph_text(suffix, nodes, edges)
            path, firms = write(text, f"net{suffix}"), None
        found = problems(path, firms)
        assert len(found) == len(at) + 1
        lines = [int(re.search(r" line (\d+)", problem)[1]) for problem in found]
        assert lines == [first + k for k in [*at, 40]]
        assert (
            f"first {'on' if suffix == '.csv' else f'at edge {repeated + 1} on'} line {first + repeated}" in found[-1]
        )


def test_check_tells_all_of_every_format(write, capsys):
    """Protects the command that says what is wrong before a run."""
    nodes, edges = [{"id": "A"}, {"id": "B"}], [{"source": "A", "target": "B"}, {"source": "A", "target": "C"}]
    for suffix in GRAPHS:
        path = write(graph_text(suffix, nodes, edges)[0], f"net{suffix}")
        assert main(["check", str(path)]) == 2
        told = capsys.readouterr().err
        assert "column 1 (edge 2, 'A'-'C'): unknown firm 'C'" in told and "1 to put right" in told
        good = write(graph_text(suffix, nodes, edges[:1])[0], f"good{suffix}")
        assert main(["check", str(good)]) == 0
        assert "2 firms, 1 ties: nothing wrong" in capsys.readouterr().out
        assert main(["check", str(good), str(write("id,name\nB,x\nA,y\n", "firms.csv"))]) == 0
        capsys.readouterr()
    assert main(["check", str(write("source,target,strength\nA,B,7\n"))]) == 2
    assert "ties.csv line 2, column 3 (strength): " in capsys.readouterr().err
    assert main(["check", str(write("steps: 3", "mine.yaml"))]) == 0
    assert "scenario mine, 3 months" in capsys.readouterr().out


def test_a_run_from_a_graph_file(tmp_path):
    """Protects the way from a graph to a world: ids, isolated firms, directions."""
    graph = nx.MultiGraph()
    graph.add_node("alone", name="Alone Ltd", size=50.0)
    graph.add_edge("A", "B", layer="operational", supplier="B", strength=0.5)
    graph.add_edge("A", "B", layer="strategic", strength=0.25)
    nx.write_graphml(graph, tmp_path / "net.graphml")
    world = make_simulation(compose(["network=file", f"network.ties={tmp_path}/net.graphml"])).world
    assert sorted(world.ids.values()) == ["A", "B", "alone"] and "Alone Ltd" in world.labels.values()
    row = {world.id_of(int(uid)): k for k, uid in enumerate(world.firms.uid)}
    operational = world.ties[0]
    assert operational.role[operational.ptr[row["A"]]] == 1 and operational.role[operational.ptr[row["B"]]] == 2
    assert world.ties[2].w.tolist() == [0.25, 0.25]
    world.check()


PIECES = st.sampled_from(
    [
        b"\0",
        b'"',
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xe9",
        b"1e308",
        b"nan",
        b"-1",
        b"A",
        b"year",
    ]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(st.booleans(), st.integers(0, 200), st.integers(0, 12), PIECES | st.binary(max_size=6)),
        max_size=6,
    )
)
def test_only_a_refusal_escapes(tmp_path, edits):
    """Protects the program from any content of the two files."""
    contents = [bytearray(TIES, "utf-8"), bytearray(FIRMS, "utf-8")]
    for which, at, cut, piece in edits:
        contents[which][at : at + cut] = piece
    paths = [tmp_path / "ties.csv", tmp_path / "firms.csv"]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    try:
        net = read_network(*paths)
    except Refusal as refusal:
        assert refusal.problems and all(problem.isprintable() for problem in refusal.problems)
    else:
        assert len(net.ids) == len(set(net.ids)) == len(net.names)
        assert not (net.source == net.target).any()
        assert not ((net.strength < 0) | (net.strength > 1)).any()
