"""Carry a task out: tries in transactions of their own, the books of a load that failed, and the output after it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from etl.errors import ExportPending, LoadFailed, StorageError, fault
from etl.export.write import exported_of, place, remove_waiting, waiting, write_export
from etl.ledger import read, write
from etl.ledger.seals import seal_dataset, seal_load
from etl.load.attempt import attempt
from etl.load.hold import Hold
from etl.load.place import make_folder
from etl.load.request import Request
from etl.load.saved import Agreement
from etl.load.task import Again, Attempt, Undo
from etl.result import Load, TargetBooks
from etl.version import VERSION
from etl.warehouse import Warehouse
from etl.warehouse.machine import of_duckdb, of_machine, said, sentence
from etl.warehouse.scratch import scratch


def carry_out(task: Attempt, hold: Hold, agreement: Agreement | None = None) -> Load:
    """Make the move of a task, or plan it, and bring its output up to date.

    Args:
        hold: What holds interrupts off once the load is committed, until the warehouse is closed.
        agreement: Is told before the commit what the load comes to; it may refuse.

    Raises:
        LoadFailed: There are problems that the policy does not let pass; the target is as it was.
        ExportPending: Loaded; the output could not be put in place, and the next run will.
    """
    wish = task.known.request
    if wish.output is not None and not task.plan:
        make_folder(wish.output)
        remove_waiting(wish.output)  # of a killed process, perhaps of our own number: it may be half written
    with scratch(task.settings.temp_dir) as folder:
        load = _attempts(task, folder, hold, agreement)
        if not task.plan:
            _finish(task.warehouse, load, wish)
    return load


def _attempts(task: Attempt, folder: Path, hold: Hold, agreement: Agreement | None) -> Load:
    """Try until nothing new is learned of the files: each try begins and ends its own transaction."""
    try:
        return _tries(task, folder, hold, agreement)
    except BaseException:
        if task.known.request.output is not None:
            waiting(task.known.request.output).unlink(missing_ok=True)
        raise


def _tries(task: Attempt, folder: Path, hold: Hold, agreement: Agreement | None) -> Load:
    while True:
        try:
            try:
                with task.warehouse.transaction():
                    load = attempt(task, folder)
                    if agreement is not None:
                        agreement.outcome(load)
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
            raise _kept(task, failure) from failure
        except Exception as error:
            found = of_machine(error)
            if found is None:
                raise
            raise sentence(found, "Nothing was loaded.") from error


def _kept(task: Attempt, failure: LoadFailed) -> LoadFailed:
    """The failure with the number of its load, where that can be kept; where there is no room for it, that is said."""
    try:
        return _recorded(task, failure)
    except Exception as error:
        found = of_machine(error)
        if found is None:
            raise
        unkept = LoadFailed(str(failure), failure.problems)
        unkept.add_note(f"The failed load is not in the history: {said(found)}.")
        return unkept


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
            warehouse, load_id, dataset_id=dataset_id, dataset=known.request.name,
            command=task.change.command, status="failed",
            started_at=task.started, finished_at=datetime.now(UTC).replace(tzinfo=None),
            before=known.stored, after=known.request.definition, reading=known.request.reading,
            on_error=task.settings.on_error, message=str(failure),
            books=TargetBooks(records, records, 0, 0, 0, 0, 0, 0, 0, 0), rejected=0,
        )
        write.keep_problems(warehouse, load_id, "problem", [(None, problem) for problem in failure.problems])
        seal_load(warehouse, load_id)
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
        with warehouse.transaction():
            write.keep_output(warehouse, dataset.dataset_id, output.path, output.load_id, "written", stat)
            seal_dataset(warehouse, dataset.dataset_id)
    except Exception as error:
        found = error if isinstance(error, StorageError | OSError) else of_duckdb(error)
        reason = fault(error) if found is None else str(found).splitlines()[0]
        raise ExportPending(f"{load.dataset} is loaded, but its output is still pending: {reason} "
                            "The next run puts it in place.", load) from error
    remove_waiting(destination)


def _as_left(output: read.StoredOutput) -> bool:
    try:
        stat = Path(output.path).stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) == (
        output.size, output.mtime_ns, output.ctime_ns, output.inode)

