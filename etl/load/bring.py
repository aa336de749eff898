"""New file versions into staging and the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from etl.errors import BooksDoNotBalance, Problem, UsageError, WarehouseError
from etl.ledger import read, write
from etl.load import check
from etl.load.coming import Coming
from etl.load.task import Again, Attempt
from etl.names import matched
from etl.sql_files import fill
from etl.staging.lines import count_lines
from etl.staging.part import Staged, Trouble
from etl.staging.stage import stage_all
from etl.structure.derive import derive, headers, hold_headers
from etl.structure.measure import located, measure
from etl.warehouse.attach import ALIAS
from etl.warehouse.machine import MEND

Lines = Mapping[int, tuple[int, int]]  # by version id: blank lines outside cells, continuation lines


@dataclass(frozen=True, slots=True)
class Brought:
    """The file versions of a try, in staging."""

    files: Sequence[Staged]
    lines: Lines

    @property
    def rows(self) -> int:
        """In staging."""
        return sum(item.staged for item in self.files)

    @property
    def read(self) -> int:
        """Records, with those that could not be read."""
        return sum(item.staged + item.unreadable for item in self.files)


def bring(task: Attempt, coming: Coming, left: Sequence[read.LoadedFile], dataset_id: int, load_id: int,
          folder: Path) -> Brought:
    """Stage the files that come, and keep their versions and all flips in the ledger.

    Afterwards the temp tables `scope` (versions, states, ranks), `located` (where their rows begin) and the view
    `placed` (both) are there.

    Raises:
        Again: A file must be read otherwise, or left out; or the contract holds to a structure from now on.
        LoadFailed: A file changed or vanished.
    """
    brought = _stage(task, coming, folder)
    _keep(task, brought, left, dataset_id, load_id)
    definition = task.known.request.definition
    if definition.contract != "evolve" and not definition.frozen:
        _freeze(task)
    return brought


def _stage(task: Attempt, coming: Coming, folder: Path) -> Brought:
    wish = task.known.request
    try:
        first = read.next_id(task.warehouse, "file_version")
        staged = stage_all(task.warehouse, coming.files, first, wish.reading, folder, task.report)
        return Brought(staged, count_lines(task.warehouse, staged, wish.reading))
    except Trouble as trouble:
        if trouble.problems:
            unfit(task, {problem.path: (problem,) for problem in trouble.problems if problem.path is not None})
        if set(trouble.care) <= task.care:  # another try would be the same
            raise BooksDoNotBalance(f"The records of {trouble.care[0]} do not account for its lines. Nothing was "
                                    "loaded; please report this with the file.") from None
        raise Again(replace(task, care=task.care | set(trouble.care))) from None


def unfit(task: Attempt, found: Mapping[str, tuple[Problem, ...]]) -> NoReturn:
    """Files that turned out to be unfit: they are left out, or the load fails, also where that would not help."""
    if task.settings.on_error == "skip_file" and set(found) - set(task.skipped):
        raise Again(replace(task, skipped={**task.skipped, **found}))
    check.refuse([problem for problems in found.values() for problem in problems], task.known.request.name)
    raise AssertionError("unreachable")


def _keep(
    task: Attempt, brought: Brought, left: Sequence[read.LoadedFile], dataset_id: int, load_id: int
) -> None:
    warehouse, staged, lines = task.warehouse, brought.files, brought.lines
    reading = task.known.request.reading.canonical()
    write.keep_versions(warehouse, [
        {**_version(item, lines[item.version_id], load_id, dataset_id), "reading": reading} for item in staged])
    back = task.change.back
    write.keep_flips(warehouse, load_id, [*(item.version_id for item in staged), *(old.version_id for old in back)],
                     [old.version_id for old in left])
    write.keep_holds(warehouse, dataset_id, load_id, task.change.held, task.released())
    warehouse.sql(fill("scope"), {"dataset": dataset_id, "load": load_id})
    hold_headers(warehouse)
    _hold_staging(task)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)")
    if staged:
        located(warehouse, sorted({item.table for item in staged if item.table}),
                first=min(item.version_id for item in staged))
    if back:
        located(warehouse, [str(row[0]) for row in warehouse.sql(
            "SELECT DISTINCT staging FROM temp.scope WHERE state = 'back' AND staging <> ''")])
    warehouse.sql("CREATE OR REPLACE TEMP VIEW placed AS "
                  "SELECT scope.*, located.first_row FROM temp.scope JOIN temp.located USING (version_id)")


def _hold_staging(task: Attempt) -> None:
    """What is loaded, and what comes back, must be in staging: of a warehouse changed by hand it may not be.

    Raises:
        WarehouseError: Naming the table and a file of it.
    """
    lost = task.warehouse.sql(
        "SELECT staging, min(path) FROM temp.scope WHERE staging <> '' AND staging NOT IN (SELECT table_name "
        "FROM duckdb_tables() WHERE database_name = $catalog AND schema_name = 'staging') GROUP BY staging",
        {"catalog": ALIAS})
    if lost:
        table, path = lost[0]
        raise WarehouseError(f"The warehouse {task.warehouse.path} is damaged: staging.{table} is not there, which has "
                             f"the rows of {path}. {MEND}")


def _version(item: Staged, lines: tuple[int, int], load_id: int, dataset_id: int) -> dict[str, object]:
    scan, head = item.scan, item.scan.head
    blank, continuation = lines
    return {
        "version_id": item.version_id, "dataset_id": dataset_id, "load_id": load_id, "path": scan.file.path,
        "fingerprint": scan.fingerprint, "staging": item.table,
        "header": json.dumps([name.name for name in item.names]),
        "spelling": json.dumps([name.spelling for name in item.names]),
        "dialect": json.dumps({"format": scan.format, "compression": scan.compression,
                               "sheet": None if scan.shape is None else scan.shape.sheet} if head is None else {
            "delimiter": head.dialect.delimiter, "quote": head.dialect.quote, "escape": head.dialect.escape,
            "encoding": scan.encoding, "compression": scan.compression}),
        "size": scan.stat.size, "mtime_ns": scan.stat.mtime_ns, "ctime_ns": scan.stat.ctime_ns,
        "inode": scan.stat.inode, "taken_ns": scan.taken_ns, "lines": item.lines,
        "header_lines": head.header_lines if head is not None else 0 if scan.shape is None else scan.shape.header_lines,
        "skipped_lines": 0 if head is None else head.skipped_lines,
        "blank_lines": blank, "continuation_lines": continuation,
        "read": item.staged + item.unreadable, "unreadable": item.unreadable, "staged": item.staged,
        "content": scan.content, "pruned_at": None,
    }


def _freeze(task: Attempt) -> None:
    """Hold the structure from now on: that of the target, or at a first load that of the first file.

    Raises:
        Again: With the structure as part of the definition.
    """
    warehouse, wish, stored = task.warehouse, task.known.request, task.known.stored
    columns = () if stored is None else read.columns_of(warehouse, stored)
    frozen = tuple((matched(column.name), column.type) for column in columns)
    if not frozen:
        warehouse.sql("DELETE FROM temp.scope WHERE staging = '' OR state = 'left'")
        warehouse.sql("DELETE FROM temp.scope WHERE rank > (SELECT min(rank) FROM temp.scope)")
        open_definition = replace(wish.definition, contract="evolve")
        located(warehouse, list(headers(warehouse)))
        measure(warehouse, headers(warehouse), open_definition)
        structure = derive(warehouse, open_definition)
        frozen = tuple((column.name, column.type) for column in structure.columns)
    if not frozen:
        raise UsageError(
            f"--schema-contract {wish.definition.contract} has no structure to hold to: no file has a column."
        )
    held = replace(wish, definition=replace(wish.definition, frozen=frozen))
    raise Again(replace(task, known=replace(task.known, request=held)))
