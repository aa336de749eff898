"""What a cell is, as named expressions of a connection (`sql/macros.sql`)."""

from __future__ import annotations

from etl.sql_files import statement
from etl.warehouse.connection import Warehouse

EXPRESSIONS = statement("macros").text.split(";\n")


def express(warehouse: Warehouse) -> None:
    """Make the named expressions, once a connection; those of a transaction may be taken back with it."""
    if warehouse.expressed:
        return
    for expression in EXPRESSIONS:
        warehouse.sql(expression)
    warehouse.expressed = not warehouse.within
