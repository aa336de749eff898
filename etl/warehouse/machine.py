"""What a machine does not give (room, memory, a disk that answers), told from mistakes of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from etl.errors import StorageError

# A transaction that cannot be undone is FATAL; one that cannot be committed says why in its words alone.
MACHINE = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.FatalException)
UNWRITTEN = ("could not write file", "could not sync file", "could not truncate file", "no space left")


def of_duckdb(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB, also one that SQLAlchemy has wrapped; None of any other."""
    found = getattr(error, "orig", error)
    return found if isinstance(found, duckdb.Error) else None


def of_machine(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB that the machine is to blame for; None of any other."""
    found = of_duckdb(error)
    if isinstance(found, MACHINE):
        return found
    if isinstance(found, duckdb.TransactionException) and any(words in str(found).lower() for words in UNWRITTEN):
        return found
    return None


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
        first = str(found).splitlines()[0].rstrip(".")
        raise StorageError(f"The memory limit was reached: {first}." if isinstance(found, duckdb.OutOfMemoryException)
                           else f"A file could not be read or written: {first}. Check the room on its disk.") from error
