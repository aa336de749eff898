"""The log of a load: what is in it, where it goes, and that it never stands in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.stand_in import Answer, Etl, Library, books, load
from etl.cli.log import Log
from etl.errors import ExportPending, LoadFailed, Problem, UsageError
from etl.result import Load, Progress, Report

WARNING = Problem("empty_file", "the file has 0 bytes", "b.csv")
PROBLEM = Problem("null_key", 'the key "id" is NULL', "a\n.csv", line=3, column="id")


def loading(*phases: str, ends: Load | BaseException) -> Callable[..., Load]:
    """A library function that reports these phases, and ends so."""
    def run(*_positional: object, report: Report, **_named: object) -> Load:
        for phase in phases:
            report(Progress(phase))  # type: ignore[arg-type]
        if isinstance(ends, BaseException):
            raise ends
        return ends

    return run


def events(text: str) -> list[dict[str, Any]]:
    """The lines of a JSON log."""
    return [json.loads(line) for line in text.splitlines()]


def named(found: list[dict[str, Any]]) -> list[str]:
    """The names of events, in their order."""
    return [event["event"] for event in found]


def test_a_load_is_an_event_a_line(library: Library, etl: Etl) -> None:
    """As JSON on standard error and nothing beside it: start, each phase once, each file with its books, the end."""
    library.answer = loading("read", "read", "stage", ends=load(books("a.csv"), warnings=(WARNING,)))
    answer = etl("run", "--source-dir", "in", "--log-format", "json")
    assert (answer.code, answer.out) == (0, "ETL complete: 3 records from 1 files\n")
    found = events(answer.err)
    assert named(found) == ["load.started", "phase", "phase", "file", "warning", "load.finished"]
    assert [event.get("phase") for event in found[1:3]] == ["read", "stage"]
    assert all(list(event)[:3] == ["time", "level", "event"] and event["time"].endswith("Z") for event in found)
    assert found[0]["source_dir"] == "in"
    assert {"path": "a.csv", "read": 3, "inserted": 3, "rejected": 0}.items() <= found[3].items()
    assert (found[4]["level"], found[4]["message"]) == ("warning", "the file has 0 bytes")
    assert {"load_id": 1, "status": "loaded", "records": 3, "after": 3}.items() <= found[5].items()


def test_the_text_form_is_one_line_an_event_too(library: Library, etl: Etl) -> None:
    """Words and values, quoted where they must be; what a terminal would obey is spelt out."""
    library.answer = LoadFailed("a was not loaded: 1 problem in 1 file.", (PROBLEM,), 4)
    answer = etl("run", "--log-format", "text", "--source-dir", "my drops")
    lines = answer.err.splitlines()
    assert (answer.code, len(lines)) == (1, 3)
    assert lines[0].split(maxsplit=1)[1].startswith("INFO    load.started command=run plan=false version=")
    assert 'source_dir="my drops"' in lines[0]
    assert 'problem code=null_key message="the key \\"id\\" is NULL" path=a\\' in lines[1]
    assert lines[2].split(maxsplit=1)[1] == (
        'ERROR   load.failed load_id=4 error=LoadFailed message="a was not loaded: 1 problem in 1 file." exit_code=1')


def test_a_log_of_its_own_leaves_standard_error_alone(library: Library, etl: Etl, tmp_path: Path) -> None:
    """With --log-file the summary is told as ever, and loads follow one another in the file."""
    library.answer = loading("read", ends=load(books("a.csv")))
    path = tmp_path / "etl.log"
    told = etl("run", "--progress", "none").err
    for _ in range(2):
        assert etl("run", "--progress", "none", "--log-format", "json", "--log-file", str(path)).err == told
    assert named(events(path.read_text(encoding="utf-8"))) == 2 * ["load.started", "phase", "file", "load.finished"]


@pytest.mark.parametrize(("error", "name", "code"), [
    (LoadFailed("no", (PROBLEM,), 1), "load.failed", 1), (UsageError("wrong"), "load.failed", 2),
    (ExportPending("loaded, but"), "output.failed", 3)])
def test_a_load_that_fails_says_so_in_the_log(library: Library, etl: Etl, error: Exception, name: str,
                                              code: int) -> None:
    """Its last event has the sentence and the exit code, and no other line stands on standard error."""
    library.answer = error
    answer = etl("run", "--log-format", "json")
    last = events(answer.err)[-1]
    assert (answer.code, last["event"], last["message"], last["exit_code"]) == (code, name, str(error), code)


def test_an_interrupt_is_in_the_log(library: Library, etl: Etl, tmp_path: Path) -> None:
    """And the code is that of an interrupt."""
    library.answer = KeyboardInterrupt()
    path = tmp_path / "etl.log"
    assert etl("run", "--log-format", "json", "--log-file", str(path)).code == 130
    assert named(events(path.read_text(encoding="utf-8")))[-1] == "load.interrupted"


def test_the_result_of_a_plan_stays_on_standard_output(library: Library, etl: Etl) -> None:
    """The log takes nothing from it."""
    library.answer = loading("read", ends=load(books("a.csv"), status="planned", load_id=None))
    plain = etl("plan", "--progress", "none")
    with_log = etl("plan", "--log-format", "json")
    assert with_log.out == plain.out
    assert {"command": "plan", "plan": True}.items() <= events(with_log.err)[0].items()


def test_a_change_of_state_is_logged_too(library: Library, etl: Etl) -> None:
    """With the table and the files that it is of."""
    library.answer = loading("merge", ends=load(gone=("a.csv",)))
    answer = etl("unload", "t", "a.csv", "b.csv", "--log-format", "json")
    found = events(answer.err)
    assert named(found) == ["load.started", "phase", "load.finished"]
    assert {"command": "unload", "table": "t", "files": ["a.csv", "b.csv"]}.items() <= found[0].items()


@pytest.mark.parametrize("mode", ["plain", "json"])
def test_progress_and_a_log_do_not_share_standard_error(library: Library, etl: Etl, mode: str) -> None:
    """Both at once is a usage error that says what to do."""
    library.answer = load()
    answer = etl("run", "--log-format", "json", "--progress", mode)
    assert (answer.code, library.calls) == (2, [])
    assert "--log-file" in answer.err
    assert etl("run", "--log-format", "json", "--progress", mode, "--log-file", "/dev/null").code == 0


def test_a_log_that_cannot_be_written_is_said_before_the_load(library: Library, etl: Etl, tmp_path: Path) -> None:
    """Exit code 1, and nothing is done."""
    answer = etl("run", "--log-file", str(tmp_path / "none/etl.log"))
    assert (answer.code, library.calls) == (1, [])
    assert "etl.log cannot be written: No such file or directory. Nothing was done." in answer.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_ends_the_log_and_not_the_load(library: Library, etl: Etl) -> None:
    """It is said once."""
    library.answer = loading("read", ends=load(books("a.csv")))
    answer: Answer = etl("run", "--quiet", "--log-file", "/dev/full")
    assert (answer.code, answer.out) == (0, "ETL complete: 3 records from 1 files\n")
    assert answer.err.count("The log ends here, and the load goes on") == 1


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.one_of(
    st.none(), st.integers(), st.text(), st.booleans()), max_size=4), st.sampled_from(["text", "json"]))
def test_every_event_is_one_line(facts: dict[str, object], form: str) -> None:
    """Whatever a file says, it cannot begin a line of its own; JSON gives back what was logged."""
    written: list[str] = []

    class Stream:
        """Keeps what is written."""

        write = written.append

        def flush(self) -> None:
            """Nothing waits."""

    facts = {f"x_{name}": value for name, value in facts.items()}
    Log(form, Stream()).event("info", "e", **facts)  # type: ignore[arg-type]
    (line,) = written
    assert len(line.splitlines()) == 1
    assert line.endswith("\n")
    if form == "json":
        assert {name: value for name, value in json.loads(line).items() if name.startswith("x_")} == facts


def test_no_log_is_the_default(library: Library, etl: Etl) -> None:
    """Without the options nothing is logged: a person sees sentences."""
    library.answer = loading("read", ends=load(books("a.csv")))
    assert "load.finished" not in etl("run", "--progress", "none").err
