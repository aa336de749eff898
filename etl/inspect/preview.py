"""One file before any load: read as a load would read it, by the same code, in a warehouse that leaves no file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from etl.config import Definition, Reading, Selection, Settings
from etl.errors import Problem, SourceMissing, StorageError, UsageError
from etl.inspect.columns import InspectedColumn, inspected_columns
from etl.inspect.loads import reason
from etl.names import HeaderName, Sql, listed
from etl.result import Listing, silent
from etl.sources.discovery import SourceFile, discover
from etl.sources.scan import Scan, scan
from etl.sql_files import fill
from etl.staging.lines import count_lines
from etl.staging.part import Incoming, Staged, Trouble
from etl.staging.shapes import with_shapes
from etl.staging.stage import stage_all
from etl.structure import cells
from etl.structure.places import places_of
from etl.warehouse import Warehouse, in_memory, staging
from etl.warehouse.scratch import scratch

FIRST = 5
MOST_PROBLEMS = 20
RECORD_SHOWN = 200
RENAMED = {
    "doubled": "a second column of this name", "empty": "a column without a name",
    "reserved": "a column with a name that etl keeps for itself",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """A file as it was read into staging."""

    staged: Staged
    blank: int
    columns: tuple[InspectedColumn, ...]
    first_rows: tuple[tuple[object, ...], ...]
    careful: bool


def file(path: Path, reading: Reading) -> tuple[Listing, ...]:
    """Say how a load would read a file: its dialect, its columns, its first rows and its problems.

    A file that cannot be read has no columns and no first rows, and the reason among its problems.

    Raises:
        SourceMissing: The file is not there.
        UsageError: It is a folder, a pipe or a device, or an option cannot be used.
        StorageError: There is no room to unpack it.
    """
    found = _found(path)
    if isinstance(found, Problem):
        return (Listing("File", ("file",), ((str(path),),)), _problems((found,)))
    with scratch(None) as folder:
        return _said(path, found, reading, folder)


def _said(path: Path, found: SourceFile, reading: Reading, folder: Path) -> tuple[Listing, ...]:
    scanned = scan(found, reading, text=folder / "text")
    if scanned.problem is not None:
        return (_file(path, scanned, None, ()), _problems((scanned.problem,)))
    try:
        with _memory(folder) as warehouse:
            (scanned,) = with_shapes(warehouse, [scanned], reading, folder)
            names = scanned.names
            read = scanned.problem or _read(warehouse, scanned, names, reading)
    except duckdb.OutOfMemoryException as error:
        raise StorageError(f"{path} needs more room than there is in {tempfile.gettempdir()}. Make some, or name "
                           "another folder with TMPDIR.") from error
    if isinstance(read, Problem):
        return (_file(path, scanned, None, ()), _problems((read,)))
    problems = (*_header_problems(scanned, names), *read.staged.rejects)
    return (_file(path, scanned, read, names), _columns(read), _first_rows(read), _problems(problems))


def _found(path: Path) -> SourceFile | Problem:
    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name one file; `etl plan --source-dir {path}` says what a load of all "
                         "its files would do.")
    if not path.is_symlink() and not path.exists():
        raise SourceMissing(f"{path} is not there: no such file.")
    listing = discover(Selection(sources=(str(path),)), None, ())
    if listing.problems:
        if listing.problems[0].code == "not_a_file":
            raise UsageError(f"{path} is not a regular file (a pipe, a device or a socket). Write what it gives to a "
                             "file, and name that.")
        return listing.problems[0]
    try:
        listing.files[0].absolute.encode()
    except UnicodeEncodeError:
        raise UsageError(f"A folder of {path.absolute()} has a name that is not UTF-8. Rename it.") from None
    return listing.files[0]


def _header_problems(scanned: Scan, names: Sequence[HeaderName]) -> list[Problem]:
    if not any("\0" in name.name for name in names):
        return []
    return [Problem("name", "a column's name holds a NUL character", line=scanned.header_line,
                    advice="Correct the header", whole_file=True)]


def _read(
    warehouse: Warehouse, scanned: Scan, names: tuple[HeaderName, ...], reading: Reading
) -> _Read | Problem:
    """Stage the file, with care where the bulk reader must not read it, and look at its cells."""
    care = scanned.care is not None
    with scratch(None) as folder:
        while True:
            try:
                with warehouse.transaction():
                    return _look(warehouse, Incoming(scanned, names, care), reading, folder)
            except Trouble as trouble:
                if trouble.problems:
                    return trouble.problems[0]
                care = True


def _memory(folder: Path) -> AbstractContextManager[Warehouse]:
    return in_memory(Settings(), folder / "spilt")


def _look(warehouse: Warehouse, incoming: Incoming, reading: Reading, folder: Path) -> _Read:
    (staged,) = stage_all(warehouse, [incoming], 1, reading, folder, silent)
    blank, continuation = count_lines(warehouse, [staged], reading)[staged.version_id]
    columns = inspected_columns(warehouse, staged, blank, continuation, reading)
    rows: list[tuple[object, ...]] = []
    if columns:
        places = places_of(warehouse, staged.table, [name.name for name in staged.names]).values()
        values = listed(_as_loaded(cells.value(place, column.type, Definition(), changed=column.changed), column.type)
                        for place, column in zip(places, columns, strict=True))
        rows = warehouse.sql(fill("first_rows", values=values, staging=staging(staged.table)), {"rows": FIRST})
    return _Read(staged, blank, columns, tuple(rows), incoming.care)


def _as_loaded(value: Sql, kind: str) -> Sql:
    """A value to show: one that Python's types would round or cut as its text."""
    return Sql(f"CAST({value} AS VARCHAR)") if kind.startswith(("DATE", "TIME", "BLOB")) else value


def _file(path: Path, scanned: Scan, read: _Read | None, names: Sequence[HeaderName]) -> Listing:
    """What is known of the file as a whole: little of one that cannot be read."""
    facts: dict[str, object] = {"file": str(path), "compression": scanned.compression, "bytes": scanned.stat.size}
    head, line = scanned.head, scanned.header_line
    if scanned.format != "csv":
        facts = _facts_of(path, scanned, read)
    elif read is not None and head is not None:
        facts = {
            "file": str(path), "encoding": scanned.encoding, "compression": scanned.compression,
            "delimiter": head.dialect.delimiter, "quote": head.dialect.quote, "escape": head.dialect.escape,
            "header at line": None if head.header is None else line, "lines": read.staged.lines,
            "blank lines": read.blank, "records": read.staged.staged + read.staged.unreadable,
            "unreadable": read.staged.unreadable, "bytes": scanned.stat.size,
        }
    where = "" if line is None else f"Line {line}: "
    notes = [f"{where}{RENAMED[name.origin]} is loaded as '{name.name}'." for name in names if name.origin in RENAMED]
    if read is not None and read.careful:
        why = scanned.care or ("it has records that cannot be read" if read.staged.unreadable else
                               "the bulk reader cannot take it as it stands")
        notes.append(f"It is read record by record, which takes longer: {why}.")
    if scanned.empty and scanned.problem is None:
        notes.append("It has 0 bytes of text, and gives no row.")
    return Listing("File", tuple(facts), (tuple(facts.values()),), tuple(notes))


def _facts_of(path: Path, scanned: Scan, read: _Read | None) -> dict[str, object]:
    """The facts of a file that is no CSV text."""
    facts: dict[str, object] = {"file": str(path), "format": scanned.format}
    if scanned.format in ("json", "ndjson"):
        facts |= {"encoding": scanned.encoding, "compression": scanned.compression}
    if read is not None:
        if scanned.shape is not None and scanned.shape.sheet is not None:
            facts |= {"sheet": scanned.shape.sheet, "header at row": scanned.header_line}
        if scanned.format == "ndjson":
            facts |= {"lines": read.staged.lines, "blank lines": read.blank}
        facts |= {"records": read.staged.staged + read.staged.unreadable, "unreadable": read.staged.unreadable}
    return {**facts, "bytes": scanned.stat.size}


def _columns(read: _Read) -> Listing:
    rows = tuple((column.name, column.type, column.said, column.reason) for column in read.columns)
    headings = ("column", "type", "cells", "why it is text")
    return Listing("Columns", headings, rows, () if rows else ("It has no column.",))


def _first_rows(read: _Read) -> Listing:
    headings = tuple(column.name for column in read.columns)
    return Listing("First rows", headings, read.first_rows, () if read.first_rows else ("It has no row.",))


def _problems(problems: Sequence[Problem]) -> Listing:
    """The first problems, with those of their facts that one of them has."""
    shown = problems[:MOST_PROBLEMS]
    facts: dict[str, list[object]] = {
        "line": [p.line for p in shown], "row": [p.row for p in shown], "column": [p.column for p in shown],
        "text": [p.text for p in shown], "reason": [reason(p.message, p.advice) for p in shown],
        "record": [_shown(p.record) for p in shown],
    }
    known = {heading: values for heading, values in facts.items() if any(value is not None for value in values)}
    notes = []
    if len(problems) > MOST_PROBLEMS:
        notes.append(f"These are the first {MOST_PROBLEMS} of {len(problems):,} problems.")
    if any(problem.whole_file for problem in problems):
        notes.append("A load of this file fails; with --on-error skip_file it leaves the file out.")
    elif problems:
        notes.append("A load of this file fails; with --on-error reject_row it leaves these records out.")
    rows = tuple(zip(*known.values(), strict=True))
    return Listing("Problems", tuple(known), rows, tuple(notes) or ("None was found.",))


def _shown(record: str | None) -> str | None:
    return record if record is None or len(record) <= RECORD_SHOWN else record[:RECORD_SHOWN] + "..."
