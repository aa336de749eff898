"""One try of a load, in one transaction: what it learns that needs another try, it says by `Again`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from etl.config import Definition, Settings
from etl.errors import Problem, UsageError
from etl.export.write import exported_of, waiting, write_export
from etl.ledger import read, write
from etl.load import check
from etl.load.request import Request
from etl.load.survey import Survey
from etl.move.books import keep_books, read_books
from etl.move.merge import Moved, move
from etl.names import HeaderName, header_names, matched, numbered_names
from etl.result import Load, Progress, Report, TargetBooks, TargetColumn
from etl.sources.scan import Scan
from etl.sql_files import fill, statement
from etl.staging.lines import count_lines
from etl.staging.stage import Incoming, Staged, Trouble, stage_all
from etl.structure.derive import Structure, derive, headers, negative_zeros
from etl.structure.measure import located, measure
from etl.structure.reasons import target_columns
from etl.version import VERSION
from etl.warehouse import Warehouse, target


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse knows before the load.

    Args:
        kind: `fresh`, `accumulating`, or None for a new warehouse; `wanted` is what this run makes of it.
        others: Datasets that a fresh run of another table lets go.
    """

    kind: str | None
    wanted: str
    request: Request
    stored: read.StoredDataset | None
    output: read.StoredOutput | None
    others: tuple[read.StoredDataset, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try, with all that is known when it begins.

    Args:
        care: Paths that the careful reader must read.
        skipped: Problems by path of the files that `--on-error skip_file` leaves out.
    """

    warehouse: Warehouse
    known: Known
    found: Survey
    loaded: Mapping[str, read.LoadedFile]
    settings: Settings
    plan: bool
    report: Report
    started: datetime
    care: frozenset[str] = frozenset()
    skipped: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    version: str = VERSION

    def records(self) -> int:
        """Records in the target as it is."""
        name = self.known.request.name
        return self.warehouse.count(target(name)) if self.warehouse.exists("main", name) else 0


class Again(Exception):  # noqa: N818  not an error: the next try knows more
    """The load must be tried again."""

    def __init__(self, task: Attempt) -> None:
        """Keep what the next try knows."""
        super().__init__("again")
        self.task = task


class Undo(Exception):  # noqa: N818  not an error: a plan ends in a ROLLBACK
    """The plan is made."""

    def __init__(self, load: Load) -> None:
        """Keep it."""
        super().__init__("undo")
        self.load = load


@dataclass(frozen=True, slots=True)
class _Coming:
    """The file versions of this try, and what speaks against the others."""

    files: tuple[Incoming, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    skipped: Mapping[str, tuple[Problem, ...]]


def attempt(task: Attempt, folder: Path) -> Load:
    """Make one try, in the caller's transaction.

    Raises:
        Again: The next try must know more.
        LoadFailed: There are problems that the policy does not let pass.
    """
    wish = task.known.request
    coming = _coming(task)
    leaving = _leaving(task, coming)
    definition = wish.definition
    unchanged = task.known.stored is not None and task.known.stored.definition == definition
    if task.settings.on_error != "skip_file" and coming.problems and not coming.files:
        check.refuse(coming.problems, wish.name)
    if not coming.files and not leaving and unchanged and not task.known.others:
        return _nothing_new(task, coming)
    warehouse = task.warehouse
    for macro in statement("macros").text.split(";\n"):
        warehouse.sql(macro)
    load_id = read.next_id(warehouse, "load")
    dataset_id = _keep_dataset(task, load_id)
    staged, lines = _stage(task, coming, folder)
    _keep_versions(task, load_id, dataset_id, staged, lines, leaving)
    if definition.contract != "evolve" and not definition.frozen:
        _freeze(task)
    problems, rejects = _judge(task, coming, staged, lines)
    structure = _structure(task)
    coming = replace(coming, warnings=coming.warnings + _zeros(task, structure))
    task.report(Progress("merge", rows=sum(item.staged for item in staged)))
    before = task.known.stored.definition if task.known.stored is not None else None
    moved = _move(task, structure, before)
    task.report(Progress("check"))
    books = keep_books(warehouse, load_id, wish.name, moved)
    columns = target_columns(warehouse, structure, staged, lines, wish.reading) if moved.after or structure.columns else ()
    write.keep_columns(warehouse, load_id, columns)
    write.keep_problems(warehouse, load_id, "reject", rejects)
    write.keep_problems(warehouse, load_id, "warning", [(None, warning) for warning in coming.warnings])
    write.keep_problems(warehouse, load_id, "skipped", [(None, p) for ps in coming.skipped.values() for p in ps])
    files = read_books(warehouse, load_id)
    write.keep_load(
        warehouse, load_id, dataset_id=dataset_id, dataset=wish.name, command="run", status="loaded",
        started_at=task.started, finished_at=datetime.now(UTC).replace(tzinfo=None), before=before, after=definition,
        on_error=task.settings.on_error, message=None, books=books, rejected=sum(f.rejected for f in files),
    )
    load = _load(task, coming, None if task.plan else load_id, books, columns, [p for _, p in rejects])
    load = replace(load, files=files, gone=tuple(sorted(v.path for v in leaving if v.path not in _paths(coming))))
    _export(task, dataset_id, load_id)
    task.report(Progress("commit"))
    del problems
    return load


def _paths(coming: _Coming) -> set[str]:
    return {item.scan.file.path for item in coming.files}


def _coming(task: Attempt) -> _Coming:
    wish, settings = task.known.request, task.settings
    problems: list[Problem] = list(task.found.problems)
    warnings = [Problem("unused", sentence) for sentence in wish.warnings]
    warnings += [Problem("twin", f"the file has the same content as {other}; both are loaded", path)
                 for path, other in task.found.twins]
    files = []
    for scan in task.found.incoming:
        names = _names(scan)
        against = check.header_problems(scan, names, wish.definition)
        said = check.header_warnings(scan, names)
        warnings += said
        if settings.strict:
            against += [replace(warning, whole_file=True) for warning in said]
        problems += against
        if not against and scan.file.path not in task.skipped:
            files.append(Incoming(scan, names, scan.care is not None or scan.file.path in task.care))
    if settings.strict:
        problems += [replace(w, whole_file=True) for w in warnings if w.code in ("unused", "twin")]
    skipped = dict(task.skipped)
    if settings.on_error == "skip_file":
        for problem in problems:
            if problem.path is None:
                check.refuse((problem,), wish.name)
            skipped[str(problem.path)] = (*skipped.get(str(problem.path), ()), problem)
        problems = []
        files = [item for item in files if item.scan.file.path not in skipped]
    return _Coming(tuple(files), tuple(problems), tuple(warnings), skipped)


def _names(scan: Scan) -> tuple[HeaderName, ...]:
    if scan.head is None:
        return ()
    return numbered_names(scan.head.width) if scan.head.header is None else header_names(scan.head.header)


def _leaving(task: Attempt, coming: _Coming) -> list[read.LoadedFile]:
    replaced = [task.loaded[path] for path in sorted(_paths(coming)) if path in task.loaded]
    return replaced + (list(task.found.gone) if task.known.request.fresh else [])


def _keep_dataset(task: Attempt, load_id: int) -> int:
    warehouse, known, wish = task.warehouse, task.known, task.known.request
    if known.kind is None:
        write.name_warehouse(warehouse, known.wanted, task.version)
    for other in known.others:
        versions = read.loaded_files(warehouse, other.dataset_id)
        write.keep_flips(warehouse, load_id, (), [version.version_id for version in versions.values()])
        warehouse.sql(f"DROP TABLE IF EXISTS {target(other.name)}")
    new = known.stored is None
    dataset_id = read.next_id(warehouse, "dataset") if known.stored is None else known.stored.dataset_id
    write.keep_dataset(
        warehouse, dataset_id, new=new, name=wish.name, root=str(wish.root), selection=wish.selection,
        reading=wish.reading, definition=wish.definition, lineage=wish.lineage,
    )
    return dataset_id


def _stage(task: Attempt, coming: _Coming, folder: Path) -> tuple[list[Staged], dict[int, tuple[int, int]]]:
    wish = task.known.request
    try:
        first = read.next_id(task.warehouse, "file_version")
        staged = stage_all(task.warehouse, coming.files, first, wish.reading, folder, task.report)
        return staged, count_lines(task.warehouse, staged, wish.reading)
    except Trouble as trouble:
        if trouble.problems:
            _unfit(task, {problem.path: (problem,) for problem in trouble.problems if problem.path is not None})
        raise Again(replace(task, care=task.care | set(trouble.care))) from None


def _unfit(task: Attempt, found: Mapping[str, tuple[Problem, ...]]) -> NoReturn:
    """Files that turned out to be unfit: they are left out, or the load fails."""
    if task.settings.on_error == "skip_file":
        raise Again(replace(task, skipped={**task.skipped, **found}))
    check.refuse([problem for problems in found.values() for problem in problems], task.known.request.name)
    raise AssertionError("unreachable")


def _keep_versions(
    task: Attempt, load_id: int, dataset_id: int, staged: Sequence[Staged], lines: Mapping[int, tuple[int, int]],
    leaving: Sequence[read.LoadedFile],
) -> None:
    warehouse = task.warehouse
    write.keep_versions(warehouse, [_version(item, lines[item.version_id], load_id, dataset_id) for item in staged])
    write.keep_flips(warehouse, load_id, [item.version_id for item in staged], [old.version_id for old in leaving])
    warehouse.sql(fill("scope"), {"dataset": dataset_id, "load": load_id})
    warehouse.sql("CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)")
    if staged:
        located(warehouse, sorted({item.table for item in staged if item.table}),
                first=min(item.version_id for item in staged))
    warehouse.sql("CREATE OR REPLACE TEMP VIEW placed AS "
                  "SELECT scope.*, located.first_row FROM temp.scope JOIN temp.located USING (version_id)")


def _version(item: Staged, lines: tuple[int, int], load_id: int, dataset_id: int) -> dict[str, object]:
    scan, head = item.scan, item.scan.head
    blank, continuation = lines
    return {
        "version_id": item.version_id, "dataset_id": dataset_id, "load_id": load_id, "path": scan.file.path,
        "fingerprint": scan.fingerprint, "staging": item.table,
        "header": json.dumps([name.name for name in item.names]),
        "spelling": json.dumps([name.spelling for name in item.names]),
        "dialect": json.dumps({} if head is None else {
            "delimiter": head.dialect.delimiter, "quote": head.dialect.quote, "escape": head.dialect.escape,
            "encoding": scan.encoding, "compression": scan.compression}),
        "size": scan.stat.size, "mtime_ns": scan.stat.mtime_ns, "ctime_ns": scan.stat.ctime_ns,
        "inode": scan.stat.inode, "taken_ns": scan.taken_ns, "lines": item.lines,
        "header_lines": 0 if head is None else head.header_lines,
        "skipped_lines": 0 if head is None else head.skipped_lines,
        "blank_lines": blank, "continuation_lines": continuation,
        "read": item.staged + item.unreadable, "unreadable": item.unreadable, "staged": item.staged,
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
        raise UsageError(f"--schema-contract {wish.definition.contract} has no structure to hold to: no file has a column.")
    held = replace(wish, definition=replace(wish.definition, frozen=frozen))
    raise Again(replace(task, known=replace(task.known, request=held)))


def _judge(
    task: Attempt, coming: _Coming, staged: Sequence[Staged], lines: Mapping[int, tuple[int, int]]
) -> tuple[list[Problem], list[tuple[int | None, Problem]]]:
    """Take the kinds of cells, find the rows that are not accepted, and let the policy decide.

    Returns:
        All problems, and the rejects with their versions.
    """
    warehouse, wish, settings = task.warehouse, task.known.request, task.settings
    task.report(Progress("types", rows=sum(item.staged for item in staged)))
    redefined = task.known.stored is None or task.known.stored.definition != wish.definition
    _locate_for(task, every=redefined)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE stood (version_id INTEGER, row BIGINT)")
    if redefined and task.known.stored is not None:
        check.refuse(check.kept_problems(warehouse, wish.definition), wish.name)
        check.stood(warehouse, task.known.stored.definition, headers(warehouse))
    measure(warehouse, headers(warehouse), wish.definition)
    rejects: list[tuple[int | None, Problem]] = [(item.version_id, p) for item in staged for p in item.rejects]
    refused = check.refusals(warehouse, wish.definition, headers(warehouse), ("new", "kept") if redefined else ("new",))
    rejects += check.with_lines(warehouse, refused, staged, lines, wish.reading)
    rejects.sort(key=lambda pair: (pair[1].path or "", pair[1].line or 0, pair[1].row or 0))
    whole = [p for _, p in rejects if p.whole_file or (p.code == "contract" and wish.definition.contract == "freeze")]
    problems = [*coming.problems, *(problem for _, problem in rejects)]
    if settings.on_error == "abort":
        check.refuse(sorted(problems, key=lambda p: (p.path or "", p.line or 0)), wish.name)
    if settings.on_error == "skip_file" and rejects:
        found: dict[str, tuple[Problem, ...]] = {}
        for _, problem in rejects:
            found[str(problem.path)] = (*found.get(str(problem.path), ()), problem)
        _unfit(task, found)
    check.refuse([*coming.problems, *whole], wish.name)
    counted = {(problem.path, problem.row or problem.line) for _, problem in rejects}
    check.too_many(len(counted), sum(i.staged + i.unreadable for i in staged), settings, problems, wish.name)
    return problems, rejects


def _locate_for(task: Attempt, *, every: bool) -> None:
    """Rows of kept versions are looked for only where their cells must be looked at again."""
    if every:
        tables = task.warehouse.sql("SELECT DISTINCT staging FROM temp.scope WHERE state = 'kept' AND staging <> ''")
        located(task.warehouse, [str(row[0]) for row in tables])


def _structure(task: Attempt) -> Structure:
    wish = task.known.request
    structure = derive(task.warehouse, wish.definition)
    names = {column.name for column in structure.columns}
    unknown = [name for name, _ in wish.definition.columns if name not in names]
    if unknown and structure.columns:
        raise UsageError(f"--column declares '{unknown[0]}', which no file has. The columns are: "
                         f"{', '.join(sorted(names))}.")
    return structure


def _zeros(task: Attempt, structure: Structure) -> tuple[Problem, ...]:
    """Warnings of the one change that a number's text may see; `--strict` makes them problems."""
    found = negative_zeros(task.warehouse, task.known.request.definition, structure)
    warnings = [Problem("negative_zero", "-0.0 is loaded as 0.0", path, column=name,
                        advice=f"Keep it as text with --column {name}=VARCHAR", whole_file=task.settings.strict)
                for path, name in found]
    if task.settings.strict and warnings:
        by_path: dict[str, tuple[Problem, ...]] = {}
        for warning in warnings:
            by_path[str(warning.path)] = (*by_path.get(str(warning.path), ()), warning)
        _unfit(task, by_path)
    return tuple(warnings)


def _move(task: Attempt, structure: Structure, before: Definition | None) -> Moved:
    warehouse, wish = task.warehouse, task.known.request
    if structure.columns:
        return move(warehouse, wish.name, structure, before, wish.definition)
    records = task.records()
    warehouse.sql(f"DROP TABLE IF EXISTS {target(wish.name)}")
    warehouse.sql("CREATE OR REPLACE TEMP TABLE tally (version_id INTEGER, verdict VARCHAR, records BIGINT)")
    return Moved(records, 0, 0, records, 0, rebuilt=True)


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


def _nothing_new(task: Attempt, coming: _Coming) -> Load:
    warehouse, wish, stored = task.warehouse, task.known.request, task.known.stored
    if stored is None:
        raise AssertionError("a dataset without a load has something new")
    if not task.plan:
        write.keep_stats(warehouse, [
            {"version_id": known.version_id, "size": scan.stat.size, "mtime_ns": scan.stat.mtime_ns,
             "ctime_ns": scan.stat.ctime_ns, "inode": scan.stat.inode, "taken_ns": scan.taken_ns}
            for known, scan in task.found.touched])
        if (stored.selection, stored.root, stored.reading, stored.lineage) != (
                wish.selection, str(wish.root), wish.reading, wish.lineage):
            write.keep_dataset(warehouse, stored.dataset_id, new=False, name=wish.name, root=str(wish.root),
                               selection=wish.selection, reading=wish.reading, definition=wish.definition,
                               lineage=wish.lineage)
        output = task.known.output
        if wish.output is not None and (
                output is None or output.path != str(wish.output) or stored.lineage != wish.lineage):
            write.keep_output(warehouse, stored.dataset_id, str(wish.output), 0, "pending", None)
    records = task.records()
    books = TargetBooks(records, records, 0, 0, 0, 0, 0, 0, 0, 0)
    load = _load(task, coming, None, books, read.columns_of(warehouse, stored), [])
    return replace(load, status="nothing new")


def _load(
    task: Attempt, coming: _Coming, load_id: int | None, books: TargetBooks, columns: tuple[TargetColumn, ...],
    rejects: Sequence[Problem],
) -> Load:
    wish, found = task.known.request, task.found
    paths = _paths(coming)
    changed = tuple(sorted(paths & found.changed))
    gone = {known.path for known in found.gone} if wish.fresh else set()
    versions = len((set(task.loaded) | paths) - gone)
    skipped = {path for path in coming.skipped if path not in task.loaded}
    return Load(
        load_id=load_id, dataset=wish.name, warehouse=str(task.warehouse.path or ""),
        status="planned" if task.plan else "loaded", records=books.after, versions=versions, files=(), target=books,
        columns=columns, new=tuple(sorted(paths - found.changed)), changed=changed, gone=(),
        stale=tuple(sorted(path for path in coming.skipped if path in task.loaded)), skipped=tuple(sorted(skipped)),
        unchanged=len(found.same), not_taken=found.listing.not_taken, rejects=tuple(rejects),
        warnings=coming.warnings, changes=wish.changes,
        output=None if wish.output is None else str(wish.output), seconds=0.0,
    )
