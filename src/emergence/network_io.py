"""Read a user's own network from CSV files; every fault is reported with its line."""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import io
import math
import operator
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emergence.errors import Refusal, nearest
from emergence.schema import LAYERS

TIE_COLUMNS = ("source", "target", "layer", "direction", "strength", "year", "since")
FIRM_COLUMNS = ("id", "name", "sector", "region", "x", "y", "size")
DIRECTIONS = ("forward", "both")
DIRECTED = LAYERS.index("operational")

_ANY = (-sys.float_info.max, sys.float_info.max, "a finite number")
_YEAR = (1000, 3000, "a whole year between 1000 and 3000")
_SIZE = (math.nextafter(0, 1), 1e12, "a number above 0 and at most 1e12")
_STRENGTH = (0, 1, "a number from 0 to 1")
_RANGES = {"x": _ANY, "y": _ANY, "year": _YEAR, "since": _YEAR, "size": _SIZE, "strength": _STRENGTH}
# float() alone would also take "nan", "1_000" and digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_CSV = {".graphml", ".gexf", ".json", ".xlsx", ".xls", ".ods"}
# A hint costs a scan of all choices, so a hostile file must not ask for a million of them.
_MAX_HINTS, _MAX_CHOICES = 50, 5000


def _mark_byte(error: UnicodeError) -> tuple[str, int]:
    # Valid text never holds a lone surrogate, so it can stand for the byte at fault.
    assert isinstance(error, UnicodeDecodeError)
    return chr(0xDC00 + error.object[error.start]), error.end


codecs.register_error("emergence-mark", _mark_byte)
_MARK = re.compile("[\udc00-\udcff]")


@dataclass(frozen=True, eq=False)
class ImportedNetwork:
    """Firms and ties as read from a user's files.

    Attributes
    ----------
    ids, names : list of str
        In the order of the firms file, or else of first appearance; a name falls back to the id.
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


def read_network(
    ties: str | Path,
    firms: str | Path | None = None,
    year: int | None = None,
    layer: str = "strategic",
    max_bytes: int = 50_000_000,
    max_ties: int = 1_000_000,
) -> ImportedNetwork:
    """Read ties, and optionally firms, from CSV files.

    Comma, semicolon and tab, a byte-order mark, UTF-8 and UTF-16 are recognised; decimal commas are read
    where the separator is not a comma. Blank lines are skipped.

    Parameters
    ----------
    ties : str or Path
        Columns ``source,target`` and optionally ``layer,direction,strength,year,since``; others are kept.
    firms : str or Path, optional
        Column ``id`` and optionally ``name,sector,region,x,y,size``; others are kept. Without this file the
        firms are those with a tie (in the chosen year).
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
        If anything at all is wrong; its `problems` lists every fault with its file and line.
    """
    if layer not in LAYERS:
        raise Refusal(f"network.layer: {_shown(str(layer))} is not a layer; {nearest(str(layer), LAYERS)}")
    if not (year is None or isinstance(year, (int, np.integer))):
        raise Refusal(f"network.year: {_shown(str(year))} is not a whole number")

    firm_table = None if firms is None else _Table(firms, FIRM_COLUMNS, ("id",), max_bytes)
    tie_table = _Table(ties, TIE_COLUMNS, ("source", "target"), max_bytes)
    tables = [table for table in (firm_table, tie_table) if table]
    known, people = _read_firms(firm_table) if firm_table else (None, {})
    rows = _read_ties(tie_table, known, LAYERS.index(layer), max_ties)
    years = _check_years(tie_table, rows, year)
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
    when = "" if year is None else f" in {year}"
    if len(years) > 1:
        notes.append(f"{len(rows)} of {sum(years.values())} ties were taken, those{when}")
    if unplaced := sum(not tie_table.cell(tie.row, "layer") for tie in rows):
        notes.append(f"{unplaced} ties without a layer were put in the {layer} layer")
    if firm_table and (idle := len(ids) - len(np.union1d(source, target))):
        notes.append(f"{idle} firms of {firm_table.label} have no tie{when} and stay as firms without ties")
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


@dataclass(slots=True)
class _Tie:
    line: int
    row: list[str]
    source: str
    target: str
    layer: int | None
    direction: int | None
    strength: float
    since: float
    year: int


def _read_firms(table: _Table) -> tuple[dict[str, int] | None, dict[str, list[Any]]]:
    """Return the line of every firm (None where the ids cannot be known) and the columns."""
    columns: dict[str, list[Any]] = {name: [] for name in (*FIRM_COLUMNS, *table.extra)}
    lines: dict[str, int] = {}
    for line, row in table.rows():
        identifier = table.identifier(line, row, "id")
        if identifier and identifier in lines:
            table.fault(line, f"duplicate firm {_shown(identifier)}, first on line {lines[identifier]}")
        lines.setdefault(identifier, line)
        columns["id"].append(identifier)
        for name in ("name", "sector", "region"):
            columns[name].append(table.cell(row, name) or None)
        for name in ("x", "y", "size"):
            columns[name].append(table.number(line, row, name))
        for name, index in table.extra.items():
            columns[name].append(row[index])
    if not lines and not table.faults:
        table.fault(0, "no firms at all")
    _check_uids(table, lines)
    # The firm of a damaged row is known all the same: its ties are not at fault.
    lines.update((table.cell(row, "id"), 0) for row in table.damaged)
    return lines if "id" in table.column else None, columns


def _read_ties(table: _Table, known: Collection[str] | None, default: int, max_ties: int) -> list[_Tie]:
    """Return the ties of all years, every fault noted."""
    ties: list[_Tie] = []
    lines: dict[str, int] = {}
    seen: dict[tuple[int, int, str, str], int] = {}
    for line, row in table.rows():
        if len(ties) == max_ties:
            table.fault(line, f"more than {max_ties:,} ties, which is the limit")
            break
        a, b = (table.identifier(line, row, end) for end in ("source", "target"))
        for end in (a, b):
            if end and known is not None and end not in known:
                table.fault(line, f"unknown firm {_shown(end)}{table.hint(end, known)}")
            lines.setdefault(end, line)
        layer = table.choice(line, row, "layer", LAYERS, default)
        direction = table.choice(line, row, "direction", DIRECTIONS, 0)
        strength, since, date = (table.number(line, row, name) for name in ("strength", "since", "year"))
        year = 0 if math.isnan(date) else int(date)
        ties.append(_Tie(line, row, a, b, layer, direction, strength, since, year))
        if not a or not b or layer is None:
            continue
        if a == b:
            table.fault(line, f"{_shown(a)} is tied to itself")
            continue
        ways = [(a, b)] if layer == DIRECTED or a < b else [(b, a)]
        if layer == DIRECTED and direction == 1:
            ways.append((b, a))
        keys = [(year, layer, *way) for way in ways]
        if earlier := [seen[key] for key in keys if key in seen]:
            what = f"{_shown(a)} and {_shown(b)} in the {LAYERS[layer]} layer"
            table.fault(line, f"duplicate tie of {what}, first on line {min(earlier)}")
        for key in keys:
            seen.setdefault(key, line)
    if not ties and not table.faults:
        table.fault(0, "no ties at all")
    if known is None:
        _check_uids(table, lines)
    return ties


def _check_years(table: _Table, ties: list[_Tie], year: int | None) -> dict[int, int]:
    """Return the ties per year; note a year that is missing or was not chosen."""
    years = dict(sorted(Counter(tie.year for tie in ties if tie.year).items()))
    listed = ", ".join(f"{date} ({count} ties)" for date, count in years.items())
    if years:
        for tie in ties:
            if not table.cell(tie.row, "year"):
                table.fault(tie.line, "no year, though other ties have one")
    if year is None and len(years) > 1:
        table.fault(0, f"several years and no choice; choose network.year from {listed}")
    elif year is not None and years and year not in years:
        close = min(years, key=lambda date: abs(date - year))
        table.fault(0, f"no ties in {year}; the nearest year is {close}, the years are {listed}")
    elif year is not None and ties and not years:
        table.fault(0, f"no years in the file, so network.year={year} cannot be chosen")
    return years


def _check_uids(table: _Table, lines: dict[str, int]) -> None:
    owner: dict[int, str] = {}
    for identifier, line in lines.items():
        other = owner.setdefault(firm_uid(identifier), identifier)
        if other != identifier:
            table.fault(line, f"{_shown(identifier)} and {_shown(other)} get the same number; rename one")


def _refuse(tables: list[_Table]) -> None:
    """Raise one Refusal with all faults, by file and line."""
    if len({table.label for table in tables}) < len(tables):
        for table in tables:
            table.label = str(table.path)
    problems = [
        _printable(f"{table.label} line {line}: {text}" if line else f"{table.label}: {text}")
        for table in tables
        for line, text in sorted(table.faults, key=operator.itemgetter(0))
    ]
    if problems:
        files = _printable(" and ".join(str(table.path) for table in tables if table.faults))
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems, the first"
        raise Refusal(f"{files}: {count}\n{problems[0]}", problems)


class _Table:
    """One delimited file: its header, its rows and the faults found in it so far."""

    def __init__(self, path: str | Path, columns: Sequence[str], required: Sequence[str], max_bytes: int) -> None:
        self.path = Path(path)
        self.label = self.path.name
        self.known = columns
        self.faults: list[tuple[int, str]] = []
        self.damaged: list[list[str]] = []
        self.decimal_commas = 0
        self._hints: dict[str, str] = {}
        text = self._text(max_bytes)
        first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
        self.separator = max(",;\t", key=re.sub('"[^"]*"', "", first).count)
        self._records = self._parse(text)
        top, header = next(self._records, (0, []))
        self.width = len(header)
        self.column: dict[str, int] = {}
        self.extra: dict[str, int] = {}
        places: dict[str, int] = {}
        for index, name in enumerate(name.strip() for name in header):
            key = name.lower()
            if places.setdefault(key, index) < index:
                self.fault(top, f"columns {places[key] + 1} and {index + 1} are both named {_shown(name)}")
            elif key in columns:
                self.column[key] = index
            else:
                self.extra[name] = index
        if not header and not self.faults:
            self.fault(0, "the file is empty")
        for name in required if header else ():
            if name not in self.column:
                close = difflib.get_close_matches(name, list(self.extra)[:1000], n=1)
                found = _shown(", ".join(header[:12]))
                hint = f"did you mean {_shown(close[0])}?" if close else f"the header is {found}"
                self.fault(top, f"no column '{name}'; {hint}")

    def fault(self, line: int, text: str) -> None:
        """Note a fault; line 0 is the file as a whole."""
        self.faults.append((line, text if len(text) <= 800 else f"{text[:800]}..."))

    def notes(self) -> list[str]:
        """Return what the reader of this file assumed."""
        notes = []
        if self.decimal_commas:
            notes.append(f"{self.decimal_commas} numbers of {self.label} were read with a decimal comma")
        for name in list(self.extra)[:_MAX_HINTS]:
            close = difflib.get_close_matches(name.lower()[:80], self.known, n=1, cutoff=0.75)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            notes.append(_printable(f"column {_shown(name)} of {self.label} was kept as text{hint}"))
        return notes

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the fields of every record with the right number of fields."""
        for line, row in self._records:
            if len(row) == self.width:
                yield line, row
            else:
                self.fault(line, f"{len(row)} fields where the header has {self.width}")
                self.damaged.append(row)

    def cell(self, row: list[str], name: str) -> str:
        """Return the stripped text of a column, empty where there is none."""
        index = self.column.get(name, len(row))
        return row[index].strip() if index < len(row) else ""

    def identifier(self, line: int, row: list[str], name: str) -> str:
        """Return an id, which must not be empty."""
        text = self.cell(row, name)
        if not text and name in self.column:
            self.fault(line, f"empty {name}")
        return text

    def number(self, line: int, row: list[str], name: str) -> float:
        """Return a number, NaN where there is none or it is at fault."""
        text = plain = self.cell(row, name)
        if not text:
            return math.nan
        if self.separator != "," and "," in text and "." not in text:
            plain = text.replace(",", ".")
            self.decimal_commas += 1
        low, high, wanted = _RANGES[name]
        value = float(plain) if _NUMBER.fullmatch(plain) else math.nan
        if low <= value <= high and (wanted != _YEAR[2] or value.is_integer()):
            return value
        self.fault(line, f"{name} {_shown(text)} is not {wanted}")
        return math.nan

    def choice(self, line: int, row: list[str], name: str, choices: Sequence[str], default: int) -> int | None:
        """Return the place of a word in `choices`, or None if it is not one of them."""
        text = self.cell(row, name).lower()
        if not text:
            return default
        if text in choices:
            return choices.index(text)
        self.fault(line, f"unknown {name} {_shown(text)}{self.hint(text, choices)}")
        return None

    def hint(self, value: str, choices: Collection[str]) -> str:
        """Return a hint at the nearest choice, or nothing once hints would cost too much."""
        if value not in self._hints:
            if len(self._hints) >= _MAX_HINTS or not 0 < len(choices) <= _MAX_CHOICES:
                return ""
            self._hints[value] = f"; {nearest(value[:80], choices)}"
        return self._hints[value]

    def _text(self, max_bytes: int) -> str:
        """Return the decoded file, empty if it cannot be read."""
        try:
            if self.path.suffix.lower() in _NOT_CSV:
                self.fault(0, "CSV is read here; save the network as lines of source,target")
            elif not self.path.exists():
                self.fault(0, f"no such file at {self.path}")
            elif not self.path.is_file():
                self.fault(0, f"{self.path} is not a file")
            else:
                with self.path.open("rb") as file:
                    raw = file.read(max_bytes + 1)
                if len(raw) <= max_bytes:
                    return self._decoded(raw)
                self.fault(0, f"larger than {max_bytes:,} bytes, which is the limit")
        except (OSError, ValueError) as error:
            self.fault(0, f"cannot be read ({getattr(error, 'strerror', None) or error})")
        return ""

    def _decoded(self, raw: bytes) -> str:
        """Return the text with damaged characters replaced, each line with one noted."""
        encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(raw[:2], "utf-8")
        text = raw.decode(encoding, "emergence-mark").lstrip("\ufeff")
        if "\0" in text or _MARK.search(text):
            for line, content in enumerate(io.StringIO(text, newline=""), 1):
                if "\0" in content:
                    self.fault(line, "a NUL byte; is this UTF-16 without a byte-order mark?")
                if mark := _MARK.search(content):
                    byte = ord(mark[0]) - 0xDC00
                    self.fault(line, f"byte 0x{byte:02X} is not {encoding.upper()}; save the file as UTF-8")
        return _MARK.sub("\ufffd", text.replace("\0", ""))

    def _parse(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the fields of every record that is not blank."""
        # strict: a quote that is never closed would otherwise swallow the lines after it in silence.
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=self.separator, strict=True, skipinitialspace=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                why = "a quote that opens here is never closed" if "end of data" in str(error) else str(error)
                self.fault(line, f"cannot be read as CSV: {why}")
                continue
            if any(map(str.strip, row)):
                yield line, row


def _shown(text: str) -> str:
    return f"'{text}'" if len(text) <= 60 else f"'{text[:60]}...'"


def _printable(text: str) -> str:
    # A fault quotes the file, which may hold line breaks or terminal control codes.
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
