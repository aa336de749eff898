"""The oracle's kinds, types and values are right on what was worked by hand, and DuckDB reads what it reads."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import kinds
from oracle.kinds import MISFIT, Type

SPELLINGS = {
    "integer": ["0", "7", "-7", "10", "-1000", "20240102", "9" * 60],
    "fraction": ["0.0", "-0.0", "-0.5", "1.50", "1." + "3" * 60],
    "boolean": ["true", "FALSE", "tRuE"],
    "date": ["2024-02-29", "0001-01-01", "9999-12-31"],
    "timestamp": [
        *["2024-02-29 00:00:00", "2024-02-29T23:59:59", "2024-02-29 10:00:00.1", "2024-02-29T10:00:00.123456"],
    ],
    "text": [
        *["", "-0", "007", "+5", ".5", "5.", "-.5", "007.5", "1e3", "1E3", "1_000", "NaN", "inf", "-", "--1", "1.2.3"],
        *["\u0663", "\uff11", "1\n", " 1", "1 ", "0x10", "1,5", "t", "yes", "true ", "tru\u0435", "fal\u017fe"],
        *["2024-02-30", "2023-02-29", "0000-01-01", "2024-1-2", "2024-01-02\n", "2024-01-02T10:00"],
        *["2024-01-02 24:00:00", "2024-01-02 10:00:60", "2024-01-02T10:00:00Z", "2024-01-02T10:00:00+02"],
        *["2024-01-02 10:00:00.", "2024-01-02  10:00:00", "2024-01-02t10:00:00", "2024-01-02 10:00:00.1234567"],
    ],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SPELLINGS.items() for text in texts])
def test_a_cell_is_of_one_kind(kind: str, text: str) -> None:
    """The grammar decides, on the whole cell."""
    assert kinds.kind(text) == kind


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], "VARCHAR"),
        ([None, None], "VARCHAR"),
        (["1", None], "BIGINT"),
        (["9223372036854775807", "-9223372036854775808"], "BIGINT"),
        (["9223372036854775808"], "HUGEINT"),
        (["-9223372036854775809", "1"], "HUGEINT"),
        (["170141183460469231731687303715884105727", "-170141183460469231731687303715884105728"], "HUGEINT"),
        (["170141183460469231731687303715884105728"], "VARCHAR"),
        (["1" + "0" * 40], "VARCHAR"),
        (["1" + "0" * 40, "1.5"], "DOUBLE"),
        (["0.1"], "DOUBLE"),
        (["0.0"], "DOUBLE"),
        (["-0.0", "0"], "DOUBLE"),
        (["0.123456789012345"], "DOUBLE"),
        (["0.1234567890123456"], "DECIMAL(17,16)"),
        (["0.12345678901234560000"], "DECIMAL(17,16)"),
        (["1.5", "1234567890123456"], "DECIMAL(17,1)"),
        (["1.5", "1234567890123450"], "DOUBLE"),
        (["1234567890123456.0"], "DECIMAL(16,0)"),
        (["1234567890123456.5", "0.25"], "DECIMAL(18,2)"),
        (["1" * 38 + ".0"], "DECIMAL(38,0)"),
        (["1" * 38 + ".5"], "VARCHAR"),
        (["0." + "3" * 37], "DECIMAL(38,37)"),
        (["0." + "3" * 37, "9"], "DECIMAL(38,37)"),
        (["0." + "3" * 37, "10"], "VARCHAR"),
        (["0." + "3" * 38], "VARCHAR"),
        (["0." + "0" * 299 + "1"], "DOUBLE"),
        (["0." + "0" * 300 + "1"], "VARCHAR"),
        (["1" + "0" * 299 + ".0"], "DOUBLE"),
        (["1" + "0" * 300 + ".0"], "VARCHAR"),
        (["true", "FALSE"], "BOOLEAN"),
        (["true", "1"], "VARCHAR"),
        (["2024-01-02"], "DATE"),
        (["2024-01-02", "2024-01-02 10:00:00"], "VARCHAR"),
        (["2024-01-02T10:00:00", "2024-01-02 10:00:00.5"], "TIMESTAMP"),
        (["1", "007"], "VARCHAR"),
        (["1", ""], "VARCHAR"),
    ],
)
def test_the_type_of_a_column(cells: list[str | None], expected: str) -> None:
    """The lattice of the design, on hand-worked columns, whatever the order of the cells."""
    assert str(kinds.column_type(cells)) == expected
    assert str(kinds.column_type(reversed(cells))) == expected


def test_values_under_types() -> None:
    """Equal though not byte-equal: trailing zeros, an integer among fractions, case of booleans, `T` for a space."""
    double, wide = Type("DOUBLE"), Type("DECIMAL", 20, 2)
    assert kinds.value("1.50", double) == kinds.value("1.5", double) == Decimal("1.5")
    assert kinds.value("-0.0", double) == Decimal(0)
    assert not Decimal(str(kinds.value("-0.0", double))).is_signed()
    assert kinds.value("2", wide) == Decimal(2)
    assert kinds.value("1.005", wide) is MISFIT
    assert kinds.value("1" * 19, wide) is MISFIT
    assert kinds.value("1.0", Type("BIGINT")) is MISFIT
    assert kinds.value("TRUE", Type("BOOLEAN")) is True
    assert kinds.value("2024-01-02T10:00:00.5", Type("TIMESTAMP")) == datetime(2024, 1, 2, 10, 0, 0, 500_000)  # noqa: DTZ001
    assert kinds.value("2024-01-02", Type("DATE")) == date(2024, 1, 2)
    assert kinds.value("2024-01-02", Type("TIMESTAMP")) == datetime(2024, 1, 2)  # noqa: DTZ001
    assert kinds.value("2024-01-02 00:00:00", Type("DATE")) is MISFIT
    assert kinds.value(None, double) is None
    assert MISFIT != MISFIT  # noqa: PLR0124


@cache
def duck() -> duckdb.DuckDBPyConnection:
    """One connection for every question."""
    return duckdb.connect()


NUMBERS = st.builds(
    lambda sign, whole, zeros, fraction: f"{sign}{whole}{'0' * zeros}{fraction}",
    st.sampled_from(["", "-"]),
    st.integers(0, 10**40).map(str),
    st.integers(0, 5),
    st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=40).map(lambda digits: f".{digits}")),
)
DAY = r"[0-9]{4}-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])"
CLOCK = r"([01][0-9]|2[0-5]):[0-6][0-9]:[0-6][0-9](\.[0-9]{1,6})?"
MOMENTS = st.from_regex(re.compile(rf"{DAY}([ T]{CLOCK})?"), fullmatch=True)


@settings(max_examples=200)
@given(st.lists(st.one_of(NUMBERS, MOMENTS, st.sampled_from(["true", "FALSE", "0.10", "0", "1"])), max_size=3))
def test_duckdb_reads_what_the_oracle_reads(cells: list[str]) -> None:
    """Under the derived type each cell casts to the oracle's value."""
    of = kinds.column_type(cells)
    for cell in cells:
        row = duck().execute(f"SELECT CAST(? AS {of})", [cell]).fetchone()
        assert row is not None
        read = Decimal(repr(row[0])) if isinstance(row[0], float) else row[0]
        expected = kinds.value(cell, of)
        assert type(read) is type(expected)
        assert read == expected


@settings(max_examples=200)
@given(MOMENTS)
def test_dates_and_timestamps_are_those_that_duckdb_knows(text: str) -> None:
    """A text of the right shape is a date or a timestamp exactly where DuckDB's cast gives the same moment back."""
    row = duck().execute("SELECT TRY_CAST($1 AS DATE)::VARCHAR, TRY_CAST($1 AS TIMESTAMP)::VARCHAR", [text]).fetchone()
    assert row is not None
    normal = text.replace("T", " ")
    normal = normal.rstrip("0").rstrip(".") if "." in normal else normal
    real = row[0] == normal if len(text) == len("2024-01-01") else row[1] == normal
    assert (kinds.kind(text) != "text") == real
