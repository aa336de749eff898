"""The files that the benchmarks load, made by DuckDB: the same bytes on every machine.

Orders in the manner of TPC-H: nine columns of numbers, a date and text.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import duckdb

WORDS = [
    "carefully", "final", "deposits", "sleep", "furiously", "quickly", "ironic", "requests", "accounts", "packages",
    "the", "blithely", "regular", "express", "pending", "bold", "even", "silent", "theodolites", "pinto",
]  # fmt: skip

# A number below `below`: the same for the same key and purpose, and in no order that a reader could use.
DRAW = """
    CREATE MACRO square(x) AS (x % 2147483647) * (x % 2147483647) % 2147483647;
    CREATE MACRO draw(key, purpose, below) AS square(square(key * 48271 + purpose * 69621) + purpose) % below;
"""

# Each time a key is written its order is a whole number dearer.
ORDERS = f"""
    SELECT
        key AS o_orderkey,
        draw(key, 1, 100000) AS o_custkey,
        ['O', 'F', 'P'][1 + draw(key, 2, 3)] AS o_orderstatus,
        (draw(key, 3, 50000000) / 100.0 + file)::DECIMAL(12, 2) AS o_totalprice,
        DATE '1992-01-01' + draw(key, 4, 2400)::INTEGER AS o_orderdate,
        ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'][1 + draw(key, 5, 5)] AS o_orderpriority,
        'Clerk#' || lpad(draw(key, 6, 1000)::VARCHAR, 9, '0') AS o_clerk,
        0 AS o_shippriority,
        array_to_string([{WORDS}[1 + draw(key, 10 + i, 20)] FOR i IN range(4 + draw(key, 7, 5))], ' ') AS o_comment
    FROM (
        SELECT file, $start + (file - $first) * $step + line AS key
        FROM range($first, $after) AS files(file), range($rows) AS lines(line)
        ORDER BY file, line
    )
"""


def make(folder: Path, *, first: int, files: int, rows: int, start: int, step: int) -> None:
    """Write files number `first`, `first + 1`, ... of `rows` orders each, from the key `start` on, `step` keys apart.

    Where `step` is below `rows`, the first keys of a file are the last ones of the file before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    query = ORDERS
    numbers = {"$first": first, "$after": first + files, "$rows": rows, "$start": start, "$step": step}
    for name, value in numbers.items():
        query = query.replace(name, str(value))
    whole = folder / "whole"
    duckdb.execute(DRAW)
    duckdb.execute(f"COPY ({query}) TO '{whole}' (FORMAT csv, HEADER)")
    with whole.open("rb") as lines:
        header = next(lines)
        for file in range(first, first + files):
            (folder / f"orders_{file:05}.csv").write_bytes(header + b"".join(islice(lines, rows)))
    whole.unlink()


if __name__ == "__main__":
    stated = (argument.split("=") for argument in sys.argv[2:])
    make(Path(sys.argv[1]), **{name: int(value) for name, value in stated})
