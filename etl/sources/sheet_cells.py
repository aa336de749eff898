"""The cells that calamine made of a sheet, each held to what the XML of the sheet says of it.

What is a moment is calamine's to say; what a cell says is the XML's: digits, texts, errors, and formulas that were
never calculated. A cell that calamine has and the XML has not, or the other way round, is a problem of the file.
"""

from __future__ import annotations

import math
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from etl.errors import shorten
from etl.sources.cell_formats import Formats
from etl.sources.rich_text import WHITE, OddText
from etl.sources.serials import SHORT, is_number, iso_moment, moment, number, whole_day
from etl.sources.sheet_xml import SheetXml

_DIGITS = "0123456789"
_LONGEST = 20  # digits of the number of a text: Python refuses very long ones
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}


class Fault(NamedTuple):
    """Why a cell has no value.

    Args:
        code: A stable word.
        text: The cell as the file says it.
        message: The reason, as a sentence without the place.
    """

    code: str
    text: str
    message: str


_NEVER = Fault("formula", "", "the formula of the cell was never calculated")


def _in_error(text: str) -> Fault:
    return Fault("error_cell", text, f"the cell is in error: {text}" if text else "the cell is in error")


def _odd(text: OddText, which: str = "") -> Fault:
    return Fault("odd_text", str(text), f"the text of the cell{which} has {text.has}, which no text has")


def _plain(value: str, told: float) -> bool:
    """Whether a number needs no second look: `number` would keep it."""
    return (len(value) <= SHORT and value[-1] in _DIGITS and "e" not in value and "E" not in value
            and value.isascii() and float(value) == told)


class Cells(SheetXml):
    """The cells of one sheet, mended as its XML is read.

    Args:
        rows: What calamine made of them, by row and column from 0; "" where there is nothing. A row may be short.
        left: The first column of one, which a cell that calamine did not take may move.
        width: One more than the last, likewise.
        texts: The texts that cells share, by their numbers.

    Attributes:
        faults: Of the cells that have no value, by row and column from 0.
    """

    def __init__(  # what calamine made, and what the workbook says beside the sheet
        self, path: str, rows: list[list[Any]], left: int, width: int, texts: list[str], formats: Formats
    ) -> None:
        """Begin with what calamine made."""
        super().__init__(path)
        self.rows, self.left, self.width = rows, left, width
        self.faults: dict[tuple[int, int], Fault] = {}
        self._texts = texts
        self._formats = formats
        self._unmet = sum(len(row) - row.count("") for row in rows)

    def cell(self, kind: str, value: str | None, style: str, *, formula: bool) -> None:
        """Hold a cell to what its XML says."""
        row, column = self.row, self.column
        told = self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else ""
        if told != "":
            self._unmet -= 1
            if kind == "n" and value and type(told) is float and _plain(value, told):
                return
        if type(value) is OddText:
            self._faulty(_odd(value))
        elif kind == "e":
            self._faulty(_in_error(value or ""))
        elif formula and (value is None if kind in ("str", "inlineStr") else not (value or "").strip(WHITE)):
            self._faulty(_NEVER)
        elif value and kind == "n":
            self._number(value, told, style)
        elif value:
            self._other(kind, value, told)

    def _other(self, kind: str, value: str, told: object) -> None:
        """A value that is no number."""
        if kind == "s":
            self._shared(value)
        elif kind in ("str", "inlineStr"):
            self._put(value)
        elif kind == "b":
            truth = _TRUTHS.get(value.strip(WHITE).lower())
            if truth is not None:
                self._put(truth)
            elif value.strip(WHITE):
                self._faulty(Fault("no_truth", value, "the cell is of the kind of true and false, and is neither"))
        elif kind == "d":
            self._put(iso_moment(value, self._found(value, told)))
        else:
            self._faulty(Fault("no_such_kind", value, f"the cell is of the kind {shorten(kind)}, which no cell is of"))

    def end(self) -> None:
        """Hold that every cell of calamine's was met.

        Raises:
            Unreadable: There is one that the XML of the sheet does not have.
        """
        if self._unmet:
            raise self.refused("other_cells", f"{self._unmet} more cells were found in the sheet than its XML has")

    def _number(self, value: str, told: object, style: str) -> None:
        """A number, or the moment that calamine took it for."""
        if isinstance(told, float):
            try:
                whole = float(value) == told
            except ValueError:
                whole = False
            kept = number(value, told if whole else math.nan)
            if kept is not None:
                self._put(kept)
        elif isinstance(told, (date, time, timedelta)):
            formats = self._formats
            if not whole_day(value, told, since_1904=formats.since_1904):
                self._put(moment(value, told, dated=formats.dated(style), since_1904=formats.since_1904))
        elif value.strip(WHITE):
            if is_number(value):
                self._found(value, told)
            self._put(value)
        elif told != "":
            self._put("")

    def _shared(self, value: str) -> None:
        """The text of a number."""
        text = value.strip(WHITE)
        known = text.isascii() and text.isdecimal() and len(text) <= _LONGEST and int(text) < len(self._texts)
        if not known:
            self._faulty(Fault("no_such_text", value, "the cell is the text of that number of the workbook, which is "
                                                      "not there"))
            return
        found = self._texts[int(text)]
        if type(found) is OddText:
            self._faulty(_odd(found, f" (number {int(text)} of the texts that cells share, from 0)"))
        else:
            self._put(found)

    def _found(self, value: str, told: object) -> object:
        """What calamine made of a value; that it made something."""
        if told == "":
            raise self.refused("unread_cell", f"the cell {self.name} has the value {value}, and was not found there: "
                                              "it is written as few programs write it")
        return told

    def _put(self, value: object) -> None:
        rows, row, column = self.rows, self.row, self.column
        if row < len(rows) and self.left <= column < len(rows[row]):
            rows[row][column] = value
            return
        self._reach()
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = value

    def _faulty(self, fault: Fault) -> None:
        self._reach()
        self.faults[self.row, self.column] = fault

    def _reach(self) -> None:
        """Let the sheet reach to the cell of now."""
        self.rows.extend([] for _ in range(self.row + 1 - len(self.rows)))
        self.left, self.width = min(self.left, self.column), max(self.width, self.column + 1)
