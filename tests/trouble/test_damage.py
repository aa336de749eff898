"""A warehouse that other hands altered is said to be damaged, by name; no error inside etl tells of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from trouble.home import Home

WAREHOUSE = Path("w.db")
KEPT = ("--warehouse", str(WAREHOUSE))
MEND = "Restore it from a copy, or load the files into another --warehouse."
COMMANDS = {
    "verify": ("verify", "--files", *KEPT),
    "run": ("run", "--source-dir", "in", "--move-root", "--table", "t", *KEPT),
    "unload": ("unload", "t", "a.csv", *KEPT),
    "why": ("why", "t", "1", *KEPT),
    "status": ("status", *KEPT),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of two loaded files, one of which has changed since."""
    home = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        place = Home(home)
        place.put({"a.csv": "id,v\n1,x\n2,y\n", "b.csv": "id,v\n3,z\n"})
        assert place.etl("run", "--source-dir", "in", "--table", "t", "--strategy", "update", "--key", "id", *KEPT,
                         "--quiet").code == 0
        place.put({"b.csv": "id,v\n3,zz\n4,w\n"})
    return home


def damaged(home: Home, made: Path, *statements: str) -> str:
    """A copy of it, damaged by hand; the name of its staging table."""
    shutil.copy(made / WAREHOUSE, WAREHOUSE)
    shutil.copytree(made / "in", home.folder / "in")
    with duckdb.connect(str(WAREHOUSE)) as connection:
        table = str(connection.execute("SELECT any_value(staging) FROM etl.file_version").fetchall()[0][0])
        for statement in statements:
            connection.execute(statement.replace("STAGED", f'staging."{table}"'))
    return table


ALTERED = {
    "a column renamed": ("ALTER TABLE etl.load RENAME message TO said", "etl.load has no column message"),
    "a column more": ("ALTER TABLE etl.seal ADD COLUMN zz INTEGER", "etl.seal has a column zz, which etl did not make"),
    "a copy": ("CREATE OR REPLACE TABLE etl.flip AS FROM etl.flip",
               "etl.flip has its column load_id as BIGINT, not BIGINT NOT NULL"),
    "a key lost": (("CREATE OR REPLACE TABLE etl.output (dataset_id BIGINT NOT NULL, path VARCHAR NOT NULL, "
                    "state VARCHAR NOT NULL, load_id BIGINT NOT NULL, size BIGINT NOT NULL, mtime_ns BIGINT NOT NULL, "
                    "ctime_ns BIGINT NOT NULL, inode BIGINT NOT NULL)"), "etl.output has lost its key (dataset_id)"),
    "another view": ("CREATE OR REPLACE VIEW etl.loaded_version AS SELECT path FROM etl.file_version",
                     "etl.loaded_version has no column version_id"),
    "a table for the view": (("CREATE TABLE etl.q AS FROM etl.loaded_version; DROP VIEW etl.loaded_version; "
                              "ALTER TABLE etl.q RENAME TO loaded_version"),
                             "etl.loaded_version is not the view that etl made"),
    "the revision": ("ALTER TABLE etl.alembic_version RENAME version_num TO zz",
                     "etl.alembic_version has no column version_num"),
    "no revision": ("DELETE FROM etl.alembic_version", "etl.alembic_version is empty"),
}


@pytest.mark.parametrize("what", ALTERED)
def test_an_altered_control_table_is_said(home: Home, made: Path, what: str) -> None:
    """Whatever the command: the table, what is wrong with it, and what to do."""
    statement, said = ALTERED[what]
    damaged(home, made, statement)
    before = WAREHOUSE.read_bytes()
    for name, words in COMMANDS.items():
        answer = home.etl(*words)
        assert answer.code == 1, name
        assert f"Error: The warehouse w.db is damaged: {said}. {MEND}" in answer.error, name
    assert WAREHOUSE.read_bytes() == before


@pytest.mark.parametrize(("statement", "said"), [
    ("DELETE FROM etl.file_version", "etl.file_version has 0 rows of load 1, not the 2 that were kept"),
    ("DELETE FROM etl.load", "etl.load has 0 rows of load 1, not the 1 that were kept"),
])
def test_rows_of_the_ledger_that_are_gone_are_said(home: Home, made: Path, statement: str, said: str) -> None:
    """A load that meets what nobody foresaw tells the damage behind it, and leaves all as it was."""
    damaged(home, made, statement)
    answer = home.etl(*COMMANDS["run"], "--progress", "none")
    assert answer.code == 1
    assert answer.error == f"Error: The warehouse w.db is damaged: {said}. {MEND}\n"
    assert home.sql("SELECT count(*) FROM w.main.t", WAREHOUSE) == [(3,)]
    assert "inside etl" not in home.etl(*COMMANDS["verify"]).said


@pytest.mark.parametrize(("statement", "there"), [
    ("ALTER TABLE STAGED RENAME c1 TO zz", "_version, c0, zz"),
    ("ALTER TABLE STAGED ADD COLUMN zz INTEGER", "_version, c0, c1, zz INTEGER"),
    ("ALTER TABLE STAGED DROP COLUMN c1", "_version, c0"),
    ("ALTER TABLE STAGED ALTER c1 TYPE BLOB", "_version, c0, c1 BLOB"),
])
def test_an_altered_staging_table_is_said(home: Home, made: Path, statement: str, there: str) -> None:
    """By `verify` as a difference, with the files too, and by a load that needs it."""
    table = damaged(home, made, statement)
    answer = home.etl(*COMMANDS["verify"], "--format", "json")
    assert answer.code == 1
    assert answer.document == [{"table": "t", "what": "staging: columns", "where": table,
                                "should be": "_version, c0 to c1", "is": there}]
    assert "t: its staging is not all there as it was made, so it was not built again." in answer.error
    answer = home.etl(*COMMANDS["run"], "--quiet")
    assert answer.code == 1
    said = f"the staging table {table} has {there}; it was made with _version, c0 to c1"
    assert f"The warehouse w.db is damaged: {said}. {MEND}" in answer.error


@pytest.mark.parametrize("statement", [
    "INSERT INTO etl.cell_kind SELECT version_id, cells, 2, kinds, 1, 1, NULL, NULL FROM etl.cell_kind WHERE place = 0",
    "UPDATE etl.cell_kind SET kinds = -1",
])
def test_kinds_that_etl_did_not_write_are_said(home: Home, made: Path, statement: str) -> None:
    """By `verify`, also of a column that no file has, and by a load that stumbles over them."""
    damaged(home, made, statement)
    answer = home.etl("verify", *KEPT, "--format", "json")
    assert answer.code == 1
    assert {row["what"] for row in answer.document} >= {"kinds of cells"}
    answer = home.etl(*COMMANDS["run"], "--quiet")
    assert answer.code == 1
    assert "is damaged: etl.cell_kind does not say what etl wrote of" in answer.error


def test_an_error_without_damage_stays_what_it_is(home: Home, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours on a warehouse that nobody touched asks to be reported."""
    damaged(home, made)
    monkeypatch.setattr("etl.load.attempt.judge", lambda *_: 1 / 0)
    answer = home.etl(*COMMANDS["run"], "--quiet")
    assert answer.code == 1
    assert "an error inside etl (ZeroDivisionError" in answer.error


def test_a_view_that_tells_other_loaded_versions_is_found(home: Home, made: Path) -> None:
    """Of the same columns, and otherwise than the flips say."""
    damaged(home, made, "CREATE OR REPLACE VIEW etl.loaded_version AS FROM etl.file_version WHERE path <> 'a.csv'")
    found = home.etl("verify", *KEPT, "--format", "json").document
    rows = [row for row in found if row["what"].startswith("ledger: lo")]
    assert rows == [{"table": "t", "what": "ledger: loaded versions", "where": "a.csv",
                     "should be": "loaded, as its flips say", "is": "not in etl.loaded_version"}]
