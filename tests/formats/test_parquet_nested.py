"""Nested values and JSON in Parquet: every digit stays, or the column is refused by name, also where it is too deep."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trouble.home import Home

from etl.names import Sql
from etl.sources.json_text import DEEPEST, too_deep
from etl.sql_files import statement
from etl.staging.ranges import inside, said_outside
from formats.account import Number, exact

SMALL = Decimal("-0.1234567890123456")


def write(**columns: pa.Array) -> None:
    """A Parquet file below `in/`."""
    pq.write_table(pa.table(columns), "in/t.parquet")


def of_json(*texts: str | None) -> pa.Array:
    """A column of JSON."""
    return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))


def listed(column: pa.Array) -> pa.Array:
    """One list of all cells of a column."""
    return pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column)


def refused(home: Home, said: str) -> bool:
    """Whether a load fails with a problem of the column `v`, in words."""
    answer = home.run()
    assert "inside etl" not in answer.error
    return answer.code == 1 and f"t.parquet: column v: {said}" in answer.error


@pytest.mark.parametrize("digits", [3, 16, 37])
def test_a_nested_decimal_has_a_digit_before_the_point(home: Home, digits: int) -> None:
    """Whatever its width: in lists, structs, maps and keys, and under VARCHAR, a DECIMAL(s,s) is a number."""
    with localcontext(prec=40):
        value = round(Decimal("-0." + "123456789" * 5), digits)
    of = pa.decimal128(digits, digits)
    spelt = str(value)
    write(l=pa.array([[value, None]], pa.list_(of)), s=pa.array([{'é" x': [value]}], pa.struct({'é" x': pa.list_(of)})),
          m=pa.array([[(value, {"a": value})]], pa.map_(of, pa.struct({"a": of}))),
          k=pa.array([[({"a": value}, 1)]], pa.map_(pa.struct({"a": of}), pa.int8())))
    for more in ((), ("--column", "l=VARCHAR")):
        assert home.run(*more).code == 0
        (row,) = exact(home.output.read_text(encoding="utf-8"))
        found = dict(row)
        if more:
            assert json.loads(found["l"], parse_float=Decimal) == [value, None]
            continue
        assert [value, None] == json.loads(json.dumps([None if x is None else x.text for x in found["l"]]).replace(
            '"', ""), parse_float=Decimal)
        assert Decimal(dict(found["s"])['é" x'][0].text) == value
        ((key, inner),) = found["m"]
        assert key == spelt
        assert Decimal(dict(inner)["a"].text) == value
        assert found["k"] == [(f"{{'a': {spelt}}}", Number("1"))]


def test_a_nested_decimal_without_room_for_a_digit_is_refused(home: Home) -> None:
    """38 digits after the point leave none for the 0 before it; alone in its column it is kept."""
    value = Decimal("0." + "1" * 38)
    of = pa.decimal128(38, 38)
    for column in (pa.array([[value]], pa.list_(of)), pa.array([[(value, 1)]], pa.map_(of, pa.int8()))):
        write(v=column)
        assert refused(home, "the column has decimals of 38 digits after the point inside nested values")
    write(v=pa.array([value], of))
    assert home.run().code == 0


@pytest.mark.parametrize("text", ["[1]", '{"a":"NaN, 1.10, [1,]","é":[0.5,-7]}', "null"])
def test_json_inside_nested_values_stays_what_it_is(home: Home, text: str) -> None:
    """Where DuckDB writes a JSON text as it stands, it is a part of the value."""
    write(l=listed(of_json(text, None)), s=pa.StructArray.from_arrays([of_json(text)], ["j"]))
    assert home.run().code == 0
    value = exact(text)
    assert [dict(row) for row in exact(home.output.read_text(encoding="utf-8"))] == [
        {"l": [value, None], "s": [("j", value)]}]


@pytest.mark.parametrize("text", ["12345678901234567890.10", '{"a": 1.10}', "[1e400,-0]", "[1,]"])
def test_json_inside_nested_values_is_not_rounded(home: Home, text: str) -> None:
    """Where a number would be written otherwise, or a text is no JSON, the column is refused; a key is a string."""
    nested = of_json("{}", text)
    struct = pa.StructArray.from_arrays([pa.array([[1], [2]]), nested], ["a", "b"])
    for column in (listed(listed(nested)), struct, pa.MapArray.from_arrays([0, 2], pa.array([1, 2]), nested)):
        write(v=column)
        assert refused(home, "the column has JSON inside nested values")
    write(v=pa.MapArray.from_arrays([0, 1], of_json(text), pa.array([1])))
    assert home.run().code == 0
    assert home.exported() == [{"v": {text: 1}}]


@pytest.mark.parametrize("text", ['{"a":[nan,"x"],}', "[1, -inf ]"])
def test_what_is_no_json_is_a_text(home: Home, text: str) -> None:
    """Though DuckDB takes it: the export is JSON, and has every character."""
    write(v=of_json(text, '["a","b", "nan, inf ,]"]'))
    assert home.run().code == 0
    assert [row["v"] for row in home.exported()] == [text, '["a","b", "nan, inf ,]"]']


@pytest.mark.parametrize("text", ["'a'", "[01]", "[1", '{"a":1}x'])
def test_what_duckdb_does_not_take_for_json_is_told_by_its_column(home: Home, text: str) -> None:
    """The file is whole, so that to fetch it again would not help."""
    for column in (of_json('{"a":1}', text), listed(of_json('{"a":1}', text))):
        write(k=pa.array(range(len(column))), v=column)
        assert refused(home, "the column is of the type JSON and has a value that is no JSON (Malformed JSON")
        assert "Fetch the file again" not in home.run().error


@pytest.mark.parametrize("white", ["\t", "\r\n"])
def test_null_is_null_whatever_stands_around_it(home: Home, white: str) -> None:
    """A JSON null is NULL between any white space of JSON, and rejects the row whose key it is."""
    write(v=of_json(f"{white}null{white}", '{"a":1}'))
    assert home.run().code == 0
    assert [row["v"] for row in home.exported()] == [None, {"a": 1}]
    answer = home.run("--strategy", "update", "--key", "v")
    assert answer.code == 1
    assert "t.parquet (row 1): column v: the key is NULL" in answer.error


def nested(deep: int) -> str:
    """A JSON text so deep."""
    return '[{"]":' * (deep // 2) + ("[]" if deep % 2 else "1") + "}]" * (deep // 2)


@pytest.mark.parametrize("lists", [0, 2])
def test_a_record_of_parquet_is_as_deep_as_one_of_json(home: Home, lists: int) -> None:
    """Values are nested at most 256 deep, the record and the lists of Parquet among them; what is written is read."""
    for deep in (DEEPEST - 1 - lists, DEEPEST - lists):
        column = of_json(nested(deep))
        for _ in range(lists):
            column = listed(column)
        write(v=column)
        if deep == DEEPEST - lists:
            assert refused(home, "its values are nested more than 256 deep")
            continue
        assert home.run().code == 0
        written = home.output.read_text(encoding="utf-8").strip()[1:-1].strip()
        assert not too_deep(written)
        assert too_deep(f"[{written}]")


JSONS = st.recursive(st.sampled_from(["1", '"["', '"\\"]"', "null", "[]", "{}"]), lambda inner: st.lists(
    inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]") | inner.map(lambda item: f'{{"a}}":{item}}}'))


@settings(max_examples=settings.default.max_examples // 4)
@given(st.lists(st.tuples(JSONS, st.integers(0, 260), st.integers(0, 300)), min_size=1, max_size=8),
       st.sampled_from([1, 2, 9]))
def test_sql_and_python_agree_on_what_is_too_deep(drawn: list[tuple[str, int, int]], above: int) -> None:
    """However wide, and whatever its strings have: SQL tells of a text what the reader of JSON tells of its record."""
    texts = ["[" * deep + item + ",[[[]]]" * wide + "]" * deep if deep else item for item, deep, wide in drawn]
    found = CONNECTION.execute(
        "SELECT list_transform($1, LAMBDA t: etl_json_too_deep(t, CAST($2 AS BIGINT)))", [texts, above]).fetchone()
    assert found == ([too_deep("[" * above + text + "]" * above) for text in texts],)


CONNECTION = duckdb.connect()
for macro in statement("macros").text.split(";\n"):
    CONNECTION.execute(macro)


@pytest.mark.parametrize(("of", "deep", "said"), [
    ("list", 16, None), ("list", 17, "the column has lists nested more than 16 deep"),
    ("map", 17, "the column has lists nested more than 16 deep"), ("struct", 253, None),
    ("struct", 254, "the column has values nested more than 254 deep"),
])
def test_types_deeper_than_duckdb_reads_are_refused(home: Home, of: str, deep: int, said: str | None) -> None:
    """DuckDB takes twice the time for each list around a list, and ends where a leaf has more than 255 levels."""
    kind: pa.DataType = pa.int8()
    value: Any = 1
    for _ in range(deep):
        kind = {"list": pa.list_, "map": lambda inner: pa.map_(pa.int8(), inner),
                "struct": lambda inner: pa.struct([("a", inner)])}[of](kind)
        value = {"list": [value], "map": [(1, value)], "struct": {"a": value}}[of]
    write(v=pa.array([value], kind))
    if said is not None:
        assert refused(home, said)
        return
    assert home.run().code == 0
    assert home.exported() == [{"v": value}]


def test_a_type_that_is_told_is_told_in_few_words(home: Home) -> None:
    """A type that cannot be taken apart is named, not written out over pages."""
    kind: pa.DataType = pa.decimal128(16, 16)
    for _ in range(200):
        kind = pa.struct([("a", kind)])
    write(v=pa.array([None], kind))
    assert refused(home, "the column has the type STRUCT(a STRUCT(a")
    assert len(home.run().error) < 2000


def test_what_cannot_be_told_is_an_error_of_the_value() -> None:
    """An error of a nested JSON is told from those of DuckDB."""
    query = f"SELECT {inside(Sql('v'), 'JSON[]')} FROM (SELECT ['[1.10]'::JSON] AS v)"
    with pytest.raises(duckdb.InvalidInputException) as raised:
        CONNECTION.execute(query).fetchall()
    assert "JSON inside nested values" in str(said_outside(raised.value))
