"""What stands in a warehouse, by its tables: for who writes SQL against it."""

from __future__ import annotations

from pathlib import Path

from etl.config import Settings
from etl.ledger.read import datasets
from etl.names import identifier
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse, target

MOST_STAGING = 20


def contents(warehouse: Path, lock_timeout: float, *, write: bool = False) -> tuple[Listing, ...]:
    """List the targets, the staging tables and the control tables and views, by the names that SQL knows.

    Args:
        write: Hold the warehouse as a writer does meanwhile, so that who means to write learns that it is held.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=write and warehouse.exists(),
                        bring_up=False) as opened:
        return _targets(opened), _staging(opened), _control(opened)


def _targets(warehouse: Warehouse) -> Listing:
    names = [dataset.name for dataset in datasets(warehouse) if warehouse.exists("main", dataset.name)]
    rows = tuple((str(identifier(name)), warehouse.count(target(name))) for name in names)
    return Listing("Targets", ("table", "records"), rows, () if rows else ("There is none.",))


def _staging(warehouse: Warehouse) -> Listing:
    found = warehouse.sql(fill("staging_tables"))
    rows = tuple((f"staging.{identifier(table)}", count, versions, loaded, dataset, path)
                 for table, count, versions, loaded, dataset, path in found[:MOST_STAGING])
    notes = [] if rows else ["There is none."]
    if len(found) > MOST_STAGING:
        notes.append(f"and {len(found) - MOST_STAGING:,} more; etl.file_version names the table of each file version.")
    return Listing("Staging tables", ("table", "rows", "file versions", "loaded", "of", "the first one"), rows,
                   tuple(notes))


def _control(warehouse: Warehouse) -> Listing:
    found = warehouse.sql(
        "SELECT table_name, CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_schema = 'etl' ORDER BY table_name")
    return Listing("Control tables and views", ("name", "is a", "rows"), tuple(
        (f"etl.{name}" if name != "column" else 'etl."column"', kind, warehouse.count(identifier("etl", name)))
        for name, kind in found))
