"""Commands that write, each from a prepared state; what is struck must be the old state or the new one, and recover."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from etl.warehouse.connection import HEADERS

HOUSE = Path(__file__).parents[2]
RUN = ("run", "--source-dir", "in", "--warehouse", "out/w.duckdb", "--table", "t", "--strategy", "update",
       "--key", "id", "--output", "out/t.json", "--threads", "2")
FRESH = ("run", "--source-dir", "in", "--output", "out/f.json", "--table", "t", "--strategy", "update", "--key", "id")
OF = ("--warehouse", "out/w.duckdb")
LEFT = "files of ours are left"


@dataclass(frozen=True)
class Case:
    """A command that writes.

    Args:
        before: Commands that make the state that it begins in; words with `=` write or take away a file.
        code: Of the command when nothing befalls it.
    """

    arguments: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    code: int = 0

    @property
    def warehouse(self) -> str:
        """Where its state stands."""
        return "out/w.duckdb" if "out/w.duckdb" in self.arguments else "out/f.duckdb"

    @property
    def output(self) -> str:
        """Where its export stands."""
        return "out/t.json" if self.warehouse == "out/w.duckdb" else "out/f.json"


def rows(first: int, last: int, word: str) -> str:
    """A file: a record a number, with a quoted cell of two lines and one that the careful reader must see."""
    lines = [f'{number},{word}{number},"two\nlines {number}"' for number in range(first, last)]
    return "\n".join(["id,word,text", *lines, f'{last},{word} "odd" here,x\n'])


FILES = {"a": rows(0, 300, "a"), "b": rows(200, 500, "b"), "c": rows(450, 700, "c")}
BASE = (("in/a.csv=a",), ("in/b.csv=b",), RUN, ("in/c.csv=c",), RUN)
CASES: Mapping[str, Case] = {
    "first": Case(RUN, (("in/a.csv=a",), ("in/b.csv=b",))),
    "delta": Case(RUN, (*BASE, ("in/d.csv=b",), ("in/b.csv=c",))),
    "redefined": Case((*RUN, "--strategy", "deduplicate", "--no-trim"), BASE),
    "unload": Case(("unload", "t", "b.csv", "c.csv", *OF), BASE),
    "reload": Case(("reload", "t", "c.csv", *OF), (*BASE, ("unload", "t", "c.csv", *OF))),
    "rollback": Case(("rollback", "2", *OF), BASE),
    "fresh": Case(FRESH, (("in/a.csv=a",), ("in/b.csv=b",), FRESH, ("in/c.csv=c",), ("in/a.csv=",))),
    "repair": Case(RUN, (*BASE, ("out/t.json=",))),
    "migrate": Case(RUN, (*BASE, ("in/d.csv=b",), ("downgrade",))),
    "failing": Case(RUN, (*BASE, ("in/bad.csv=bad",)), code=1),
}
CONTENTS = {**FILES, "bad": "word\nx\n"}


@dataclass(frozen=True)
class Seen:
    """A state as it is seen from outside."""

    target: object
    loaded: object
    held: object
    exported: bytes | None


class Zygote:
    """The process that forks a child for each command."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))], cwd=HOUSE, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": str(HOUSE), "COLUMNS": "200"})

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Run one command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Bench:
    """One case at a time in a folder of its own."""

    def __init__(self, home: Path, name: str, zygote: Zygote) -> None:
        """Prepare the state before, and look at it and at the one after."""
        self.case, self.zygote, self.home = CASES[name], zygote, home
        self.work, self.kept = home / "work", home / f"kept-{name}"
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in ("in", "out", "tmp"):
            (self.work / folder).mkdir(parents=True)
        for words in self.case.before:
            self._prepare(words)
        shutil.copytree(self.work, self.kept)
        self.old = self.seen()
        self.seconds = self.command(self.case.arguments, count=str(home / "count"))["seconds"]
        self.steps = int((home / "count").read_text(encoding="ascii"))
        self.new = self.seen()
        self.files = self.listed()

    def _prepare(self, words: tuple[str, ...]) -> None:
        path, written, content = words[0].partition("=")
        if written and content:
            (self.work / path).write_text(CONTENTS[content], encoding="utf-8", newline="")
        elif written:
            (self.work / path).unlink()
        elif words == ("downgrade",):
            downgraded(self.work / self.case.warehouse)
        else:
            self.command(words)

    def command(self, arguments: Sequence[str], *, codes: Sequence[int] = (), **fault: Any) -> dict[str, Any]:
        """Run a command to its end, or until it is struck; without a fault its code must be one of these."""
        answer = self.zygote.ask(
            arguments=list(arguments), folder=str(self.work), temp=str(self.work / "tmp"),
            output=str(self.home / "output"), error=str(self.home / "error"), **fault)
        said = (self.home / "error").read_text(encoding="utf-8")
        assert "inside etl" not in said, said
        assert "Traceback" not in said, said
        if not {"signal", "largest"} & set(fault):
            assert answer["status"] in (codes or (0, self.case.code)), f"{arguments}: {answer} {said}"
        return {**answer, "said": said}

    def restore(self) -> None:
        """The state before, again."""
        for folder in self.work.iterdir():
            shutil.rmtree(folder)
        shutil.copytree(self.kept, self.work, dirs_exist_ok=True)

    def seen(self) -> Seen:
        """What stands now."""
        output = self.work / self.case.output
        exported = output.read_bytes() if output.exists() else None
        return Seen(*state_of(self.work / self.case.warehouse), exported)

    def listed(self) -> set[str]:
        """Files outside the sources, the scratch folder's among them."""
        return {path.relative_to(self.work).as_posix() for folder in ("out", "tmp")
                for path in (self.work / folder).rglob("*")}

    def recover(self) -> None:
        """The same command again, and a run where it was another one: then all is as if nothing had happened."""
        self.command(self.case.arguments, codes=(self.case.code, 2) if self.case.arguments[0] != "run" else ())
        found = self.seen()
        assert (found.target, found.loaded, found.held) == (self.new.target, self.new.loaded, self.new.held)
        if found.exported != self.new.exported or self.listed() != self.files:
            self.command(RUN if self.case.warehouse == "out/w.duckdb" else FRESH)
        assert self.seen().exported == self.new.exported, "the output was not repaired"
        assert self.listed() == self.files, f"{LEFT}: {self.listed() ^ self.files}"

    def hold_whole(self) -> str:
        """Which state stands: the old or the new one, whole, in the warehouse and in the output each."""
        now = self.seen()
        state = (now.target, now.loaded, now.held)
        is_old = state == (self.old.target, self.old.loaded, self.old.held)
        is_new = state == (self.new.target, self.new.loaded, self.new.held)
        assert is_old or is_new, "neither the old state nor the new one"
        assert now.exported in (self.old.exported, self.new.exported), "half an export"
        return "both" if is_old and is_new else "old" if is_old else "new"


def kill(bench: Bench, rng: Random, number: int = signal.SIGKILL) -> str:
    """Strike a command at a step or at a moment: what stood then."""
    bench.restore()
    where: dict[str, Any] = {"step": rng.randint(1, bench.steps)} if rng.random() < 0.5 else {
        "after": rng.random() * bench.seconds * 1.1}
    answer = bench.command(bench.case.arguments, signal=int(number), **where)
    stands, code = bench.hold_whole(), answer["status"]
    if number == signal.SIGKILL:
        assert code in (-number, bench.case.code), answer
    else:
        assert code in (130, bench.case.code), answer
        assert stands in (("old", "both") if code == 130 else ("new", "both")), (stands, answer)
    try:
        bench.recover()
    except AssertionError as error:
        error.add_note(f"struck {where}: {answer}")
        raise
    return stands


def starve(bench: Bench, rng: Random) -> str:
    """Let no file grow past a size: what stood then."""
    bench.restore()
    largest = max((path.stat().st_size for path in (bench.work / "out").iterdir()), default=0)
    answer = bench.command(bench.case.arguments, largest=rng.randint(1, max(largest, 1 << 20) * 3 // 2))
    _hold_starved(bench, answer)
    return str(answer["status"])


def _hold_starved(bench: Bench, answer: dict[str, Any]) -> None:
    stands, code = bench.hold_whole(), answer["status"]
    assert code in (0, 1, 3), answer
    if bench.case.code == 0:
        assert stands in {0: ("new", "both"), 3: ("new", "both"), 1: ("old", "both")}[code], (stands, answer)
    bench.recover()


@contextmanager
def small_disk(bench: Bench, size: int) -> Iterator[bool]:
    """A file system of this size at the output folder and the scratch folder; False where none can be mounted."""
    work = bench.work
    done = subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(work)], capture_output=True,
                          check=False)
    if done.returncode != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["/bin/umount", str(work)], check=True)


def fill_disk(bench: Bench, rng: Random) -> str | None:
    """Let the disk be full at some point, then give it room: what stood; None where no disk can be mounted."""
    need = sum(path.stat().st_size for path in bench.kept.rglob("*") if path.is_file())
    with small_disk(bench, need + (rng.randint(8, 4096) << 10)) as mounted:
        if not mounted:
            return None
        bench.restore()
        answer = bench.command(bench.case.arguments, largest=1 << 40)
        stands = bench.hold_whole()
        subprocess.run(["/bin/mount", "-o", "remount,size=1g", str(bench.work)], check=True)
        _hold_starved(bench, answer)
    return stands


def state_of(warehouse: Path) -> tuple[object, object, object]:
    """Target, loaded versions and held contents, by paths and values; empty where there is none."""
    nothing: tuple[object, object, object] = ((), (), ())
    if not warehouse.exists() or warehouse.stat().st_size < HEADERS:  # its making was cut short
        return nothing
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        for file in (warehouse, warehouse.with_name(warehouse.name + ".wal")):  # looked at aside: to look is to recover
            if file.exists():
                shutil.copy(file, folder)
        connection.execute(f"ATTACH '{Path(folder, warehouse.name)}' AS w")
        tables = {row[0] for row in connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'w'").fetchall()}
        if "etl.file_version" not in tables:
            return nothing
        loaded = connection.execute("SELECT path, fingerprint FROM w.etl.loaded_version ORDER BY ALL").fetchall()
        held = connection.execute("SELECT path, content FROM w.etl.hold ORDER BY ALL").fetchall() if (
            "etl.hold" in tables) else []
        target = connection.execute(
            "SELECT t.* EXCLUDE (_version, _row), v.path, t._row FROM w.main.t AS t JOIN w.etl.file_version AS v "
            "ON v.version_id = t._version ORDER BY ALL").fetchall() if "main.t" in tables else []
    return tuple(target), tuple(loaded), tuple(held)


def downgraded(warehouse: Path) -> None:
    """Bring a warehouse back to the first revision."""
    script = ("import sys, pathlib\nfrom etl.config import Settings\nfrom etl.warehouse import open_warehouse\n"
              "from etl.warehouse.migrate import migrate\n"
              "with open_warehouse(pathlib.Path(sys.argv[1]), Settings(), write=True) as w: migrate(w, '0001')")
    subprocess.run([sys.executable, "-c", script, str(warehouse)], cwd=HOUSE, check=True)
