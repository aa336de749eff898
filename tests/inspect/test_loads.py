"""What `history` and `rejects` say of the loads of a warehouse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

import etl
from etl.inspect import history, rejects
from etl.result import Listing

pytestmark = pytest.mark.usefixtures("place")

OUT = Path("out/t.json")
FRESH = Path("out/t.duckdb")


def load(on_error: etl.config.OnError = "abort", **words: object) -> etl.Load:
    """A fresh run over `in/`."""
    return etl.run(etl.Dataset(**{"source_dir": "in", "output": str(OUT), **words}),
                   settings=etl.Settings(on_error=on_error))


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def rows(listing: Listing) -> list[dict[str, object]]:
    """The rows by heading."""
    return [dict(zip(listing.headings, row, strict=True)) for row in listing.rows]


def test_the_history_has_every_load_the_newest_first() -> None:
    """Each load with the files that came and left, its books and its end; a failed one with its message."""
    put("a.csv", "id,n\n1,x\n2,y\n")
    put("b.csv", "id,n\n3,z\n")
    load(strategy="update", key=("id",))
    put("a.csv", "id,n\n1,X\n2,y\n4,w\n")
    Path("in/b.csv").unlink()
    load(strategy="update", key=("id",))
    put("a.csv", "id,n\n1\n")
    with pytest.raises(etl.LoadFailed):
        load(strategy="update", key=("id",))
    third, second, first = rows(history(FRESH, None, 1))
    assert [load["load"] for load in (third, second, first)] == [3, 2, 1]
    for found in (third, second, first):
        assert isinstance(found.pop("started (UTC)"), datetime)
        seconds = found.pop("seconds")
        assert isinstance(seconds, float)
        assert 0 < seconds < 60
    assert first == {
        "load": 1, "table": "in", "command": "run", "status": "loaded", "files came": 2, "files left": 0,
        "inserted": 3, "updated": 0, "unchanged": 0, "removed": 0, "returned": 0, "rejected": 0,
        "records after": 3, "message": None,
    }
    assert second == first | {
        "load": 2, "files came": 1, "files left": 2, "inserted": 1, "updated": 1, "unchanged": 1, "removed": 1,
    }
    assert third == first | {
        "load": 3, "status": "failed", "files came": 0, "inserted": 0,
        "message": "in was not loaded: 1 problem in 1 file.",
    }


def test_the_history_of_one_table() -> None:
    """Only its loads; a table that no load was tried of is a usage error, one whose loads all failed is not."""
    put("a.csv", "a\n1\n")
    load(table="one")
    load(table="two")
    put("b.csv", "a,b\n1\n")
    with pytest.raises(etl.LoadFailed):
        load(table="three")
    assert [row["load"] for row in rows(history(FRESH, "TWO", 1))] == [2]
    assert [row["status"] for row in rows(history(FRESH, "three", 1))] == ["failed"]
    with pytest.raises(etl.UsageError, match=r"There is no table four in out/t\.duckdb\. It has: one, three, two\."):
        history(FRESH, "four", 1)


def test_the_problems_of_a_failed_load() -> None:
    """All of them, by file and line, each with its text, what to do and the record; the title says how it ended."""
    put("b.csv", "id,n\n1,1\n2\n,3\n")
    put("a.csv", "a;b,c\n")
    with pytest.raises(etl.LoadFailed):
        load(strategy="update", key=("id",))
    listing = rejects(FRESH, None, 1)
    assert listing.title.startswith("Problems of load 1 of in, which failed at 2")
    assert listing.title.endswith("UTC and changed nothing")
    first, second, third = rows(listing)
    assert first["path"] == "a.csv"
    assert str(first["reason"]).endswith(". State it with --delimiter")
    assert (second["path"], second["line"], second["record"]) == ("b.csv", 3, "2")
    assert (third["line"], third["row"], third["column"]) == (4, 3, "id")
    assert str(third["reason"]).startswith("the key is NULL. ")


def test_the_rejects_of_a_load() -> None:
    """Of the newest load that has some, where none is named; warnings are none; a load without any says so."""
    put("a.csv", "id,n,n\n1,1,1\n,2,2\n")
    load("reject_row", strategy="update", key=("id",))
    put("b.csv", "id,n\n2,1\n")
    load("reject_row", strategy="update", key=("id",))
    listing = rejects(FRESH, None, 1)
    assert listing.title.startswith("Rejects of load 1 of in, loaded at 2")
    assert [(row["path"], row["line"], row["column"]) for row in rows(listing)] == [("a.csv", 3, "id")]
    empty = rejects(FRESH, 2, 1)
    assert empty.rows == ()
    assert empty.notes == ("Load 2 of in has none.",)


def test_files_that_were_left_out_are_among_the_rejects() -> None:
    """Under `skip_file` the problems of a file are listed, and a note counts the files that were left out."""
    put("a.csv", "id,n\n1,1\n2\n3\n")
    put("b.csv", "id,n\n2,1\n")
    load("skip_file")
    listing = rejects(FRESH, None, 1)
    assert [(row["path"], row["line"]) for row in rows(listing)] == [("a.csv", 3), ("a.csv", 4)]
    assert listing.notes == ("1 file was left out whole.",)


def test_no_load_has_rejects() -> None:
    """A clean warehouse says so instead of an empty table."""
    put("a.csv", "a\n1\n")
    load()
    listing = rejects(FRESH, None, 1)
    assert (listing.rows, listing.notes) == ((), ("No load in out/t.duckdb has rejects.",))


def test_a_load_that_is_not_there_is_refused_with_those_there_are() -> None:
    """The message names the loads, runs of them in short."""
    for number in range(3):
        put("a.csv", f"a\n{number}\n")
        load()
    with pytest.raises(etl.UsageError, match=r"There is no load 9 in out/t\.duckdb\. The loads are: 1 to 3\."):
        rejects(FRESH, 9, 1)
