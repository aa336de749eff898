"""Declared types and their formats: what fits, held to a plain reading; what a format must be able to say."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.errors import UsageError
from etl.names import Sql
from etl.sql_files import statement
from etl.structure.declared import cast, fits, parsed, type_name, words

LONGER = settings(max_examples=2 * settings.default.max_examples)
TYPES = ["BIGINT", "HUGEINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "DECIMAL(6,2)", "DECIMAL(3,3)",
         "DECIMAL(5,0)", "DECIMAL(6,2) ,", "DOUBLE ,", "DATE %d.%m.%Y", "DATE %m/%d/%Y", "TIMESTAMP %d.%m.%Y %H:%M:%S",
         "TIME %H:%M", "DATE %Y%m%d", "DATE %-d.%-m.%Y"]
CELLS = st.one_of(
    st.from_regex(r"-?[0-9]{1,4}([.,][0-9]{0,5})?", fullmatch=True),
    st.from_regex(r"-?[0-9]{14,40}([.,][0-9]{1,3})?", fullmatch=True),
    st.dates(date(1600, 1, 1)).flatmap(lambda d: st.sampled_from(
        [d.isoformat(), d.strftime("%d.%m.%Y"), d.strftime("%m/%d/%Y"), d.strftime("%Y%m%d"), d.strftime("%-d.%-m.%Y"),
         d.strftime("%d.%m.%y"), d.strftime("32.%m.%Y")])),
    st.datetimes(datetime(1600, 1, 1)).flatmap(lambda d: st.sampled_from(  # noqa: DTZ001  # a cell has no zone
        [d.isoformat(), d.isoformat(" "), d.strftime("%d.%m.%Y %H:%M:%S"), d.strftime("%H:%M"), d.strftime("%H:%M:%S"),
         d.strftime("%Y-%m-%dT%H:%M:%S+00"), d.strftime("%Y-%m-%d 24:%M:%S")])),
    st.sampled_from(["true", "FALSE", "1", "yes", "", " ", "-0", "-0.0", "-0,0", ".5", "5.", "1e3", "NaN", "infinity",
                     "29.02.2023", "2023-02-29", "00:00", "23:59:60", "epoch", "1_000", "+1", "01", "1.2.2024"]),
    st.text("0123456789-.,:/ T", max_size=12),
)


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the named expressions."""
    with duckdb.connect() as connection:
        for macro in statement("macros").text.split(";\n"):
            connection.execute(macro)
        yield connection


def value(text: str, declared: str) -> Any:
    """What a cell is under a declared type, read by hand; None where it does not fit."""
    kind, _, form = declared.partition(" ")
    if form == ",":
        return None if "." in text else value(text.replace(",", "."), kind)
    if form:
        with contextlib.suppress(ValueError):
            read = datetime.strptime(text, form.replace("%-", "%"))  # noqa: DTZ007  # a cell has no zone
            if read.strftime(form) == text:
                return {"DATE": read.date(), "TIME": read.time()}.get(kind, read)
        return None
    if kind in ("DATE", "TIMESTAMP", "TIME"):
        day, clock = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
        shape = {"DATE": day, "TIMESTAMP": f"{day}([ T]{clock})?", "TIME": clock}[kind]
        with contextlib.suppress(ValueError):
            if re.fullmatch(shape, text, re.ASCII):
                return {"DATE": date, "TIMESTAMP": datetime, "TIME": time}[kind].fromisoformat(text)
        return None
    if kind == "BOOLEAN":
        return {"true": True, "false": False}.get(text.lower())
    if not re.fullmatch(r"0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)[.][0-9]+", text, re.ASCII):
        return None
    number = Decimal(text)
    digits = len(text.lstrip("-").replace(".", "").strip("0"))
    if kind in ("BIGINT", "HUGEINT"):
        return int(text) if "." not in text and -(2 ** (63 if kind == "BIGINT" else 127)) <= number < 2 ** (
            63 if kind == "BIGINT" else 127) else None
    if kind == "DOUBLE":
        return float(text) if digits <= 15 or len(text) <= 15 else None
    precision, scale = (int(part) for part in kind[8:-1].split(","))
    whole, _, behind = text.lstrip("-").partition(".")
    return number if len(whole.lstrip("0")) <= precision - scale and len(behind.rstrip("0")) <= scale else None


@pytest.mark.parametrize("declared", TYPES)
def test_what_fits_is_what_the_grammar_says(database: duckdb.DuckDBPyConnection, declared: str) -> None:
    """A cell fits exactly where a reading by hand gives a value, and it is loaded as that value."""
    text, kind = Sql("c"), parsed(declared)
    query = (f"SELECT c, {fits(text, kind)}, CASE WHEN {fits(text, kind)} THEN {cast(text, kind)} END, "
             f"{cast(text, kind, forgiving=True)} FROM (SELECT unnest($cells) AS c)")

    @LONGER
    @given(cells=st.lists(CELLS, min_size=1, max_size=40))
    def holds(cells: list[str]) -> None:
        for cell, fit, got, tried in database.execute(query, {"cells": cells}).fetchall():
            expected = value(cell, declared)
            assert fit == (expected is not None), cell
            assert got == expected, cell
            assert not fit or tried == expected, cell

    holds()


@pytest.mark.parametrize(("stated", "declared"), [
    ("int", "BIGINT"), (" decimal( 12 , 2 )  , ", "DECIMAL(12,2) ,"), ("date %d.%m.%Y", "DATE %d.%m.%Y"),
    ("Timestamp  %d/%m/%Y %H:%M", "TIMESTAMP %d/%m/%Y %H:%M"), ("time", "TIME"), ("DATE %d.%m.%y", "DATE %d.%m.%y"),
    ("DATE %-d.%-m.%-y", "DATE %-d.%-m.%-y"), ("DATE %Y%j", "DATE %Y%j"), ("DATE %G-W%V-%u", "DATE %G-W%V-%u"),
    ("TIME %H%M%S.%f", "TIME %H%M%S.%f"),
    ("TIMESTAMP %Y-%m-%d %I:%M %p", "TIMESTAMP %Y-%m-%d %I:%M %p"), ("DATE %d-%b-%Y", "DATE %d-%b-%Y"),
])
def test_one_spelling(stated: str, declared: str) -> None:
    """However a type is written, it has one spelling, which says the same again, and words for it."""
    assert type_name(stated) == declared == type_name(declared) == str(parsed(declared))
    assert words(declared)


@pytest.mark.parametrize(("stated", "said"), [
    ("BLOB", "is no type"), ("", "is no type"), ("DECIMAL(39,2)", "is no type"), ("BIGINT ,", "takes no format"),
    ("DOUBLE ;", "with a comma"), ("DATE %m/%Y", "which day"), ("DATE %q", "none of DuckDB's"),
    ("DATE %d.%m", "which day"), ("TIMESTAMP %d.%m.%Y %I:%M", "which time"), ("TIMESTAMP %Y-%m-%d %H:%M%z", "zone"),
    ("TIME %M", "which time"), ("DATE yyyy-mm-dd", "which day"), ("DATE %-d%m%-y", "cannot be read back: 1999-01-01"),
    ("DATE %-d%-m%Y", "cannot be read back"), ("TIME %-H%M", "cannot be read back"),
    ("TIMESTAMP %Y%m%d %H:%M %-S%-M", "read back"), ("TIMESTAMP WITH TIME ZONE", "has a zone"),
])
def test_what_cannot_be_declared(stated: str, said: str) -> None:
    """A type that no column has, and a format that does not say what the type needs, are usage errors with a reason."""
    with pytest.raises(UsageError, match=re.escape(said)):
        type_name(stated)
