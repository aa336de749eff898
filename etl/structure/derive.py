"""The structure of a target, derived from the loaded versions: columns, their order, types, and why one is text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etl.config import Definition
from etl.errors import WarehouseError
from etl.names import Sql, listed
from etl.sql_files import fill
from etl.structure import cells
from etl.structure.cells import stated_types
from etl.structure.declared import parsed
from etl.structure.kinds import INTEGERS, NEGATIVE_ZERO, Summary
from etl.structure.measure import located, take_digits
from etl.structure.places import Place, places_of
from etl.warehouse import Warehouse, staging
from etl.warehouse.machine import MEND

NUMBERS = ("DOUBLE", "FLOAT", "DECIMAL", "JSON", *INTEGERS)


@dataclass(frozen=True, slots=True)
class Example:
    """The cell that makes a column text."""

    version_id: int
    path: str
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class DerivedColumn:
    """One column of a target.

    Args:
        name: What it matches by.
        shown: Its name in the target.
        changed: Per staging table that has it, whether a cell there may differ from its raw text.
        example: The first cell, in the order of rows, that makes it text.
        mixture: Why it is text where no single cell makes it so.
        declared: The type with the format of its cells, where one is declared; else the type.
    """

    name: str
    shown: str
    type: str
    changed: Mapping[str, bool]
    example: Example | None = None
    mixture: str | None = None
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """Columns in order of first appearance, and where each staging table has them.

    Args:
        places: Per staging table of a loaded version: the place of each of its columns, by name.
    """

    columns: tuple[DerivedColumn, ...]
    places: Mapping[str, Mapping[str, Place]]

    def column(self, name: str) -> DerivedColumn:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def ordinal(self, name: str) -> int:
        """Its place in the derived order, from 0."""
        return next(i for i, column in enumerate(self.columns) if column.name == name)


def anything_loaded(warehouse: Warehouse) -> bool:
    """Whether temp table `scope` has a version that is loaded after this move."""
    return bool(warehouse.one("SELECT count(*) FROM temp.scope WHERE state <> 'left'"))


def headers(
    warehouse: Warehouse, *, left: bool = False, state: str | None = None, versions: Sequence[int] | None = None
) -> dict[str, tuple[str, ...]]:
    """Column names by staging table, of the loaded versions.

    Args:
        left: Of those that leave too.
        state, versions: Of versions in this state, and of these versions, alone.
    """
    only = "" if left else " AND state <> 'left'"
    rows = warehouse.sql(
        f"SELECT DISTINCT staging, header FROM temp.scope WHERE staging <> ''{only} "
        "AND ($state IS NULL OR state = $state) AND ($versions IS NULL OR list_contains($versions, version_id))",
        {"state": state, "versions": versions})
    return {staging: tuple(json.loads(header)) for staging, header in rows}


def hold_headers(warehouse: Warehouse) -> None:
    """Every version of temp table `scope` has a header: in a warehouse changed by hand one may not.

    Raises:
        WarehouseError: Naming the version.
    """
    wrong = warehouse.sql(fill("headers_kept"))
    if wrong:
        version, path = wrong[0]
        raise WarehouseError(f"The warehouse {warehouse.path} is damaged: header and spelling of etl.file_version, "
                             f"version_id {version} ({path}), are no lists of its columns. {MEND}")


def derive(warehouse: Warehouse, definition: Definition) -> Structure:
    """Derive the structure of the versions in temp table `scope` that are loaded after this move.

    Where none is, there is no column, also under a contract.
    """
    if not anything_loaded(warehouse):
        return Structure((), {})
    order: dict[str, str] = {}
    places: dict[str, dict[str, Place]] = {}
    for table, header, spelling, _rank in warehouse.sql(fill("headers")):
        names = json.loads(header)
        if table not in places:
            places[table] = places_of(warehouse, table, names)
        for name, spelled in zip(names, json.loads(spelling), strict=True):
            order.setdefault(name, spelled if definition.names == "keep" else name)
    if definition.held:
        frozen = dict(definition.frozen)
        order = {name: order.get(name, name) for name in definition.held if name in frozen or name in order}
    return Structure(_columns(warehouse, definition, order, places), places)


def _columns(
    warehouse: Warehouse, definition: Definition, order: Mapping[str, str], places: Mapping[str, Mapping[str, Place]]
) -> tuple[DerivedColumn, ...]:
    found = _found(warehouse, definition, order, places)
    uncounted = {name for name, column in found.items() if column.uncounted and column.summary.needs_digits}
    if uncounted:
        _count(warehouse, definition, uncounted, places)
        found = _found(warehouse, definition, order, places)
    stated = stated_types(definition)
    columns = []
    for name, shown in order.items():
        column = found[name]
        declared = stated.get(name, column.summary.type())
        text = declared == "VARCHAR" and name not in stated
        columns.append(DerivedColumn(
            name, shown, parsed(declared).type, column.changed, example=column.example if text else None,
            mixture=column.summary.mixture() if text else None, declared=declared,
        ))
    return tuple(columns)


@dataclass(slots=True)
class _Found:
    """What the ledger has of one column."""

    summary: Summary
    changed: dict[str, bool]
    uncounted: bool = False
    rank: int = 0
    example: Example | None = None


def _found(
    warehouse: Warehouse, definition: Definition, order: Mapping[str, str], places: Mapping[str, Mapping[str, Place]]
) -> dict[str, _Found]:
    at = {(table, place.number): name for table, names in places.items() for name, place in names.items()}
    found = {name: _Found(Summary(), {}) for name in order}
    rows = warehouse.sql(fill("summaries"), {"digest": definition.cells_digest()})
    for table, place, kinds, integer_digits, scale, uncounted, rank, example in rows:
        column = found.get(at[table, place])
        if column is None:
            continue
        summary = Summary(int(kinds), int(integer_digits), int(scale))
        column.summary |= summary
        column.changed[table] = summary.changed
        column.uncounted |= bool(uncounted)
        if example is not None and (column.example is None or rank < column.rank):
            column.rank = rank
            column.example = Example(example["version_id"], example["path"], example["row"], example["text"])
    return found


def _count(
    warehouse: Warehouse, definition: Definition, names: set[str], places: Mapping[str, Mapping[str, Place]]
) -> None:
    """Count digits where a type depends on them; rows of older versions are looked for to do so."""
    for table, columns in places.items():
        wanted = sorted(names & set(columns))
        if wanted:
            located(warehouse, [table])
        for name in wanted:
            take_digits(warehouse, table, columns, columns[name], definition)


def marked(
    warehouse: Warehouse, definition: Definition, structure: Structure, before: Mapping[str, str], mark: int
) -> list[tuple[str, str]]:
    """The files and number columns that now have a cell with a mark: new files, and columns that become numbers.

    Args:
        before: Types of the target's columns as they were, by name.
        mark: `NEGATIVE_ZERO` (loaded as `0.0`), or `NOT_FINITE` (NaN and the infinities).
    """
    numbers = {column.name for column in structure.columns if column.type.startswith(NUMBERS)}
    retyped = {name for name in numbers if not before.get(name, "DOUBLE").startswith(NUMBERS)}
    values = {"digest": definition.cells_digest(), "mark": mark}
    rows = [(path, state, list(structure.places[table])[place])
            for path, state, table, place in warehouse.sql(fill("marked_columns"), values)]
    if mark == NEGATIVE_ZERO:
        rows += _declared_zeros(warehouse, definition, structure, kept=bool(retyped))
    found = ((path, name) for path, state, name in rows if name in retyped or (state == "new" and name in numbers))
    return list(dict.fromkeys(found))


def _declared_zeros(
    warehouse: Warehouse, definition: Definition, structure: Structure, *, kept: bool
) -> list[tuple[str, str, str]]:
    """Path, state and column of zeros with a sign that are texts of a declared number; of kept files where asked."""
    stated = {name for name, kind in stated_types(definition).items() if parsed(kind).type.startswith(NUMBERS)}
    found = []
    for table, places in structure.places.items():
        looked = {name: place for name, place in places.items() if name in stated and place.form in cells.OF_TEXT}
        if not looked:
            continue
        accepted = cells.accepted(places, definition)
        zeros = listed(Sql(f"coalesce(bool_or(CASE WHEN contains({cells.raw(place)}, '-0') THEN {accepted} AND "
                           f"regexp_full_match({cells.cell(place, definition)}, '-0[.,]0+') ELSE false END), false)")
                       for place in looked.values())
        rows = warehouse.sql(
            fill("declared_zeros", staging=staging(table), found=Sql(f"[{zeros}]"),
                 states=Sql("'new', 'back', 'kept'" if kept else "'new'")), {"named": table})
        found += [(path, state, name) for path, state, row in rows
                  for name, has in zip(looked, row, strict=True) if has]
    return found
