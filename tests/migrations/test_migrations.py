"""The control tables: made and taken away by Alembic, equal to the tables that the ledger speaks to."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import etl
from etl.config import Settings
from etl.errors import EtlError, WarehouseError, WarehouseNewer
from etl.ledger import tables
from etl.resources import resources
from etl.warehouse import Warehouse, open_warehouse
from etl.warehouse.migrate import HEAD, migrate, revision
from etl.warehouse.schema import COLUMNS as HELD
from etl.warehouse.schema import KEYS, otherwise

HOUSE = Path(__file__).parents[2]
SETTINGS = Settings(lock_timeout=0.1)

COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = 'etl' AND table_name <> 'alembic_version'
        AND table_name IN (SELECT table_name FROM duckdb_tables())
    ORDER BY table_name, column_index
"""
CONSTRAINTS = """
    SELECT table_name, constraint_type, constraint_column_names FROM duckdb_constraints()
    WHERE database_name = current_database() AND schema_name = 'etl' AND table_name <> 'alembic_version'
        AND constraint_type <> 'NOT NULL'
    ORDER BY ALL
"""
EVERYTHING = """
    SELECT schema_name, table_name, sql FROM duckdb_tables() WHERE database_name = current_database()
    UNION ALL
    SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = current_database() AND NOT internal
    ORDER BY ALL
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a warehouse is made."""
    return tmp_path / "w.duckdb"


@pytest.fixture
def stated() -> Iterator[Warehouse]:
    """A database with the control tables as SQLAlchemy makes them from the ledger's own description."""
    with duckdb.connect() as raw, Warehouse(raw, None) as warehouse:
        warehouse.sql("CREATE SCHEMA etl")
        tables.metadata.create_all(warehouse.ledger, checkfirst=False)
        warehouse.ledger.commit()
        yield warehouse


def plain(path: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements on the file as DuckDB itself opens it; what the last one gives."""
    with duckdb.connect(str(path)) as connection:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        return rows


def test_the_migrations_make_what_the_ledger_speaks_to(path: Path, stated: Warehouse) -> None:
    """After `up`, names, types, nullability, defaults, primary keys and unique columns are those of the metadata."""
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        assert {row[0] for row in warehouse.sql(COLUMNS)} == {table.name for table in tables.metadata.tables.values()}
        assert warehouse.sql(COLUMNS) == stated.sql(COLUMNS)
        assert warehouse.sql(CONSTRAINTS) == stated.sql(CONSTRAINTS)


def test_the_view_of_loaded_versions_has_the_columns_that_the_ledger_reads(path: Path) -> None:
    """`etl.loaded_version` has the columns of `etl.file_version`, in name, order and type."""
    shape = "SELECT column_name, column_type FROM (DESCRIBE etl.{})"
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        view = warehouse.sql(shape.format("loaded_version"))
        assert view == warehouse.sql(shape.format("file_version"))
        assert [name for name, _ in view] == list(tables.loaded_version.c.keys())


def test_down_takes_away_everything_and_up_brings_it_back(path: Path) -> None:
    """Up, down and up again: nothing of ours is left in between but Alembic's empty note, and the end is the start."""
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        up = warehouse.sql(EVERYTHING)
        assert revision(warehouse) == HEAD
        migrate(warehouse, "base")
        assert [name for _, name, _ in warehouse.sql(EVERYTHING)] == ["alembic_version"]
        assert revision(warehouse) is None
        migrate(warehouse)
        assert warehouse.sql(EVERYTHING) == up
        assert revision(warehouse) == HEAD
    with open_warehouse(path, SETTINGS, write=False) as warehouse:
        assert warehouse.sql(EVERYTHING) == up


def test_a_warehouse_of_the_first_revision_is_brought_up_with_its_loads(path: Path, tmp_path: Path) -> None:
    """Down to 0001 and up again: files are still known, and one of them can be unloaded, held and reloaded."""
    (tmp_path / "in").mkdir()
    for name, text in (("a", "id\n1\n"), ("b", "id\n2\n")):
        (tmp_path / f"in/{name}.csv").write_text(text, encoding="utf-8")
    opened, dataset = etl.open(path), etl.Dataset(source_dir=str(tmp_path / "in"), table="t")
    opened.run(dataset)
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        up = warehouse.sql(EVERYTHING)
        migrate(warehouse, "0001")
        assert not warehouse.exists("etl", "hold")
        assert {"content", "undoes"}.isdisjoint(row[1] for row in warehouse.sql(COLUMNS))
        assert warehouse.one("SELECT count(*) FROM etl.loaded_version") == 2
        migrate(warehouse)
        assert warehouse.sql(EVERYTHING) == up
    assert opened.unload("t", "b.csv").records == 1
    assert (opened.run(dataset).status, opened.run(dataset).held) == ("nothing new", ("b.csv",))
    assert opened.reload("t", "b.csv").records == 2


def test_down_leaves_what_is_not_ours(path: Path) -> None:
    """Targets and staging tables are none of Alembic's: they outlive the control tables."""
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        warehouse.sql("CREATE TABLE main.kept AS SELECT 1 AS x")
        warehouse.sql("CREATE TABLE staging.kept AS SELECT 2 AS x")
        migrate(warehouse, "base")
        assert warehouse.sql("SELECT x FROM main.kept UNION ALL SELECT x FROM staging.kept") == [(1,), (2,)]


def test_a_migration_that_fails_leaves_no_trace(path: Path) -> None:
    """Where one table is in the way, none of the others is made: a migration is one transaction."""
    plain(path, "CREATE SCHEMA etl", "CREATE TABLE etl.output (mine INTEGER)")
    before = plain(path, EVERYTHING)
    with (pytest.raises(Exception, match="output"),
          open_warehouse(path, SETTINGS, write=True, foreign=lambda _: None)):  # a run may
        pass
    assert plain(path, EVERYTHING) == before


def test_the_head_is_that_of_the_scripts() -> None:
    """The revision that the code knows is the last of the scripts, which are one chain in order of their numbers."""
    config = Config()
    config.set_main_option("script_location", str(resources("migrations")))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions[0] == HEAD
    assert revisions == sorted(revisions, reverse=True)
    assert all(each.isdecimal() and len(each) == len(HEAD) for each in revisions)


@pytest.mark.parametrize("write", [False, True])
def test_a_newer_warehouse_is_refused(path: Path, *, write: bool) -> None:
    """Reader and writer refuse a schema that they do not know, naming both revisions, and do not touch it."""
    with open_warehouse(path, SETTINGS, write=True):
        pass
    plain(path, "UPDATE etl.alembic_version SET version_num = '9999'")
    before = plain(path, EVERYTHING)
    with (
        pytest.raises(WarehouseNewer, match=rf"w\.duckdb .*9999.*{HEAD}.*Install"),
        open_warehouse(path, SETTINGS, write=write),
    ):
        pass
    assert plain(path, "SELECT version_num FROM etl.alembic_version") == [("9999",)]
    assert plain(path, EVERYTHING) == before


def test_a_reader_does_not_migrate(path: Path) -> None:
    """A warehouse without its control tables is refused to a reader in a sentence, and stays as it is to the byte."""
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        migrate(warehouse, "base")
    before = path.read_bytes()
    with pytest.raises(WarehouseError, match=r"w\.duckdb .*A run on it"), open_warehouse(path, SETTINGS, write=False):
        pass
    assert path.read_bytes() == before


def test_a_database_without_our_tables_is_refused_to_readers(path: Path) -> None:
    """Any other database is refused to a reader with a sentence that names it, and is as it was, byte for byte."""
    plain(path, "CREATE TABLE main.theirs AS SELECT 42 AS answer")
    before = path.read_bytes()
    with (
        pytest.raises(WarehouseError, match=r"w\.duckdb holds no tables of etl\."),
        open_warehouse(path, SETTINGS, write=False),
    ):
        pass
    assert path.read_bytes() == before


def test_a_writer_leaves_the_tables_of_others(path: Path, tmp_path: Path) -> None:
    """A load into a database with a table that is none of ours, of the target's name, is refused or leaves it alone."""
    plain(path, "CREATE TABLE main.t AS SELECT 42 AS theirs")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("id\n1\n", encoding="utf-8")
    with contextlib.suppress(EtlError):
        etl.open(path).run(etl.Dataset(source_dir=str(tmp_path / "in"), table="t"))
    assert plain(path, "FROM main.t") == [(42,)]


def test_alembic_is_imported_only_where_there_is_work(tmp_path: Path) -> None:
    """A run with new files, and a query, on a warehouse at its head do not import Alembic."""
    source, path = tmp_path / "in", tmp_path / "w.duckdb"
    source.mkdir()
    (source / "a.csv").write_text("id\n1\n", encoding="utf-8")
    etl.open(path).run(etl.Dataset(source_dir=str(source), table="t"))
    (source / "b.csv").write_text("id\n2\n", encoding="utf-8")
    script = """
import sys, etl
warehouse = etl.open(sys.argv[1])
load = warehouse.run(etl.Dataset(source_dir=sys.argv[2], table="t"))
rows = warehouse.sql("SELECT count(*) FROM t").rows
print(load.status, load.records, rows, [name for name in sys.modules if name.split(".")[0] == "alembic"])
"""
    done = subprocess.run([sys.executable, "-c", script, path, source], cwd=HOUSE, capture_output=True, text=True,
                          check=False)
    assert done.stdout == "loaded 2 ((2,),) []\n", done.stderr


def test_a_warehouse_that_lost_a_control_table_is_damaged(path: Path) -> None:
    """The tables that are looked for are those of the ledger; one that is gone is named, to readers and writers."""
    ours = {table.name for table in tables.metadata.tables.values()}
    assert set(HELD) == ours | {"loaded_version", "alembic_version"}
    with open_warehouse(path, SETTINGS, write=True):
        pass
    plain(path, "DROP TABLE etl.hold")
    for write in (False, True):
        with pytest.raises(WarehouseError, match=r"damaged: it has no table etl\.hold"), \
                open_warehouse(path, SETTINGS, write=write):
            pass


def test_what_is_held_at_opening_is_what_the_ledger_names(path: Path, stated: Warehouse) -> None:
    """Columns, types, NULLs and keys, of tables and the view: in a new warehouse nothing of it is otherwise."""
    rows = stated.sql(COLUMNS)
    for table in tables.metadata.tables.values():
        assert HELD[table.name] == {column: f"{kind}{'?' if nullable else ''}"
                                    for name, column, kind, nullable, _ in rows if name == table.name}
        assert set(KEYS.get(table.name, "").split()) == {column.name for column in table.primary_key}
    assert set(HELD["loaded_version"]) == set(tables.loaded_version.columns.keys())
    with open_warehouse(path, SETTINGS, write=True) as warehouse:
        assert otherwise(warehouse) is None
