"""Kinds of cells: the lattice, and the macros in SQL held to the grammar in plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import kinds as oracle
from oracle.kinds import Digits, Type

from etl.sql_files import statement
from etl.structure import kinds
from etl.structure.kinds import Summary

LOOK_LONGER = settings(max_examples=10 * settings.default.max_examples)
WHITE_SPACE = " \t\n\v\f\r\u00a0"
NUMBER = kinds.INTEGER | kinds.FRACTION

NASTY = [
    *["", " ", "\u00a0", "\r\n", "0", "-0", "00", "007", "-7", "+7", "7.", ".7", "-.7", "7.0", "007.5", "0.0"],
    *["-0.0", "-0.00", "-0.50", "1e3", "1E3", "1_000", "1,000", "NaN", "nan", "inf", "-inf", "Infinity", "--1"],
    *["1.2.3", "0x10", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"],
    *["9" * 15, "9" * 16, str(2**127 - 1), str(2**127), str(-(2**127)), str(-(2**127) - 1), "1" + "0" * 38],
    *["1" + "0" * 400, "0." + "0" * 299 + "1", "0." + "0" * 300 + "1", "1" * 300 + ".0", "1" + "0" * 300 + ".0"],
    *["0.1234567890123456", "123456789012345.0", "1234567890123450.0", "-0.123456789012345", "0." + "1" * 38],
    *["1." + "0" * 50, "\u0663", "\uff11", "1\u0660", "1\n", "\n1", "1\0", "\x001", " 1", "1 ", "\u00a01", "1\u00a0"],
    *["\u20031", "\ufeff1", "true", "TRUE", "tRuE", "false", "t", "yes", "tru\u0435", "fal\u017fe", "true ", "truee"],
    *["1", "TRU\u00c9", "2024-02-29", "2023-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01"],
    *["2024-1-2", "24-01-02", "2024-01-02 ", " 2024-01-02", "2024/01/02", "2024-13-01", "2024-00-10", "-2024-01-02"],
    *["2024-01-02 (BC)", "infinity", "epoch", "today", "2024-01-02 24:00:00", "2024-01-02 23:59:60"],
    *["2024-01-02 10:00:00", "2024-01-02T10:00:00", "2024-01-02t10:00:00", "2024-01-02T10:00:00Z"],
    *["2024-01-02T10:00:00+02", "2024-01-02T10:00", "2024-01-02 10:00:00.1", "2024-01-02 10:00:00.123456"],
    *["2024-01-02 10:00:00.1234567", "2024-01-02 10:00:00.", "2023-02-29T10:00:00", "2024-01-02 10:00:00\n"],
    *["2024-01-02  10:00:00", "\U0001f600", "a\r\nb\rc\n\nd\r\r\n", "!"],
]

numbers = st.from_regex(r"0|-?[1-9][0-9]{0,45}|-?(0|[1-9][0-9]{0,45})\.[0-9]{1,45}", fullmatch=True)
instants = st.from_regex(
    r"(20|00|99)[0-9]{2}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,7})?)?", fullmatch=True)
spaces = st.text(WHITE_SPACE + "\u2003\ufeff", max_size=2)
likely = numbers | instants | st.sampled_from(NASTY)
around = st.tuples(spaces, likely, spaces).map("".join)
nearly = around | st.text("0123456789-+.eE TtrRuUfals:\n\r\u00a0\u0663", max_size=20)
texts = likely | nearly | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
batches = st.lists(texts, min_size=1, max_size=60)


class Macros:
    """The macros of `sql/macros.sql`, asked about many texts at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make them, and a place for the texts."""
        self._connection = connection
        for macro in statement("macros").text.split(";\n"):
            connection.execute(macro)

    def of(self, expression: str, cells: Sequence[str | None]) -> list[Any]:
        """An expression of the cell `c` and of `t`, which is `c` trimmed, for each cell."""
        rows = self._connection.execute(
            f"SELECT {expression} FROM (SELECT c, etl_trim(c) AS t FROM "
            "(SELECT unnest(CAST($cells AS VARCHAR[])) AS c))",
            {"cells": [*cells]})
        return [value for (value,) in rows.fetchall()]


@pytest.fixture(scope="module")
def macros() -> Iterator[Macros]:
    """The macros in a DuckDB of their own."""
    with duckdb.connect() as connection:
        yield Macros(connection)


def kind(text: str) -> int:
    """The kind of a cell with its marks, by the oracle."""
    word = oracle.kind(text)
    if word == "integer":
        value = int(text)
        bits = kinds.INTEGER_64 if value in oracle.BIGINT else (
            kinds.INTEGER_128 if value in oracle.HUGEINT else kinds.INTEGER_BEYOND)
    else:
        bits = {"fraction": kinds.FRACTION, "boolean": kinds.BOOLEAN, "date": kinds.DATE,
                "timestamp": kinds.TIMESTAMP, "text": kinds.TEXT}[word]
    if bits & NUMBER and not oracle.fits(text, Type("DOUBLE")):
        bits |= kinds.WIDE
    if bits & kinds.FRACTION and text.startswith("-") and not re.search("[1-9]", text):
        bits |= kinds.NEGATIVE_ZERO
    return bits


def trimmed(text: str) -> str | None:
    """A cell without the white space around it; one of white space alone is NULL."""
    return (text.strip(WHITE_SPACE) or None) if text else text


def line_ends(text: str) -> int:
    """How many line ends a cell holds."""
    return len(re.findall(r"\r\n|\r|\n", text))


def blank_lines(text: str) -> int:
    """How many of them follow another one."""
    return sum(line_ends(run) - 1 for run in re.findall(r"[\r\n]+", text))


@pytest.mark.parametrize(("expression", "expected"), [
    ("etl_kind(c)", kind), ("etl_trim(c)", trimmed), ("etl_line_ends(c)", line_ends),
    ("etl_blank_lines(c)", blank_lines),
])
def test_the_nasty_texts(macros: Macros, expression: str, expected) -> None:
    """The macro says of each nasty text what plain Python says, and as much of what stands between white space."""
    cells = [*NASTY, *(f" {text}\u00a0" for text in NASTY), *(f"{text}\n\n{text}" for text in NASTY)]
    assert list(zip(cells, macros.of(expression, cells), strict=True)) == [(c, expected(c)) for c in cells]


@given(cells=batches)
def test_the_macros_read_as_plain_python_does(macros: Macros, cells: list[str]) -> None:
    """Kind, trimmed text, line ends and blank lines of any text are those of the grammar in plain Python."""
    found = macros.of("[CAST(etl_kind(c) AS VARCHAR), etl_trim(c), CAST(etl_line_ends(c) AS VARCHAR), "
                      "CAST(etl_blank_lines(c) AS VARCHAR)]", cells)
    assert found == [[str(kind(c)), trimmed(c), str(line_ends(c)), str(blank_lines(c))] for c in cells]


@given(cells=st.lists(numbers | st.sampled_from([text for text in NASTY if kind(text) & NUMBER]), min_size=1))
def test_digits_are_counted_as_plain_python_does(macros: Macros, cells: list[str]) -> None:
    """Digits before and after the point, and significant ones, are without leading and trailing zeros."""
    found = macros.of("[etl_integer_digits(c), etl_scale(c), etl_significant_digits(c)]", cells)
    counts = [Digits.of(cell) for cell in cells]
    assert found == [[each.integer, each.scale, each.significant] for each in counts]


@given(cells=batches)
def test_a_cheap_test_claims_nothing_that_is_not_so(macros: Macros, cells: list[str]) -> None:
    """What a cheap test claims of an untrimmed cell is its whole kind, without a mark, and the cell is trimmed."""
    cells = [*cells, *NASTY]
    found = macros.of("[CAST(etl_is_bigint(c) AS INTEGER), CAST(etl_is_date(c) AS INTEGER), "
                      "CAST(etl_is_fraction(c) AS INTEGER), etl_cell_kind(c, t)]", cells)
    for place, bit in enumerate((kinds.INTEGER_64, kinds.DATE, kinds.FRACTION)):
        assert {(cell, row[3]) for cell, row in zip(cells, found, strict=True) if row[place] and row[3] != bit} == set()
        assert any(row[place] for row in found)


def test_null_has_no_kind(macros: Macros) -> None:
    """NULL is of no kind, stays NULL when trimmed, holds no line end, and is claimed by no cheap test."""
    assert macros.of("etl_kind(c)", [None]) == [0]
    assert macros.of("etl_line_ends(c) + etl_blank_lines(c)", [None]) == [0]
    assert macros.of("etl_trim(c)", [None]) == [None]
    assert macros.of("coalesce(etl_is_bigint(c) OR etl_is_date(c) OR etl_is_fraction(c), false)", [None]) == [False]


@given(cells=batches)
def test_a_cell_that_differs_from_its_raw_text_is_marked(macros: Macros, cells: list[str]) -> None:
    """The mark stands beside the kind of the trimmed cell if, and only if, trimming took something off."""
    found = macros.of("etl_cell_kind(c, t)", cells)
    for cell, bits in zip(cells, found, strict=True):
        text = trimmed(cell)
        assert bits == (0 if text is None else kind(text)) | (kinds.CHANGED if text != cell else 0)


# The lattice

summaries = st.builds(Summary, st.integers(0, 2047), st.integers(0, 400), st.integers(0, 400))


@LOOK_LONGER
@given(a=summaries, b=summaries, c=summaries)
def test_the_join_is_a_lattice(a: Summary, b: Summary, c: Summary) -> None:
    """The join is associative, commutative and idempotent, and a summary of no cell is its neutral element."""
    assert (a | b) | c == a | (b | c)
    assert a | b == b | a
    assert a | a == a
    assert a | Summary() == a
    assert (a | b) | b == a | b


def joined(summaries_: Sequence[Summary]) -> Summary:
    """The join of them all."""
    whole = Summary()
    for summary in summaries_:
        whole |= summary
    return whole


columns = st.lists(numbers, max_size=6) | st.lists(instants | st.sampled_from(["true", "FALSE", "1"]), max_size=3)


@given(cells=columns | st.lists(texts, max_size=3))
def test_the_type_of_a_join_is_that_of_all_cells(macros: Macros, cells: list[str]) -> None:
    """Summaries taken cell by cell in SQL, joined, give the type that the oracle derives from all cells at once."""
    found = macros.of("[etl_kind(c), CASE WHEN etl_kind(c) & 15 > 0 THEN etl_integer_digits(c) ELSE 0 END, "
                      "CASE WHEN etl_kind(c) & 15 > 0 THEN etl_scale(c) ELSE 0 END]", cells) if cells else []
    summary = joined([Summary(*map(int, each)) for each in found])
    assert summary.type() == str(oracle.column_type(cells))
    if not summary.needs_digits:
        assert Summary(summary.kinds).type() == summary.type()


@LOOK_LONGER
@given(a=summaries, b=summaries)
def test_a_type_has_its_reason(a: Summary, b: Summary) -> None:
    """A join that is text has a text cell or a mixture that says why; any other type has none."""
    join = a | b
    assert (join.mixture() is not None) == (join.type() == "VARCHAR" and not join.kinds & kinds.TEXT)
    assert re.fullmatch(r"VARCHAR|BIGINT|HUGEINT|DOUBLE|BOOLEAN|DATE|TIMESTAMP|DECIMAL\(\d+,\d+\)", join.type())
