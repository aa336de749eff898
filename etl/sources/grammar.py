"""The grammar of a CSV record, walked line by physical line.

It is the grammar of DuckDB's strict reader where that one is sound: a quote elsewhere than at the beginning of a cell
is itself. Unlike that reader, white space outside the quotes of a cell is part of it, text after a closing quote is
always an error, an escape character that escapes nothing stays, and empty cells past the last column are cells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Fault = str
WHITE = " \t\v\f\u00a0"  # what may stand beside quotes; where one of these delimits, it does not


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells stand in a record.

    Args:
        quote: The empty string when nothing is quoted.
        escape: What stands before a quote inside a quoted cell; the quote itself unless stated.
    """

    delimiter: str
    quote: str
    escape: str

    @property
    def mark(self) -> str:
        """A character that means nothing here: what fills the first cell of a record that is only a place."""
        return next(mark for mark in "-0123456" if mark not in self.delimiter + self.quote + self.escape)


class Walk:
    """One record, fed its physical lines.

    Attributes:
        cells: The cells so far; None is an unquoted empty one. Filled when `collect` is set.
        count: How many cells have ended.
        surplus: Whether a cell past `width` holds anything; those past it that do not are cells all the same.
        cell_lines: Lines of the longest cell.
        fault: `text_after_quote` at `fault_cell` and `fault_text`, else None.
        open: Whether a quoted cell goes on in the next line.
    """

    __slots__ = (
        "_cell",
        "_collect",
        "_delimiter",
        "_edits",
        "_escape",
        "_inside",
        "_lines",
        "_plain_escape",
        "_quote",
        "cell_lines",
        "cells",
        "count",
        "fault",
        "fault_text",
        "open",
        "surplus",
        "width",
    )

    def __init__(self, dialect: Dialect, width: int = 0, *, collect: bool = False) -> None:
        """Begin a record of `width` columns; 0 is unknown."""
        self._delimiter = dialect.delimiter
        self._quote = dialect.quote
        self._escape = dialect.escape
        self._plain_escape = dialect.escape == dialect.quote
        self._edits: list[tuple[int, int, str]] = []
        self._inside = re.compile(f"[{re.escape(dialect.quote + dialect.escape)}]" if dialect.quote else r"\Z")
        self._cell: list[str] = []
        self._lines = 1
        self._collect = collect
        self.width = width
        self.cells: list[str | None] = []
        self.count = 0
        self.surplus = False
        self.cell_lines = 1
        self.fault: Fault | None = None
        self.fault_text = ""
        self.open = False

    def feed(self, line: str) -> str:
        """Take one physical line; return it as it is written for another reader of this dialect.

        There an escape character that escapes nothing is doubled, and white space outside quotes stands inside. When
        `open` is false afterwards, the record ended.
        """
        body = line.rstrip("\r\n")
        at = 0
        self._edits = []
        if self.open:
            self._lines += 1
            self.cell_lines = max(self.cell_lines, self._lines)
        while True:
            if self.open:
                at = self._to_closing_quote(body, at)
                if at < 0:
                    if self._collect:
                        self._cell.append(line[len(body) :])
                    break
                at = self._after_quote(body, at)
                if at < 0:
                    break
            at = self._open_cell(body, at)
            if at < 0:
                break
        return self._edited(line) if self._edits else line

    def _edited(self, line: str) -> str:
        parts, copied = [], 0
        for begin, end, text in self._edits:
            parts += [line[copied:begin], text]
            copied = end
        return "".join([*parts, line[copied:]])

    def _open_cell(self, body: str, at: int) -> int:
        """Read an unquoted cell whole, or enter a quoted one; return where to go on, -1 at the end of the record."""
        start = at
        if self._quote:
            at = self._behind_white(body, at)
            if body.startswith(self._quote, at):
                self.open = True
                self._lines = 1
                self._cell = [body[start:at]]
                if at > start:
                    self._edits.append((start, at + 1, self._quote + body[start:at]))
                return at + 1
        end = body.find(self._delimiter, start)
        stop = len(body) if end < 0 else end
        self._end_cell(body[start:stop] or None)
        return end if end < 0 else self._next_cell(end)

    def _next_cell(self, delimiter_at: int) -> int:
        return delimiter_at + len(self._delimiter)

    def _behind_white(self, body: str, at: int) -> int:
        while at < len(body) and body[at] in WHITE and not body.startswith(self._delimiter, at):
            at += 1
        return at

    def _to_closing_quote(self, body: str, at: int) -> int:
        """Go to behind the closing quote, -1 where there is none."""
        start = at
        while True:
            found = self._inside.search(body, at)
            if found is None:
                if self._collect:
                    self._cell.append(body[start:])
                return -1
            place = found.start()
            following = body[place + 1 : place + 2]
            if self._plain_escape or body[place] != self._quote:
                escapes = following != "" and following in (self._quote, self._escape)
            else:
                escapes = False
            if escapes:
                if self._collect:
                    self._cell.append(body[start:place] + following)
                start = at = place + 2
            elif body[place] == self._quote:
                if self._collect:
                    self._cell.append(body[start:place])
                self.open = False
                return place + 1
            else:
                self._edits.append((place, place, self._escape))
                at = place + 1

    def _after_quote(self, body: str, at: int) -> int:
        """Take white space behind a closing quote; return where the next cell begins, -1 at the end of the record.

        A record at fault is read on: a later cell of it may be quoted, and have lines that are no records.
        """
        quote_at = at - 1
        at = self._behind_white(body, at)
        if at > quote_at + 1:
            self._edits.append((quote_at, at, body[quote_at + 1 : at] + self._quote))
        self._end_cell("".join([*self._cell, body[quote_at + 1 : at]]))
        if at == len(body):
            return -1
        if body.startswith(self._delimiter, at):
            return self._next_cell(at)
        end = body.find(self._delimiter, at)
        if self.fault is None:
            self.fault, self.fault_text = "text_after_quote", body[at:] if end < 0 else body[at:end]
        return end if end < 0 else self._next_cell(end)

    def _end_cell(self, cell: str | None) -> None:
        self.count += 1
        if self._collect:
            self.cells.append(cell)
        if cell is not None and self.width and self.count > self.width:
            self.surplus = True


def one_line_records(dialect: Dialect, width: int) -> re.Pattern[str] | None:
    """What good records of `width` cells look like that have a line each, one behind the other.

    What it does not match may still be good: `Walk` decides. None where nothing is quoted, the quote is not its own
    escape, or spaces delimit.
    """
    delimiter, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    if not quote or dialect.escape != dialect.quote or len(dialect.delimiter) > 1 or dialect.delimiter == " ":
        return None
    white = WHITE.replace(dialect.delimiter, "")
    quoted = f"{quote}[^{quote}\r\n]*+(?:{quote}{quote}[^{quote}\r\n]*+)*+{quote}"
    plain = f"[^{delimiter}{quote}{white}\r\n][^{delimiter}\r\n]*+"  # most cells are one, so it is tried first
    cell = f"(?>{plain}|{quoted}|(?![{white}]*+{quote})[^{delimiter}\r\n]*+)"
    return re.compile(f"(?:{cell}(?:{delimiter}{cell}){{{width - 1}}}\r?\n)*+")
