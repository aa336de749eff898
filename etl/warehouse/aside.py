"""A warehouse aside: a database of its own in which a target is built again, beside one that is only read.

Statements say `warehouse`, `etl` and `staging` as ever; here they mean a new database, whose control tables and staging
are views of the one that is looked at. So the code of a move runs as it is, and cannot write where it must not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from etl.config import Settings
from etl.errors import WarehouseError
from etl.names import Sql, identifier, literal
from etl.warehouse.attach import ALIAS, attach
from etl.warehouse.connection import Warehouse, match_schema, settle
from etl.warehouse.damage import damage_told
from etl.warehouse.machine import machine_heard

STORED = "stored"


def stored(schema: str, table: str) -> Sql:
    """A table of the warehouse that is looked at."""
    return identifier(STORED, schema, table)


@contextmanager
def open_aside(path: Path, settings: Settings, folder: Path, *, staged: bool = True) -> Iterator[Warehouse]:
    """Open a warehouse aside of the one at `path`, which is attached read-only as `stored`.

    Args:
        folder: An empty folder, for the new database and what does not fit into memory.
        staged: Staging is that of the stored warehouse; else it is empty.

    Raises:
        WarehouseError: There is no warehouse at `path`, or none that this version can read.
        WarehouseLocked: A writer held it for longer than the lock's time-out.
        StorageError: Room runs out while it is open.
    """
    if not path.exists():
        raise WarehouseError(f"There is no warehouse at {path}. Load something first, or name one with --warehouse.")
    with machine_heard(), closing(
            duckdb.connect(":memory:", config={"python_enable_replacements": "false"})) as raw:
        attach(raw, path, settings, write=False, alias=STORED)
        raw.execute(f"ATTACH {literal(str(folder / 'aside.duckdb'))} AS {ALIAS} (TYPE duckdb)")
        settle(raw, settings, folder)
        with Warehouse(raw, path) as warehouse:
            warehouse.sql(f"USE {STORED}")
            match_schema(warehouse, bring_up=False)
            warehouse.sql(f"USE {ALIAS}")
            _views(warehouse, staged=staged)
            with damage_told(warehouse, STORED):
                yield warehouse


def _views(warehouse: Warehouse, *, staged: bool) -> None:
    for schema in ("etl", "staging"):
        warehouse.sql(f"CREATE SCHEMA {identifier(ALIAS, schema)}")
    tables = warehouse.sql(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = $stored AND table_schema IN ('etl', 'staging')", {"stored": STORED})
    for schema, table in tables:
        new, old = identifier(ALIAS, schema, table), stored(schema, table)
        if table == "cell_kind" and schema == "etl":  # what is taken from cells is taken again
            warehouse.sql(f"CREATE TABLE {new} AS SELECT * FROM {old} LIMIT 0")
        elif schema == "etl":
            warehouse.sql(f"CREATE VIEW {new} AS SELECT * FROM {old}")
        elif staged:
            warehouse.sql(f"CREATE VIEW {new} AS SELECT rowid AS rowid, * FROM {old}")
