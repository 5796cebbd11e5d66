"""Networks in and out: networkx graphs, GraphML, GEXF, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.files.table import guard
from emergence.network_io import MAX_TIES, ImportedNetwork, read_graph
from emergence.schema import LAYERS, OPERATIONAL
from emergence.store import publish

if TYPE_CHECKING:
    import networkx as nx

    from emergence.world import World

FORMATS = (".graphml", ".gexf", ".json", ".csv")
# What XML 1.0 cannot hold at all, not even escaped.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FIRM_VALUES = ("sector", "region", "x", "y", "size", "cash", "born")
_TIE_VALUES = ("layer", "strength", "weight", "trust_ab", "trust_ba", "value_a", "value_b", "born")
Row = dict[str, Any]


def to_networkx(world: World, layer: str | None = None) -> nx.Graph:
    """Return a world's firms and ties as a networkx graph.

    Parameters
    ----------
    world : World
    layer : {"operational", "development", "strategic", "social"}, optional
        One layer; all of them if left out.

    Returns
    -------
    networkx.Graph
        A `Graph` for one layer, a `DiGraph` for the operational one (from supplier to buyer, a mutual tie as
        two edges), a `MultiGraph` keyed by layer for all. Nodes are named by the firms' ids. Of the pairs of
        edge attributes such as `trust_ab` and `trust_ba`, a is the firm with the smaller uid.

    Examples
    --------
    >>> graph = to_networkx(model.world, "strategic")  # doctest: +SKIP
    """
    import networkx as nx

    if layer is not None and layer not in LAYERS:
        raise Refusal(f"layer: there is no '{layer}'; {nearest(str(layer), LAYERS)}")
    graph = nx.MultiGraph() if layer is None else nx.DiGraph() if layer == LAYERS[OPERATIONAL] else nx.Graph()
    firms, ids = _firm_rows(world)
    graph.add_nodes_from((firm.pop("id"), firm) for firm in firms)
    for number in range(len(LAYERS)) if layer is None else (LAYERS.index(layer),):
        for a, b, supplier, tie in _tie_rows(world, number):
            if layer is None:
                more = {"direction": "both" if supplier < 0 else "forward"} if number == OPERATIONAL else {}
                more |= {"supplier": ids[supplier]} if supplier >= 0 else {}
                graph.add_edge(ids[a], ids[b], key=LAYERS[number], **tie, **more)
                continue
            if supplier != b:
                graph.add_edge(ids[a], ids[b], **tie)
            if number == OPERATIONAL and supplier != a:
                graph.add_edge(ids[b], ids[a], **tie)
    return graph


def from_networkx(
    graph: nx.Graph, year: int | None = None, layer: str = "strategic", max_ties: int = MAX_TIES
) -> ImportedNetwork:
    """Read firms and ties from a networkx graph of any kind, with the checks that a file gets.

    Parameters
    ----------
    graph : networkx.Graph
        Attributes of nodes: ``name`` (or ``label``), ``sector``, ``region``, ``x``, ``y``, ``size``; of
        edges: ``layer``, ``strength`` (or ``weight``, if all lie in [0, 1]), ``year``, ``since``,
        ``direction`` (``forward`` or ``both``), ``supplier`` (id of the end that supplies). Others are kept
        as text. In a directed graph, edges there and back become one tie, except in the operational layer.
    year : int, optional
        Which of several years to take.
    layer : str
        Where ties without a layer belong.
    max_ties : int
        Limit on the number of edges.

    Returns
    -------
    ImportedNetwork

    Raises
    ------
    Refusal
        If anything is wrong; its `problems` name every element at fault.
    """
    return read_graph(graph, year, layer, max_ties)


def write_network(world: World, path: str | Path) -> list[Path]:
    """Write a world's firms and ties to files that `read_network`, networkx and others read.

    Parameters
    ----------
    world : World
    path : str or Path
        ``.graphml``, ``.gexf``, ``.json`` (node-link) or ``.csv``. CSV gives two files: the ties at `path`
        and the firms beside it as ``<stem>_firms.csv``; text that a spreadsheet would compute gets a quote
        before it, which `read_network` takes away again.

    Returns
    -------
    list of Path
        The files written, each whole or not at all.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        firms, ids = _firm_rows(world)
        ties = _csv(("source", "target", "direction", *_TIE_VALUES), _tie_table(world, ids))
        people = _csv(("id", "uid", "name", *_FIRM_VALUES), firms)
        return [_publish(ties, path), _publish(people, path.with_name(f"{path.stem}_firms.csv"))]
    if suffix not in FORMATS:
        raise Refusal(f"{path.name}: the suffix says the format; {nearest(suffix, FORMATS)}")
    graph = to_networkx(world)
    content = {".graphml": _graphml, ".gexf": _gexf, ".json": _json}[suffix](graph)
    return [_publish(content, path)]


def _publish(content: bytes, path: Path) -> Path:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    publish(temporary, path)
    return path


def _graphml(graph: nx.MultiGraph) -> bytes:
    import networkx as nx

    _number_edges(graph)
    buffer = io.BytesIO()
    nx.write_graphml_xml(graph, buffer, edge_id_from_attribute="id")
    return buffer.getvalue()


def _gexf(graph: nx.MultiGraph) -> bytes:
    import networkx as nx

    _number_edges(graph)
    for _, data in graph.nodes(data=True):
        data["label"] = data["name"]
    buffer = io.BytesIO()
    nx.write_gexf(graph, buffer)
    # The date of writing would make two exports of one world differ.
    return re.sub(rb' lastmodifieddate="[^"]*"', b"", buffer.getvalue(), count=1)


def _json(graph: nx.MultiGraph) -> bytes:
    # Written out here because the name of the list of edges differs between releases of networkx.
    content = {
        "directed": graph.is_directed(),
        "multigraph": graph.is_multigraph(),
        "graph": {},
        "nodes": [{"id": node, **data} for node, data in graph.nodes(data=True)],
        "edges": [{"source": a, "target": b, "key": k, **data} for a, b, k, data in graph.edges(keys=True, data=True)],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _number_edges(graph: nx.MultiGraph) -> None:
    # The key of a tie is its layer, but other readers want ids that occur once.
    for number, (_, _, data) in enumerate(graph.edges(data=True)):
        data["id"] = str(number)


def _tie_table(world: World, ids: list[str]) -> list[Row]:
    """Return the ties of all layers, from the supplier where there is one."""
    rows = []
    for number in range(len(LAYERS)):
        for a, b, supplier, tie in _tie_rows(world, number):
            source, target = (b, a) if supplier == b else (a, b)
            way = "both" if supplier < 0 else "forward"
            rows.append({"source": ids[source], "target": ids[target], "direction": way, **tie})
    return rows


def _csv(columns: tuple[str, ...], rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        values = (row[name] for name in columns)
        writer.writerow([guard(value) if isinstance(value, str) else value for value in values])
    # Spreadsheets take a file without the mark for the code page of the country.
    return text.getvalue().encode("utf-8-sig")


def _firm_rows(world: World) -> tuple[list[Row], list[str]]:
    """Return what is written of each firm, and the ids by row."""
    firms = world.firms
    uids = firms.uid.tolist()
    ids = _unique([_clean(world.id_of(uid)) for uid in uids], uids)
    columns = {name: firms.column(name).tolist() for name in _FIRM_VALUES}
    for name in world.words:
        columns[name] = [_clean(world.word_for(name, code)) for code in columns[name]]
    rows = [
        # A uid may exceed what readers of JSON and GEXF hold in a number.
        {"id": ids[row], "uid": str(uid), "name": _clean(world.name_of(uid))}
        | {name: values[row] for name, values in columns.items()}
        for row, uid in enumerate(uids)
    ]
    return rows, ids


def _unique(ids: list[str], uids: list[int]) -> list[str]:
    """Return the ids, those that would be empty or occur again with the uid behind them."""
    seen: set[str] = set()
    out = []
    for identifier, uid in zip(ids, uids, strict=True):
        while not identifier or identifier in seen:
            identifier = f"{identifier} ({uid})".strip()
        seen.add(identifier)
        out.append(identifier)
    return out


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text).strip()


def _tie_rows(world: World, layer: int) -> list[tuple[int, int, int, Row]]:
    """Return rows (a, b), the supplier's row or -1, and the values of each tie; a has the smaller uid."""
    ties, uid = world.ties[layer], world.firms.uid
    owner = ties.owner().astype(np.int64)
    one = np.flatnonzero(uid[owner] < uid[ties.nbr])
    a, b = owner[one], ties.nbr[one].astype(np.int64)
    code = owner * max(world.size, 1) + ties.nbr
    mate = np.searchsorted(code, b * max(world.size, 1) + a)
    trust = ties.trust()
    role = ties.column("role")[one] if "role" in ties.spec else np.zeros(one.size, np.uint8)
    supplier = np.choose(role, [np.full(one.size, -1), b, a])
    strength = _decimals(ties.w[one])
    columns = [
        [LAYERS[layer]] * one.size,
        *(strength, strength, _decimals(trust[one]), _decimals(trust[mate])),
        *(_decimals(ties.value[one]), _decimals(ties.value[mate]), ties.born[one].tolist()),
    ]
    values = [dict(zip(_TIE_VALUES, row, strict=True)) for row in zip(*columns, strict=True)]
    return list(zip(a.tolist(), b.tolist(), supplier.tolist(), values, strict=True))


def _decimals(values: np.ndarray) -> list[float]:
    """Return floats that print as short as the column's own precision allows: 0.3, not 0.30000001192."""
    return values.astype(str).astype(float).tolist()
