"""What DuckDB loses behind a statement that wrote no row is not lost through a warehouse."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from etl.config import Settings
from etl.warehouse import Warehouse, open_warehouse

ROWS = 300_000  # more than a row group for each of two threads
NOTHING = ("CREATE TABLE {} AS SELECT * FROM made WHERE r LIKE '%x%'",
           "CREATE TABLE {} (r VARCHAR); INSERT INTO {} SELECT * FROM made WHERE r LIKE '%x%'")
MANY = "INSERT INTO {} SELECT * FROM made"


def fill(warehouse: Warehouse, statements: str, table: str) -> None:
    """Run statements on a table, as a load runs them: one by one."""
    for statement in statements.split("; "):
        warehouse.sql("-- a line\n" + statement.replace("{}", table))


@pytest.mark.parametrize(("nothing", "table"), list(itertools.product(NOTHING, ('main."A b"', "temp.t", "t"))))
def test_rows_behind_an_empty_statement_are_there(tmp_path: Path, nothing: str, table: str) -> None:
    """However a table was left empty in a transaction, all rows written into it later stand there, in their order."""
    with open_warehouse(tmp_path / "w.duckdb", Settings(threads=2), write=True) as warehouse:
        warehouse.sql(f"CREATE TABLE made AS SELECT CAST(range AS VARCHAR) AS r FROM range({ROWS})")
        with warehouse.transaction():
            fill(warehouse, nothing.replace("CREATE TABLE", "CREATE TEMP TABLE") if "temp" in table else nothing, table)
            fill(warehouse, MANY, table)
            fill(warehouse, MANY, table)
            found = warehouse.sql(f"SELECT count(*), count(*) FILTER (CAST(r AS BIGINT) = n % {ROWS}) "
                                  f"FROM (SELECT r, row_number() OVER () - 1 AS n FROM {table})")
        assert found == [(2 * ROWS, 2 * ROWS)]
        assert warehouse.one("SELECT current_setting('threads')") == 2


def test_duckdb_still_loses_them(tmp_path: Path) -> None:
    """Once this fails, `etl.warehouse.emptied` can go: DuckDB says how many rows it inserted, and none is there."""
    with open_warehouse(tmp_path / "w.duckdb", Settings(threads=2), write=True) as warehouse:
        warehouse.sql(f"CREATE TABLE made AS SELECT CAST(range AS VARCHAR) AS r FROM range({ROWS})")
        warehouse.raw.begin()
        fill(warehouse, NOTHING[0], "t")
        assert warehouse.raw.execute(MANY.replace("{}", "t")).fetchall() == [(ROWS,)]
        assert warehouse.one("SELECT count(*) FROM t") == 0
        warehouse.raw.rollback()
