"""Progress on standard error: a bar, plain lines, JSON lines, or none.

The library reports as often as it likes: a report only leaves its numbers behind, and a thread of its own shows the
latest ones a few times a second. A load that is done before the first look shows none and does not pay for rich.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal, Protocol

from etl.cli.streams import tell
from etl.errors import count
from etl.result import Phase, Progress, Report, silent

if TYPE_CHECKING:
    import rich.progress

Mode = Literal["auto", "plain", "json", "none"]

WORDS: dict[Phase, str] = {
    "discover": "Finding files",
    "read": "Reading files",
    "stage": "Staging",
    "types": "Finding types",
    "merge": "Merging",
    "check": "Checking books",
    "export": "Exporting",
    "commit": "Committing",
}

BAR_EVERY = 0.2
PLAIN_EVERY = 1.0
PLAIN_WITHIN_A_PHASE = 2.0
JSON_EVERY = 0.25


class View(Protocol):
    """A way of showing progress."""

    every: float

    def show(self, progress: Progress, seconds: float) -> None:
        """Show the latest progress, so many seconds after the start."""

    def close(self, progress: Progress | None, seconds: float) -> None:
        """Show the last progress, or take away what is not to stay."""


@contextmanager
def shown(mode: Mode) -> Iterator[Report]:
    """Show what is reported for as long as the context lasts."""
    view = _view(mode)
    if view is None:
        yield silent
        return
    watch = Watch(view)
    try:
        yield watch
    finally:
        watch.stop()


def _view(mode: Mode) -> View | None:
    if mode == "none":
        return None
    if mode == "json":
        return JsonLines()
    live = mode == "auto" and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return Bar() if live else PlainLines()


class Watch:
    """Takes reports from the load and shows the latest, at the pace of the view."""

    def __init__(self, view: View) -> None:
        """Start to look."""
        self._view = view
        self._started = time.monotonic()
        self._latest: Progress | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, name="etl-progress", daemon=True)
        self._thread.start()

    def __call__(self, progress: Progress) -> None:
        """Leave the numbers behind: a load never waits for its display."""
        self._latest = progress

    def _look(self) -> None:
        while not self._stopped.wait(self._view.every):
            try:
                if self._latest is not None:
                    self._view.show(self._latest, time.monotonic() - self._started)
            except Exception:  # noqa: BLE001, a load does not fail because it cannot be watched
                return

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._view.close(self._latest, time.monotonic() - self._started)


class PlainLines:
    """A line when a phase is seen first, and every two seconds while it lasts."""

    every = PLAIN_EVERY

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._phase: Phase | None = None
        self._last = 0.0

    def show(self, progress: Progress, seconds: float) -> None:
        """Write a line where one is due."""
        if progress.phase == self._phase and seconds - self._last < PLAIN_WITHIN_A_PHASE:
            return
        self._phase, self._last = progress.phase, seconds
        amounts = counted(progress)
        tell(f"{WORDS[progress.phase]}{': ' if amounts else ''}{amounts} ({seconds:.0f} s)")

    def close(self, _progress: Progress | None, _seconds: float) -> None:
        """Lines stay."""


class JsonLines:
    """One JSON object a line: the fields of Progress, and the seconds since the start."""

    every = JSON_EVERY

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._last: Progress | None = None

    def show(self, progress: Progress, seconds: float) -> None:
        """Write a line where something moved."""
        if progress != self._last:
            self._last = progress
            tell(json.dumps({**asdict(progress), "seconds": round(seconds, 3)}))

    def close(self, progress: Progress | None, seconds: float) -> None:
        """Write the last line, so that a short load has one too."""
        if progress is not None:
            self.show(progress, seconds)


class Bar:
    """A live bar, which goes when the load is over."""

    every = BAR_EVERY

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._live: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._phase: Phase | None = None

    def show(self, progress: Progress, seconds: float) -> None:
        """Move the bar to the latest numbers."""
        live = self._live or self._open()
        done, total = amount(progress)
        if self._task is None or progress.phase != self._phase:
            if self._task is not None:
                live.remove_task(self._task)
            self._phase = progress.phase
            self._task = live.add_task(WORDS[progress.phase], amounts="", times="")
        left = live.tasks[0].time_remaining if total else None
        times = clock(seconds) if left is None else f"{clock(seconds)}, {clock(left)} left"
        live.update(self._task, completed=done, total=total, amounts=counted(progress), times=times)
        live.refresh()

    def _open(self) -> rich.progress.Progress:
        # It takes a tenth of a second to import, which a short load does not pay.
        from rich import console, progress  # noqa: PLC0415

        self._live = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(bar_width=10),
            progress.TextColumn("{task.fields[amounts]}", markup=False),
            progress.TextColumn("{task.fields[times]}", markup=False),
            console=console.Console(stderr=True, highlight=False),
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )
        self._live.start()
        return self._live

    def close(self, _progress: Progress | None, _seconds: float) -> None:
        """Take the bar away."""
        if self._live is not None:
            self._live.stop()


def amount(progress: Progress) -> tuple[int, int | None]:
    """What is done and what there is to do: bytes where they are known, else files, else nobody knows."""
    if progress.bytes_total:
        return progress.bytes, progress.bytes_total
    if progress.files_total:
        return progress.files, progress.files_total
    return 0, None


def counted(progress: Progress) -> str:
    """`12/340 files, 1.2/3.4 GB, 1,234,567 rows`; what is unknown is left out."""
    parts = []
    if progress.files_total:
        parts.append(f"{progress.files:,}/{count(progress.files_total, 'file')}")
    elif progress.files:
        parts.append(count(progress.files, "file"))
    if progress.bytes_total or progress.bytes:
        parts.append(sized(progress.bytes, progress.bytes_total))
    if progress.rows:
        parts.append(count(progress.rows, "row"))
    return ", ".join(parts)


def sized(done: int, total: int) -> str:
    """Bytes of a total, both in the unit of the larger: `0.4/1.2 GB`."""
    size = float(max(done, total))
    unit, divisor = "B", 1
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000 * divisor:
            break
        unit, divisor = larger, divisor * 1000
    digits = 0 if divisor == 1 else 1
    have = f"{done / divisor:,.{digits}f}"
    return f"{have}/{total / divisor:,.{digits}f} {unit}" if total else f"{have} {unit}"


def clock(seconds: float) -> str:
    """`0:12`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
