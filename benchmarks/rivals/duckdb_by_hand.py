"""DuckDB by hand: types known, nothing checked, staging and target kept in a database beside the JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

COLUMNS = {
    "o_orderkey": "BIGINT",
    "o_custkey": "BIGINT",
    "o_orderstatus": "VARCHAR",
    "o_totalprice": "DECIMAL(12, 2)",
    "o_orderdate": "DATE",
    "o_orderpriority": "VARCHAR",
    "o_clerk": "VARCHAR",
    "o_shippriority": "BIGINT",
    "o_comment": "VARCHAR",
}

folder, output = map(Path, sys.argv[1:])
files = sorted(map(str, folder.glob("*.csv")))

with duckdb.connect(output.with_suffix(".duckdb")) as connection:
    connection.execute(
        f"""
        CREATE TABLE staging AS
        SELECT file_index, *
        FROM read_csv($files, header = true, auto_detect = false, delim = ',', quote = '"', columns = {COLUMNS})
        """,
        {"files": files},
    )
    connection.execute(
        """
        CREATE TABLE orders AS
        SELECT DISTINCT ON (o_orderkey) * EXCLUDE (file_index)
        FROM staging
        ORDER BY o_orderkey, file_index DESC, rowid DESC
        """
    )
    connection.execute("ALTER TABLE orders ADD PRIMARY KEY (o_orderkey)")
    connection.execute(f"COPY (FROM orders ORDER BY o_orderkey) TO '{output}' (FORMAT json, ARRAY true)")
