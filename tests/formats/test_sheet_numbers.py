"""XLSX: numbers and serials come out as the XML of the sheet spells them, and what is there twice is refused."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trouble.home import Home

from etl.sources.serials import moment, number
from formats.books import DATE, HEADER, MOMENT, SPAN, TIME, book


def column(values: Sequence[str], style: int = 0, kind: str = "n") -> str:
    """A column of values under the header `v`, as XML."""
    return HEADER + "".join(f'<row r="{at}"><c r="A{at}" s="{style}" t="{kind}"><v>{value}</v></c></row>'
                            for at, value in enumerate(values, 2))


def loaded(home: Home, *arguments: str) -> list[str | None]:
    """What stands in the one column, as text."""
    answer = home.run("--column", "v=VARCHAR", *arguments)
    assert answer.code == 0, answer.error
    return [row["v"] for row in json.loads(home.output.read_bytes())]


@pytest.mark.parametrize(("spelt", "kept"), [
    ("9007199254740993.5", "9007199254740993.5"), ("9007199254740993.0", "9007199254740993"),
    ("9007199254740993e0", "9007199254740993"), ("90071992547409931e0", "90071992547409931"),
    ("1e400", "1E+400"), ("-1e400", "-1E+400"), ("1e-400", "1E-400"),
    ("1.7976931348623159e308", f"17976931348623159{'0' * 292}"), ("1e99999999999999999999", "1e99999999999999999999"),
    ("INF", "INF"), ("4.4000000000000004", "4.4"), ("1.10", "1.1"), ("1e22", "1" + "0" * 22),
    ("+5", "5"), (".5", "0.5"), ("-0", "-0.0"), ("-0.0", "-0.0"), ("-0e0", "-0.0"), ("0.0", "0"),
])
def test_a_number_is_what_the_sheet_spells(home: Home, spelt: str, kept: str) -> None:
    """Of 16 and more digits, past the largest and the smallest double; the digits of a double are that double."""
    book(column([spelt, "1"]))
    assert loaded(home) == [kept, "1"]


DIGITS = st.text("0123456789", min_size=1, max_size=20)
SPELLINGS = st.builds(lambda *parts: "".join(parts), st.sampled_from(["", "-"]), DIGITS,
                      st.one_of(st.just(""), DIGITS.map(lambda digits: "." + digits)),
                      st.one_of(st.just(""), st.integers(-400, 400).map(lambda power: f"e{power}")))


@settings(max_examples=400)
@given(text=st.one_of(SPELLINGS, st.floats(allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.17g}")))
def test_a_spelling_keeps_its_value(text: str) -> None:
    """What is told is the exact value of the spelling, or the double of which it is 16 or 17 digits."""
    value = float(text)
    kept = number(text, value)
    if kept is None:
        assert Decimal(text) in {Decimal(repr(value)), Decimal(f"{value:.16g}"), Decimal(f"{value:.17g}")}
    else:
        assert Decimal(kept) == Decimal(text)
        assert Decimal(text) != Decimal(repr(value))


@pytest.mark.parametrize(("style", "since_1904", "told"), [
    (DATE, False, {"-100": "-100", "-1": "-1", "-0.5": "-0.5", "0": "0", "0.5": "0.5", "1": "1900-01-01",
                   "59": "1900-02-28", "60": "60", "60.25": "60.25", "61": "1900-03-01", "45292": "2024-01-01",
                   "2958465": "9999-12-31", "2958466": "2958466"}),
    (DATE, True, {"-1": "-1", "0": "1904-01-01", "1": "1904-01-02", "0.5": "1904-01-01 12:00:00",
                  "60": "1904-03-01", "1462": "1908-01-02"}),
    (MOMENT, False, {"45292.00000578": "2024-01-01 00:00:00.499392", "45000.123456": "2023-03-15 02:57:46.598400",
                     "45292.4166680903": "2024-01-01 10:00:00.123000", "45292.04166666666": "2024-01-01 01:00:00",
                     "45292.99999999999": "2024-01-02 00:00:00", "45292.0000000001": "2024-01-01 00:00:00.000009"}),
    (TIME, False, {"0": "00:00:00", "0.5": "12:00:00", "0.999999999": "23:59:59.999914", "-0.25": "-0.25",
                   "0.123456789012345": "0.123456789012345", "0.0416666666666667": "01:00:00"}),
    (SPAN, False, {"1.25": "30:00:00", "-0.1": "-2:24:00", "0.000000001": "0:00:00.000086", "60": "1440:00:00"}),
])
def test_a_serial_is_the_moment_that_gives_it_back(
    home: Home, style: int, since_1904: bool, told: dict[str, str]  # a parameter of a case
) -> None:
    """Days, moments, times and durations; the number itself where there is no such moment."""
    book(column(list(told), style), since_1904=since_1904)
    assert dict(zip(told, loaded(home), strict=True)) == told


def test_two_serials_are_two_keys(home: Home) -> None:
    """The day that 1900 had not is not the one before it."""
    book(column(["59", "60"], DATE))
    assert loaded(home, "--strategy", "update", "--key", "v") == ["1900-02-28", "60"]


MODERN = st.datetimes(dt.datetime.fromisoformat("1990-01-01"), dt.datetime.fromisoformat("2078-12-31"))


@settings(max_examples=400)
@given(at=MODERN, digits=st.sampled_from([15, 16, 17]))
def test_a_written_moment_is_read(at: dt.datetime, digits: int) -> None:
    """The digits that programs write of a double give back whole milliseconds; others to what those digits say."""
    since = at - dt.datetime.fromisoformat("1899-12-30")
    text = f"{since / dt.timedelta(days=1):.{digits}g}"
    fine = moment(text, at, dated=True, since_1904=False)
    assert isinstance(fine, dt.date)
    off = dt.datetime.fromisoformat(fine.isoformat()) - at
    written = max(15, len(text) - 1)  # a zero at the end is not
    assert abs(off) <= dt.timedelta(microseconds={15: 10, 16: 2, 17: 1}[written])
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    text = f"{(at - dt.datetime.fromisoformat('1899-12-30')) / dt.timedelta(days=1):.{digits}g}"
    found = moment(text, at, dated=True, since_1904=False)
    assert isinstance(found, dt.date)
    assert dt.datetime.fromisoformat(found.isoformat()) == at


def test_a_moment_in_words_keeps_its_digits(home: Home) -> None:
    """Past six digits of a second it is text, as in every format; a day that is none is text too."""
    told = ["2024-01-01T10:00:00.123456789", "2024-01-01T10:00:00.1234567", "2024-02-30", "10:00:00"]
    book(column(told, kind="d"))
    assert loaded(home) == told
    book(column(["2024-01-01T10:00:00.123456", "2024-01-01T10:00:00"], kind="d"))
    assert loaded(home) == ["2024-01-01 10:00:00.123456", "2024-01-01 10:00:00"]


def test_a_duration_past_all_times_is_named_by_its_row(home: Home) -> None:
    """The file, the row and what to do, whichever rows stand around it."""
    book(column(["1.5", "1e10", "2"], SPAN))
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert "t.xlsx:3: the row has a number of more than 999,999,999 days" in answer.error
    assert "give its cell another format" in answer.error


def cells(*places: str) -> str:
    """Cells with the number 7."""
    return "".join(f'<c r="{place}"><v>7</v></c>' for place in places)


@pytest.mark.parametrize(("rows", "said"), [
    (f'<row r="2">{cells("A2", "A2")}</row>', "the sheet has the cell A2 more than once"),
    (f'<row r="2">{cells("A2", "AB2", "A2")}</row>', "the sheet has the cell A2 more than once"),
    (f'<row r="2">{cells("A2")}</row><row r="2">{cells("A2")}</row>', "the sheet has the row 2 more than once"),
    (f'<row r="3">{cells("A3")}</row><row r="2">{cells("A2")}</row><row r="3">{cells("B3")}</row>',
     "the sheet has the row 3 more than once"),
    (f'<row r="2">{cells("A3")}</row>', "the cell A3 stands in row 2"),
    (f'<row r="2">{cells("XFD2")}</row>', "it has 16,384 columns, and a table can have 10,000"),
])
def test_what_cannot_stand_in_a_sheet_is_named(home: Home, rows: str, said: str) -> None:
    """A doubled or misplaced cell, a cell far off to the right: the file and why."""
    book(HEADER + rows)
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert f"t.xlsx: {said}" in answer.error


@pytest.mark.parametrize("spelt", ["12345678901234567890", "0.12345678901234567891", "7"])
def test_cells_that_do_not_say_where_they_stand(home: Home, spelt: str) -> None:
    """They follow one another, and so do rows; quotes of either kind say a place."""
    book(f"<row><c t='inlineStr'><is><t>a</t></is></c><c t='inlineStr'><is><t>v</t></is></c></row>"
         f"<row r='3'><c r='B3'><v>{spelt}</v></c></row><row><c/><c><v>{spelt}</v></c></row>")
    assert loaded(home, "--column", "a=VARCHAR") == [spelt, spelt]


def test_the_zero_with_a_sign_is_said(home: Home) -> None:
    """It is loaded as 0.0, with a warning, as in every other format."""
    book(column(["-0", "1.5"]))
    answer = home.run()
    assert answer.code == 0
    assert "-0.0 is loaded as 0.0" in answer.error
    assert [row["v"] for row in home.exported()] == [0.0, 1.5]
