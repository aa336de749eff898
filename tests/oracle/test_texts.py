"""The oracle's names and files are right on what was worked by hand, and come back from their own text."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import Definition, Style, Table, derive, names
from oracle.tables import APPEND, table


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("A, b ,\u00a0c\t", "a b c"),
        ("É,e\u0301", "é é_2"),
        ("a,A,a", "a a_2 a_3"),
        ("a,a,a_2", "a a_3 a_2"),
        ("x,,", "x column_2 column_3"),
        (",column_1", "column_1_2 column_1"),
        ("_row,_VERSION", "_row_2 _version_2"),
        ("_row,_row_2,_row", "_row_3 _row_2 _row_4"),
    ],
)
def test_names_of_columns(header: str, expected: str) -> None:
    """Doubled, empty and reserved names make way for stated ones."""
    assert [name.match for name in names.of_header(header.split(","))] == expected.split()


def test_shown_names() -> None:
    """Under `keep` a column is spelled as it first appears in the order of the paths."""
    files = {"b.csv": table("ID,Name", "1,x"), "a.csv": table(" Id ,other", "1,x")}
    assert list(derive(files, Definition(names="keep")).shown.values()) == ["Id", "other", "Name"]
    assert list(derive(files, Definition()).shown.values()) == ["id", "other", "name"]



CELLS = st.one_of(st.none(), st.text(st.sampled_from('ab ,;"\n\r\t\u00a0é'), max_size=5))
STYLES = st.builds(
    Style,
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoted=st.booleans(),
    byte_order_mark=st.booleans(),
    last_end=st.booleans(),
    blanks=st.frozensets(st.integers(0, 4)),
)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.builds(
        Table,
        st.tuples(*[st.sampled_from(["a", "b\nb", "c,c"])] * width),
        st.lists(st.tuples(*[CELLS] * width), max_size=4).map(tuple),
        STYLES,
    )
)


@settings(max_examples=200)
@given(TABLES)
def test_a_file_says_its_table(written: Table) -> None:
    """Python's own reader finds the table in the bytes, and its lines are those that were counted."""
    text = written.content().decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=written.style.delimiter, strict=True)
    records = [tuple(record) for record in reader]
    if len(written.header) == 1:
        records = [record or ("",) for record in records]
    assert [record for record in records if record] == [
        tuple(cell or "" for cell in row) for row in (written.header, *written.rows)
    ]
    lines = written.lines()
    ends = len(re.findall(r"\r\n|\r|\n", text))
    assert lines.lines == ends + (not text.endswith(("\r", "\n")))
    assert lines.lines == lines.header + lines.blank + len(written.rows) + lines.continuation


def test_null_and_the_empty_string_are_told_apart() -> None:
    """An unquoted empty cell is NULL, `""` is not; white space alone is NULL where cells are trimmed."""
    written = Table(("a", "b"), ((None, ""), (" ", "\u00a0x\u00a0")))
    assert written.content() == 'a,b\n,""\n ,\u00a0x\u00a0\n'.encode()
    trimmed = derive({"a.csv": written}, APPEND)
    assert [trimmed.values(row) for row in trimmed.rows] == [(None, ""), (None, "x")]
    whole = derive({"a.csv": written}, Definition(trim=False))
    assert [whole.values(row) for row in whole.rows] == [(None, ""), (" ", "\u00a0x\u00a0")]
    spelled = derive({"a.csv": written}, Definition(nulls=("", "x")))
    assert [spelled.values(row) for row in spelled.rows] == [(None, None), (None, None)]
