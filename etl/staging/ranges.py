"""Values that Parquet holds and a table cannot tell, and nested ones as the type that DuckDB writes out whole.

A type has the bits for infinities and for times outside of the day, and a column of JSON for any text. Told all the
same, they would be another value, or end DuckDB for all that comes after.
"""

from __future__ import annotations

import re

import duckdb
from duckdb.sqltypes import DuckDBPyType

from etl.names import Sql, identifier, listed, literal
from etl.sources.json_text import TOO_DEEP

_MARK = "cannot be told: "
_RANGE = "a value out of the range of its type ({})"
_INEXACT = "JSON inside nested values, of which a value is no JSON or has a number that would be written otherwise,"
_NO_INTEGER_PART = re.compile(r"DECIMAL\((\d+),\1\)")
_SPELT = 16  # digits from which DuckDB writes a DECIMAL into JSON by its text, below as a double
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
        return not _looked_into(kind) or bool(duckdb.sqltype(kind))
    except duckdb.Error:
        return False


def inside(value: Sql, kind: str, told: Sql | None = None) -> Sql:
    """A value of a type, nested or not, as it is told; one that cannot be is an error that `said_outside` knows.

    Args:
        told: How it is told; None: as itself, or where it is nested as the type that `to_json` writes out whole.
    """
    if not _looked_into(kind):
        return value if told is None else told
    held = duckdb.sqltype(kind)
    if told is None:
        nested = held.id in ("list", "map", "struct") and _NO_INTEGER_PART.search(kind)
        told = Sql(f"CAST({value} AS {_wider(held)})") if nested else value
    cases = [Sql(f"WHEN {condition} THEN error({literal(_MARK + what)})")
             for condition, what in _conditions(value, held, 0, 1)]
    return Sql(f"CASE {listed(cases, ' ')} ELSE {told} END") if cases else told


def _looked_into(kind: str) -> bool:
    return any(word in kind for word in ("DATE", "TIME", "JSON")) or _NO_INTEGER_PART.search(kind) is not None


def said_outside(error: duckdb.Error) -> str | None:
    """What a column has that cannot be told; None of any other error."""
    return str(error).splitlines()[0].partition(_MARK)[2] or None


def _wider(kind: DuckDBPyType, *, key: bool = False) -> Sql:
    """A type with room for the 0 before the point, which DuckDB leaves out where it writes a DECIMAL(s,s) by its text.

    Args:
        key: It is that of a key of a map, or inside one; DuckDB writes all of them by their text.
    """
    if kind.id == "decimal":
        digits, scale = (int(str(number)) for _, number in kind.children)
        return Sql(f"DECIMAL({digits + (digits == scale and (key or digits >= _SPELT))},{scale})")
    if kind.id not in ("list", "map", "struct"):
        return Sql(str(kind))
    children = [(name, child) for name, child in kind.children if isinstance(child, DuckDBPyType)]
    if kind.id == "struct":
        return Sql(f"STRUCT({listed(Sql(f'{identifier(name)} {_wider(child, key=key)}') for name, child in children)})")
    if kind.id == "list":
        return Sql(f"{_wider(children[0][1], key=key)}[]")
    return Sql(f"MAP({_wider(children[0][1], key=True)}, {_wider(children[1][1], key=key)})")


def _json(value: Sql, above: int) -> list[tuple[Sql, str]]:
    """When a JSON text cannot be told below so many levels, the record among them; alone it needs not to be exact."""
    text = Sql(f"CAST({value} AS VARCHAR)")
    found = [(Sql(f"etl_json_too_deep({text}, {above})"), TOO_DEEP[1])]
    return found if above == 1 else [*found, (Sql(f"NOT etl_json_nests({text})"), _INEXACT)]


def _conditions(value: Sql, kind: DuckDBPyType, depth: int, above: int) -> list[tuple[Sql, str]]:
    """When a value, or one inside of it, cannot be told, and what it then is.

    Args:
        depth: The lambdas that it stands in.
        above: The levels of JSON that it stands in; 0 inside keys of a map, which are strings.
    """
    if str(kind) == "JSON":
        return _json(value, above) if above else []
    if kind.id in _OUTSIDE:
        condition, holds = _OUTSIDE[kind.id]
        return [(Sql("(" + condition.replace("{x}", value) + ")"), _RANGE.format(holds))]
    if kind.id not in ("list", "map", "struct"):
        return []
    children = [(place, child) for place, (_, child) in enumerate(kind.children, 1)
                if isinstance(child, DuckDBPyType)]
    found = []
    element, below = Sql(f"e{depth}"), above and above + 1
    for place, child in children:
        if kind.id == "struct":
            found += _conditions(Sql(f"struct_extract_at({value}, {place})"), child, depth, below)
            continue
        keys = kind.id == "map" and place == 1
        elements = value if kind.id == "list" else Sql(f"map_keys({value})" if keys else f"map_values({value})")
        found += [(Sql(f"len(list_filter({elements}, LAMBDA {element}: {condition})) > 0"), what)
                  for condition, what in _conditions(element, child, depth + 1, 0 if keys else below)]
    return found
