"""The policy: what is wrong with records and columns, and whether the load may go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from etl.config import Definition
from etl.errors import OR_REJECT, Problem, UsageError
from etl.ledger import read
from etl.load import check
from etl.load.bring import Brought, unfit
from etl.load.coming import Coming
from etl.load.task import Attempt
from etl.names import matched
from etl.result import Progress
from etl.structure.derive import Structure, anything_loaded, derive, headers, marked
from etl.structure.kinds import NEGATIVE_ZERO, NOT_FINITE
from etl.structure.measure import forget, located, measure

NO_KEYS = ("INTERVAL",)  # DuckDB cannot index it
_MARKS = (
    (NEGATIVE_ZERO, "negative_zero", "-0.0 is loaded as 0.0", "Keep it as text with --column {}=VARCHAR"),
    (NOT_FINITE, "not_finite", "it has NaN or an infinity, which JSON has as null",
     "Keep it as text with --column {}=VARCHAR"),
)
Rejects = list[tuple[int | None, Problem]]


def judge(task: Attempt, coming: Coming, brought: Brought) -> Rejects:
    """Take the kinds of cells, find the rows that are not accepted, and let the policy decide.

    Returns:
        The rejects, with the versions they are of.

    Raises:
        UsageError: The contract lacks the key or the order.
        LoadFailed: With all problems of all files, where the policy does not let them pass.
        Again: Files with problems are left out.
    """
    warehouse, wish = task.warehouse, task.known.request
    task.report(Progress("types", rows=brought.rows))
    if wish.definition.frozen and anything_loaded(warehouse):
        _hold_contract_to_key(wish.definition)
    redefined = task.known.stored is None or task.known.stored.definition != wish.definition
    _locate_for(task, every=redefined)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE stood (version_id INTEGER, row BIGINT)")
    if redefined and task.known.stored is not None:
        _refuse_kept(task, coming, ("kept", "back"))
        check.stood(warehouse, task.known.stored.definition, headers(warehouse, state="kept"), "kept")
    elif task.change.back:
        _refuse_kept(task, coming, ("back",))
    _stood_back(task)
    before = None if task.known.stored is None else task.known.stored.definition.cells_digest()
    forget(warehouse, before if before == wish.definition.cells_digest() else None)
    measure(warehouse, headers(warehouse), wish.definition)
    rejects: Rejects = [(item.version_id, problem) for item in brought.files for problem in item.rejects]
    looked_at = ("new", "back", "kept") if redefined else ("new", "back")
    refused = check.refusals(warehouse, wish.definition, headers(warehouse), looked_at)
    rejects += check.with_lines(warehouse, refused, brought.files, brought.lines, wish.reading)
    rejects.sort(key=lambda pair: (pair[1].path or "", pair[1].line or 0, pair[1].row or 0))
    _decide(task, coming, brought, rejects)
    return [(version, _left_out(problem)) for version, problem in rejects]


def _left_out(problem: Problem) -> Problem:
    """A problem of a record that is left out already: what to do is not to leave it out."""
    if problem.advice is None or not problem.advice.endswith(OR_REJECT):
        return problem
    return replace(problem, advice=problem.advice.removesuffix(OR_REJECT))


def _refuse_kept(task: Attempt, coming: Coming, states: Sequence[str]) -> None:
    """No policy lets a loaded version pass that the definition does not fit; new files are spoken of too."""
    wish = task.known.request
    kept = check.kept_problems(task.warehouse, wish.definition, states)
    if kept:
        check.refuse(sorted([*coming.problems, *kept], key=lambda p: (p.path or "", p.line or 0)), wish.name)


def _stood_back(task: Attempt) -> None:
    """What was not accepted of a version when it was loaded does not count again when it comes back."""
    back = [version.version_id for version in task.change.back]
    under: dict[Definition, list[int]] = {}
    for version, definition in read.definitions_left(task.warehouse, back).items():
        under.setdefault(definition, []).append(version)
    for definition, versions in under.items():
        check.stood(task.warehouse, definition, headers(task.warehouse, versions=versions), "back", versions)


def _decide(task: Attempt, coming: Coming, brought: Brought, rejects: Rejects) -> None:
    name, settings, contract = task.known.request.name, task.settings, task.known.request.definition.contract
    # The contract says so by itself, and a declared type is a part of the structure that it holds to.
    discarded = ("contract", "extra_column", "type") if contract == "discard_row" else ()
    against = [problem for _, problem in rejects if problem.code not in discarded]
    problems = [*coming.problems, *against]
    if settings.on_error == "abort":
        passed = [_left_out(problem) for _, problem in rejects if problem.code in discarded]
        check.refuse(sorted(problems, key=lambda p: (p.path or "", p.line or 0)), name, passed)
    if settings.on_error == "skip_file" and against:
        found: dict[str, tuple[Problem, ...]] = {}
        for problem in against:
            found[str(problem.path)] = (*found.get(str(problem.path), ()), problem)
        unfit(task, found)
    # What is rejected for another reason was no part of the structure either when it was first held.
    otherwise = {(p.path, p.row) for _, p in rejects if p.code in ("null_key", "type")}
    parted: dict[bool, list[Problem]] = {True: [], False: []}
    for _, problem in rejects:
        misfit = problem.code == "contract" and contract == "freeze" and (problem.path, problem.row) not in otherwise
        whole = problem.whole_file or misfit
        parted[whole].append(problem if whole else _left_out(problem))
    check.refuse([*coming.problems, *parted[True]], name, parted[False])
    counted = {(problem.path, problem.row or problem.line) for _, problem in rejects}
    check.too_many(len(counted), brought.read, settings, [_left_out(problem) for _, problem in rejects], name)


def _locate_for(task: Attempt, *, every: bool) -> None:
    """Rows of kept versions are looked for only where their cells must be looked at again."""
    if every:
        tables = task.warehouse.sql("SELECT DISTINCT staging FROM temp.scope WHERE state = 'kept' AND staging <> ''")
        located(task.warehouse, [str(row[0]) for row in tables])


def structure_of(task: Attempt) -> Structure:
    """The structure of what is loaded after this move.

    Raises:
        UsageError: A type is declared for a column that no file has.
    """
    wish = task.known.request
    structure = derive(task.warehouse, wish.definition)
    names = {column.name for column in structure.columns}
    stated = wish.fresh or task.known.stored is None or task.known.stored.definition.columns != wish.definition.columns
    unknown = [name for name, _ in wish.definition.columns if name not in names] if task.change.of_files else []
    if unknown and structure.columns and stated:
        raise UsageError(f"--column declares '{unknown[0]}', which no file has. The columns are: "
                         f"{', '.join(sorted(names))}.")
    if wish.definition.keyed and structure.columns:
        for name in wish.definition.key:
            if structure.column(name).type in NO_KEYS:
                raise UsageError(f"--key {name}: a column of the type {structure.column(name).type} cannot be a key. "
                                 f"Declare another with --column {name}=VARCHAR, or name another key.")
    return structure


def _hold_contract_to_key(definition: Definition) -> None:
    """A contract keeps columns out that files have; the key and the order must be among those that it holds."""
    held = definition.held
    needed = [("--key", name) for name in (definition.key if definition.keyed else ())]
    needed += [("--order-by", definition.order_by)] if definition.order_by is not None else []
    for option, name in needed:
        if held and name not in held:
            raise UsageError(f"{option} {name}: the contract {definition.contract} holds to the columns "
                             f"{', '.join(held)}. Name one of them, or load with --schema-contract evolve.")


def zeros(task: Attempt, structure: Structure) -> tuple[Problem, ...]:
    """Warnings of what a number column does not keep, or JSON cannot say; `--strict` makes them problems."""
    stored = task.known.stored
    before = {} if stored is None else {
        matched(column.name): column.type for column in read.columns_of(task.warehouse, stored)}
    warnings = [
        Problem(code, message, path, column=name, advice=advice.format(name), whole_file=task.settings.strict)
        for mark, code, message, advice in _MARKS
        for path, name in marked(task.warehouse, task.known.request.definition, structure, before, mark)
    ]
    if task.settings.strict and warnings:
        by_path: dict[str, tuple[Problem, ...]] = {}
        for warning in warnings:
            by_path[str(warning.path)] = (*by_path.get(str(warning.path), ()), warning)
        unfit(task, by_path)
    return tuple(warnings)
