"""Listings: a table for people, CSV, JSON and Markdown for programs, and nothing lost in any of them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from cli.stand_in import Etl, Library, listing
from etl.cli.encode import json_of, text_of
from etl.cli.listing import rendered
from etl.cli.printable import cells
from etl.config import Reading
from etl.errors import StorageError
from etl.result import Listing

HOSTILE = '\x1b[31m|x\r\n,"q"\x9b2J<b>'
TABLE = listing("sources: 2 files", ("path", "rows"), [("a.csv", 3), (None, 12), ("", 0)], ("A note.",))


def test_a_table_lines_up(etl: Etl, library: Library) -> None:
    """Texts to the left, numbers to the right, the title above and the notes below."""
    library.answer = TABLE
    answer = etl("status")
    assert answer.out.splitlines() == ["sources: 2 files", "path   rows", "-----  ----", "a.csv     3", "         12",
                                       "          0", "A note."]
    assert answer.err == ""


def test_csv_keeps_null_apart_from_the_empty_text(etl: Etl, library: Library) -> None:
    """NULL is an unquoted empty cell, the empty text is quoted; notes go to standard error."""
    library.answer = TABLE
    answer = etl("sql", "SELECT 1", "--format", "csv")
    assert (answer.out, answer.err) == ('path,rows\na.csv,3\n,12\n"",0\n', "A note.\n")


def test_json_is_one_array_of_objects(etl: Etl, library: Library) -> None:
    """One object a line, numbers exact, dates as text, and doubled names kept apart."""
    library.answer = listing("", ("n", "n", "d", "f", "t"), [
        (Decimal("12345678901234567890.10"), 2**100, date(2024, 1, 31), 1e22, True),
        (None, -1, None, float("nan"), False),
    ])
    answer = etl("sql", "SELECT 1", "--format", "json")
    assert answer.out == ('[{"n": 12345678901234567890.10, "n_2": 1267650600228229401496703205376, '
                          '"d": "2024-01-31", "f": 1e+22, "t": true},\n'
                          ' {"n": null, "n_2": -1, "d": null, "f": null, "t": false}]\n')
    assert json.loads(answer.out)[0]["n_2"] == 2**100
    library.answer = listing("", ("n",), [])
    assert etl("sql", "SELECT 1", "--format", "json").out == "[]\n"


def test_several_listings_are_one_document(etl: Etl, library: Library) -> None:
    """In JSON an array under each title; in a table one below the other."""
    library.answer = (TABLE, listing("loads", ("id",), [(1,)]))
    document = json.loads(etl("status", "--format", "json").out)
    assert document["loads"] == [{"id": 1}]
    assert document["sources: 2 files"][0] == {"path": "a.csv", "rows": 3}
    assert "\n\nloads\nid\n--\n 1\n" in etl("status").out


def test_markdown_cells_cannot_leave_their_cell(etl: Etl, library: Library) -> None:
    """Bars, line ends and tags of a value are spelt out."""
    library.answer = listing("", ("a", "b"), [(HOSTILE, 1)])
    lines = etl("sql", "SELECT 1", "--format", "markdown").out.splitlines()
    assert lines == ["| a | b |", "| --- | ---: |", r'| \\x1b[31m\|x\\r\\n,"q"\\x9b2J&lt;b&gt; | 1 |']


@pytest.mark.parametrize("form", ["table", "json", "markdown"])
def test_no_format_lets_an_escape_sequence_through(etl: Etl, library: Library, form: str) -> None:
    """Values come from files, and a terminal would obey them."""
    library.answer = listing(HOSTILE, (HOSTILE,), [(HOSTILE,)], (HOSTILE,))
    answer = etl("sql", "SELECT 1", "--format", form)
    assert all(line.isprintable() for line in (answer.out + answer.err).splitlines())
    if form == "json":
        assert json.loads(answer.out) == [{HOSTILE: HOSTILE}]


@pytest.mark.parametrize("row", [
    ("x" * 300, 5), ("\u6f22" * 200, 5), ("short", "y" * 500), tuple(range(40)), ("ab" * 30,) * 30, ("",) * 60,
])
def test_a_table_holds_in_80_columns_and_loses_nothing(row: tuple[object, ...]) -> None:
    """Long texts are folded, many columns become records, and every character is still there."""
    headings = tuple(f"c{number}" for number in range(len(row)))
    lines = list(rendered([listing("", headings, [row])], "table", 80))
    assert all(cells(line) <= 80 for line in lines)
    for value in {str(value) for value in row}:
        shown = "".join(line for line in lines)
        assert all(shown.count(character) >= value.count(character) for character in value)


def test_an_empty_listing_has_its_headings_or_its_note() -> None:
    """Nothing found is said by the note where there is one, and is an empty table elsewhere."""
    assert list(rendered([listing("", ("a",), [])], "table", 80)) == ["a", "-"]
    assert list(rendered([listing("", ("a",), [], ("No loads yet.",))], "table", 80)) == ["No loads yet."]


def test_values_as_duckdb_prints_them() -> None:
    """Times without digits that are not there, nested values as JSON, bytes as hexadecimal."""
    moment = datetime(2024, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)
    assert text_of(moment) == "2024-01-31 10:00:00.5+00:00"
    assert text_of(moment.replace(tzinfo=None, microsecond=0)) == "2024-01-31 10:00:00"
    assert (text_of(time(1, 2)), text_of(b"\x00\xff"), text_of(None, "NULL")) == ("01:02:00", "00ff", "NULL")
    assert text_of({"a": [Decimal("1.10"), None, moment]}) == '{"a": [1.10, null, "2024-01-31 10:00:00.5+00:00"]}'
    assert json_of(UUID(int=1)) == '"00000000-0000-0000-0000-000000000001"'
    assert (json_of(Decimal("1E+3")), json_of(Decimal("NaN")), json_of(10**400)) == ("1000", "null", "1" + "0" * 400)


def test_each_command_calls_its_function(etl: Etl, library: Library) -> None:
    """The commands that look hand on what was stated, and the defaults where nothing was."""
    library.answer = TABLE
    default = Path("data/etl_output.duckdb")
    for arguments, call in [
        (["status"], ("status", (default, None, 5.0))),
        (["status", "t", "--warehouse", "w.db", "--lock-timeout", "0"], ("status", (Path("w.db"), "t", 0.0))),
        (["history", "t"], ("history", (default, "t", 5.0))),
        (["rejects", "--load", "3"], ("rejects", (default, 3, 5.0))),
        (["sql", "SELECT 1"], ("query", (default, "SELECT 1", 5.0))),
        (["inspect", "a.csv", "--delimiter", ";", "--no-header"],
         ("file", (Path("a.csv"), Reading(delimiter=";", header=False)))),
    ]:
        assert etl(*arguments).code == 0
        assert library.calls.pop() == (*call, {})


def test_export_counts_its_records(etl: Etl, library: Library) -> None:
    """What was exported is said on standard error, which leaves standard output to `-`."""
    library.answer = 1234
    answer = etl("export", "sources", "out.csv", "--lineage")
    assert (answer.out, answer.err) == ("", "Exported 1,234 records of sources to out.csv.\n")
    assert library.calls == [("export_table",
                              (Path("data/etl_output.duckdb"), "sources", "out.csv", True, 5.0, None), {})]
    assert etl("export", "sources", "-").err.endswith("to standard output.\n")
    assert library.calls[1][1][-1] is not None


@pytest.mark.parametrize(("name", "start"), [("r.csv", "path,rows\n"), ("r.JSON", '[{"path": "a.csv", "rows": 3},\n')])
def test_rejects_are_written_whole_or_not_at_all(etl: Etl, library: Library, tmp_path: Path, name: str,
                                                 start: str) -> None:
    """By the extension; under another name until it is complete."""
    library.answer = TABLE
    answer = etl("rejects", "--output", str(tmp_path / name))
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    library.answer = listing("", ("a", "b"), [("1", "2"), ("too", "many", "cells")])
    (tmp_path / "r.json").write_text("before", encoding="utf-8")
    assert etl("rejects", "--output", str(tmp_path / "r.json")).code == 1
    assert (tmp_path / "r.json").read_text(encoding="utf-8") == "before"
    assert len(list(tmp_path.iterdir())) <= 2


def test_rejects_refuses_what_it_cannot_write(etl: Etl, library: Library, tmp_path: Path) -> None:
    """An unknown extension and a doubled format are usage errors; a missing folder is a sentence."""
    library.answer = TABLE
    assert etl("rejects", "--output", "r.xlsx").code == 2
    assert etl("rejects", "--output", "r.csv", "--format", "json").code == 2
    assert library.calls == []
    answer = etl("rejects", "--output", str(tmp_path / "no" / "r.csv"))
    assert answer.code == StorageError.exit_code
    assert "r.csv could not be written: No such file or directory." in answer.err


def test_a_long_reason_is_not_folded_into_a_narrow_column() -> None:
    """Where a text would stand in many lines of a few letters, each row is shown as lines of heading and value."""
    reason = "found 1 cell, expected 2; " * 4
    found = Listing("", tuple("abcdefg"), (("a.csv", "x" * 8, "y" * 8, "z" * 8, "u" * 8, reason, "v" * 8),))
    lines = list(rendered([found], "table", 80))
    assert lines[0] == "-- row 1"
    assert max(map(len, lines)) <= 80
    short = Listing("", ("a", "b"), (("x" * 60, "y" * 60),))
    assert next(iter(rendered([short], "table", 80))).startswith("a ")
