"""Where DuckDB puts what does not fit into memory, which a killed process leaves behind for the next one to remove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from etl.config import Settings
from etl.warehouse.scratch import scratch


@contextmanager
def spilling(path: Path, settings: Settings) -> Iterator[Path]:
    """The folder for it: below --temp-dir one of its own, else the one beside the warehouse."""
    if settings.temp_dir is None:
        yield path.with_name(path.name + ".tmp")
        return
    with scratch(settings.temp_dir) as folder:
        yield folder


def remove_spill(path: Path) -> None:
    """Remove what a killed process spilled beside the warehouse; only who holds the warehouse may call it."""
    folder = path.with_name(path.name + ".tmp")
    spilled = list(folder.glob("duckdb_temp_*"))
    for file in spilled:
        file.unlink(missing_ok=True)
    if spilled:
        with suppress(OSError):  # something else stands in it
            folder.rmdir()
