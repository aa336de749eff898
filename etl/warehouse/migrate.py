"""The schema of the control tables, brought up to date by Alembic, which is imported only when there is work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.errors import WarehouseError
from etl.resources import resources

if TYPE_CHECKING:
    from etl.warehouse.connection import Warehouse

TABLES = ("warehouse", "dataset", "load", "file_version", "flip", "books", "reject", "column", "cell_kind", "output",
          "hold", "conflict", "seal", "loaded_version")
HEAD = "0005"  # revisions are numbered, so that a newer one can be told


def revision(warehouse: Warehouse) -> str | None:
    """The schema's revision, by one query; None for a database without control tables."""
    found = warehouse.sql(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'etl' "
        "AND table_name = 'alembic_version'"
    )
    if not found:
        return None
    rows = warehouse.sql("SELECT version_num FROM etl.alembic_version")
    return str(rows[0][0]) if rows else None


def missing(warehouse: Warehouse) -> list[str]:
    """The control tables that are not there although the schema is up to date: somebody took them away."""
    there = {row[0] for row in warehouse.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND table_schema = 'etl'")}
    return sorted(set(TABLES) - there)


def migrate(warehouse: Warehouse, target: str = HEAD) -> None:
    """Bring the control tables to `target` (`base` takes them away).

    New ones are made in one transaction. Those of an older version are brought up one revision a transaction: DuckDB
    refuses the commit where a table is altered after rows of it were changed. What is cut short is gone on with.
    """
    found = revision(warehouse)
    if found is None or target == "base" or target < found:
        _carry(warehouse, target, down=found is not None)
        return
    for number in range(int(found) + 1, int(target) + 1):
        _carry(warehouse, f"{number:04}", down=False)


def _carry(warehouse: Warehouse, target: str, *, down: bool) -> None:
    from alembic import command  # noqa: PLC0415  0.4 s to import, and most runs have no work for it
    from alembic.config import Config  # noqa: PLC0415  as above
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(resources("migrations")).replace("%", "%%"))
    with warehouse.transaction():
        warehouse.sql("CREATE SCHEMA IF NOT EXISTS etl")
        warehouse.sql("CREATE SCHEMA IF NOT EXISTS staging")
        config.attributes["connection"] = warehouse.ledger
        try:
            (command.downgrade if down else command.upgrade)(config, target)
        except DBAPIError as error:
            reason = str(error.orig).splitlines()[0]
            raise WarehouseError(f"The control tables of {warehouse.path} cannot be brought to {target}: {reason} "
                                 "Is the schema etl in use for something else? Name another --warehouse.") from error
