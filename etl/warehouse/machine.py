"""What a machine does not give (room, memory, a disk that answers), told from mistakes of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from etl.errors import StorageError

MACHINE = (duckdb.IOException, duckdb.OutOfMemoryException)
# A transaction that cannot be undone is FATAL, as are mistakes; that and one that cannot be committed say why in words.
UNWRITTEN = ("could not write file", "could not sync file", "could not truncate file", "no space left", "io error",
             "out of memory")
_CAUSE = "Original error: "


def of_duckdb(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB, also one that SQLAlchemy has wrapped; None of any other."""
    found = getattr(error, "orig", error)
    return found if isinstance(found, duckdb.Error) else None


def of_machine(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB that the machine is to blame for; None of any other."""
    found = of_duckdb(error)
    if isinstance(found, MACHINE):
        return found
    worded = isinstance(found, duckdb.TransactionException | duckdb.FatalException)
    return found if worded and any(words in str(found).lower() for words in UNWRITTEN) else None


def said(error: duckdb.Error) -> str:
    """What an error says in one line, without its point: its cause, where all after it fails by it."""
    _, _, cause = str(error).partition(_CAUSE)
    return (cause.strip(' "\n') or str(error)).splitlines()[0].rstrip(".")


@contextmanager
def machine_heard() -> Iterator[None]:
    """Make a sentence of what the machine does not give.

    Raises:
        StorageError: It did not give room, memory or an answer of the disk.
    """
    try:
        yield
    except Exception as error:
        found = of_machine(error)
        if found is None:
            raise
        raise StorageError(
            f"The memory limit was reached: {said(found)}." if isinstance(found, duckdb.OutOfMemoryException)
            else f"A file could not be read or written: {said(found)}. Check the room on its disk.") from error
