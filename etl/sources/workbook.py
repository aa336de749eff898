"""XLSX workbooks: one sheet as table text.

The cells come from calamine. What it cannot tell (cells in error, formulas that were never calculated, numbers of more
digits than a double keeps) is looked for in the sheet's own XML, in one pass of a pattern.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from etl.config import Reading
from etl.errors import Problem
from etl.names import numbered_names
from etl.sources.careful import Careful
from etl.sources.json_text import quoted
from etl.sources.places import RECORD_SHOWN, Place
from etl.sources.scan import Scan
from etl.sources.shape import Shape
from etl.sources.table_text import TABLE_TEXT, TableText
from etl.sources.unpack import Unreadable, whole_file

MOST_BYTES = 4 << 30  # a part unpacks to no more
_PIECE = 1 << 20
_CELL = re.compile(
    rb"<(?:\w+:)?c\b(?P<said>[^>]*?)(?:/>|>(?P<inside>.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+)([0-9]+)"')
_KIND = re.compile(rb'\bt="(\w+)"')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_LONG_INTEGER = re.compile(rb"-?[0-9]{16,}")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_SHORT = 15  # bytes of a number that is whole in a double, whatever it is
_DIGITS = 17  # of a double, as programs write them
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SAVE = "Open it in the program that made it, correct the cell, and save it"


@dataclass(frozen=True, slots=True)
class _Odd:
    """Cells of a sheet that calamine does not tell, by row and column from 0: what is wrong, or a long number."""

    faults: Mapping[tuple[int, int], tuple[str, str]]
    numbers: Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    cells: Sequence[Sequence[Any]]
    odd: _Odd


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that is no blank one: its number in the sheet from 1, and its cells."""

    number: int
    cells: Sequence[Any]


def shaped(scan: Scan, reading: Reading) -> Scan:
    """A scan with the columns of its sheet, or with what speaks against it."""
    try:
        sheet = _read(scan, reading.sheet)
    except Unreadable as unreadable:
        return replace(scan, problem=unreadable.problem)
    rows = _rows(sheet, reading.skip_rows)
    first = next(rows, None)
    if first is None:
        return replace(scan, empty=True, shape=None)
    names = ([n.name for n in numbered_names(len(first.cells))] if not reading.header else
             [_shown(value) for value in first.cells])
    while names and not names[-1] and not any(row[len(names) - 1] not in ("", None) for row in sheet.cells):
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
    blank, problem = 0, None
    with destination.open("wb") as out:
        table = TableText(out, len(shape.names))
        try:
            sheet = _read(scan, shape.sheet)
        except Unreadable as unreadable:
            problem = unreadable.problem
        else:
            before = shape.header_lines
            for row in _rows(sheet, shape.header_lines):
                blank += row.number - before - 1
                before = row.number
                fault = _fault(sheet, row, len(shape.names))
                if fault is None:
                    table.row([_told(sheet, row, place) for place in range(len(shape.names))])
                    continue
                table.reject()
                place, code, message, text = fault
                rejects.append(Problem(code, message, scan.file.path, row.number, table.rows, shape.names[place], text,
                                       _record(row), advice=_SAVE))
            blank += len(sheet.cells) - before
        table.end()
    rejected = len(rejects)
    return Careful(table.rows - rejected, tuple(rejects), rejected, rejected, table.rows, blank, quoted=True,
                   dialect=TABLE_TEXT, longest=table.longest, problem=problem)


def places_of(scan: Scan, rows: Sequence[int]) -> dict[int, Place]:
    """The row of the sheet of each of some records; they count from 1."""
    shape, wanted = scan.shape or Shape(()), set(rows)
    found = enumerate(_rows(_read(scan, shape.sheet), shape.header_lines), 1)
    return {number: Place(row.number, None, _record(row)) for number, row in found if number in wanted}


def _record(row: _Row) -> str:
    """A row as a person reads it."""
    return ",".join(_shown(value) for value in row.cells)[:RECORD_SHOWN]


def _rows(sheet: _Sheet, skipped: int) -> Iterator[_Row]:
    """The rows behind the skipped ones that have a cell."""
    with_fault = {row for row, _ in sheet.odd.faults}
    for at in range(skipped, len(sheet.cells)):
        if at in with_fault or any(value != "" for value in sheet.cells[at]):
            yield _Row(at + 1, sheet.cells[at])


def _fault(sheet: _Sheet, row: _Row, width: int) -> tuple[int, str, str, str] | None:
    """Place, code, message and text of the first cell of a row that is in error."""
    if not sheet.odd.faults:
        return None
    for place in range(width):
        found = sheet.odd.faults.get((row.number - 1, place))
        if found is not None:
            code, text = found
            message = ("the formula of the cell was never calculated" if code == "formula" else
                       f"the cell is in error: {text}")
            return place, code, message, text
    return None


def _told(sheet: _Sheet, row: _Row, place: int) -> str | None:
    """A cell as JSON tells it, a date as itself; None for an empty one."""
    value = row.cells[place] if place < len(row.cells) else ""
    if isinstance(value, str):
        return quoted(value) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return sheet.odd.numbers.get((row.number - 1, place)) or _number(value)
    return _moment(value)


def _number(value: float) -> str:
    """The digits of a number; one without a fraction is an integer, as the sheet makes no difference."""
    text = format(Decimal(repr(value)), "f")
    return text.removesuffix(".0") if value != 0 else "0"


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
        seconds, micro = divmod(value // timedelta(microseconds=1), 1_000_000)
        fraction = f".{micro:06}".rstrip("0") if micro else ""
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    return value.isoformat(" ") if isinstance(value, datetime) else (
        value.isoformat() if isinstance(value, (date, time)) else str(value))


def _read(scan: Scan, wanted: str | None) -> _Sheet:
    """One sheet: the named one, else the first that is a visible worksheet.

    Raises:
        Unreadable: It is no workbook, or has no such sheet.
    """
    import python_calamine as calamine  # noqa: PLC0415  # only for workbooks

    path = scan.file.path
    try:
        _bounded(scan)
        workbook = calamine.CalamineWorkbook.from_path(scan.file.absolute)
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
        name = wanted if wanted is not None else next(iter(visible), None)
        if name is None or name not in [sheet.name for sheet in sheets]:
            raise Unreadable(_no_sheet(path, wanted, [sheet.name for sheet in sheets]))  # noqa: TRY301
        cells = workbook.get_sheet_by_name(name)
        if cells.start is None:
            return _Sheet(name, [], _Odd({}, {}))
        left = cells.start[1]  # the sheet begins there
        rows = [row[left:] for row in cells.to_python(skip_empty_area=False)]
        return _Sheet(name, rows, _odd(scan, name, left))
    except (Unreadable, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # calamine's panics are no Exception
        if isinstance(error, (SystemExit, GeneratorExit)):
            raise
        raise Unreadable(whole_file("corrupt", path, f"the workbook cannot be read: {str(error).rstrip('.')}",
                                    "Fetch the file again")) from error


def _no_sheet(path: str, wanted: str | None, names: Sequence[str]) -> Problem:
    have = ", ".join(repr(name) for name in names) or "none"
    if wanted is None:
        return whole_file("no_sheet", path, f"the workbook has no visible worksheet; it has: {have}",
                          "Name a hidden one with --sheet")
    return whole_file("no_sheet", path, f"the workbook has no worksheet {wanted!r}; it has: {have}",
                      "Name one of them with --sheet")


def _bounded(scan: Scan) -> None:
    """Refuse what unpacks to more than memory can be expected to hold, and what is damaged."""
    with zipfile.ZipFile(scan.file.absolute) as archive:
        for part in archive.infolist():
            if part.file_size > MOST_BYTES:
                what = f"its part {part.filename} unpacks to more than {MOST_BYTES >> 30} GB"
                raise Unreadable(whole_file("too_large", scan.file.path, what, "Save it as CSV"))
        damaged = archive.testzip()
        if damaged is not None:
            raise Unreadable(whole_file("corrupt", scan.file.path, f"its part {damaged} is damaged",
                                        "Fetch the file again"))


def _odd(scan: Scan, name: str, left: int) -> _Odd:
    """Look through the XML of a sheet."""
    faults: dict[tuple[int, int], tuple[str, str]] = {}
    numbers: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(scan.file.absolute) as archive:
        part = _part(archive, name)
        if part is None:
            return _Odd({}, {})
        with archive.open(part) as xml:
            held = b""
            while piece := xml.read(_PIECE):
                held += piece
                cut = held.rfind(b"row>") + 4
                if cut < 4 or not _ROW_END.search(held):  # noqa: PLR2004  # no row has ended
                    continue
                _look(held[:cut], left, faults, numbers)
                held = held[cut:]
            _look(held, left, faults, numbers)
    return _Odd(faults, numbers)


def _look(
    xml: bytes, left: int, faults: dict[tuple[int, int], tuple[str, str]], numbers: dict[tuple[int, int], str]
) -> None:
    for cell in _CELL.finditer(xml):
        said, inside = cell["said"], cell["inside"] or b""
        place, kind = _PLACE.search(said), _KIND.search(said)
        value = _VALUE.search(inside)
        kept = None if value is None or (kind is not None and kind[1] != b"n") else _long_number(value[1])
        if place is None:  # some writers leave it out where cells follow one another
            if kept is not None:
                raise ValueError(f"a cell with the number {kept} does not say where it stands")
            if (kind is not None and kind[1] == b"e") or (value is None and _FORMULA.search(inside)):
                raise ValueError("a cell in error, or never calculated, does not say where it stands")
            continue
        at = (int(place[2]) - 1, _column(place[1]) - left)
        if kind is not None and kind[1] == b"e":
            faults[at] = ("error_cell", "an error" if value is None else value[1].decode("utf-8", "replace"))
        elif value is None and _FORMULA.search(inside):
            faults[at] = ("formula", "")
        elif kept is not None:
            numbers[at] = kept


def _long_number(text: bytes) -> str | None:
    """A number as the sheet spells it, written out, where a double would not keep it."""
    if len(text) <= _SHORT:
        return None
    if _LONG_INTEGER.fullmatch(text):
        return text.decode()
    if not _NUMBER.fullmatch(text):
        return None
    digits = re.split(rb"[eE]", text)[0].replace(b".", b"").strip(b"-0")
    return format(Decimal(text.decode()), "f") if len(digits) > _DIGITS else None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _part(archive: zipfile.ZipFile, name: str) -> str | None:
    """The part of a workbook that holds a sheet."""
    listed = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  # expat refuses expansions
    relation = next((sheet.get(_RELATION) for sheet in listed.iter() if sheet.tag.endswith("}sheet")
                     and sheet.get("name") == name), None)
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next((found.get("Target") for found in relations.iter() if found.get("Id") == relation), None)
    if target is None:
        return None
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
