"""Delimited text: comma, semicolon or tab, with or without quotes."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from emergence.files.records import Records, shown

# Text that a spreadsheet would take for a formula, with the quotes that keep it from doing so.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guard(text: str) -> str:
    """Return text that no spreadsheet computes: a quote goes before what begins like a formula.

    Parameters
    ----------
    text : str
        A text cell; numbers need no guard.

    Returns
    -------
    str
        `unguard` gives the text back, whatever it was.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Return the text that `guard` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class Table(Records):
    """One delimited file: its header and its rows.

    Parameters
    ----------
    path : str or Path
    known, required : sequence of str
        Columns with a meaning, and those of them that must be there.
    max_bytes : int
        Limit on the size of the file.
    """

    def __init__(self, path: str | Path, known: Sequence[str], required: Sequence[str], max_bytes: int) -> None:
        super().__init__(path, known)
        text = self.decode(self.load(max_bytes))
        first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
        self.separator = max(",;\t", key=re.sub('"[^"]*"', "", first).count)
        self.decimal_comma = self.separator != ","
        self._records = self._parse(text)
        top, header = next(self._records, (0, []))
        self.width = len(header)
        if header:
            self._read_header(top, [name.strip() for name in header], required)
        elif not self.faults:
            self.fault(0, "the file is empty")

    def _read_header(self, top: int, header: list[str], required: Sequence[str]) -> None:
        places: dict[str, int] = {}
        for index, name in enumerate(header):
            key = name.lower()
            if places.setdefault(key, index) < index:
                self.fault(top, f"columns {places[key] + 1} and {index + 1} are both named {shown(name)}")
            elif key in self.known:
                self.column[key] = index
            else:
                self.extra[name] = index
        for name in required:
            if name not in self.column:
                close = difflib.get_close_matches(name, list(self.extra)[:1000], n=1)
                found = shown(", ".join(header[:12]))
                hint = f"did you mean {shown(close[0])}?" if close else f"the header is {found}"
                self.fault(top, f"no column '{name}'; {hint}")

    def place(self, at: int, name: str = "") -> str:
        """Return 'line 7, column 3 (strength)', without the column where there is none."""
        return f"line {at}, column {self.column[name] + 1} ({name})" if name in self.column else f"line {at}"

    def spot(self, at: int) -> str:
        """Return 'on line 7'."""
        return f"on line {at}"

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the fields of every record with the right number of fields."""
        for line, row in self._records:
            if len(row) == self.width:
                yield line, row
            else:
                self.fault(line, f"{len(row)} fields where the header has {self.width}")
                self.damaged.append(row)

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
                yield line, [unguard(field) for field in row] if any("'" in field for field in row) else row
