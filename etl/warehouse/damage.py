"""Damage that shows only in an error: what no statement of ours foresaw is held against the ledger before it is told.

Who deletes rows of control tables or alters staging tables by hand can make any statement fail. So an error that nobody
foresaw is told as the damage behind it, where there is one: staging tables that are not as they were made, rows of the
ledger that are not as they were sealed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb

from etl.errors import EtlError, WarehouseError
from etl.names import Sql, literal
from etl.sql_files import fill, piece
from etl.warehouse.machine import MEND, of_duckdb, of_machine

if TYPE_CHECKING:
    from etl.warehouse.connection import Warehouse

EVERY_LOAD = {"first": 0, "last": (1 << 62)}


@contextmanager
def damage_told(warehouse: Warehouse, database: str) -> Iterator[None]:
    """Tell an error that nobody foresaw as the damage behind it, where there is one.

    Args:
        database: In which the staging tables stand.

    Raises:
        WarehouseError: Control or staging tables are not what etl left.
    """
    try:
        yield
    except (EtlError, OSError):
        raise
    except Exception as error:
        if of_machine(error) is not None or isinstance(of_duckdb(error), duckdb.InterruptException):
            raise
        found = _damage(warehouse, database)
        if found is None:
            raise
        raise WarehouseError(f"The warehouse {warehouse.path} is damaged: {found}. {MEND}") from error


def _damage(warehouse: Warehouse, database: str) -> str | None:
    """The first damage that is found; None too where nothing can be asked any more."""
    try:
        for table, wanted, there in altered(warehouse, database):
            return f"the staging table {table} has {there}; it was made with {wanted}"
        for _, owner, number, relation, kept, present, unsealed in broken_seals(warehouse):
            if not unsealed and present == kept:
                return f"etl.{relation} has other rows of {owner} {number} than were kept"
            if not unsealed:
                return f"etl.{relation} has {present:,} rows of {owner} {number}, not the {kept:,} that were kept"
        for path, place in warehouse.sql(fill("odd_kinds")):
            return f"etl.cell_kind does not say what etl wrote of {path or 'a file'}, column {place + 1}"
    except duckdb.Error:
        return None
    return None


def altered(warehouse: Warehouse, database: str) -> list[tuple[str, str, str]]:
    """The staging tables that are not as they were made: name, the columns they had, and what they have now."""
    return [(str(table), str(wanted), str(there)) for table, wanted, there in warehouse.sql(
        fill("audit_columns"), {"database": database})]


def broken_seals(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """What the ledger says otherwise than it was sealed, as `sql/audit_seals.sql` tells it."""
    return warehouse.sql(fill("audit_seals", loads=of_loads(), datasets=of_datasets()), EVERY_LOAD)


def of_loads() -> Sql:
    """What the ledger says now of loads, as it is sealed."""
    return piece("digests", owner=literal("load"), said=piece("said_of_loads"))


def of_datasets() -> Sql:
    """What the ledger says now of datasets, as it is sealed."""
    return piece("digests", owner=literal("dataset"), said=piece("said_of_datasets"))
