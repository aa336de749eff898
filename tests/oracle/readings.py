"""Ways of reading: what a file says when it is read otherwise than it was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from oracle.table import Cell, Lines, Table

Way = Literal["plain", "quote", "escape", "latin", "headless", "skipped"]
WAYS: tuple[Way, ...] = ("plain", "quote", "escape", "latin", "headless", "skipped")


@dataclass(frozen=True)
class Read(Table):
    """A file's content as it is read in one way; two ways never have one `content`.

    Args:
        raw: The bytes of the file.
        counted: Its lines.
    """

    raw: bytes = b""
    way: Way = "plain"
    counted: Lines | None = None

    def content(self) -> bytes:
        """What tells one version from another: the bytes and the way of reading them."""
        return self.way.encode() + b"\0" + self.raw

    def lines(self) -> Lines:
        """As they are accounted for in this way."""
        assert self.counted is not None
        return self.counted


def read(table: Table, way: Way) -> Read:
    """A file, written as `table` says, read in a way.

    `latin` is for files without a byte order mark; `headless` and `skipped` for those whose delimiter is stated.
    """
    header, rows, lines = table.header, table.rows, table.lines()
    if way == "latin":
        header = tuple(_latin(name) for name in header)
        rows = tuple(tuple(None if cell is None else _latin(cell) for cell in row) for row in rows)
    if way in ("headless", "skipped") and header:
        first: tuple[Cell, ...] = header
        header = tuple(f"column_{place}" for place in range(1, len(header) + 1))
        rows = (first, *rows) if way == "headless" else rows
        lines = replace(lines, header=0)
    if way == "skipped" and not rows:
        header = ()
    return Read(header, rows, replace(table.style, blanks=frozenset()), table.content(), way, lines)


def _latin(text: str) -> str:
    return text.encode().decode("latin-1")
