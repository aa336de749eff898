"""Tables of any types, in several files and row groups, come back from Parquet cell for cell."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trouble.home import Home

from formats.damaged import CODECS

SECOND = 10**9
EPOCH = dt.datetime.fromisoformat("1970-01-01")


@dataclass(frozen=True)
class Kind:
    """A type of column.

    Args:
        back: The value that a text of the target stands for; it raises where it stands for none.
        target: The type of the target where all files have this one.
    """

    type: pa.DataType
    values: st.SearchStrategy[Any]
    back: Callable[[str], Any]
    target: str


def _decimals(precision: int, scale: int, wide: str | None = None) -> Kind:
    whole = 10**precision - 1
    with localcontext(prec=80):
        values = st.integers(-whole, whole).map(lambda digits: Decimal(f"{digits}E-{scale}"))
    of = pa.decimal128(precision, scale) if wide is None else pa.decimal256(precision, scale)
    return Kind(of, values, Decimal, wide or f"DECIMAL({precision},{scale})")


def _integers(of: pa.DataType, least: int, most: int, target: str) -> Kind:
    return Kind(of, st.integers(least, most) | st.sampled_from((least, most)), Decimal, target)


def _nanoseconds(text: str) -> int:
    """A moment as nanoseconds since 1970."""
    found = re.fullmatch(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:\+00)?", text)
    assert found is not None, text
    seconds = (dt.datetime.fromisoformat(found[1]) - EPOCH) // dt.timedelta(seconds=1)
    return seconds * SECOND + int((found[2] or "").ljust(9, "0"))


def _clock(text: str) -> int:
    """A time of day as nanoseconds."""
    return _nanoseconds(f"1970-01-01 {text}")


def _moments(of: pa.DataType, unit: int, target: str) -> Kind:
    """Moments in units of so many nanoseconds, from 1900 to 2200."""
    reach = st.integers(-2 * 10**9, 7 * 10**9).flatmap(
        lambda seconds: st.integers(0, SECOND // unit - 1).map(lambda part: seconds * (SECOND // unit) + part))
    return Kind(of, reach, lambda text: _nanoseconds(text) // unit, target)


def _bytes(text: str) -> bytes:
    """Binary from the spelling of DuckDB."""
    return b"".join(bytes.fromhex(byte) or plain.encode()
                    for byte, plain in re.findall(r"\\x([0-9A-F]{2})|(.)", text, re.DOTALL))


def _single(number: float) -> float:
    """A number as four bytes hold it."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


ODD = ("007", " 1 ", "1e5", "NaN", "", "true", "{}")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(ODD)
KINDS: dict[str, Kind] = {
    "int8": _integers(pa.int8(), -(2**7), 2**7 - 1, "TINYINT"),
    "int32": _integers(pa.int32(), -(2**31), 2**31 - 1, "INTEGER"),
    "int64": _integers(pa.int64(), -(2**63), 2**63 - 1, "BIGINT"),
    "uint16": _integers(pa.uint16(), 0, 2**16 - 1, "USMALLINT"),
    "uint64": _integers(pa.uint64(), 0, 2**64 - 1, "UBIGINT"),
    "small": _integers(pa.int64(), -1000, 1000, "BIGINT"),
    "float": Kind(pa.float32(), st.floats(width=32), lambda text: _single(float(text)), "FLOAT"),
    "double": Kind(pa.float64(), st.floats(), float, "DOUBLE"),
    "money": _decimals(12, 2), "point": _decimals(20, 20), "long": _decimals(38, 5),
    "past": _decimals(60, 7, "VARCHAR"),
    "nothing": Kind(pa.null(), st.none(), str, ""),
    "truth": Kind(pa.bool_(), st.booleans(), {"true": True, "false": False}.__getitem__, "BOOLEAN"),
    "text": Kind(pa.string(), TEXTS, str, "VARCHAR"),
    "day": Kind(pa.date32(), st.dates(), dt.date.fromisoformat, "DATE"),
    "millis": _moments(pa.timestamp("ms"), 10**6, "TIMESTAMP"),
    "micros": _moments(pa.timestamp("us"), 1000, "TIMESTAMP"),
    "zone": _moments(pa.timestamp("us", "UTC"), 1000, "TIMESTAMP WITH TIME ZONE"),
    "clock": Kind(pa.time64("us"), st.integers(0, 86_400 * 10**6 - 1), lambda text: _clock(text) // 1000, "TIME"),
    "finer clock": Kind(pa.time64("ns"), st.integers(0, 86_400 * SECOND - 1), _clock, "TIME_NS"),
    "bytes": Kind(pa.binary(), st.binary(max_size=5), _bytes, "BLOB"),
    "uuid": Kind(pa.uuid(), st.uuids().map(lambda each: each.bytes), lambda text: uuid.UUID(text).bytes, "UUID"),
    "list": Kind(pa.list_(pa.int64()), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=3), json.loads,
                 "JSON"),
    "struct": Kind(pa.struct([("a", pa.int8()), ("b", pa.list_(pa.string()))]),
                   st.fixed_dictionaries({"a": st.none() | st.integers(-128, 127),
                                          "b": st.none() | st.lists(TEXTS, max_size=2)}), json.loads, "JSON"),
}
# Moments of nanoseconds become microseconds where all are whole ones: their type depends on the values.
FINER = {"nanos": _moments(pa.timestamp("ns"), 1, ""), "zone of nanos": _moments(pa.timestamp("ns", "UTC"), 1, "")}
NAMES = st.sampled_from(sorted(KINDS | FINER))


@st.composite
def columns(draw: st.DrawFn, files: int) -> list[tuple[Kind, list[Any]]]:
    """One column: its type and its values in each of some files."""
    same = draw(st.booleans())
    names = [draw(NAMES)] * files if same else [draw(NAMES) for _ in range(files)]
    kinds = [(KINDS | FINER)[name] for name in names]
    return [(kind, draw(st.lists(st.none() | kind.values, min_size=7, max_size=7))) for kind in kinds]


def equal(found: Any, wanted: Any) -> bool:
    """Whether two values are one; NaN is NaN."""
    if isinstance(wanted, float) and math.isnan(wanted):
        return isinstance(found, float) and math.isnan(found)
    return bool(found == wanted)


@settings(phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
@given(data=st.data(), files=st.integers(1, 3), rows=st.integers(1, 7))
def test_tables_come_back_cell_for_cell(home: Home, data: st.DataObject, files: int, rows: int) -> None:
    """Whatever the types in each file, every cell of the target stands for the value that its file has."""
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    table = data.draw(st.lists(columns(files), min_size=1, max_size=5))
    for number in range(files):
        made = {f"c{at}": pa.array(column[number][1][:rows], column[number][0].type) for at, column in enumerate(table)}
        pq.write_table(pa.table(made), f"in/{number}.parquet", compression=data.draw(st.sampled_from(CODECS)),
                       row_group_size=data.draw(st.integers(1, 4)), use_dictionary=data.draw(st.booleans()),
                       data_page_version=data.draw(st.sampled_from(("1.0", "2.0"))),
                       write_page_checksum=data.draw(st.booleans()))
    answer = home.run()
    assert answer.code == 0, answer.error
    types = dict(home.standing().types)
    for at, column in enumerate(table):
        found = [text for (text,) in home.sql(  # files of other structures may have their numbers in another order
            f"SELECT CAST(c{at} AS VARCHAR) FROM w.main.t JOIN w.etl.loaded_version ON version_id = _version "
            "ORDER BY path, _row")]
        wanted = [(kind, value) for kind, values in column for value in values[:rows]]
        for text, (kind, value) in zip(found, wanted, strict=True):
            assert (text is None) == (value is None), (types[f"c{at}"], kind, value)
            assert value is None or equal(kind.back(text), value), (types[f"c{at}"], kind, value, text)
        same = len({kind.type for kind, _ in column}) == 1 and any(value is not None for _, value in wanted)
        assert not same or column[0][0].target in ("", types[f"c{at}"])
