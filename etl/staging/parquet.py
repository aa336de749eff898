"""Parquet files: their columns with the types that keep every value, and the scan that stages them.

DuckDB reads most types whole. Those that it would round or cut (decimals past 38 digits, INT96, nanoseconds in UTC) are
read as their bytes, from a copy whose footer says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from etl.errors import Problem
from etl.names import Sql, glob, listed
from etl.sources.content import os_problem
from etl.sources.footer import is_encrypted, retagged
from etl.sources.json_text import TOO_DEEP
from etl.sources.other_survey import encrypted
from etl.sources.pages import fault_of
from etl.sources.scan import Scan
from etl.sources.shape import TWO_ZEROS, Shape
from etl.sources.thrift import NotThrift
from etl.sources.unpack import whole_file
from etl.sql_files import fill
from etl.staging.parquet_schema import Leaf, Schema, read_schema
from etl.staging.ranges import inside, known, said_outside
from etl.warehouse import Warehouse

_NESTED = re.compile(r"(?:STRUCT|MAP|UNION)\(|.*\[\d*\]\Z", re.DOTALL)
_DECIMAL = re.compile(r"DECIMAL\(\d+,\d+\)")
_WIDE_DECIMAL = re.compile(r"DECIMAL TEXT (\d+)")
_INSTANT_TEXT, _INT96 = "INSTANT TEXT", "INT96 NANOSECONDS"
_SIGNED = " OF TWO ZEROS"
_OF_TWO_ZEROS = {f"{kind}{_SIGNED}": kind for kind in TWO_ZEROS}
_OF_MACHINE = (duckdb.OutOfMemoryException, duckdb.InterruptException)  # all other errors of a scan are of its file
KEPT = frozenset((
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "DATE", "TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE", "INTERVAL", "UUID", "BLOB", "VARCHAR",
))  # types of staging columns: those of `etl.structure.kinds`
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
_SHOWN = 200  # characters of a type
_NO_JSON = "Invalid JSON found in Parquet file: "
_NO_COLUMN = "Need at least one non-root column"
_ADVICE = "Write it as another type, or leave the column out"


def shaped(warehouse: Warehouse, scan: Scan, location: Path) -> Scan:
    """A scan with the columns of its file, or with what speaks against it.

    Args:
        location: Where a copy with another footer may be written; it must stay until the file is staged.
    """
    told = _told(warehouse, scan)
    if isinstance(told, Problem):
        return replace(scan, problem=told)
    records, schema, types = told
    names, leaves = list(schema.names), schema.leaves
    if len(names) != len(types):
        return replace(scan, problem=_unfit(scan, names[0] if names else "", "a structure that cannot be told"))
    for column, field in schema.doubled:
        return replace(scan, problem=_unfit(scan, column, f"two fields of the name {field!r} in one struct"))
    for leaf in leaves:
        if not leaf.top or names.count(leaf.column) > 1:
            what = leaf.what if leaf.top else f"{leaf.what} inside nested values"
            return replace(scan, problem=_unfit(scan, leaf.column, what))
    shape = Shape(tuple(names), records, tuple(types), nulls=tuple(schema.nulls))
    if leaves:
        found = _retyped(warehouse, scan, shape, leaves, location)
        if isinstance(found, Problem):
            return replace(scan, problem=found)
        shape = found
    signed = _of_two_zeros(warehouse, scan, shape)
    if isinstance(signed, Problem):
        return replace(scan, problem=signed)
    shape = signed
    strange = next((name for name, kind in zip(shape.names, shape.types, strict=True) if not _known(kind)), None)
    if strange is not None:
        kind = types[names.index(strange)]
        what = f"the type {kind if len(kind) <= _SHOWN else kind[:_SHOWN] + '...'}"
        return replace(scan, problem=_unfit(scan, strange, what))
    return replace(scan, shape=shape)


def _told(warehouse: Warehouse, scan: Scan) -> tuple[int, Schema, list[str]] | Problem:
    """The rows of a file, its schema and the types of its columns; its pages are held to its footer."""
    path = Path(scan.file.absolute)
    values = {"file": glob(path)}
    try:
        records = int(warehouse.one("SELECT num_rows FROM parquet_file_metadata($file)", values))
        schema = read_schema(warehouse.sql(
            "SELECT name, num_children, type, logical_type, precision, scale, repetition_type "
            "FROM parquet_schema($file)", values))
        for column, what in schema.deep:  # nobody may read a value of it
            return _unfit(scan, column, what)
        described = warehouse.sql("DESCRIBE SELECT * FROM read_parquet($file, hive_partitioning = false)", values)
        fault = fault_of(path)
    except OSError as error:
        return os_problem(error, scan.file.path)
    except _OF_MACHINE:
        raise
    except duckdb.Error as error:
        if _NO_COLUMN in str(error):
            return whole_file("no_column", scan.file.path, "the file has no column", "Take it out of the folder")
        return encrypted(scan.file.path) if is_encrypted(path) else _corrupt(scan, str(error))
    return _corrupt(scan, fault) if fault is not None else (records, schema, [str(row[1]) for row in described])


def _retyped(
    warehouse: Warehouse, scan: Scan, shape: Shape, leaves: Sequence[Leaf], location: Path
) -> Shape | Problem:
    """The shape with the types that keep what DuckDB would not; the bytes of those columns are looked at."""
    try:
        retagged(Path(scan.file.absolute), location, {leaf.column: leaf.tag for leaf in leaves})
    except NotThrift as error:
        return whole_file("corrupt", scan.file.path, f"the footer of the Parquet file cannot be read: {error}",
                          "Fetch the file again")
    types, needed = list(shape.types), set()
    aliases = listed(Sql(f"c{place}") for place in range(len(types)))
    for leaf in leaves:
        place = shape.names.index(leaf.column)
        if leaf.tag == "bytes":
            types[place] = f"DECIMAL TEXT {leaf.scale}"
            needed.add(leaf.column)
            continue
        past = (Sql(f"epoch_ns(c{place}) % 1000 <> 0") if leaf.tag == "zoneless" else
                Sql(f"etl_int96_nanoseconds(c{place}) % 1000 <> 0"))
        far = Sql("false") if leaf.tag == "zoneless" else Sql(f"etl_int96_day(c{place}) NOT BETWEEN -106000 AND 106000")
        try:
            finer, outside = warehouse.sql(
                f"SELECT coalesce(bool_or({past}), false), coalesce(bool_or({far}), false) "
                f"FROM read_parquet($file, hive_partitioning = false) AS t({aliases})", {"file": glob(location)})[0]
        except _OF_MACHINE:
            raise
        except duckdb.Error as error:
            return _corrupt(scan, str(error))
        if finer and outside:
            return _unfit(scan, leaf.column, "nanoseconds, and years that no type of nanoseconds holds,")
        if finer:
            types[place] = _INSTANT_TEXT if leaf.tag == "zoneless" else _INT96
            needed.add(leaf.column)
    if not needed:
        location.unlink()
        return replace(shape, types=tuple(types))
    retagged(Path(scan.file.absolute), location, {leaf.column: leaf.tag for leaf in leaves if leaf.column in needed})
    return replace(shape, types=tuple(types), location=location)


def _of_two_zeros(warehouse: Warehouse, scan: Scan, shape: Shape) -> Shape | Problem:
    """The shape with the columns marked that have a zero with a sign: DuckDB stores it and 0.0 as one of the two."""
    floats = {place: kind for place, kind in enumerate(shape.types) if kind in TWO_ZEROS}
    if not floats:
        return shape
    aliases = listed(Sql(f"c{place}") for place in range(len(shape.types)))
    found = listed(Sql(f"coalesce(bool_or({_negative_zero(place)}), false)") for place in floats)
    try:
        (signed,) = warehouse.sql(f"SELECT {found} FROM read_parquet($file, hive_partitioning = false) "
                                  f"AS t({aliases})", {"file": glob(shape.location or Path(scan.file.absolute))})
    except _OF_MACHINE:
        raise
    except duckdb.Error as error:
        return _corrupt(scan, str(error))
    types = list(shape.types)
    for (place, kind), is_signed in zip(floats.items(), signed, strict=True):
        types[place] = f"{kind}{_SIGNED}" if is_signed else kind
    return replace(shape, types=tuple(types))


def _negative_zero(place: int) -> Sql:
    return Sql(f"c{place} = 0 AND signbit(c{place})")


def _known(kind: str) -> bool:
    special = kind in ("JSON", _INSTANT_TEXT, _INT96, *_OF_TWO_ZEROS) or _WIDE_DECIMAL.fullmatch(kind) is not None
    plain = kind in KEPT or _DECIMAL.fullmatch(kind) is not None
    return special or plain or (_NESTED.match(kind) is not None and known(kind))


def stored_type(kind: str) -> str:
    """The type of the staging column of a type that a file has."""
    if kind == _INSTANT_TEXT or _WIDE_DECIMAL.fullmatch(kind):
        return "VARCHAR"
    if kind == _INT96:
        return "TIMESTAMP_NS"
    if kind in _OF_TWO_ZEROS:
        return TWO_ZEROS[_OF_TWO_ZEROS[kind]]
    return "JSON" if _NESTED.match(kind) else kind


def _value(place: int, kind: str) -> Sql:
    """A column as it is staged."""
    if kind in (_INSTANT_TEXT, _INT96):
        return _finer(place, kind)
    column = Sql(f"c{place}")
    if kind in _OF_TWO_ZEROS:
        return Sql(f"CASE WHEN {column} IS NOT NULL THEN struct_pack(number := {column} + 0.0::{_OF_TWO_ZEROS[kind]}, "
                   f"minus := {_negative_zero(place)}) END")
    wide = _WIDE_DECIMAL.fullmatch(kind)
    if wide:
        return Sql(f"etl_wide_decimal({column}, {int(wide[1])})")
    if kind == "JSON":
        return inside(column, kind, Sql(f"etl_json_told({column})"))
    if kind in _TIMESTAMPS:  # a copy may have lost the zone
        column = Sql(f"CAST({column} AS {kind})")
    held = inside(column, kind)
    return Sql(f"to_json({held})") if _NESTED.match(kind) else held


def _finer(place: int, kind: str) -> Sql:
    """A column of nanoseconds that no plain type keeps."""
    column = Sql(f"c{place}")
    if kind == _INT96:
        return Sql(f"make_timestamp_ns(etl_int96_day({column}) * 86400000000000 + etl_int96_nanoseconds({column}))")
    return Sql(f"CAST({inside(column, 'TIMESTAMP_NS')} AS VARCHAR) || '+00'")


def load(warehouse: Warehouse, table: Sql, shape: Shape, locations: Sequence[Path], first: int) -> None:
    """Stage files of one structure in one scan; version ids are consecutive from `first`."""
    places = range(len(shape.names))
    warehouse.fill(
        fill("stage_parquet", staging=table, aliases=listed(Sql(f"c{place}") for place in places),
             cells=listed(_value(place, kind) for place, kind in enumerate(shape.types))),
        {"first": first, "files": [glob(location) for location in locations]})


def broken(warehouse: Warehouse, scans: Mapping[str, tuple[Scan, Path]], error: duckdb.Error) -> list[Problem]:
    """What is wrong with each of some files that cannot be read through together, which ended with an error."""
    tried = (_broken(warehouse, scan, location) for scan, location in scans.values())
    found = [problem for problem in tried if problem is not None]
    if not found and len(scans) == 1:
        return [_corrupt(scan, str(error)) for scan, _ in scans.values()]
    return found


def _broken(warehouse: Warehouse, scan: Scan, location: Path) -> Problem | None:
    """The first column of a file that cannot be read through; None where all can."""
    shape = scan.shape or Shape(())
    aliases = listed(Sql(f"c{place}") for place in range(len(shape.names)))
    for place, kind in enumerate(shape.types):
        try:
            warehouse.sql(f"SELECT max(hash({_value(place, kind)})) "  # a count would not read them
                          f"FROM read_parquet($file, hive_partitioning = false) AS t({aliases})",
                          {"file": glob(location)})
        except duckdb.ConversionException as error:
            said = str(error).splitlines()[0].removeprefix("Conversion Error: ").rstrip(".")
            return _unfit(scan, shape.names[place], f"a value out of the range of its type ({said})")
        except _OF_MACHINE:
            raise
        except duckdb.Error as error:
            what = said_outside(error)
            if what is None and _NO_JSON in str(error):
                return _no_json(scan, shape.names[place], str(error))
            return _corrupt(scan, str(error)) if what is None else _unfit(scan, shape.names[place], what)
    return None


def _corrupt(scan: Scan, error: str) -> Problem:
    said = error.splitlines()[0].replace(scan.file.absolute, scan.file.path)
    return whole_file("corrupt", scan.file.path, f"the Parquet file cannot be read: {said.rstrip('.')}",
                      "Fetch the file again")


def _no_json(scan: Scan, column: str, error: str) -> Problem:
    said = error.splitlines()[0].partition(_NO_JSON)[2].rstrip(".")
    return Problem("invalid_json", f"the column is of the type JSON and has a value that is no JSON ({said})",
                   scan.file.path, column=column, advice="Write it as a string, or leave the column out",
                   whole_file=True)


def _unfit(scan: Scan, column: str, what: str) -> Problem:
    if what == TOO_DEEP[1]:
        return Problem(*TOO_DEEP, scan.file.path, column=column, advice=_ADVICE, whole_file=True)
    return Problem("unfit_type", f"the column has {what} that cannot be loaded whole", scan.file.path, column=column,
                   advice=_ADVICE, whole_file=True)
