"""Exit code out: whatever happens is a sentence and a number, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stand_in import Etl, Library, books, load
from etl.errors import ExportPending, LoadFailed, Problem, QueryRefused, SourceMissing, UsageError, WarehouseLocked

ROOT = Path(__file__).parents[2]

# A program in which `etl.load.run` does what stands in BODY.
PROGRAM = """
import os, signal, sys, time, types
def run(*positional, **named):
    {body}
module = types.ModuleType("etl.load")
module.run = run
sys.modules["etl.load"] = module
from etl.cli import main
main(["run", *sys.argv[1:]])
"""


def run_with(body: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `etl run` in a process of its own with a library of one line."""
    return subprocess.run([sys.executable, "-c", PROGRAM.format(body=body), *arguments], cwd=ROOT, text=True,
                          capture_output=True, check=False, env={**os.environ, **settings})


@pytest.mark.parametrize(("error", "code"), [
    (UsageError("no such column"), 2), (SourceMissing("no folder drops"), 1),
    (WarehouseLocked("process 7 holds w.duckdb"), 1), (ExportPending("loaded; x.json could not be renamed"), 3),
])
def test_an_error_is_its_sentence_and_its_code(etl: Etl, library: Library, error: Exception, code: int) -> None:
    """Each error of the library leaves with the code that its class has."""
    library.answer = error
    answer = etl("run")
    assert (answer.code, answer.out, answer.err) == (code, "", f"Error: {error}\n")


def test_a_failed_load_shows_its_problems(etl: Etl, library: Library) -> None:
    """The sentence, twenty problems each on a line, where the rest is, and that the target is as it was."""
    problems = tuple(Problem("kind", "is no date\x1b[2J", path="a\n.csv", line=n, column="day", text="x")
                     for n in range(1, 31))
    library.answer = LoadFailed("30 problems in 1 file; nothing was loaded", problems, load_id=4)
    answer = etl("run", "--warehouse", "w.duckdb")
    lines = answer.err.splitlines()
    assert (answer.code, answer.out) == (1, "")
    assert lines[0] == "Error: 30 problems in 1 file; nothing was loaded"
    assert lines[1] == r"  a\n.csv:1: day = 'x': is no date\x1b[2J"
    assert lines[21:] == ["  ... and 10 more: etl rejects --load 4 --warehouse w.duckdb", "The target is as it was."]


@pytest.mark.parametrize(("output", "command"), [
    ([], "etl rejects --load 4"), (["--output", "out/x.json.gz"], "etl rejects --load 4 --warehouse out/x.duckdb"),
])
def test_the_rejects_of_a_fresh_run_are_beside_its_output(etl: Etl, library: Library, output: list[str],
                                                          command: str) -> None:
    """The command that shows the rest names the warehouse where it is not the default one."""
    library.answer = LoadFailed("failed", tuple(Problem("kind", "x") for _ in range(21)), load_id=4)
    assert f"... and 1 more: {command}\n" in etl("run", *output).err


def test_a_failed_plan_leaves_where_a_run_would(etl: Etl, library: Library) -> None:
    """Exit 1 and the problems; there is no load to ask for the rest."""
    library.answer = LoadFailed("would fail", tuple(Problem("kind", "x") for _ in range(21)))
    answer = etl("plan")
    assert (answer.code, answer.out) == (1, "")
    assert "... and 1 more; --json lists them all" in answer.err


def test_a_failed_load_has_a_document_too(etl: Etl, library: Library) -> None:
    """With --json whoever reads standard output finds all problems there."""
    library.answer = LoadFailed("failed", tuple(Problem("kind", "x", path=f"{n}.csv") for n in range(30)), load_id=4)
    answer = etl("run", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["status"], document["load_id"], len(document["problems"])) == (1, "failed", 4, 30)
    library.answer = ExportPending("loaded")
    answer = etl("run", "--json")
    assert (answer.code, json.loads(answer.out)["status"]) == (3, "output pending")


def test_an_error_inside_is_one_sentence(etl: Etl, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a traceback, unless ETL_DEBUG=1 asks for one."""
    library.answer = TypeError("\x1b[2J surprising\nline")
    answer = etl("run")
    assert answer.code == 1
    assert answer.err == ("etl: an error inside etl (TypeError: \\x1b[2J surprising\\nline). "
                          "Set ETL_DEBUG=1 to see where it happened, and please report it.\n")
    monkeypatch.setenv("ETL_DEBUG", "1")
    assert "Traceback" in etl("run").err


def test_a_refused_query_keeps_its_lines(etl: Etl, library: Library) -> None:
    """DuckDB points at the place of a mistake on a line of its own."""
    library.answer = QueryRefused("syntax error\nLINE 1: SELEC 1\n        ^")
    assert etl("sql", "SELEC 1").err == "Error: syntax error\nLINE 1: SELEC 1\n        ^\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("body", [
    "os.kill(os.getpid(), signal.{name}); time.sleep(9)",
    ("exec('try:\\n os.kill(os.getpid(), signal.{name}); time.sleep(9)\\n"
     "except BaseException: raise RuntimeError(\"Query interrupted\")')"),
])
def test_an_interrupt_leaves_everything_as_it_was(name: str, body: str) -> None:
    """Ctrl-C and a termination say so and leave with 130, also where DuckDB turns them into an error of its own."""
    answer = run_with(body.format(name=name))
    assert (answer.returncode, answer.stdout) == (130, "")
    assert answer.stderr == "Interrupted: everything is as it was.\n"


@pytest.mark.parametrize("names", [("SIGINT", "SIGINT"), ("SIGTERM", "SIGTERM"), ("SIGINT", "SIGTERM")])
@pytest.mark.parametrize("after", [
    "try:\\n time.sleep(9)\\nfinally: os.kill(os.getpid(), signal.{1}); time.sleep(0.01)",
    "import atexit; atexit.register(os.kill, os.getpid(), signal.{1}); time.sleep(9)",
])
def test_a_second_interrupt_changes_nothing(names: tuple[str, str], after: str) -> None:
    """Whoever presses Ctrl-C twice gets the same sentence and code: while it is cleaned up, and while Python ends."""
    body = f"threading.Timer(0.05, os.kill, (os.getpid(), signal.{names[0]})).start(); exec('{after}')"
    answer = run_with("import threading; " + body.replace("{1}", names[1]))
    assert (answer.returncode, answer.stdout) == (130, "")
    assert answer.stderr == "Interrupted: everything is as it was.\n"


def test_an_interrupt_after_the_commit_does_not_claim_a_rollback(etl: Etl, library: Library,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed stays, and the sentence says that."""

    def interrupted(*_positional: object, **_named: object) -> None:
        raise KeyboardInterrupt

    library.answer = load(books("a.csv"))
    monkeypatch.setattr("etl.cli.outcome._show", interrupted)
    answer = etl("run")
    assert (answer.code, answer.err) == (0, "Interrupted after the commit: the load stays.\n")


@pytest.mark.parametrize("body", ["raise BrokenPipeError", "sys.stdout.write('x' * 100_000)"])
def test_a_reader_that_leaves_is_no_error(body: str) -> None:
    """A broken pipe is quiet: whoever read has seen enough."""
    program = PROGRAM.format(body=f"time.sleep(0.1); {body}")
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_standard_output_does_not_deny_the_load(tmp_path: Path) -> None:
    """The load is committed, so exit 3 and its sentence; never `as it was`."""
    made = tmp_path / "made.py"
    made.write_text("import sys\nsys.path.insert(0, 'tests')\nfrom cli.stand_in import books, load\n"
                    "answer = load(books('a.csv'))\n", encoding="utf-8")
    program = PROGRAM.format(body=f"exec(open({str(made)!r}).read(), globals()); return answer")
    with Path("/dev/full").open("wb") as full:
        answer = subprocess.run([sys.executable, "-c", program, "--quiet"], cwd=ROOT, stdout=full, text=True,
                                stderr=subprocess.PIPE, check=False)
    assert answer.returncode == 3
    assert answer.stderr.startswith("Error: The load is committed. Standard output does not take")


def test_the_handlers_of_signals_are_put_back(etl: Etl, library: Library) -> None:
    """Whoever calls the command line from Python keeps the handlers that were there."""
    library.answer = load(books("a.csv"))
    before = signal.getsignal(signal.SIGTERM)
    assert etl("run").code == 0
    assert signal.getsignal(signal.SIGTERM) is before
