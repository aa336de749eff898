"""Where a load works: the warehouse that is opened for it, and the folder of its output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from etl.config import Settings
from etl.errors import StorageError, UsageError, WarehouseEmpty
from etl.export.formats import format_of
from etl.ledger import read
from etl.load.request import Request
from etl.warehouse import Warehouse, in_memory, open_warehouse
from etl.warehouse.attach import wal
from etl.warehouse.scratch import scratch
from etl.warehouse.spill import remove_spill


@contextmanager
def opened(
    path: Path, settings: Settings, *, plan: bool, foreign: Callable[[Warehouse], None]
) -> Iterator[Warehouse]:
    """The warehouse of a load; of a plan without one, an empty one in memory. `foreign` as of `open_warehouse`."""
    if plan:
        check_place(path, "warehouse")
        try:
            if path.exists():
                with open_warehouse(path, settings, write=True, bring_up=False, foreign=foreign) as warehouse:
                    yield warehouse
                return
        except WarehouseEmpty:
            pass
        with scratch(settings.temp_dir) as folder, in_memory(settings, folder) as warehouse:
            yield warehouse
        return
    missing = [place for place in (path, *path.absolute().parents) if not place.exists()]
    with open_warehouse(path, settings, write=True, foreign=foreign) as warehouse:
        remove_spill(path)
        try:
            yield warehouse
        except BaseException:
            if path in missing and read.kind(warehouse) is None:
                _forget(missing)
            raise


def _forget(made: list[Path]) -> None:
    """Take away a warehouse that was made for nothing, while it is still ours, and the folders made for it."""
    made[0].unlink(missing_ok=True)
    wal(made[0]).unlink(missing_ok=True)
    for folder in made[1:]:
        with suppress(OSError):
            folder.rmdir()


def check_place(path: Path, what: str) -> None:
    """Whether a file can stand there, before anything is done."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise StorageError(f"The {what} {path} cannot be written: {above} is not a folder.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise StorageError(f"The {what} {path} cannot be written: the folder {above} does not let you.")


def make_folder(output: Path) -> None:
    """Make the folder of the output."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The folder {output.parent} of the output cannot be made: {error.strerror}.") from error


def check_output(wish: Request) -> None:
    """Whether the output can be written, before anything is done."""
    if wish.output is None:
        return
    format_of(wish.output.name)
    if wish.output.is_dir():
        raise UsageError(f"The output {wish.output} is a folder. Name a file in it.")
    check_place(wish.output, "output")
