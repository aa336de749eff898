"""Tables in memory and the CSV files that say them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# A cell as a file says it: None is an unquoted empty one, '' is `""`.
Cell = str | None

LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Style:
    """How a table is spelled as a file.

    Args:
        quoted: Quote every cell that is not NULL, also where nothing asks for it.
        last_end: End the last line too.
        blanks: Rows, from 0, that a blank line stands before, or their number for one at the end; ignored in a table
            of one column, where it is a record.
    """

    delimiter: str = ","
    line_end: str = "\n"
    quoted: bool = False
    byte_order_mark: bool = False
    last_end: bool = True
    blanks: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Lines:
    """How the lines of a file are accounted for, beside those of its records."""

    lines: int
    header: int
    blank: int
    continuation: int


@dataclass(frozen=True)
class Table:
    """A file's content: a header and rows of its width; no header and no rows is a file of 0 bytes."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    style: Style = Style()

    def __post_init__(self) -> None:
        """Hold the rows to the header."""
        assert all(len(row) == len(self.header) for row in self.rows)
        assert self.header or not self.rows

    @property
    def blanks(self) -> tuple[int, ...]:
        """The blank lines that are no record, by the row that they stand before."""
        return tuple(n for n in self.style.blanks if n <= len(self.rows)) if len(self.header) > 1 else ()

    def content(self) -> bytes:
        """The bytes of the file."""
        if not self.header:
            return b""
        records = [self._line(self.header)]
        for number, row in enumerate(self.rows):
            if number in self.blanks:
                records.append("")
            records.append(self._line(row))
        if len(self.rows) in self.blanks:
            records.append("")
        text = "".join(record + self.style.line_end for record in records)
        if not self.style.last_end and records[-1]:
            text = text.removesuffix(self.style.line_end)
        return ("\ufeff" if self.style.byte_order_mark else "").encode() + text.encode()

    def _line(self, cells: tuple[Cell, ...]) -> str:
        return self.style.delimiter.join(self._spelled(cell) for cell in cells)

    def _spelled(self, cell: Cell) -> str:
        if cell is None:
            return ""
        special = {self.style.delimiter, '"', "\r", "\n"}
        if cell and not self.style.quoted and special.isdisjoint(cell):
            return cell
        return '"' + cell.replace('"', '""') + '"'

    def lines(self) -> Lines:
        """The lines of the file, counted from what it was made of."""
        if not self.header:
            return Lines(0, 0, 0, 0)
        header = 1 + sum(_line_ends(name) for name in self.header)
        continuation = sum(_line_ends(cell) for row in self.rows for cell in row if cell is not None)
        blank = len(self.blanks)
        return Lines(header + blank + len(self.rows) + continuation, header, blank, continuation)


def _line_ends(text: str) -> int:
    return len(LINE_END.findall(text))
