"""Staging: which texts are compressed, and that it changes no cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
from trouble.home import Home

ROWS = 40_000
Row = tuple[str, str, str]


def cells() -> list[Row]:
    """A key, a word and a long text; the texts are past what a file must hold to be looked at."""
    return [(str(number), "abc"[number % 3], f"{number} is a number of which a long text is made here") for number in
            range(ROWS)]


def text(rows: Sequence[Row], delimiter: str = ",", quote: str = "") -> str:
    """Rows as CSV under a header."""
    return "".join(delimiter.join(quote + cell + quote for cell in row) + "\n" for row in [("id", "w", "v"), *rows])


def objects(rows: Sequence[Row]) -> str:
    """Rows as lines of JSON."""
    return "".join(json.dumps({"id": a, "w": b, "v": c}) + "\n" for a, b, c in rows)


@pytest.mark.parametrize(("name", "write", "arguments", "known"), [
    ("a.csv", text, (), True),
    ("a.csv", lambda rows: text(rows, ";", '"'), (), True),
    ("a.csv", lambda rows: text(rows) + 'x,"y\nz",w\n', (), True),
    ("a.csv", lambda rows: text(rows) + "x,y,z,too many\n", ("--on-error", "reject_row"), True),
    ("a.csv", lambda rows: text(rows, "§"), ("--delimiter", "§"), True),
    ("a.csv", lambda rows: text([("x", "y", "z" * 200_000), *rows]), (), False),
    ("a.ndjson", objects, (), True),
    ("a.ndjson", lambda rows: "[" * 5_000 + "]" * 5_000 + "\n" + objects(rows), ("--on-error", "reject_row"), True),
], ids=["plain", "quoted", "two lines", "rejects", "two bytes", "one long record", "lines", "no line"])
def test_long_texts_alone_are_compressed(
    home: Home, name: str, write: Callable[[Sequence[Row]], str], arguments: tuple[str, ...], known: bool
) -> None:
    """Whatever reads a file: short texts are stored as they are, long ones compressed, and all come back."""
    rows = cells()
    Path("in", name).write_text(write(rows))
    answer = home.run(*arguments)
    assert answer.code == 0, answer.error
    kept = {row["v"] for row in home.exported()}
    assert kept.issuperset(row[2] for row in rows)
    with duckdb.connect(home.warehouse, read_only=True) as warehouse:
        (table,) = warehouse.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staging'").fetchall()
        ways = dict(warehouse.sql(
            "SELECT column_name, string_agg(DISTINCT compression) FROM pragma_storage_info('staging." + table[0] + "') "
            "WHERE segment_type = 'VARCHAR' GROUP BY ALL").fetchall())
    if known:
        assert ways == {"c0": "Uncompressed", "c1": "Uncompressed", "c2": "FSST"}
    else:
        assert set(ways) == {"c0", "c1", "c2"}


def test_many_small_files_of_many_columns_fit_into_memory(home: Home) -> None:
    """DuckDB has room for 2,048 cells of each column of each file of a scan: a scan has not too many of them."""
    header = ",".join(f"c{place}" for place in range(100)) + "\n"
    home.put({f"{number:03}.csv": header + ",".join([str(number)] * 100) + "\n" for number in range(300)})
    answer = home.run("--memory-limit", "600MB", "--threads", "2")
    assert answer.code == 0, answer.error
    assert [row["c99"] for row in home.exported()] == list(range(300))
