"""`prune`: what leaves staging, what stays, and which loads are named because nothing can undo them any more."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from trouble.home import Answer, Home

import etl
from changes.conftest import Place
from etl.config import Settings
from etl.inspect import status, verify, why
from etl.sql_files import fill

A, B, C = "id,x\n1,a\n2,b\n", "id,x\n2,c\n3,d\n", "id,x\n1,Z\n"
KEYED: dict[str, Any] = {"strategy": "update", "key": ("id",)}
WAREHOUSE = Path("out/w.duckdb")


def run_cli(*arguments: str) -> Answer:
    """Run a command line in the current folder."""
    return Home(Path()).etl(*arguments, "--warehouse", str(WAREHOUSE))


def staged(place: Place) -> list[tuple[Any, ...]]:
    """The staging tables by the rows that stand in them."""
    tables = place.warehouse.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staging' ORDER BY ALL")
    return [(table, place.warehouse.sql(f'SELECT _version, rowid FROM staging."{table}" ORDER BY rowid').rows)
            for (table,) in tables.rows]


def differences() -> tuple[Any, ...]:
    """What `verify` finds, the files read again too."""
    return verify(WAREHOUSE, None, files=True, settings=Settings()).rows


def test_what_is_not_loaded_goes_and_nothing_else(place: Place) -> None:
    """The rows of the old version leave staging, the others stand together in order; target and output stay."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.put(a=C)
    place.run()
    before, output, rows = staged(place), Path("out/t.json").read_bytes(), place.rows()
    planned = place.warehouse.prune(plan=True)
    assert (staged(place), planned.title) == (before, "Would be pruned from out/w.duckdb")
    done = place.warehouse.prune("t")
    assert (planned.rows, done.rows) == ((("t", "a.csv", 2, 1, 2, False),),) * 2
    assert planned.notes == ("Loads 1, 2 of t could not be rolled back any more.",)
    assert done.notes[0] == "Loads 1, 2 of t cannot be rolled back any more."
    assert [(name, [row[0] for row in found]) for name, found in staged(place)] == [(before[0][0], [2, 2, 3])]
    assert (Path("out/t.json").read_bytes(), place.rows(), differences()) == (output, rows, ())
    again = place.warehouse.prune()
    assert (again.title, again.rows) == ("Nothing to prune in out/w.duckdb", ())
    assert (place.run().status, staged(place)) == ("nothing new", staged(place))
    assert run_cli("history").code == run_cli("status", "t").code == 0


def test_a_table_of_which_nothing_is_loaded_is_dropped(place: Place) -> None:
    """Staging of another structure goes whole; one that another table still reads is kept for it."""
    place.put(a=A, b="other\n1\n")
    place.run(strategy="append")
    place.warehouse.run(etl.Dataset(source_dir="in", table="u", exclude=("b.csv",)))
    place.warehouse.unload("t", "a.csv", "b.csv")
    assert len(staged(place)) == 2
    assert [row[:2] for row in place.warehouse.prune("t").rows] == [("t", "a.csv"), ("t", "b.csv")]
    assert [[row[0] for row in found] for _, found in staged(place)] == [[3, 3]]
    assert differences() == ()
    assert place.warehouse.sql("SELECT count(*) FROM u").rows == ((2,),)


def test_records_that_could_not_be_read_keep_their_place(place: Place) -> None:
    """Of a version that stays, lineage counts the rejects as before, though another stood before it."""
    place.put(a=A, b='id,x\n7,"q"\n8\n9,y\n')
    settings = Settings(on_error="reject_row")
    dataset = etl.Dataset(source_dir="in", table="t", **KEYED)
    etl.run(dataset, warehouse=WAREHOUSE, settings=settings)
    lineage = "SELECT id, _row FROM t WHERE id > 6 ORDER BY id"
    assert place.warehouse.sql(lineage).rows == ((7, 1), (9, 3))
    place.warehouse.unload("t", "a.csv")
    place.warehouse.prune()
    assert [[row[0] for row in found] for _, found in staged(place)] == [[2, -2, 2]]
    assert differences() == ()
    etl.run(etl.Dataset(table="t", strategy="append"), warehouse=WAREHOUSE, settings=settings)
    assert place.warehouse.sql(lineage).rows == ((7, 1), (9, 3))
    assert [row[2] for row in why(WAREHOUSE, "t", (), "b.csv:3", 1).rows] == [3]


def test_a_held_content_stays_held_until_reload_lifts_it(place: Place) -> None:
    """Runs skip it after the prune; `reload` says that nothing comes back; then a run with the file brings it."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    rows = place.rows()
    place.warehouse.unload("t", "b.csv")
    assert place.warehouse.prune().rows == (("t", "b.csv", 2, 1, 2, True),)
    assert place.run().held == ("b.csv",)
    note, = status(WAREHOUSE, "t", 1)[2].notes
    assert "its rows were pruned, so a run must find the file" in note
    for plan in (True, False):
        load = place.warehouse.reload("t", "b.csv", plan=plan)
        warning, = load.warnings
        assert (load.status, load.records, load.back, warning.code, warning.path) == (
            "nothing new", 2, (), "pruned", "b.csv")
        assert "the next run that finds the file loads it" in warning.message
    assert (place.run().new, place.rows(), differences()) == (("b.csv",), rows, ())


def test_a_reload_of_both_brings_back_what_can_be(place: Place) -> None:
    """A version that was pruned does not keep another from coming back."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.warehouse.unload("t", "b.csv")
    place.warehouse.prune()
    place.warehouse.unload("t", "a.csv")
    load = place.warehouse.reload("t", "a.csv", "b.csv")
    assert (load.back, load.records, [warning.path for warning in load.warnings]) == (("a.csv",), 2, ["b.csv"])
    assert place.run().new == ("b.csv",)


def test_a_rollback_is_refused_by_the_name_of_the_prune(place: Place) -> None:
    """So is one that would first need another that is; loads that touch none of it can still be undone."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(a=C)
    place.run()
    place.put(b=B)
    place.run()
    assert place.warehouse.prune().notes[0].startswith("Loads 1, 2 of t")
    gone = r"the rows of a\.csv, which it let go, were pruned at 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    with pytest.raises(etl.UsageError, match=rf"Load 2 cannot be rolled back: {gone}\."):
        place.warehouse.rollback(2)
    with pytest.raises(etl.UsageError, match=rf"load 2 has changed a\.csv since, .* cannot be .* itself: {gone}\."):
        place.warehouse.rollback(1, plan=True)
    assert place.warehouse.rollback(3).gone == ("b.csv",)
    assert place.warehouse.rollback(4).back == ("b.csv",)


def test_what_is_undone_already_is_not_named(place: Place) -> None:
    """A prune after a rollback takes the way forward: the rollback is named, not the load that it undid."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(a=C)
    place.run()
    place.warehouse.rollback(2)
    assert place.warehouse.prune().notes[0] == "Load 3 of t cannot be rolled back any more."
    assert place.warehouse.rollback(1).records == 0


def test_why_says_that_rows_are_gone(place: Place) -> None:
    """Of a key and of a place: which versions were pruned, since nobody can say what they claimed."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.warehouse.unload("t", "b.csv")
    assert len(why(WAREHOUSE, "t", ("2",), None, 1).rows) == 2
    place.warehouse.prune()
    for listing, rows in ((why(WAREHOUSE, "t", ("2",), None, 1), 1), (why(WAREHOUSE, "t", ("3",), None, 1), 0),
                          (why(WAREHOUSE, "t", (), "b.csv:1", 1), 0)):
        assert len(listing.rows) == rows
        assert listing.notes[-1].startswith("Pruned, so that nobody can say what they claimed: the rows of b.csv of lo")
    assert "Pruned" not in why(WAREHOUSE, "t", (), "b.csv:1", 1).notes[0]


def test_a_version_without_a_row_is_left_alone(place: Place) -> None:
    """A header alone has nothing to take, so its load can still be undone."""
    place.put(a=A, b="id,x\n")
    place.run(**KEYED)
    place.warehouse.unload("t", "b.csv")
    assert place.warehouse.prune().rows == ()
    assert place.warehouse.reload("t", "b.csv").back == ("b.csv",)


def test_a_fresh_warehouse_is_pruned_too(place: Place) -> None:
    """It has no load that could be rolled back, so none is named; later runs follow the folder as before."""
    place.put(a=A, b=B)
    dataset = etl.Dataset(source_dir="in", table="t", output="out/f.json", **KEYED)
    etl.run(dataset)
    place.put(b="")
    etl.run(dataset)
    done, = (etl.open("out/f.duckdb").prune(),)
    assert (len(done.rows), len(done.notes)) == (1, 1)
    place.put(b=B)
    assert etl.run(dataset).new == ("b.csv",)


def test_many_rows_keep_their_order(place: Place) -> None:
    """Also where several threads write at once: each row of what stays has the place that its file gave it."""
    rows = 200_000
    place.put(a="id\n" + "\n".join(map(str, range(rows))), b="id\n" + "\n".join(map(str, range(rows, 2 * rows))),
              c="id\n" + "\n".join(map(str, range(2 * rows, 3 * rows))))
    place.run(strategy="append", output=None)
    place.warehouse.unload("t", "a.csv")
    place.warehouse.prune()
    table, = place.warehouse.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staging'").rows[0]
    assert place.warehouse.sql(
        f'SELECT _version, min(rowid), max(rowid), bool_and(rowid + {rows} = CAST(c0 AS BIGINT)) '
        f'FROM staging."{table}" GROUP BY ALL ORDER BY ALL').rows == (
            (2, 0, rows - 1, True), (3, rows, 2 * rows - 1, True))


def test_the_file_does_not_grow_where_pruned_room_is_free(place: Place) -> None:
    """What a prune frees is given back or taken by later loads: replacing a file again and again stays bounded."""
    def text(salt: int) -> str:
        return "id,x\n" + "".join(f"{row},{row * 7919 + salt * 104729:x}abcdefghijklmnop\n" for row in range(20_000))

    sizes = []
    for salt in range(3):
        place.put(a=text(salt))
        place.run(strategy="append", output=None)
        place.warehouse.prune()
        sizes.append(WAREHOUSE.stat().st_size)
    assert sizes[-1] <= 1.5 * max(sizes[:2])
    assert place.warehouse.sql("SELECT count(*) FROM staging." + staged(place)[0][0]).rows == ((20_000,),)


def test_the_command_line_prunes(place: Place) -> None:
    """The listing stands on standard output with what cannot be undone; an unknown table is exit 2."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(a=C)
    place.run()
    planned, done = run_cli("prune", "t", "--plan"), run_cli("prune", "--format", "json")
    assert planned.output.decode().startswith("Would be pruned from t")
    assert "could not be rolled back any more" in planned.said
    assert (done.code, "cannot be rolled back" in done.error, "MB" in done.error) == (0, True, True)
    assert '"a.csv"' in done.output.decode()
    answer = run_cli("prune", "none")
    assert (answer.code, "There is no table none" in answer.error) == (2, True)
    refused = run_cli("rollback", "2")
    assert (refused.code, "were pruned at" in refused.error) == (2, True)
    missing = Home(Path()).etl("prune", "--warehouse", "no.duckdb")
    assert (missing.code, "There is no warehouse at no.duckdb" in missing.error, Path("no.duckdb").exists()) == (
        2, True, False)


def test_a_prune_that_fails_leaves_everything(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rewritten table would not keep what stays, nothing is pruned: staging and ledger are as they were."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.warehouse.unload("t", "a.csv")
    before = staged(place)
    pruning = import_module("etl.load.prune")
    with monkeypatch.context() as spoilt:
        spoilt.setattr(pruning, "fill", lambda name, **pieces: fill(name, **pieces).replace(
            "AS s\nWHERE", "AS s\nWHERE rowid <> 2 AND"))
        with pytest.raises(AssertionError, match="would not keep the rows of the versions that stay"):
            place.warehouse.prune()
    assert (staged(place), differences()) == (before, ())
    assert place.warehouse.reload("t", "a.csv").records == 3
