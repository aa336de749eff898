r"""The careful reader, for files that the bulk reader must not read: one record at a time, each judged by name.

It writes the good records to a file of UTF-8 with LF behind each record, no header and no blank lines, in the same
dialect, so that the bulk reader (`skip=0`, `new_line='\n'`, `parallel=false`) reads exactly those rows. It never
looks for a new beginning inside quotes, so that no row is invented.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path

from etl.config import Reading
from etl.errors import Problem
from etl.sources import content
from etl.sources.content import UNDECODABLE
from etl.sources.dialect import Head
from etl.sources.grammar import Dialect, Walk, one_line_records
from etl.sources.places import RECORD_SHOWN, Offsets, Place, batches, cut, shown
from etl.sources.regular import odd_lines
from etl.sources.rewritten import Careful
from etl.sources.scan import Scan, no_room
from etl.sources.unpack import Unreadable

Fault = tuple[str, str, str | None, str | None]  # code, message, text and advice
SHORT = "Fill the record up, or state --ragged pad, which fills short ones up with NULL"
SURPLUS = "Quote a cell that holds the delimiter"
EMPTY_SURPLUS = "The cells past the last column are empty: take their delimiters away"
NAMED = ", or name the cells past the last column in the header"


def rewrite(scan: Scan, reading: Reading, destination: Path) -> Careful:
    """Judge every record of a file and write the good ones to another.

    What is written has one column more, in front: NULL for a record, the mark of the dialect for the place of one that
    was rejected, so that a record's place among the rows is its place in the file.

    Args:
        scan: Of a file without a problem that is not empty.

    Raises:
        StorageError: There is no room for it.
    """
    head = _head_of(scan)
    try:
        with destination.open("wb") as out:
            reader = _Reader(scan, head, reading, out)
            problem = reader.run()
    except OSError as error:
        raise no_room(destination.parent, error) from error
    return Careful(reader.kept, tuple(reader.rejects), len(reader.rejects), reader.rejected_lines, reader.line,
                   reader.blank, reader.quoted, head.dialect, reader.longest, problem, reader.whole_lines)


def places_of(scan: Scan, reading: Reading, rows: Sequence[int]) -> dict[int, Place]:
    """Where each of some records stands; rows count all records of the file from 1."""
    reader = _Reader(scan, _head_of(scan), reading, None, frozenset(rows))
    reader.run()
    return reader.places


def _head_of(scan: Scan) -> Head:
    if scan.head is None:
        message = f"{scan.file.path} has no head to read records by"
        raise ValueError(message)
    return scan.head


class _Reader:
    """The state of one reading."""

    def __init__(self, scan: Scan, head: Head, reading: Reading, out: io.BufferedWriter | None,
                 wanted: frozenset[int] = frozenset()) -> None:
        self.scan = scan
        self.head = head
        self.most_lines = reading.max_cell_lines
        self.pads = reading.ragged == "pad"
        self.out = out
        self.wanted = wanted
        self.places: dict[int, Place] = {}
        self.offsets = Offsets(scan)
        self.batch_line = 0
        self.kept = self.line = self.blank = self.rejected_lines = self.longest = 0
        self.quoted = False
        self.whole_lines = True
        self.rejects: list[Problem] = []
        self.records = one_line_records(head.dialect, head.width)
        self.front = head.dialect.delimiter
        self.walk: Walk | None = None
        self.began = 0
        self.began_byte: int | None = None
        self.raw: list[str] = []
        self.said: list[str] = []
        self.raw_size = 0
        self.written: list[str] = []
        self.marked = False

    def run(self) -> Problem | None:
        """Read to the end."""
        try:
            for batch in batches(self.scan):
                self._take(batch)
                if self.wanted and len(self.places) == len(self.wanted):
                    return None
        except Unreadable as unreadable:
            return unreadable.problem
        if self.walk is not None:
            self._end_record(self.walk)
            self._write()
        return None

    def _take(self, batch: list[str]) -> None:
        """Judge the records of a batch of lines and write the good ones."""
        self.offsets.batch(batch)
        self.batch_line = self.line
        before = max(0, min(len(batch), self.head.lines - self.line))
        self.line += before
        self.marked = content.has_marks(batch)
        lines = batch[before:] if before else batch
        if self.records is None or self.marked or self.wanted:
            for line in lines:
                self._line(line)
        else:
            self._judge(lines, self.records)
        self._write()

    def _judge(self, lines: list[str], records: re.Pattern[str]) -> None:
        """Take good records of a line each together, and what stands between them line by line."""
        text = "".join(lines)
        odd = odd_lines(text, self.head.dialect, self.head.width) if self.walk is None else None
        if odd is None:
            self._runs(text, lines, records)
            return
        begin = 0
        for place, cells in odd.items():
            self._keep_run(lines[begin:place])
            self._odd_line(lines[place], cells)
            begin = place + 1
        self._keep_run(lines[begin:])

    def _odd_line(self, line: str, cells: int) -> None:
        """Take a line that is no record of the width, of so many cells: too few are a fault that needs no walk."""
        if cells >= self.head.width or self.pads or not line.rstrip("\r\n"):
            self._line(line)
            return
        self.line += 1
        self._reject(_miscounted(cells, self.head.width), self.line, self._byte(), shown(line))

    def _runs(self, text: str, lines: list[str], records: re.Pattern[str]) -> None:
        """Do it where quotes stand anywhere."""
        place = at = 0
        while place < len(lines):
            run = records.match(text, at) if self.walk is None else None
            if run is not None and run.end() > at:
                count = run[0].count("\n")
                self._keep_run(lines[place : place + count])
                place += count
                at = run.end()
            else:
                self._line(lines[place])
                at += len(lines[place])
                place += 1

    def _keep_run(self, lines: list[str]) -> None:
        """Write good records of a line each; their line ends are LF or CRLF."""
        if not lines:
            return
        self.kept += len(lines)
        self.line += len(lines)
        text = self.front + self.front.join(lines)
        self.quoted = self.quoted or self.head.dialect.quote in text
        longest = max(map(len, lines)) if text.isascii() else max(len(line.encode()) for line in lines)
        self.longest = max(self.longest, longest + len(self.front))
        self.written.append(text.replace("\r\n", "\n") if "\r" in text else text)

    def _line(self, line: str) -> None:
        """Take one line."""
        quote, width = self.head.dialect.quote, self.head.width
        self.line += 1
        if self.walk is not None:
            self._feed(line)
            return
        body = line.rstrip("\r\n")
        if not body and width > 1:
            self.blank += 1
            return
        if quote and quote in line:
            plain = self.records is not None and self.records.fullmatch(body + "\n") is not None
            self.quoted = self.quoted or plain
        else:
            missing = width - 1 - line.count(self.front)
            plain = missing == 0
            if missing > 0 and self.pads:
                body += self.front * missing
                plain = True
        if not plain or (self.marked and UNDECODABLE.search(body)):
            self._feed(line)
            return
        self._keep(body)
        if self.wanted and self.kept + len(self.rejects) in self.wanted:
            self.places[self.kept + len(self.rejects)] = Place(self.line, self._byte(), shown(line))

    def _keep(self, record: str) -> None:
        """Write a good record."""
        self.kept += 1
        self.longest = max(self.longest, len(record.encode()) + len(self.front) + 1)
        self.written.append(self.front + record + "\n")

    def _byte(self) -> int | None:
        """Where the line of now begins."""
        return self.offsets.of(self.line - self.batch_line - 1)

    def _write(self) -> None:
        if self.written and self.out is not None:
            self.out.write("".join(self.written).encode())
        self.written = []

    def _feed(self, line: str) -> None:
        """Take a line the long way."""
        if self.walk is None:
            self.walk = Walk(self.head.dialect, self.head.width)
            self.began, self.began_byte = self.line, self._byte()
            self.raw, self.said, self.raw_size = [], [], 0
        walk = self.walk
        written = walk.feed(line)
        if walk.cell_lines <= self.most_lines or self.raw_size <= RECORD_SHOWN + len("\r\n"):
            self.raw.append(written)
            self.said.append(line)
            self.raw_size += len(line)
        if not walk.open:
            self._end_record(walk)

    def _end_record(self, walk: Walk) -> None:
        """Keep the record or reject it."""
        self.walk = None
        raw = "".join(self.raw).removesuffix("\n").removesuffix("\r")
        found = self._fault(walk, raw)
        if found is None:
            if walk.count < self.head.width:
                raw += self.front * (self.head.width - walk.count)
            self._keep(raw)
            self.whole_lines = self.whole_lines and self.line == self.began
            self.quoted = self.quoted or bool(self.head.dialect.quote and self.head.dialect.quote in raw)
            row = self.kept + len(self.rejects)
            if row in self.wanted:
                self.places[row] = Place(self.began, self.began_byte, shown("".join(self.said)))
            return
        self._reject(found, self.began, self.began_byte, shown("".join(self.said)))

    def _reject(self, fault: Fault, began: int, byte: int | None, record: str) -> None:
        """Leave out a record that ends with the line of now, and keep its place."""
        self.written.append(self.head.dialect.mark + self.front * self.head.width + "\n")
        self.rejected_lines += self.line - began + 1
        code, message, text, advice = fault
        row = self.kept + len(self.rejects) + 1
        self.rejects.append(Problem(code, message, self.scan.file.path, began, row, text=text, record=record,
                                    byte_offset=byte, advice=advice))

    def _fault(self, walk: Walk, raw: str) -> Fault | None:
        """What is wrong with a record; None when nothing is."""
        width = self.head.width
        if walk.open:
            return ("unclosed_quote", "a quote is opened and never closed; the record runs to the end of the file",
                    None, "Close the quote, or state another --quote")
        if bad := UNDECODABLE.search(raw):
            return ("undecodable", f"{content.marked(bad[0])} is not {self.scan.encoding}",
                    content.escaped(raw[max(0, bad.start() - 20) : bad.end() + 20]),
                    content.other_encoding(self.scan.encoding))
        if walk.fault is not None:
            return (walk.fault, "text stands between a closing quote and the end of the cell",
                    cut(walk.fault_text), quote_inside(self.head.dialect))
        if walk.cell_lines > self.most_lines:
            return ("cell_too_long", f"a cell of {walk.cell_lines} lines: a quote may have been left open", None,
                    f"Allow longer cells with --max-cell-lines (now {self.most_lines})")
        if walk.count > width or (walk.count < width and not self.pads):
            surplus = SURPLUS if walk.surplus else EMPTY_SURPLUS
            return _miscounted(walk.count, width, surplus if self.head.header is None else surplus + NAMED)
        return None


def _miscounted(cells: int, width: int, surplus: str = SURPLUS) -> Fault:
    """The fault of a record of so many cells; what to do with those past the width."""
    found = f"found {cells} cell{'' if cells == 1 else 's'}, expected {width}"
    return ("missing_columns", found, None, SHORT) if cells < width else ("extra_columns", found, None, surplus)


def quote_inside(dialect: Dialect) -> str:
    """How a quote inside a quoted cell is written."""
    if dialect.escape == dialect.quote:
        return "A quote inside a quoted cell is written twice"
    return f"A quote inside a quoted cell is written {dialect.escape}{dialect.quote}, as --escape says"
