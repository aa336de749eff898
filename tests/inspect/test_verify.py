"""`verify` finds what was done by hand to target, ledger, books, staging and export, and nothing where nothing was."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import etl
from etl.cli.door import execute
from etl.inspect import verify
from etl.ledger.seals import seal_dataset
from etl.result import Listing
from etl.warehouse import open_warehouse

OUT = Path("out/t.json")
WAREHOUSE = Path("kept.duckdb")
SETTINGS = etl.Settings(lock_timeout=1)


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def load(table: str, **words: object) -> None:
    """An accumulating load over `in/`."""
    etl.open(WAREHOUSE).run(etl.Dataset(**{"source_dir": "in", "table": table, **words}))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with a keyed target, its output, and one of `append`; files came, changed and are gone."""
    home = tmp_path_factory.mktemp("loaded")
    (home / "in").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        put("a.csv", "id,n,d\n1,1.50,2024-01-02\n2,2.5,2024-01-03\n2,2.5,2024-01-04\n")
        put("b.csv", 'id,n,d\n3,"3.5",2024-01-05\n4,4.5,"2024-01-06"\n')
        load("t", strategy="update", key=("id",), output=str(OUT))
        load("all")
        put("a.csv", "id,n,d\n1,1.5,2024-01-02\n3,9.5,2024-01-03\n")
        load("t")
        Path("in/b.csv").unlink()
    return home


@pytest.fixture
def place(loaded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage; the output is taken to be as it was left."""
    shutil.copytree(loaded, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    execute_sql("UPDATE etl.output SET path = replace(path, ?, ?)", [str(loaded), str(tmp_path / "home")])
    execute_sql("UPDATE etl.dataset SET root = replace(root, ?, ?)", [str(loaded), str(tmp_path / "home")])
    with open_warehouse(WAREHOUSE, SETTINGS, write=True) as warehouse:
        for dataset in (1, 2):
            seal_dataset(warehouse, dataset)
    return tmp_path / "home"


def execute_sql(statement: str, values: list[object] | None = None) -> None:
    """Damage by hand."""
    with duckdb.connect(str(WAREHOUSE)) as connection:
        connection.execute(statement, values or [])


def staged(table: str = "t", path: str = "a.csv") -> tuple[str, int]:
    """The staging table of the loaded version of a path, and the version."""
    with duckdb.connect(str(WAREHOUSE), read_only=True) as connection:
        found = connection.execute(
            "SELECT staging, version_id FROM etl.loaded_version JOIN etl.dataset USING (dataset_id) "
            "WHERE name = ? AND path = ?", [table, path]).fetchall()[0]
    return f'staging."{found[0]}"', found[1]


def found(table: str | None = "t", *, files: bool = False) -> Listing:
    """What there is to say."""
    return verify(WAREHOUSE, table, files=files, settings=SETTINGS)


def test_what_nobody_touched_is_verified(place: Path) -> None:
    """All targets are the same, with and without the files; a file that is gone is named; nothing is written."""
    assert place.exists()
    before = hashlib.sha256(WAREHOUSE.read_bytes()).hexdigest()
    listing = found(None, files=True)
    assert listing.rows == ()
    assert listing.notes[0] == ("t: built again from 2 loaded files: 3 records; target, lineage, ledger, staging "
                                "and export: the same.")
    assert "b.csv is not there; its rows were held against nothing but themselves." in listing.notes
    assert "a.csv is not as it was loaded; the next run loads it." in listing.notes  # of the other target
    assert "t: 1 of 2 loaded files read again: as staged." in listing.notes
    assert hashlib.sha256(WAREHOUSE.read_bytes()).hexdigest() == before
    assert not list(place.glob("*.wal"))
    assert execute(["verify", "--warehouse", str(WAREHOUSE)]) == 0


def change_a_staged_cell(where: str = "true") -> None:
    """In staging alone."""
    table, version = staged()
    execute_sql(f"UPDATE {table} SET c1 = c1 || '1' WHERE _version = {version} AND {where}")


def lose_staged_rows() -> None:
    """All of a loaded version."""
    table, version = staged()
    execute_sql(f"DELETE FROM {table} WHERE _version = {version}")


def lose_a_staging_table() -> None:
    """And all versions in it."""
    execute_sql(f"DROP TABLE {staged()[0]}")


DAMAGES: dict[str, tuple[Callable[[], object] | str, str]] = {
    "a value of the target": ("UPDATE t SET n = 9 WHERE id = 1", "target: value of n"),
    "a row lost": ("DELETE FROM t WHERE id = 1", "target: row"),
    "a row made up": ("INSERT INTO t SELECT 77, n, d, _version, _row FROM t LIMIT 1",
                      "target: row"),
    "lineage": ("UPDATE t SET _row = _row + 1 WHERE id = 1", "target: lineage"),
    "a column's type": ("ALTER TABLE t ALTER n TYPE DECIMAL(9,2)", "target: column"),
    "a column more": ("ALTER TABLE t ADD COLUMN more INTEGER", "target: column"),
    "the target gone": ("DROP TABLE t", "target"),
    "the primary key": ("CREATE TABLE u AS FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t", "target: primary key"),
    "the books of a file": ("UPDATE etl.books SET inserted = inserted + 1 WHERE load_id = 1 AND path = 'a.csv'",
                            "books: records"),
    "books lost": ("DELETE FROM etl.books WHERE load_id = 1 AND path = 'a.csv'", "books: a file that came"),
    "the sums of a load": ("UPDATE etl.load SET updated = updated + 1 WHERE load_id = 1", "load: sums of its books"),
    "records after": ("UPDATE etl.load SET records_after = 99 WHERE load_id = 1", "load: records after"),
    "a flip lost": ("DELETE FROM etl.flip WHERE NOT loaded", "loaded versions"),
    "a flip twice": (("INSERT INTO etl.flip SELECT 2, version_id, true FROM etl.file_version "
                     "WHERE path = 'b.csv' AND dataset_id = 1"), "flip"),
    "lines of a file": ("UPDATE etl.file_version SET lines = lines + 1", "file: lines"),
    "the ledger's columns": ("UPDATE etl.column SET type = 'VARCHAR' WHERE name = 'n'", "ledger: columns"),
    "kinds of cells": ("UPDATE etl.cell_kind SET kinds = 128", "kinds of cells"),
    "a staged cell": (change_a_staged_cell, "target: value of n"),
    "staged rows lost": (lose_staged_rows, "staging: rows"),
    "a staging table lost": (lose_a_staging_table, "staging: no table"),
    "a byte of the export": (lambda: OUT.write_bytes(OUT.read_bytes().replace(b"3.5", b"3.6")), "output"),
    "the export gone": (OUT.unlink, "output"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(place: Path, damage: str) -> None:
    """Each kind of damage is told of by name, and the command ends with 1."""
    assert place.exists()
    done, what = DAMAGES[damage]
    if isinstance(done, str):
        execute_sql(done)
    else:
        done()
    listing = found()
    assert what in {row[1] for row in listing.rows}, listing.rows


def test_the_command_ends_with_1_where_something_differs(place: Path) -> None:
    """And says what should be and what is."""
    assert place.exists()
    execute_sql("UPDATE t SET n = 9 WHERE id = 1")
    row = next(row for row in found().rows if row[1] == "target: value of n")
    assert row == ("t", "target: value of n", "id = '1'", "'1.5'", "'9.0'")
    assert execute(["verify", "t", "--warehouse", str(WAREHOUSE)]) == 1


def test_files_find_what_staging_and_target_agree_on(place: Path) -> None:
    """A cell changed in staging and target alike is found by the file that says otherwise."""
    assert place.exists()
    change_a_staged_cell("c0 = '1'")
    execute_sql("UPDATE t SET n = 1.51 WHERE id = 1")
    OUT.write_bytes(OUT.read_bytes().replace(b":1.5,", b":1.51,"))
    assert {row[1] for row in found().rows} <= {"kinds of cells"}
    rows = [row for row in found(files=True).rows if row[1].startswith("file: ")]
    assert rows == [("t", "file: rows", "a.csv", "1 as the file says", "1 as staged; the first follow"),
                    ("t", "file: value of n", "a.csv, row 1", "'1.5'", "'1.51'")]


@pytest.mark.parametrize("width", [3, 40])
def test_a_cell_that_is_not_as_its_file_says_is_told(place: Path, width: int) -> None:
    """Cell by cell, also where a table has more columns than are compared one by one."""
    (place / "wide").mkdir()
    cells = [",".join("" if (row + at) % 5 == 0 else f"{row}{at}" for at in range(width)) for row in range(9)]
    text = "\n".join([",".join(f"c{at}" for at in range(width)), *cells, "short"])
    (place / "wide/a.csv").write_text(text, encoding="utf-8")
    words = ("--on-error", "reject_row", "--quiet", "--warehouse", "wide.duckdb", "--table", "w")
    assert execute(["run", "--source-dir", "wide", *words]) == 0
    assert verify(Path("wide.duckdb"), None, files=True, settings=SETTINGS).rows == ()
    with duckdb.connect("wide.duckdb") as connection:
        table = connection.execute("SELECT staging FROM etl.file_version").fetchall()[0][0]
        connection.execute(f'UPDATE staging."{table}" SET c1 = \'77\', c0 = NULL WHERE rowid = 3')
        connection.execute(f'DELETE FROM staging."{table}" WHERE c0 = \'80\'')
    rows = {row[1:] for row in verify(Path("wide.duckdb"), None, files=True, settings=SETTINGS).rows}
    assert {row for row in rows if row[0].startswith("file: ")} == {
        ("file: rows", "a.csv", "2 as the file says", "1 as staged; the first follow"),
        ("file: value of c0", "a.csv, row 4", "'30'", "NULL"), ("file: value of c1", "a.csv, row 4", "'31'", "'77'"),
        ("file: row", "a.csv, row 9", "a row", "no row")}


REJECTED = ("--on-error", "reject_row", "--quiet", "--warehouse", "other.duckdb", "--table", "r")


def rejecting(place: Path) -> str:
    """A warehouse with a rejected record, and its staging table."""
    (place / "other").mkdir()
    (place / "other/a.csv").write_text("id,v\n1,10\n,keep me\n", encoding="utf-8")
    assert execute(["run", "--source-dir", "other", "--strategy", "update", "--key", "id", *REJECTED]) == 0
    with duckdb.connect("other.duckdb") as connection:
        return f'staging."{connection.execute("SELECT staging FROM etl.file_version").fetchall()[0][0]}"'


def test_the_cells_of_a_rejected_row_are_held(place: Path) -> None:
    """They are in no target, until another definition takes them: a hash of them is kept when they are rejected."""
    table = rejecting(place)
    assert verify(Path("other.duckdb"), None, files=True, settings=SETTINGS).rows == ()
    with duckdb.connect("other.duckdb") as connection:
        connection.execute(f"UPDATE {table} SET c1 = '77' WHERE c0 IS NULL")
    listing = verify(Path("other.duckdb"), None, files=False, settings=SETTINGS)
    other = ("r", "staging: rejected rows", "a.csv (version 1), load 1", "1 as they were rejected", "1, other ones")
    assert listing.rows == (other,)
    listing = verify(Path("other.duckdb"), None, files=True, settings=SETTINGS)
    assert listing.rows[2] == ("r", "file: value of v", "a.csv, row 2", "'keep me'", "'77'")
    assert execute(["run", "--source-dir", "other", "--strategy", "append", *REJECTED]) == 0
    assert other in verify(Path("other.duckdb"), None, files=False, settings=SETTINGS).rows


def test_rejected_rows_without_a_hash_are_named(place: Path) -> None:
    """As are those of loads from before there were hashes of them; a version that leaves keeps its own beside them."""
    rejecting(place)
    assert execute(["unload", "r", "a.csv", "--warehouse", "other.duckdb", "--quiet"]) == 0
    assert verify(Path("other.duckdb"), None, files=False, settings=SETTINGS).rows == ()
    with duckdb.connect("other.duckdb") as connection:
        assert connection.execute("SELECT relation FROM etl.seal WHERE owner = 'version' ORDER BY 1").fetchall() == [
            ("rejects of load 1",), ("staging",)]
        connection.execute("DELETE FROM etl.seal WHERE relation = 'rejects of load 1'")
    listing = verify(Path("other.duckdb"), None, files=False, settings=SETTINGS)
    assert listing.rows == ()
    assert ("r: no hash was kept of the rejected rows of a.csv (version 1), load 1: they were counted; --files holds "
            "what they say against the files.") in listing.notes


def test_digits_that_no_type_needs_are_held(place: Path) -> None:
    """They are counted again where the ledger keeps them: a later file could make a type of them."""
    assert place.exists()
    put("b.csv", "id,n,d\n9,12345678901234567,2024-01-09\n")  # with it n is a DECIMAL
    load("t")
    Path("in/b.csv").write_text("id,n,d\n9,2,2024-01-09\n", encoding="utf-8")
    load("t")
    assert found().rows == ()
    execute_sql("UPDATE etl.cell_kind SET scale = 0 WHERE place = 1 AND scale > 0")
    assert {row[1] for row in found().rows} == {"kinds of cells"}


@pytest.mark.parametrize("damage", [
    "DROP TABLE t", "DELETE FROM t WHERE id = 1", "ALTER TABLE t ADD COLUMN more INTEGER",
])
def test_a_repaired_target_is_verified(place: Path, damage: str) -> None:
    """A load that builds a damaged target again says so and begins with nothing; that is no difference later."""
    assert place.exists()
    execute_sql(damage)
    repaired = etl.open(WAREHOUSE).run(etl.Dataset(table="t"))
    assert repaired.target.before == 0
    (warning,) = repaired.warnings
    assert warning.code == "damaged"
    assert warning.message.endswith("the books of this load begin with 0 records")
    assert found().rows == ()
    put("c.csv", "id,n,d\n9,9.5,2024-01-09\n")
    load("t")
    assert found().rows == ()
    execute_sql("UPDATE etl.load SET records_before = 1, records_after = records_after + 1 "
                f"WHERE load_id = {repaired.load_id}")
    assert ("load: records before", f"load {repaired.load_id}", "0", "1") in {row[1:] for row in found().rows}


@pytest.mark.usefixtures("place")
def test_verify_takes_the_memory_that_it_advises_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    """Where memory runs out the option is named, and with more of it and one thread the same command passes."""
    words = ("verify", "--warehouse", str(WAREHOUSE), "--threads", "1")
    assert execute((*words, "--memory-limit", "1MB")) == 1
    assert "memory limit was reached" in (said := capsys.readouterr().err)
    assert "--memory-limit" in said
    assert execute((*words, "--memory-limit", "1GB")) == 0
