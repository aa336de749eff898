"""Names of columns, however strange, are ordinary names or are refused by name."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

import etl
from etl.config import Dataset
from etl.errors import UsageError
from trouble.home import Home

HARD = [
    'x"; DROP TABLE t;--', "it's", "a;b", "a,b", "\U0001f600", "new\nline", "\x1b[31mred\x1b[0m", "rowid", "_rank",
    "_rowid", "file_index", "n0", "c0", "select", "t", "v", "rank", "row", "path", "version_id", "_source_path",
    "_source_row", "key", "${key}", "l" * 300, "l" * 299 + "m", "\u202ex", "excluded",
]
MORE = [
    "filename", "scope", "verdict", "table", "order", "s", "w", "t.id", "kind", "record", "warehouse", "etl", "*", "?",
    "%s", "{0}", "$1", ":x", "--", "/*", "\\", "`x`", "a b", "null", "1", "1.5", "column_1", "\u0130x", "stra\u00dfe",
]


def row_of(names: list[str], delimiter: str = ",") -> str:
    """One record, quoted where it must be."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(names)
    return text.getvalue()


@pytest.mark.parametrize(("strategy", "names"), [("append", HARD), ("deduplicate", HARD), ("update", HARD + MORE)])
def test_every_column_name_is_an_ordinary_name(home: Home, strategy: str, names: list[str]) -> None:
    """Each value stands under the name of its column, in every strategy; a second run gives the same bytes."""
    home.put({"a.csv": row_of(["id", *names]) + row_of(["1", *(f"a{at}" for at in range(len(names)))]),
              "b.csv": row_of([*names, "id"]) + row_of([*(f"b{at}" for at in range(len(names))), "1"])})
    words = ["--strategy", strategy, "--lineage", *([] if strategy == "append" else ["--key", "id"])]
    answer = home.run(*words)
    assert answer.code == 0, answer.error
    kept = {"append": "ab", "deduplicate": "a", "update": "b"}[strategy]
    assert home.exported() == [
        {"id": 1, **{name.lower(): f"{file}{at}" for at, name in enumerate(names)},
         "_source_path_2": f"{file}.csv", "_source_row_2": 1} for file in kept]
    assert home.run(*words, verb="plan").code == 0
    before = home.standing()
    assert home.run(*words).code == 0
    assert home.standing() == before
    status = home.etl("status", "t", "--warehouse", str(home.warehouse))
    assert status.code == 0
    assert "\x1b" not in status.said + answer.said
    assert "\u202e" not in status.said + answer.said


def test_every_column_name_is_a_key_and_an_order(home: Home) -> None:
    """Any name can be the key and the order: the higher value of the order column wins."""
    warehouse = etl.open("kept.duckdb")
    for at, name in enumerate(['x"; DROP TABLE t;--', "rowid", "_rank", "select", "t", "new\nline", "l" * 300, "a,b"]):
        order = f"by {name}"
        home.put({f"{at}/{letter}.csv": row_of([name, order]) + row_of(["7", letter]) + row_of(["8", "x"])
                  for letter in "ba"})
        load = warehouse.run(etl.Dataset(source_dir=f"in/{at}", output=f"out/{at}.json", table=f"t{at}",
                                         strategy="update", key=(name,), order_by=order))
        assert load.records == 2
        key, value = name.lower(), order.lower()
        assert home.exported(f"out/{at}.json") == [{key: 7, value: "b"}, {key: 8, value: "x"}]


def test_a_strange_key_on_the_command_line(home: Home) -> None:
    """The key is stated as the file spells it, whatever its letters; a comma parts two names, as the help says."""
    home.put({"a.csv": row_of(['x"; DROP TABLE t;--', "Select", "v"]) + "1,2,3\n1,2,4\n"})
    answer = home.run("--strategy", "update", "--key", 'X"; DROP TABLE t;--,SELECT')
    assert (answer.code, home.exported()) == (0, [{'x"; drop table t;--': 1, "select": 2, "v": 4}]), answer.error


@pytest.mark.parametrize("name", ["_version", "_row", "_VERSION", "_Row"])
def test_reserved_names_are_renamed_and_said(home: Home, name: str) -> None:
    """A column with one of the two names that are reserved gets `_2`, with a warning; as a key it fails the file."""
    home.put({"a.csv": f"id,{name}\n1,x\n"})
    answer = home.run("--strategy", "update", "--key", "id", "--lineage")
    assert home.exported() == [{"id": 1, f"{name.lower()}_2": "x", "_source_path": "a.csv", "_source_row": 1}]
    assert f"a.csv:1: a column with a name that etl keeps for itself is loaded as '{name.lower()}_2'" in answer.error
    before = home.standing()
    answer = home.run("--strategy", "update", "--key", name)
    assert answer.code == 1
    assert "  a.csv" in answer.error
    assert f"key column '{name.lower()}'" in answer.error
    assert home.standing() == before


@pytest.mark.parametrize(("header", "stored", "warned"), [
    ("id,ID,Id", ["id", "id_2", "id_3"], 2),
    ("id,id_2,id", ["id", "id_2", "id_3"], 1),
    (",id,", ["column_1", "id", "column_3"], 2),
    ("column_3,id,", ["column_3", "id", "column_3_2"], 1),
    (' x ,"\u00a0x",\tx', ["x", "x_2", "x_3"], 2),
    ("caf\u00e9,cafe\u0301,id", ["caf\u00e9", "caf\u00e9_2", "id"], 1),
    ("_row,_row,_row_2", ["_row_3", "_row_4", "_row_2"], 2),
])
def test_doubled_and_empty_names(home: Home, header: str, stored: list[str], warned: int) -> None:
    """A doubled name gets a number and an empty one its place, each with a warning, and no value is lost."""
    home.put({"a.csv": f"{header}\n1,2,3\n"})
    strict = home.run("--strict")
    assert strict.code == 1, "--strict makes warnings problems"
    assert strict.error.count("  a.csv:1: ") == warned
    load = home.run("--names", "keep", "--json").document
    assert len(load["warnings"]) == warned
    assert {warning["message"].split("loaded as ")[1].strip("'") for warning in load["warnings"]} <= set(
        home.exported()[0])
    assert [name.lower() for name in home.exported()[0]] == stored
    assert list(home.exported()[0].values()) == [1, 2, 3]


@pytest.mark.parametrize(("header", "key"), [("id,ID,v", "id"), (",v,w", "column_1"), ("id,id,v", "id_2")])
def test_a_doubled_or_empty_key_fails_the_file(home: Home, header: str, key: str) -> None:
    """A name that was doubled, made up or numbered may not be a key: the sentence names file, line and column."""
    home.put({"a.csv": f"{header}\n1,2,3\n"})
    answer = home.run("--strategy", "update", "--key", key)
    assert answer.code == 1
    assert f"a.csv:1: the key column '{key}'" in answer.error
    assert not home.output.exists()


def test_names_differing_by_case_over_files_are_one_column(home: Home) -> None:
    """With `--names keep` the first spelling in the order of files is stored for the cells of all."""
    home.put({"b.csv": "ID,Stra\u00dfe\n2,b\n", "a.csv": "Id,STRA\u00dfE\n1,a\n"})
    assert home.run("--names", "keep", "--strategy", "update", "--key", "iD").code == 0
    assert home.exported() == [{"Id": 1, "STRA\u00dfE": "a"}, {"Id": 2, "STRA\u00dfE": "b"}]
    Path("in/a.csv").unlink()
    assert home.run("--names", "keep", "--strategy", "update", "--key", "iD").code == 0
    assert home.exported() == [{"ID": 2, "Stra\u00dfe": "b"}]


def test_a_name_with_nul_is_named(home: Home) -> None:
    """A NUL character in a column's name is a problem of the file, in a sentence."""
    home.put({"a.csv": b"id,v\x00w\n1,2\n"})
    answer = home.run()
    assert answer.code == 1
    assert "a.csv:1: a column's name holds a NUL character. Correct the header" in answer.error


def test_partition_folders_do_not_touch_a_column_of_their_name(home: Home) -> None:
    """`year=2024/` is a folder like any other: the column `year` says what the file says, or is not there."""
    home.put({"year=2024/a.csv": "id,year\n1,1999\n", "year=2025/b.csv": "id\n2\n",
              "filename=x/c.csv": "id,filename\n3,f\n"})
    assert home.run("--strategy", "deduplicate", "--key", "id").code == 0
    assert home.exported() == [{"id": 1, "filename": None, "year": 1999}, {"id": 2, "filename": None, "year": None},
                               {"id": 3, "filename": "f", "year": None}]


@pytest.mark.parametrize("stated", [
    {"delimiter": "\ud800"}, {"nulls": ("\ud800",)}, {"columns": (("a\udc80", "BIGINT"),)}, {"table": "\udfff"},
    {"strategy": "update", "key": ("\ud800",)}, {"order_by": "\ud800"}, {"encoding": "\ud800"}, {"sheet": "\ud800"},
])
def test_half_a_character_is_no_text(home: Home, stated: dict[str, Any]) -> None:
    """What enters statements is whole: a lone surrogate, which only the library can be given, is a usage error."""
    home.put({"a.csv": "id\n1\n"})
    with pytest.raises(UsageError, match="which has half a character"):
        etl.run(Dataset(source_dir="in", **stated), warehouse="w.duckdb")
    assert not Path("w.duckdb").exists()
