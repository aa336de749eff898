"""Parquet under declared and frozen types: a value goes in as the number or moment that it is, or is rejected."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from trouble.home import Home

FEWER = max(1, settings.default.max_examples // 4)  # an example is a load of many cells


def _single(x: float) -> float:
    return float(struct.unpack("f", struct.pack("f", x))[0])


def _shortest(x: float, form: str) -> Decimal:
    """The number that a FLOAT or DOUBLE says: itself where it is whole, else the fewest digits that give it back."""
    if x == int(x):
        return Decimal(int(x))
    if form == "double":
        return Decimal(repr(x))
    return next(Decimal(text) for text in (f"{x:.{digits}g}" for digits in range(1, 10)) if _single(float(text)) == x)


def decimals(digits: int, scale: int) -> st.SearchStrategy[Decimal]:
    """Any value of a DECIMAL, those of few digits as often as those of many."""
    whole = st.integers(1, digits).flatmap(lambda most: st.integers(-(10**most) + 1, 10**most - 1))
    with localcontext(prec=40):
        return whole.map(lambda number: Decimal(number).scaleb(-scale))


FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e6, 1e6), st.integers(-(2**70), 2**70).map(float),
    st.integers(-(10**9), 10**9).map(lambda number: number / 100), st.sampled_from((1e10, 1.005, 1e22, 1e-5, 2 / 3)))
EPOCH = dt.datetime.fromisoformat("1970-01-01")
MOMENTS = st.datetimes(dt.datetime.fromisoformat("1800-01-01"), dt.datetime.fromisoformat("2200-01-01")) | (
    st.dates().map(lambda day: dt.datetime.combine(day, dt.time())))
FORMS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "boolean": (pa.bool_(), st.booleans()), "tiny": (pa.int8(), st.integers(-128, 127)),
    "integer": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.sampled_from((0, 1, 2**53, 2**53 + 1, 20240101))),
    "unsigned": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "float": (pa.float32(), FLOATS.filter(lambda x: abs(x) < 1e38).map(_single)), "double": (pa.float64(), FLOATS),
    "narrow": (pa.decimal128(9, 2), decimals(9, 2)), "wide": (pa.decimal128(38, 20), decimals(38, 20)),
    "day": (pa.date32(), st.dates()), "moment": (pa.timestamp("us"), MOMENTS),
    "finer": (pa.timestamp("ns"), st.integers(-(2**62), 2**62) | st.integers(-(10**6), 10**6).map(lambda n: n * 1000)),
    "zone": (pa.timestamp("us", "UTC"), MOMENTS),
    "clock": (pa.time64("us"), st.times()), "text": (pa.string(), st.sampled_from(("1", "true", "1.5", "2024-01-01"))),
}
TYPES = ("BIGINT", "HUGEINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "DECIMAL(18,2)", "DECIMAL(38,20)",
         "DECIMAL(38,0)")
NUMBERS = ("tiny", "integer", "unsigned", "float", "double", "narrow", "wide")


def oracle(form: str, value: Any, wanted: str) -> Any:
    """The value under a declared type; None where it is rejected."""
    if form == "text":
        by_type = {"1": NUMERIC, "1.5": ("DOUBLE", "DECIMAL(18,2)", "DECIMAL(38,20)"), "true": ("BOOLEAN",),
                   "2024-01-01": ("DATE", "TIMESTAMP")}
        return _of_text(value, wanted) if wanted in by_type[value] else None
    if form in NUMBERS:
        return _number(form, value, wanted) if wanted in NUMERIC else None
    if form == "finer":
        moment = EPOCH + dt.timedelta(microseconds=value // 1000)
        return None if value % 1000 else oracle("moment", moment, wanted)
    if (form, wanted) in (("boolean", "BOOLEAN"), ("day", "DATE"), ("moment", "TIMESTAMP"), ("clock", "TIME")):
        return value
    if (form, wanted) == ("day", "TIMESTAMP"):
        return dt.datetime.combine(value, dt.time())
    if (form, wanted) == ("moment", "DATE") and value.time() == dt.time():
        return value.date()
    return None


NUMERIC = ("BIGINT", "HUGEINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(38,20)", "DECIMAL(38,0)")


def _of_text(value: str, wanted: str) -> Any:
    if wanted in ("DATE", "TIMESTAMP"):
        day = dt.date.fromisoformat(value)
        return day if wanted == "DATE" else dt.datetime.combine(day, dt.time())
    return True if wanted == "BOOLEAN" else Fraction(value)


def _number(form: str, value: Any, wanted: str) -> Fraction | None:
    """The same number, where the type has it."""
    exact = Fraction(value)
    if wanted == "DOUBLE":
        there = float(value)
        return Fraction(there) if Fraction(there) == exact or (
            isinstance(value, Decimal) and Fraction(_shortest(there, "double")) == exact) else None
    said = Fraction(_shortest(value, form)) if isinstance(value, float) else exact
    digits, scale = {"BIGINT": (0, 0), "HUGEINT": (0, 0)}.get(wanted) or map(int, wanted[8:-1].split(","))
    if (said * 10**scale).denominator != 1:
        return None
    if not digits:
        bits = 63 if wanted == "BIGINT" else 127
        return said if -(2**bits) <= said < 2**bits else None
    return said if abs(said) < 10 ** (digits - scale) else None


CELLS = st.sampled_from(sorted(FORMS)).flatmap(
    lambda form: st.tuples(st.just(form), FORMS[form][1], st.sampled_from(TYPES)))


@settings(max_examples=FEWER, phases=(Phase.explicit, Phase.reuse, Phase.generate),
          suppress_health_check=list(HealthCheck))
@example(cells=[
    ("float", 123456790528.0, "DECIMAL(18,2)"), ("float", 1e10, "DECIMAL(18,2)"), ("double", 1.005, "DECIMAL(38,20)"),
    ("double", 333333333333333.3, "DECIMAL(18,2)"), ("double", -1e-5, "DECIMAL(38,20)"),
    ("wide", Decimal("1.00499999999999983616"), "DOUBLE"), ("integer", 1, "BOOLEAN"), ("double", 1.0, "BOOLEAN"),
    ("boolean", True, "BIGINT"), ("zone", EPOCH, "TIMESTAMP"), ("zone", EPOCH, "DATE"), ("double", 1.0, "BIGINT")])
@given(cells=st.lists(CELLS, min_size=1, max_size=40))
def test_a_declared_type_takes_a_value_whole_or_not_at_all(home: Home, cells: list[tuple[str, Any, str]]) -> None:
    """Whatever the types: each cell of the target is its file's value, and what the type has not is a reject."""
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    names = {(form, wanted): f"c{at}" for at, (form, wanted) in enumerate(dict.fromkeys((f, w) for f, _, w in cells))}
    made = {name: pa.array([value if (form, wanted) == pair else None for form, value, wanted in cells],
                           FORMS[pair[0]][0]) for pair, name in names.items()}
    pq.write_table(pa.table(made), "in/t.parquet")
    declared = (part for (_, wanted), name in names.items() for part in ("--column", f"{name}={wanted}"))
    answer = home.run("--on-error", "reject_row", *declared)
    assert answer.code == 0, answer.error
    found: dict[int, dict[str, Any]] = {}
    for (_, wanted), name in names.items():
        for row, value in home.sql(f"SELECT _row, {name} FROM w.main.t"):
            found.setdefault(row, {})[name] = Fraction(value) if wanted in NUMERIC and value is not None else value
    for row, (form, value, wanted) in enumerate(cells, 1):
        right = oracle(form, value, wanted)
        if right is None:
            assert row not in found, (form, value, wanted, found[row])
        else:
            assert row in found, (form, value, wanted)
            assert found[row][names[form, wanted]] == right, (form, value, wanted)


@pytest.mark.parametrize(("columns", "of", "rejected"), [
    (pa.array([123456790528.0, 0.1, 3e20], pa.float32()), "DECIMAL(36,17)", 1),
    (pa.array([1.005, 333333333333333.3, 1e-20]), "DECIMAL(36,17)", 1),
])
def test_a_frozen_decimal_takes_what_a_float_says(home: Home, columns: pa.Array, of: str, rejected: int) -> None:
    """Under a contract, as under a declared type, no number is another one; the rest is rejected."""
    home.put({"a.csv": "v\n0.12345678901234567\n1000000000000000000.5\n"})
    pq.write_table(pa.table({"v": columns}), "in/b.parquet")
    answer = home.run("--schema-contract", "discard_row", "--json")
    assert answer.code == 0, answer.error
    assert dict(home.standing().types)["v"] == of
    assert len(answer.document["rejects"]) == rejected
    found = {value for (value,) in home.sql("SELECT v FROM w.main.t WHERE _row <= 2 ORDER BY _version, _row")}
    form = "float" if columns.type == pa.float32() else "double"
    assert {_shortest(value, form) for value in columns.to_pylist()[:2]} <= found


SAID = ("0.5", "1.50", "0.1", "999.99", "3.14", "-0.25", "999.989990234375", "123456.7", "16777216", "16777217", "1e3",
        "nan", "inf", "0.10000000149011612", "0.10000000149011613", "1e+30")
HELD = ("0.5", "1.50", "-0.25", "999.989990234375", "16777216", "0.10000000149011612")


@pytest.mark.parametrize("contract", ["freeze", "discard_row"])
def test_a_frozen_float_takes_what_it_holds_to_the_last_digit(home: Home, contract: str) -> None:
    """Texts and decimals go into a frozen FLOAT where it has their exact value, and are named where it has not."""
    pq.write_table(pa.table({"i": [0], "v": pa.array([0.5], pa.float32())}), "in/a.parquet")
    assert home.run("--schema-contract", contract).code == 0
    home.put({"b.csv": "i,v\n" + "".join(f"{i},{said}\n" for i, said in enumerate(SAID, 1)),
              "c.ndjson": '{"i":21,"v":0.25}\n{"i":22,"v":0.1}\n'})
    decimals_said = [Decimal("0.50"), Decimal("0.10")]
    pq.write_table(pa.table({"i": [31, 32], "v": pa.array(decimals_said, pa.decimal128(5, 2))}), "in/d.parquet")
    assert home.run("--schema-contract", contract).code == (0 if contract == "discard_row" else 1)
    if contract == "freeze":
        assert home.run("--schema-contract", contract, "--on-error", "skip_file").code == 0
        assert [row["i"] for row in home.exported()] == [0]
        return
    kept = {i: float(said) for i, said in enumerate(SAID, 1) if said in HELD}
    assert {row["i"]: row["v"] for row in home.exported()} == {0: 0.5, **kept, 21: 0.25, 31: 0.5}
    assert [text for *_, text in home.rejects()] == [*(said for said in SAID if said not in HELD), "0.1", "0.10"]
