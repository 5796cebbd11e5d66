"""Read a user's own network, CSV or a graph file; every fault is reported with its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.files.checks import FIRM_COLUMNS, TIE_COLUMNS, Tie, check_years, firm_uid, read_people, read_ties
from emergence.files.graph import Graph, GraphTable, from_graph, tables_of
from emergence.files.json_graph import read_json
from emergence.files.records import Records, printable, shown
from emergence.files.table import Table
from emergence.files.xml_graph import read_xml
from emergence.schema import LAYERS

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["ImportedNetwork", "firm_uid", "read_graph", "read_network"]

READERS = {".graphml": read_xml, ".gexf": read_xml, ".xml": read_xml, ".json": read_json}
MAX_BYTES, MAX_TIES = 50_000_000, 1_000_000


@dataclass(frozen=True, eq=False)
class ImportedNetwork:
    """Firms and ties as read from a user's files.

    Attributes
    ----------
    ids, names : list of str
        In the order of the firms file or of the graph, or else of first appearance; a name falls back to
        the id.
    attributes : dict of str to ndarray
        'sector' and 'region' (str or None), 'x', 'y' and 'size' (NaN where missing).
    source, target, layer : ndarray of int64
        Places in `ids` and in ``LAYERS``, one row per tie.
    direction : ndarray of int64
        0 runs from source to target, 1 both ways; it matters in the operational layer only.
    strength, since : ndarray of float64
        NaN where missing.
    extra_firms, extra_ties : dict of str to list of str
        All other columns, as text.
    years : dict of int to int
        How many ties the file holds for each year; empty without years.
    notes : list of str
        What was assumed, in plain sentences.
    """

    ids: list[str]
    names: list[str]
    attributes: dict[str, np.ndarray]
    extra_firms: dict[str, list[str]]
    source: np.ndarray
    target: np.ndarray
    layer: np.ndarray
    direction: np.ndarray
    strength: np.ndarray
    since: np.ndarray
    extra_ties: dict[str, list[str]]
    years: dict[int, int]
    notes: list[str]


def read_network(
    ties: str | Path,
    firms: str | Path | None = None,
    year: int | None = None,
    layer: str = "strategic",
    max_bytes: int = MAX_BYTES,
    max_ties: int = MAX_TIES,
) -> ImportedNetwork:
    """Read ties, and optionally firms, from CSV files, or both from one GraphML, GEXF or JSON file.

    In CSV, comma, semicolon and tab, a byte-order mark, UTF-8 and UTF-16 are recognised; decimal commas are
    read where the separator is not a comma. Blank lines are skipped. Graph files are told by their suffix:
    ``.graphml``, ``.gexf``, ``.xml``, and ``.json`` (node-link or adjacency).

    Parameters
    ----------
    ties : str or Path
        Columns ``source,target`` and optionally ``layer,direction,strength,year,since``; others are kept.
        In a graph these are attributes of the edges; without strengths, weights from 0 to 1 stand for them.
    firms : str or Path, optional
        CSV with ``id`` and optionally ``name,sector,region,x,y,size``; others are kept. Without this file
        the firms are the nodes of the graph, or else those with a tie (in the chosen year). With a graph,
        what this file says of a firm wins over what the graph says.
    year : int, optional
        Which of several years to take. Without it, and without a column ``since``, the year of a tie is
        taken as its start.
    layer : str
        Where ties without a layer belong.
    max_bytes, max_ties : int
        Limits on the size of each file and on the number of ties in all years.

    Returns
    -------
    ImportedNetwork

    Raises
    ------
    Refusal
        If anything at all is wrong; its `problems` lists every fault with its file, line and column.
    """
    _check_choices(year, layer)
    firm_table = None if firms is None else Table(firms, FIRM_COLUMNS, ("id",), max_bytes)
    reader = READERS.get(Path(ties).suffix.lower())
    if reader is None:
        return _assemble(
            firm_table, None, Table(ties, TIE_COLUMNS, ("source", "target"), max_bytes), year, layer, max_ties
        )
    file = Records(ties, ())
    raw = file.load(max_bytes)
    graph = reader(raw, file, max_ties) if raw else Graph(whole=False)
    nodes, edges = tables_of(ties, graph, FIRM_COLUMNS, TIE_COLUMNS)
    nodes.faults[:0] = file.faults
    return _assemble(firm_table, nodes, edges, year, layer, max_ties)


def read_graph(
    graph: nx.Graph, year: int | None = None, layer: str = "strategic", max_ties: int = MAX_TIES
) -> ImportedNetwork:
    """Read firms and ties from a networkx graph; see `emergence.exchange.from_networkx`."""
    _check_choices(year, layer)
    if graph.number_of_edges() > max_ties:
        raise Refusal(f"the graph: {graph.number_of_edges():,} ties, {max_ties:,} are the limit")
    nodes, edges = tables_of("the graph", from_graph(graph), FIRM_COLUMNS, TIE_COLUMNS)
    return _assemble(None, nodes, edges, year, layer, max_ties)


def _check_choices(year: int | None, layer: str) -> None:
    if layer not in LAYERS:
        raise Refusal(f"network.layer: {shown(str(layer))} is not a layer; {nearest(str(layer), LAYERS)}")
    if not (year is None or isinstance(year, (int, np.integer))):
        raise Refusal(f"network.year: {shown(str(year))} is not a whole number")


def _assemble(
    firm_table: Records | None,
    node_table: GraphTable | None,
    tie_table: Records,
    year: int | None,
    layer: str,
    max_ties: int,
) -> ImportedNetwork:
    """Check the records and make the network of them, or refuse with all faults."""
    tables = [table for table in (firm_table, node_table, tie_table) if table]
    known, people = read_people(firm_table, node_table)
    # Where reading ended early, what is missing is not a fault on top.
    rows = [] if node_table and not node_table.whole else read_ties(tie_table, known, LAYERS.index(layer), max_ties)
    years = check_years(tie_table, rows, year)
    _refuse(tables)

    if year is not None:
        rows = [tie for tie in rows if tie.year == year]
    ids = people.pop("id", None) or list(dict.fromkeys(end for tie in rows for end in (tie.source, tie.target)))
    place = {identifier: index for index, identifier in enumerate(ids)}
    source = np.array([place[tie.source] for tie in rows], np.int64)
    target = np.array([place[tie.target] for tie in rows], np.int64)
    blank = [None] * len(ids)
    dated = year is None and "since" not in tie_table.column
    notes = [note for table in tables for note in table.notes()]
    notes += _notes(tie_table, rows, years, year, layer)
    if people and (idle := len(ids) - len(np.union1d(source, target))):
        label, when = (firm_table or tie_table).label, "" if year is None else f" in {year}"
        notes.append(f"{idle} firms of {label} have no tie{when} and stay as firms without ties")
    return ImportedNetwork(
        ids=ids,
        names=[name or i for name, i in zip(people.pop("name", blank), ids, strict=True)],
        attributes={
            **{name: np.array(people.pop(name, blank), object) for name in ("sector", "region")},
            **{name: np.array(people.pop(name, blank), float) for name in ("x", "y", "size")},
        },
        extra_firms=people,
        source=source,
        target=target,
        layer=np.array([tie.layer for tie in rows], np.int64),
        direction=np.array([tie.direction for tie in rows], np.int64),
        strength=np.array([tie.strength for tie in rows], float),
        since=np.array([(tie.year or math.nan) if dated else tie.since for tie in rows], float),
        extra_ties={name: [tie.row[index] for tie in rows] for name, index in tie_table.extra.items()},
        years=years,
        notes=notes,
    )


def _notes(table: Records, rows: list[Tie], years: dict[int, int], year: int | None, layer: str) -> list[str]:
    notes = []
    if len(years) > 1:
        notes.append(f"{len(rows)} of {sum(years.values())} ties were taken, those in {year}")
    if unplaced := sum(not table.cell(tie.row, "layer") for tie in rows):
        notes.append(f"{unplaced} ties without a layer were put in the {layer} layer")
    if merged := sum(tie.merged for tie in rows):
        notes.append(f"{merged} pairs of ties there and back became one tie each, with the mean of their strengths")
    return notes


def _refuse(tables: Sequence[Records]) -> None:
    """Raise one Refusal with all faults, by file and place."""
    paths = dict.fromkeys(table.path for table in tables)
    if len({path.name for path in paths}) < len(paths):
        for table in tables:
            table.label = str(table.path)
    problems = [problem for table in tables for problem in table.told()]
    if problems:
        files = printable(" and ".join(dict.fromkeys(str(table.path) for table in tables if table.faults)))
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems, the first"
        raise Refusal(f"{files}: {count}\n{problems[0]}", problems)
