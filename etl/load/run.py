"""One load: survey, stage, check, move, keep the books, export, commit, rename."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import duckdb

from etl.config import Dataset, Settings
from etl.errors import ExportPending, LoadFailed, StorageError, UsageError, WarehouseEmpty, WarehouseKind
from etl.export.formats import format_of
from etl.export.write import exported_of, place, remove_waiting, to_standard_output, waiting, write_export
from etl.ledger import read, write
from etl.load.attempt import attempt
from etl.load.hold import Hold
from etl.load.request import Request, request, speakable, warehouse_beside
from etl.load.survey import survey
from etl.load.task import Again, Attempt, Known, Undo
from etl.names import matched
from etl.result import Load, Progress, Report, TargetBooks, silent
from etl.version import VERSION
from etl.warehouse import Warehouse, in_memory, open_warehouse
from etl.warehouse.connection import remove_spill


def run(
    dataset: Dataset, warehouse: Path | None = None, settings: Settings | None = None, *, plan: bool = False,
    report: Report = silent, standard_output: BinaryIO | None = None,
) -> Load:
    """Load a dataset: bring its target and output to what the files and the definition say.

    Args:
        warehouse: An accumulating warehouse; None is a fresh run, whose warehouse stands beside its output.
        plan: Do everything but keep it: what is returned is what a run would do.
        standard_output: Where an output of `-` goes, after the commit.

    Raises:
        UsageError: An option is wrong, or contradicts what the warehouse stores.
        SourceMissing: No folder, or no file.
        LoadFailed: Files have problems that the policy does not let pass; the target is as it was.
        ExportPending: Loaded; the output could not be put in place, and the next run will.
    """
    settings = settings or Settings()
    started = time.monotonic()
    path = Path(warehouse) if warehouse is not None else warehouse_beside(dataset.output)
    if dataset.output is not None:
        format_of(dataset.output)
    speakable(path, "warehouse")
    with _opened(path, settings, plan=plan) as opened:
        known = _known(opened, dataset, path, fresh=warehouse is None)
        load = _run(opened, known, settings, plan=plan, report=report, standard_output=standard_output)
    return replace(load, warehouse=str(path), seconds=time.monotonic() - started)


@contextmanager
def _opened(path: Path, settings: Settings, *, plan: bool) -> Iterator[Warehouse]:
    if plan:
        _check_place(path, "warehouse")
        try:
            if path.exists():
                with open_warehouse(path, settings, write=True, bring_up=False) as warehouse:
                    yield warehouse
                return
        except WarehouseEmpty:
            pass
        with tempfile.TemporaryDirectory(prefix="etl-") as folder, in_memory(settings, Path(folder)) as warehouse:
            yield warehouse
        return
    missing = [place for place in (path, *path.absolute().parents) if not place.exists()]
    with open_warehouse(path, settings, write=True) as warehouse:
        remove_spill(path)
        try:
            yield warehouse
        except BaseException:
            if path in missing and read.kind(warehouse) is None:
                _forget(missing)
            raise


def _forget(made: list[Path]) -> None:
    """Take away a warehouse that was made for nothing, while it is still ours, and the folders made for it."""
    made[0].unlink(missing_ok=True)
    made[0].with_name(made[0].name + ".wal").unlink(missing_ok=True)
    for folder in made[1:]:
        with suppress(OSError):
            folder.rmdir()


def _known(warehouse: Warehouse, dataset: Dataset, path: Path, *, fresh: bool) -> Known:
    kind = read.kind(warehouse)
    wanted = "fresh" if fresh else "accumulating"
    if kind not in (None, wanted):
        raise WarehouseKind(
            f"The warehouse {path} is accumulating: load into it with --warehouse {path}."
            if kind == "accumulating" else
            f"The warehouse {path} is the fresh one of an output and follows its folder: load without --warehouse, or "
            "name another file."
        )
    every = read.datasets(warehouse)
    stored = _stored(every, dataset, fresh=fresh)
    output = None if stored is None else read.output_of(warehouse, stored.dataset_id)
    wish = request(dataset, stored, output, fresh=fresh)
    if stored is None or stored.name != wish.name:
        stored = next((d for d in every if d.name == wish.name), None)
        output = None if stored is None else read.output_of(warehouse, stored.dataset_id)
        if stored is not None and not fresh:
            wish = request(replace(dataset, table=stored.name), stored, output, fresh=False)
    if fresh and stored is not None and "evolve" not in (wish.definition.contract, stored.definition.contract):
        wish = replace(wish, definition=replace(wish.definition, frozen=stored.definition.frozen))
    others = tuple(d for d in every if d.name != wish.name) if fresh else ()
    return Known(kind, wanted, wish, stored, output, others)


def _stored(
    every: list[read.StoredDataset], dataset: Dataset, *, fresh: bool
) -> read.StoredDataset | None:
    """The stored dataset that is meant before its name is known: the one named, or the only one."""
    if fresh:
        return None
    if dataset.table is not None:
        return next((d for d in every if d.name == matched(dataset.table)), None)
    if not dataset.sources and dataset.source_dir is None and len(every) == 1:
        return every[0]
    return None


def _run(
    warehouse: Warehouse, known: Known, settings: Settings, *, plan: bool, report: Report,
    standard_output: BinaryIO | None,
) -> Load:
    wish = known.request
    _check_output(wish)
    loaded = {} if known.stored is None else read.loaded_files(warehouse, known.stored.dataset_id)
    report(Progress("discover"))
    found = survey(wish, loaded, None if known.stored is None else known.stored.reading, _ours(warehouse, known),
                   report, settings.threads or os.cpu_count() or 1)
    if wish.output is not None and not plan:
        _make_folder(wish.output)
        remove_waiting(wish.output)  # of a killed process, perhaps of our own number: it may be half written
    task = Attempt(warehouse, known, found, loaded, settings, plan, report, datetime.now(UTC).replace(tzinfo=None))
    with tempfile.TemporaryDirectory(prefix="etl-", dir=settings.temp_dir) as folder, Hold() as hold:
        load = _attempts(task, Path(folder), hold)
        if not plan:
            _finish(warehouse, load, wish)
    if wish.once and not plan:
        dataset = read.stored(warehouse, wish.name)
        to_standard_output(warehouse, exported_of(warehouse, dataset, lineage=wish.lineage), standard_output)
    return replace(load, output="-" if wish.once else load.output)


def _ours(warehouse: Warehouse, known: Known) -> list[Path]:
    path = warehouse.path
    ours = [] if path is None else [path, path.with_name(path.name + ".wal")]
    return ours if known.output is None else [*ours, Path(known.output.path)]


def _check_output(wish: Request) -> None:
    if wish.output is None:
        return
    format_of(wish.output.name)
    if wish.output.is_dir():
        raise UsageError(f"The output {wish.output} is a folder. Name a file in it.")
    _check_place(wish.output, "output")


def _check_place(path: Path, what: str) -> None:
    """Whether a file can stand there, before anything is done."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise StorageError(f"The {what} {path} cannot be written: {above} is not a folder.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise StorageError(f"The {what} {path} cannot be written: the folder {above} does not let you.")


def _make_folder(output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {output.parent} of the output cannot be made: {error.strerror}.") from error


def _attempts(task: Attempt, folder: Path, hold: Hold) -> Load:
    """Try until nothing new is learned of the files: each try begins and ends its own transaction."""
    try:
        return _tries(task, folder, hold)
    except BaseException:
        if task.known.request.output is not None:
            waiting(task.known.request.output).unlink(missing_ok=True)
        raise


def _tries(task: Attempt, folder: Path, hold: Hold) -> Load:
    while True:
        try:
            try:
                with task.warehouse.transaction():
                    load = attempt(task, folder)
                    if task.plan:
                        raise Undo(load)  # noqa: TRY301  the ROLLBACK is what it is for
                    hold.begin()
                    return load
            except Undo as undone:
                return undone.load
        except Again as again:
            task = again.task
            for left in folder.iterdir():
                left.unlink()
        except LoadFailed as failure:
            raise _recorded(task, failure) from failure
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise _said(error) from error


def _said(error: duckdb.Error) -> StorageError:
    """A sentence for what the machine does not give; any other error of DuckDB is our own mistake, and goes up."""
    first = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return StorageError(f"The memory limit was reached: {first}. Give more with --memory-limit, or more room with "
                            "--temp-dir. Nothing was loaded.")
    return StorageError(f"A file could not be read or written: {first}. Nothing was loaded.")


def _recorded(task: Attempt, failure: LoadFailed) -> LoadFailed:
    """Keep a failed load and its problems, in a transaction of its own."""
    if task.plan:
        return failure
    warehouse, known = task.warehouse, task.known
    with warehouse.transaction():
        if known.kind is None:
            write.name_warehouse(warehouse, known.wanted, VERSION)
        load_id = read.next_id(warehouse, "load")
        dataset_id = known.stored.dataset_id if known.stored else read.next_id(warehouse, "dataset")
        records = task.records()
        write.keep_load(
            warehouse, load_id, dataset_id=dataset_id, dataset=known.request.name, command="run", status="failed",
            started_at=task.started, finished_at=datetime.now(UTC).replace(tzinfo=None),
            before=known.stored.definition if known.stored else None, after=known.request.definition,
            on_error=task.settings.on_error, message=str(failure),
            books=TargetBooks(records, records, 0, 0, 0, 0, 0, 0, 0, 0), rejected=0,
        )
        write.keep_problems(warehouse, load_id, "problem", [(None, problem) for problem in failure.problems])
    return LoadFailed(str(failure), failure.problems, load_id)


def _finish(warehouse: Warehouse, load: Load, wish: Request) -> None:
    """Put the waiting export in place, or repair an output that is not as it was left.

    Raises:
        ExportPending: It could not be put in place.
    """
    dataset = read.stored(warehouse, wish.name)
    output = read.output_of(warehouse, dataset.dataset_id)
    if output is None:
        return
    destination = Path(output.path)
    aside = waiting(destination)
    try:
        if not aside.exists():
            if output.state == "written" and _as_left(output):
                return
            exported = exported_of(warehouse, dataset, lineage=dataset.lineage)
            write_export(warehouse, exported, destination.name, aside)
        stat = place(aside, destination)
    except (StorageError, OSError) as error:
        raise ExportPending(f"{load.dataset} is loaded, but its output is still pending: {error} "
                            "The next run puts it in place.") from error
    with warehouse.transaction():
        write.keep_output(warehouse, dataset.dataset_id, output.path, output.load_id, "written", stat)
    remove_waiting(destination)


def _as_left(output: read.StoredOutput) -> bool:
    try:
        stat = Path(output.path).stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) == (
        output.size, output.mtime_ns, output.ctime_ns, output.inode)

