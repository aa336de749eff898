"""What `file` says of a file before any load: what a load then says too."""

from __future__ import annotations

import gzip
import os
import re
from datetime import date
from pathlib import Path

import pytest

import etl
from etl.config import Reading
from etl.inspect import file
from etl.result import Listing
from etl.sources.careful import SHORT

pytestmark = pytest.mark.usefixtures("place")

PATH = Path("in/a.csv")
KINDS = (
    "i,wide,huge,f,money,past,b,d,t,both,when,mixed,s,n\n"
    "1,9223372036854775808,1e400,1.5,12345678901234567.25,1.0,true,2024-01-31,2024-01-31 10:00:00,1,2024-01-31,1,007,\n"
    "-2,1,2,-0.25,1,2.5,FALSE,2024-02-29,2024-01-31T10:00:00.5,1.5,2024-01-31 10:00:00,true, x ,\n"
    ",,,,,,,,,,,,,\n"
)


def put(text: str | bytes, path: Path = PATH) -> None:
    """The file."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def look(path: Path = PATH, **reading: object) -> dict[str, Listing]:
    """The listings by title."""
    found = file(path, Reading(**reading))
    titles = {listing.title: listing for listing in found}
    assert len(titles) == len(found)
    return titles


def facts(listing: Listing) -> dict[str, object]:
    """The one row of a listing by heading."""
    row, = listing.rows
    return dict(zip(listing.headings, row, strict=True))


def test_the_dialect_is_told() -> None:
    """What is found of the file as a whole, in the words of the options, with its lines and records."""
    put("\n\nid;name\n1;'a;b'\n\n2;'c\nd'\n")
    assert facts(look(quote="'")["File"]) == {
        "file": "in/a.csv", "encoding": "utf-8", "compression": "none", "delimiter": ";", "quote": "'", "escape": "'",
        "header at line": 3, "lines": 7, "blank lines": 3, "records": 2, "unreadable": 0, "bytes": 27,
    }


def test_cells_are_counted_by_kind_in_words() -> None:
    """Each column says how many cells of each kind it has, its type, and the first cell that makes it text."""
    put(KINDS)
    found = look()
    assert found["Columns"].rows == (
        ("i", "BIGINT", "2 integers, 1 NULL", None),
        ("wide", "HUGEINT", "2 integers, 1 NULL", None),
        ("huge", "VARCHAR", "1 integer, 1 text, 1 NULL", "a.csv:2 = '1e400'"),
        ("f", "DOUBLE", "2 fractions, 1 NULL", None),
        ("money", "DECIMAL(19,2)", "1 integer, 1 fraction, 1 NULL", None),
        ("past", "DOUBLE", "2 fractions, 1 NULL", None),
        ("b", "BOOLEAN", "2 booleans, 1 NULL", None),
        ("d", "DATE", "2 dates, 1 NULL", None),
        ("t", "TIMESTAMP", "2 timestamps, 1 NULL", None),
        ("both", "DOUBLE", "1 integer, 1 fraction, 1 NULL", None),
        ("when", "VARCHAR", "1 date, 1 timestamp, 1 NULL", "it mixes dates and timestamps"),
        ("mixed", "VARCHAR", "1 integer, 1 boolean, 1 NULL", "it mixes integers and booleans"),
        ("s", "VARCHAR", "2 text, 1 NULL", "a.csv:2 = '007'"),
        ("n", "VARCHAR", "3 NULL", "it has no cell that is not NULL"),
    )
    assert found["Problems"].notes == ("None was found.",)


def test_the_first_rows_are_values_of_their_types() -> None:
    """Five rows at most, in order, trimmed and typed as a load would store them; days and times as DuckDB prints."""
    put("i,d,t,s\n" + "".join(f"{n},2024-01-0{n},2024-01-01T00:00:0{n}, x{n} \n" for n in range(1, 8)))
    rows = look()["First rows"]
    assert rows.headings == ("i", "d", "t", "s")
    assert rows.rows[0] == (1, "2024-01-01", "2024-01-01 00:00:01", "x1")
    assert [row[0] for row in rows.rows] == [1, 2, 3, 4, 5]


RAGGED = 'a,b\n1,2\n3\n4,5,6\n7,x\n8,"y\n'
FILES: dict[str, tuple[str, bytes, dict[str, object]]] = {
    "kinds": ("a.csv", KINDS.encode(), {}),
    "ragged": ("a.csv", RAGGED.encode(), {}),
    "lines in cells": ("a.csv", b'a,b\n1,"x\ny\n\nz"\n2,"q"\n3,N/A\n', {}),
    "blank lines": ("a.csv", b"\n\na,b\n\n1,2\n\n\nx,3\n", {}),
    "one column": ("a.csv", b"a\n1\n\nx\n", {}),
    "gzip": ("a.csv.gz", gzip.compress(b"a\tb\n1\t2\nx\t0.5\n"), {}),
    "utf-16": ("a.csv", "a,b\n1,\u00e4\n".encode("utf-16"), {}),
    "cp1252": ("a.csv", "a;b\n1;\u20ac\n".encode("cp1252"), {"encoding": "cp1252"}),
    "crlf and lf": ("a.csv", b"a,b\r\n1,2\n3,x\r\n", {}),
    "undecodable": ("a.csv", b"a,b\n1,\xff\n2,x\n", {}),
    "no header": ("a.csv", b"1,2\n3,x\n", {"header": False}),
    "skipped": ("a.csv", b'made by\n"hand\na,b\n1,2\n,z\n', {"skip_rows": 2}),
    "names": ("a.csv", b"a,A,,_row, B \n1,2,3,4,x\n", {}),
    "wide numbers": ("a.csv", b"a,b,c\n1.5,0.1234567890123456789,1\n12345678901234567890,1,1" + b"0" * 45 + b"\n", {}),
    "late text": ("a.csv", b"a,b\n" + b"1,1\n" * 3000 + b"1,x\n", {}),
    "header alone": ("a.csv", b"a,b\n", {}),
    "nothing": ("a.csv", b"", {}),
    "trimmed": ("a.csv", b"a,b\n 1 ,\xc2\xa0\n2, \n", {}),
}


@pytest.mark.parametrize("case", FILES)
def test_it_says_what_a_load_says(case: str) -> None:
    """The columns, types, reasons, counts and first rows are those of a load of that file alone."""
    name, content, reading = FILES[case]
    put(content, Path("in", name))
    load = etl.run(etl.Dataset(sources=(f"in/{name}",), output="out/t.json", **reading),
                   settings=etl.Settings(on_error="reject_row"))
    found = look(Path("in", name), **reading)
    assert [(column, kind, why) for column, kind, _, why in found["Columns"].rows] == [
        (column.name, column.type, column.reason) for column in load.columns]
    books, = load.files
    whole = facts(found["File"])
    assert [whole.get(count, 0) for count in ("lines", "blank lines", "records", "unreadable")] == [
        books.lines, books.blank, books.read, books.rejected]
    told = [dict(zip(found["Problems"].headings, row, strict=True)) for row in found["Problems"].rows]
    assert [(row.get("line"), row.get("row"), row.get("record")) for row in told] == [
        (problem.line, problem.row, problem.record) for problem in load.rejects]
    if load.columns:
        stored = etl.open("out/t.duckdb").sql('SELECT * EXCLUDE (_version, _row) FROM "in" ORDER BY _row LIMIT 5')
        assert found["First rows"].headings == stored.headings
        assert found["First rows"].rows == tuple(
            tuple(re.sub(r"(\.\d*?)0+$", r"\1", str(value)) if isinstance(value, date) else value for value in row)
            for row in stored.rows)


def test_records_that_cannot_be_read_are_listed() -> None:
    """Each with its line, its reason and its text, beside what can be read; the note says what a load does."""
    put(RAGGED)
    problems = look()["Problems"]
    assert problems.headings == ("line", "row", "reason", "record")
    assert [row[:2] for row in problems.rows] == [(3, 2), (4, 3), (6, 5)]
    assert problems.rows[0][2:] == ("found 1 cell, expected 2. " + SHORT, "3")
    assert problems.notes == (
        "A load of this file fails; with --on-error reject_row it leaves these records out.",)


def test_many_problems_are_counted() -> None:
    """Only the first are shown, and how many there are is said."""
    put("a,b\n" + "1\n" * 25)
    problems = look()["Problems"]
    assert len(problems.rows) == 20
    assert problems.notes[0] == "These are the first 20 of 25 problems."


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.csv", b"PK\x03\x04 an archive of office documents", "the file is a zip archive or an Office document"),
    ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "the gzip stream ends before its end: the file is cut"),
    ("a.csv", b"a|b;c\n1|2;3\n", "the delimiter is not clear: it could be ';', '|'"),
    ("a.csv", b'a,"b\n1,2\n', "the header opens a quote that it never closes"),
    ("a.csv", b"a,b\0c\n1,2\n", "a column's name holds a NUL character"),
])
def test_a_file_that_cannot_be_read_says_why(name: str, content: bytes, said: str) -> None:
    """Whatever it is: the reason, and what a load would do; never an exception."""
    put(content, Path("in", name))
    problems = look(Path("in", name))["Problems"]
    assert str(facts(problems)["reason"]).startswith(said)
    assert problems.notes == ("A load of this file fails; with --on-error skip_file it leaves the file out.",)
    with pytest.raises(etl.LoadFailed) as failed:
        etl.run(etl.Dataset(source_dir="in", output="out/t.json"))
    assert [problem.message for problem in failed.value.problems] == [
        str(facts(problems)["reason"]).removesuffix(f". {failed.value.problems[0].advice}")]


def test_names_that_are_changed_are_said() -> None:
    """A doubled, an empty and a reserved name: as what each is loaded."""
    put("a,a,,_row\n1,2,3,4\n")
    assert look()["File"].notes == (
        "Line 1: a second column of this name is loaded as 'a_2'.",
        "Line 1: a column without a name is loaded as 'column_3'.",
        "Line 1: a column with a name that etl keeps for itself is loaded as '_row_2'.",
    )


def test_why_a_file_is_read_slowly_is_said() -> None:
    """Where the bulk reader must not read a file, the note says what keeps it from it."""
    put("a,b\r\n1,2\n")
    assert look()["File"].notes == (
        "It is read record by record, which takes longer: its line ends are of more than one kind.",)
    put(RAGGED.replace('"', ""))
    assert look()["File"].notes == (
        "It is read record by record, which takes longer: it has records that cannot be read.",)


def test_a_file_without_text_says_so() -> None:
    """0 bytes are no problem, no column and no row."""
    put("")
    found = look()
    assert found["File"].notes == ("It has 0 bytes of text, and gives no row.",)
    assert (found["Columns"].rows, found["First rows"].rows, found["Problems"].rows) == ((), (), ())


def test_hostile_names_are_only_names() -> None:
    """Names of files and columns with quotes, wildcards and statements are read as any other."""
    name = Path("in/we[i]rd*?'\"; DROP TABLE x; --.csv")
    put("other\n1\n", Path("in/weird.csv"))
    put("\"a\"\"b; DROP TABLE x; --\",'c\n1,x\n", name)
    found = look(name, delimiter=",")
    assert [row[:3] for row in found["Columns"].rows] == [
        ('a"b; drop table x; --', "BIGINT", "1 integer"), ("'c", "VARCHAR", "1 text")]
    assert found["Columns"].rows[1][3] == f"{name.name}:2 = 'x'"


def test_what_is_no_file_is_refused_with_a_sentence() -> None:
    """A folder, a name that is not there, a link that leads nowhere, a pipe."""
    with pytest.raises(etl.UsageError, match=r"^in is a folder\. Name one file; `etl plan --source-dir in` says what"):
        look(Path("in"))
    with pytest.raises(etl.SourceMissing, match=r"^in/none\.csv is not there: no such file\.$"):
        look(Path("in/none.csv"))
    Path("in/link.csv").symlink_to("nowhere.csv")
    problem = facts(look(Path("in/link.csv"))["Problems"])
    assert problem["reason"] == "the file cannot be read: No such file or directory"
    os.mkfifo("in/pipe.csv")
    with pytest.raises(etl.UsageError, match=r"^in/pipe\.csv is not a regular file \(a pipe, a device or a socket\)"):
        look(Path("in/pipe.csv"))


def test_a_wrong_option_is_a_usage_error() -> None:
    """As it is in a load."""
    put("a\n1\n")
    with pytest.raises(etl.UsageError, match="no such encoding"):
        look(encoding="latin-99")


def test_nothing_is_left_behind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at a file makes no file, here or in the temporary folder."""
    put(RAGGED)
    aside = place / "tmp"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    before = sorted(place.rglob("*"))
    look()
    assert sorted(place.rglob("*")) == before
