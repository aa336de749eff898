"""What goes into staging: file versions, each as the part of a scan that takes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from etl.config import Reading
from etl.errors import Problem
from etl.names import HeaderName
from etl.sources import json_records, workbook
from etl.sources.careful import rewrite
from etl.sources.discovery import SourceFile
from etl.sources.formats import Format
from etl.sources.grammar import Dialect
from etl.sources.rewritten import Careful
from etl.sources.scan import Scan
from etl.sources.table_text import TABLE_TEXT
from etl.staging.shapes import LONGEST, location_of

PARALLEL_BYTES = 8_000_000  # from here on DuckDB begins in the middle of a file, even inside a quoted cell (notes.md)
LONGEST_LINE = 2_000_000  # bytes; DuckDB's own default, a longer record is for the careful reader


class Trouble(Exception):
    """The bulk reader met files that it must not read, or that changed under it.

    Args:
        care: Paths that the careful reader must read.
        problems: Files that changed or vanished.
    """

    def __init__(self, care: Sequence[str] = (), problems: Sequence[Problem] = ()) -> None:
        """Keep both."""
        super().__init__(f"{len(care)} files for the careful reader, {len(problems)} with problems")
        self.care = tuple(care)
        self.problems = tuple(problems)


def moved(file: SourceFile) -> Problem:
    """A file that is not as it was when it was looked at."""
    gone = not Path(file.absolute).exists()
    return Problem(
        "vanished" if gone else "changed",
        "the file vanished while it was read" if gone else "the file changed while it was read", file.path,
        advice="Load again when nothing writes to it.", whole_file=True,
    )


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file version on its way into staging."""

    scan: Scan
    names: tuple[HeaderName, ...]
    care: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """A file version in staging.

    Args:
        table: Its staging table; empty for a file of 0 bytes.
        lines: Physical lines of the file.
        staged: Rows in staging.
        rejects: Records that the parser could not read.
        blank: Blank lines, those inside cells included until the books subtract them.
        settled: The blank lines are final (the careful reader counted them).
        rejected_lines: Physical lines of the unreadable records.
    """

    version_id: int
    scan: Scan
    names: tuple[HeaderName, ...]
    table: str
    lines: int
    staged: int
    rejects: tuple[Problem, ...]
    unreadable: int
    rejected_lines: int
    blank: int
    settled: bool
    quoted: bool


Way = Literal["text", "lines", "parquet"]  # what reads a file: CSV and table text, lines of JSON, Parquet


@dataclass(frozen=True, slots=True)
class Part:
    """One file as a scan takes it.

    Args:
        whole: The careful reader wrote it, and each of its records has a line.
    """

    incoming: Incoming
    location: Path
    dialect: Dialect
    skip: int
    longest: int
    staged: Staged
    pad: bool = False
    way: Way = "text"
    whole: bool = False

    @property
    def parallel(self) -> bool:
        """Whether DuckDB may begin in the middle of the file: never where it may begin inside a quoted cell."""
        if self.staged.settled:
            return self.whole
        scan = self.incoming.scan  # it cannot pad beside quoted line ends otherwise
        alone = self.pad or (scan.size > PARALLEL_BYTES and not scan.whole_lines)
        return not (self.staged.quoted and alone)


_PREFIXES: dict[Format, str] = {"csv": "s", "json": "j", "ndjson": "j", "xlsx": "x", "parquet": "p"}


def staging_table(scan: Scan, names: Sequence[HeaderName]) -> str:
    """The name of the staging table of one structure: files of the same columns in the same order share it.

    Its first letter tells the form of its cells (`etl.structure.places`): those of CSV are text, those of JSON and of a
    sheet are told as JSON tells them, those of Parquet have types.
    """
    types = () if scan.shape is None else scan.shape.types
    structure = [n.name for n in names] if not types else [[n.name for n in names], list(types)]
    return f"{_PREFIXES[scan.format]}_{hashlib.sha256(json.dumps(structure).encode()).hexdigest()[:20]}"


def part_of(item: Incoming, reading: Reading, folder: Path, number: int) -> Part:
    """A file as a scan takes it; one for the careful reader is judged and rewritten here.

    Args:
        folder: For what the careful reader writes.
        number: Of the file, its name in there.
    """
    scan, head = item.scan, item.scan.head
    empty = Staged(
        version_id=0,
        scan=scan,
        names=item.names,
        table="",
        lines=scan.lines,
        staged=0,
        rejects=(),
        unreadable=0,
        rejected_lines=0,
        blank=scan.blank,
        settled=False,
        quoted=scan.quoted,
    )
    if scan.shape is not None and scan.shape.records is not None:
        empty = replace(empty, lines=scan.shape.header_lines + scan.shape.records, blank=0)
    refused = item.care and scan.format in ("json", "ndjson")  # all of its objects may be
    if not item.names and not refused:
        return Part(item, Path(scan.file.absolute), TABLE_TEXT, 0, LONGEST_LINE, empty)
    staged = replace(empty, table=staging_table(scan, item.names) if item.names else "")
    if scan.format == "parquet":
        return Part(item, location_of(scan), TABLE_TEXT, 0, 0, staged, way="parquet")
    if scan.format in ("json", "ndjson") and not item.care:
        return Part(item, location_of(scan), TABLE_TEXT, 0, LONGEST, staged, way="lines")
    if head is not None and not item.care and (scan.plain or scan.text is not None):
        place = scan.text or Path(scan.file.absolute)
        return Part(item, place, head.dialect, head.skip, LONGEST_LINE, staged, reading.ragged == "pad")
    location = folder / f"{number}.csv"
    careful = _rewritten(scan, reading, location)
    problems = careful.rejects if careful.problem is None else (careful.problem,)
    staged = replace(staged, rejects=problems, unreadable=careful.rejected, rejected_lines=careful.rejected_lines,
                     blank=careful.blank + (0 if head is None else head.blank_before), settled=True,
                     quoted=careful.quoted)
    if scan.shape is None or scan.shape.records is None:
        staged = replace(staged, lines=careful.lines)
    longest = max(LONGEST_LINE, careful.longest + 1)
    return Part(item, location, careful.dialect, 0, longest, staged,
                whole=careful.whole_lines and longest == LONGEST_LINE)


def _rewritten(scan: Scan, reading: Reading, location: Path) -> Careful:
    """The records of a file judged one by one, and written for the bulk reader."""
    if scan.format == "csv":
        return rewrite(scan, reading, location)
    names = () if scan.shape is None else scan.shape.names
    return (workbook.rewrite(scan, location) if scan.format == "xlsx" else
            json_records.rewrite(scan, names, location))
