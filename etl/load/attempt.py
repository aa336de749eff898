"""One try of a load, in one transaction: what it learns that needs another try, it says by `Again`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from etl.errors import Problem, UsageError, count
from etl.export.write import exported_of, waiting, write_export
from etl.ledger import read, write
from etl.ledger.seals import seal_dataset, seal_load
from etl.load import check
from etl.load.bring import bring, unfit
from etl.load.coming import Coming, coming, leaving
from etl.load.judge import judge, structure_of, zeros
from etl.load.reasons import column_changes, target_columns
from etl.load.task import REPAIR, Attempt
from etl.move.books import keep_books, read_books
from etl.move.merge import Moved, Watch, move, rebuilt_name
from etl.move.outlook import Outlook, outlook
from etl.move.relations import present
from etl.names import Sql
from etl.result import FileBooks, Load, Progress, TargetBooks, TargetColumn
from etl.staging.part import Trouble
from etl.structure.derive import Structure
from etl.structure.hashes import keep_hashes, keep_reject_hashes
from etl.version import VERSION
from etl.warehouse import Warehouse, target
from etl.warehouse.ahead import import_ahead
from etl.warehouse.expressions import express


def attempt(task: Attempt, folder: Path) -> Load:
    """Make one try, in the caller's transaction.

    Raises:
        Again: The next try must know more.
        LoadFailed: There are problems that the policy does not let pass.
    """
    try:
        return _attempt(task, folder)
    except Trouble as trouble:  # a file changed or vanished when its records were looked at again
        unfit(task, {problem.path or "": (problem,) for problem in trouble.problems})


def _attempt(task: Attempt, folder: Path) -> Load:
    wish, known = task.known.request, task.known.stored
    files = coming(task)
    left = leaving(task, files)
    if task.settings.on_error != "skip_file" and not files.files:
        check.refuse(files.problems, wish.name)
    before = None if known is None else known.definition
    damage = _damage(task)
    flips = files.files or left or task.change.back or task.known.others
    if not flips and before == wish.definition and damage is None:
        return _nothing_new(task, files)
    import_ahead("etl.warehouse.alchemy", "etl.ledger.rows")
    warehouse = task.warehouse
    if damage is not None:
        files = replace(files, warnings=(*files.warnings, damage))
        warehouse.sql(f"DROP TABLE IF EXISTS {target(wish.name)}")
    express(warehouse)
    refuse_others(task.warehouse, task.known.request.name, stored=task.known.stored is not None)
    load_id = read.next_id(warehouse, "load")
    dataset_id = read.next_id(warehouse, "dataset") if known is None else known.dataset_id
    brought = bring(task, files, left, dataset_id, load_id, folder)
    _keep_dataset(task, dataset_id, load_id)
    rejects = judge(task, files, brought)
    structure = structure_of(task)
    files = replace(files, warnings=files.warnings + zeros(task, structure))
    task.report(Progress("merge", rows=brought.rows))
    moved = _move(task, structure)
    task.report(Progress("check"))
    books = keep_books(warehouse, load_id, wish.name, moved)
    columns = target_columns(warehouse, structure, brought.files, brought.lines, wish.reading)
    changes = column_changes(warehouse, () if known is None else read.columns_of(warehouse, known), columns)
    write.keep_columns(warehouse, load_id, columns)
    write.keep_conflicts(warehouse, load_id, moved.conflicts)
    write.keep_problems(warehouse, load_id, "reject", rejects)
    write.keep_problems(warehouse, load_id, "warning", [(None, warning) for warning in files.warnings])
    write.keep_problems(warehouse, load_id, "skipped", [(None, problem) for problem in files.left_out])
    by_file = read_books(warehouse, load_id)
    _keep_load(task, dataset_id, load_id, books, by_file)
    _export(task, dataset_id, load_id)
    if not task.plan:
        keep_hashes(warehouse, read.left_with(warehouse, load_id))
        if rejects:
            keep_reject_hashes(warehouse, load_id)
        seal_load(warehouse, load_id)
        seal_dataset(warehouse, dataset_id)
    task.report(Progress("commit"))
    load = _load(task, files, books, columns, [problem for _, problem in rejects])
    back = {version.path for version in task.change.back}
    return replace(load, load_id=None if task.plan else load_id, files=by_file, back=tuple(sorted(back)),
                   conflicts=moved.conflicts, structure=changes, updates=moved.outlook.updates,
                   effects=moved.outlook.effects,
                   gone=tuple(sorted(old.path for old in left if old.path not in files.paths | back)))


def _damage(task: Attempt) -> Problem | None:
    """What shows without a look at the rows that somebody else changed the target: it is rebuilt from staging."""
    stored, warehouse = task.known.stored, task.warehouse
    if stored is None:
        return None
    left, found = read.records_left(warehouse, stored.dataset_id), task.records()
    kept = [(column.name, column.type) for column in read.columns_of(warehouse, stored)]
    there = present(warehouse, stored.name)
    stands = [] if there is None else [(there.shown[name], kind) for name, kind in there.types.items()]
    if left == found and sorted(kept) == sorted(stands):
        return None
    what = "is not there" if there is None and kept else (
        f"has {count(found, 'record')}, and the last load left {left:,}" if left != found else
        "has other columns or types than the last load left")
    return Problem("damaged", f"the table {stored.name} {what}: it was changed by other hands{REPAIR}, and the books "
                              "of this load begin with 0 records")


def _keep_load(
    task: Attempt, dataset_id: int, load_id: int, books: TargetBooks, by_file: Sequence[FileBooks]
) -> None:
    wish, stored = task.known.request, task.known.stored
    write.keep_load(
        task.warehouse, load_id, dataset_id=dataset_id, dataset=wish.name, command=task.change.command,
        status="loaded", undoes=task.change.undoes,
        started_at=task.started, finished_at=datetime.now(UTC).replace(tzinfo=None),
        before=stored, after=wish.definition, reading=wish.reading,
        on_error=task.settings.on_error, message=None, books=books, rejected=sum(file.rejected for file in by_file),
    )


def refuse_others(warehouse: Warehouse, name: str, *, stored: bool) -> None:
    """Never touch a table that etl did not make.

    Raises:
        UsageError: The target, or with `stored` what it is rebuilt as, has the name of a table or view that is there.
    """
    for wanted in (rebuilt_name(name),) if stored else (name, rebuilt_name(name)):
        if warehouse.taken("main", wanted):
            raise UsageError(f"The warehouse has a table or view {wanted} that etl did not make. "
                             "Load into another --table.")


def _keep_dataset(task: Attempt, dataset_id: int, load_id: int) -> None:
    warehouse, known, wish = task.warehouse, task.known, task.known.request
    if known.kind is None:
        write.name_warehouse(warehouse, known.wanted, VERSION)
    for other in known.others:
        versions = read.loaded_files(warehouse, other.dataset_id)
        write.keep_flips(warehouse, load_id, (), [version.version_id for version in versions.values()])
        warehouse.sql(f"DROP TABLE IF EXISTS {target(other.name)}")
    write.keep_dataset(
        warehouse, dataset_id, name=wish.name, root=str(wish.root), selection=wish.selection,
        reading=wish.reading, definition=wish.definition, lineage=wish.lineage,
    )


def _move(task: Attempt, structure: Structure) -> Moved:
    warehouse, wish, stored = task.warehouse, task.known.request, task.known.stored
    if structure.columns:
        return move(warehouse, wish.name, structure, None if stored is None else stored.definition, wish.definition,
                    Watch(task.settings.max_conflicts, ahead=task.plan))
    records = task.records()
    ahead = Outlook()
    if task.plan and records:
        ahead = outlook(warehouse, None, None, Sql(f"(SELECT _version FROM {target(wish.name)})"))
    warehouse.sql(f"DROP TABLE IF EXISTS {target(wish.name)}")
    warehouse.sql("CREATE OR REPLACE TEMP TABLE tally (version_id INTEGER, verdict VARCHAR, records BIGINT)")
    return Moved(records, 0, 0, records, 0, rebuilt=True, outlook=ahead)


def _export(task: Attempt, dataset_id: int, load_id: int) -> None:
    """Write the export beside its place, where the dataset has an output; a plan writes nothing."""
    wish = task.known.request
    if wish.output is None or task.plan:
        return
    task.report(Progress("export"))
    dataset = read.stored(task.warehouse, wish.name)
    write.keep_output(task.warehouse, dataset_id, str(wish.output), load_id, "pending", None)
    exported = exported_of(task.warehouse, dataset, lineage=wish.lineage)
    write_export(task.warehouse, exported, wish.output.name, waiting(wish.output))


def _nothing_new(task: Attempt, files: Coming) -> Load:
    warehouse, wish, stored = task.warehouse, task.known.request, task.known.stored
    if stored is None:
        raise AssertionError("a dataset without a load has something new")
    if not task.plan:
        stated = (stored.selection, stored.root, stored.reading, stored.lineage) == (
            wish.selection, str(wish.root), wish.reading, wish.lineage)
        write.keep_stats(warehouse, [
            {"version_id": known.version_id, "size": scan.stat.size, "mtime_ns": scan.stat.mtime_ns,
             "ctime_ns": scan.stat.ctime_ns, "inode": scan.stat.inode, "taken_ns": scan.taken_ns,
             "content": scan.content}
            for known, scan in task.found.touched])
        write.keep_holds(warehouse, stored.dataset_id, 0, (), task.released())
        if not stated:
            write.keep_dataset(warehouse, stored.dataset_id, name=wish.name, root=str(wish.root),
                               selection=wish.selection, reading=wish.reading, definition=wish.definition,
                               lineage=wish.lineage)
        output = task.known.output
        exported = wish.output is None or (
            output is not None and output.path == str(wish.output) and stored.lineage == wish.lineage)
        if not exported:
            write.keep_output(warehouse, stored.dataset_id, str(wish.output), 0, "pending", None)
        if not (stated and exported) or task.released():
            seal_dataset(warehouse, stored.dataset_id)
    records = task.records()
    books = TargetBooks(records, records, 0, 0, 0, 0, 0, 0, 0, 0)
    load = _load(task, files, books, read.columns_of(warehouse, stored), [])
    return replace(load, status="nothing new")


def _load(
    task: Attempt, files: Coming, books: TargetBooks, columns: tuple[TargetColumn, ...],
    rejects: Sequence[Problem],
) -> Load:
    wish, found = task.known.request, task.found
    paths = files.paths
    changed = tuple(sorted(paths & found.changed))
    gone = {known.path for known in (found.gone if wish.fresh else task.change.left)}
    versions = len((set(task.loaded) - gone) | paths | {version.path for version in task.change.back})
    held = {path for path, _ in found.held} | {version.path for version in task.change.held}
    skipped = {path for path in files.skipped if path not in task.loaded}
    return Load(
        load_id=None, dataset=wish.name, warehouse=str(task.warehouse.path or ""),
        status="planned" if task.plan else "loaded", records=books.after, versions=versions, files=(), target=books,
        columns=columns, new=tuple(sorted(paths - found.changed)), changed=changed, gone=(),
        stale=tuple(sorted(path for path in files.skipped if path in task.loaded)), skipped=tuple(sorted(skipped)),
        unchanged=len(found.same), not_taken=found.listing.not_taken,
        problems=files.left_out, rejects=tuple(rejects),
        warnings=files.warnings, changes=wish.changes,
        output=None if wish.output is None else str(wish.output), seconds=0.0, held=tuple(sorted(held)),
        command=task.change.command,
    )
