"""The books of a load: written from the verdicts, and checked against the target and the lines of the files."""

from __future__ import annotations

from etl.errors import BooksDoNotBalance
from etl.move.merge import Moved
from etl.names import Sql
from etl.result import FileBooks, TargetBooks
from etl.sql_files import fill
from etl.warehouse import Warehouse, target

VERDICTS = ("inserted", "updated", "unchanged", "duplicate", "superseded")


def keep_books(warehouse: Warehouse, load_id: int, table: str, moved: Moved) -> TargetBooks:
    """Write the books of this load and check every identity.

    Raises:
        BooksDoNotBalance: Naming the file, or the target, and the two numbers that should be one.
    """
    warehouse.sql(fill("books"), {"load": load_id})
    sums = ", ".join(f"coalesce(sum({verdict}), 0)" for verdict in VERDICTS)
    counts = warehouse.sql(f"SELECT {sums} FROM etl.books WHERE load_id = $load", {"load": load_id})[0]
    inserted, updated, unchanged, duplicate, superseded = map(int, counts)
    books = TargetBooks(moved.before, moved.after, inserted, updated, unchanged, duplicate, superseded,
                        moved.returned, moved.removed, moved.restored)
    _check(warehouse, load_id, table, books)
    return books


def _check(warehouse: Warehouse, load_id: int, table: str, books: TargetBooks) -> None:
    expected = books.before + books.inserted + books.returned - books.removed
    if expected != books.after:
        raise BooksDoNotBalance(
            f"The books of {table} do not balance: {books.before} before + {books.inserted} inserted + "
            f"{books.returned} returned - {books.removed} removed is not {books.after}. Nothing was loaded; "
            "please report this with the files."
        )
    if warehouse.exists("main", table):
        holdings = Sql(f"(SELECT _version, count(*) AS records FROM {target(table)} GROUP BY _version)")
    else:
        holdings = Sql("(SELECT 0 AS _version, 0 AS records WHERE false)")
    wrong = warehouse.sql(fill("unbalanced", holdings=holdings), {"load": load_id})
    if wrong:
        path, what, should, found = wrong[0]
        raise BooksDoNotBalance(
            f"The books of {path} do not balance: {what} should be {should} and are {found}"
            f"{f' ({len(wrong) - 1} more like it)' if len(wrong) > 1 else ''}. Nothing was loaded; please report this "
            "with the file."
        )


def read_books(warehouse: Warehouse, load_id: int) -> tuple[FileBooks, ...]:
    """The books of each file of a load, by path."""
    rows = warehouse.sql(
        """
        SELECT books.path, version_id, lines, header_lines, skipped_lines, blank_lines, continuation_lines, books.read,
            rejected, inserted, updated, unchanged, duplicate, superseded
        FROM etl.books AS books JOIN etl.file_version USING (version_id)
        WHERE books.load_id = $load ORDER BY books.path
        """, {"load": load_id},
    )
    return tuple(FileBooks(*row) for row in rows)
