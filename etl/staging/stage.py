"""Bulk-load files into staging: one scan for all files of one structure, format and dialect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from etl.config import Reading
from etl.names import Sql, glob, identifier, listed, literal
from etl.result import Progress, Report
from etl.sources.scan import still
from etl.sql_files import fill
from etl.staging import parquet
from etl.staging.part import Incoming, Part, Staged, Trouble, moved, part_of
from etl.staging.shapes import lines, pointer
from etl.staging.stored import stored_columns
from etl.warehouse import Warehouse, staging

SCAN_FILES = 2_000  # files read by one statement: enough to be fast, few enough to show progress
SCAN_BYTES = 1 << 28
SCAN_COLUMNS = 12_000  # of all its files: DuckDB has room for 2,048 cells of each, 32 KB, until it puts them together
MOST_BY_NAME = 500  # keys that DuckDB's reader of JSON is given by name: what it takes grows faster than their number
_VIRTUAL = frozenset({"file_index", "file_row_number", "filename", "rowid"})  # names that DuckDB's readers give columns


def stage_all(
    warehouse: Warehouse, incoming: Sequence[Incoming], first: int, reading: Reading, folder: Path, report: Report
) -> list[Staged]:
    """Load file versions into staging, in the caller's transaction.

    Args:
        incoming: In order of rank.
        first: The first free version id.
        folder: An empty folder for what the careful reader writes.

    Returns:
        One a file, version ids from `first` without a gap, in the order in which they stand in staging.

    Raises:
        Trouble: Files must be read carefully, changed or vanished. The transaction may be aborted: roll back.
    """
    parts = [part_of(item, reading, folder, number) for number, item in enumerate(incoming)]
    groups: dict[tuple[object, ...], list[Part]] = defaultdict(list)
    for part in parts:
        shape = part.incoming.scan.shape
        spelt = None if part.way == "text" or shape is None else (shape.names, shape.long_numbers, shape.nulls)
        read_as = (part.staged.settled, part.dialect, part.skip, part.longest, part.parallel, part.pad)
        key = (part.staged.table, part.way, spelt, read_as)
        groups[key].append(part)
    done: list[Staged] = []
    care: list[str] = []
    files, size = 0, 0
    totals = {"files_total": len(parts), "bytes_total": sum(p.incoming.scan.stat.size for p in parts)}
    for group in groups.values():
        for batch in _batches(group):
            numbered = [replace(p, staged=replace(p.staged, version_id=first + i)) for i, p in enumerate(batch)]
            first += len(batch)
            staged, troubled = _scan(warehouse, numbered)
            done += staged
            care += troubled
            files += len(batch)
            size += sum(p.incoming.scan.stat.size for p in batch)
            report(Progress("stage", files, totals["files_total"], size, totals["bytes_total"],
                            rows=sum(s.staged for s in done)))
    changed = [moved(p.incoming.scan.file) for p in parts if not still(p.incoming.scan.file, p.incoming.scan.stat)]
    if care or changed:
        raise Trouble(care, changed)
    return done


def _batches(group: Sequence[Part]) -> Iterator[list[Part]]:
    batch: list[Part] = []
    size = 0
    most = min(SCAN_FILES, SCAN_COLUMNS // (len(group[0].incoming.names) + 1))
    for part in group:
        if batch and (len(batch) >= most or size + part.incoming.scan.stat.size > SCAN_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(part)
        size += part.incoming.scan.stat.size
    if batch:
        yield batch


def _scan(warehouse: Warehouse, batch: Sequence[Part]) -> tuple[list[Staged], list[str]]:
    """Read one batch; gives what is staged and the paths that need care."""
    table = batch[0].staged.table
    if not table:
        return [part.staged for part in batch], []
    columns = listed(stored_columns(batch[0]))
    warehouse.sql(f"CREATE TABLE IF NOT EXISTS {staging(table)} (_version INTEGER, {columns})")
    first = batch[0].staged.version_id
    try:
        bad = _load(warehouse, batch, first)
    except duckdb.Error as error:
        raise _diagnose(warehouse, batch, error) from error
    counts = {
        int(version): (int(staged), int(places), int(span))
        for version, _first_row, staged, places, span in warehouse.sql(
            fill("staged_rows", staging=staging(table)), {"first": first})
    }
    result = []
    for part in batch:
        staged, places, span = counts.get(part.staged.version_id, (0, 0, 0))
        if span != places:
            raise AssertionError(f"rows of {part.incoming.scan.file.path} do not stand together in staging")
        result.append(replace(part.staged, staged=staged))
    return result, [batch[i].incoming.scan.file.path for i in sorted(bad)]


def _load(warehouse: Warehouse, batch: Sequence[Part], first: int) -> set[int]:
    """Read one batch into its table; gives the places in it of the files that need care."""
    way = batch[0].way
    table = staging(batch[0].staged.table)
    if way == "lines":
        _load_lines(warehouse, batch, first)
        return set()
    if way == "parquet":
        shape = batch[0].incoming.scan.shape
        if shape is not None:
            parquet.load(warehouse, table, shape, [p.location for p in batch], first)
        return set()
    _forget_rejects(warehouse)
    statement = fill("stage", staging=table, line_end=_line_end(batch), **_shape(batch))
    warehouse.fill(statement, {"first": first, **_values(batch)})
    return {int(row[0]) for row in warehouse.sql("SELECT DISTINCT file_id FROM temp.main.reject_errors")}


def _load_lines(warehouse: Warehouse, batch: Sequence[Part], first: int) -> None:
    """Read one batch of lines of JSON, by their keys where these make columns of DuckDB."""
    shape, longest, table = batch[0].incoming.scan.shape, batch[0].longest, staging(batch[0].staged.table)
    keys = () if shape is None else shape.names
    exact = shape is not None and shape.long_numbers
    named = set(map(str.lower, keys))
    if not exact and not _VIRTUAL & named and len(named) == len(keys) <= MOST_BY_NAME:
        columns = listed(Sql(f"{literal(key)}: 'JSON'") for key in keys)
        cells = listed(Sql(f"nullif(CAST({identifier(key)} AS VARCHAR), 'null')") for key in keys)
        warehouse.fill(fill("stage_objects", staging=table, columns=Sql(f"{{{columns}}}"), cells=cells),
                       {"first": first, "files": [glob(p.location) for p in batch], "longest": longest})
        return
    relation, values = lines([p.location for p in batch], longest)
    raws = listed(Sql(f"CAST(v[{place + 1}] AS VARCHAR) AS r{place}") for place in range(len(keys)))
    cells = listed(Sql(f"etl_json_cell(r{place}, marked)") for place in range(len(keys)))
    marked = Sql("etl_json_marked(line)" if exact else "false")
    warehouse.fill(fill("stage_json", staging=table, lines=relation, paths=listed(map(pointer, keys)), raws=raws,
                        cells=cells, marked=marked),
                   {"first": first, **values})


def _line_end(batch: Sequence[Part]) -> Sql:
    """Of what the careful reader wrote: LF, whatever stands in cells. Else DuckDB finds it out for each file."""
    return Sql(", new_line = '\\n'") if batch[0].staged.settled else Sql("")


def _shape(batch: Sequence[Part]) -> dict[str, Sql]:
    """The columns to read, and what becomes of them; the careful reader writes one in front."""
    places = range(len(batch[0].incoming.names))
    columns = [Sql(f"'c{place}': 'VARCHAR'") for place in places]
    version = Sql("CAST($first + file_index AS INTEGER)")
    if batch[0].staged.settled:
        columns.insert(0, Sql("'mark': 'VARCHAR'"))
        version = Sql(f"CASE WHEN mark IS NULL THEN 1 ELSE -1 END * {version}")
    return {"version": version, "columns": Sql("{" + listed(columns) + "}"),
            "cells": listed(Sql(f"c{place}") for place in places)}


def _values(batch: Sequence[Part]) -> dict[str, object]:
    part = batch[0]
    return {
        "files": [glob(p.location) for p in batch], "delimiter": part.dialect.delimiter, "quote": part.dialect.quote,
        "escape": part.dialect.escape, "skip": part.skip, "longest": part.longest,
        "parallel": part.parallel, "pad": part.pad,
    }


def _forget_rejects(warehouse: Warehouse) -> None:
    for table in ("reject_errors", "reject_scans"):
        warehouse.sql(f"DROP TABLE IF EXISTS temp.main.{table}")


def _diagnose(warehouse: Warehouse, batch: Sequence[Part], error: duckdb.Error) -> Exception:
    """Which files of a batch the reader cannot get through; the transaction is lost, so it is ended here."""
    warehouse.raw.rollback()
    changed = [moved(p.incoming.scan.file) for p in batch if not still(p.incoming.scan.file, p.incoming.scan.stat)]
    if changed:
        return Trouble(problems=changed)
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException) or batch[0].staged.settled:
        return error
    if batch[0].way == "lines":
        return Trouble([p.incoming.scan.file.path for p in batch])
    if batch[0].way == "parquet":
        scans = {p.incoming.scan.file.path: (p.incoming.scan, p.location) for p in batch}
        problems = parquet.broken(warehouse, scans, error)
        return Trouble(problems=problems) if problems else error
    bad = _bisect(warehouse, list(batch))
    return Trouble([p.incoming.scan.file.path for p in bad]) if bad else error


def _bisect(warehouse: Warehouse, batch: list[Part]) -> list[Part]:
    _forget_rejects(warehouse)
    try:
        warehouse.sql(fill("stage_trial", columns=_shape(batch)["columns"], line_end=_line_end(batch)), _values(batch))
    except duckdb.Error:
        if len(batch) == 1:
            return batch
        half = len(batch) // 2
        return _bisect(warehouse, batch[:half]) + _bisect(warehouse, batch[half:])
    return []


