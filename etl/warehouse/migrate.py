"""The schema of the control tables, brought up to date by Alembic, which is imported only when there is work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.errors import WarehouseError
from etl.resources import resources
from etl.warehouse.machine import MEND

if TYPE_CHECKING:
    from etl.warehouse.connection import Warehouse

HEAD = "0005"  # revisions are numbered, so that a newer one can be told


def revision(warehouse: Warehouse) -> str | None:
    """The schema's revision; None for a database without control tables.

    Raises:
        WarehouseError: Somebody altered the table that says it.
    """
    found = warehouse.sql(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'etl' "
        "AND table_name = 'alembic_version'"
    )
    if not found:
        return None
    if ("version_num",) not in found:
        raise WarehouseError(f"The warehouse {warehouse.path} is damaged: etl.alembic_version has no column "
                             f"version_num. {MEND}")
    rows = warehouse.sql("SELECT version_num FROM etl.alembic_version")
    if not rows and warehouse.sql("SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() "
                                  "AND schema_name = 'etl' AND table_name <> 'alembic_version'"):
        raise WarehouseError(f"The warehouse {warehouse.path} is damaged: etl.alembic_version is empty. {MEND}")
    return str(rows[0][0]) if rows else None


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
