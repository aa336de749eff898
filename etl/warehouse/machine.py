"""What a machine does not give (room, memory, a disk that answers), told from mistakes of ours."""

from __future__ import annotations

import duckdb

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
