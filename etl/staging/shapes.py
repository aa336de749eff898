"""The columns of files that are no CSV text, looked at by DuckDB, or with care where it must not judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from etl.config import Reading
from etl.errors import Problem
from etl.names import Sql, glob, literal
from etl.sources import json_records, workbook
from etl.sources.scan import Scan
from etl.sources.shape import MOST_COLUMNS, Shape
from etl.sources.survey import LONGEST_LINE
from etl.sources.unpack import whole_file
from etl.sql_files import fill, piece
from etl.staging import parquet
from etl.warehouse import Warehouse
from etl.warehouse.expressions import express

LOOKED = 1_000  # files looked at by one statement
LONGEST = 2_000_000  # bytes of a line that DuckDB may read


def with_shapes(warehouse: Warehouse, scans: Sequence[Scan], reading: Reading, folder: Path) -> list[Scan]:
    """Scans with the columns of their files; those that turn out to be unfit have a problem, or need care.

    Args:
        folder: Where documents are written as lines; it must stay until they are staged.
    """
    express(warehouse)
    found, of_lines = {}, []
    for number, scan in enumerate(scans):
        if scan.problem is None and not scan.empty and scan.format != "csv":
            known = _known(warehouse, scan, reading, folder / str(number))
            found[scan.file.path] = known
            if known.problem is None and known.care is None and known.format in ("json", "ndjson"):
                of_lines.append(known)
    found |= {scan.file.path: scan for scan in _looked(warehouse, of_lines)}
    return [found.get(scan.file.path, scan) for scan in scans]


def _known(warehouse: Warehouse, scan: Scan, reading: Reading, place: Path) -> Scan:
    """What can be known of one file by itself; lines of JSON that DuckDB may judge are looked at together."""
    if scan.format == "parquet":
        return parquet.shaped(warehouse, scan, place.with_suffix(".parquet"))
    if scan.format == "xlsx":
        return workbook.shaped(scan, reading)
    if scan.care is not None:
        return _careful(scan)
    if scan.format == "json":
        return _as_lines(scan, place.with_suffix(".ndjson"))
    if scan.plain or scan.text is not None:
        return replace(scan, shape=Shape(()))
    return _careful(replace(scan, care="it is compressed"))


def _as_lines(scan: Scan, location: Path) -> Scan:
    converted = json_records.to_lines(scan, location)
    if isinstance(converted, Problem):
        return replace(scan, problem=converted)
    shape = Shape((), converted.count, location=location)
    if converted.longest > LONGEST_LINE:
        return _careful(replace(scan, care="it has a very long record"))
    return replace(scan, shape=shape)


def _careful(scan: Scan) -> Scan:
    names = json_records.columns(scan)
    if isinstance(names, Problem):
        return replace(scan, problem=names)
    if names.first_fault is not None:
        return replace(scan, problem=names.first_fault)
    if names.good and not names.names:
        return replace(scan, problem=whole_file("no_column", scan.file.path, "its records have no column",
                                                "A record is an object of JSON with at least one key"))
    return replace(scan, shape=Shape(names.names, names.records if scan.format == "json" else None))


def lines(locations: Sequence[Path], longest: int, more: str = "") -> tuple[Sql, dict[str, object]]:
    """The relation of the lines of some files, and the values that it binds."""
    values = {"files": [glob(location) for location in locations], "longest": longest}
    return piece("json_lines", more=Sql(more)), values


def location_of(scan: Scan) -> Path:
    """Where the records of a file stand: in the file, or in what was made of it."""
    made = scan.shape.location if scan.shape is not None else None
    return made or scan.text or Path(scan.file.absolute)


@dataclass(frozen=True, slots=True)
class _Look:
    """What the keys of one file are: one list for all of its objects, or several."""

    variants: int
    keys: tuple[str, ...]
    odd: bool
    long_numbers: bool = False


def _looked(warehouse: Warehouse, scans: Sequence[Scan]) -> Iterator[Scan]:
    for at in range(0, len(scans), LOOKED):
        batch = scans[at : at + LOOKED]
        looks = _look(warehouse, batch)
        for number, scan in enumerate(batch):
            yield _shaped(warehouse, scan, looks.get(number, _Look(0, (), odd=False)))


def _shaped(warehouse: Warehouse, scan: Scan, look: _Look) -> Scan:
    if look.odd:
        return _careful(replace(scan, care="it has records that DuckDB must not judge", shape=None))
    names = look.keys
    if look.variants > 1:
        relation, values = lines([location_of(scan)], LONGEST, "row_number() OVER () AS place,")
        names = tuple(str(key) for (key,) in warehouse.sql(fill("json_keys", lines=relation), values))
    if len(names) > MOST_COLUMNS:
        return replace(scan, problem=json_records.too_many_keys(scan.file.path))
    shape = scan.shape or Shape(())
    return replace(scan, shape=replace(shape, names=names, long_numbers=look.long_numbers))


def _look(warehouse: Warehouse, batch: Sequence[Scan]) -> Mapping[int, _Look]:
    """What the keys are, by the place in the batch; a file that DuckDB cannot read through is odd."""
    relation, values = lines([location_of(scan) for scan in batch], LONGEST)
    for keys in ("json_keys(line)", "CASE WHEN json_valid(line) THEN json_keys(line) END"):
        try:
            ((usual,),) = warehouse.sql(fill("json_first", lines=relation, keys=Sql(keys)), values)
            rows = warehouse.sql(fill("json_look", lines=relation, keys=Sql(keys)), {**values, "usual": usual})
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error:
            continue
        return {int(place): _Look(int(variants), tuple(keys or ()), bool(odd) or flag > 1, flag > 0)
                for place, variants, keys, flag, odd in rows}
    if len(batch) == 1:
        return {0: _Look(0, (), odd=True)}
    half = len(batch) // 2
    first, second = _look(warehouse, batch[:half]), _look(warehouse, batch[half:])
    return {**first, **{place + half: look for place, look in second.items()}}


def pointer(key: str) -> Sql:
    """The path of a key of an object, as a JSON pointer in SQL."""
    return literal("/" + key.replace("~", "~0").replace("/", "~1"))
