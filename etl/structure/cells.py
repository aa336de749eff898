"""Cells as SQL: what a cell says under a definition, its value under a type, and which rows are accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping

from etl.config import Definition
from etl.errors import UsageError
from etl.names import Sql, listed, literal
from etl.structure import kinds

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_TYPES = {
    "BIGINT": kinds.INTEGER_64,
    "HUGEINT": kinds.INTEGER_64 | kinds.INTEGER_128,
    "DOUBLE": kinds.NUMBER,
    "BOOLEAN": kinds.BOOLEAN,
    "DATE": kinds.DATE,
    "TIMESTAMP": kinds.TIMESTAMP | kinds.DATE,
    "VARCHAR": -1,
}


def raw(place: int) -> Sql:
    """The cell as staging keeps it, of the relation `s`."""
    return Sql(f"s.c{place}")


def cell(place: int, definition: Definition) -> Sql:
    """The cell trimmed, and NULL where it spells NULL."""
    return said(raw(place), definition)


def said(text: Sql, definition: Definition) -> Sql:
    """What a raw text says: trimmed, and NULL where it spells NULL."""
    if definition.trim:
        text = Sql(f"etl_trim({text})")
    if not definition.nulls:
        return text
    spellings = listed(literal(spelling) for spelling in definition.nulls)
    return Sql(f"CASE WHEN {text} IN ({spellings}) THEN NULL ELSE {text} END")


def value(place: int, type_name: str, definition: Definition, *, changed: bool) -> Sql:
    """The cell as a value of its column's type.

    Args:
        changed: Some cell of the column may differ from its raw text.
    """
    return cast(cell(place, definition) if changed else raw(place), type_name)


def cast(text: Sql, type_name: str, *, forgiving: bool = False) -> Sql:
    """A text as a value of a type.

    Args:
        forgiving: One that does not fit becomes NULL instead of an error.
    """
    if type_name == "VARCHAR":
        return text
    converted = Sql(f"{'TRY_CAST' if forgiving else 'CAST'}({text} AS {type_name})")
    return Sql(f"({converted} + 0.0::DOUBLE)") if type_name == "DOUBLE" else converted  # of the two zeros, one enters


def fits(text: Sql, type_name: str) -> Sql:
    """Whether a cell that is not NULL is of a declared type, by the grammar of kinds."""
    decimal = _DECIMAL.fullmatch(type_name)
    if decimal:
        whole, scale = int(decimal[1]) - int(decimal[2]), int(decimal[2])
        return Sql(f"(etl_kind({text}) & {kinds.NUMBER} > 0 AND etl_integer_digits({text}) <= {whole} "
                   f"AND etl_scale({text}) <= {scale})")
    if type_name == "DOUBLE":
        return Sql(f"(etl_kind({text}) & {kinds.NUMBER} > 0 AND etl_kind({text}) & {kinds.WIDE} = 0)")
    return Sql("true") if type_name == "VARCHAR" else Sql(f"(etl_kind({text}) & {_TYPES[type_name]} > 0)")


def misfit(place: int, type_name: str, definition: Definition) -> Sql:
    """Whether the cell is of no use under a declared type."""
    text = cell(place, definition)
    return Sql(f"({text} IS NOT NULL AND NOT {fits(text, type_name)})")


def accepted(places: Mapping[str, int], definition: Definition, changed: Mapping[str, bool] | None = None) -> Sql:
    """The condition on a staged row: its key is not NULL, and its cells fit the declared types.

    Args:
        places: Column by name, of this staging table.
        changed: Per column whether a cell may differ from its raw text; None: any may.
    """
    conditions = []
    if definition.keyed:
        for name in definition.key:
            place = places[name]
            text = cell(place, definition) if changed is None or changed.get(name, True) else raw(place)
            conditions.append(Sql(f"{text} IS NOT NULL"))
    conditions += [Sql(f"NOT {misfit(places[name], type_name, definition)}")
                   for name, type_name in (*definition.columns, *definition.frozen)
                   if name in places and type_name != "VARCHAR"]
    if definition.contract == "discard_row":
        held = {name for name, _ in definition.frozen}
        conditions += [Sql(f"{cell(place, definition)} IS NULL") for name, place in places.items() if name not in held]
    return listed(conditions, " AND ") if conditions else Sql("true")


def type_name(text: str) -> str:
    """A declared type in its one spelling.

    Raises:
        UsageError: It is no type that a column can have.
    """
    found = re.sub(r"\s+", "", text).upper()
    found = {"INTEGER": "BIGINT", "INT": "BIGINT", "TEXT": "VARCHAR", "STRING": "VARCHAR", "BOOL": "BOOLEAN"}.get(
        found, found
    )
    decimal = _DECIMAL.fullmatch(found)
    most = kinds.DECIMAL_DIGITS  # of them at least one before the point: JSON has no number that begins with it
    if decimal and 1 <= int(decimal[1]) <= most and int(decimal[2]) <= min(int(decimal[1]), most - 1):
        return f"DECIMAL({int(decimal[1])},{int(decimal[2])})"
    if found not in _TYPES:
        raise UsageError(f"--column: {text!r} is no type. Give one of {', '.join(_TYPES)}, DECIMAL(p,s) to p = 38.")
    return found
