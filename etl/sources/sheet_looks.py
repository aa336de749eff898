"""Quick looks over the XML of a sheet for calamine's sake: how far its cells reach, and which values it fails on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from etl.sources.rich_text import parse
from etl.sources.serials import is_number
from etl.sources.sheet_xml import DIGITS, INSIDE, column_of

_HOLDS: Final = ("v", "is", "f")
_TAKEN: Final = ("str", "inlineStr", "d")  # kinds of any value


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the cells of a sheet reach, as cheaply as it can be told; what is odd in it is for others to tell.

    Args:
        cells: How many values, texts and formulas there are.
        bottom: The last row of one, from 1.
        right: The last column of one, from 0.
    """

    cells: int = 0
    bottom: int = 0
    right: int = -1

    @classmethod
    def read(cls, pieces: Iterable[bytes]) -> Bounds:
        """Look through the XML of a sheet."""
        parser = expat.ParserCreate()
        known: dict[str, int] = {}
        what: dict[str, str] = {}
        row = cells = 0
        right = column = -1
        bottom = 0

        def start(name: str, said: dict[str, str]) -> None:
            nonlocal row, cells, right, bottom, column
            bare = what.get(name)
            if bare == "c":
                if "r" in said:
                    letters = said["r"].rstrip(DIGITS)
                    if letters not in known:
                        known[letters] = -1 if (found := column_of(letters)) is None else found
                    column = known[letters]
                else:
                    column += 1
            elif bare == "v":
                cells += 1
                right = max(right, column)
                bottom = max(bottom, row)
            elif bare == "row":
                place = said.get("r", "")
                row = int(place) if place.isdecimal() else row + 1
                column = -1
            elif bare is None:
                bare = name.rpartition(":")[2]
                what[name] = "v" if bare in _HOLDS else bare
                start(name, said)

        parser.StartElementHandler = start
        parse(pieces, parser)
        return cls(cells, bottom, right)


def spared(pieces: Iterable[bytes]) -> bytearray:
    """The XML of a sheet without what calamine can fail on and is not asked for.

    Those are all values but texts of the cell's own, moments in words, and numbers that are some: each becomes a
    formula that says nothing, in as many bytes, and the cell stays where it is. What programs keep beside a value goes.
    """
    whole = bytearray()
    found = _Values()
    found.read(_kept(pieces, whole))
    for first, last, name in found.values:
        formula = name[:-1] + b"f"
        if whole.startswith(b"</" + name, last):  # else it is a tag that ends itself
            whole[first:last] = b"<" + formula.ljust(last - first - 2) + b">"
            whole[last + 2 : last + 2 + len(name)] = formula
        whole[first + 1 : first + 1 + len(name)] = formula
    for first, last, name in reversed(found.beside):  # one that ends itself ends there
        del whole[first : whole.index(b">", last) + 1 if whole.startswith(b"</" + name, last) else last]
    return whole


class _Values:
    """Where in the XML of a sheet stands what calamine is spared; each from its first byte to that of its last tag."""

    def __init__(self) -> None:
        self.values: list[tuple[int, int, bytes]] = []
        self.beside: list[tuple[int, int, bytes]] = []
        self._parser = expat.ParserCreate()
        self._kind, self._began, self._depth, self._aside = "n", -1, 0, 0
        self._said: list[str] = []

    def read(self, pieces: Iterable[bytes]) -> None:
        """Look through it."""
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._parser.CharacterDataHandler = self._said.append
        parse(pieces, self._parser)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        bare = name.rpartition(":")[2]
        if self._aside:
            return
        if bare == "c":
            self._kind = attributes.get("t", "n")
        elif bare == "extLst" and self._depth == INSIDE:
            self._aside, self._began = self._depth, self._parser.CurrentByteIndex
        elif bare == "v":
            self._began = self._parser.CurrentByteIndex
            self._said.clear()

    def _end(self, name: str) -> None:
        depth, began, here = self._depth, self._began, self._parser.CurrentByteIndex
        self._depth = depth - 1
        if self._aside:
            if depth == self._aside:
                self.beside.append((began, here, name.encode()))
                self._aside, self._began = 0, -1
        elif name.rpartition(":")[2] == "v" and began >= 0:
            if self._kind not in _TAKEN and not (self._kind == "n" and is_number("".join(self._said))):
                self.values.append((began, here, name.encode()))
            self._began = -1


def _kept(pieces: Iterable[bytes], whole: bytearray) -> Iterable[bytes]:
    for piece in pieces:
        whole += piece
        yield piece
