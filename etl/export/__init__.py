"""The target as a file: the same bytes for the same state, written aside and renamed into place."""

from etl.export.write import Exported, export_table, write_export

__all__ = ["Exported", "export_table", "write_export"]
