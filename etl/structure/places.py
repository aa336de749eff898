"""Where a staging table has a column, and in which form: the grammar of its cells, or the type they are stored in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.warehouse import Warehouse

TEXT = "text"  # the cells of CSV: trimmed, and of the kind that their text shows
TOLD = "told"  # a cell as JSON tells it: a string in quotes, a number, true, an object; of a sheet also a date
_FORMS = {"s": TEXT, "j": TOLD, "x": TOLD}


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a staging table.

    Args:
        number: Its place in the file, from 0.
        form: `text`, `told`, or the type of a column of Parquet.
    """

    number: int
    form: str = TEXT


def places_of(warehouse: Warehouse, table: str, names: Sequence[str]) -> dict[str, Place]:
    """The columns of a staging table by name; the first letter of its own name tells their form."""
    form = _FORMS.get(table[:1])
    if form is not None:
        return {name: Place(number, form) for number, name in enumerate(names)}
    rows = warehouse.sql(
        "SELECT data_type FROM duckdb_columns() WHERE database_name = 'warehouse' AND schema_name = 'staging' "
        "AND table_name = $table AND column_name NOT IN ('_version', 'rowid') ORDER BY column_index", {"table": table})
    types = (TOLD if kind == "JSON" else str(kind) for (kind,) in rows)
    return {name: Place(number, kind) for number, (name, kind) in enumerate(zip(names, types, strict=True))}
