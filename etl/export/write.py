"""Write a target to a file beside its place, and put it there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from etl.config import Settings
from etl.errors import StorageError, UsageError
from etl.export.formats import Format, format_of
from etl.ledger.read import StoredDataset, columns_of, stored
from etl.names import RESERVED, Sql, identifier, listed, literal, matched
from etl.result import TargetColumn
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse, target
from etl.warehouse.scratch import scratch
from etl.warehouse.slices import sliced

_NOT_IN_PARQUET = ("HUGEINT", "INTERVAL", "TIME WITH TIME ZONE")  # DuckDB would write other values
DECIMAL_DIGITS = 38
_TEXT_IN_JSON = ("JSON", f"DECIMAL({DECIMAL_DIGITS},{DECIMAL_DIGITS})")  # DuckDB would round it, or begin with .


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export is made from.

    Args:
        columns: In derived order; none where the target is not there.
        key: Names of the key's columns in the target; empty for `append`.
        order_by: Name of the order column in the target.
    """

    table: str
    columns: tuple[TargetColumn, ...]
    key: tuple[str, ...]
    order_by: str | None
    lineage: bool


def waiting(destination: Path) -> Path:
    """Where an export waits for its rename: a short name of its own, whatever the output is called."""
    return destination.with_name(f".etl-{_tag(destination)}-{os.getpid()}.waiting")


def remove_waiting(destination: Path) -> None:
    """Remove what killed runs left waiting; only who holds the warehouse may call it."""
    for path in destination.parent.glob(f".etl-{_tag(destination)}-*.waiting"):
        with suppress(OSError):
            path.unlink()


def _tag(destination: Path) -> str:
    return hashlib.sha256(os.fsencode(destination.name)).hexdigest()[:16]


def write_export(warehouse: Warehouse, exported: Exported, destination: str, path: Path) -> None:
    """Write the target to `path`, flushed to the disk, in the format that the name `destination` asks for.

    Raises:
        StorageError: The folder or the disk does not take it.
    """
    form = format_of(destination)
    try:
        if exported.columns:
            _copy(warehouse, exported, form, path)
        else:
            _copy_nothing(warehouse, form, path)
        with path.open("rb+") as written:
            os.fsync(written.fileno())
    except (OSError, duckdb.IOException) as error:
        with suppress(OSError):
            path.unlink()
        raise StorageError(f"The output {destination} cannot be written: {_reason(error)}. "
                           "Check the folder and the space on its disk.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0].removeprefix("IO Error: ").rstrip(".")


def place(path: Path, destination: Path) -> os.stat_result:
    """Rename a waiting export into its place, for good.

    Raises:
        StorageError: It could not be renamed.
    """
    try:
        path.replace(destination)
        folder = os.open(destination.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return destination.stat()
    except OSError as error:
        raise StorageError(f"The output {destination} could not be put in place: {error.strerror}.") from error


def _copy(warehouse: Warehouse, exported: Exported, form: Format, path: Path) -> None:
    lineage, order = Sql(""), []
    place_columns: list[tuple[str, Sql]] = []
    if exported.lineage or not exported.key:
        lineage = Sql(
            "JOIN (SELECT version_id, path, dense_rank() OVER (ORDER BY path) AS rank FROM etl.file_version "
            f"WHERE version_id IN (SELECT DISTINCT _version FROM {target(exported.table)})) "
            "AS v ON v.version_id = t._version"
        )
    if exported.lineage:
        path_name, row_name = _free_names(exported.columns)
        place_columns = [(path_name, Sql("v.path")), (row_name, Sql("t._row"))]
    if exported.key:
        order = [identifier("t", name) for name in exported.key]
    else:
        first = [] if exported.order_by is None else [Sql(f"{identifier('t', exported.order_by)} ASC NULLS FIRST")]
        order = [*first, Sql("v.rank"), Sql("t._row")]
    rows = sliced(warehouse, target(exported.table), (column.name for column in exported.columns))
    columns = [*((column.name, _column(column, form)) for column in exported.columns), *place_columns]
    pieces = {"target": rows, "lineage": lineage, "order": listed(order),
              "destination": literal(str(path))}
    nested = {column.name for column in exported.columns if column.type in _TEXT_IN_JSON}
    if form.bare is not None and nested:
        members = listed(_member(name, value, exact=name in nested) for name, value in columns)
        statement = fill("export_text", members=members, format=Sql(f"{form.bare}, USE_TMP_FILE false"), **pieces)
    else:
        values = listed(Sql(f"{value} AS {identifier(name)}") for name, value in columns)
        statement = fill("export", columns=values, format=Sql(f"{form.options}, USE_TMP_FILE false"), **pieces)
    warehouse.sql("SET preserve_insertion_order = false")  # the ORDER BY decides; this lets the writer work ahead
    try:
        warehouse.sql(statement)
    finally:
        with suppress(duckdb.Error):
            warehouse.sql("SET preserve_insertion_order = true")


def _member(name: str, value: Sql, *, exact: bool) -> Sql:
    """A member of an object as text; the text of a JSON column stands in it as it is."""
    text = Sql(f"CAST({value} AS VARCHAR)") if exact else Sql(f"CAST(to_json({value}) AS VARCHAR)")
    return Sql(f"{literal(json.dumps(name, ensure_ascii=False) + ':')} || coalesce({text}, 'null')")


def _copy_nothing(warehouse: Warehouse, form: Format, path: Path) -> None:
    options = form.options.replace("HEADER true", "HEADER false")  # CSV without a column is a file without a line
    warehouse.sql(f"COPY (SELECT 1 AS nothing WHERE false) TO {literal(str(path))} ({options}, USE_TMP_FILE false)")


def _column(column: TargetColumn, form: Format) -> Sql:
    """A column as a value that the format can hold whole."""
    name = identifier("t", column.name)
    if form.extension == ".parquet":
        return Sql(f"CAST({name} AS VARCHAR)") if column.type in _NOT_IN_PARQUET else name
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", column.type)
    if decimal and decimal[1] == decimal[2]:  # DuckDB would write .5, which is no JSON
        if int(decimal[1]) == DECIMAL_DIGITS:
            return Sql(f"regexp_replace(CAST({name} AS VARCHAR), '^(-?)[.]', '\\10.')")
        return Sql(f"CAST({name} AS DECIMAL({int(decimal[1]) + 1},{decimal[2]}))")
    if form.bare is not None and column.type in ("DOUBLE", "FLOAT"):
        return Sql(f"CASE WHEN isfinite({name}) THEN {name} END")  # JSON has no other
    return name


def _free_names(columns: Sequence[TargetColumn]) -> tuple[str, str]:
    taken = {column.name.lower() for column in columns} | set(RESERVED)
    free = []
    for name in ("path", "row"):
        candidate, number = f"_source_{name}", 2
        while candidate in taken:
            candidate, number = f"_source_{name}_{number}", number + 1
        free.append(candidate)
    return free[0], free[1]


def exported_of(warehouse: Warehouse, dataset: StoredDataset, *, lineage: bool) -> Exported:
    """What an export of a dataset's target is made from, as the ledger has it."""
    shown = {matched(column.name): column.name for column in columns_of(warehouse, dataset)}
    definition = dataset.definition
    return Exported(
        dataset.name, columns_of(warehouse, dataset) if warehouse.exists("main", dataset.name) else (),
        tuple(shown[name] for name in definition.key if name in shown) if definition.keyed else (),
        None if definition.order_by is None else shown.get(definition.order_by), lineage,
    )


def export_table(
    warehouse: Path, table: str, destination: str, lineage: bool, lock_timeout: float,
    standard_output: BinaryIO | None = None,
) -> int:
    """Write a target to a file, or as JSON to standard output; the recorded output stays what it is.

    Returns:
        Records written.

    Raises:
        UsageError: There is no such target, or the extension is unknown.
        StorageError: The file cannot be written.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        exported = exported_of(opened, stored(opened, table), lineage=lineage)
        format_of(destination)
        if destination == "-":
            to_standard_output(opened, exported, standard_output)
        else:
            final = Path(destination).absolute()
            if not final.parent.is_dir():
                raise UsageError(f"The folder {final.parent} is not there.")
            with scratch(final.parent) as folder:
                write_export(opened, exported, destination, folder / "export")
                place(folder / "export", final)
        return opened.count(target(table)) if exported.columns else 0


def to_standard_output(warehouse: Warehouse, exported: Exported, standard_output: BinaryIO | None) -> None:
    """Write a target as JSON to standard output."""
    import sys  # noqa: PLC0415  only here

    with scratch(None) as folder:
        path = folder / "export.json"
        write_export(warehouse, exported, "-", path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, standard_output or sys.stdout.buffer)
