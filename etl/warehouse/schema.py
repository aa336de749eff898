"""The control tables as they stand in a warehouse of this version, held against them whenever one is opened.

Alembic makes them (`migrations/`), and `etl.ledger.tables` names them for SQLAlchemy, which takes longer to import than
a short run takes for all else; a test holds the three together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from etl.warehouse.connection import Warehouse

_VERSION = {
    "BIGINT": "version_id dataset_id load_id size mtime_ns ctime_ns inode taken_ns lines header_lines skipped_lines "
              "blank_lines continuation_lines read unreadable staged",
    "VARCHAR": "path fingerprint staging header spelling dialect", "VARCHAR?": "content reading",
    "TIMESTAMP?": "pruned_at",
}
_TABLES = {  # columns by type; ? says that they may be NULL
    "alembic_version": {"VARCHAR": "version_num"},
    "warehouse": {"VARCHAR": "kind made_by"},
    "dataset": {"BIGINT": "dataset_id", "VARCHAR": "name root selection reading definition", "BOOLEAN": "lineage"},
    "load": {
        "BIGINT": "load_id dataset_id records_before records_after inserted updated unchanged duplicate superseded "
                  "returned removed restored rejected",
        "BIGINT?": "undoes", "VARCHAR": "dataset command status definition_after on_error",
        "VARCHAR?": "definition_before message reading_before reading_after", "TIMESTAMP": "started_at finished_at",
    },
    "file_version": _VERSION,
    "flip": {"BIGINT": "load_id version_id", "BOOLEAN": "loaded"},
    "books": {"BIGINT": "load_id version_id read rejected inserted updated unchanged duplicate superseded",
              "VARCHAR": "path"},
    "reject": {"BIGINT": "load_id", "BIGINT?": "version_id line row byte_offset", "VARCHAR": "severity code message",
               "VARCHAR?": "path column text record advice"},
    "column": {"BIGINT": "load_id ordinal", "VARCHAR": "name type", "VARCHAR?": "reason"},
    "conflict": {"BIGINT": "load_id keys", "VARCHAR": "path other_path column samples"},
    "cell_kind": {"BIGINT": "version_id place kinds", "BIGINT?": "integer_digits scale example_row", "VARCHAR": "cells",
                  "VARCHAR?": "example"},
    "output": {"BIGINT": "dataset_id load_id size mtime_ns ctime_ns inode", "VARCHAR": "path state"},
    "hold": {"BIGINT": "dataset_id version_id load_id", "VARCHAR": "path content"},
    "seal": {"BIGINT": "owner_id records", "VARCHAR": "owner relation digest"},
    "loaded_version": {f"{kind.rstrip('?')}?": names for kind, names in _VERSION.items() if kind != "VARCHAR?"}
    | {"VARCHAR?": f"{_VERSION['VARCHAR']} {_VERSION['VARCHAR?']}"},  # a view
}
KEYS = {
    "alembic_version": "version_num", "dataset": "dataset_id", "load": "load_id", "file_version": "version_id",
    "flip": "load_id version_id", "books": "load_id version_id", "column": "load_id ordinal",
    "conflict": "load_id path other_path column", "cell_kind": "version_id cells place", "output": "dataset_id",
    "hold": "dataset_id path content", "seal": "owner owner_id relation",
}
VIEW = "loaded_version"
COLUMNS = {
    table: {name: kind for kind, names in kinds.items() for name in names.split()} for table, kinds in _TABLES.items()}


def missing(warehouse: Warehouse) -> list[str]:
    """The control tables that are not there although the schema is up to date: somebody took them away."""
    return sorted(set(COLUMNS) - set(_columns(warehouse)))


def otherwise(warehouse: Warehouse) -> str | None:
    """In what the control tables are not those of this version, the first thing of it; None where they are.

    Three queries of the catalog, some 3 ms: whenever a warehouse is opened.
    """
    found = _columns(warehouse)
    for table, wanted in COLUMNS.items():
        if table not in found:
            return f"it has no table etl.{table}"
        there = found[table]
        for name in {**wanted, **there}:
            if name not in there:
                return f"etl.{table} has no column {name}"
            if name not in wanted:
                return f"etl.{table} has a column {name}, which etl did not make"
            if there[name] != wanted[name]:
                return f"etl.{table} has its column {name} as {_said(there[name])}, not {_said(wanted[name])}"
    keys = {table: set(names) for table, names in warehouse.sql(
        "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE database_name = current_database() "
        "AND schema_name = 'etl' AND constraint_type = 'PRIMARY KEY'")}
    views = [view for view, in warehouse.sql("SELECT view_name FROM duckdb_views() WHERE database_name = "
                                             "current_database() AND schema_name = 'etl'")]
    if VIEW not in views:
        return f"etl.{VIEW} is not the view that etl made"
    lost = next((table for table, names in KEYS.items() if keys.get(table) != set(names.split())), None)
    return None if lost is None else f"etl.{lost} has lost its key ({', '.join(KEYS[lost].split())})"


def _columns(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, name, kind, nullable in warehouse.sql(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name = 'etl'"
    ):
        found.setdefault(str(table), {})[str(name)] = f"{kind}{'?' if nullable else ''}"
    return found


def _said(kind: str) -> str:
    return kind.removesuffix("?") + ("" if kind.endswith("?") else " NOT NULL")
