"""What a person sees of conflicts, of a plan's values and columns, and of a command that found a difference."""

from __future__ import annotations

import json

from cli.stand_in import Etl, Library, books, listing, load
from etl.cli.summary import summary
from etl.result import (
    ColumnChange,
    Conflict,
    Conflicts,
    ConflictSample,
    FileEffect,
    UpdatedColumn,
    ValueChange,
)

SAMPLE = ConflictSample(("7", "x"), "new\x1b[2J", None)
CONFLICTS = Conflicts(1, (Conflict("b.csv", "a\x1b.csv", "n\x07", 1, (SAMPLE,)),))


def test_conflicts_stand_in_the_summary_only_when_there_are_any(etl: Etl, library: Library) -> None:
    """With column, both files, how many keys, and a sample; what came from files is made safe; --json has all."""
    assert not any("claimed" in line for line in summary(load(books("a.csv")), 80))
    lines = list(summary(load(books("a.csv"), conflicts=CONFLICTS), 80))
    place = lines.index("1 key is claimed by two files with different values:")
    assert lines[place + 1] == r"  n\x07: b.csv over a\x1b.csv, 1 key, as of '7', 'x': 'new\x1b[2J' over NULL"
    library.answer = load(books("a.csv"), conflicts=CONFLICTS)
    document = json.loads(etl("run", "--json", "--quiet").out)
    assert document["conflicts"]["keys"] == 1
    assert document["conflicts"]["found"][0]["samples"][0]["other"] is None


def test_a_plan_shows_values_columns_and_rows() -> None:
    """Old beside new, columns with their reason, and the files whose rows leave or come back."""
    said = list(summary(load(
        books("a.csv"), status="planned",
        structure=(ColumnChange("x", None, "BIGINT", "b.csv has it"), ColumnChange("y", "DATE", "VARCHAR", "a = 'q'"),
                   ColumnChange("z", "DATE", None, "no loaded file has it")),
        updates=(UpdatedColumn("n", 2, (ValueChange(("1",), None, "b"), ValueChange(("2",), "c", "d"))),),
        effects=(FileEffect("c.csv", 3, 0, 1),)), 80))
    for line in ("Column x is added as BIGINT: b.csv has it.", "Column y was DATE and becomes VARCHAR: a = 'q'.",
                 "Column z was DATE and goes: no loaded file has it.", "  c.csv: 3 removed, 1 restored",
                 "  n: 2 records, as of '1': NULL -> 'b'; '2': 'c' -> 'd'"):
        assert line in said


def test_verify_ends_with_1_where_something_differs(etl: Etl, library: Library) -> None:
    """The listing is on standard output either way."""
    headings = ("table", "what", "where", "should be", "is")
    library.answer = listing("Verified", headings, (), ("t: the same.",))
    assert etl("verify").code == 0
    library.answer = listing("Differences", headings, (("t", "target: row", "id = 1", "a row", "no row"),))
    answer = etl("verify", "t", "--files")
    assert (answer.code, "no row" in answer.out) == (1, True)
    assert library.calls[-1][2]["files"] is True


def test_why_takes_an_argument_a_column(etl: Etl, library: Library) -> None:
    """As they stand, also one that begins with a dash; the values in which a claim differs are marked."""
    library.answer = listing("Who claimed", ("wins", "path", "differs in", "values"), (
        (True, "a.csv", None, {"id": "1", "n": "x"}), (False, "b.csv", ["n"], {"id": "1", "n": None})))
    answer = etl("why", "t", "--", "a,b", "-5")
    assert library.calls[-1][1][1:4] == ("t", ("a,b", "-5"), None)
    assert "*n: NULL" in answer.out
    assert json.loads(etl("why", "t", "1", "--format", "json").out)[1]["differs in"] == ["n"]
