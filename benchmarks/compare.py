"""Whether two ways came to the same orders: every row of both, numbers compared as numbers."""

from __future__ import annotations

import sys

import duckdb

COLUMNS = {
    "o_orderkey": "BIGINT",
    "o_custkey": "BIGINT",
    "o_orderstatus": "VARCHAR",
    "o_totalprice": "DOUBLE",
    "o_orderdate": "DATE",
    "o_orderpriority": "VARCHAR",
    "o_clerk": "VARCHAR",
    "o_shippriority": "BIGINT",
    "o_comment": "VARCHAR",
}


def relation(place: str) -> str:
    """The orders in a JSON file, or in the table of a database file: `FILE` or `FILE:TABLE`."""
    path, _, table = place.partition(":")
    if not table:
        return f"(FROM read_json('{path}', columns = {COLUMNS}))"
    name = f"d{abs(hash(place))}"
    duckdb.execute(f"ATTACH '{path}' AS {name} (READ_ONLY)")
    casts = ", ".join(f"{column}::{kind} AS {column}" for column, kind in COLUMNS.items())
    return f"(SELECT {casts} FROM {name}.{table})"


def differences(left: str, right: str) -> tuple[int, int, int]:
    """How many rows are on the left, and how many stand on one side only."""
    one, other = relation(left), relation(right)
    query = f"""
        SELECT
            (SELECT count(*) FROM {one}),
            (SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})),
            (SELECT count(*) FROM (FROM {other} EXCEPT ALL FROM {one}))
    """
    rows, missing, extra = duckdb.execute(query).fetchall()[0]
    return rows, missing, extra


if __name__ == "__main__":
    rows, missing, extra = differences(*sys.argv[1:])
    if not rows or missing or extra:
        sys.exit(f"{sys.argv[1]} and {sys.argv[2]} differ: {missing} rows of {rows} missing, {extra} others")
    print(rows)
