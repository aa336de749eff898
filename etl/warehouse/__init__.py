"""The one connection to the warehouse: its settings, its transaction, its migrations, its lock."""

from etl.warehouse.connection import Warehouse, as_it_stands, in_memory, open_warehouse, staging, target

__all__ = ["Warehouse", "as_it_stands", "in_memory", "open_warehouse", "staging", "target"]
