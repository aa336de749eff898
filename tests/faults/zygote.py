"""A process that has everything imported and nothing open: it forks a child for each command, and strikes it.

It takes one request a line on standard input, as JSON, and answers each with one line. It stands alone, so that no
thread and no connection of the tests is ever forked.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401  imported before the fork, like all that follows
import duckdb  # noqa: F401
import duckdb_sqlalchemy  # noqa: F401
import python_calamine  # noqa: F401
import zstandard  # noqa: F401

import etl.inspect
import etl.ledger.tables
import etl.load
import etl.warehouse.alchemy
from etl.cli.door import execute
from etl.warehouse import scratch
from etl.warehouse.interrupt import Worker

with contextlib.suppress(ImportError):  # what is optional
    import etl.report.page  # noqa: F401

LONGEST_SECONDS = 120
PAGE = 4096
LISTENED = (signal.SIGINT, signal.SIGTERM)


class Steps:
    """Counts what a command does: statements, and calls that change files. At one of them it strikes."""

    def __init__(self, at: int, number: int) -> None:
        """Strike with signal `number` before step `at`; 0 is never."""
        self.done = 0
        self.at = at
        self.number = number

    def count(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, counted."""

        def counted(*positional: Any, **named: Any) -> Any:
            self.done += 1
            if self.done == 1:  # by now the command listens to signals
                signal.pthread_sigmask(signal.SIG_UNBLOCK, LISTENED)
            if self.done == self.at:
                os.kill(os.getpid(), self.number)
            return call(*positional, **named)

        return counted


def child(asked: dict[str, Any]) -> int:
    """Run one command in the child; the exit code."""
    os.chdir(asked["folder"])
    for number, name in ((1, "output"), (2, "error")):
        os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
    tempfile.tempdir = asked["temp"]
    scratch.YOUNG_SECONDS = 0  # each command stands for one of another time
    steps = Steps(asked.get("step", 0), asked.get("signal", signal.SIGKILL))
    Worker.do = steps.count(Worker.do)  # type: ignore[method-assign]
    for owner, name in ((Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (os, "fsync"), (os, "open")):
        setattr(owner, name, steps.count(getattr(owner, name)))
    if "largest" in asked:
        import resource  # noqa: PLC0415  not everywhere

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"], asked["largest"]))
    code = execute(asked["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    if "count" in asked:
        Path(asked["count"]).write_text(str(steps.done), encoding="ascii")
    return code


class Measure:
    """The largest file and the most room that a command takes in a folder, as they are seen while it works."""

    def __init__(self, folder: str | None) -> None:
        """Measure nothing where there is no folder."""
        self.folder = folder
        self.largest = self.peak = 0

    def look(self) -> None:
        """Look once."""
        if self.folder is None:
            return
        sizes = [0]
        for above, _, names in os.walk(self.folder):
            for name in names:
                with contextlib.suppress(OSError):
                    sizes.append(Path(above, name).stat().st_size)
        self.largest = max(self.largest, *sizes)
        self.peak = max(self.peak, sum(-(-size // PAGE) * PAGE for size in sizes))


def strike(process: int, asked: dict[str, Any], measure: Measure) -> int:
    """Wait for the child, and strike it where a moment is given; its status."""
    began = time.monotonic()
    struck = False
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        passed = time.monotonic() - began
        measure.look()
        if found:
            return os.waitstatus_to_exitcode(status)
        if not struck and "after" in asked and passed >= asked["after"]:
            os.kill(process, asked["signal"])
            struck = True
        if passed > LONGEST_SECONDS:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.001)


def main() -> None:
    """Serve until standard input ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored otherwise
    for line in sys.stdin:
        asked = json.loads(line)
        began = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, LISTENED)
        process = os.fork()
        if process == 0:
            code = 70
            try:
                code = child(asked)
            finally:
                os._exit(code)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, LISTENED)
        measure = Measure(asked.get("measured"))
        answer = {"status": strike(process, asked, measure), "seconds": time.monotonic() - began,
                  "largest": measure.largest, "peak": measure.peak}
        print(json.dumps(answer), flush=True)  # noqa: T201  the answer


if __name__ == "__main__":
    main()
