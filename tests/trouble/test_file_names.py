"""Names of files and folders, however strange, are ordinary names or are refused by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trouble.home import Home

NAMES = [
    "a.csv", "b.csv", "[ab].csv", "*.csv", "?.csv", "**.csv", "[!x].csv", "{a,b}.csv", "-x.csv", "--help.csv",
    "$HOME.csv", "%s.csv", "{0}.csv", "x'y.csv", 'x"; DROP TABLE t;--.csv', "x;y.csv", "`ls`.csv", "x\\y.csv",
    "\U0001f600.csv", "caf\u00e9.csv", "cafe\u0301.csv", "new\nline.csv", "tab\t.csv", "\x1b[31mred\x1b[0m.csv",
    "\u202eback.csv", "a b.csv", " .csv", "CON.csv", "~.csv", "#x.csv", "x#y?z.csv", "file:x.csv", "A.CSV", "a.tsv",
    "year=2024/month=01/x.csv", "year=2025/x.csv", "scope/verdict.csv", "x../y.csv", "d'q/\"e\".csv", "\u00a0.csv",
    "l" * 250 + ".csv", "s3:/x.csv", "http:/x.csv", "x%2Fy.csv", "*/[ab].csv", "\\[ab\\].csv", "[[]ab].csv",
]
CONTENT = {name: ("id\tyear\n{0}\ty{0}\n" if name.endswith(".tsv") else "id,year\n{0},y{0}\n").format(place)
           for place, name in enumerate(NAMES)}
EXPECTED = [{"id": place, "year": f"y{place}"} for place in range(len(NAMES))]


@pytest.mark.parametrize("strategy", ["append", "deduplicate", "update"])
def test_every_file_name_is_an_ordinary_name(home: Home, strategy: str) -> None:
    """Each file gives its own row under its own path, once, in every strategy; a second run gives the same bytes."""
    home.put(CONTENT)
    words = ["--strategy", strategy, "--lineage", *([] if strategy == "append" else ["--key", "id"])]
    plan = home.run(*words, verb="plan")
    assert (plan.code, home.files()) == (0, frozenset())
    first = home.run(*words)
    assert first.output.decode() == f"ETL complete: {len(NAMES)} records from {len(NAMES)} files\n"
    expected = [{**row, "_source_path": name, "_source_row": 1} for row, name in zip(EXPECTED, NAMES, strict=True)]
    assert sorted(home.exported(), key=lambda row: row["id"]) == expected
    assert [row["_source_path"] for row in home.exported()] == (sorted(NAMES) if strategy == "append" else NAMES)
    before = home.standing()
    assert home.run(*words).output == first.output
    assert home.standing() == before
    for answer in (plan, first, home.etl("status", "t", "--warehouse", str(home.warehouse))):
        assert answer.code == 0
        assert "\x1b" not in answer.said
        assert "\u202e" not in answer.said
        assert "\nline.csv" not in answer.said


@pytest.mark.parametrize("name", ["[ab].csv", "*.csv", "-x.csv", 'x"; DROP TABLE t;--.csv'])
def test_a_source_that_exists_is_that_file(home: Home, name: str) -> None:
    """A SOURCE that exists is that file and no glob, beside others that the glob would match."""
    home.put({**CONTENT, name: "id\n77\n"})
    answer = home.etl("run", "--output", "out/t.json", "--", f"in/{name}")
    assert (answer.code, home.exported()) == (0, [{"id": 77}]), answer.error
    os.chdir("in")
    answer = home.etl("run", "--output", "../out/u.json", "--", name)
    assert (answer.code, home.exported("../out/u.json")) == (0, [{"id": 77}]), answer.error


def test_files_with_strange_names_change_leave_and_come_back(home: Home) -> None:
    """A file with a name like a glob is replaced, leaves and comes back alone; its neighbours stay."""
    home.put({"a.csv": "id,v\n1,a\n", "b.csv": "id,v\n2,b\n", "[ab].csv": "id,v\n3,c\n"})
    home.run("--strategy", "update", "--key", "id")
    home.put({"[ab].csv": 'id,v\n4,"d\ne"\n'})
    home.run("--strategy", "update", "--key", "id")
    assert home.exported() == [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}, {"id": 4, "v": "d\ne"}]
    Path("in/[ab].csv").unlink()
    answer = home.run("--strategy", "update", "--key", "id")
    assert home.exported() == [{"id": 1, "v": "a"}, {"id": 2, "v": "b"}]
    assert "[ab].csv" in answer.error


def test_strange_names_read_the_careful_way(home: Home) -> None:
    """The careful reader and the line numbers of its rejects are right for names like globs, too."""
    names = ["[ab].csv", "*.csv", "x'y.csv", "new\nline.csv", "%s.csv", "{0}.csv"]
    home.put({"a.csv": "id,v\n0,x\n", **{name: f'id,v\n{at},"p\n\nq"\n{at},r,s\n' for at, name in enumerate(names, 1)}})
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert sorted(row["id"] for row in home.exported()) == list(range(len(names) + 1))
    assert {(path, line, row) for _, path, line, row, *_ in home.rejects()} == {(name, 5, 2) for name in names}
    listed = home.etl("rejects", "--warehouse", str(home.warehouse), "--format", "json").document
    assert {row["path"] for row in listed} == set(names)


@pytest.mark.parametrize("policy", ["abort", "skip_file"])
def test_a_file_name_that_is_not_utf8_is_named(home: Home, policy: str) -> None:
    """A name that is not UTF-8 is a problem that spells it out; the rest loads where the policy lets it."""
    home.put({"a.csv": "id\n1\n"})
    Path(os.fsdecode(b"in/caf\xe9.csv")).write_bytes(b"id\n2\n")
    answer = home.etl("run", "--source-dir", "in", "--output", "out/t.json", "--on-error", policy)
    assert r"caf\udce9.csv: the file's name is not UTF-8. Rename the file" in answer.error
    assert answer.code == (1 if policy == "abort" else 0)
    if policy == "abort":
        assert not home.output.exists()
        assert home.rejects("problem")[0][:2] == ("name_not_utf8", r"caf\udce9.csv")
    else:
        assert home.exported() == [{"id": 1}]
        assert home.rejects("skipped")[0][:2] == ("name_not_utf8", r"caf\udce9.csv")


@pytest.mark.parametrize("where", ["source folder", "folder inside", "SOURCE", "output", "warehouse"])
def test_a_path_that_is_not_utf8_gets_a_sentence(home: Home, where: str) -> None:
    """A folder, output or warehouse whose name is not UTF-8 is loaded or named in a sentence; never an inner error."""
    strange = os.fsdecode(b"caf\xe9")
    home.put({"a.csv": "id\n1\n", f"{strange}/b.csv": "id\n2\n"})
    Path(f"in/{strange}.csv").write_bytes(b"id\n2\n")
    arguments = {
        "source folder": ["--source-dir", f"in/{strange}", "--output", "out/t.json"],
        "folder inside": ["--source-dir", "in", "--output", "out/t.json", "--include", "*/b.csv"],
        "SOURCE": [f"in/{strange}.csv", "--output", "out/t.json"],
        "output": ["in/a.csv", "--output", f"out/{strange}.json"],
        "warehouse": ["in/a.csv", "--warehouse", f"out/{strange}.duckdb"],
    }[where]
    answer = home.etl("run", *arguments)
    assert "inside etl" not in answer.error
    assert answer.code == 0 or "caf" in answer.error


@pytest.mark.parametrize("folder", ["*", "[ab]", "x'y", "year=2024", "-d", "n\nl", "scope"])
def test_a_source_folder_with_any_name(home: Home, folder: str) -> None:
    """The folder's name is the table's name and the files are found in it alone."""
    home.put({"a/a.csv": "id\n0\n", "b/a.csv": "id\n0\n", f"{folder}/a.csv": "id,year\n1,5\n"})
    words = ["--source-dir", f"in/{folder}", "--output", "out/t.json", "--strategy", "update", "--key", "id"]
    answer = home.etl("run", *words)
    assert (answer.code, home.exported()) == (0, [{"id": 1, "year": 5}]), answer.error
    assert home.sql("SELECT name FROM w.etl.dataset") == [(folder.lower(),)]
    assert home.etl("plan", *words).code == 0
    assert home.etl("status", "--warehouse", "out/t.duckdb", "--", folder.lower()).code == 0
