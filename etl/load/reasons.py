"""Why a column is text: the first cell that makes it so, with its file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from etl.config import Reading
from etl.errors import shorten
from etl.ledger.read import lines_before
from etl.names import matched
from etl.result import ColumnChange, TargetColumn
from etl.staging.lines import physical_lines
from etl.staging.part import Staged
from etl.structure.derive import Example, Structure
from etl.warehouse import Warehouse


def target_columns(
    warehouse: Warehouse, structure: Structure, staged: Sequence[Staged], lines: Mapping[int, tuple[int, int]],
    reading: Reading,
) -> tuple[TargetColumn, ...]:
    """The target's columns with the reason of each that is text.

    Args:
        staged: The versions of this load; of others the line is known where their records are one line each.
        lines: Per version of this load, its blank and continuation lines.
    """
    found = _lines(warehouse, [c.example for c in structure.columns if c.example is not None], staged, lines, reading)
    columns = []
    for column in structure.columns:
        reason = column.mixture
        if column.example is not None:
            line = found.get((column.example.version_id, column.example.row))
            place = column.example.path + (f":{line}" if line is not None else f" (row {column.example.row})")
            reason = f"{place} = {shorten(column.example.text)}"
        columns.append(TargetColumn(column.shown, column.type, reason))
    return tuple(columns)


def column_changes(
    warehouse: Warehouse, before: Sequence[TargetColumn], after: Sequence[TargetColumn]
) -> tuple[ColumnChange, ...]:
    """The columns that a load adds, gives another type or takes away, with the reason.

    Expects temp table `scope`.
    """
    old = {matched(column.name): column.type for column in before}
    new = {matched(column.name): column for column in after}
    first: dict[str, str] = {}
    for path, header in warehouse.sql("SELECT path, header FROM temp.scope WHERE state <> 'left' ORDER BY rank"):
        for name in json.loads(header):
            first.setdefault(name, path)
    changes = []
    for name, column in new.items():
        was = old.get(name)
        if was is None and old:
            changes.append(ColumnChange(column.name, None, column.type, f"{first.get(name)} has it"))
        elif was is not None and was != column.type:
            reason = column.reason or "it fits every cell that is loaded"
            changes.append(ColumnChange(column.name, was, column.type, reason))
    changes += [ColumnChange(column.name, column.type, None, "no loaded file has it")
                for column in before if matched(column.name) not in new]
    return tuple(changes)


def _lines(
    warehouse: Warehouse, examples: Sequence[Example], staged: Sequence[Staged], lines: Mapping[int, tuple[int, int]],
    reading: Reading,
) -> dict[tuple[int, int], int]:
    """The physical lines of examples, by version and row; each file is looked through once."""
    by_version = {item.version_id: item for item in staged}
    rows: dict[int, list[int]] = {}
    for example in examples:
        rows.setdefault(example.version_id, []).append(example.row)
    found: dict[tuple[int, int], int] = {}
    before = lines_before(warehouse, [version for version in rows if version not in by_version])
    for version, wanted in rows.items():
        if version in by_version:
            blank, continuation = lines[version]
            places = physical_lines(by_version[version], continuation, blank, wanted, reading)
            found |= {(version, row): line for row, line in places.items()}
        elif version in before:
            found |= {(version, row): before[version] + row for row in wanted}
    return found
