"""SQLAlchemy on a connection of ours; imported where something is written, because importing it takes half a second."""

from __future__ import annotations

from typing import Any

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.pool import StaticPool

from etl.warehouse.interrupt import Worker

_URL = make_url("duckdb:///:memory:")
_dialects: list[Dialect] = []  # that of the first engine of a process; those that follow share it
_compiled: dict[Any, Any] = {}  # and what was compiled for it: a process of many loads compiles a statement once


class _Shared(ConnectionWrapper):
    """DuckDB's connection as SQLAlchemy sees it: the warehouse begins, ends and closes, nobody else."""

    def __init__(self, raw: duckdb.DuckDBPyConnection, worker: Worker) -> None:
        """Run the statements in a worker's thread."""
        super().__init__(raw)
        self.worker = worker

    def begin(self) -> None:
        """Nothing: the warehouse has begun."""

    def commit(self) -> None:
        """Nothing: the warehouse commits."""

    def rollback(self) -> None:
        """Nothing: the warehouse rolls back."""

    def close(self) -> None:
        """Nothing, not even after an interrupt: the warehouse closes."""


def shared(raw: duckdb.DuckDBPyConnection, worker: Worker) -> Connection:
    """A connection of SQLAlchemy whose statements are in the transaction that `raw` is in, and run by its worker.

    In the main thread an interrupt could be lost: DuckDB looks for packages with every value that is bound, and takes
    whatever is raised meanwhile for a package that is missing.
    """
    def creator() -> Any:
        return _Shared(raw, worker)

    if _dialects:
        engine = Engine(StaticPool(creator), _dialects[0], _URL)
    else:
        engine = create_engine(_URL, creator=creator, poolclass=StaticPool)
    connection = engine.connect().execution_options(compiled_cache=_compiled)
    if not _dialects:
        _dialects.append(engine.dialect)
        event.listen(engine.dialect, "do_execute", _execute)
        event.listen(engine.dialect, "do_executemany", _executemany)
    return connection


def _execute(cursor: Any, statement: str, values: Any, _context: Any) -> bool:
    cursor.connection.worker.do(lambda: cursor.execute(statement, values))
    return True  # it is done


def _executemany(cursor: Any, statement: str, values: Any, _context: Any) -> bool:
    cursor.connection.worker.do(lambda: cursor.executemany(statement, values))
    return True
