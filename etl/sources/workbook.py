"""XLSX workbooks: one sheet as table text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from etl.config import Reading
from etl.errors import Problem
from etl.names import numbered_names
from etl.sources.json_text import Number, quoted
from etl.sources.places import Place, csv_cell, cut
from etl.sources.rewritten import Careful
from etl.sources.scan import Scan
from etl.sources.shape import Shape
from etl.sources.sheet import Sheet, read_sheet
from etl.sources.sheet_cells import Fault
from etl.sources.table_text import TABLE_TEXT, TableText
from etl.sources.unpack import Unreadable, whole_file

_SAVE = "Open it in the program that made it, correct the cell, and save it"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that is no blank one: its number in the sheet from 1, and its cells."""

    number: int
    cells: Sequence[Any]


def shaped(scan: Scan, reading: Reading) -> Scan:
    """A scan with the columns of its sheet, or with what speaks against it."""
    try:
        sheet = read_sheet(scan, reading.sheet)
    except Unreadable as unreadable:
        return replace(scan, problem=unreadable.problem)
    rows = _rows(sheet, reading.skip_rows)
    first = next(rows, None)
    if first is None:
        return replace(scan, empty=True, shape=None)
    if reading.header and (faults := _faults(sheet, first)):
        fault = faults[0][1]
        return replace(scan, problem=Problem(fault.code, f"in the header, {fault.message}", scan.file.path,
                                             first.number, text=fault.text, advice=_SAVE, whole_file=True))
    names = ([n.name for n in numbered_names(sheet.width)] if not reading.header else
             [_shown(value) for value in first.cells] + [""] * (sheet.width - len(first.cells)))
    with_fault = {column for _, column in sheet.faults}
    while names and not names[-1] and len(names) - 1 not in with_fault and not any(
            row[len(names) - 1 : len(names)] not in ([], [""], [None]) for row in sheet.cells):
        names.pop()
    header = first.number if reading.header else first.number - 1
    return replace(scan, shape=Shape(tuple(names), len(sheet.cells) - header, header_lines=header, sheet=sheet.name))


def rewrite(scan: Scan, destination: Path) -> Careful:
    """Write the records of a sheet as table text; a row with a cell in error is rejected.

    Raises:
        OSError: The destination cannot be written.
    """
    shape = scan.shape or Shape(())
    rejects: list[Problem] = []
    blank, problem, unused, rejected = 0, None, 0, 0
    with destination.open("wb") as out:
        table = TableText(out, len(shape.names))
        try:
            sheet = read_sheet(scan, shape.sheet)
        except Unreadable as unreadable:
            problem = unreadable.problem
        else:
            before = shape.header_lines
            unused = sum(row >= before for row, _ in sheet.faults)
            for row in _rows(sheet, shape.header_lines):
                blank += row.number - before - 1
                before = row.number
                faults = _faults(sheet, row)
                if not faults:
                    table.row([_told(row, place) for place in range(len(shape.names))])
                    continue
                table.reject()
                rejected += 1
                for place, fault in faults:
                    name = None
                    if place < len(shape.names):
                        unused -= 1
                        name = shape.names[place] or scan.names[place].name
                    rejects.append(Problem(fault.code, fault.message, scan.file.path, row.number, table.rows, name,
                                           fault.text, _record(row, sheet), advice=_SAVE))
            blank += len(sheet.cells) - before
        table.end()
    if unused and problem is None:
        problem = whole_file("unused_fault", scan.file.path, f"{unused} cells without a value stand outside of the "
                             "columns of the sheet", _SAVE)
    return Careful(table.rows - rejected, tuple(rejects), rejected, rejected, table.rows, blank, quoted=True,
                   dialect=TABLE_TEXT, longest=table.longest, problem=problem)


def places_of(scan: Scan, rows: Sequence[int]) -> dict[int, Place]:
    """The row of the sheet of each of some records; they count from 1."""
    shape, wanted = scan.shape or Shape(()), set(rows)
    sheet = read_sheet(scan, shape.sheet)
    found = enumerate(_rows(sheet, shape.header_lines), 1)
    return {number: Place(row.number, None, _record(row, sheet)) for number, row in found if number in wanted}


def _record(row: _Row, sheet: Sheet) -> str:
    """A row as a person reads it, as CSV; cells in error with what they say."""
    cells = [_shown(value) for value in row.cells]
    if sheet.faults:
        cells += [""] * (sheet.width - len(cells))
        cells = [shown if (fault := sheet.faults.get((row.number - 1, place))) is None else fault.text
                 for place, shown in enumerate(cells)]
    return cut(",".join(map(csv_cell, cells)))


def _rows(sheet: Sheet, skipped: int) -> Iterator[_Row]:
    """The rows behind the skipped ones that have a cell."""
    with_fault = {row for row, _ in sheet.faults}
    for at in range(skipped, len(sheet.cells)):
        if at in with_fault or any(value != "" for value in sheet.cells[at]):
            yield _Row(at + 1, sheet.cells[at])


def _faults(sheet: Sheet, row: _Row) -> list[tuple[int, Fault]]:
    """Place and fault of the cells of a row that have no value."""
    if not sheet.faults:
        return []
    found = ((place, sheet.faults.get((row.number - 1, place))) for place in range(sheet.width))
    return [(place, fault) for place, fault in found if fault is not None]


def _told(row: _Row, place: int) -> str | None:
    """A cell as JSON tells it, a date as itself; None for an empty one."""
    value = row.cells[place] if place < len(row.cells) else ""
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return quoted(value) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return _moment(value)


def _number(value: float) -> str:
    """The digits of a number; one without a fraction is an integer, as the sheet makes no difference.

    The zero with a sign keeps its fraction: an integer has no such zero.
    """
    text = format(Decimal(repr(value)), "f")
    return text if text == "-0.0" else text.removesuffix(".0")


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return quoted(_shown(value))


def _shown(value: object) -> str:
    """A cell as a person reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, timedelta):
        seconds, micro = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
        fraction = f".{micro:06}".rstrip("0") if micro else ""
        sign = "-" if value < timedelta() else ""
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    return value.isoformat(" ") if isinstance(value, datetime) else (
        value.isoformat() if isinstance(value, (date, time)) else str(value))
