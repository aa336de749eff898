"""What `status` says of the targets of a warehouse."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

import etl
from etl.inspect import status

pytestmark = pytest.mark.usefixtures("place")

OUT = Path("out/t.json")
FRESH = Path("out/t.duckdb")
KEPT = Path("kept.duckdb")


def load(**words: object) -> etl.Load:
    """A fresh run over `in/`."""
    return etl.run(etl.Dataset(**{"source_dir": "in", "output": str(OUT), **words}))


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def one(warehouse: Path, table: str | None = None) -> dict[str, object]:
    """The one row of the first listing."""
    listing = status(warehouse, table, 1)[0]
    assert len(listing.rows) == 1
    return dict(zip(listing.headings, listing.rows[0], strict=True))


def test_a_target_says_what_it_holds(place: Path) -> None:
    """Strategy, key, counts, load, output and source folder are those of the last load, as typed values."""
    put("a.csv", "id,n\n1,x\n2,y\n")
    put("b.csv", "id,n\n1,z\n")
    load(strategy="update", key=("id",), table="people")
    row = one(FRESH)
    assert isinstance(row.pop("at (UTC)"), datetime)
    assert row == {
        "table": "people", "strategy": "update", "key": "id", "records": 2, "files": 2, "last load": 1,
        "output": str(place / OUT), "output is": "written", "source folder": str(place / "in"),
    }
    assert status(FRESH, None, 1)[0].notes == ()


def test_an_output_that_is_not_as_it_was_left_is_told() -> None:
    """Edited, deleted or not yet in place: each is its own word, with a note, until the next run repairs it."""
    put("a.csv", "a\n1\n")
    load()
    OUT.write_text("edited")
    assert one(FRESH)["output is"] == "changed"
    assert status(FRESH, None, 1)[0].notes == (
        "The output of in is not as it was left: the next run puts it in place.",)
    OUT.unlink()
    assert one(FRESH)["output is"] == "missing"
    load()
    assert one(FRESH)["output is"] == "written"
    with duckdb.connect(str(FRESH)) as connection:
        connection.execute("UPDATE etl.output SET state = 'pending'")
    assert one(FRESH)["output is"] == "pending"
    assert "could not be put in place" in status(FRESH, None, 1)[0].notes[0]


def test_a_target_without_an_output_has_none() -> None:
    """An accumulating dataset without `--output` shows no output, and no note on it."""
    put("a.csv", "a\n1\n")
    etl.run(etl.Dataset(source_dir="in"), warehouse=KEPT)
    row = one(KEPT)
    assert (row["output"], row["output is"], row["key"]) == (None, None, None)
    assert status(KEPT, None, 1)[0].notes == ()


def test_a_table_shows_its_columns_and_files() -> None:
    """With a table: why a column is text, and each loaded file by rank with its records, rejects and load."""
    put("b.csv", "id,n\n1,1\n,2\n")
    etl.run(etl.Dataset(source_dir="in", strategy="update", key=("id",)), warehouse=KEPT,
            settings=etl.Settings(on_error="reject_row"))
    put("a.csv", "id,n\n7,x\n")
    etl.run(etl.Dataset(), warehouse=KEPT)
    found, columns, files = status(KEPT, "in", 1)
    assert found.rows[0][3:6] == (2, 2, 2)
    assert columns.rows == (("id", "BIGINT", None), ("n", "VARCHAR", "a.csv:2 = 'x'"))
    assert files.headings == ("path", "read", "rejected", "load")
    assert files.rows == (("a.csv", 1, 0, 2), ("b.csv", 2, 1, 1))
    assert len({listing.title for listing in (found, columns, files)}) == 3


def test_a_table_is_found_as_names_match() -> None:
    """Case, white space around and any character in its name: a table is found, and its name breaks no statement."""
    put("a.csv", "a\n1\n")
    name = 'we"ird\'; DROP TABLE x; --'
    etl.run(etl.Dataset(source_dir="in", table=name), warehouse=KEPT)
    assert one(KEPT, f" {name.upper()} ")["records"] == 1


def test_an_unknown_table_is_refused_with_those_there_are() -> None:
    """A table that is not there is a usage error that names the tables."""
    put("a.csv", "a\n1\n")
    load(table="people")
    with pytest.raises(etl.UsageError, match=r"There is no table persons in out/t\.duckdb\. It has: people\."):
        status(FRESH, "persons", 1)


def test_a_dataset_without_files_says_so() -> None:
    """What a fresh run of another table let go is still listed, with a note that nothing of it is loaded."""
    put("a.csv", "a\n1\n")
    load(table="old")
    load(table="new")
    listing = status(FRESH, None, 1)[0]
    assert [(row[0], row[3], row[4]) for row in listing.rows] == [("old", 0, 0), ("new", 1, 1)]
    assert "Nothing is loaded of old." in listing.notes
    _, columns, files = status(FRESH, "old", 1)
    assert columns.rows == files.rows == ()
    assert columns.notes
    assert files.notes


def test_a_failed_load_is_told() -> None:
    """Where the newest load of a table failed, a note names the command that lists why; the next load ends it."""
    put("a.csv", "a,b\n1\n")
    with pytest.raises(etl.LoadFailed):
        load()
    listing, = status(FRESH, None, 1)
    assert listing.rows == ()
    note, = listing.notes
    assert note.startswith("Load 1 of in, its newest, failed at 2")
    assert note.endswith("in was not loaded: 1 problem in 1 file. `etl rejects --load 1 --warehouse out/t.duckdb` "
                         "lists its problems.")
    assert status(FRESH, "in", 1)[0].notes == (note,)
    put("a.csv", "a,b\n1,2\n")
    load()
    assert status(FRESH, None, 1)[0].notes == ()


def test_a_warehouse_that_is_not_there_is_refused(place: Path) -> None:
    """Looking makes no file."""
    with pytest.raises(etl.WarehouseError, match=r"There is no warehouse at none\.duckdb"):
        status(Path("none.duckdb"), None, 1)
    assert not (place / "none.duckdb").exists()
