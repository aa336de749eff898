"""What the ledger and staging said when a load was kept is what they say now: each change of a row by hand is found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import etl
from etl.cli.door import execute
from etl.errors import WarehouseError
from etl.inspect import verify, why
from etl.ledger.seals import broken, seal_dataset
from etl.result import Listing
from etl.warehouse import Warehouse, open_warehouse
from etl.warehouse.migrate import migrate

WAREHOUSE = Path("kept.duckdb")
SETTINGS = etl.Settings(lock_timeout=1)
REJECTING = etl.Settings(on_error="reject_row")
# What etl changes after a load is kept, and what is taken anew from cells: the rows' own hashes and the files prove it.
CHANGING = {"file_version": {"size", "mtime_ns", "ctime_ns", "inode", "taken_ns", "pruned_at"},
            "output": {"size", "mtime_ns", "ctime_ns", "inode"}}
UNSEALED = {"alembic_version", "cell_kind", "seal"}


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def found(*, files: bool = False) -> Listing:
    """What there is to say."""
    return verify(WAREHOUSE, None, files=files, settings=SETTINGS)


def by_hand(*statements: str) -> None:
    """Damage."""
    with duckdb.connect(str(WAREHOUSE)) as connection:
        for statement in statements:
            connection.execute(statement)


def staging_of(path: str) -> tuple[str, int]:
    """The staging table of the first version of a path, and the version."""
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        rows = connection.execute("SELECT staging, version_id FROM etl.file_version WHERE path = ? ORDER BY ALL",
                                  [path]).fetchall()
    return f'staging."{rows[0][0]}"', int(rows[0][1])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with rejects, a conflict, a hold, an output, a failed load and one that was rolled back."""
    home = tmp_path_factory.mktemp("lived")
    (home / "in").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        put("a.csv", "k,v\n1,x\n2,y\n,no key\nshort\n")
        put("b.csv", "k,v\n2,z\n3,w\n")
        put("c.csv", "k,v\n4,p\n5,q\n")
        words = {"source_dir": "in", "table": "t", "strategy": "update", "key": ("k",)}
        opened = etl.open(WAREHOUSE, settings=REJECTING)
        opened.run(etl.Dataset(**words, output="t.json"))
        opened.unload("t", "c.csv")
        put("d.csv", "v\n6\n")
        with pytest.raises(etl.errors.LoadFailed):
            opened.run(etl.Dataset(table="t"))
        put("d.csv", "k,v\n6,r\n")
        load = opened.run(etl.Dataset(table="t"))
        assert load.load_id is not None
        opened.rollback(load.load_id)
    return home


@pytest.fixture
def place(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage."""
    shutil.copytree(lived, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    moved = [str(lived), str(tmp_path / "home")]
    with open_warehouse(WAREHOUSE, SETTINGS, write=True) as warehouse:
        for table, column in (("output", "path"), ("dataset", "root")):
            warehouse.sql(f"UPDATE etl.{table} SET {column} = replace({column}, $1, $2)", moved)
        seal_dataset(warehouse, 1)
    return tmp_path / "home"


@pytest.fixture
def opened(place: Path) -> Iterator[Warehouse]:
    """The same, open."""
    assert place.exists()
    with open_warehouse(WAREHOUSE, SETTINGS, write=True) as warehouse:
        yield warehouse


def columns(warehouse: Warehouse) -> list[tuple[str, str, str]]:
    """Table, name and type of what is sealed."""
    return [(table, name, kind) for table, name, kind in warehouse.sql(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'warehouse' "
        "AND schema_name = 'etl' AND table_name <> 'loaded_version' ORDER BY ALL")
        if table not in UNSEALED and name not in CHANGING.get(table, ())]


def undone(warehouse: Warehouse, statement: str) -> set[str]:
    """The control tables whose seals a statement breaks."""
    warehouse.sql("BEGIN")
    try:
        warehouse.sql(statement)
        return {seal.relation for seal in broken(warehouse)}
    finally:
        warehouse.sql("ROLLBACK")


def test_a_change_of_any_column_of_the_ledger_breaks_a_seal(opened: Warehouse) -> None:
    """Of each row, but for the time stamps and marks that etl itself changes later."""
    assert broken(opened) == []
    other = {"BIGINT": "coalesce({0}, 0) + 1", "BOOLEAN": "NOT {0}", "TIMESTAMP": "{0} + INTERVAL 1 DAY",
             "VARCHAR": "coalesce({0}, '') || 'x'"}
    for table, name, kind in columns(opened):
        change = other[kind].format(f'"{name}"')
        keyed = (table, name) in {("dataset", "dataset_id"), ("dataset", "name")}
        statement = (f'UPDATE etl."{table}" SET "{name}" = {change}' if not keyed else
                     f'CREATE TEMP TABLE r AS SELECT * REPLACE ({change} AS "{name}") FROM etl.dataset; '
                     "DELETE FROM etl.dataset; INSERT INTO etl.dataset FROM r")
        if not keyed:
            assert table in undone(opened, statement), statement


def test_a_row_lost_or_doubled_breaks_a_seal(opened: Warehouse) -> None:
    """In each control table; most have a key that takes no second row."""
    tables = {table for table, _, _ in columns(opened)}
    assert {"load", "flip", "books", "reject", "conflict", "hold", "output", "dataset", "warehouse"} <= tables
    for table in sorted(tables):
        lost = f'DELETE FROM etl."{table}" WHERE rowid = (SELECT max(rowid) FROM etl."{table}")'
        assert undone(opened, lost) >= {table}
    for table in ("reject", "warehouse"):
        assert undone(opened, f"INSERT INTO etl.{table} FROM etl.{table} LIMIT 1") >= {table}


def test_what_nobody_touched_is_as_it_was_kept(place: Path) -> None:
    """Nothing differs and nothing is left unproved, before and after further loads, holds that end and a prune."""
    assert place.exists()
    assert (found(files=True).rows, len(found(files=True).notes)) == ((), 2)
    opened = etl.open(WAREHOUSE, settings=REJECTING)
    opened.reload("t", "c.csv")
    opened.unload("t", "b.csv")
    put("b.csv", "k,v\n2,zz\n")
    opened.run(etl.Dataset(table="t", output="u.json"))
    opened.run(etl.Dataset(table="t", output="v.json"))
    opened.prune()
    assert found(files=True).rows == ()


def test_staged_cells_of_a_version_that_left_are_proved(place: Path) -> None:
    """A cell of a held version, or two of its rows changed for each other, is found before it comes back."""
    assert place.exists()
    table, version = staging_of("c.csv")
    by_hand(f"UPDATE {table} SET c1 = 'DAMAGED' WHERE c0 = '4'")
    (row,) = found().rows
    assert row == ("t", "staging: cells", f"c.csv (version {version})", "as they were when it left", "other ones")
    by_hand(f"UPDATE {table} SET c1 = 'p' WHERE c0 = '4'")
    assert found().rows == ()
    by_hand(f"UPDATE {table} SET c0 = '9', c1 = CASE c0 WHEN '4' THEN 'q' ELSE 'p' END WHERE _version = {version}",
            f"UPDATE {table} SET c0 = CASE c1 WHEN 'q' THEN '5' ELSE '4' END WHERE _version = {version}")
    assert [row[1] for row in found().rows] == ["staging: cells"]


@pytest.mark.parametrize(("statement", "table", "what"), [
    ("DELETE FROM etl.reject WHERE severity = 'reject'", "reject", "books: rejects"),
    ("DELETE FROM etl.dataset", "dataset", "ledger: a load"),
    ("UPDATE etl.flip SET load_id = 4 WHERE NOT loaded AND load_id = 2", "flip", "ledger: a hold"),
    ("DELETE FROM etl.hold", "hold", None),
    ("UPDATE etl.hold SET content = 'x'", "hold", "ledger: a hold"),
    ("UPDATE etl.load SET restored = 7, undoes = 1", "load", None),
    ("UPDATE etl.load SET definition_before = replace(definition_before, 'update', 'append') WHERE load_id = 4",
     "load", "load: definition before"),
    ("DELETE FROM etl.warehouse", "warehouse", "ledger: the warehouse"),
    ("DELETE FROM etl.load WHERE load_id = 3", "load", "ledger: rows of no load"),
    ("UPDATE etl.cell_kind SET example = 'q'", None, "kinds of cells"),
    ("DELETE FROM etl.seal WHERE owner = 'load' AND owner_id = 4", "load", None),
])
def test_damage_of_the_ledger_is_told(place: Path, statement: str, table: str | None, what: str | None) -> None:
    """By the control table and the load or dataset, and by what does not add up, where anything does not."""
    assert place.exists()
    by_hand(statement)
    listing = found()
    assert {row[1] for row in listing.rows} >= {each for each in (table and f"sealed: etl.{table}", what) if each}
    assert not any(note.endswith("the same.") for note in listing.notes)
    assert execute(["verify", "--warehouse", str(WAREHOUSE)]) == 1


@pytest.mark.parametrize(("table", "column"), [
    ("dataset", "selection"), ("dataset", "reading"), ("dataset", "definition"),
    ("file_version", "header"), ("file_version", "spelling"),
])
@pytest.mark.parametrize("text", ["{", "[]"])
def test_broken_json_is_said(
    place: Path, capsys: pytest.CaptureFixture[str], table: str, column: str, text: str
) -> None:
    """What cannot be read is told by table and row, and is no error of etl's; `verify` finds it in any case."""
    assert place.exists()
    row = table.removeprefix("file_")
    by_hand(f"UPDATE etl.{table} SET {column} = '{text}' WHERE {row}_id = 1")
    with pytest.raises(WarehouseError, match=rf"damaged: .*{column}.* of etl\.{table}, {row}_id 1"):
        why(WAREHOUSE, "t", ("1",), None, 1)
    assert execute(["verify", "--warehouse", str(WAREHOUSE)]) == 1
    said = capsys.readouterr()
    assert f"etl.{table}" in said.out + said.err
    assert "inside etl" not in said.err


def test_what_is_older_than_seals_is_said_to_be(place: Path) -> None:
    """A warehouse of the revision before is verified with words on what was not; its later loads are sealed."""
    assert place.exists()
    with open_warehouse(WAREHOUSE, SETTINGS, write=True) as warehouse:
        migrate(warehouse, "0004")
        migrate(warehouse)
    listing = found()
    assert listing.rows == ()
    assert listing.notes[2].startswith("t: its loads up to load 5 (5) were kept before loads were sealed")
    assert "c.csv (version 3)" in listing.notes[3]
    put("e.csv", "k,v\n8,r\n")
    opened = etl.open(WAREHOUSE, settings=REJECTING)
    assert opened.run(etl.Dataset(table="t")).load_id == 6
    assert found().rows == ()
    by_hand("UPDATE etl.load SET restored = 3 WHERE load_id IN (5, 6)")
    assert {row[1:3] for row in found().rows} == {("sealed: etl.load", "load 6")}


def test_another_duckdb_makes_no_differences(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its hashes may be others: rows are held against their number alone, and that is said."""
    assert place.exists()
    monkeypatch.setattr(duckdb, "__version__", "9.9.9")
    listing = found()
    assert listing.rows == ()
    assert "c.csv (version 3)" in listing.notes[2]
