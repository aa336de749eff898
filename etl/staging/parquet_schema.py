"""The schema of a Parquet file: its columns, and what of them DuckDB would not read whole, or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from etl.sources.footer import Retag

_MOST_DIGITS = 38
_MOST_LISTS = 16  # DuckDB's reader takes twice the time for each list around a list: at 22 a second, at 40 days
_DEEPEST = 254  # elements on the way to a leaf: levels are one byte in DuckDB, and past it the process may end
_NULL = "NullType()"
_UTC_NANOSECONDS = re.compile(r"TimestampType\(isAdjustedToUTC=1.*NanoSeconds")


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element of the schema that DuckDB would not read whole; `top` where it is its column by itself."""

    column: str
    top: bool
    tag: Retag
    what: str
    scale: int


@dataclass(slots=True)
class Schema:
    """What a schema says.

    Args:
        leaves: Those that need another reading, or have none.
        doubled: Fields that share their name with another of their struct, with their columns.
        deep: Columns nested deeper than DuckDB reads, with what is too deep.
        nulls: The places, among all elements, of those of the type of NULL alone.
    """

    names: list[str] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    doubled: list[tuple[str, str]] = field(default_factory=list)
    deep: list[tuple[str, str]] = field(default_factory=list)
    nulls: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """An element with children: how many are to come, the names of those that came, and the lists that it stands in."""

    left: int
    lists: int
    seen: set[str] = field(default_factory=set)


def read_schema(elements: Sequence[tuple[object, ...]]) -> Schema:
    """The schema of its elements, each told by name, children, type, logical type, precision, scale and repetition."""
    schema = Schema()
    groups: list[_Group] = []
    for place, (told, children, kind, logical, precision, scale, repetition) in enumerate(elements):
        name, depth = str(told), len(groups)
        if depth == 1:
            schema.names.append(name)
        elif depth > 1:
            lowered = name.encode().lower().decode()  # as DuckDB compares them
            if lowered in groups[-1].seen:
                schema.doubled.append((schema.names[-1], name))
            groups[-1].seen.add(lowered)
        column, repeated = schema.names[-1] if schema.names else name, repetition == "REPEATED"
        lists = (groups[-1].lists if groups else 0) + repeated
        schema.deep += [(column, what) for what in _deep(depth, lists)]
        if children:
            groups.append(_Group(int(str(children)), lists))
            continue
        if logical == _NULL:
            schema.nulls.append(place)
        leaf = _leaf(column, str(kind), str(logical), precision, scale, top=depth == 1 and not repeated)
        if leaf is not None:
            schema.leaves.append(leaf)
        while groups:
            groups[-1].left -= 1
            if groups[-1].left > 0:
                break
            groups.pop()
    return schema


def _deep(depth: int, lists: int) -> list[str]:
    """What of an element so deep, in so many lists, is too deep."""
    found = [f"lists nested more than {_MOST_LISTS} deep"] if lists > _MOST_LISTS else []
    return [*found, f"values nested more than {_DEEPEST} deep"] if depth > _DEEPEST else found


def _leaf(column: str, kind: str, logical: str, precision: object, scale: object, *, top: bool) -> Leaf | None:
    if isinstance(precision, int) and precision > _MOST_DIGITS:
        return Leaf(column, top, "bytes", f"decimals of {precision} digits", int(str(scale or 0)))
    if not top and precision == scale == _MOST_DIGITS:  # a 0 before the point would be one digit more than there are
        return Leaf(column, top, "bytes", f"decimals of {_MOST_DIGITS} digits after the point", _MOST_DIGITS)
    if kind == "INT96":
        return Leaf(column, top, "int96", "INT96 timestamps", 0)
    if _UTC_NANOSECONDS.match(logical):
        return Leaf(column, top, "zoneless", "timestamps of nanoseconds in UTC", 0)
    return None
