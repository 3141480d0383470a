"""Reading a CSV file into typed rows; each fault names file, row, column, what is wrong and what to do.

Rows are counted as a spreadsheet shows them: the header is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

MOST_FAULTS = 20
"""Faults that are named before an import gives up."""


class ImportRefused(Exception):
    """Nothing was imported; `faults` say why, one sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class Column(Struct, frozen=True):
    """A column: how its text becomes a value, and the value of a new row where the column is missing."""

    name: str
    parse: Callable[[str], Any]
    required: bool = False
    default: Any = None


class CsvRow(Struct):
    """A row with its place in the file; `values` holds only the columns the file has."""

    file: str
    number: int
    values: dict[str, Any] = field(default_factory=dict)

    def fault(self, column: str, wrong: str, remedy: str) -> str:
        """Say what is wrong with a column of this row, and what to do."""
        return f"{self.file} row {self.number}, column {column}: {wrong}; {remedy}"


def read_rows(file: Path, columns: Sequence[Column]) -> list[CsvRow]:
    """Read a whole file. Raises ImportRefused."""
    text = _text_of(file)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(file, header, columns)
        known = {column.name: column for column in columns}
        rows, faults = [], list[str]()
        for number, cells in _numbered(reader):
            row = CsvRow(file.name, number)
            faults += _fill(row, header, cells, known)
            rows.append(row)
            if len(faults) >= MOST_FAULTS:
                break
    except csv.Error as error:
        raise ImportRefused([f"{file.name} row {reader.line_num}: {error}; correct the quotes"]) from None
    if faults:
        raise ImportRefused(faults[:MOST_FAULTS])
    return rows


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportRefused([f"{file}: {error.strerror}; name a CSV file that can be read"]) from None
    except UnicodeDecodeError as error:
        row = file.read_bytes()[: error.start].count(b"\n") + 1
        raise ImportRefused([f"{file.name} row {row}: this is not UTF-8; save the file as CSV UTF-8"]) from None


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Count rows as a spreadsheet does, and leave empty ones out."""
    for number, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _check_header(file: Path, header: Sequence[str], columns: Sequence[Column]) -> None:
    names = [column.name for column in columns]
    missing = [column.name for column in columns if column.required and column.name not in header]
    faults = [f"{file.name} row 1, column {name}: it is missing; add it" for name in missing]
    faults += [
        f"{file.name} row 1, column {name}: it is not known; remove it or use one of {', '.join(names)}"
        for name in header
        if name not in names
    ]
    faults += [
        f"{file.name} row 1, column {name}: it is there twice; remove one"
        for name in sorted({n for n in header if header.count(n) > 1})
    ]
    if faults:
        raise ImportRefused(faults)


def _fill(row: CsvRow, header: Sequence[str], cells: Sequence[str], known: dict[str, Column]) -> list[str]:
    """Parse the cells of a row; gives its faults."""
    if len(cells) != len(header):
        return [f"{row.file} row {row.number}: {len(cells)} cells instead of {len(header)}; correct the commas"]
    faults = []
    for name, cell in zip(header, cells, strict=True):
        column, text = known[name], cell.strip()
        if not text and column.required:
            faults.append(row.fault(name, "it is empty", "fill it in"))
            continue
        try:
            row.values[name] = column.parse(text) if text else column.default
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            faults.append(row.fault(name, wrong, remedy or "correct it"))
    return faults
