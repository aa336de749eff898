"""What is wrong with files before and after they are staged, and what the policy makes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from etl.config import Definition, Names, Reading, Settings
from etl.errors import OR_REJECT, LoadFailed, Problem, UsageError
from etl.ledger.read import lines_before
from etl.names import HeaderName, Sql, listed, literal
from etl.sources.places import cut
from etl.sources.scan import Scan
from etl.sql_files import fill
from etl.staging.lines import places
from etl.staging.part import Staged
from etl.structure import cells
from etl.structure.declared import parsed, words
from etl.structure.places import Place, places_of
from etl.warehouse import Warehouse, staging

NAMES_SHOWN = 20


def header_problems(scan: Scan, names: Sequence[HeaderName], definition: Definition) -> list[Problem]:
    """What makes a file unfit as a whole: a key or order column that it lacks or has twice, columns out of contract."""
    path = scan.file.path
    if not names:
        return []
    line = scan.header_line
    stated = {name.name for name in names}
    problems = []
    if any("\0" in name.name for name in names):
        problems.append(Problem("name", "a column's name holds a NUL character", path, line, whole_file=True,
                                advice="Correct the header"))
    needed = [("key", name) for name in (definition.key if definition.keyed else ())]
    needed += [("order", definition.order_by)] if definition.order_by is not None else []
    for role, name in needed:
        made_up = any(n.name == name and n.origin not in ("stated", "numbered") for n in names)
        if name not in stated:
            have = ", ".join(n.name for n in names[:NAMES_SHOWN]) + (", ..." if len(names) > NAMES_SHOWN else "")
            problems.append(Problem(
                f"missing_{role}", f"there is no {role} column '{name}'; the columns are: {have}", path, line,
                advice="Name another column, or leave the file out with --exclude", whole_file=True))
        elif made_up or sum(n.said == name for n in names) > 1:
            what = "has its name from etl, not from the header" if made_up else "stands more than once in the header"
            problems.append(Problem(f"doubled_{role}", f"the {role} column '{name}' {what}", path, line,
                                    advice="Give the column a name of its own", whole_file=True))
    held = definition.held
    if definition.contract == "freeze" and held:
        problems += [Problem("extra_column", f"the contract is frozen and has no column '{n.name}'", path, line,
                             column=n.name, advice="Load it with --schema-contract evolve, or take the column out",
                             whole_file=True)
                     for n in names if n.name not in held]
    return problems


def header_warnings(scan: Scan, names: Sequence[HeaderName], spelt: Names) -> list[Problem]:
    """Names that had to be changed, as they are spelt in the target, and a file of 0 bytes."""
    path = scan.file.path
    if scan.empty:
        return [Problem("empty_file", "the file has 0 bytes of text; it gives no row", path)]
    line = scan.header_line
    said = {"doubled": "a second column of this name", "empty": "a column without a name",
            "reserved": "a column with a name that etl keeps for itself"}
    loaded = {n: n.spelling if spelt == "keep" else n.name for n in names}
    return [Problem(f"{n.origin}_name", f"{said[n.origin]} is loaded as '{loaded[n]}'", path, line)
            for n in names if n.origin in said]


def kept_problems(warehouse: Warehouse, definition: Definition, states: Sequence[str]) -> list[Problem]:
    """Versions that no file brings and that lack a key or order column, or have one that the contract has not."""
    needed = [("key", name) for name in (definition.key if definition.keyed else ())]
    needed += [("order", definition.order_by)] if definition.order_by is not None else []
    wanted = listed(literal(state) for state in states)
    rows = warehouse.sql(
        f"SELECT path, header FROM temp.scope WHERE state IN ({wanted}) AND staging <> '' ORDER BY rank")
    held = definition.held if definition.contract == "freeze" else ()
    problems = [
        Problem(f"missing_{role}", f"the loaded file has no {role} column '{name}'", path, whole_file=True,
                advice="Name another column")
        for path, header in rows for role, name in needed if name not in json.loads(header)
    ]
    return problems + [
        Problem("extra_column", f"the contract is frozen and has no column '{name}'", path, column=name,
                whole_file=True, advice="Load with --schema-contract evolve first")
        for path, header in rows for name in json.loads(header) if held and name not in held
    ]


def stood(
    warehouse: Warehouse, definition: Definition, headers: Mapping[str, Sequence[str]], state: str,
    versions: Sequence[int] | None = None,
) -> None:
    """Add to temp table `stood` the rows that were not accepted before either; they do not count again.

    Args:
        definition: Under which they were loaded.
        versions: Of these versions alone.
    """
    _find_refusals(warehouse, definition, headers, (state,))
    warehouse.sql("INSERT INTO temp.stood SELECT DISTINCT version_id, row FROM temp.refusal "
                  "WHERE $versions IS NULL OR list_contains($versions, version_id)", {"versions": versions})


def refusals(
    warehouse: Warehouse, definition: Definition, headers: Mapping[str, Sequence[str]], states: Sequence[str]
) -> list[tuple[int, int, Problem]]:
    """The staged rows that are not accepted: version id, row and problem, and temp table `refused` with their counts.

    Expects temp table `stood`.
    """
    _find_refusals(warehouse, definition, headers, states)
    warehouse.sql("DELETE FROM temp.refusal USING temp.stood "
                  "WHERE refusal.version_id = stood.version_id AND refusal.row = stood.row")
    warehouse.sql("CREATE OR REPLACE TEMP TABLE refused AS "
                  "SELECT version_id, count(DISTINCT row) AS records FROM temp.refusal GROUP BY version_id")
    types = cells.stated_types(definition)
    rows = warehouse.sql("SELECT version_id, path, row, code, column_name, text, record FROM temp.refusal "
                         "JOIN temp.scope USING (version_id) ORDER BY rank, row, column_name")
    return [(version, row, _refusal(path, row, code, column, text, record, types))
            for version, path, row, code, column, text, record in rows]


def _find_refusals(
    warehouse: Warehouse, definition: Definition, headers: Mapping[str, Sequence[str]], states: Sequence[str]
) -> None:
    warehouse.sql("CREATE OR REPLACE TEMP TABLE refusal (version_id INTEGER, row BIGINT, code VARCHAR, "
                  "column_name VARCHAR, text VARCHAR, record VARCHAR)")
    for table, names in headers.items():
        places = places_of(warehouse, table, names)
        if not _conditions(definition, places):
            continue
        warehouse.sql(fill("suspects", staging=staging(table), table=literal(table),
                           states=listed(literal(state) for state in states),
                           accepted=cells.accepted(places, definition)))
        texts = listed(Sql(f"etl_csv_cell({cells.shown(place)})") for place in places.values())
        record = Sql(f"array_to_string([{texts}], ',')")
        for condition, code, column, place in _conditions(definition, places):
            warehouse.sql(fill("refusals", condition=condition, code=literal(code), column=literal(column),
                               text=cells.shown(place), record=record))


def _conditions(definition: Definition, places: Mapping[str, Place]) -> list[tuple[Sql, str, str, Place]]:
    conditions = []
    if definition.keyed:
        for name in definition.key:
            if name in places:
                condition = Sql(f"{cells.cell(places[name], definition)} IS NULL")
                conditions.append((condition, "null_key", name, places[name]))
    declared = dict(definition.columns)
    for name, type_name in cells.stated_types(definition).items():
        if name in places and type_name != "VARCHAR":
            code = "type" if name in declared else "contract"
            condition = cells.misfit(places[name], type_name, definition)
            conditions.append((condition, code, name, places[name]))
    held = definition.held
    if definition.contract == "discard_row" and held:
        conditions += [(Sql(f"{cells.cell(place, definition)} IS NOT NULL"), "extra_column", name, place)
                       for name, place in places.items() if name not in held]
    return conditions


def _refusal(
    path: str, row: int, code: str, column: str, text: str | None, record: str, types: Mapping[str, str]
) -> Problem:
    wanted = types.get(column, "VARCHAR")
    said = {
        "null_key": ("the key is NULL", f"Fill it in{OR_REJECT}"),
        "type": (f"not {words(wanted)}; the column is declared {parsed(wanted).type}",
                 f"Correct it or declare another type{OR_REJECT}"),
        "contract": (f"not {words(wanted)}; the contract keeps the column {parsed(wanted).type}",
                     "Correct it, or load with --schema-contract evolve"),
        "extra_column": ("the contract has no such column", "Take it out, or load with --schema-contract evolve"),
    }
    message, advice = said[code]
    return Problem(code, message, path, row=row, column=column, text=text, record=cut(record), advice=advice)


def with_lines(
    warehouse: Warehouse, refused: Sequence[tuple[int, int, Problem]], staged: Sequence[Staged],
    lines: Mapping[int, tuple[int, int]], reading: Reading,
) -> list[tuple[int, Problem]]:
    """The same problems with the place of each record, and its text where the file is read in this load.

    Of what was loaded before the file may be gone: the line is told where every line is a record, and the record stays
    its cells as CSV.
    """
    by_version = {item.version_id: item for item in staged}
    wanted: dict[int, list[int]] = {}
    for version, row, _problem in refused:
        wanted.setdefault(version, []).append(row)
    found = {
        version: places(by_version[version], lines[version][1], lines[version][0], rows, reading)
        for version, rows in wanted.items() if version in by_version
    }
    before = lines_before(warehouse, [version for version in wanted if version not in by_version])
    told = []
    for version, row, problem in refused:
        place = found.get(version, {}).get(row)
        if place is not None:
            problem = replace(  # noqa: PLW2901  the same problem, with what the file says
                problem, line=place.line, byte_offset=place.byte_offset, record=place.record)
        elif version in before:
            problem = replace(problem, line=before[version] + row)  # noqa: PLW2901
        told.append((version, problem))
    return told


def bound(max_rejects: str | None, read: int) -> float | None:
    """How many records may be rejected, of so many read; None is no bound."""
    if max_rejects is None:
        return None
    text = max_rejects.strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1
    if number < 0 or (not text.endswith("%") and number != int(number)):
        raise UsageError(f"--max-rejects {max_rejects} is neither a number such as 100 nor a share such as 1%.")
    return read * number / 100 if text.endswith("%") else number


def refuse(problems: Sequence[Problem], name: str, beside: Sequence[Problem] = ()) -> None:
    """Fail the load where there is a problem.

    Args:
        beside: What would have been left out without them; it is told behind them.
    """
    if problems:
        files = {problem.path for problem in problems}
        rest = "" if not beside else f" Rejects that it would leave out otherwise: {len(beside):,}."
        raise LoadFailed(
            f"{name} was not loaded: {_counted(len(problems), 'problem')} in {_counted(len(files), 'file')}.{rest}",
            (*problems, *beside),
        )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def too_many(rejected: int, read: int, settings: Settings, problems: Sequence[Problem], name: str) -> None:
    """Fail the load where more records were rejected than `--max-rejects` lets pass."""
    most = bound(settings.max_rejects, read)
    if most is not None and rejected > most:
        raise LoadFailed(
            f"{name} was not loaded: {rejected:,} of {read:,} records were rejected, more than --max-rejects "
            f"{settings.max_rejects} lets pass.", tuple(problems))
