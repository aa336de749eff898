"""The log of a load: one line an event, as text or JSON, for who collects logs.

A log is made from what the load reports and returns; nothing in the library logs. It does not share standard error with
anything: without a file of its own it takes the place of progress, summary and sentences there, so that every line of
it can be parsed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from etl.cli.encode import json_object, text_of
from etl.cli.printable import printable
from etl.cli.streams import tell
from etl.errors import EtlError, ExportPending, LoadFailed, Problem, StorageError, UsageError
from etl.result import Load, Phase, Progress, Report
from etl.version import VERSION

_PLAIN = re.compile(r'[^\s"=]+')


class Log:
    """Takes events. One that cannot be written ends the log, not the load."""

    def __init__(self, form: str, stream: TextIO | None, *, alone: bool = False) -> None:
        """Write to `stream`; None is no log. `alone` says that standard error is its own."""
        self.alone = alone
        self._line = _json_line if form == "json" else _text_line
        self._stream = stream

    def event(self, level: str, name: str, **facts: object) -> None:
        """Write one event: its time (UTC), level, name and facts."""
        if self._stream is None:
            return
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        try:
            self._stream.write(self._line(now, level, name, facts) + "\n")
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._stream = None
            if not self.alone:
                tell(f"The log ends here, and the load goes on: {printable(str(error))}.", "yellow")

    def watching(self, report: Report) -> Report:
        """The same report, with an event for each phase that is seen first."""
        seen: Phase | None = None

        def both(progress: Progress) -> None:
            nonlocal seen
            if progress.phase != seen:
                seen = progress.phase
                self.event("info", "phase", phase=seen)
            report(progress)

        return report if self._stream is None else both

    def started(self, warehouse: str, *, planned: bool) -> None:
        """What was asked for."""
        command = click.get_current_context()
        words = ("source_dir", "sources", "table", "files", "load", "output", "strategy", "key")
        stated = {word: command.params.get(word) for word in words}
        self.event("info", "load.started", command=command.info_name, plan=planned, version=VERSION,
                   process=os.getpid(), warehouse=warehouse,
                   **{word: value for word, value in stated.items() if value not in (None, ())})

    def finished(self, load: Load) -> None:
        """The books of each file, the warnings, and what the load came to."""
        for file in load.files:
            self.event("info", "file", **asdict(file))
        for warning in load.warnings:
            self._problem("warning", "warning", warning)
        for problem in load.problems:
            self._problem("warning", "file.left_out", problem)
        for reject in load.rejects:
            self._problem("warning", "reject", reject)
        self.event("info", "load.finished", load_id=load.load_id, dataset=load.dataset, warehouse=load.warehouse,
                   status=load.status, records=load.records, versions=load.versions, new=len(load.new),
                   changed=len(load.changed), gone=len(load.gone), as_loaded=load.unchanged, **asdict(load.target),
                   rejected=sum(file.rejected for file in load.files), output=load.output,
                   seconds=round(load.seconds, 3))

    def failed(self, error: BaseException, *, loaded: bool) -> None:
        """The problems of a load that failed, and why it did; or what went wrong after it was `loaded`."""
        load_id = error.load_id if isinstance(error, LoadFailed) else None
        for problem in error.problems if isinstance(error, LoadFailed) else ():
            self._problem("error", "problem", problem)
        for note in getattr(error, "__notes__", ()):
            self.event("warning", "warning", message=note)
        if isinstance(error, KeyboardInterrupt):
            self.event("error", "load.interrupted", loaded=loaded)
            return
        pending = loaded or isinstance(error, ExportPending)
        self.event("error", "output.failed" if pending else "load.failed", load_id=load_id,
                   error=type(error).__name__, message=str(error),
                   exit_code=error.exit_code if isinstance(error, EtlError) else 1)

    def _problem(self, level: str, name: str, problem: Problem) -> None:
        self.event(level, name, **{word: value for word, value in asdict(problem).items()
                                   if value is not None and word != "whole_file"})


@contextmanager
def logged(stated: Mapping[str, Any]) -> Iterator[Log]:
    """The log that the options ask for.

    Raises:
        UsageError: Progress is to stand where the log does.
        StorageError: The file cannot be written to.
    """
    form, path = stated["log_format"], stated["log_file"]
    if path is None:
        if form is not None and stated["progress"] in ("plain", "json"):
            raise UsageError(f"--log-format and --progress {stated['progress']} both want standard error; give the log "
                             "a file of its own with --log-file, or leave one out.")
        yield Log(form or "text", None if form is None else sys.stderr, alone=form is not None)
        return
    try:
        stream = path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise StorageError(f"The log {path} cannot be written: {error.strerror or error}. Nothing was done.") from error
    try:
        yield Log(form or "text", stream)
    finally:
        with contextlib.suppress(OSError):
            stream.close()



def _json_line(now: str, level: str, name: str, facts: Mapping[str, object]) -> str:
    return json_object([("time", now), ("level", level), ("event", name), *facts.items()])


def _text_line(now: str, level: str, name: str, facts: Mapping[str, object]) -> str:
    said = " ".join(f"{word}={_value(value)}" for word, value in facts.items() if value is not None)
    return f"{now} {level.upper():7} {name} {said}".rstrip()


def _value(value: object) -> str:
    text = printable(",".join(map(text_of, value)) if isinstance(value, tuple) else text_of(value))
    return text if _PLAIN.fullmatch(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
