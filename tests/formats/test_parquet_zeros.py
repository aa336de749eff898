"""The zero with a sign of Parquet: text where its column is text, 0.0 with a warning where it is a number."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trouble.home import Home

ZEROS = st.lists(st.sampled_from((-0.0, 0.0, None, 1.5, float("nan"))), min_size=1, max_size=6)
FEWER = max(1, settings.default.max_examples // 4)


@settings(max_examples=FEWER, suppress_health_check=list(HealthCheck))
@given(first=ZEROS, second=ZEROS, width=st.sampled_from((pa.float32(), pa.float64())))
def test_zeros_stay_apart_in_staging(home: Home, first: list[float | None], second: list[float | None],
                                     width: pa.DataType) -> None:
    """Behind a warehouse that was closed the zeros of a file are still what they were, and so says verify."""
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    values = [*first, *second]
    for name, part in (("a", first), ("b", second)):
        pq.write_table(pa.table({"v": pa.array(part, width), "i": range(len(part))}), f"in/{name}.parquet")
    answer = home.run()
    assert answer.code == 0, answer.error
    signed = any(str(value) == "-0.0" for value in values)
    assert ("-0.0 is loaded as 0.0" in answer.error) == signed
    assert {str(row["v"]) for row in home.exported()}.isdisjoint({"-0.0"})
    assert home.etl("verify", "--files", "--warehouse", "out/t.duckdb").code == 0
    assert home.run("--column", "v=VARCHAR").code == 0
    assert [row["v"] for row in home.exported()] == [None if value is None else str(value) for value in values]
    assert home.etl("verify", "--files", "--warehouse", "out/t.duckdb").code == 0


@pytest.mark.parametrize("width", [pa.int8(), pa.int32(), pa.int64(), pa.uint16(), pa.uint64()])
def test_a_zero_with_a_sign_under_integers_is_said(home: Home, width: pa.DataType) -> None:
    """Whatever the width of a frozen integer, -0.0 becomes its 0 with a warning."""
    pq.write_table(pa.table({"v": pa.array([1], width)}), "in/a.parquet")
    pq.write_table(pa.table({"v": [-0.0, 2.0]}), "in/b.parquet")
    answer = home.run("--schema-contract", "discard_row")
    assert [row["v"] for row in home.exported()] == [1, 0, 2]
    assert "b.parquet: column v: -0.0 is loaded as 0.0" in answer.error
