"""The one connection to the warehouse: its settings, its transaction, its migrations, its lock."""

from etl.warehouse.connection import Warehouse, in_memory, open_warehouse, staging, target

__all__ = ["Warehouse", "in_memory", "open_warehouse", "staging", "target"]
