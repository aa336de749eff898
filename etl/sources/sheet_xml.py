"""The XML of a sheet as a reader of XML takes it: every cell, where it stands, and what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final
from xml.parsers import expat

from etl.errors import shorten
from etl.sources.rich_text import WHITE, OddText, Runs, local, parse, unescaped, within
from etl.sources.unpack import Unreadable, whole_file

AGAIN = "Open it in the program that made it, and save it"
_SHEET, _ROWS, _ROW, _CELL, INSIDE = range(1, 6)  # depths: worksheet, sheetData, row, c, and what stands in a cell
DIGITS: Final = "0123456789"


def column_of(letters: str) -> int | None:
    """The place of a column from 0 by its letters; None where they are none."""
    place = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            return None
        place = place * 26 + ord(letter) - 64
    return place - 1 if letters else None


def cell_name(row: int, column: int) -> str:
    """A cell as a person calls it; both count from 0."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


class SheetXml(ABC):
    """Reads the XML of a sheet; what cannot stand in one is refused by name.

    A subclass takes the cells. Rows and columns count from 0.
    """

    def __init__(self, path: str) -> None:
        """Begin before the first row."""
        self.path = path
        self.row = self.column = -1
        self._names: dict[str, str] = {}  # by what the parser calls them
        self._places: dict[str, int] = {}  # of columns, by their letters
        self._rows: set[int] = set()
        self._columns: set[int] = set()
        self._depth = self._tables = self._aside = 0
        self._inside = self._open = False
        self._namespace: str | None = None
        self._called = ""  # the row, in the names of its cells
        self._kind, self._style = "n", ""
        self._formula = False
        self._value: str | None = None
        self._runs: Runs | None = None
        self._text = Runs(INSIDE)

    @abstractmethod
    def cell(self, kind: str, value: str | None, style: str, *, formula: bool) -> None:
        """Take the cell at `row` and `column`.

        Args:
            kind: As the sheet says it; `n` where it says none.
            value: Its value or text; None where it has none, an `OddText` where it is more than a text.
            style: The number of its style; "" where it has none.
            formula: Whether it has one.
        """

    def read(self, pieces: Iterable[bytes]) -> None:
        """Read the XML of a sheet.

        Raises:
            Unreadable: A row or a cell is there twice or elsewhere, or something is no cell.
            ExpatError: It is no XML.
        """
        parser = expat.ParserCreate(None, " ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        parse(pieces, parser)
        if self._tables != 1:
            raise self.refused("no_rows", "the sheet has no rows to be read" if not self._tables else
                               "the sheet has its rows in more than one place")

    def refused(self, code: str, message: str) -> Unreadable:
        """What is wrong with the sheet."""
        return Unreadable(whole_file(code, self.path, message, AGAIN))

    @property
    def name(self) -> str:
        """Of the cell of now, as a person calls it."""
        return cell_name(self.row, self.column)

    def _start(self, name: str, said: dict[str, str]) -> None:
        depth = self._depth = self._depth + 1
        if not self._inside:
            self._outside(depth, name)
            return
        bare = self._names.get(name) or self._bare(name)
        if depth == _CELL:
            if bare == "c":
                self._begin_cell(said)
            else:
                self._beside(bare)
        elif depth == INSIDE:
            if bare == "v" and self._value is None:
                self._value, self._open = "", True
            else:
                self._begin_value(bare)
        elif depth == _ROW:
            if bare != "row":
                raise self._odd(local(bare))
            self._begin_row(said.get("r"))
        elif self._runs is not None:
            self._runs.begin(depth, bare)
        else:  # in a value or a formula
            raise self._odd(local(bare))

    def _outside(self, depth: int, name: str) -> None:
        """An element outside of the rows begins."""
        if self._aside:
            return
        if depth == _SHEET:
            self._namespace = name.rpartition(" ")[0]
            if local(name) != "worksheet":
                raise self.refused("no_rows", f"the sheet is a {local(name)}, which has no rows")
        elif depth == _ROWS and self._bare(name) == "sheetData":
            self._inside = True
            self._tables += 1

    def _bare(self, name: str) -> str:
        """What an element is called in a sheet; those of others keep where they come from."""
        bare = self._names[name] = within(name, self._namespace or "")
        return bare

    def _begin_row(self, place: str | None) -> None:
        """A row stands where it says, or behind the one before."""
        if place is not None and not (place.isascii() and place.isdecimal() and int(place)):
            raise self.refused("misplaced_row", f"a row of the sheet says that it is number {place!r}")
        self.row = self.row + 1 if place is None else int(place) - 1
        self.column, self._called = -1, str(self.row + 1)
        self._columns.clear()
        if self.row in self._rows:
            raise self.refused("doubled_row", f"the sheet has the row {self.row + 1} more than once")
        self._rows.add(self.row)

    def _begin_cell(self, said: dict[str, str]) -> None:
        """A cell stands where it says, or behind the one before."""
        place = said.get("r")
        if place is None:
            column = self.column + 1
        elif (known := self._places.get(place.removesuffix(self._called))) is not None:
            column = known
        else:
            column = self._place(place)
        self.column = column
        if column in self._columns:
            raise self.refused("doubled_cell", f"the sheet has the cell {self.name} more than once")
        self._columns.add(column)
        self._kind, self._style = said.get("t", "n"), said.get("s", "")
        if self._style and not (self._style.isascii() and self._style.isdecimal()):
            raise self.refused("no_style", f"the cell {self.name} has the style {shorten(self._style, 40)}, "
                                           "which is no number")
        self._formula, self._value = False, None

    def _place(self, place: str) -> int:
        """The column of a cell in this row by its name, where its letters were not met before."""
        letters = place.rstrip(DIGITS)
        column = column_of(letters)
        if column is None:
            raise self.refused("misplaced_cell", f"a cell in row {self.row + 1} says that it is {place!r}")
        if place != letters + self._called:
            raise self.refused("misplaced_cell", f"the cell {place} stands in row {self.row + 1}")
        self._places[letters] = column
        return column

    def _begin_value(self, bare: str) -> None:
        """What stands in a cell begins: its value, its text or its formula."""
        if self._value is not None and bare in ("v", "is"):
            raise self.refused("two_values", f"the cell {self.name} has more than one value")
        if bare == "is":
            self._value, self._runs = "", self._text
        elif bare == "f":
            if self._formula:
                raise self.refused("two_values", f"the cell {self.name} has more than one formula")
            self._formula = True
        else:
            self._beside(bare)

    def _beside(self, bare: str) -> None:
        """What programs keep beside cells begins; anything else is refused."""
        if bare != "extLst":
            raise self._odd(local(bare))
        self._inside, self._aside = False, self._depth

    def _data(self, text: str) -> None:
        if self._open:
            self._value = self._value + text if self._value else text
        elif self._runs is not None:
            self._runs.data(text)
        elif self._inside and self._depth != INSIDE and text.strip(WHITE):  # there it is a formula
            raise self._odd(text.strip(WHITE))

    def _end(self, _: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if not self._inside:
            if depth == self._aside:
                self._inside, self._aside = True, 0
        elif depth == INSIDE:
            if self._runs is not None or self._kind == "inlineStr":
                self._end_value()
            self._open = False
        elif depth == _CELL:
            self._end_cell()
        elif depth == _ROWS:
            self._inside = False
        elif self._runs is not None:
            self._runs.end(depth)

    def _end_value(self) -> None:
        """A text ends, or what stands in its place."""
        text = self._runs is not None
        if self._runs is not None:
            self._value, self._runs = self._runs.take(), None
            if self._kind == "n":  # no kind is said by those who put a text there
                self._kind = "inlineStr"
        if self._value and text != (self._kind == "inlineStr") and (text or self._open):
            raise self.refused("two_kinds", f"the cell {self.name} is of the kind {self._kind} and has "
                               f"{'a text' if text else 'a value'} in place of {'a value' if text else 'a text'}")

    def _end_cell(self) -> None:
        value, kind = self._value, self._kind
        if value or self._formula or kind == "e" or type(value) is OddText:
            self.cell(kind, unescaped(value) if kind == "str" and value else value, self._style,
                      formula=self._formula)

    def _odd(self, what: str) -> Unreadable:
        return self.refused("no_cell", f"something stands among the cells of row {self.row + 1} of the sheet that is "
                                       f"none ({shorten(what, 40)[1:-1]})")
