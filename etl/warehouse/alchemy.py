"""SQLAlchemy on a connection of ours; imported where something is written, because importing it takes half a second."""

from __future__ import annotations

from typing import Any

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Connection, Dialect, Engine, create_engine, make_url
from sqlalchemy.pool import StaticPool

_URL = make_url("duckdb:///:memory:")
_dialects: list[Dialect] = []  # that of the first engine of a process; those that follow share it
_compiled: dict[Any, Any] = {}  # and what was compiled for it: a process of many loads compiles a statement once


class _Shared(ConnectionWrapper):
    """DuckDB's connection as SQLAlchemy sees it: the warehouse begins and ends its transactions, nobody else."""

    def begin(self) -> None:
        """Nothing: the warehouse has begun."""

    def commit(self) -> None:
        """Nothing: the warehouse commits."""

    def rollback(self) -> None:
        """Nothing: the warehouse rolls back."""


def shared(raw: duckdb.DuckDBPyConnection) -> Connection:
    """A connection of SQLAlchemy whose statements are in the transaction that `raw` is in."""
    def creator() -> Any:
        return _Shared(raw)

    if _dialects:
        engine = Engine(StaticPool(creator), _dialects[0], _URL)
    else:
        engine = create_engine(_URL, creator=creator, poolclass=StaticPool)
    connection = engine.connect().execution_options(compiled_cache=_compiled)
    _dialects[:] = _dialects or [engine.dialect]
    return connection
