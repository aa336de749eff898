"""What a report says of a load, as the ledger has it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.config import Definition, Settings
from etl.errors import UsageError
from etl.ledger.read import datasets, kind
from etl.result import TargetBooks, TargetColumn
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse

FILES = 200  # shown by themselves; the rest is one row
SAMPLES = 5  # of each reason
CONFLICTS = 50
LOADS = 40


@dataclass(frozen=True, slots=True)
class FileRow:
    """The books of one file version, or of `files` of them; `path` is None for those that are shown together."""

    path: str | None
    files: int
    changed: int
    size: int
    lines: int
    header: int
    skipped: int
    blank: int
    continuation: int
    read: int
    rejected: int
    inserted: int
    updated: int
    unchanged: int
    duplicate: int
    superseded: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One problem, as the ledger keeps it."""

    path: str | None
    line: int | None
    row: int | None
    column: str | None
    text: str | None
    message: str
    advice: str | None
    record: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """The problems of one code, in records and files, with the first of them.

    Args:
        severity: `reject`, `problem`, `skipped` or `warning`.
    """

    severity: str
    code: str
    problems: int
    records: int
    files: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """The keys of which two files say different values in one column; `path` is the file that won.

    Args:
        samples: The key, what was kept and what the other file says; None is NULL.
    """

    path: str
    other: str
    column: str
    keys: int
    samples: tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True, slots=True)
class PastLoad:
    """A load of the same table."""

    load_id: int
    command: str
    status: str
    started: datetime
    seconds: float
    came: int
    left: int
    inserted: int
    updated: int
    unchanged: int
    removed: int
    returned: int
    rejected: int
    records: int


@dataclass(frozen=True, slots=True)
class Facts:
    """A load with its surroundings.

    Args:
        kind: Whether the warehouse is `fresh` or `accumulating`.
        root: The source folder; None where the table was never loaded.
        before: The definition that the load found; None where it is as it was, or there was none.
        seconds: From its beginning to its commit.
        files: The largest in order of rank, the rest as the last row; `left` are the paths that left,
            `returned` those that came back from staging without being read.
        history: Loads of the table, the oldest first, at most `LOADS`; this load is among them.
        earlier: How many loads there are before those of `history`.
    """

    warehouse: Path
    kind: str
    root: str | None
    load_id: int
    dataset: str
    command: str
    status: str
    started: datetime
    seconds: float
    definition: Definition
    before: Definition | None
    on_error: str
    message: str | None
    target: TargetBooks
    rejected: int
    files: tuple[FileRow, ...]
    left: tuple[str, ...]
    returned: tuple[str, ...]
    columns: tuple[TargetColumn, ...]
    reasons: tuple[Reason, ...]
    conflicts: tuple[ConflictRow, ...]
    history: tuple[PastLoad, ...]
    earlier: int


def facts_of(warehouse: Path, load_id: int | None, lock_timeout: float) -> Facts:
    """Gather what is known of a load; None is the newest.

    Raises:
        UsageError: There is no such load.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        return _facts(opened, warehouse, _chosen(opened, warehouse, load_id))


def _chosen(warehouse: Warehouse, path: Path, load_id: int | None) -> int:
    first, last = warehouse.sql("SELECT min(load_id), max(load_id) FROM etl.load")[0]
    if last is None:
        raise UsageError(f"Nothing was loaded into {path} yet, so there is nothing to report.")
    if load_id is None:
        return int(last)
    if not warehouse.sql("SELECT 1 FROM etl.load WHERE load_id = $load", {"load": load_id}):
        there = f"Its loads are {first} to {last}" if last > first else f"Its only load is {last}"
        raise UsageError(f"There is no load {load_id} in {path}. {there}; `etl history` lists them.")
    return load_id


def _facts(warehouse: Warehouse, path: Path, load_id: int) -> Facts:
    load = {"load": load_id}
    (_, dataset, command, status, started, milliseconds, before, after, on_error, message, *numbers,
     rejected) = warehouse.sql(fill("report_load"), load)[0]
    records_before, records_after, inserted, updated, unchanged, duplicate, superseded, *moved = numbers
    history, earlier = _history(warehouse, dataset, load_id)
    changed = warehouse.sql(fill("report_moved"), load)
    return Facts(
        warehouse=path, kind=kind(warehouse) or "fresh",
        root=next((known.root for known in datasets(warehouse) if known.name == dataset), None),
        load_id=load_id, dataset=dataset, command=command, status=status, started=started,
        seconds=milliseconds / 1000, definition=Definition.parse(after),
        before=None if before in (None, after) else Definition.parse(before), on_error=on_error, message=message,
        target=TargetBooks(records_before, records_after, inserted, updated, unchanged, duplicate, superseded, *moved),
        rejected=rejected,
        files=tuple(FileRow(*row) for row in warehouse.sql(fill("report_books"), {**load, "most": FILES})),
        left=tuple(path for path, came in changed if not came),
        returned=tuple(path for path, came in changed if came),
        columns=tuple(TargetColumn(*row) for row in warehouse.sql(
            'SELECT name, type, reason FROM etl."column" WHERE load_id = $load ORDER BY ordinal', load)),
        reasons=_reasons(warehouse, load_id), conflicts=_conflicts(warehouse, load_id), history=history,
        earlier=earlier,
    )


def _reasons(warehouse: Warehouse, load_id: int) -> tuple[Reason, ...]:
    samples: dict[tuple[str, str], list[Sample]] = {}
    for severity, code, *sample in warehouse.sql(fill("report_samples"), {"load": load_id, "most": SAMPLES}):
        samples.setdefault((severity, code), []).append(Sample(*sample))
    found = warehouse.sql(fill("report_reasons"), {"load": load_id})
    return tuple(Reason(severity, code, problems, records, files, tuple(samples[severity, code]))
                 for severity, code, problems, records, files in found)


def _conflicts(warehouse: Warehouse, load_id: int) -> tuple[ConflictRow, ...]:
    if not warehouse.exists("etl", "conflict"):
        return ()
    return tuple(ConflictRow(path, other, column, keys, tuple(map(_sample, json.loads(samples))))
                 for path, other, column, keys, samples in warehouse.sql(fill("report_conflicts"), {"load": load_id}))


def _sample(found: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return ", ".join(map(str, found["key"])), found["value"], found["other"]


def _history(warehouse: Warehouse, dataset: str, load_id: int) -> tuple[tuple[PastLoad, ...], int]:
    """The newest loads, or those up to this one where it is older; and how many there are before them."""
    loads: Sequence[PastLoad] = [
        PastLoad(number, command, status, started, milliseconds / 1000, *counts)
        for number, _, command, status, started, milliseconds, *counts, _ in reversed(
            warehouse.sql(fill("history"), {"dataset": dataset}))
    ]
    place = next(place for place, load in enumerate(loads) if load.load_id == load_id)
    end = max(place + 1, LOADS) if place < len(loads) - LOADS else len(loads)
    begin = max(0, end - LOADS)
    return tuple(loads[begin:end]), begin
