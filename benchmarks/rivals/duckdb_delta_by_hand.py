"""DuckDB by hand: one more file into the database that `duckdb_by_hand.py` left, without JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

folder, output = map(Path, sys.argv[1:])
files = sorted(map(str, folder.glob("*.csv")))

with duckdb.connect(output.with_suffix(".duckdb")) as connection:
    columns = dict(connection.execute("SELECT column_name, column_type FROM (DESCRIBE orders)").fetchall())
    connection.execute("BEGIN")
    connection.execute(
        f"""
        CREATE TABLE arrived AS
        FROM read_csv($files, header = true, auto_detect = false, delim = ',', quote = '"', columns = {columns})
        """,
        {"files": files},
    )
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "o_orderkey")
    connection.execute(
        f"""
        INSERT INTO orders
        SELECT DISTINCT ON (o_orderkey) *
        FROM arrived
        ORDER BY o_orderkey, rowid DESC
        ON CONFLICT (o_orderkey) DO UPDATE SET {changes}
        """
    )
    connection.execute("INSERT INTO staging SELECT 99999, * FROM arrived")
    connection.execute("DROP TABLE arrived")
    connection.execute("COMMIT")
