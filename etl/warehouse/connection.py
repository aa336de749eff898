"""One connection to one DuckDB file, shared by SQLAlchemy and raw SQL in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from etl.config import Settings
from etl.errors import WarehouseEmpty, WarehouseError, WarehouseNewer
from etl.names import Sql, identifier, literal
from etl.warehouse.ahead import imported
from etl.warehouse.attach import ALIAS, attach
from etl.warehouse.damage import damage_told
from etl.warehouse.emptied import Emptied
from etl.warehouse.interrupt import Worker
from etl.warehouse.machine import MEND, machine_heard
from etl.warehouse.migrate import HEAD, migrate, revision
from etl.warehouse.schema import otherwise
from etl.warehouse.spill import spilling

if TYPE_CHECKING:
    from sqlalchemy import Connection


def staging(table: str) -> Sql:
    """A staging table in a statement."""
    return identifier(ALIAS, "staging", table)


def target(table: str) -> Sql:
    """A target in a statement."""
    return identifier(ALIAS, "main", table)


class Warehouse:
    """An open warehouse.

    `sql` runs raw statements on DuckDB and `ledger` SQLAlchemy Core ones: both
    on the same connection, so both are in the transaction that `transaction`
    opens.
    """

    def __init__(self, raw: duckdb.DuckDBPyConnection, path: Path | None) -> None:
        """Take over `raw`. `path` is None for a warehouse in memory."""
        self.raw = raw
        self.path = path
        self.worker = Worker(raw)
        self.emptied = Emptied(raw)
        self.within = False  # a transaction
        self.expressed = False  # the named expressions stand (`etl.warehouse.expressions`)
        self.heard: list[tuple[str, Mapping[str, Any] | Sequence[Any] | None]] | None = None  # what ran, if asked for
        self._ledger: Connection | None = None

    @property
    def ledger(self) -> Connection:
        """SQLAlchemy on this connection, made when it is first asked for."""
        if self._ledger is None:
            imported()
            from etl.warehouse.alchemy import shared  # noqa: PLC0415  half a second, and who only reads has no need

            self._ledger = shared(self.raw, self.worker)
        return self._ledger

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction around everything; an exception rolls it back."""
        self.raw.begin()
        self.emptied.forget()
        self.within = True
        try:
            yield
            self.raw.commit()
        except BaseException:
            with suppress(duckdb.TransactionException):  # whoever met the error has rolled back already
                self.raw.rollback()
            raise
        finally:
            self.within = False

    def sql(self, statement: str, values: Mapping[str, Any] | Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement with bound values and fetch what it gives."""
        rows = self.worker.do(lambda: self._sql(statement, values))
        if self.heard is not None:
            self.heard.append((statement, values))
        return rows

    def _sql(self, statement: str, values: Mapping[str, Any] | Sequence[Any] | None) -> list[tuple[Any, ...]]:
        try:
            return self.emptied.run(statement, values, within=self.within)
        except UnicodeDecodeError as error:  # of a cell, or of an error of DuckDB that shows one
            raise duckdb.DataError(f"text that is not UTF-8 ({error.reason})") from error

    def one(self, statement: str, values: Mapping[str, Any] | Sequence[Any] | None = None) -> Any:
        """The first column of the first row."""
        return self.sql(statement, values)[0][0]

    def count(self, relation: Sql) -> int:
        """How many rows a relation has."""
        return int(self.one(f"SELECT count(*) FROM {relation}"))

    def exists(self, schema: str, table: str) -> bool:
        """Whether the warehouse has that table."""
        found = self.sql(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = $d AND schema_name = $s AND table_name = $t",
            {"d": ALIAS, "s": schema, "t": table},
        )
        return bool(found)

    def taken(self, schema: str, name: str) -> bool:
        """Whether a table or a view has that name, whatever its case."""
        return bool(self.sql(
            "SELECT 1 FROM information_schema.tables WHERE table_catalog = $d AND table_schema = $s "
            "AND lower(table_name) = lower($t)", {"d": ALIAS, "s": schema, "t": name}))

    def fill(self, statement: str, values: Mapping[str, Any] | None = None) -> None:
        """Run a statement that writes many rows.

        Texts are compressed in the one way that is quick to write and read: trying all costs more than writing.
        """
        self.sql("SET force_compression = 'fsst'")
        try:
            self.sql(statement, values)
        finally:
            with suppress(duckdb.Error):  # after an error the transaction is lost, and the setting with the connection
                self.sql("SET force_compression = 'auto'")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End what stands on the connection before DuckDB closes it."""
        self.worker.close()
        if self._ledger is not None:
            self._ledger.close()


@contextmanager
def open_warehouse(
    path: Path, settings: Settings, *, write: bool, bring_up: bool = True,
    foreign: Callable[[Warehouse], None] | None = None,
) -> Iterator[Warehouse]:
    """Open the warehouse file, made new (and migrated) where a writer finds none.

    Args:
        bring_up: A writer brings the control tables up to date; else it is refused where they are not.
        foreign: Is asked of a database that has tables and none of ours, before anything is written; it may refuse it.
            None refuses it: only a run makes control tables in the database of somebody else.

    Raises:
        WarehouseLocked: Another process held it for longer than the lock's time-out.
        WarehouseNewer: A newer version of etl made it.
        WarehouseError: It is not there (for a reader), or not a DuckDB database, or it is damaged.
        StorageError: Its folder cannot be made or written, or room runs out while it is open.
    """
    if not write and not path.exists():
        raise WarehouseError(f"There is no warehouse at {path}. Load something first, or name one with --warehouse.")
    with machine_heard(), spilling(path, settings) as spill, closing(
            duckdb.connect(":memory:", config={"python_enable_replacements": "false"})) as raw:
        attach(raw, path, settings, write=write)
        settle(raw, settings, spill)
        with Warehouse(raw, path) as warehouse:
            match_schema(warehouse, bring_up=write and bring_up, foreign=foreign)
            with damage_told(warehouse, ALIAS):
                yield warehouse


@contextmanager
def as_it_stands(path: Path, settings: Settings) -> Iterator[Warehouse]:
    """Open a warehouse of any version, only to look at what it knows of its datasets.

    Raises:
        WarehouseLocked: A writer held it for longer than the lock's time-out.
        WarehouseError: It is not a DuckDB database, or cannot be opened.
    """
    with machine_heard(), closing(
            duckdb.connect(":memory:", config={"python_enable_replacements": "false"})) as raw:
        attach(raw, path, settings, write=False)
        raw.execute(f"USE {ALIAS}")
        with Warehouse(raw, path) as warehouse:
            yield warehouse


@contextmanager
def in_memory(settings: Settings, temp_dir: Path) -> Iterator[Warehouse]:
    """An empty warehouse that leaves no file: for a plan before the first load. It spills into `temp_dir`."""
    raw = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    try:
        raw.execute(f"ATTACH ':memory:' AS {ALIAS}")
        settle(raw, settings, temp_dir)
        with Warehouse(raw, None) as warehouse:
            match_schema(warehouse, bring_up=True)
            yield warehouse
    finally:
        raw.close()


def settle(raw: duckdb.DuckDBPyConnection, settings: Settings, spill: Path) -> None:
    """The settings of every connection: what decides identity and bytes is never left to a default.

    Args:
        spill: The folder for what does not fit into memory.
    """
    raw.execute(f"USE {ALIAS}")
    raw.execute("SET TimeZone = 'UTC'")
    raw.execute("SET default_collation = 'binary'")
    raw.execute("SET preserve_insertion_order = true")
    raw.execute("SET max_vacuum_tasks = 0")  # else closing rewrites what was just written (notes.md)
    raw.execute("SET autoinstall_known_extensions = false")
    raw.execute("SET autoload_known_extensions = false")
    raw.execute("SET enable_progress_bar = false")
    raw.execute("SET enable_external_file_cache = false")  # it knows a file by its time stamp: not well enough
    raw.execute(f"SET temp_directory = {literal(str(spill))}")
    try:
        raw.execute(f"SET memory_limit = {literal(settings.memory_limit)}")
    except duckdb.Error as error:
        raise WarehouseError(f"--memory-limit {settings.memory_limit} is not a size such as 2GB or 500MB.") from error
    if settings.threads is not None:
        raw.execute(f"SET threads = {int(settings.threads)}")


def match_schema(
    warehouse: Warehouse, *, bring_up: bool, foreign: Callable[[Warehouse], None] | None = None
) -> None:
    """Hold the current database to the schema of this version; arguments as of `open_warehouse`.

    Raises:
        WarehouseNewer: A newer version made it.
        WarehouseError: It is older, or none of ours, and is not to be brought up to date; or its tables were altered.
    """
    found = revision(warehouse)
    if found == HEAD:
        what = otherwise(warehouse)
        if what is not None:
            raise WarehouseError(f"The warehouse {warehouse.path} is damaged: {what}. {MEND}")
        return
    if found is not None and found > HEAD:
        raise WarehouseNewer(f"The warehouse {warehouse.path} was made by a newer version of etl: its schema is "
                             f"{found}, this version knows {HEAD}. Install the newer version.")
    others = found is None and bool(warehouse.sql(
        "SELECT 1 FROM information_schema.tables WHERE table_catalog = current_database() LIMIT 1"))
    if others and foreign is not None:
        foreign(warehouse)
    if found is None and (not bring_up or (others and foreign is None)):
        raise WarehouseEmpty(f"The database {warehouse.path} holds no tables of etl. Name another --warehouse. A run "
                             "on it makes them.")
    if not bring_up:
        raise WarehouseError(f"The database {warehouse.path} is older than this version of etl. A run on it brings it "
                             "up to date.")
    migrate(warehouse)
