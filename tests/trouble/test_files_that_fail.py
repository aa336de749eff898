"""A file that cannot be loaded is named with what to do, and everything stays as it was."""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from trouble.home import Home

GOOD = {"a.csv": "id,v\n1,x\n2,y\n"}
KEYED = ("--strategy", "update", "--key", "id")


CORRUPT = bytearray(gzip.compress(b"id,v\n3,z\n" * 99))
CORRUPT[14] ^= 0xFF
_WRITTEN = io.BytesIO()
parquet.write_table(pa.table({}), _WRITTEN)
NO_COLUMN = _WRITTEN.getvalue()


@dataclass(frozen=True)
class Case:
    """A file that makes a load fail, and the words of the sentence that says so."""

    name: str
    content: str | bytes
    said: tuple[str, ...]
    code: str
    words: tuple[str, ...] = field(default=KEYED)


CASES = {
    "no key column": Case("b.csv", "nr,v\n3,z\n", (
        "b.csv:1: there is no key column 'id'; the columns are: nr, v. Name another column, or leave the file out",),
        "missing_key"),
    "no order column": Case("b.csv", "id,v\n3,z\n", ("b.csv:1: there is no order column 'at'",), "missing_order",
                            (*KEYED, "--order-by", "at", "--exclude", "a.csv")),
    "corrupt gzip": Case("b.csv.gz", bytes(CORRUPT), ("b.csv.gz: ", "corrupt", "Fetch the file again"), "corrupt"),
    "not gzip": Case("b.csv.gz", b"id,v\n3,z\n", ("b.csv.gz: ", "not gzip at all", "give it the name of what it is"),
                     "corrupt"),
    "cut gzip": Case("b.csv.gz", gzip.compress(b"id,v\n3,z\n" * 99)[:-9], (
        "b.csv.gz: ", "cut off", "Fetch the file again"), "truncated"),
    "not zstd": Case("b.csv.zst", b"id,v\n3,z\n", ("b.csv.zst: ", "not zstd at all"), "corrupt"),
    "unclosed quote in the header": Case("b.csv", 'id,"v\n3,z\n', ("b.csv:1", "quote"), "unclosed_quote"),
    "blank lines alone": Case("b.csv", "\n\n", ("b.csv: the file has no header, only blank lines",), "no_header"),
    "lines of no JSON": Case("b.ndjson", "hello\n", (
        "b.ndjson:1: it is not JSON: expecting value. No record of the file can be read; where it is one document",),
        "not_json"),
    "lines of another encoding": Case("b.ndjson", b'{"id":"\xff"}\n', (
        "b.ndjson:1: byte 0xFF is not utf-8. No record of the file can be read; state its --encoding",), "undecodable"),
    "a control character in JSON": Case("b.json", '[{"id":"a\tb"}]', (
        "b.json:1: it is not JSON: a string holds U+0009, which is written as an escape (character 10 of the file)",),
        "not_json"),
    "a string of JSON without an end": Case("b.ndjson", '{"id":"a}\n', ("it is not JSON: unterminated string. No",),
                                            "not_json"),
    "no column of Parquet": Case("b.parquet", NO_COLUMN, ("b.parquet: the file has no column. Take it out",),
                                 "no_column"),
    "not text": Case("b.csv", b"id,v\n3,\xff\xfe\n", ("b.csv:2: byte 0xFF is not utf-8. ", "--encoding cp1252"),
                     "undecodable"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_cannot_be_loaded_is_named(home: Home, name: str) -> None:
    """Abort: exit 1, file and line and advice are said, the problem is kept, target and output are as they were."""
    case = CASES[name]
    home.put(GOOD)
    assert home.run(*KEYED).code == 0
    before = home.standing()
    home.put({case.name: case.content})
    for verb in ("plan", "run"):
        answer = home.run(*case.words, verb=verb)
        assert answer.code == 1
        assert answer.output == b""
        assert all(words in answer.error for words in case.said), answer.error
        assert answer.error.endswith("The target is as it was.\n")
        assert home.standing() == before
    assert [row[:2] for row in home.rejects("problem")] == [(case.code, case.name)]
    assert [status for _, status in home.loads()] == ["loaded", "failed"]
    listed = home.etl("rejects", "--warehouse", str(home.warehouse))
    assert listed.code == 0
    assert case.name in listed.said
    status = home.etl("status", "--warehouse", str(home.warehouse))
    assert "failed" in status.said


@pytest.mark.parametrize("name", ["no key column", "corrupt gzip", "unclosed quote in the header", "not text"])
def test_skip_file_leaves_the_file_out(home: Home, name: str) -> None:
    """`skip_file`: exit 0, the rest is loaded, the file and the reason are said now and at every later run."""
    case = CASES[name]
    home.put({**GOOD, case.name: case.content})
    for _ in range(2):
        answer = home.run(*KEYED, "--on-error", "skip_file")
        assert (answer.code, answer.output) == (0, b"ETL complete: 2 records from 1 files\n")
        assert all(words in answer.error for words in case.said), answer.error
    assert home.exported() == [{"id": 1, "v": "x"}, {"id": 2, "v": "y"}]


def test_skip_file_keeps_what_it_skipped(home: Home) -> None:
    """The problems of a skipped file are kept in the warehouse, and `etl rejects` shows them."""
    home.put({**GOOD, "b.csv": "nr\n3\n", "c.csv": "id,v\n3,z\n4\n"})
    assert home.run(*KEYED, "--on-error", "skip_file").code == 0
    assert sorted(row[:3] for row in home.rejects("skipped")) == [
        ("missing_columns", "c.csv", 3), ("missing_key", "b.csv", 1)]
    said = home.etl("rejects", "--warehouse", str(home.warehouse)).said
    assert "there is no key column 'id'" in said
    assert "2 files were left out whole." in said


@pytest.mark.parametrize("name", ["no key column", "corrupt gzip"])
def test_a_problem_of_a_whole_file_aborts_reject_row_too(home: Home, name: str) -> None:
    """`reject_row` rejects records; a file that cannot be loaded at all still fails the load."""
    case = CASES[name]
    home.put({**GOOD, case.name: case.content})
    answer = home.run(*KEYED, "--on-error", "reject_row")
    assert answer.code == 1
    assert all(words in answer.error for words in case.said), answer.error
    assert not home.output.exists()


def test_a_changed_file_with_a_problem_is_stale(home: Home) -> None:
    """`skip_file`: the old version of a changed file stays, and later runs say that it is stale until it is mended."""
    home.put({**GOOD, "b.csv": "id,v\n3,z\n"})
    home.run(*KEYED)
    before = home.standing()
    home.put({"b.csv": "id,v\n3,new\n4\n"})
    for _ in range(3):
        answer = home.run(*KEYED, "--on-error", "skip_file")
        assert answer.output == b"ETL complete: 3 records from 2 files\n"
        assert "STALE" in answer.error
        assert "b.csv" in answer.error
        assert home.standing().rows == before.rows
    home.put({"b.csv": "id,v\n3,new\n4,q\n"})
    answer = home.run(*KEYED, "--on-error", "skip_file")
    assert "STALE" not in answer.error
    assert home.exported()[2:] == [{"id": 3, "v": "new"}, {"id": 4, "v": "q"}]


@pytest.mark.parametrize("words", [
    ("--on-error", "reject_row"), ("--on-error", "skip_file"), ("--ragged", "pad"), ("--no-trim",), ("--quote", ""),
    ("--escape", "\\"), ("--encoding", "cp1252"), ("--delimiter", ","), ("--max-cell-lines", "1"),
    ("--ragged", "pad", "--on-error", "reject_row", "--schema-contract", "discard_row"),
])
def test_files_without_a_row_are_loaded(home: Home, words: tuple[str, ...]) -> None:
    """0 bytes give 0 rows and a warning, a header alone gives 0 rows and its columns, however they are read."""
    home.put({**GOOD, "empty.csv": "", "header.csv": "id,w\n", "bare.csv": "id", "packed.csv.gz": gzip.compress(b""),
              "bom.csv": b"" if "cp1252" in words else b"\xef\xbb\xbf", "empty.ndjson": "", "blank.ndjson": "\n\n",
              "list.json": "[]", "packed.json.gz": gzip.compress(b" [ ] "), "packed.ndjson.gz": gzip.compress(b"\n")})
    answer = home.run(*KEYED, *words)
    assert (answer.code, answer.output) == (0, b"ETL complete: 2 records from 11 files\n"), answer.error
    assert "empty.csv: the file has 0 bytes of text; it gives no row" in answer.error
    assert "header.csv: " not in answer.error
    held = {} if "discard_row" in words else {"w": None}
    assert home.exported() == [{"id": 1, "v": "x", **held}, {"id": 2, "v": "y", **held}]
    assert home.etl("verify", "--files", "--warehouse", str(home.warehouse)).code == 0


def test_strict_makes_an_empty_file_a_problem(home: Home) -> None:
    """`--strict`: a file of 0 bytes fails the load by name."""
    home.put({**GOOD, "empty.csv": ""})
    answer = home.run(*KEYED, "--strict")
    assert answer.code == 1
    assert "empty.csv: the file has 0 bytes of text" in answer.error
    assert not home.output.exists()
    assert home.rejects("problem")[0][:2] == ("empty_file", "empty.csv")


def test_only_files_without_a_row(home: Home) -> None:
    """Files that give no row at all make an empty table and the output `[]`, in every strategy."""
    home.put({"empty.csv": "", "header.csv": "id,v\n"})
    for words in (KEYED, ("--strategy", "append"), ("--strategy", "deduplicate", "--key", "id")):
        assert home.run(*words).output == b"ETL complete: 0 records from 2 files\n"
        assert home.exported() == []
    Path("in/header.csv").unlink()
    assert home.run(*KEYED).output == b"ETL complete: 0 records from 1 files\n"
    assert home.exported() == []


@pytest.mark.parametrize("kind", ["broken link", "circle of links", "named pipe", "folder named a.csv"])
def test_what_is_no_file_is_named_or_entered(home: Home, kind: str) -> None:
    """A link to nothing is a problem by name, and so is a pipe; a folder named like a file is a folder."""
    home.put(GOOD)
    home.run(*KEYED)
    before = home.standing()
    odd = Path("in/b.csv")
    if kind == "broken link":
        odd.symlink_to("nowhere.csv")
    elif kind == "circle of links":
        odd.symlink_to("b.csv")
    elif kind == "named pipe":
        os.mkfifo(odd)
    else:
        odd.mkdir()
        (odd / "c.csv").write_text("id,v\n3,z\n")
    folder = home.run(*KEYED)
    named = home.etl("run", "in/a.csv", "in/b.csv", "--output", "out/t.json", "--table", "t", *KEYED)
    if kind == "folder named a.csv":
        assert folder.output == named.output == b"ETL complete: 3 records from 2 files\n"
        return
    assert named.code == 1
    assert "b.csv: " in named.error
    assert folder.code == 1
    assert "b.csv: " in folder.error
    assert home.standing() == before


def test_all_problems_of_all_files_are_listed_at_once(home: Home) -> None:
    """Whole files and records in one list, in order of path and line; more than 20 are counted, and all are kept."""
    home.put({"a.csv": "id,v\n1\n2,x\n,y\n", "b.csv": "nr\n1\n", "c.csv.gz": b"no", "d.csv": 'id,v\n1,"x\n',
              "e.csv": "id,v\n1,2,3\n"})
    answer = home.run(*KEYED)
    assert answer.code == 1
    assert "t was not loaded: 6 problems in 5 files." in answer.error
    lines = [line.strip().split(" ")[0] for line in answer.error.splitlines()[1:-1]]
    assert lines == ["a.csv:2:", "a.csv:4:", "b.csv:1:", "c.csv.gz:", "d.csv:2:", "e.csv:2:"]
    assert [row[0] for row in home.rejects("problem")] == [
        "missing_columns", "null_key", "missing_key", "corrupt", "unclosed_quote", "extra_columns"]
    home.put({"f.csv": "id,v\n" + "1\n" * 30})
    answer = home.run(*KEYED)
    assert "36 problems in 6 files" in answer.error
    assert "... and 16 more" in answer.error
    assert len(home.rejects("problem")) == 36
    document = home.run(*KEYED, "--json").document
    assert (document["status"], len(document["problems"])) == ("failed", 36)
    assert not home.output.exists()
