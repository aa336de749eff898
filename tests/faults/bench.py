"""Commands that write, each from a prepared state; what is struck must be the old state or the new one, and recover."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from etl.warehouse.attach import HEADERS
from faults.cases import CASES, CONTENTS

HOUSE = Path(__file__).parents[2]
LEFT = "files of ours are left"
PAGE = 4096


@dataclass(frozen=True)
class Seen:
    """A state as it is seen from outside."""

    target: object
    loaded: object
    held: object
    exported: bytes | None
    beside: dict[str, bytes]

    @property
    def state(self) -> tuple[object, object, object]:
        """What the warehouse holds."""
        return self.target, self.loaded, self.held


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
        measured = self.command(self.case.arguments, count=str(home / "count"), measured=str(self.work))
        self.seconds, self.largest, self.peak = (measured[word] for word in ("seconds", "largest", "peak"))
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
        beside = {path: (self.work / path).read_bytes() for path in self.listed()
                  if (self.work / path).is_file() and not ours(path) and path != self.case.output}
        return Seen(*state_of(self.work / self.case.warehouse), exported, beside)

    def listed(self) -> set[str]:
        """Files outside the sources, the scratch folder's among them."""
        return {path.relative_to(self.work).as_posix() for folder in ("out", "tmp")
                for path in (self.work / folder).rglob("*")}

    def recover(self) -> None:
        """The same command again, and a run where it was another one: then all is as if nothing had happened."""
        self.command(self.case.arguments, codes=(self.case.code, self.case.again))
        found = self.seen()
        assert found.state == self.new.state
        assert found.beside == self.new.beside
        if found.exported != self.new.exported or self.listed() != self.files:
            self.command(self.case.run if self.case.changes else self.case.arguments, codes=(self.case.code,))
            found = self.seen()
        assert found.exported == self.new.exported, "the output was not repaired"
        assert self.listed() == self.files, f"{LEFT}: {self.listed() ^ self.files}"

    def hold_whole(self) -> str:
        """Which state stands: the old or the new one, whole, in the warehouse and in the output each."""
        if not self.case.changes:
            kept, stands = ((place / self.case.warehouse).read_bytes() for place in (self.kept, self.work))
            assert kept == stands, "a command that only reads has changed the warehouse"
        now = self.seen()
        is_old, is_new = now.state == self.old.state, now.state == self.new.state
        assert is_old or is_new, "neither the old state nor the new one"
        assert now.exported in (self.old.exported, self.new.exported), "half an export"
        assert now.beside in (self.old.beside, self.new.beside), f"half of {sorted(now.beside)}"
        return "both" if is_old and is_new else "old" if is_old else "new"


def ours(path: str) -> bool:
    """Whether a file is the warehouse, or one that is written aside."""
    return any(part.startswith(".etl-") for part in Path(path).parts) or ".duckdb" in path


def kill(bench: Bench, rng: Random, number: int = signal.SIGKILL) -> str:
    """Strike a command at a step or at a moment: what stood then."""
    bench.restore()
    where: dict[str, Any] = {"step": rng.randint(1, bench.steps)} if rng.random() < 0.5 else {
        "after": rng.random() * bench.seconds * 1.1}
    answer = bench.command(bench.case.arguments, signal=int(number), **where)
    try:
        stands, code = bench.hold_whole(), answer["status"]
        if number == signal.SIGKILL:
            assert code in (-number, bench.case.code), "another exit code"
        else:
            assert code in (130, 3, bench.case.code), "another exit code"
            assert stands in (("old", "both") if code == 130 else ("new", "both")), stands
        bench.recover()
    except AssertionError as error:
        error.add_note(f"struck {where}: {answer}")
        raise
    return f"exit {code}, {stands}"


def starve(bench: Bench, rng: Random) -> str:
    """Let no file grow past a size below that of the largest one that the command makes: its exit code, what stood."""
    bench.restore()
    largest = int(math.exp(rng.uniform(math.log(PAGE), math.log(bench.largest))))
    return _held_starved(bench, bench.command(bench.case.arguments, largest=largest), f"no file past {largest}")


def _held_starved(bench: Bench, answer: dict[str, Any], how: str) -> str:
    struck = ", its .wal left" if (bench.work / f"{bench.case.warehouse}.wal").exists() else ""
    try:
        stands, code = bench.hold_whole(), answer["status"]
        assert code in (0, 1, 3), "another exit code"
        if bench.case.code == 0:
            assert stands in {0: ("new", "both"), 3: ("new", "both"), 1: ("old", "both")}[code], stands
        bench.recover()
    except AssertionError as error:
        error.add_note(f"{how}: {answer}")
        raise
    return f"exit {code}, {stands}{struck}"


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
    """Let the disk be full at some point, then give it room: exit code, what stood; None where none can be mounted."""
    need = sum(-(-path.stat().st_size // PAGE) * PAGE for path in bench.kept.rglob("*") if path.is_file())
    room = int(rng.random() ** 2 * max(bench.peak - need, PAGE) / PAGE + 1) * PAGE
    with small_disk(bench, need + room) as mounted:
        if not mounted:
            return None
        bench.restore()
        answer = bench.command(bench.case.arguments, largest=1 << 40)
        subprocess.run(["/bin/mount", "-o", "remount,size=1g", str(bench.work)], check=True)
        return _held_starved(bench, answer, f"room for {room}")


def state_of(warehouse: Path) -> tuple[object, object, object]:
    """Target, loaded versions and held contents, by paths and values; empty where there is none."""
    nothing: tuple[object, object, object] = ((), (), ())
    if not warehouse.exists() or warehouse.stat().st_size < HEADERS:  # its making was cut short
        return nothing
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as connection:
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
