"""What a machine does not give (room, memory, a disk that answers), told from mistakes of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from etl.errors import StorageError, WarehouseError

MACHINE = (duckdb.IOException, duckdb.OutOfMemoryException)
# A transaction that cannot be undone is FATAL, as are mistakes; that and one that cannot be committed say why in words.
UNWRITTEN = ("could not write file", "could not sync file", "could not truncate file", "no space left", "io error",
             "out of memory")
_DAMAGED = ("corrupt database file", "artoperator")  # a block with another checksum; an index that is none
MEND = "Restore it from a copy, or load the files into another --warehouse."
_CAUSE = "Original error: "


def of_duckdb(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB, also one that SQLAlchemy has wrapped; None of any other."""
    found = getattr(error, "orig", error)
    return found if isinstance(found, duckdb.Error) else None


def of_machine(error: BaseException) -> duckdb.Error | None:
    """An error of DuckDB that the machine, or a damaged block, is to blame for; None of any other."""
    found = of_duckdb(error)
    if isinstance(found, MACHINE):
        return found
    worded = isinstance(found, duckdb.TransactionException | duckdb.FatalException)
    return found if worded and any(words in str(found).lower() for words in (*UNWRITTEN, *_DAMAGED)) else None


def said(error: duckdb.Error) -> str:
    """What an error says in one line, without its point: its cause, where all after it fails by it."""
    _, _, cause = str(error).partition(_CAUSE)
    return (cause.strip(' "\n') or str(error)).splitlines()[0].rstrip(".")


def sentence(error: duckdb.Error, ending: str = "") -> StorageError | WarehouseError:
    """What the machine did not give, or that a block of the warehouse is damaged, for the person who meets it.

    Args:
        error: One of `of_machine`.
        ending: What became of the work, as a sentence.
    """
    if any(words in str(error).lower() for words in _DAMAGED):
        return WarehouseError(f"The warehouse is damaged: {said(error)}. {MEND} {ending}".rstrip())
    what, mend = "A file could not be read or written", "Check the room on its disk."
    if isinstance(error, duckdb.OutOfMemoryException):
        what, mend = "The memory limit was reached", (
            "Give more with --memory-limit, ask for less with --threads 1, or give more room with --temp-dir.")
    return StorageError(f"{what}: {said(error)}. {mend} {ending}".rstrip())


@contextmanager
def machine_heard() -> Iterator[None]:
    """Make a sentence of what the machine does not give.

    Raises:
        StorageError: It did not give room, memory or an answer of the disk.
        WarehouseError: A block of the warehouse is not as it was written.
    """
    try:
        yield
    except Exception as error:
        found = of_machine(error)
        if found is None:
            raise
        raise sentence(found) from error
