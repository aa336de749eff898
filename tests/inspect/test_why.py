"""What `why` says of a key, in words: reasons of rejects, damage, keys of several columns and wrong questions."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import etl
from etl.cli.looking import marked
from etl.inspect import why
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


def asked(*key: str, place: str | None = None) -> Listing:
    """The answer."""
    return why(FRESH, "in", key, place, 1)


def rows(listing: Listing) -> list[dict[str, object]]:
    """The rows by heading."""
    return [dict(zip(listing.headings, row, strict=True)) for row in listing.rows]


def test_a_rejected_row_has_its_reason() -> None:
    """A row that does not fit a declared type is listed with its load and reason, and the key is not in the target."""
    put("a.csv", "id,n\n1,x\n2,3\n")
    load("reject_row", strategy="update", key=("id",), columns=(("n", "BIGINT"),))
    (claim,) = rows(asked("1"))
    assert (claim["wins"], claim["state"], claim["load"]) == (False, "rejected", 1)
    assert claim["reason"] == "n = 'x': not a whole number of 64 bits; the column is declared BIGINT"
    assert asked("1").notes[-1] == "in has no row of it: what claims it is rejected or has left."
    assert asked(place="a.csv:1").rows == asked("1").rows


def test_a_key_that_left_says_with_which_load() -> None:
    """A key whose files are gone is listed with the load that let it go; one that never was is said not to be."""
    put("a.csv", "id,n\n1,x\n")
    put("b.csv", "id,n\n2,x\n")
    load(strategy="update", key=("id",))
    Path("in/a.csv").unlink()
    load(strategy="update", key=("id",))
    (claim,) = rows(asked("1"))
    assert (claim["state"], claim["staged by load"], claim["load"]) == ("left", 1, 2)
    assert asked("1").notes[-1] == "in has no row of it: the last file with one left in load 2."
    assert asked("3").rows == ()
    assert "No row in staging claims this key." in asked("3").notes[-1]


@pytest.mark.parametrize(("words", "stays", "leaves", "key"), [
    ({}, "id,n\n1,x\n", "id,n\n2.50,y\n1.0,z\n", "2.5"),
    ({}, "id,n\n1,x\n", "id,n\n2.50,y\n1.0,z\n", "1"),
    ({}, "", "id,n\nTRUE,x\n", "true"),
    ({}, "", "id,n\n2024-01-01T10:00:00,x\n", "2024-01-01 10:00:00"),
    ({"columns": (("id", "DATE %d.%m.%Y"),)}, "", "id,n\n30.12.2024,x\n", "2024-12-30"),
    *(({"columns": (("id", "DECIMAL(12,2) ,"),)}, "", 'id,n\n"1,50",x\n', key)
      for key in ("1.5", "1,5", "1.50", "1,50", "1.500")),
    ({"columns": (("id", "DOUBLE ,"),)}, "", 'id,n\n"1,50",x\n', "1.50"),
    ({"columns": (("id", "TIMESTAMP %d.%m.%Y %H:%M"),)}, "", "id,n\n30.12.2024 10:30,x\n", "2024-12-30T10:30:00"),
])
def test_a_key_is_asked_for_under_the_type_that_held_it(
    words: dict[str, object], stays: str, leaves: str, key: str
) -> None:
    """A type that narrows as a file leaves, or goes with the last one, does not hide what the file claimed."""
    if stays:
        put("a.csv", stays)
    put("b.csv", leaves)
    opened = etl.open("kept.duckdb")
    opened.run(etl.Dataset(**{"source_dir": "in", "table": "t", "strategy": "update", "key": ("id",), **words}))
    claimed = [claim["row"] for claim in rows(why(Path("kept.duckdb"), "t", (key,), None, 1)) if claim["wins"]]
    opened.unload("t", "b.csv")
    found = why(Path("kept.duckdb"), "t", (key,), None, 1)
    assert claimed
    assert [claim["row"] for claim in rows(found) if claim["path"] == "b.csv"] == claimed
    assert {claim["state"] for claim in rows(found) if claim["path"] == "b.csv"} == {"held"}


def test_a_type_holds_for_the_versions_that_were_loaded_under_it() -> None:
    """Texts that were two keys do not become one because the column had another type before they came or later."""
    put("a.csv", "id,n\n1,x\n")
    opened = etl.open("kept.duckdb")
    opened.run(etl.Dataset(source_dir="in", table="t", strategy="update", key=("id",)))
    opened.unload("t", "a.csv")
    put("b.csv", "id,n\n1.0,y\nq,z\n")
    opened.run(etl.Dataset(source_dir="in", table="t"))
    opened.unload("t", "b.csv")
    assert [claim["path"] for claim in rows(why(Path("kept.duckdb"), "t", ("1",), None, 1))] == ["a.csv"]


def test_a_key_of_several_columns_takes_an_argument_each() -> None:
    """A comma is part of a value; another number of values is a usage error that names the columns."""
    put("a.csv", 'c,d,n\n"x,y",1,p\nx,"y,1",q\n')
    load(strategy="deduplicate", key=("c", "d"))
    assert [claim["row"] for claim in rows(asked("x,y", "1"))] == [1]
    assert [claim["row"] for claim in rows(asked("x", "y,1"))] == [2]
    with pytest.raises(etl.UsageError, match=r"has 2 columns \(c, d\), and 1 value was given"):
        asked("x,y")


def test_append_names_a_row_by_its_place() -> None:
    """A key is refused with what to write; a row has its state, and `append` as the rule."""
    put("a.csv", "n\nx\ny\n")
    load()
    (claim,) = rows(asked(place="a.csv:2"))
    assert (claim["wins"], claim["rule"], claim["values"]) == (True, "append", {"n": "y"})
    with pytest.raises(etl.UsageError, match="--row PATH:ROW"):
        asked("x")
    for wrong in ("a.csv", ":1", "a.csv:x"):
        with pytest.raises(etl.UsageError, match="Give either"):
            asked(place=wrong)
    with pytest.raises(etl.UsageError, match="has no row 3: it has 2 rows"):
        asked(place="a.csv:3")


def test_a_target_that_is_not_what_the_files_say_is_told_of() -> None:
    """Where the target names another row than the winner, `why` does not hide it."""
    put("a.csv", "id,n\n1,x\n1,y\n")
    load(strategy="update", key=("id",))
    assert len(asked("1").notes) == 2
    with duckdb.connect(str(FRESH)) as connection:
        connection.execute('UPDATE "in" SET _row = 1')
    assert "does not hold what its files say" in asked("1").notes[-1]


def test_what_a_claim_differs_in_is_marked_for_a_person() -> None:
    """Equal values in another spelling do not differ; what differs has a star."""
    put("a.csv", "id,n,m\n1,1.50,a\n")
    put("b.csv", "id,n,m\n1,1.5,b\n")
    load(strategy="update", key=("id",))
    winner, other = marked(asked("1")).rows
    assert winner[0] == "yes"
    assert winner[-1] == "id: 1, n: 1.5, m: b"
    assert other[-2:] == ("m", "id: 1, n: 1.5, *m: a")


def test_a_record_without_a_row_says_what_became_of_it() -> None:
    """One that could not be read has its reason and load; a row or a file that is not there is a usage error."""
    put("a.csv", "id,n\n1,x\n2\n")
    load("reject_row", strategy="update", key=("id",))
    (record,) = rows(asked(place="a.csv:2"))
    assert (record["state"], record["load"], record["reason"]) == ("rejected", 1, "found 1 cell, expected 2")
    assert "`etl rejects --load 1` shows the record" in asked(place="a.csv:2").notes[0]
    assert marked(asked(place="a.csv:2")).rows[0][-1] == ""
    with pytest.raises(etl.UsageError, match="has no row 3: it has 2 rows"):
        asked(place="a.csv:3")
    with pytest.raises(etl.UsageError, match="in never loaded a file zz"):
        asked(place="zz.csv:1")
