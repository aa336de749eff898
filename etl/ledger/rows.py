"""Rows into the control tables, many at once, through SQLAlchemy Core."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, Text, UniqueConstraint, bindparam, cast, func, literal, select
from sqlalchemy import insert as inserted
from sqlalchemy.dialects.postgresql import insert as upserted

from etl.ledger.tables import metadata


def _named(table: str) -> Table:
    return metadata.tables[f"etl.{table}"]


def insert(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows as one statement over one bound JSON text (row by row takes a millisecond a row in DuckDB).

    Args:
        table: Name of a control table; each row names all of its columns.
        rows: Values are texts, whole numbers, booleans, None, or a `datetime` in UTC.
    """
    text = json.dumps(list(rows), default=str, ensure_ascii=True)
    if text == "[]":
        return
    into = _named(table)
    each = func.json_each(bindparam("rows", text, type_=Text)).table_valued("value").alias("each")
    values = [cast(func.json_extract_string(each.c.value, literal(f"$.{column.name}")), column.type)
              for column in into.columns]
    connection.execute(inserted(into).from_select([column.name for column in into.columns], select(*values)))


def upsert(connection: Connection, table: str, values: Mapping[str, Any]) -> None:
    """Insert one row, or bring the row of its primary key to these values; what an index stands on is never changed."""
    into = _named(table)
    key = [column.name for column in into.primary_key]
    indexed = {column.name for constraint in into.constraints if isinstance(constraint, UniqueConstraint)
               for column in constraint.columns}
    others = {name: value for name, value in values.items() if name not in {*key, *indexed}}
    connection.execute(upserted(into).values(**values).on_conflict_do_update(index_elements=key, set_=others))
