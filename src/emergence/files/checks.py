"""Firms and ties out of records: what is wrong with each, with all others, and with the years."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from emergence.files.graph import DIRECTED, GraphTable
from emergence.files.records import Records, shown
from emergence.schema import LAYERS, OPERATIONAL

TIE_COLUMNS = ("source", "target", "layer", "direction", "strength", "year", "since")
FIRM_COLUMNS = ("id", "name", "sector", "region", "x", "y", "size")
DIRECTIONS = ("forward", "both")
MAX_KINDS = {"sector": 255, "region": 32_000}


def firm_uid(identifier: str) -> int:
    """Return the permanent number of a firm that came with its own id.

    Parameters
    ----------
    identifier : str
        The id in the user's file.

    Returns
    -------
    int
        From 2**62 to 2**63 - 1: the program's own numbers stay below, so the two never meet.
    """
    digest = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") & (2**62 - 1) | 2**62


@dataclass(slots=True)
class Tie:
    at: int
    row: list[str]
    source: str
    target: str
    layer: int | None
    direction: int | None
    strength: float
    since: float
    year: int
    merged: bool = False


def read_people(
    firm_table: Records | None, node_table: GraphTable | None
) -> tuple[dict[str, int] | None, dict[str, list[Any]]]:
    """Return the firms known (None where any id will do) and their columns, the file's before the graph's."""
    if node_table is None:
        return _read_firms(firm_table) if firm_table else (None, {})
    nodes, drawn = _read_firms(node_table)
    if firm_table is None:
        return nodes, drawn
    known, people = _read_firms(firm_table)
    if known is None or nodes is None:
        return None, people
    for identifier, at in nodes.items():
        if identifier and identifier not in known:
            node_table.fault(at, f"unknown firm {shown(identifier)}{node_table.hint(identifier, known)}")
    place = {identifier: index for index, identifier in enumerate(drawn["id"])}
    rows = [place.get(identifier) for identifier in people["id"]]
    for name, column in drawn.items():
        own = people.setdefault(name, [None] * len(rows))
        numeric = name in ("x", "y", "size")
        missing = math.nan if numeric else None if name in FIRM_COLUMNS else ""
        fill = [missing if row is None else column[row] for row in rows]
        people[name] = [b if a is None or a == "" or a != a else a for a, b in zip(own, fill, strict=True)]
    return known | nodes, people


def _read_firms(table: Records) -> tuple[dict[str, int] | None, dict[str, list[Any]]]:
    """Return the place of every firm (None where the ids cannot be known) and the columns."""
    columns: dict[str, list[Any]] = {name: [] for name in (*FIRM_COLUMNS, *table.extra)}
    seen: dict[str, int] = {}
    for at, row in table.rows():
        identifier = table.identifier(at, row, "id")
        if identifier and identifier in seen:
            table.fault(at, f"duplicate firm {shown(identifier)}, first {table.spot(seen[identifier])}", "id")
        seen.setdefault(identifier, at)
        columns["id"].append(identifier)
        for name in ("name", "sector", "region"):
            columns[name].append(table.cell(row, name) or None)
        for name in ("x", "y", "size"):
            columns[name].append(table.number(at, row, name))
        for name, index in table.extra.items():
            columns[name].append(row[index])
    if not seen and not table.faults:
        table.fault(0, "no firms at all")
    for name, most in MAX_KINDS.items():
        if (kinds := len(set(columns[name]) - {None})) > most:
            table.fault(0, f"{kinds} different values of '{name}'; at most {most} can be told apart")
    _check_uids(table, seen)
    # The firm of a damaged row is known all the same: its ties are not at fault.
    seen.update((table.cell(row, "id"), 0) for row in table.damaged)
    return seen if "id" in table.column else None, columns


def read_ties(table: Records, known: Collection[str] | None, default: int, max_ties: int) -> list[Tie]:
    """Return the ties of all years, every fault noted."""
    ties: list[Tie] = []
    places: dict[str, int] = {}
    seen: dict[tuple[int, int, str, str], Tie] = {}
    for at, row in table.rows():
        if len(ties) == max_ties:
            table.fault(at, f"more than {max_ties:,} ties, which is the limit")
            break
        tie = _read_tie(table, at, row, default)
        for name, end in (("source", tie.source), ("target", tie.target)):
            if end and known is not None and end not in known:
                table.fault(at, f"unknown firm {shown(end)}{table.hint(end, known)}", name)
            places.setdefault(end, at)
        if tie.source and tie.source == tie.target:
            table.fault(at, f"{shown(tie.source)} is tied to itself", "target")
        elif tie.source and tie.target and tie.layer is not None and _is_second_half(table, tie, seen):
            continue
        ties.append(tie)
    # A graph may hold firms without ties; a table of ties without any is a mistake.
    if not ties and not table.faults and not table.symmetric:
        table.fault(0, "no ties at all")
    if known is None:
        _check_uids(table, places)
    return ties


def _read_tie(table: Records, at: int, row: list[str], default: int) -> Tie:
    a, b = (table.identifier(at, row, end) for end in ("source", "target"))
    layer = table.choice(at, row, "layer", LAYERS, default)
    direction = table.choice(at, row, "direction", DIRECTIONS, table.default_direction(at))
    supplier = table.cell(row, "supplier") if layer == OPERATIONAL else ""
    if supplier not in ("", a, b):
        table.fault(at, f"supplier {shown(supplier)} is neither {shown(a)} nor {shown(b)}")
    elif supplier:
        a, b, direction = supplier, a if supplier == b else b, 0
    strength, since, date = (table.number(at, row, name) for name in ("strength", "since", "year"))
    return Tie(at, row, a, b, layer, direction, strength, since, 0 if math.isnan(date) else int(date))


def _is_second_half(table: Records, tie: Tie, seen: dict[tuple[int, int, str, str], Tie]) -> bool:
    """Note a tie that was there before; return whether it is the way back of one and was merged with it."""
    a, b, layer = tie.source, tie.target, tie.layer or 0
    ways = [(a, b)] if layer == OPERATIONAL or a < b else [(b, a)]
    if layer == OPERATIONAL and tie.direction == 1:
        ways.append((b, a))
    keys = [(tie.year, layer, *way) for way in ways]
    earlier = [seen[key] for key in keys if key in seen]
    if earlier and layer != OPERATIONAL and _is_way_back(table, tie, earlier[0]):
        given = [strength for strength in (earlier[0].strength, tie.strength) if not math.isnan(strength)]
        earlier[0].strength = sum(given) / len(given) if given else math.nan
        earlier[0].since = np.fmin(earlier[0].since, tie.since)
        earlier[0].merged = True
        return True
    if earlier:
        first = min(earlier, key=lambda other: other.at)
        what = f"{shown(a)} and {shown(b)} in the {LAYERS[layer]} layer"
        table.fault(tie.at, f"duplicate tie of {what}, first {table.spot(first.at)}")
    for key in keys:
        seen.setdefault(key, tie)
    return False


def _is_way_back(table: Records, tie: Tie, first: Tie) -> bool:
    # A directed graph of networkx holds a mutual tie as two edges; a table has no reason to.
    directed = isinstance(table, GraphTable) and all(table.elements[t.at - 1].way == DIRECTED for t in (tie, first))
    return directed and first.source == tie.target and not first.merged


def check_years(table: Records, ties: list[Tie], year: int | None) -> dict[int, int]:
    """Return the ties per year; note a year that is missing or was not chosen."""
    years = dict(sorted(Counter(tie.year for tie in ties if tie.year).items()))
    listed = ", ".join(f"{date} ({count} ties)" for date, count in years.items())
    if years:
        for tie in ties:
            if not table.cell(tie.row, "year"):
                table.fault(tie.at, "no year, though other ties have one", "year")
    if year is None and len(years) > 1:
        table.fault(0, f"several years and no choice; choose network.year from {listed}")
    elif year is not None and years and year not in years:
        close = min(years, key=lambda date: abs(date - year))
        table.fault(0, f"no ties in {year}; the nearest year is {close}, the years are {listed}")
    elif year is not None and ties and not years:
        table.fault(0, f"no years in the file, so network.year={year} cannot be chosen")
    return years


def _check_uids(table: Records, places: dict[str, int]) -> None:
    owner: dict[int, str] = {}
    for identifier, at in places.items():
        other = owner.setdefault(firm_uid(identifier), identifier)
        if other != identifier:
            table.fault(at, f"{shown(identifier)} and {shown(other)} get the same number; rename one")
