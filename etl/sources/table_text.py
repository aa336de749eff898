r"""Cells as a text that the bulk reader takes back byte for byte: what a reader in Python hands on.

One record a line, a column more in front (NULL for a record, a mark for the place of a rejected one), every cell
quoted, NULL as nothing. Cells are told as JSON tells them, so no line end stands in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from etl.sources.grammar import Dialect

TABLE_TEXT = Dialect(",", '"', '"')
_HELD = 1 << 20


class TableText:
    """A table text as it is written."""

    def __init__(self, out: BinaryIO, width: int) -> None:
        """Write records of `width` cells."""
        self._out = out
        self._width = width
        self._held: list[str] = []
        self._size = 0
        self.rows = 0
        self.longest = 0

    def row(self, cells: Sequence[str | None]) -> None:
        """Write one record."""
        self._line("".join([",", ",".join(["" if cell is None else '"' + cell.replace('"', '""') + '"'
                                           for cell in cells])]))

    def reject(self) -> None:
        """Keep the place of a record that is rejected."""
        self._line(TABLE_TEXT.mark + "," * self._width)

    def _line(self, line: str) -> None:
        self.rows += 1
        self._held.append(line)
        self._size += len(line)
        if self._size > _HELD:
            self.end()

    def end(self) -> None:
        """Write what is held."""
        if self._held:
            data = [line.encode() + b"\n" for line in self._held]
            self.longest = max(self.longest, *map(len, data))
            self._out.write(b"".join(data))
            self._held, self._size = [], 0
