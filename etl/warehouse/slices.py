"""Tables that this transaction has written, cut into slices that DuckDB reads side by side."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from etl.names import Sql, listed
from etl.warehouse.connection import Warehouse

FIRST_LOCAL_ROW = 36_028_797_018_960_000  # DuckDB's MAX_ROW_ID: rows that are not committed count from here
ROWS_WORTH_IT = 200_000


def sliced(warehouse: Warehouse, table: Sql, columns: Iterable[str] = ()) -> Sql:
    """A table as a relation that all threads read, with `rowid` as a column where it is cut.

    DuckDB reads what a transaction has written itself with one thread; a UNION ALL of slices gives each thread one.
    The slices part all row ids, wherever DuckDB begins to count, so no row is in two of them or in none.

    Args:
        table: Quoted.
        columns: Names of its columns that files gave: where one of them is `rowid`, the table is left whole.
    """
    if "rowid" in map(str.lower, columns):
        return table
    rows, first = warehouse.sql(f"SELECT count(*), min(rowid) FROM {table} WHERE rowid >= {FIRST_LOCAL_ROW}")[0]
    threads = 1 if rows < ROWS_WORTH_IT else int(warehouse.one("SELECT current_setting('threads')"))
    if threads == 1:
        return table
    cuts = [int(first) + int(rows) * i // threads for i in range(1, threads)]
    bounds = [None, *cuts, None]
    return Sql("(" + listed(
        (_slice(table, low, high) for low, high in pairwise(bounds)), "\nUNION ALL\n") + ")")


def _slice(table: Sql, low: int | None, high: int | None) -> Sql:
    conditions = [Sql(f"rowid >= {low}")] * (low is not None) + [Sql(f"rowid < {high}")] * (high is not None)
    return Sql(f"SELECT rowid, * FROM {table} WHERE {listed(conditions, ' AND ')}")
