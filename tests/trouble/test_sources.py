"""Sources and outputs that are not there, not usable, or in each other's way."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from trouble.home import Home

GOOD = {"a.csv": "id,v\n1,x\n"}


NOWHERE = [
    (("--source-dir", "nowhere"), ("There is no folder ", "nowhere. Name the one")),
    (("nowhere.csv",), ("There is no file or folder ", "nowhere.csv")),
    (("nowhere/*.csv",), ("nowhere/*.csv",)),
    (("--source-dir", "in/a.csv"), ("in/a.csv is not a folder", "as a SOURCE")),
    (("--source-dir", "bare"), ("No file to load was found in ", "/bare", ".csv")),
    (("--source-dir", "in", "--exclude", "*"), ("No file to load was found in ", "/in", "*")),
    (("--source-dir", "in", "--include", "x*"), ("No file to load was found in ", "/in", "x*")),
    ((), ("There is no folder ", "data/sources. ")),
]


@pytest.mark.parametrize("before", ["nothing", "a target"])
def test_no_source_is_named_and_nothing_changes(home: Home, before: str) -> None:
    """No folder or no file: exit 1 with what was looked for and where; everything is as it was, nothing is made."""
    home.put(GOOD)
    Path("bare").mkdir()
    if before == "a target":
        assert home.run().code == 0
    standing = home.standing()
    for verb, (words, said) in itertools.product(("plan", "run"), NOWHERE):
        answer = home.etl(verb, "--output", str(home.output), "--table", "t", *words)
        assert answer.code == 1
        assert answer.output == b""
        assert answer.error.startswith("Error: ")
        assert answer.error.count("\n") == 1
        assert all(piece in answer.error for piece in said), answer.error
        assert home.standing() == standing


def test_an_accumulating_warehouse_with_an_empty_folder(home: Home) -> None:
    """Where something is loaded already, a folder without files is nothing new: exit 0, said."""
    home.put(GOOD)
    words = ("run", "--source-dir", "in", "--warehouse", "k.duckdb")
    assert home.etl(*words).code == 0
    Path("in/a.csv").unlink()
    answer = home.etl(*words)
    assert (answer.code, answer.output) == (0, b"ETL complete: 1 records from 1 files\n")
    assert "Nothing new" in answer.error


@pytest.mark.parametrize(("output", "code", "said"), [
    ("file/t.json", 1, ("file",)),
    ("file/deeper/t.json", 1, ("file",)),
    ("folder.json", 2, ("folder.json is a folder. Name a file in it.",)),
    ("folder", 2, ("folder", ".json, .ndjson")),
    ("t.txt", 2, ("t.txt has no extension that tells its format", ".json, .ndjson, .jsonl, .csv, .parquet")),
    ("t", 2, ("The output t has no extension",)),
    ("t.json.bz2", 2, ("t.json.bz2 has no extension",)),
    ("t.parquet.gz", 2, ("t.parquet.gz has no extension",)),
    ("t.gz", 2, ("t.gz has no extension",)),
    ("", 2, ("--output",)),
    ("in/a.csv", 2, ("in/a.csv", "among the sources", "Write it to another folder")),
    ("in/../in/a.csv", 2, ("among the sources",)),
    ("link.csv", 2, ("among the sources",)),
    ("/dev/null/t.json", 1, ("/dev/null",)),
    ("/proc/nowhere/t.json", 1, ("/proc/nowhere",)),
])
def test_an_output_that_cannot_be_is_refused(home: Home, output: str, code: int, said: tuple[str, ...]) -> None:
    """The sentence names the output and what to do; nothing is loaded, nothing is made, the sources are untouched."""
    home.put(GOOD)
    Path("file").write_text("a file")
    Path("folder").mkdir()
    Path("folder.json").mkdir()
    Path("link.csv").symlink_to("in/a.csv")
    before = home.files()
    answer = home.etl("run", "--source-dir", "in", "--output", output)
    assert (answer.code, answer.output) == (code, b""), answer.error
    assert all(piece in answer.error for piece in said), answer.error
    assert "inside etl" not in answer.error
    assert home.files() == before
    assert Path("in/a.csv").read_text() == GOOD["a.csv"]


def test_an_output_in_the_source_folder_is_not_read_back(home: Home) -> None:
    """A new output of a known extension below the source folder is ours: the next run does not load it."""
    home.put(GOOD)
    for _ in range(2):
        answer = home.etl("run", "--source-dir", "in", "--output", "in/out.csv")
        assert answer.code == 2 or answer.output == b"ETL complete: 1 records from 1 files\n", answer.error


def test_a_warehouse_that_cannot_be_is_refused(home: Home) -> None:
    """A warehouse that is a folder, lies below a file or is a source is refused in a sentence that names it."""
    home.put(GOOD)
    Path("folder").mkdir()
    Path("file").write_text("a file")
    Path("empty.duckdb").touch()
    Path("x.json").write_text("[]")
    for name in ("folder", "file/k.duckdb", "file", "/proc/nowhere/k.duckdb", "empty.duckdb", "in/a.csv", "x.json"):
        for verb in ("run",) if name.startswith("/proc") else ("plan", "run"):
            answer = home.etl(verb, "--source-dir", "in", "--warehouse", name)
            assert answer.code in {1, 2}, (name, answer)
            assert name.split("/k.")[0] in answer.error
            assert "inside etl" not in answer.error
    assert Path("file").read_text() == "a file"
    assert Path("in/a.csv").read_text() == GOOD["a.csv"]


@pytest.mark.parametrize("name", [":memory:", "x.csv", "x.json", "sqlite:x", "md:x", "s3:x", "http:x", "file:x"])
def test_a_warehouse_is_a_file_of_that_name(home: Home, name: str) -> None:
    """Whatever DuckDB makes of such names elsewhere: a warehouse is a file, and what was loaded is in it."""
    home.put(GOOD)
    for content in ("id,v\n1,x\n", "id,v\n1,y\n"):
        home.put({"a.csv": content})
        answer = home.etl("run", "--source-dir", "in", "--warehouse", name, "--strategy", "update", "--key", "id")
        assert answer.code == 0, answer.error
        assert home.files() == {name}
    answer = home.etl("sql", 'SELECT v FROM main."in"', "--warehouse", name, "--format", "json")
    assert answer.document == [{"v": "y"}]


@pytest.mark.parametrize(("words", "said"), [
    (("--strategy", "update"), "needs --key"),
    (("--strategy", "merge"), "merge"),
    (("--key", "id,,v"), "empty column name"),
    (("--key", "id,ID"), "names a column twice"),
    (("--column", "v"), "NAME=TYPE"),
    (("--column", "v=BLOB"), "BLOB"),
    (("--column", "nowhere=BIGINT"), "nowhere"),
    (("--encoding", "klingon"), "klingon"),
    (("--delimiter", "ab"), "ab"),
    (("--quote", "\n"), "ends a line"),
    (("--memory-limit", "lots"), "lots"),
    (("--threads", "0"), "--threads"),
    (("--unknown",), "--unknown"),
    (("in", "../elsewhere"), "elsewhere"),
])
def test_a_wrong_command_line_is_refused(home: Home, words: tuple[str, ...], said: str) -> None:
    """Exit 2 with a sentence that names what is wrong; no file is made."""
    home.put(GOOD)
    Path("../elsewhere").mkdir()
    Path("../elsewhere/b.csv").write_text("id,v\n2,y\n")
    sources = () if words[0] == "in" else ("--source-dir", "in")
    answer = home.etl("run", *sources, "--output", "out/t.json", *words)
    assert (answer.code, answer.output) == (2, b""), answer.error
    assert said in answer.error
    assert home.files() == frozenset()


def test_the_program_as_a_process(home: Home) -> None:
    """The exit codes and streams of the program itself: 0, 1 and 2, results on one stream and all talk on the other."""
    home.put({**GOOD, "b.csv": "id,v\n2\n"})
    words = ("run", "--source-dir", "in", "--output", "out/t.json", "--strategy", "update")
    assert home.process(*words).code == 2
    failed = home.process(*words, "--key", "id")
    assert (failed.code, failed.output) == (1, b"")
    assert "b.csv:2: found 1 cell, expected 2" in failed.error
    assert "Traceback" not in failed.error
    done = home.process(*words, "--key", "id", "--on-error", "reject_row")
    assert (done.code, done.output) == (0, b"ETL complete: 1 records from 2 files\n")
