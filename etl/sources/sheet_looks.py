"""Quick looks over the XML of a sheet for calamine's sake: how far its cells reach, and which values it fails on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from etl.sources.rich_text import parse
from etl.sources.serials import is_number
from etl.sources.sheet_xml import DIGITS, column_of

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
    """The XML of a sheet without the values that calamine can fail on and is not asked for.

    Those are all but texts of the cell's own, moments in words, and numbers that are some. Each value becomes a formula
    that says nothing, in as many bytes; the cell stays where it is.
    """
    whole = bytearray()
    parser = expat.ParserCreate()
    kind, began, said = "n", -1, [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal kind, began
        bare = name.rpartition(":")[2]
        if bare == "c":
            kind = attributes.get("t", "n")
        elif bare == "v":
            began = parser.CurrentByteIndex
            said.clear()

    def end(name: str) -> None:
        nonlocal began
        if name.rpartition(":")[2] == "v" and began >= 0:
            if kind not in _TAKEN and not (kind == "n" and is_number("".join(said))):
                spans.append((began, parser.CurrentByteIndex, name.encode()))
            began = -1

    spans: list[tuple[int, int, bytes]] = []
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, said.append
    parse(_kept(pieces, whole), parser)
    for first, last, name in spans:
        formula = name[:-1] + b"f"
        if whole.startswith(b"</" + name, last):  # else it is a tag that ends itself
            whole[first:last] = b"<" + formula.ljust(last - first - 2) + b">"
            whole[last + 2 : last + 2 + len(name)] = formula
        whole[first + 1 : first + 1 + len(name)] = formula
    return whole


def _kept(pieces: Iterable[bytes], whole: bytearray) -> Iterable[bytes]:
    for piece in pieces:
        whole += piece
        yield piece
