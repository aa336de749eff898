"""The books of physical lines, and on which line a staged row begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etl.config import Reading
from etl.errors import BooksDoNotBalance
from etl.names import Sql, listed
from etl.sources import json_records, workbook
from etl.sources.careful import places_of
from etl.sources.places import Place, of_lines
from etl.sources.scan import still
from etl.sources.unpack import Unreadable
from etl.sql_files import fill
from etl.staging.part import Staged, Trouble, moved
from etl.warehouse import Warehouse, staging
from etl.warehouse.slices import sliced

WIDE_TABLE = 32


def count_lines(warehouse: Warehouse, staged: Sequence[Staged], reading: Reading) -> dict[int, tuple[int, int]]:
    """Count continuation lines from the cells, and hold every file's lines against its records.

    Returns:
        Per version id: blank lines outside cells, continuation lines (those of unreadable records included).

    Raises:
        Trouble: A file's lines do not add up as the bulk reader read it, or a cell has too many lines.
        BooksDoNotBalance: They do not add up as the careful reader read it either.
    """
    cells: dict[int, tuple[int, int, int]] = {}
    for table in sorted({item.table for item in staged if item.table and item.quoted and item.scan.format == "csv"}):
        members = [item for item in staged if item.table == table]
        cells |= _cells(warehouse, table, len(members[0].names), members)
    lines: dict[int, tuple[int, int]] = {}
    care: list[str] = []
    delimited: list[Staged] = []
    for item in staged:
        continuation, blank_inside, longest = cells.get(item.version_id, (0, 0, 0))
        blank = _blank(item, blank_inside)
        lines[item.version_id] = (blank, continuation + item.rejected_lines - item.unreadable)
        balanced = _balanced(item, *lines[item.version_id])
        if item.settled:
            if not balanced:
                raise BooksDoNotBalance(
                    f"The lines of {item.scan.file.path} do not balance: its {item.staged + item.unreadable} records "
                    f"do not account for its {item.lines} lines. Nothing was loaded; please report this "
                    "with the file."
                )
        elif not balanced or longest > reading.max_cell_lines or (continuation and item.scan.whole_lines):
            care.append(item.scan.file.path)
        elif reading.ragged != "pad" and _may_have_surplus(item):
            delimited.append(item)
    care += _with_surplus(warehouse, delimited)
    if care:
        raise Trouble(care)
    return lines


def _delimiters_due(item: Staged) -> int:
    """How many delimiters the records of a file need."""
    return item.staged * (len(item.names) - 1)


def _may_have_surplus(item: Staged) -> bool:
    """Whether a quoted file has more delimiters than its records need: they stand in cells, or past the last column."""
    return item.quoted and bool(item.table) and item.scan.delimiters != _delimiters_due(item)


def _with_surplus(warehouse: Warehouse, items: Sequence[Staged]) -> list[str]:
    """Paths of the files with empty cells past the last column, which the bulk reader drops."""
    found: list[str] = []
    alike: dict[tuple[str, str], list[Staged]] = {}
    for item in items:
        if item.scan.head is not None:
            alike.setdefault((item.table, item.scan.head.dialect.delimiter), []).append(item)
    for (table, delimiter), members in alike.items():
        columns = listed(Sql(f"c{place}") for place in range(len(members[0].names)))
        rows = warehouse.sql(
            fill("delimiters_inside", staging=sliced(warehouse, staging(table)), cells=columns),
            {"first": min(item.version_id for item in members), "delimiter": delimiter})
        inside = {int(version): int(count) for version, count in rows}
        found += [item.scan.file.path for item in members
                  if item.scan.delimiters != _delimiters_due(item) + inside.get(item.version_id, 0)]
    return found


def _blank(item: Staged, blank_inside: int) -> int:
    """Blank lines that are neither in a cell nor, in a file of one column, a record."""
    if item.settled or item.scan.head is None:
        return item.blank
    return item.scan.head.blank_before if len(item.names) == 1 else item.blank - blank_inside


def _balanced(item: Staged, blank: int, continuation: int) -> bool:
    head, shape = item.scan.head, item.scan.shape
    if shape is not None:
        return item.lines == shape.header_lines + blank + item.staged + item.unreadable + continuation
    if head is None:
        return True
    return item.lines == head.header_lines + head.skipped_lines + blank + item.staged + item.unreadable + continuation


def _cells(
    warehouse: Warehouse, table: str, width: int, members: Sequence[Staged]
) -> dict[int, tuple[int, int, int]]:
    first = min(item.version_id for item in members)
    returns = any(item.settled or item.scan.returns for item in members)
    has = "etl_has_line_end" if returns else "etl_has_line_feed"  # no cell has what its file has not
    columns = [Sql(f"c{place}") for place in range(width)]
    relation = sliced(warehouse, staging(table))
    if width > WIDE_TABLE:  # one row a cell: an expression a column would take longer to plan than to run
        relation = Sql(f"(SELECT _version, unnest([{listed(columns)}]) AS c FROM {relation})")
        columns = [Sql("c")]
    ends = [Sql(f"etl_line_ends({column})") for column in columns]
    blank = [Sql(f"etl_blank_lines({column})") for column in columns]
    longest = Sql(f"greatest({listed(ends)})") if len(ends) > 1 else ends[0]
    rows = warehouse.sql(
        fill("continuation", staging=relation, line_ends=listed(ends, " + "), blank_lines=listed(blank, " + "),
             longest=longest, any=listed((Sql(f"{has}({column})") for column in columns), " OR ")),
        {"first": first},
    )
    return {int(version): (int(continuation), int(blank), int(most)) for version, continuation, blank, most in rows}


def places(
    item: Staged, continuation: int, blank: int, rows: Sequence[int], reading: Reading
) -> Mapping[int, Place]:
    """Where in its file each of some staged rows stands.

    Args:
        continuation, blank: Of the file, as `count_lines` gave them.
        rows: Places among the staged rows, from 1.

    Raises:
        Trouble: The file changed or vanished: what stands there now is not what was staged.
    """
    found: Mapping[int, Place] = {}
    problem = None
    try:
        found = _places(item, continuation, blank, rows, reading)
    except Unreadable as unreadable:
        problem = unreadable.problem
    if not still(item.scan.file, item.scan.stat):
        problem = moved(item.scan.file)
    if problem is not None:
        raise Trouble(problems=[problem])
    return found


def _places(
    item: Staged, continuation: int, blank: int, rows: Sequence[int], reading: Reading
) -> Mapping[int, Place]:
    head = item.scan.head
    if item.scan.shape is not None:
        return _of_shape(item, continuation, blank, rows)
    if head is None:
        return {}
    if not _line_by_line(item, continuation, blank):
        return places_of(item.scan, reading, rows)
    before = head.header_lines + head.skipped_lines
    found = of_lines(item.scan, [before + row for row in rows])
    return {row: found[before + row] for row in rows if before + row in found}


def physical_lines(
    item: Staged, continuation: int, blank: int, rows: Sequence[int], reading: Reading
) -> Mapping[int, int]:
    """The physical line on which each of some staged rows of a file begins; arguments as of `places`."""
    head = item.scan.head
    if item.scan.format == "ndjson" and _line_by_line(item, continuation, blank):
        return {row: row for row in rows}
    if head is not None and _line_by_line(item, continuation, blank):
        return {row: head.header_lines + head.skipped_lines + row for row in rows}
    return {row: place.line for row, place in places(item, continuation, blank, rows, reading).items()}


def _line_by_line(item: Staged, continuation: int, blank: int) -> bool:
    """Whether every line behind the head of a file is a record."""
    return not (continuation or blank or item.unreadable or item.scan.care)


def _of_shape(item: Staged, continuation: int, blank: int, rows: Sequence[int]) -> Mapping[int, Place]:
    """Lines of JSON; of a sheet its rows; a row of Parquet has no line."""
    scan, shape = item.scan, item.scan.shape
    if scan.format == "parquet" or shape is None:
        return {}
    if scan.format == "xlsx":
        return workbook.places_of(scan, rows)
    if scan.format == "ndjson" and _line_by_line(item, continuation, blank):
        return of_lines(scan, rows)
    return json_records.places_of(scan, rows)
