"""Names of tables, outputs and warehouses, however strange, are ordinary names or are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from trouble.home import Home

KEPT = Path("kept.duckdb")
KEYED = ("--strategy", "update", "--key", "id")
TABLES = ["scope", "verdict", "load", "main", "a b", 't"x', "t;DROP TABLE x;--", "etl", "warehouse", "temp", "*",
          "\U0001f600", "n\nl", "etl.load", "reject_errors", "l" * 250]


def test_every_table_name_is_an_ordinary_name(home: Home) -> None:
    """Tables of any name live side by side in one warehouse: loaded, shown, and each as it was when others load."""
    home.put({"a.csv": "id,v\n1,a\n1,b\n", "b.csv": "id,v\n2,c\n"})
    words = ["--source-dir", "in", "--warehouse", "kept.duckdb", "--lineage", *KEYED]
    for number, table in enumerate(TABLES):
        output = f"out/{number}.json"
        answer = home.etl("run", *words, "--table", table, "--output", output)
        assert answer.code == 0, (table, answer.error)
        assert home.exported(output) == [{"id": 1, "v": "b", "_source_path": "a.csv", "_source_row": 2},
                                         {"id": 2, "v": "c", "_source_path": "b.csv", "_source_row": 1}]
    for table in TABLES:
        quoted = table.replace('"', '""')
        assert home.sql(f'SELECT id, v FROM w.main."{quoted}" ORDER BY id', KEPT) == [(1, "b"), (2, "c")]
    status = home.etl("status", "--warehouse", "kept.duckdb", "--format", "json")
    assert sorted(row["table"] for row in status.document) == sorted(table.lower() for table in TABLES)


@pytest.mark.parametrize("table", ['t"x', "scope", "--x", "n\nl"])
def test_every_command_takes_every_table_name(home: Home, table: str) -> None:
    """Loading again, planning, looking, exporting and SQL work on a table of any name."""
    home.put({"a.csv": "id,v\n1,a\n1,b\n", "b.csv": "id,v\n2,c\n"})
    kept = ["--warehouse", "kept.duckdb"]
    words = ["--source-dir", "in", *kept, "--table", table, "--output", "out/t.json", *KEYED]
    assert home.etl("run", *words).code == 0
    home.put({"b.csv": "id,v,w\n2,c,1.5\n"})
    assert home.etl("plan", *words).code == 0
    assert home.etl("run", *words).code == 0
    expected = [{"id": 1, "v": "b", "w": None}, {"id": 2, "v": "c", "w": 1.5}]
    assert home.exported() == expected
    for command in ("status", "history"):
        answer = home.etl(command, *kept, "--", table)
        assert (answer.code, "n\nl" in answer.said) == (0, False), answer.error
    assert home.etl("export", *kept, "--", table, "x.json").code == 0
    assert home.exported("x.json") == expected
    quoted = table.replace('"', '""')
    answer = home.etl("sql", f'SELECT v FROM main."{quoted}" ORDER BY id', *kept, "--format", "json")
    assert (answer.code, answer.document) == (0, [{"v": "b"}, {"v": "c"}])


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


OUTPUTS = ["x'y.json", 'x"; DROP.json', "*.json", "[ab].json", "?.json", "%s.json", "{uuid}.json", "$HOME.json",
           "-x.json", "\U0001f600" * 60 + ".json", "l" * 240 + ".json", "n\nl.json", "x.csv.json", "T.JSON",
           "\x1b[31m.json", "file:x.json", "s3:/x.json", " .json", "x#y?z.json", "y=2024/x.json"]


@pytest.mark.parametrize("part", range(3))
def test_every_output_name_is_an_ordinary_name(home: Home, part: int) -> None:
    """An output of any name is written under that name, and nothing else beside it."""
    home.put({"a.csv": "id,v\n1,a\n"})
    wanted = set()
    for name in OUTPUTS[part::3]:
        answer = home.etl("run", "--source-dir", "in", "--warehouse", "kept.duckdb", "--output", f"out/{name}")
        assert answer.code == 0, answer.error
        assert "\x1b" not in answer.said
        assert home.exported(f"out/{name}") == [{"id": 1, "v": "a"}]
        wanted.add(Path("out", name))
        assert {path for path in Path("out").rglob("*") if path.is_file()} == wanted


@pytest.mark.parametrize("name", ["etl", "staging", "main", "temp", "memory", "system", "it's"])
def test_every_warehouse_name_is_an_ordinary_name(home: Home, name: str) -> None:
    """A warehouse, beside its output, may have the name of a schema or a database of ours, and any other."""
    home.put({"a.csv": "id,v\n1,a\n"})
    words = ["--source-dir", "in", "--output", f"out/{name}.json", "--table", name, *KEYED]
    assert home.etl("run", *words).code == 0
    home.put({"b.csv": "id,v\n2,b\n"})
    answer = home.etl("run", *words)
    assert answer.code == 0, answer.error
    assert home.exported(f"out/{name}.json") == [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]
    assert home.etl("status", "--warehouse", f"out/{name}.duckdb").code == 0
    assert {path.name for path in Path("out").iterdir()} == {f"{name}.duckdb", f"{name}.json"}


def test_a_warehouse_without_an_extension_in_a_new_folder(home: Home) -> None:
    """`--warehouse deep/er/kept` makes the folders and the file of that name."""
    home.put({"a.csv": "id\n1\n"})
    assert home.etl("run", "--source-dir", "in", "--warehouse", "deep/er/kept").code == 0
    assert Path("deep/er/kept").is_file()
