"""Cells as SQL: what a cell says under a definition, its value under a type, and which rows are accepted."""

from __future__ import annotations

from collections.abc import Mapping

from etl.config import Definition
from etl.names import Sql, listed, literal
from etl.structure.declared import cast, fits, parsed


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


def value(place: int, declared: str, definition: Definition, *, changed: bool) -> Sql:
    """The cell as a value of its column's type.

    Args:
        declared: The type, with the format of its cells where one is declared.
        changed: Some cell of the column may differ from its raw text.
    """
    return cast(cell(place, definition) if changed else raw(place), parsed(declared))


def stated_types(definition: Definition) -> dict[str, str]:
    """The types that are declared or frozen, by column; what is declared goes before."""
    return dict((*definition.frozen, *definition.columns))


def misfit(text: Sql, declared: str) -> Sql:
    """Whether a cell is of no use under a declared or frozen type."""
    return Sql(f"({text} IS NOT NULL AND NOT {fits(text, parsed(declared))})")


def accepted(places: Mapping[str, int], definition: Definition, changed: Mapping[str, bool] | None = None) -> Sql:
    """The condition on a staged row: its key is not NULL, and its cells fit the declared types.

    Args:
        places: Column by name, of this staging table.
        changed: Per column whether a cell may differ from its raw text; None: any may.
    """
    def text(name: str) -> Sql:
        may_differ = changed is None or changed.get(name, True)
        return cell(places[name], definition) if may_differ else raw(places[name])

    conditions = [Sql(f"{text(name)} IS NOT NULL") for name in definition.key] if definition.keyed else []
    conditions += [Sql(f"NOT {misfit(text(name), declared)}") for name, declared in stated_types(definition).items()
                   if name in places and declared != "VARCHAR"]
    if definition.contract == "discard_row":
        held = {name for name, _ in definition.frozen}
        conditions += [Sql(f"{cell(place, definition)} IS NULL") for name, place in places.items() if name not in held]
    return listed(conditions, " AND ") if conditions else Sql("true")
