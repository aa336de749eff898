"""Progress: shown at the pace of whoever watches, never at the cost of the load."""

from __future__ import annotations

import io
import json
import sys
import time
from dataclasses import fields

import pytest

from cli.stand_in import Etl, Library, books, load
from etl.cli.progress import Bar, PlainLines, Watch, clock, counted, shown, sized
from etl.result import Load, Progress, Report


def reporting(*, report: Report, **_named: object) -> Load:
    """A load of one phase."""
    report(Progress("stage", files=1, files_total=2, bytes=10, bytes_total=20, rows=5))
    return load(books("a.csv"))


def test_json_lines_parse(etl: Etl, library: Library) -> None:
    """Each line is an object with the fields of Progress and the seconds; a short load has one line too."""
    library.answer = lambda *_positional, **named: reporting(**named)
    answer = etl("run", "--progress", "json")
    lines = [line for line in answer.err.splitlines() if line.startswith("{")]
    assert lines
    for line in lines:
        assert set(json.loads(line)) == {field.name for field in fields(Progress)} | {"seconds"}
    assert json.loads(lines[-1])["rows"] == 5
    assert answer.out == "ETL complete: 3 records from 1 files\n"


@pytest.mark.parametrize("arguments", [["--progress", "none"], ["--progress", "json", "--quiet"]])
def test_none_and_quiet_show_nothing(etl: Etl, library: Library, arguments: list[str]) -> None:
    """Who does not want to watch is not shown anything."""
    library.answer = lambda *_positional, **named: reporting(**named)
    assert "{" not in etl("run", *arguments).err


def test_plain_lines_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    """One line when a phase is seen first, and one every two seconds while it lasts."""
    view = PlainLines()
    for second in range(10):
        view.show(Progress("read" if second < 5 else "merge", files=second, files_total=9), second)
    assert capsys.readouterr().err.splitlines() == [
        "Reading files: 0/9 files (0 s)", "Reading files: 2/9 files (2 s)", "Reading files: 4/9 files (4 s)",
        "Merging: 5/9 files (5 s)", "Merging: 7/9 files (7 s)", "Merging: 9/9 files (9 s)",
    ]


def test_a_short_load_shows_no_plain_line(etl: Etl, library: Library) -> None:
    """What is over within a second needs no progress."""
    library.answer = lambda *_positional, **named: reporting(**named)
    assert "Staging" not in etl("run", "--progress", "plain").err


def test_a_report_costs_next_to_nothing() -> None:
    """A hundred thousand reports are taken in well under a second: rendering happens elsewhere."""
    with shown("plain") as report:
        started = time.perf_counter()
        for rows in range(100_000):
            report(Progress("stage", rows=rows))
        assert time.perf_counter() - started < 1


def test_a_display_that_breaks_does_not_break_the_load(capsys: pytest.CaptureFixture[str]) -> None:
    """A load does not fail because it cannot be watched, and nothing is printed of it."""

    class Broken(PlainLines):
        every = 0.01

        def show(self, progress: Progress, seconds: float) -> None:
            raise OSError(progress, seconds)

    watch = Watch(Broken())
    watch(Progress("stage"))
    time.sleep(0.05)
    watch.stop()
    assert capsys.readouterr().err == ""


def test_a_bar_is_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal of 80 columns the bar takes one line, and goes."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    bar = Bar()
    bar.show(Progress("stage", 4980, 9980, 1_200_000_000, 3_400_000_000, 123_456_789), 12.0)
    bar.show(Progress("merge", rows=7), 13.0)
    bar.close(None, 14.0)
    drawn = terminal.getvalue()
    assert "4,980/9,980 files, 1.2/3.4 GB, 123,456,789 rows" in drawn
    assert "Merging" in drawn
    assert "\x1b[3" not in drawn
    assert drawn.endswith(("\x1b[2K", "\x1b[?25h"))


def test_amounts_in_words() -> None:
    """What is unknown is left out, and units fit the larger number."""
    assert counted(Progress("commit")) == ""
    assert counted(Progress("discover", files=1)) == "1 file"
    assert (sized(5, 999), sized(0, 1000), sized(400_000_000, 1_200_000_000)) == ("5/999 B", "0.0/1.0 kB", "0.4/1.2 GB")
    assert (sized(1_500, 0), clock(12.9), clock(3723)) == ("1.5 kB", "0:12", "1:02:03")
