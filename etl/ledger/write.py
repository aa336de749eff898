"""What the ledger is told: datasets, versions and their flips, loads, rejects, structure, outputs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from etl.config import Definition, Reading, Selection
from etl.errors import Problem
from etl.ledger.read import HeldContent, LoadedFile, StoredDataset, holds
from etl.result import Conflicts, TargetBooks, TargetColumn
from etl.sql_files import fill
from etl.warehouse import Warehouse

ZERO_BOOKS = TargetBooks(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def add(warehouse: Warehouse, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows to a control table; see `etl.ledger.rows`."""
    ledger = warehouse.ledger  # brings SQLAlchemy, half a second that who only reads can save
    from etl.ledger.rows import insert  # noqa: PLC0415  brings it too

    insert(ledger, table, rows)


def put(warehouse: Warehouse, table: str, values: Mapping[str, Any]) -> None:
    """Add a row to a control table, or bring the one of its key to these values; see `etl.ledger.rows`."""
    ledger = warehouse.ledger
    from etl.ledger.rows import upsert  # noqa: PLC0415  as above

    upsert(ledger, table, values)


def name_warehouse(warehouse: Warehouse, kind: str, version: str) -> None:
    """Say once whether the warehouse is fresh or accumulating."""
    add(warehouse, "warehouse", [{"kind": kind, "made_by": version}])


def keep_dataset(
    warehouse: Warehouse, dataset_id: int, *, name: str, root: str, selection: Selection, reading: Reading,
    definition: Definition, lineage: bool,
) -> None:
    """Keep a dataset as it is now stated."""
    put(warehouse, "dataset", {
        "dataset_id": dataset_id, "name": name, "root": root, "selection": json.dumps(asdict(selection)),
        "reading": reading.canonical(), "definition": definition.canonical(), "lineage": lineage,
    })


def keep_versions(warehouse: Warehouse, rows: Iterable[dict[str, Any]]) -> None:
    """Add file versions; each row names all columns of `etl.file_version`."""
    add(warehouse, "file_version", rows)


def keep_flips(warehouse: Warehouse, load_id: int, came: Iterable[int], left: Iterable[int]) -> None:
    """Say which versions a load brought, and which it let go."""
    add(warehouse, "flip", [
        {"load_id": load_id, "version_id": version, "loaded": loaded}
        for versions, loaded in ((came, True), (left, False)) for version in versions
    ])


def keep_stats(warehouse: Warehouse, stats: Sequence[dict[str, Any]]) -> None:
    """Take note of the new time stamps of files whose content is the same, one row a version."""
    if stats:
        warehouse.sql(fill("known_again"), {"rows": json.dumps(list(stats))})


def keep_holds(
    warehouse: Warehouse, dataset_id: int, load_id: int, held: Iterable[LoadedFile], released: Iterable[HeldContent]
) -> None:
    """Hold the contents of these versions, and hold those others no more."""
    for hold in released:
        warehouse.sql("DELETE FROM etl.hold WHERE dataset_id = $dataset AND path = $path AND content = $content",
                      {"dataset": dataset_id, "path": hold.path, "content": hold.content})
    there = {(hold.path, hold.content) for hold in holds(warehouse, dataset_id)}
    kept = [version for version in held if (version.path, version.bytes_alone) not in there]
    if kept:
        add(warehouse, "hold", [
            {"dataset_id": dataset_id, "path": version.path, "content": version.bytes_alone,
             "version_id": version.version_id, "load_id": load_id} for version in kept])


def keep_load(
    warehouse: Warehouse, load_id: int, *, dataset_id: int, dataset: str, command: str, status: str,
    started_at: datetime, finished_at: datetime, before: StoredDataset | None, after: Definition, reading: Reading,
    on_error: str, message: str | None, books: TargetBooks, rejected: int, undoes: int | None = None,
) -> None:
    """Add the row of a load."""
    add(warehouse, "load", [{
        "load_id": load_id, "dataset_id": dataset_id, "dataset": dataset, "command": command, "status": status,
        "started_at": started_at, "finished_at": finished_at,
        "definition_before": None if before is None else before.definition.canonical(),
        "definition_after": after.canonical(), "undoes": undoes,
        "reading_before": None if before is None else before.reading.canonical(), "reading_after": reading.canonical(),
        "on_error": on_error, "message": message, "records_before": books.before, "records_after": books.after,
        **{name: getattr(books, name) for name in ("inserted", "updated", "unchanged", "duplicate", "superseded",
                                                   "returned", "removed", "restored")},
        "rejected": rejected,
    }])


def keep_problems(
    warehouse: Warehouse, load_id: int, severity: str, problems: Iterable[tuple[int | None, Problem]]
) -> None:
    """Keep the rejects, problems or warnings of a load, each with the version it is of (None where none was kept)."""
    columns = ("code", "message", "path", "line", "row", "column", "text", "record", "byte_offset", "advice")
    add(warehouse, "reject", [
        {"load_id": load_id, "version_id": version, "severity": severity,
         **{name: getattr(problem, name) for name in columns}}
        for version, problem in problems
    ])


def keep_columns(warehouse: Warehouse, load_id: int, columns: Sequence[TargetColumn]) -> None:
    """Keep the structure that a load left."""
    add(warehouse, "column", [
        {"load_id": load_id, "ordinal": ordinal, "name": column.name, "type": column.type, "reason": column.reason}
        for ordinal, column in enumerate(columns)
    ])


def keep_conflicts(warehouse: Warehouse, load_id: int, conflicts: Conflicts) -> None:
    """Keep the conflicts that a load met."""
    add(warehouse, "conflict", [
        {"load_id": load_id, "path": found.path, "other_path": found.other, "column": found.column, "keys": found.keys,
         "samples": json.dumps([asdict(sample) for sample in found.samples])}
        for found in conflicts.found
    ])


def keep_output(
    warehouse: Warehouse, dataset_id: int, path: str, load_id: int, state: str, stat: os.stat_result | None
) -> None:
    """Record the output of a dataset: `pending` before its rename, `written` with its facts after it."""
    put(warehouse, "output", {
        "dataset_id": dataset_id, "path": path, "state": state, "load_id": load_id,
        "size": 0 if stat is None else stat.st_size, "mtime_ns": 0 if stat is None else stat.st_mtime_ns,
        "ctime_ns": 0 if stat is None else stat.st_ctime_ns, "inode": 0 if stat is None else stat.st_ino,
    })
