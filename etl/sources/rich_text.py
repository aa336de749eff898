"""Texts of a workbook as a reader of XML takes them: their runs put together, without what tells how to say them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.parsers import expat

ESCAPED = "_x"  # what an escape begins with
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_SURROGATE = range(0xD800, 0xE000)


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


def unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold, which workbooks write as `_x000D_`."""
    return _ESCAPE.sub(_character, text) if ESCAPED in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in _SURROGATE else chr(code)


class Runs:
    """The text of one item: of its own `t`, or those of its runs one behind the other.

    Args:
        item: The depth of the item in the XML, from 1 for the root.
    """

    def __init__(self, item: int) -> None:
        """Begin with nothing."""
        self._item = item
        self._in_run = False
        self.open = False
        self.said: list[str] = []

    def begin(self, depth: int, name: str) -> None:
        """An element inside the item begins."""
        below = depth - self._item
        if below == 1:
            self._in_run = name == "r"
        self.open = name == "t" and (below == 1 or (below == 2 and self._in_run))  # noqa: PLR2004  # `t` in `r`

    def end(self) -> None:
        """An element inside the item ends."""
        self.open = False

    def take(self) -> str:
        """The text of the item that ends; what follows is another's."""
        text = unescaped("".join(self.said))
        self.said.clear()
        return text


class _Items:
    """The items of the table of shared texts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._depth = 0
        self._runs = Runs(2)

    def start(self, name: str, _: object) -> None:
        self._depth += 1
        if self._depth > 2:  # noqa: PLR2004  # inside an item
            self._runs.begin(self._depth, local(name))

    def data(self, text: str) -> None:
        if self._runs.open:
            self._runs.said.append(text)

    def end(self, name: str) -> None:
        if self._depth == 2 and local(name) == "si":  # noqa: PLR2004  # the item itself
            self.found.append(self._runs.take())
        self._depth -= 1
        self._runs.end()


def texts(pieces: Iterable[bytes]) -> list[str]:
    """The texts of the table that the cells of a workbook share, in order.

    Raises:
        NotPlain: It declares a type of document.
        ExpatError: It is no XML.
    """
    items = _Items()
    parser = expat.ParserCreate(None, " ")
    parser.StartElementHandler, parser.EndElementHandler = items.start, items.end
    parser.CharacterDataHandler = items.data
    parse(pieces, parser)
    return items.found
