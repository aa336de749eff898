"""A saved plan is applied as it was made, or refused with what changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest

from etl.cli.door import execute
from etl.config import Dataset, Settings
from etl.load import load_plan
from etl.load.saved import FORMAT
from etl.version import VERSION

pytestmark = pytest.mark.usefixtures("place")

RUN = ("--source-dir", "in", "--output", "out/t.json", "--strategy", "update", "--key", "id", "--quiet")
KEPT = ("--warehouse", "kept.duckdb", "--table", "t", "--source-dir", "in", "--output", "out/t.json", "--quiet")

MANY = 10 ** 400
OTHERWISE = "3 and is now 4: b.csv was loaded with other content, or read in another way"
PLAN = {
    "etl": VERSION, "format": FORMAT, "folder": "/", "warehouse": None, "dataset": asdict(Dataset(key=("id",))),
    "settings": asdict(Settings()), "basis": {"load": 0, "definition": None, "loaded": {}, "files": {"a.csv": "f"}},
    "promised": {"records": 1},
}


def put(name: str, text: str) -> None:
    """A source."""
    Path("in", name).write_text(text, encoding="utf-8")


def etl(*arguments: str) -> int:
    """One command line."""
    return execute(arguments)


def test_a_plan_is_applied_as_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]) -> None:
    """From another folder, with the options that it was made with; a second time it is refused: the target moved."""
    put("a.csv", "id,n\n1,x\n")
    assert etl("plan", *RUN, "--save", "plan.json") == 0
    assert not Path("out").exists()
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    capsys.readouterr()
    assert etl("apply", "../plan.json", "--quiet") == 0
    assert capsys.readouterr().out == "ETL complete: 1 records from 1 files\n"
    assert json.loads((tmp_path / "out/t.json").read_text(encoding="utf-8")) == [{"id": 1, "n": "x"}]
    assert etl("apply", "../plan.json", "--quiet") == 1
    assert "its target's last load was none and is now 1" in capsys.readouterr().err


@pytest.mark.parametrize(("change", "said"), [
    (lambda: put("a.csv", "id,n\n1,y\n"), "a.csv changed"),
    (lambda: put("c.csv", "id,n\n1,y\n"), "c.csv is new"),
    (lambda: Path("in/a.csv").unlink(), "a.csv is gone"),
    (lambda: put("b.csv", "id,n\n2,y\n3,z\n"), "b.csv changed"),
])
def test_a_stale_plan_is_refused_by_name(change, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A new, changed or gone file, loaded before or not, is named, and the target and its output stay as they are."""
    put("b.csv", "id,n\n2,y\n")
    assert etl("run", *RUN) == 0
    put("a.csv", "id,n\n1,x\n")
    assert etl("plan", *RUN, "--save", "plan.json") == 0
    change()
    before = Path("out/t.json").read_bytes()
    capsys.readouterr()
    assert etl("apply", "plan.json", "--quiet") == 1
    answer = capsys.readouterr()
    assert f"The plan plan.json does not stand any more: {said}. Nothing was done; plan again." in answer.err
    assert answer.out == ""
    assert Path("out/t.json").read_bytes() == before


def test_a_target_that_moved_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Another load, another definition, another warehouse of the same number of loads: each is refused."""
    put("b.csv", "id,n\n2,y\n")
    assert etl("run", *KEPT) == 0
    put("a.csv", "id,n\n1,x\n")
    assert etl("plan", *KEPT, "--save", "plan.json") == 0
    assert etl("run", *KEPT, "--null", "q") == 0
    assert etl("apply", "plan.json", "--quiet") == 1
    assert ("its target's last load was 1 and is now 2: the definition under which its target stands changed (nulls "
            "was none and is now q), a.csv was loaded. Nothing") in capsys.readouterr().err
    Path("kept.duckdb").unlink()
    Path("out/t.json").unlink()
    assert etl("run", *KEPT, "--null", "q") == 0
    assert etl("apply", "plan.json", "--quiet") == 1
    assert "the definition under which its target stands changed" in capsys.readouterr().err
    Path("kept.duckdb").unlink()
    assert etl("run", *KEPT) == 0
    assert etl("apply", "plan.json", "--quiet") == 1
    assert "any more: a.csv was loaded. Nothing" in capsys.readouterr().err


def test_a_failed_load_makes_no_plan_stale() -> None:
    """It changes no state: neither of a target that stands, nor before there is one."""
    put("a.csv", "id,n\n1,x\n")
    for number in (0, 1):
        put("b.csv", f"id,n\n2,{number}\n")
        assert etl("plan", *KEPT, "--strategy", "update", "--key", "id", "--save", "plan.json") == 0
        Path("in/z.csv").write_text("n\n1\n", encoding="utf-8")
        assert etl("run", *KEPT, "--strategy", "update", "--key", "id") == 1
        Path("in/z.csv").unlink()
        assert etl("apply", "plan.json", "--quiet") == 0


def test_what_changed_since_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """After an unload, a reload and a load of other content: the paths."""
    put("a.csv", "id,n\n1,x\n")
    put("b.csv", "id,n\n2,x\n")
    assert etl("run", *KEPT) == 0
    for change, said in ((("unload", "t", "a.csv"), "1 and is now 2: a.csv is not loaded any more"),
                         (("reload", "t", "a.csv"), "2 and is now 3: a.csv was loaded"),
                         (("run", *KEPT[2:]), OTHERWISE)):
        assert etl("plan", *KEPT, "--save", "plan.json") == 0
        put("b.csv", "id,n\n2,y\n" if change[0] == "run" else "id,n\n2,x\n")
        assert etl(*change, *KEPT[:2], "--quiet") == 0
        capsys.readouterr()
        assert etl("apply", "plan.json") == 1
        assert f"its target's last load was {said}. Nothing was done; plan again." in capsys.readouterr().err


def test_what_comes_out_otherwise_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """A target that other hands changed, and a promise that somebody edited: numbers with both, never words of JSON."""
    put("a.csv", "id,n\n1,x\n2,y\n")
    assert etl("run", *KEPT) == 0
    put("b.csv", "id,n\n3,y\n")
    assert etl("plan", *KEPT, "--save", "plan.json") == 0
    edited = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    edited["promised"]["target"]["after"] = MANY
    edited["promised"] |= {"records": 99, "new": []}
    Path("edited.json").write_text(json.dumps(edited), encoding="utf-8")
    assert etl("apply", "edited.json") == 1
    assert ("the load would come to something else than was promised: records 3 instead of 99, the new files, records "
            "after. Nothing was done; plan again.") in capsys.readouterr().err
    with duckdb.connect("kept.duckdb") as connection:
        connection.execute("DELETE FROM t")
    assert etl("apply", "plan.json") == 1
    assert ("any more: the table t has 0 records, and the last load left 2: it was changed by other hands. Nothing was "
            "done; plan again.") in capsys.readouterr().err


@pytest.mark.parametrize(("word", "value", "said"), [
    ("threads", 0, "--threads 0 is not a number from 1 on."),
    pytest.param("threads", MANY, "--threads is not a number from 1 on.", id="threads-many"),
    ("max_conflicts", -1, "--max-conflicts -1 is not a number from 0 on."),
    ("lock_timeout", -1, "--lock-timeout -1 is no number of seconds, like 5 or 0.5."),
    ("lock_timeout", float("inf"), "--lock-timeout is no number of seconds, like 5 or 0.5."),
    pytest.param("lock_timeout", MANY, "--lock-timeout is no number of seconds, like 5 or 0.5.", id="seconds-many"),
])
def test_settings_of_a_plan_are_those_of_the_options(word: str, value: object, said: str,
                                                     capsys: pytest.CaptureFixture[str]) -> None:
    """A number that no option takes is none in a file either; one of hundreds of digits is not repeated."""
    Path("plan.json").write_text(json.dumps({**PLAN, "settings": {**PLAN["settings"], word: value}}), encoding="utf-8")
    assert etl("apply", "plan.json") == 2
    answer = capsys.readouterr().err
    assert said in answer
    assert len(answer) < 200


def test_what_is_no_plan_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, that is no JSON, no plan, or of another version."""
    for text, said in (("{", "is not a plan"), ("[" * 100_000, "is not a plan"), ("[]", "is not a plan"),
                       ("{}", "is not a plan"),
                       ('{"etl": "0", "format": 1}', "was made by etl 0"),
                       (f'{{"etl": "{VERSION}", "format": 2}}', "is of format 2, and etl")):
        Path("plan.json").write_text(text, encoding="utf-8")
        assert etl("apply", "plan.json") == 2
        assert said in capsys.readouterr().err
    assert etl("apply", "none.json") == 2
    assert "cannot be read" in capsys.readouterr().err


def test_nothing_to_do_is_a_plan_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Applied, it says so; with something new it is refused."""
    put("a.csv", "id,n\n1,x\n")
    assert etl("run", *RUN) == 0
    assert etl("plan", *RUN, "--save", "plan.json") == 0
    assert etl("apply", "plan.json", "--quiet") == 0
    put("b.csv", "id,n\n1,x\n")
    capsys.readouterr()
    assert etl("apply", "plan.json", "--quiet") == 1
    assert "b.csv is new" in capsys.readouterr().err


@pytest.mark.parametrize(("part", "word", "value"), [
    ("settings", "threads", "x"), ("settings", "threads", True), ("settings", "lock_timeout", "5"),
    ("settings", "on_error", "nope"), ("dataset", "key", "id"), ("dataset", "columns", [["a"]]),
    ("dataset", "strategy", "nope"), ("dataset", "table", 5), ("basis", "files", [1]), ("basis", "load", "x"),
    pytest.param("basis", "load", MANY, id="load-many"), ("basis", "load", -1), ("basis", "definition", "{}"),
    ("basis", "loaded", {"a.csv": 1}), ("basis", "more", 1), (None, "promised", None), (None, "folder", 5),
    (None, "dataset", []), (None, "warehouse", 5),
])
def test_a_plan_of_wrong_types_is_no_whole_plan(part: str | None, word: str, value: object,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    """Each value is held to the type of its field before anything is done with it."""
    Path("plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    load_plan(Path("plan.json"))
    edited = json.loads(json.dumps(PLAN))
    (edited if part is None else edited[part])[word] = value
    Path("plan.json").write_text(json.dumps(edited), encoding="utf-8")
    assert etl("apply", "plan.json") == 2
    assert "plan.json is not a whole plan. Plan again." in capsys.readouterr().err
