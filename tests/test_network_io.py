"""A user's own network: every dialect is read right, every fault is reported with its line."""

import csv
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import emergence.network_io as network_io
from emergence.errors import Refusal
from emergence.network_io import LAYERS, firm_uid, read_network

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "configs" / "data"
IRISH = ROOT.parent / "shared" / "data" / "irish_boards"

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
        4,
        "duplicate tie of 'A' and 'B' in the social layer, first on line 2",
    ),
    "reversed duplicate": ("A,B,social\nB,A,social", 3, "first on line 2"),
    "directed duplicate": ("A,B,operational\nB,A,operational\nB,A,operational", 4, "first on line 3"),
    "duplicate of both": ("A,B,operational,both\nB,A,operational,", 3, "first on line 2"),
    "self-tie": ("A,B\n C,C ", 3, "'C' is tied to itself"),
    "unknown firm": ("A,B\nA,Betta", 3, "unknown firm 'Betta'; did you mean 'Beta'?"),
    "empty id": ("A, ", 2, "empty target"),
    "strength above 1": ("A,B,,,1.01", 2, "strength '1.01' is not a number from 0 to 1"),
    "strength below 0": ("A,B,,,-0.1", 2, "strength '-0.1'"),
    "nan": ("A,B,,,nan", 2, "strength 'nan'"),
    "infinity": ("A,B,,,1e999", 2, "strength '1e999'"),
    "word": ("A,B,,,high", 2, "strength 'high'"),
    "underscore": ("A,B,,,0_1", 2, "strength '0_1'"),
    "decimal comma in a comma file": ('A,B,,,"0,5"', 2, "strength '0,5'"),
    "half a year": ("A,B,,,,2001.5", 2, "since '2001.5' is not a whole year"),
    "far year": ("A,B,,,,3001", 2, "since '3001' is not a whole year between 1000 and 3000"),
    "unknown layer": ("A,B,strategy", 2, "unknown layer 'strategy'; did you mean 'strategic'?"),
    "unknown direction": ("A,B,operational,bath", 2, "unknown direction 'bath'; did you mean 'both'?"),
    "too many fields": ("A,B\nA,C,", 3, "3 fields where the header has 2"),
    "after an embedded line break": ('"A\n",B\nA,A', 4, "'A' is tied to itself"),
    "open quote": ('A,"B\nA,C', 2, "cannot be read as CSV"),
    "text after a quote": ('A,"B"x', 2, "cannot be read as CSV"),
    "huge field": ("A,B\nA," + "x" * 200_000, 3, "cannot be read as CSV"),
    "NUL": ("A,B\nA,C\0", 3, "a NUL byte"),
    "terminal codes": ("A,\x1b[2J", 2, "unknown firm '\ufffd[2J'"),
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
    "duplicate": ("A,1,1,1\nB,,,\nA,2,2,2", 4, "duplicate firm 'A', first on line 2"),
    "empty id": ("A,,,\nB,,,\n ,1,1,1", 4, "empty id"),
    "coordinate": ("A,inf,0,1\nB,,,", 2, "x 'inf' is not a finite number"),
    "size of nothing": ("A,0,0,0\nB,,,", 2, "size '0' is not a number above 0 and at most 1e12"),
    "huge size": ("A,,,1e13\nB,,,", 2, "size '1e13'"),
    "fields": ("A,,\nB,,,", 2, "3 fields where the header has 4"),
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
    "latin": ("source,target\nA,Müller\n".encode("latin-1"), "ties.csv line 2: byte 0xFC is not UTF-8"),
    "half UTF-16": (
        "source,target\nA,B\n".encode("utf-16") + b"x",
        "ties.csv line 3: byte 0x78 is not UTF-16",
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
    assert "CSV is read here" in problems(write("{}", "ties.json"))[0]
    assert "larger than 20 bytes" in problems(good, max_bytes=20)[0]
    assert "line 4: more than 2 ties" in problems(good, max_ties=2)[0]
    assert len(problems(tmp_path / "none.csv", tmp_path / "neither.csv")) == 2


def test_every_fault_is_reported_in_order(write):
    """Protects users from mending a file one fault at a time."""
    firms = write("id,size\nA,-1\nB,1\nB,1\n", "firms.csv")
    found = problems(write("source,target,strength\nA,A,2\nA,B\n,X,0.1\nA,B,\n"), firms)
    assert [problem.split(": ")[0] for problem in found] == [
        "firms.csv line 2",
        "firms.csv line 4",
        "ties.csv line 2",
        "ties.csv line 2",
        "ties.csv line 3",
        "ties.csv line 4",
        "ties.csv line 4",
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
        "mixed.csv line 3: no year, though other ties have one",
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
    monkeypatch.setattr(network_io, "firm_uid", lambda identifier: 2**62)
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
