"""SQLAlchemy on a connection of ours; imported where something is written, because importing it takes half a second."""

from __future__ import annotations

import duckdb
from duckdb_sqlalchemy import ConnectionWrapper
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool


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
    return create_engine("duckdb:///:memory:", creator=lambda: _Shared(raw), poolclass=StaticPool).connect()
