"""Values that a type of Parquet has the bits for and a table cannot tell: infinities, and times outside of the day.

Told all the same, they would be another value, or end DuckDB for all that comes after.
"""

from __future__ import annotations

import duckdb
from duckdb.sqltypes import DuckDBPyType

from etl.names import Sql, listed, literal

_MARK = "out of the range of its type: "
_DAYS, _MOMENTS = "days from 5877642-06-25 (BC) to 5881580-07-10", "moments from 290309-12-22 (BC) to 294247-01-10"
_CLOCK = "times before 24:00:00"
# By the id of a type: when a value x is outside, and what the type holds.
_OUTSIDE = {
    "date": ("NOT isfinite({x}) OR {x} < DATE '5877642-06-25 (BC)'", f"a DATE holds {_DAYS}"),
    "timestamp": ("NOT isfinite({x}) OR {x} < TIMESTAMP '290309-12-22 (BC) 00:00:00'", f"a TIMESTAMP holds {_MOMENTS}"),
    "timestamp with time zone": (
        ("NOT isfinite({x}) OR {x} NOT BETWEEN TIMESTAMPTZ '290309-12-22 (BC) 00:00:00+00' "
         "AND TIMESTAMPTZ '294247-01-10 00:00:00+00'"), f"a TIMESTAMP WITH TIME ZONE holds {_MOMENTS}"),
    "timestamp_ns": ("NOT isfinite({x}) OR {x} < TIMESTAMP_NS '1677-09-22 00:00:00'",
                     "a TIMESTAMP of nanoseconds holds moments from 1677-09-22 to 2262-04-11"),
    "time": ("{x} < TIME '00:00:00' OR {x} >= TIME '24:00:00'", f"a TIME holds {_CLOCK}"),
    "time_ns": ("{x} < CAST('00:00:00' AS TIME_NS) OR {x} >= CAST('24:00:00' AS TIME_NS)", f"a TIME holds {_CLOCK}"),
    "time with time zone": ("CAST({x} AS TIME) >= TIME '24:00:00'", f"a TIME holds {_CLOCK}"),
}


def known(kind: str) -> bool:
    """Whether it can be told what values a type holds; DuckDB does not tell one that has a field without a name."""
    try:
        return not _of_time(kind) or bool(duckdb.sqltype(kind))
    except duckdb.Error:
        return False


def inside(value: Sql, kind: str) -> Sql:
    """A value of a type, nested or not; one that is outside of its range is an error that `said_outside` knows."""
    if not _of_time(kind):
        return value
    cases = [Sql(f"WHEN {condition} THEN error({literal(_MARK + holds)})")
             for condition, holds in _conditions(value, duckdb.sqltype(kind), 0)]
    return Sql(f"CASE {listed(cases, ' ')} ELSE {value} END") if cases else value


def _of_time(kind: str) -> bool:
    return "DATE" in kind or "TIME" in kind


def said_outside(error: duckdb.Error) -> str | None:
    """What the type of a value holds that was outside of it; None of any other error."""
    return str(error).splitlines()[0].partition(_MARK)[2] or None


def _conditions(value: Sql, kind: DuckDBPyType, depth: int) -> list[tuple[Sql, str]]:
    """When a value, or one inside of it, is outside, and what its type holds."""
    if kind.id in _OUTSIDE:
        condition, holds = _OUTSIDE[kind.id]
        return [(Sql("(" + condition.replace("{x}", value) + ")"), holds)]
    if kind.id not in ("list", "map", "struct"):
        return []
    children = [(place, child) for place, (_, child) in enumerate(kind.children, 1)
                if isinstance(child, DuckDBPyType)]
    found = []
    element = Sql(f"e{depth}")
    for place, child in children:
        if kind.id == "struct":
            found += _conditions(Sql(f"struct_extract_at({value}, {place})"), child, depth)
            continue
        elements = value if kind.id == "list" else Sql(f"map_keys({value})" if place == 1 else f"map_values({value})")
        found += [(Sql(f"len(list_filter({elements}, LAMBDA {element}: {condition})) > 0"), holds)
                  for condition, holds in _conditions(element, child, depth + 1)]
    return found
