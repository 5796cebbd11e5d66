"""The comparison with board interlocks: measures of panels against plain ones, and the script on a made-up panel."""

import csv
import math
import os
import random
import sys
from itertools import combinations
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "experiments"))

import irish_boards as boards  # noqa: E402
from panels import Panel, degrees, summary, survival, yearly  # noqa: E402

REAL = Path(os.environ.get("EMERGENCE_BOARDS", ROOT.parent / "shared" / "data" / "irish_boards"))


@pytest.fixture(scope="module")
def panel():
    """Twelve firms over six years; some are there for part of the time, and ties come back."""
    luck = random.Random(1)
    firms = [{k for k in range(12) if k % 4 < 3 or 1 <= year <= 3} for year in range(6)]
    pairs = [{p for p in combinations(sorted(of), 2) if luck.random() < 0.25} for of in firms]
    ties = [pairs[0]]
    for year in range(1, 6):
        kept = {p for p in ties[-1] if p[0] in firms[year] and p[1] in firms[year] and luck.random() < 0.7}
        ties.append(kept | {p for p in pairs[year] if luck.random() < 0.2})
    return Panel(firms, ties)


@pytest.mark.parametrize("new", [False, True])
def test_survival_follows_each_tie_by_itself(panel, new):
    """One tie after the other, from each year in which it counts as begun, as long as it is seen without a gap."""
    begun, left = [0] * 6, [0] * 6
    for pair in set().union(*panel.ties):
        seen = [pair in ties for ties in panel.ties]
        for first in range(6):
            if seen[first] and not (new and (first == 0 or seen[first - 1])):
                for k in range(6 - first):
                    begun[k] += 1
                    left[k] += all(seen[first : first + k + 1])
    found = survival(panel, new)
    for k in range(6):
        assert (math.isnan(found[k]) and not begun[k]) or found[k] == pytest.approx(left[k] / begun[k])
    assert found[0] == 1 and 0 < found[2] < found[1] < 1


def test_a_panel_worked_out_by_hand():
    """Of two ties one ends as a firm leaves; a third comes, goes, and comes back."""
    firms = [{"a", "b", "c", "d"}] * 2 + [{"a", "b", "c"}] * 2
    panel = Panel(
        firms, [{("a", "b"), ("c", "d")}, {("a", "b"), ("c", "d"), ("a", "c")}, {("a", "b")}, {("a", "b"), ("a", "c")}]
    )
    found, by_year = summary(panel), yearly(panel)
    assert survival(panel).tolist() == pytest.approx([1, 4 / 6, 2 / 5, 1 / 2])
    assert survival(panel, new=True)[:2].tolist() == pytest.approx([1, 0])
    assert by_year["ties_per_firm"].tolist() == pytest.approx([1, 3 / 2, 2 / 3, 4 / 3])
    assert by_year["gone"][1:].tolist() == pytest.approx([0, 2 / 3, 0])
    assert found["formed"] == pytest.approx(2 / 10) and found["gone"] == pytest.approx(2 / 6)
    assert found["gone_though_both_stayed"] == pytest.approx(1 / 5)
    assert found["firms_gone"] == pytest.approx(1 / 11) and found["repeated"] == 1
    assert found["gone_new"] == 1 and found["gone_old"] == pytest.approx(1 / 3)
    assert degrees(panel)[:3].tolist() == pytest.approx([1 / 14, 10 / 14, 3 / 14])


def test_degrees_and_clustering_are_those_of_networkx(panel):
    graphs = [nx.Graph(list(ties)) for ties in panel.ties]
    for graph, firms in zip(graphs, panel.firms, strict=True):
        graph.add_nodes_from(firms)
    assert summary(panel)["clustering"] == pytest.approx(sum(map(nx.average_clustering, graphs)) / 6)
    held = [k for graph in graphs for _, k in graph.degree()]
    assert degrees(panel, 3)[3] == pytest.approx(sum(k >= 3 for k in held) / len(held))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """A folder as the script wants it, of three years."""
    folder, luck = tmp_path_factory.mktemp("boards"), random.Random(2)
    names = [f"F{k:02}" for k in range(20)]
    with open(folder / "firms.csv", "w", encoding="utf-8", newline="") as file:
        rows = [(name, f"Firm {name}", 2001 + (k % 9 == 0), 2003 - (k % 7 == 0)) for k, name in enumerate(names)]
        csv.writer(file).writerows([("id", "name", "first_year", "last_year"), *rows])
    with open(folder / "ties.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "target", "year", "shared_directors"))
        for year in (2001, 2002, 2003):
            here = [row[0] for row in rows if row[2] <= year <= row[3]]
            for pair in luck.sample(list(combinations(here, 2)), 16):
                writer.writerow((*pair, year, 1))
    return folder


def test_the_script_compares_and_draws(made_up, tmp_path, capsys):
    out = ["--seeds", "2", "--results", str(tmp_path / "r"), "--figures", str(tmp_path / "f")]
    assert boards.main([str(made_up), *out]) == 0
    rows = boards.read(tmp_path / "r")
    start = next(row for row in rows if row["what"] == "by year: ties_per_firm")
    assert start["at"] == "2001" and float(start["data"]) == pytest.approx(32 / 17, rel=1e-5)
    assert float(start["mean"]) == float(start["data"]), "the world does not begin with the network of the first year"
    assert {row["what"] for row in rows} >= {"survive_1", "gone_new", "clustering", "degrees", "all ties"}
    assert (tmp_path / "f" / "irish-boards.svg").read_bytes().startswith(b"<?xml")
    assert "F00" not in (tmp_path / "r" / "table.csv").read_text()


def test_missing_data_are_told_with_their_source(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv(boards.FOLDER, raising=False)
    assert boards.main([]) == 2 and "IrishDirectorates" in capsys.readouterr().err
    assert boards.main([str(tmp_path)]) == 2 and "there is no firms.csv" in capsys.readouterr().err


@pytest.mark.skipif(not (REAL / "ties.csv").is_file(), reason="the data are not part of the project")
def test_what_is_written_of_the_real_data_is_what_they_say():
    """The column of the data in results/irish_boards, measured again."""
    written = {(row["what"], row["at"]): float(row["data"]) for row in boards.read(boards.RESULTS)}
    panel, years = boards.read_panel(REAL)
    assert (len(years), years[0]) == (11, 2003)
    for name, values in boards.told(panel).items():
        for place, value in enumerate(values):
            at = years[place] if name.startswith("by year") else place
            assert written[name, str(at)] == pytest.approx(value, rel=1e-5, nan_ok=True), name
