"""The XML of a sheet, in one pass of a pattern: what calamine does not tell of its cells, or tells otherwise.

Cells in error, formulas that were never calculated, numbers that a double does not keep, serials that are no moment,
and cells or rows that are there twice.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from functools import cached_property
from typing import Any
from xml.etree import ElementTree as ET

from etl.sources.serials import iso_moment, moment, number
from etl.sources.unpack import Unreadable, whole_file

_PIECE = 1 << 20
_TAG = re.compile(
    rb"<(?:\w+:)?(?:row\b(?P<row>[^>]*)>|c\b(?P<said>[^>]*?)(?:/>|>(?P<inside>.*?)</(?:\w+:)?c>))", re.DOTALL)
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]+)([0-9]+)["']""")
_ROW = re.compile(rb"""\br\s*=\s*["']([0-9]+)["']""")
_KIND = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")
_STYLE = re.compile(rb"""\bs\s*=\s*["']([0-9]+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_WHOLE_DAY = re.compile(rb"[1-9][0-9]{4}")  # behind the leap day of 1900, and told right
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TIMES = frozenset((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56))  # the formats of times that need no definition
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|;.*', re.DOTALL)
_AGAIN = "Open it in the program that made it, and save it"


@dataclass(slots=True)
class Part:
    """The XML of one sheet, and the cells that calamine made of it, which are mended.

    Args:
        path: Of the workbook, for what is said.
        cells: By row and column from 0; `left` columns of the sheet stand before them.
        faults: Code and text of cells that have no value, by row and column from 0.
    """

    path: str
    archive: zipfile.ZipFile
    cells: list[list[Any]]
    left: int
    faults: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    _formats: _Formats = field(init=False)
    _row: int = 0
    _column: int = -1
    _rows: set[int] = field(default_factory=set)
    _columns: set[int] = field(default_factory=set)

    def mend(self, name: str) -> None:
        """Look through the sheet of a name.

        Raises:
            Unreadable: A row or a cell is there twice, or refers to what is not there.
            ValueError: The XML and the cells do not stand in the same places.
        """
        book = ET.fromstring(self.archive.read("xl/workbook.xml"))  # noqa: S314  # expat refuses expansions
        part = self._named(book, name)
        if part is None:
            return
        self._formats = _Formats(self.archive, any(
            found.get("date1904") in ("1", "true") for found in book.iter() if found.tag.endswith("}workbookPr")))
        with self.archive.open(part) as xml:
            held = b""
            while piece := xml.read(_PIECE):
                held += piece
                cut = held.rfind(b"row>") + 4
                if cut < 4 or not _ROW_END.search(held):  # noqa: PLR2004  # no row has ended
                    continue
                self._look(held[:cut])
                held = held[cut:]
            self._look(held)

    def _named(self, book: ET.Element, name: str) -> str | None:
        """The part of the workbook that holds a sheet."""
        relation = next((sheet.get(_RELATION) for sheet in book.iter() if sheet.tag.endswith("}sheet")
                         and sheet.get("name") == name), None)
        relations = ET.fromstring(self.archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        target = next((found.get("Target") for found in relations.iter() if found.get("Id") == relation), None)
        if target is None:
            return None
        return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"

    def _look(self, xml: bytes) -> None:
        for tag in _TAG.finditer(xml):
            said = tag["said"]
            if said is None:
                self._begin_row(tag["row"])
                continue
            self._place(said)
            inside = tag["inside"]
            if not inside:
                continue
            kind, value = _KIND.search(said), _VALUE.search(inside)
            what = b"n" if kind is None else kind[1]
            if what == b"e":
                self.faults[self._at] = ("error_cell", "an error" if value is None else _text(value[1]))
            elif value is None and _FORMULA.search(inside):
                self.faults[self._at] = ("formula", "")
            elif value is not None and value[1]:
                self._value(what, value[1], said)

    def _begin_row(self, said: bytes) -> None:
        """A row stands where it says, or behind the one before."""
        place = _ROW.search(said)
        self._row = int(place[1]) if place is not None else self._row + 1
        self._column = -1
        self._columns.clear()
        if self._row in self._rows:
            raise self._damaged("doubled_row", f"the sheet has the row {self._row} more than once")
        self._rows.add(self._row)

    def _place(self, said: bytes) -> None:
        """A cell stands where it says, or behind the one before."""
        place = _PLACE.search(said)
        self._column = self._column + 1 if place is None else _number_of(place[1])
        if place is not None and int(place[2]) != self._row:
            raise self._damaged("misplaced_cell", f"the cell {_text(place[1] + place[2])} stands in row {self._row}")
        if self._column in self._columns:
            raise self._damaged("doubled_cell", f"the sheet has the cell {self._name} more than once")
        self._columns.add(self._column)

    def _value(self, kind: bytes, value: bytes, said: bytes) -> None:
        """Hold what calamine made of a value to the value."""
        if kind == b"s":
            if not value.strip().isdigit():
                raise self._damaged("no_such_text", f"the cell {self._name} is the text number {_text(value)} of the "
                                                    "workbook, which is not there")
        elif kind in (b"n", b"d"):
            row, column = self._at
            cells = self.cells[row] if row < len(self.cells) else []
            told = cells[column] if 0 <= column < len(cells) else ""
            if told == "":
                raise ValueError(f"the cell {self._name} has the value {_text(value)}, and was not found there")
            if kind == b"d":
                cells[column] = iso_moment(_text(value), told)
            elif isinstance(told, float):
                cells[column] = told if (kept := number(_text(value), told)) is None else kept
            elif isinstance(told, (date, time, timedelta)) and not (
                    type(told) is date and _WHOLE_DAY.fullmatch(value)):
                cells[column] = moment(_text(value), told, dated=self._formats.dated(said),
                                       since_1904=self._formats.since_1904)

    @property
    def _at(self) -> tuple[int, int]:
        return self._row - 1, self._column - self.left

    @property
    def _name(self) -> str:
        """Of the cell of now, as a person calls it."""
        letters, rest = "", self._column + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            letters = chr(65 + letter) + letters
        return f"{letters}{self._row}"

    def _damaged(self, code: str, message: str) -> Unreadable:
        return Unreadable(whole_file(code, self.path, message, _AGAIN))


@dataclass
class _Formats:
    """How the cells of a workbook are shown, as far as it says what they are."""

    archive: zipfile.ZipFile
    since_1904: bool

    def dated(self, said: bytes) -> bool:
        """Whether the format of a cell that is a moment shows a day."""
        style = _STYLE.search(said)
        place = 0 if style is None else int(style[1])
        return place >= len(self._dated) or self._dated[place]

    @cached_property
    def _dated(self) -> tuple[bool, ...]:
        """By style: whether its format, where it is one of moments, shows a day."""
        try:
            styles = ET.fromstring(self.archive.read("xl/styles.xml"))  # noqa: S314
        except KeyError:
            return ()
        codes = {found.get("numFmtId"): _shows_a_day(found.get("formatCode") or "")
                 for found in styles.iter() if found.tag.endswith("}numFmt")}
        formats = [found.get("numFmtId") or "0"
                   for listed in styles if listed.tag.endswith("}cellXfs") for found in listed]
        return tuple(codes.get(form, int(form) not in _TIMES) for form in formats)


def _shows_a_day(code: str) -> bool:
    bare = _NO_CODE.sub("", code).lower()
    return "d" in bare or "y" in bare or not ("h" in bare or "s" in bare)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _number_of(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
