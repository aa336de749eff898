"""Texts of a workbook as a reader of XML takes them: their runs put together, without what tells how to say them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.parsers import expat

from etl.errors import shorten

ESCAPED = "_x"  # what an escape begins with
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_SURROGATE = range(0xD800, 0xE000)
WHITE: Final = " \t\r\n"  # between elements
_ITEM: Final = 2  # the depth of a shared text
_BESIDE: Final = frozenset(("phoneticPr", "rPh", "extLst"))
_IN_ITEM: Final = _BESIDE | {"t", "r"}
_IN_RUN: Final = frozenset(("t", "rPr"))


class NotPlain(ValueError):
    """XML that no workbook has."""


def parse(pieces: Iterable[bytes], parser: expat.XMLParserType) -> None:
    """Parse XML to its end.

    Raises:
        NotPlain: It declares a type of document, by which its text could say anything.
        ExpatError: It is no XML.
    """
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    for piece in pieces:
        parser.Parse(piece, False)  # noqa: FBT003  # its own signature
    parser.Parse(b"", True)  # noqa: FBT003


def _refuse(*_: object) -> None:
    message = "it declares a type of document, which no workbook has"
    raise NotPlain(message)


def local(name: str) -> str:
    """The name of an element without its namespace."""
    return name.rpartition(" ")[2]


def within(name: str, namespace: str) -> str:
    """The name of an element as a part of this namespace has it; those of others keep where they come from."""
    found, _, bare = name.rpartition(" ")
    return bare if found == namespace else f"{found} {bare}"


def unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold, which workbooks write as `_x000D_`."""
    return _ESCAPE.sub(_character, text) if ESCAPED in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in _SURROGATE else chr(code)


class OddText(str):
    """All characters of an item that has something in it that no text has.

    Attributes:
        has: What that is.
    """

    __slots__ = ("has",)
    has: str


class Runs:
    """The text of one item: of its own `t`, or those of its runs one behind the other.

    How it is said (`phoneticPr`, `rPh`), looks (`rPr`) and what programs keep beside it (`extLst`) is passed over;
    nothing else that stands there is.

    Args:
        item: The depth of the item in the XML, from 1 for the root.
    """

    def __init__(self, item: int) -> None:
        """Begin with nothing."""
        self._item = item
        self._in_run = self._open = False
        self._beside = self._odd = 0  # the depth of what is passed over, and of what no text has
        self._said: list[str] = []
        self._has = ""

    def begin(self, depth: int, name: str) -> None:
        """An element inside the item begins; the name has its namespace where it is another one."""
        if self._beside or self._odd:
            return
        below = depth - self._item
        known = _IN_RUN if below == 2 and self._in_run else _IN_ITEM if below == 1 else ()  # noqa: PLR2004  # in `r`
        if name not in known:
            self._odd, self._has = depth, self._has or f"an element {local(name)}"
        elif name == "t":
            self._open = True
        elif name == "r":
            self._in_run = True
        else:
            self._beside = depth

    def data(self, text: str) -> None:
        """Characters stand in the item."""
        if self._open or self._odd:
            self._said.append(text)
        elif not self._beside and text.strip(WHITE):
            self._has = self._has or "characters outside of its parts"
            self._said.append(text)

    def end(self, depth: int) -> None:
        """An element inside the item ends."""
        if self._beside or self._odd:
            if depth == self._beside + self._odd:  # one of them
                self._beside = self._odd = 0
        elif self._open:
            self._open = False
        else:
            self._in_run = False

    def take(self) -> str:
        """The text of the item that ends; what follows is another's."""
        text = unescaped("".join(self._said))
        self._said.clear()
        if self._has:
            text = OddText(text)
            text.has, self._has = self._has, ""
        return text


class _Items:
    """The items of the table of shared texts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._depth = self._beside = 0
        self._namespace = ""
        self._names: dict[str, str] = {}  # by what the parser calls them
        self._runs = Runs(_ITEM)

    def start(self, name: str, _: object) -> None:
        depth = self._depth = self._depth + 1
        if self._beside:
            return
        bare = self._names.get(name) or self._names.setdefault(name, within(name, self._namespace))
        if depth > _ITEM:
            self._runs.begin(depth, bare)
        elif depth < _ITEM:
            self._namespace = name.rpartition(" ")[0]
            self._names.clear()
        elif bare == "extLst":
            self._beside = depth
        elif bare != "si":
            raise _odd(local(bare))

    def data(self, text: str) -> None:
        if self._depth >= _ITEM:
            if not self._beside:
                self._runs.data(text)
        elif text.strip(WHITE):
            raise _odd(text.strip(WHITE))

    def end(self, _: str) -> None:
        depth = self._depth
        self._depth = depth - 1
        if self._beside:
            self._beside = 0 if depth == self._beside else self._beside
        elif depth > _ITEM:
            self._runs.end(depth)
        elif depth == _ITEM:
            self.found.append(self._runs.take())


def _odd(what: str) -> NotPlain:
    return NotPlain(f"something stands among its shared texts that is none ({shorten(what, 40)[1:-1]})")


def texts(pieces: Iterable[bytes]) -> list[str]:
    """The texts of the table that the cells of a workbook share, in order; one that is none is an `OddText`.

    Raises:
        NotPlain: It declares a type of document, or something else than texts stands among them.
        ExpatError: It is no XML.
    """
    items = _Items()
    parser = expat.ParserCreate(None, " ")
    parser.StartElementHandler, parser.EndElementHandler = items.start, items.end
    parser.CharacterDataHandler = items.data
    parse(pieces, parser)
    return items.found
