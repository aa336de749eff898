"""The oracle is right on what was worked by hand, agrees with itself, and DuckDB reads what it reads."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import permutations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import Definition, Step, Style, Table, derive, export, kinds, names, walk
from oracle.books import FileCounts, Kind, Outcome, TargetCounts
from oracle.kinds import MISFIT, Type

UPDATE = Definition("update", ("k",))
DEDUPLICATE = Definition("deduplicate", ("k",))
APPEND = Definition()


def table(header: str, *rows: str) -> Table:
    """A table from lines without quotes, where an empty cell is NULL and `''` the empty string."""

    def cell(text: str) -> str | None:
        return None if not text else "" if text == "''" else text

    return Table(tuple(header.split(",")), tuple(tuple(cell(text) for text in row.split(",")) for row in rows))


# Kinds and types


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


# Names


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


# Files

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


# The target


def held(definition: Definition, **files: Table) -> list[tuple[object, ...]]:
    """The target's rows with their lineage."""
    target = derive({f"{name}.csv": file for name, file in files.items()}, definition)
    return [(*target.values(row), f"{row.path}:{row.number}") for row in target.rows]


def test_strategies() -> None:
    """The first of a key stays under deduplicate, the last wins under update, append keeps all."""
    files = {"b": table("k,v", "1,b1", "2,b2"), "a": table("k,v", "2,a1", "3,a2", "2,a3", ",x")}
    assert held(DEDUPLICATE, **files) == [(1, "b1", "b.csv:1"), (2, "a1", "a.csv:1"), (3, "a2", "a.csv:2")]
    assert held(UPDATE, **files) == [(1, "b1", "b.csv:1"), (2, "b2", "b.csv:2"), (3, "a2", "a.csv:2")]
    rows = [row[-1] for row in held(APPEND, **files)]
    assert rows == ["a.csv:1", "a.csv:2", "a.csv:3", "a.csv:4", "b.csv:1", "b.csv:2"]


def test_the_order_column_comes_first_and_null_is_lowest() -> None:
    """NULL wins deduplicate and loses update; ties fall to the path and the row."""
    files = {"a": table("k,o", "1,5", "1,10", "2,1", "2,1"), "b": table("k,o", "1,9", "1,", "2,1")}
    assert held(Definition("update", ("k",), "o"), **files) == [(1, 10, "a.csv:2"), (2, 1, "b.csv:3")]
    assert held(Definition("deduplicate", ("k",), "o"), **files) == [(1, None, "b.csv:2"), (2, 1, "a.csv:3")]
    assert [row[-1] for row in held(Definition(order_by="o"), **files)] == [
        "b.csv:2", "a.csv:3", "a.csv:4", "b.csv:3", "a.csv:1", "b.csv:1", "a.csv:2",
    ]  # fmt: skip


def test_keys_compare_under_the_derived_type() -> None:
    """`1` and `1.0` are one key among numbers and two among texts."""
    numbers = {"a": table("k,v", "1,a", "1.0,b")}
    assert held(UPDATE, **numbers) == [(Decimal(1), "b", "a.csv:2")]
    assert len(held(UPDATE, **numbers, b=table("k,v", "x,c"))) == 3


def test_export_order() -> None:
    """By key in the order of the key's columns; text by its UTF-8 bytes; columns as they first appear."""
    files = {"a": table("v,k,j", "x,\U0001f600,2", "x,\uffff,2", "x,é,2", "x,z,2", "x,a,1", "x,Z,2")}
    by_text = [row[1] for row in held(Definition("update", ("k", "j")), **files)]
    assert by_text == ["Z", "a", "z", "é", "\uffff", "\U0001f600"]
    by_number = [row[1] for row in held(Definition("update", ("j", "k")), **files)]
    assert by_number == ["a", "Z", "z", "é", "\uffff", "\U0001f600"]


def test_paths_rank_code_point_by_code_point() -> None:
    """`/` is a character like any other."""
    paths = ["a!.csv", "a/b.csv", "a.csv", "B.csv", "\ufffd.csv", "\U0001f600.csv"]
    target = derive({path: table("k", "1") for path in paths}, APPEND)
    assert [row.path for row in target.rows] == ["B.csv", "a!.csv", "a.csv", "a/b.csv", "\ufffd.csv", "\U0001f600.csv"]


# Histories and books


def last(
    definition: Definition, *folders: dict[str, Table], kind: Kind = "fresh", then: Definition | None = None
) -> Outcome:
    """The last step of a history, under another definition if one is given."""
    steps = [Step(folder, definition) for folder in folders]
    if then:
        steps[-1] = Step(folders[-1], then)
    return list(walk(steps, kind))[-1]


def test_verdicts_of_update() -> None:
    """Each of the five, and one rejected."""
    old = table("k,v", "1,a", "2,b", "3,c")
    new = table("k,v", "1,a", "2,x", "2,y", "4,d", ",e")
    outcome = last(UPDATE, {"m": old}, {"m": old, "n": new})
    assert outcome.books.files == {"n": FileCounts(5, rejected=1, unchanged=1, duplicate=1, updated=1, inserted=1)}
    assert outcome.books.target == TargetCounts(3, 4, inserted=1, updated=1, unchanged=1, duplicate=1)
    late = last(UPDATE, {"m": old}, {"m": old, "a": new})
    assert late.books.files == {"a": FileCounts(5, rejected=1, superseded=3, inserted=1)}


def test_verdicts_when_a_file_leaves() -> None:
    """Keys that it alone had are removed; those with an older claim are restored."""
    first, second = table("k,v", "1,a", "2,b"), table("k,v", "2,x", "3,c")
    outcome = last(UPDATE, {"a": first, "b": second}, {"a": first})
    assert outcome.books.target == TargetCounts(3, 2, removed=1, restored=1)
    assert outcome.gone == ("b",)
    kept = last(UPDATE, {"a": first, "b": second}, {"a": first}, kind="accumulating")
    assert not kept.moved
    assert kept.books.target == TargetCounts(3, 3)


def test_a_changed_file_is_compared_under_the_new_type() -> None:
    """`N/A` leaves, the column narrows, old values are read again; a misfit differs, and `5.0` is no integer."""
    before = table("k,v,w", "1,5,5.0", "2,N/A,1", "3,,1")
    after = table("k,v,w", "1,5,5", "2,6,1", "3,,1")
    outcome = last(UPDATE, {"a": before}, {"a": after})
    assert outcome.books.files == {"a": FileCounts(3, updated=2, unchanged=1)}
    assert outcome.changed == ("a",)


def test_a_column_that_is_absent_is_null() -> None:
    """It differs from a value and equals NULL, whether it came or left."""
    wide, narrow = table("k,v", "1,x", "2,"), table("k", "1", "2")
    assert last(UPDATE, {"a": wide}, {"a": narrow}).books.files == {"a": FileCounts(2, updated=1, unchanged=1)}
    assert last(UPDATE, {"a": narrow}, {"a": wide}).books.files == {"a": FileCounts(2, updated=1, unchanged=1)}


def test_a_key_that_changes_type_keys_the_old_rows_anew() -> None:
    """Several old rows on one new key: the best represents it, the others count as removed, like a misfit."""
    texts = table("k,v", "1,a", "1.0,b", "x,c")
    numbers = table("k,v", "1,b", "2,d")
    outcome = last(UPDATE, {"a": texts}, {"a": numbers})
    assert outcome.books.target == TargetCounts(3, 2, updated=1, inserted=1, removed=2)
    fractions = table("k,v", "1.0,b", "2,d")
    outcome = last(UPDATE, {"a": texts}, {"a": fractions})
    assert outcome.books.target == TargetCounts(3, 2, unchanged=1, inserted=1, removed=2)
    outcome = last(DEDUPLICATE, {"a": texts}, {"a": fractions})
    assert outcome.books.target == TargetCounts(3, 2, updated=1, inserted=1, removed=2)


def test_append_counts_rows() -> None:
    """Every new row is inserted, those of a version that left are removed."""
    one, two, three = table("k", "1", "2"), table("k", "1"), table("k", "1", "1", "1")
    assert last(APPEND, {"a": one}, {"a": one, "b": two}).books.target == TargetCounts(2, 3, inserted=1)
    assert last(APPEND, {"a": one, "b": two}, {"a": three}).books.target == TargetCounts(3, 3, inserted=3, removed=3)


def test_another_definition() -> None:
    """Under a new key or strategy all of before is removed, what is loaded returns, what is new is inserted."""
    one, two = table("k,j", "1,1", "1,2", "2,2"), table("k,j", "2,2", "3,3")
    outcome = last(UPDATE, {"a": one}, {"a": one, "b": two}, then=Definition("update", ("j",)))
    assert outcome.books.target == TargetCounts(2, 3, inserted=2, returned=1, removed=2)
    outcome = last(UPDATE, {"a": one}, {"a": one, "b": two}, then=APPEND)
    assert outcome.books.target == TargetCounts(2, 5, inserted=2, returned=3, removed=2)
    outcome = last(APPEND, {"a": one}, {"a": one, "b": two}, then=DEDUPLICATE)
    assert outcome.books.target == TargetCounts(3, 3, inserted=1, superseded=1, returned=2, removed=3)
    outcome = last(UPDATE, {"a": one}, {"a": one}, then=Definition("update", ("k",), order_by="j", trim=False))
    assert outcome.books.target == TargetCounts(2, 2)
    turned = table("k,j", "1,3", "1,2", "2,2")
    outcome = last(UPDATE, {"a": turned}, {"a": turned}, then=Definition("update", ("k",), order_by="j"))
    assert outcome.books.target == TargetCounts(2, 2, restored=1)


def test_nothing_found() -> None:
    """A fresh run that finds no file fails and leaves all as it was; an accumulating one has nothing new."""
    one = {"a": table("k", "1")}
    assert not last(UPDATE, one, {}).found
    assert last(UPDATE, one, {}).state.loaded == one
    assert last(UPDATE, one, {}, kind="accumulating").found
    assert not last(UPDATE, {}, kind="accumulating").found


def test_the_oracle_converges() -> None:
    """Files delivered one by one in any order come to the target of all at once."""
    files = {
        "a": table("k,v,o", "1,x,3", "2,5,1", "1.0,y,", ",z,1"),
        "b/c": table("K,o,w", "1,3,true", "007,,TRUE"),
        "b": table("v,k,o", "2024-01-02,2,3", "5,9,3"),
    }
    for definition in (APPEND, UPDATE, Definition("update", ("k",), "o"), Definition("deduplicate", ("k",), "o")):
        whole = derive(files, definition)
        for order in permutations(files):
            steps = [Step({path: files[path]}, definition) for path in order]
            assert list(walk(steps, "accumulating"))[-1].target == whole


# The export


def test_exports_are_compared_exactly() -> None:
    """Columns, rows, their order, and every digit."""
    file = table("k,d,x,b,t,s", "2,1.5,0.1234567890123456,true,2024-01-02T10:00:00.50,é", "1,-0.0,2,,,")
    target = derive({"a.csv": file}, UPDATE)
    rows = [
        '{"k":1,"d":0.0,"x":2.0000000000000000,"b":null,"t":null,"s":null}',
        '{"k":2,"d":1.5,"x":0.1234567890123456,"b":true,"t":"2024-01-02 10:00:00.5","s":"é"}',
    ]

    def found(*objects: str) -> list[str]:
        return export.differences(target, ("[\n\t" + ",\n\t".join(objects) + "\n]\n").encode())

    assert found(*rows) == []
    assert found(*reversed(rows))
    assert found(rows[0])
    changes = [("3456,", "3457,"), ('"k":1,"d":0.0', '"d":0.0,"k":1'), ("0.0", "-0.0"), ('"k":1', '"k":1.0')]
    for good, bad in [*changes, ("true", "1"), (".5", ".50")]:
        assert found(*[row.replace(good, bad) for row in rows])
    with pytest.raises(ValueError, match="NaN"):
        found(rows[0].replace("0.0", "NaN"), rows[1])
