"""Thrift: what is read is written back the same, and what no footer can hold is refused before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trouble.home import Home

from etl.sources.thrift import Field, NotThrift, Reader, written

TRUE, FALSE, BYTE, I32, BINARY, LIST, STRUCT, UUID = 1, 2, 3, 5, 8, 9, 12, 13
PLAIN = {BYTE: st.integers(0, 255), I32: st.integers(0, 2**64 - 1), BINARY: st.binary(max_size=20),
         UUID: st.binary(min_size=16, max_size=16)}


def _lists(of: Any) -> Any:
    return st.tuples(st.just(STRUCT), st.lists(of, max_size=20))


def _structs(inner: Any) -> Any:
    """Structs of a few fields whose numbers rise, or fall, or jump."""
    field = st.one_of(
        *(st.tuples(st.just(kind), values) for kind, values in PLAIN.items()),
        st.tuples(st.sampled_from((TRUE, FALSE)), st.none()), st.tuples(st.just(STRUCT), inner),
        st.tuples(st.just(LIST), _lists(inner)))
    return st.lists(st.builds(lambda number, of: Field(number, *of), st.integers(1, 2**15 - 1), field), max_size=5)


@given(st.recursive(st.just([]), _structs, max_leaves=8))
def test_what_is_written_is_read(fields: list[Field]) -> None:
    """A struct of any fields is the same when its bytes are read, and its bytes are used up."""
    reader = Reader(written(fields))
    assert reader.struct() == fields
    assert reader.at == len(reader.data)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_struct_or_refused(data: bytes) -> None:
    """Bytes at random are refused in words, or are a struct that can be written and read again."""
    try:
        fields = Reader(data).struct()
    except NotThrift:
        return
    assert Reader(written(fields)).struct() == fields


REFUSED = {
    "a field of number 0": b"\x05\x00\x02\x00", "a field below 0": b"\x05\x01\x02\x00",
    "a field past the last": b"\x05\xfe\xff\xff\xff\x0f\x02\x00", "a list in a list without an end": b"\x19" * 3_000,
    "a struct in a struct without an end": b"\x1c" * 3_000, "a number without an end": b"\x15" + b"\x80" * 3_000,
    "a number of 71 bits": b"\x15" + b"\x80" * 10 + b"\x01\x00",
    "a list that is longer than the file": b"\x19\xf8\xff\xff\xff\x0f",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_footer_holds_is_refused(name: str) -> None:
    """Numbers, lengths and depths out of range are refused, and nothing else is raised."""
    with pytest.raises(NotThrift):
        Reader(REFUSED[name]).struct()


@pytest.mark.parametrize("name", REFUSED)
def test_a_footer_of_such_is_named(home: Home, name: str) -> None:
    """A Parquet file whose footer holds such a thing, in a field that readers pass over, is a problem in words."""
    path = Path("in") / "t.parquet"
    pq.write_table(pa.table({"a": pa.array([1, None], pa.decimal256(60, 1))}), path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    footer = REFUSED[name].removesuffix(b"\0") + whole[-8 - length:-8]
    path.write_bytes(whole[:-8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    answer = home.process("run", "--source-dir", "in", "--output", "out/t.json", "--progress", "none")
    assert answer.code == 1, answer.error
    assert "t.parquet: " in answer.error
    assert "Traceback" not in answer.error
    assert "inside etl" not in answer.error
