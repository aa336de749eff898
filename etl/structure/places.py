"""Where a staging table has a column, and in which form: the grammar of its cells, or the type they are stored in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from etl.names import Sql
from etl.sources.shape import TWO_ZEROS
from etl.warehouse import Warehouse

TEXT = "text"  # the cells of CSV: trimmed, and of the kind that their text shows
TOLD = "told"  # a cell as JSON tells it: a string in quotes, a number, true, an object; of a sheet also a date
_FORMS = {"s": TEXT, "j": TOLD, "x": TOLD}
_OF_TWO_ZEROS = {staged: kind for kind, staged in TWO_ZEROS.items()}


@dataclass(frozen=True, slots=True)
class Place:
    """A column of a staging table.

    Args:
        number: Its place in the file, from 0.
        form: `text`, `told`, or the type of a column of Parquet.
        two_zeros: A zero with a sign is staged as a zero with a mark (`etl.staging.parquet`).
    """

    number: int
    form: str = TEXT
    two_zeros: bool = False

    @property
    def stored(self) -> Sql:
        """The cell as staging has it, of the relation `s`."""
        cell = Sql(f"s.c{self.number}")
        if self.two_zeros:
            return Sql(f"CASE WHEN {cell}.minus THEN CAST('-0.0' AS {self.form}) ELSE {cell}.number END")
        return cell


def places_of(warehouse: Warehouse, table: str, names: Sequence[str]) -> dict[str, Place]:
    """The columns of a staging table by name; the first letter of its own name tells their form."""
    form = _FORMS.get(table[:1])
    if form is not None:
        return {name: Place(number, form) for number, name in enumerate(names)}
    rows = warehouse.sql(
        "SELECT data_type FROM duckdb_columns() WHERE database_name = 'warehouse' AND schema_name = 'staging' "
        "AND table_name = $table AND column_name NOT IN ('_version', 'rowid') ORDER BY column_index", {"table": table})
    return {name: _typed(number, str(kind)) for number, (name, (kind,)) in enumerate(zip(names, rows, strict=True))}


def _typed(number: int, kind: str) -> Place:
    """A column of Parquet, by the type of its staging column."""
    if kind in _OF_TWO_ZEROS:
        return Place(number, _OF_TWO_ZEROS[kind], two_zeros=True)
    return Place(number, TOLD if kind == "JSON" else kind)
