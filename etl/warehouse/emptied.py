"""Tables into which the transaction of now has written no row, by a statement that could have written many.

DuckDB 1.5.6 loses what a later statement of the same transaction writes into such a table with several threads, from a
row group on: it says how many rows it inserted, and none of them is there (notes.md). One thread loses nothing.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import duckdb

_NAME = r'("(?:[^"]|"")*"|\w+)'
_WRITES = re.compile(
    rf"(?:\s|--[^\n]*\n)*(INSERT\s+INTO|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\s+)?TABLE)\s+(?:{_NAME}\.)*{_NAME}",
    re.IGNORECASE)


class Emptied:
    """Runs statements on a connection, such an INSERT with one thread."""

    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        """Begin outside of a transaction."""
        self._raw = raw
        self._tables: set[str] = set()
        self._threads: int | None = None  # to go back to

    def forget(self) -> None:
        """A transaction begins."""
        self._tables.clear()

    def run(self, statement: str, values: Any, *, within: bool) -> list[tuple[Any, ...]]:
        """Run a statement and fetch what it gives.

        Args:
            within: A transaction; a statement that is one by itself has none before it.
        """
        written = _WRITES.match(statement) if within else None
        table = written[3].strip('"').lower() if written else ""
        if table in self._tables and written is not None and written[1][0] in "Ii":
            self._narrow()
        else:
            self._widen()
        cursor = self._raw.execute(statement, values) if values else self._raw.execute(statement)
        rows = cursor.fetchall()
        if written is not None:
            (self._tables.add if rows == [(0,)] else self._tables.discard)(table)
        return rows

    def _narrow(self) -> None:
        if self._threads is None:
            row = self._raw.execute("SELECT current_setting('threads')").fetchone()
            self._threads = int(row[0]) if row else 1
            self._raw.execute("SET threads = 1")

    def _widen(self) -> None:
        if self._threads is not None:
            with suppress(duckdb.Error):  # the transaction may be lost: then it is done behind it
                self._raw.execute(f"SET threads = {self._threads}")
                self._threads = None
