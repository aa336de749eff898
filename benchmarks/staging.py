"""Files to staging with the kinds of their cells, against DuckDB reading them plainly into a table, in one process.

`python -m benchmarks.staging [ROWS]`: orders as CSV, lines of JSON, Parquet and packed CSV, and a load that rejects 1 %
of its records against a clean one; the best of three rounds, in turns. The packed file has six times the rows: 1 GB for
the 1.5 million of the others.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

import etl
from benchmarks.make_files import DRAW, ORDERS
from etl.config import Dataset, Definition, Reading, Selection, Settings
from etl.result import silent
from etl.sources.discovery import discover
from etl.sources.scan import scan_all
from etl.staging.lines import count_lines
from etl.staging.part import Incoming
from etl.staging.shapes import with_shapes
from etl.staging.stage import stage_all
from etl.structure.measure import located, measure
from etl.warehouse import Warehouse, open_warehouse
from etl.warehouse.expressions import express

ROUNDS = 3
TYPES = ("{'o_orderkey': 'BIGINT', 'o_custkey': 'BIGINT', 'o_orderstatus': 'VARCHAR', 'o_totalprice': 'DECIMAL(12,2)', "
         "'o_orderdate': 'DATE', 'o_orderpriority': 'VARCHAR', 'o_clerk': 'VARCHAR', 'o_shippriority': 'BIGINT', "
         "'o_comment': 'VARCHAR'}")
PLAIN = {
    "csv": f"SELECT * FROM read_csv('FILE', columns = {TYPES}, header = true, auto_detect = false, delim = ',')",
    "ndjson": f"SELECT * FROM read_json('FILE', columns = {TYPES}, format = 'newline_delimited', records = true)",
    "parquet": "SELECT * FROM read_parquet('FILE')",
}
PLAIN["csv.gz"] = PLAIN["csv"]
WRITTEN = {"csv": "FORMAT csv, HEADER", "ndjson": "FORMAT json, ARRAY false", "parquet": "FORMAT parquet",
           "csv.gz": "FORMAT csv, HEADER, COMPRESSION gzip"}
PROMISED = {"csv": 2.0, "ndjson": 2.7, "parquet": 1.3, "csv.gz": 1.5}
PACKED_ROWS = 6  # times the others'
REJECTING = 1.5


def make(folder: Path, rows: int) -> None:
    """One file of orders of each format, and one of CSV in which each hundredth record lacks its last cell."""
    connection = duckdb.connect()
    connection.execute(DRAW)
    for form, options in WRITTEN.items():
        connection.execute(f"COPY ({_orders(rows * (PACKED_ROWS if form == 'csv.gz' else 1))}) TO "
                           f"'{folder / form}.{form}' ({options})")
    connection.close()
    with (folder / "csv.csv").open() as whole, (folder / "bad.csv").open("w") as bad:
        bad.writelines(line if number % 100 else line.rpartition(",")[0] + "\n"
                       for number, line in enumerate(whole, 50))


def _orders(rows: int) -> str:
    query = ORDERS
    for name, value in {"$first": 0, "$after": 1, "$rows": rows, "$start": 1, "$step": rows}.items():
        query = query.replace(name, str(value))
    return query


def plainly(folder: Path, form: str) -> None:
    """DuckDB reads the file into a table of a database on disk."""
    path = folder / "plain.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute(f"CREATE TABLE orders AS {PLAIN[form].replace('FILE', str(folder / f'{form}.{form}'))}")


def an_empty_warehouse(folder: Path) -> None:
    """Made before the clock starts: its tables are not what is measured."""
    path = folder / "staged.duckdb"
    path.unlink(missing_ok=True)
    with open_warehouse(path, Settings(), write=True):
        pass


def with_kinds(folder: Path, form: str) -> None:
    """The file is hashed, staged, its books counted and its cells judged, as a load does it."""
    path = folder / "staged.duckdb"
    with (tempfile.TemporaryDirectory(dir=folder) as inner, open_warehouse(path, Settings(), write=True) as warehouse,
          warehouse.transaction()):
        _stage(warehouse, folder / f"{form}.{form}", Path(inner))


def _stage(warehouse: Warehouse, file: Path, folder: Path) -> None:
    reading = Reading()
    listing = discover(Selection(sources=(str(file),)), None, ())
    express(warehouse)
    (scanned,) = with_shapes(warehouse, scan_all(listing.files, reading, silent, 2, folder), reading, folder)
    (staged,) = stage_all(warehouse, [Incoming(scanned, scanned.names)], 1, reading, folder, silent)
    count_lines(warehouse, [staged], reading)
    names = tuple(name.name for name in staged.names)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE scope AS SELECT 1 AS version_id, $table AS staging, $rows AS staged, "
                  "$rows AS read, 'new' AS state", {"table": staged.table, "rows": staged.staged})
    warehouse.sql("CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)")
    located(warehouse, [staged.table])
    measure(warehouse, {staged.table: names}, Definition())


def seconds(work: Callable[[Path, str], None], folder: Path, form: str) -> float:
    """Of one round."""
    an_empty_warehouse(folder)
    began = time.perf_counter()
    work(folder, form)
    return time.perf_counter() - began


def loaded(folder: Path, file: str) -> None:
    """The file is loaded into a new warehouse, whatever records it has."""
    path = folder / "loaded.duckdb"
    path.unlink(missing_ok=True)
    dataset = Dataset(sources=(str(folder / file),), table="orders")
    etl.run(dataset, warehouse=path, settings=Settings(on_error="reject_row"))


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000
    with tempfile.TemporaryDirectory(prefix="etl-bench-") as name:
        folder = Path(name)
        make(folder, rows)
        print(f"{rows:,} rows of 9 columns\n\n| files | plainly, s | with kinds, s | times | promised |\n"
              "|---|---:|---:|---:|---:|")
        for form, promised in PROMISED.items():
            taken = [(seconds(plainly, folder, form), seconds(with_kinds, folder, form)) for _ in range(ROUNDS)]
            plain, kinds = min(plain for plain, _ in taken), min(kinds for _, kinds in taken)
            print(f"| {form} | {plain:.2f} | {kinds:.2f} | {kinds / plain:.2f} | {promised} |", flush=True)
        taken = [(seconds(loaded, folder, "csv.csv"), seconds(loaded, folder, "bad.csv")) for _ in range(ROUNDS)]
        clean, bad = min(clean for clean, _ in taken), min(bad for _, bad in taken)
        print(f"\nA load of {rows:,} records takes {clean:.2f} s, and {bad:.2f} s where each hundredth of them is "
              f"rejected: {bad / clean:.2f} times, {REJECTING} promised.")


if __name__ == "__main__":
    main()
