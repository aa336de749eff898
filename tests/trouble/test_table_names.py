"""Names of tables, outputs and warehouses, however strange, are ordinary names or are refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from trouble.home import Home

TABLES = ["scope", "verdict", "load", "main", "a b", 't"x', "t;DROP TABLE x;--", "etl", "warehouse", "staging", "temp",
          "reject_errors", "reject_scans", "select", "*", "\U0001f600", "n\nl", "x.y", "etl.load", "located", "refused",
          "t", "v", "duckdb_tables", "alembic_version", "l" * 250, "placed", "loaded_version", "$t", "%s", "{0}", "it's",
          "system", "information_schema", "pg_catalog", "--x", "file_version", "sqlite_master"]


@pytest.mark.parametrize("part", range(4))
def test_every_table_name_is_an_ordinary_name(home: Home, part: int) -> None:
    """Tables of any name live side by side in one warehouse: loaded, run again, planned, shown and exported."""
    home.put({"a.csv": "id,v\n1,a\n1,b\n", "b.csv": "id,v\n2,c\n"})
    kept = Path("kept.duckdb")
    every = TABLES[part::4]
    for at, table in enumerate(every):
        words = ["--source-dir", "in", "--warehouse", str(kept), "--table", table, "--strategy", "update", "--key", "id",
                 "--output", f"out/{at}.json", "--lineage"]
        assert home.etl("plan", *words).code == 0, table
        for _ in range(2):
            answer = home.etl("run", *words)
            assert answer.code == 0, (table, answer.error)
        assert home.exported(f"out/{at}.json") == [
            {"id": 1, "v": "b", "_source_path": "a.csv", "_source_row": 2},
            {"id": 2, "v": "c", "_source_path": "b.csv", "_source_row": 1}]
    home.put({"b.csv": "id,v,w\n2,c,1.5\n"})
    for at, table in enumerate(every):
        assert home.etl("run", "--source-dir", "in", "--warehouse", str(kept), "--table", table).code == 0, table
        for command in ("status", "history"):
            answer = home.etl(command, "--warehouse", str(kept), "--format", "json", "--", table)
            assert answer.code == 0, (command, table, answer.error)
        assert home.etl("export", "--warehouse", str(kept), "--", table, f"{at}.json").code == 0, table
        assert home.exported(f"{at}.json") == [{"id": 1, "v": "b", "w": None}, {"id": 2, "v": "c", "w": 1.5}]
        quoted = table.replace('"', '""')
        answer = home.etl("sql", f'SELECT v FROM main."{quoted}" ORDER BY id', "--warehouse", str(kept), "--format", "json")
        assert (answer.code, answer.document) == (0, [{"v": "b"}, {"v": "c"}]), (table, answer.error)
    assert home.etl("status", "--warehouse", str(kept)).code == 0


@pytest.mark.parametrize("table", ["", " ", "\u00a0", "a\0b"])
def test_a_table_without_a_name_is_refused(home: Home, table: str) -> None:
    """An empty name is a usage error that names the option, and nothing is made."""
    home.put({"a.csv": "id\n1\n"})
    answer = home.etl("run", "--source-dir", "in", "--output", "out/t.json", "--table", table)
    assert answer.code == 2
    assert "--table" in answer.error
    assert home.files() == frozenset()


def test_tables_that_differ_by_case_are_one(home: Home) -> None:
    """`--table Sales` and `--table SALES` are one dataset."""
    home.put({"a.csv": "id\n1\n"})
    for table in ("Sales", "SALES"):
        assert home.etl("run", "--source-dir", "in", "--warehouse", "k.duckdb", "--table", table).code == 0
    assert home.sql("SELECT name FROM w.etl.dataset", Path("k.duckdb")) == [("sales",)]


@pytest.mark.parametrize("name", [
    "etl.json", "staging.json", "main.json", "temp.json", "memory.json", "system.json", "warehouse.json", "w.json",
    "x'y.json", 'x"; DROP.json', "*.json", "[ab].json", "?.json", "%s.json", "{uuid}.json", "{i}.json", "$HOME.json",
    "-x.json", "\U0001f600" * 50 + ".json", "\U0001f600" * 60 + ".json", "l" * 240 + ".json", "n\nl.json", "a b.json",
    "a.b.c.json", "x.csv.json", "T.JSON", "\x1b[31m.json", "~.json", "file:x.json", "s3:/x.json", " .json", "x#y?z.json",
    "year=2024/x.json",
])
def test_every_output_name_is_an_ordinary_name(home: Home, name: str) -> None:
    """An output of any name is written under that name, with its warehouse beside it and nothing else; twice."""
    home.put({"a.csv": "id,v\n1,a\n"})
    output = f"out/{name}"
    words = ["--source-dir", "in", "--output", output, "--strategy", "update", "--key", "id"]
    for _ in range(2):
        answer = home.etl("run", *words)
        assert answer.code == 0, answer.error
        assert "\x1b" not in answer.said
    assert home.exported(output) == [{"id": 1, "v": "a"}]
    made = {path for path in Path("out").rglob("*") if path.is_file()}
    assert made == {Path(output), Path(output).with_suffix(".duckdb")}
    Path(output).unlink()
    home.etl("run", *words)
    assert home.exported(output) == [{"id": 1, "v": "a"}]


@pytest.mark.parametrize("name", ["etl", "staging", "main", "temp", "memory", "system", "warehouse", "it's", "a b", "*",
                                  "\U0001f600", "select", "information_schema", "n\nl", "{0}", "-x"])
def test_every_warehouse_name_is_an_ordinary_name(home: Home, name: str) -> None:
    """A warehouse may have the name of a schema or database of ours, and any other."""
    home.put({"a.csv": "id,v\n1,a\n"})
    kept = f"kept/{name}.duckdb"
    words = ["--warehouse", kept, "--strategy", "update", "--key", "id", "--table", name, "--output", "out/t.json"]
    assert home.etl("run", "--source-dir", "in", *words).code == 0
    home.put({"b.csv": "id,v\n2,b\n"})
    answer = home.etl("run", "--source-dir", "in", *words)
    assert answer.code == 0, answer.error
    assert home.exported() == [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]
    for command in ("status", "history"):
        assert home.etl(command, "--warehouse", kept).code == 0
    assert home.etl("plan", "--source-dir", "in", *words).code == 0
    assert {path.name for path in Path("kept").iterdir()} == {f"{name}.duckdb"}


def test_a_warehouse_without_an_extension_in_a_new_folder(home: Home) -> None:
    """`--warehouse deep/er/kept` makes the folders and the file of that name."""
    home.put({"a.csv": "id\n1\n"})
    assert home.etl("run", "--source-dir", "in", "--warehouse", "deep/er/kept").code == 0
    assert Path("deep/er/kept").is_file()
    shutil.rmtree("deep")
