"""`unload`, `reload` and `rollback`: what they move, what they hold, what they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trouble.home import Answer, Home

import etl
from changes.conftest import Place

A, B = "id,x\n1,a\n2,b\n", "id,x\n2,c\n3,d\n"
KEYED: dict[str, Any] = {"strategy": "update", "key": ("id",)}


def run_cli(*arguments: str) -> Answer:
    """Run a command line in the current folder."""
    return Home(Path()).etl(*arguments)


def same_but_done(planned: etl.Load, done: etl.Load) -> bool:
    """Whether a plan said what was then done; updates by column and effects by file are a plan's alone."""
    return replace(planned, load_id=done.load_id, status=done.status, seconds=done.seconds, updates=done.updates,
                   effects=done.effects) == done


def test_a_version_leaves_and_is_held_and_comes_back(place: Place) -> None:
    """Its keys fall to what others say of them; runs skip its content; reload brings it back; plans were right."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    before = place.rows()
    planned, done = (place.warehouse.unload("t", "b.csv", plan=plan) for plan in (True, False))
    assert same_but_done(planned, done)
    assert (done.command, done.gone, done.held, done.versions) == ("unload", ("b.csv",), ("b.csv",), 1)
    assert (done.target.removed, done.target.restored, done.target.after) == (1, 1, 2)
    assert place.rows() == [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]
    again = place.run()
    assert (again.status, again.held) == ("nothing new", ("b.csv",))
    Path("in/b.csv").unlink()
    planned, done = (place.warehouse.reload("t", "b.csv", plan=plan) for plan in (True, False))
    assert same_but_done(planned, done)
    assert (done.back, done.held, done.versions) == (("b.csv",), (), 2)
    assert (done.target.returned, done.target.restored) == (1, 1)
    assert place.rows() == before
    assert place.run().status == "nothing new"


def test_a_held_content_is_skipped_at_any_path_and_in_any_reading(place: Place) -> None:
    """Renamed, or read with another quote, it stays out; once other content stood at its path it may come again."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.warehouse.unload("t", "b.csv")
    place.put(b="", renamed=B)
    assert (place.run().held, place.run(quote="'").held) == (("renamed.csv",), ("renamed.csv",))
    place.put(b="id,x\n9,z\n", renamed="")
    assert place.run().new == ("b.csv",)
    place.put(b=B)
    assert place.run().changed == ("b.csv",)


def test_other_content_lets_go_of_a_hold_even_where_nothing_is_loaded(place: Place) -> None:
    """A run that finds the loaded content back at the path of a hold releases it, though it has nothing to do."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(a=B)
    load = place.run()
    place.warehouse.rollback(load.load_id or 0)
    assert place.run().held == ("a.csv",)
    place.put(a=A)
    assert place.run().status == "nothing new"
    place.put(a=B)
    assert place.run().changed == ("a.csv",)


def test_a_hold_that_ends_with_a_run_skips_nothing_in_it(place: Place) -> None:
    """Files that trade places while one is held are all loaded at once, and the next run has nothing to do."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.warehouse.unload("t", "b.csv")
    place.put(b="id,x\n9,z\n", renamed=B)
    load = place.run()
    assert (load.new, load.held) == (("b.csv", "renamed.csv"), ())
    assert place.run().status == "nothing new"


@pytest.mark.parametrize("alone", ["id,x\n", "id,x", 'id,"x\r', "id,\x00\n"])
def test_a_skipped_header_alone_gives_no_row(place: Place, alone: str) -> None:
    """Whatever is in the lines that are skipped: as with a header that is read, there is nothing, rightly."""
    place.put(a=A, b=alone)
    load = place.run(strategy="update", key=("column_1",), header=False, skip_rows=1)
    assert [(book.path, book.read, book.lines, book.skipped) for book in load.files] == [
        ("a.csv", 2, 3, 1), ("b.csv", 0, 1, 1)]
    assert (load.records, load.versions, load.warnings) == (2, 2, ())
    assert place.run().status == "nothing new"


def test_what_is_wrong_with_new_files_is_said_beside_what_is_wrong_with_loaded_ones(place: Place) -> None:
    """Another key that a loaded file lacks does not hide that its new content cannot be read."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    place.put(a="\n\n", b="id,x,y\n1,2,3\n")
    with pytest.raises(etl.LoadFailed) as failed:
        place.run(strategy="update", key=("y",))
    assert [(problem.path, problem.code) for problem in failed.value.problems] == [
        ("a.csv", "no_header"), ("a.csv", "missing_key")]


def test_one_of_two_twins_can_be_taken_out(place: Place) -> None:
    """The warning names the command; the other one stays loaded, also when it is read in another way."""
    place.put(a=A, b=A)
    twins = [warning for warning in place.run(strategy="append").warnings if warning.code == "twin"]
    assert "etl unload t" in str(twins[0])
    assert place.warehouse.unload("t", "b.csv").records == 2
    assert (place.run().status, place.run(quote="'").changed) == ("nothing new", ("a.csv",))


def test_the_last_version_leaves(place: Place) -> None:
    """The target is dropped, the dataset and its definition stay, the export is an empty array; it can come back."""
    place.put(a=A)
    place.run(**KEYED, schema_contract="freeze")
    definition = place.definition()
    load = place.warehouse.unload("t", "a.csv")
    assert (load.records, load.versions, load.target.removed, load.columns) == (0, 0, 2, ())
    assert (place.rows(), place.definition()) == ([], definition)
    assert place.warehouse.sql("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main'").rows == ((0,),)
    assert place.run().status == "nothing new"
    assert place.warehouse.reload("t", "a.csv").target.returned == 2


def test_a_rollback_undoes_flips_and_definition(place: Place) -> None:
    """New and changed files are as before, so are order, types and reading; what it added is held; the plan knew."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    rows, definition = place.rows(), place.definition()
    place.put(a="id,x\n1,Z\n", c="id,x\nq,1\n")
    load = place.run(order_by="x", quote="'")
    planned, done = (place.warehouse.rollback(load.load_id or 0, plan=plan) for plan in (True, False))
    assert same_but_done(planned, done)
    assert (place.rows(), place.definition()) == (rows, definition)
    assert (done.back, done.gone, done.held) == (("a.csv", "b.csv"), ("c.csv",), ("a.csv", "b.csv", "c.csv"))
    assert (place.run().status, place.rows()) == ("nothing new", rows)


def test_what_is_undone_stands_in_nobodys_way(place: Place) -> None:
    """A load and its rollback cancel out; a rollback can itself be undone; no load is undone twice."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(a=B)
    place.run()
    second = place.rows()
    place.warehouse.rollback(2)
    with pytest.raises(etl.UsageError, match="undone already, by load 3"):
        place.warehouse.rollback(2)
    assert place.warehouse.rollback(3).load_id == 4
    assert place.rows() == second
    with pytest.raises(etl.UsageError, match=r"load 2 has changed a\.csv"):
        place.warehouse.rollback(1)
    place.warehouse.rollback(4)
    assert place.warehouse.rollback(1).records == 0


def test_a_rollback_names_the_later_load(place: Place) -> None:
    """One that touched the same paths or the definition stands in the way; one of other paths does not."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(b=B)
    place.run()
    place.put(c="id,x\n7,g\n")
    place.run()
    assert place.warehouse.rollback(2).gone == ("b.csv",)
    place.run(order_by="x")
    with pytest.raises(etl.UsageError, match="load 5 has changed the definition"):
        place.warehouse.rollback(3)


def test_rejects_that_stood_do_not_stop_a_return(place: Place) -> None:
    """A version with rejected rows comes back without new problems, and a rollback to a stricter definition passes."""
    place.put(a=A, b="id,x\n,n\n5,e\n")
    reject = etl.Settings(on_error="reject_row")
    dataset = etl.Dataset(source_dir="in", table="t", output="out/t.json", **KEYED, columns=(("id", "BIGINT"),))
    etl.run(dataset, warehouse=place.warehouse.path, settings=reject)
    rows = place.rows()
    place.warehouse.unload("t", "b.csv")
    assert (place.warehouse.reload("t", "b.csv").rejects, place.rows()) == ((), rows)
    place.run(strategy="append")
    assert len(place.rows()) == 4
    assert place.warehouse.rollback(4).records == 3
    assert place.rows() == rows


def test_a_version_that_does_not_fit_any_more_stays_out(place: Place) -> None:
    """One that lacks the key of now, or has a column that the contract has not, fails the reload by name."""
    place.put(a=A, b="y,z\n1,2\n")
    place.run(strategy="append")
    place.warehouse.unload("t", "b.csv")
    place.run(**KEYED)
    with pytest.raises(etl.LoadFailed) as failed:
        place.warehouse.reload("t", "b.csv")
    assert {problem.code for problem in failed.value.problems} == {"missing_key"}
    place.run(strategy="append", schema_contract="freeze")
    with pytest.raises(etl.LoadFailed) as failed:
        place.warehouse.reload("t", "b.csv")
    assert [problem.column for problem in failed.value.problems] == ["y", "z"]


def test_a_declared_column_may_leave_with_its_file(place: Place) -> None:
    """The declaration stays with the definition, and later runs go on; stated anew, it must be in a file."""
    place.put(a="id\n1\n", b="id,x\n2,5\n")
    place.run(strategy="append", columns=(("x", "DOUBLE"),))
    place.warehouse.unload("t", "b.csv")
    place.put(c="id\n3\n")
    assert [(column.name, column.type) for column in place.run().columns] == [("id", "BIGINT")]
    with pytest.raises(etl.UsageError, match="which no file has"):
        place.run(columns=(("nope", "DOUBLE"),))


@pytest.mark.parametrize(("command", "said"), [
    (("unload", "t", "none.csv"), "none.csv is not a loaded file of t. It has: a.csv"),
    (("reload", "t", "a.csv"), "Nothing is held of a.csv"),
    (("unload", "u", "a.csv"), "There is no table u"),
    (("rollback", "9"), "There is no load 9"),
    (("rollback", "2"), "Load 2 failed and changed nothing"),
])
def test_what_cannot_be_changed_is_said(place: Place, command: tuple[str, ...], said: str) -> None:
    """Usage errors have their sentence and exit code 2, and nothing is changed."""
    place.put(a=A)
    place.run(**KEYED)
    place.put(z="no\n1\n")
    with pytest.raises(etl.LoadFailed):
        place.run()
    answer = run_cli(*command, "--warehouse", "out/w.duckdb")
    assert (answer.code, said in answer.error) == (2, True), answer.error


def test_a_fresh_warehouse_follows_its_folder(place: Place) -> None:
    """All three commands say so, also planned, with exit code 2."""
    place.put(a=A)
    etl.run(etl.Dataset(source_dir="in", table="t", output="out/f.json"))
    for command in (("unload", "t", "a.csv"), ("reload", "t", "a.csv"), ("rollback", "1")):
        for plan in ((), ("--plan",)):
            answer = run_cli(*command, *plan, "--warehouse", "out/f.duckdb")
            assert (answer.code, "follows its folder" in answer.error) == (2, True)


def test_the_command_line_says_what_moved(place: Place) -> None:
    """The plan stands on standard output; the files that leave, are held and come back are listed by name."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    warehouse = ("--warehouse", "out/w.duckdb")
    planned = run_cli("unload", "t", str(Path("in/b.csv").absolute()), "--plan", *warehouse)
    assert planned.output.decode().startswith("Plan: the target would have 2 records from 1 file (1 would leave")
    done = run_cli("unload", "t", "in/b.csv", *warehouse)
    assert (done.code, done.output.decode()) == (0, "ETL complete: 2 records from 1 files\n")
    assert "1 file held: runs skip their content" in done.error
    assert "b.csv is held since load 2" in run_cli("status", "t", *warehouse).said
    assert "1 file back from staging:\n  b.csv" in run_cli("reload", "t", "b.csv", *warehouse).error
    assert run_cli("rollback", "3", "--json", *warehouse).document["command"] == "rollback"
