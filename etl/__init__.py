"""etl: bulk-load folders of files into DuckDB, and prove the load.

The Python door::

    import etl

    warehouse = etl.open("sales.duckdb")
    load = warehouse.run(etl.Dataset(source_dir="drops", strategy="update", key=("id",)))
    print(load.records, load.files)

`etl.run` does the same without a warehouse of its own: a fresh run, as on the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from etl.config import Dataset, Settings
from etl.errors import (
    BooksDoNotBalance,
    EtlError,
    ExportPending,
    LoadFailed,
    Problem,
    QueryRefused,
    SourceMissing,
    StorageError,
    UsageError,
    WarehouseError,
    WarehouseKind,
    WarehouseLocked,
    WarehouseNewer,
)
from etl.result import FileBooks, Listing, Load, TargetBooks, TargetColumn, silent
from etl.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    import os

    from etl.result import Report

__all__ = [
    "BooksDoNotBalance", "Dataset", "EtlError", "ExportPending", "FileBooks", "Listing", "Load", "LoadFailed",
    "OpenWarehouse", "Problem", "QueryRefused", "Settings", "SourceMissing", "StorageError", "TargetBooks",
    "TargetColumn", "UsageError", "WarehouseError", "WarehouseKind", "WarehouseLocked", "WarehouseNewer",
    "__version__", "open", "run",
]


def run(
    dataset: Dataset, *, warehouse: str | os.PathLike[str] | None = None, settings: Settings | None = None,
    plan: bool = False, report: Report = silent,
) -> Load:
    """Load a dataset; see `etl.load.run`, which does it. `etl run` on the command line is the same."""
    from etl.load import run as run_load  # noqa: PLC0415  brings DuckDB, which `etl --help` does not need

    return run_load(dataset, None if warehouse is None else Path(warehouse), settings, plan=plan, report=report)


class OpenWarehouse:
    """An accumulating warehouse by its path. Nothing is held open between calls."""

    def __init__(self, path: str | os.PathLike[str], settings: Settings | None = None) -> None:
        """Name it; the first run makes it."""
        self.path = Path(path)
        self.settings = settings or Settings()

    def run(self, dataset: Dataset, *, report: Report = silent) -> Load:
        """Load a dataset into this warehouse."""
        return run(dataset, warehouse=self.path, settings=self.settings, report=report)

    def plan(self, dataset: Dataset, *, report: Report = silent) -> Load:
        """What `run` would do, exactly; nothing is done."""
        return run(dataset, warehouse=self.path, settings=self.settings, plan=True, report=report)

    def unload(self, table: str, *files: str, plan: bool = False, report: Report = silent) -> Load:
        """Take the loaded versions of files out of a table, and hold their contents until `reload` names them."""
        from etl.load import unload as unload_files  # noqa: PLC0415  brings DuckDB

        return unload_files(self.path, table, files, self.settings, plan=plan, report=report)

    def reload(self, table: str, *files: str, plan: bool = False, report: Report = silent) -> Load:
        """Bring the held versions of files back, whether the files are there or not."""
        from etl.load import reload as reload_files  # noqa: PLC0415  brings DuckDB

        return reload_files(self.path, table, files, self.settings, plan=plan, report=report)

    def rollback(self, load_id: int, *, plan: bool = False, report: Report = silent) -> Load:
        """Undo a load: what it brought leaves and is held, what it let go and its definition before come back."""
        from etl.load import rollback as roll_back  # noqa: PLC0415  brings DuckDB

        return roll_back(self.path, load_id, self.settings, plan=plan, report=report)

    def prune(self, table: str | None = None, *, plan: bool = False) -> Listing:
        """Take what is not loaded out of staging, for good; the notes name the loads that cannot be undone then."""
        from etl.load import prune as prune_staging  # noqa: PLC0415  brings DuckDB

        return prune_staging(self.path, table, self.settings, plan=plan)

    def sql(self, query: str) -> Listing:
        """Answer one SELECT, read-only, without access to files."""
        from etl.inspect import query as answer  # noqa: PLC0415  brings DuckDB

        return answer(self.path, query, self.settings.lock_timeout)


def open(path: str | os.PathLike[str], settings: Settings | None = None) -> OpenWarehouse:  # noqa: A001  the door's name
    """An accumulating warehouse by its path."""
    return OpenWarehouse(path, settings)
