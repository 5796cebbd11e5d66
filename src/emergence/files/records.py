"""Records of a file, whatever its format: cells, checks of cells, and the faults found so far."""

from __future__ import annotations

import codecs
import difflib
import io
import math
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from emergence.errors import nearest

_ANY = (-sys.float_info.max, sys.float_info.max, "a finite number")
_YEAR = (1000, 3000, "a whole year between 1000 and 3000")
_SIZE = (math.nextafter(0, 1), 1e12, "a number above 0 and at most 1e12")
_STRENGTH = (0, 1, "a number from 0 to 1")
_RANGES = {"x": _ANY, "y": _ANY, "year": _YEAR, "since": _YEAR, "size": _SIZE, "strength": _STRENGTH}
# float() alone would also take "nan", "1_000" and digits of other scripts.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
OTHER_FORMATS = {
    *(".xlsx", ".xls", ".ods", ".parquet", ".npy", ".npz", ".mat", ".h5", ".feather"),
    *(".pkl", ".pickle", ".gpickle", ".gz", ".zip", ".bz2", ".xz", ".zst"),
}
# A hint costs a scan of all choices, so a hostile file must not ask for a million of them.
_MAX_HINTS, _MAX_CHOICES = 50, 5000


def _mark_byte(error: UnicodeError) -> tuple[str, int]:
    # Valid text never holds a lone surrogate, so it can stand for the byte at fault.
    assert isinstance(error, UnicodeDecodeError)
    return chr(0xDC00 + error.object[error.start]), error.end


codecs.register_error("emergence-mark", _mark_byte)
_MARK = re.compile("[\udc00-\udcff]")


class Records:
    """What is common to all formats; a subclass says where its rows come from and how a place is told.

    Parameters
    ----------
    path : str or Path
        The file; its name begins every fault.
    known : sequence of str
        Columns with a meaning; all others are kept as text.

    Attributes
    ----------
    column, extra : dict of str to int
        Place in a row of the known and of the other columns.
    faults : list of (int, str, str)
        Order, place and text of each fault.
    damaged : list of list of str
        Rows that could not be read in full.
    assumed : list of str
        What the reader made of the file, in plain sentences.
    """

    decimal_comma = False
    symmetric = False

    def __init__(self, path: str | Path, known: Sequence[str]) -> None:
        self.path = Path(path)
        self.label = self.path.name
        self.known = known
        self.column: dict[str, int] = {}
        self.extra: dict[str, int] = {}
        self.faults: list[tuple[int, str, str]] = []
        self.damaged: list[list[str]] = []
        self.assumed: list[str] = []
        self.decimal_commas = 0
        self._hints: dict[str, str] = {}

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the fields of every record."""
        raise NotImplementedError

    def place(self, at: int, name: str = "") -> str:
        """Return where record `at` is, and in it the column `name`."""
        raise NotImplementedError

    def spot(self, at: int) -> str:
        """Return the place as part of a sentence: 'on line 3'."""
        raise NotImplementedError

    def default_direction(self, at: int) -> int:
        """Return the direction of a tie that names none: 0 from source to target, 1 both ways."""
        return 0

    def fault(self, at: int, text: str, name: str = "") -> None:
        """Note a fault of record `at`, in column `name` if it is of one; 0 is the file as a whole."""
        self.note_fault(at, self.place(at, name) if at else "", text)

    def note_fault(self, order: int, place: str, text: str) -> None:
        """Note a fault at a place that is already in words."""
        self.faults.append((order, place, text if len(text) <= 800 else f"{text[:800]}..."))

    def told(self) -> list[str]:
        """Return all faults in order, one printable line each."""
        return [
            printable(f"{self.label} {place}: {text}" if place else f"{self.label}: {text}")
            for _, place, text in sorted(self.faults, key=lambda fault: fault[0])
        ]

    def notes(self) -> list[str]:
        """Return what the reader of this file assumed."""
        notes = list(self.assumed)
        if self.decimal_commas:
            notes.append(f"{self.decimal_commas} numbers of {self.label} were read with a decimal comma")
        for name in list(self.extra)[:_MAX_HINTS]:
            close = difflib.get_close_matches(name.lower()[:80], self.known, n=1, cutoff=0.75)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            notes.append(printable(f"column {shown(name)} of {self.label} was kept as text{hint}"))
        return notes

    def cell(self, row: list[str], name: str) -> str:
        """Return the stripped text of a column, empty where there is none."""
        index = self.column.get(name, len(row))
        return row[index].strip() if index < len(row) else ""

    def identifier(self, at: int, row: list[str], name: str) -> str:
        """Return an id, which must not be empty."""
        text = self.cell(row, name)
        if not text and name in self.column:
            self.fault(at, f"empty {name}", name)
        return text

    def number(self, at: int, row: list[str], name: str) -> float:
        """Return a number, NaN where there is none or it is at fault."""
        text = plain = self.cell(row, name)
        if not text:
            return math.nan
        if self.decimal_comma and "," in text and "." not in text:
            plain = text.replace(",", ".")
            self.decimal_commas += 1
        low, high, wanted = _RANGES[name]
        value = float(plain) if NUMBER.fullmatch(plain) else math.nan
        if low <= value <= high and (wanted != _YEAR[2] or value.is_integer()):
            return value
        self.fault(at, f"{name} {shown(text)} is not {wanted}", name)
        return math.nan

    def choice(self, at: int, row: list[str], name: str, choices: Sequence[str], default: int) -> int | None:
        """Return the place of a word in `choices`, or None if it is not one of them."""
        text = self.cell(row, name).lower()
        if not text:
            return default
        if text in choices:
            return choices.index(text)
        self.fault(at, f"unknown {name} {shown(text)}{self.hint(text, choices)}", name)
        return None

    def hint(self, value: str, choices: Collection[str]) -> str:
        """Return a hint at the nearest choice, or nothing once hints would cost too much."""
        if value not in self._hints:
            if len(self._hints) >= _MAX_HINTS or not 0 < len(choices) <= _MAX_CHOICES:
                return ""
            self._hints[value] = f"; {nearest(value[:80], choices)}"
        return self._hints[value]

    def load(self, max_bytes: int) -> bytes:
        """Return the content of the file, empty if it cannot be read (a fault is noted)."""
        try:
            if self.path.suffix.lower() in OTHER_FORMATS:
                self.fault(0, "this format is not read; a network comes as CSV, GraphML, GEXF or JSON")
            elif not self.path.exists():
                self.fault(0, f"no such file at {self.path}")
            elif not self.path.is_file():
                self.fault(0, f"{self.path} is not a file")
            else:
                with self.path.open("rb") as file:
                    raw = file.read(max_bytes + 1)
                if len(raw) <= max_bytes:
                    if not raw:
                        self.fault(0, "the file is empty")
                    return raw
                self.fault(0, f"larger than {max_bytes:,} bytes, which is the limit")
        except (OSError, ValueError) as error:
            self.fault(0, f"cannot be read ({getattr(error, 'strerror', None) or error})")
        return b""

    def decode(self, raw: bytes, encoding: str = "utf-8") -> str:
        """Return the text with damaged characters replaced, each line with one noted."""
        encoding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(raw[:2], encoding)
        text = raw.decode(encoding, "emergence-mark").lstrip("\ufeff")
        if "\0" in text or _MARK.search(text):
            for line, content in enumerate(io.StringIO(text, newline=""), 1):
                if "\0" in content:
                    where = f"line {line}, character {content.index(chr(0)) + 1}"
                    self.note_fault(line, where, "a NUL byte; is this UTF-16 without a byte-order mark?")
                if mark := _MARK.search(content):
                    byte = ord(mark[0]) - 0xDC00
                    where = f"line {line}, character {mark.start() + 1}"
                    self.note_fault(line, where, f"byte 0x{byte:02X} is not {encoding.upper()}; save the file as UTF-8")
        return _MARK.sub("\ufffd", text.replace("\0", ""))


def shown(text: str) -> str:
    """Return text in quotes, cut to 60 characters."""
    return f"'{text}'" if len(text) <= 60 else f"'{text[:60]}...'"


def printable(text: str) -> str:
    """Return text without line breaks and terminal control codes, which a fault may quote from a file."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)
