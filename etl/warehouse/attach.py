"""Attach a database file as the warehouse: wait for its lock, mend what a killed process left, or say why not."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import duckdb

from etl.config import Settings
from etl.errors import StorageError, UsageError, WarehouseError, WarehouseLocked, WarehouseNewer
from etl.names import literal
from etl.warehouse.holder import held
from etl.warehouse.machine import MEND

ALIAS = "warehouse"  # the file is attached under this name: no file name can clash with a schema's
HEADERS = 3 * 4096  # bytes with which every database of DuckDB begins; all of them are written when it is made
_CHECKPOINTS = 4096 + 8  # where the second header counts them; storage/single_file_block_manager.cpp of DuckDB


def wal(path: Path) -> Path:
    """The log in which DuckDB keeps, beside a database, what is committed and not yet written into it."""
    return path.with_name(path.name + ".wal")


def attach(
    raw: duckdb.DuckDBPyConnection, path: Path, settings: Settings, *, write: bool, alias: str = ALIAS
) -> None:
    """Attach a database file as soon as nobody else holds it; a writer makes its folder."""
    _check_name(path)
    if write:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder {path.parent} of the warehouse cannot be made: {error.strerror}."
            ) from error
    if path.is_dir():
        raise WarehouseError(f"The warehouse {path} is a folder. Name a file.")
    options = "(TYPE duckdb)" if write else "(TYPE duckdb, READ_ONLY)"  # a name alone may mean another kind of database
    new = not path.exists()
    deadline = time.monotonic() + settings.lock_timeout
    while True:
        try:
            raw.execute(f"ATTACH {literal(str(path.absolute()))} AS {alias} {options}")
        except duckdb.Error as error:
            if not _locked(error):
                _mended(path, error, write=write, new=new)
                continue
            if time.monotonic() >= deadline:
                raise WarehouseLocked(held(path, str(error), settings.lock_timeout)) from error
            time.sleep(0.05)
        else:
            return


def _check_name(path: Path) -> None:
    """DuckDB takes no other name than one of UTF-8."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        spelled = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise UsageError(f"The name of the warehouse is not UTF-8: {spelled}. Rename it, or its folder.") from None


def _locked(error: duckdb.Error) -> bool:
    """Whether a database could not be opened because another connection has it."""
    said = str(error).lower()
    return "conflict" in said and ("lock" in said or "file handle" in said)


def _mended(path: Path, error: duckdb.Error, *, write: bool, new: bool) -> None:
    """Mend what kept a database from being opened, where it can be: then it is worth another try.

    Raises:
        WarehouseError: It cannot be mended.
        StorageError: A new one could not be made, and nothing of it is left.
    """
    if write and new:
        with suppress(OSError):
            if path.stat().st_size < HEADERS:
                path.unlink()
        raise StorageError(f"The warehouse {path} cannot be made: {str(error).splitlines()[0]}") from error
    unfinished = write and _forget_unfinished(path)
    if not unfinished and (write or "replaying wal" not in str(error).lower() or not _recover(path)):
        raise _unusable(path, error) from error


def _forget_unfinished(path: Path) -> bool:
    """Remove a database whose making was cut short, by a kill or a full disk; nothing can stand in it.

    One that was cut short later has been written: each checkpoint counts, in the header behind the first. Of less than
    that header nothing could be told, and nothing could be saved.
    """
    with suppress(OSError):
        with path.open("rb") as file:
            begins = file.read(HEADERS)
        checkpoints = int.from_bytes(begins[_CHECKPOINTS : _CHECKPOINTS + 8], "little")
        if len(begins) < HEADERS and begins[8:12] == b"DUCK" and not checkpoints:
            path.unlink()
            return True
    return False


def _recover(path: Path) -> bool:
    """Bring in what a killed process committed beside the database: a reader cannot. Whether it could be done."""
    with duckdb.connect(":memory:") as raw:
        try:
            raw.execute(f"ATTACH {literal(str(path.absolute()))} AS {ALIAS} (TYPE duckdb)")
            raw.execute(f"CHECKPOINT {ALIAS}")
        except duckdb.Error:
            return False
    return not wal(path).exists()


def _unusable(path: Path, error: duckdb.Error) -> WarehouseError | StorageError:
    reason = str(error).splitlines()[0]
    if "not a valid DuckDB database" in reason:
        return WarehouseError(f"{path} is not a DuckDB database. Name another file with --warehouse, or move it away.")
    if "newer version" in reason or "version number" in reason:
        return WarehouseNewer(f"{path} was written by another version of DuckDB: {reason}")
    if "Cannot open file" in reason or "Permission denied" in reason:
        return StorageError(f"The warehouse {path} cannot be opened: {reason}. Check the folder's permissions.")
    if "corrupt" in reason.lower() or "read enough bytes" in reason:
        return WarehouseError(f"The warehouse {path} is damaged: {reason}. {MEND}")
    return WarehouseError(f"The warehouse {path} cannot be opened: {reason}")
