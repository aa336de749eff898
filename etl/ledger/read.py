"""What the ledger knows: datasets, their loaded versions, structure and outputs.

Read by plain SQL: SQLAlchemy takes longer to import than a run with nothing new takes for all else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from etl.config import Definition, Reading, Selection
from etl.errors import UsageError, WarehouseError
from etl.names import identifiers, matched
from etl.result import TargetColumn
from etl.warehouse import Warehouse
from etl.warehouse.machine import MEND

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """A dataset as the warehouse knows it."""

    dataset_id: int
    name: str
    root: str
    selection: Selection
    reading: Reading
    definition: Definition
    lineage: bool


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """The loaded version of a path, with the facts by which the file is known again."""

    version_id: int
    path: str
    fingerprint: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    taken_ns: int
    content: str | None
    reading: str | None

    @property
    def bytes_alone(self) -> str:
        """By what a hold knows the content: the hash of its bytes, or the fingerprint where that is not known."""
        return self.content or self.fingerprint


@dataclass(frozen=True, slots=True)
class HeldContent:
    """A content that was let go on purpose, and the path and version that it was loaded as."""

    path: str
    content: str
    version_id: int
    load_id: int


@dataclass(frozen=True, slots=True)
class PastLoad:
    """A load that was kept, with the versions that it flipped: by path, what came and what left.

    Args:
        undoes: Of a rollback: the load that it undid.
        before: The definition that it changed; None where it did not. Likewise `reading_before`.
    """

    load_id: int
    dataset_id: int
    undoes: int | None
    before: Definition | None
    reading_before: Reading | None
    came: Mapping[str, int]
    left: Mapping[str, int]

    @property
    def redefined(self) -> bool:
        """Whether it changed the definition."""
        return self.before is not None

    @property
    def paths(self) -> set[str]:
        """Whose version it changed."""
        return {*self.came, *self.left}


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """The recorded output of a dataset."""

    path: str
    state: str
    load_id: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def kind(warehouse: Warehouse) -> str | None:
    """`fresh` or `accumulating`; None before the first load."""
    rows = warehouse.sql("SELECT kind FROM etl.warehouse")
    return str(rows[0][0]) if rows else None


def datasets(warehouse: Warehouse) -> list[StoredDataset]:
    """All datasets, in the order in which they were made."""
    rows = warehouse.sql("SELECT dataset_id, name, root, selection, reading, definition, lineage FROM etl.dataset "
                         "ORDER BY dataset_id")
    return [
        StoredDataset(dataset_id, name, root,
                      kept(warehouse, "dataset", dataset_id, "selection", Selection.parse, selection),
                      kept(warehouse, "dataset", dataset_id, "reading", _reading, reading),
                      kept(warehouse, "dataset", dataset_id, "definition", Definition.parse, definition), lineage)
        for dataset_id, name, root, selection, reading, definition, lineage in rows
    ]


def kept(warehouse: Warehouse, table: str, row: int, column: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """What a control table keeps as JSON.

    Raises:
        WarehouseError: It is not what etl wrote; names the table and the row.
    """
    try:
        return parse(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WarehouseError(f"The warehouse {warehouse.path} is damaged: {column} of etl.{table}, {table}_id {row}, "
                             f"is not what etl wrote there ({type(error).__name__}: {error}). {MEND}") from error


def _reading(text: str) -> Reading:
    return Reading(**json.loads(text))


def stored(warehouse: Warehouse, name: str) -> StoredDataset:
    """The dataset of that name.

    Raises:
        UsageError: There is none; names those that there are.
    """
    known = datasets(warehouse)
    for dataset in known:
        if dataset.name == matched(name):
            return dataset
    names = ", ".join(dataset.name for dataset in known) or "none"
    raise UsageError(f"There is no table {name} in the warehouse. It has: {names}.")


def loaded_files(warehouse: Warehouse, dataset_id: int) -> dict[str, LoadedFile]:
    """The loaded versions of a dataset, by path."""
    rows = warehouse.sql(f"SELECT {identifiers(LoadedFile.__slots__)} FROM etl.loaded_version "
                         "WHERE dataset_id = $dataset", {"dataset": dataset_id})
    return {file.path: file for file in (LoadedFile(*row) for row in rows)}


def holds(warehouse: Warehouse, dataset_id: int) -> list[HeldContent]:
    """The held contents of a dataset, by path."""
    rows = warehouse.sql(f"SELECT {identifiers(HeldContent.__slots__)} FROM etl.hold WHERE dataset_id = $dataset "
                         "ORDER BY path, load_id", {"dataset": dataset_id})
    return [HeldContent(*row) for row in rows]


def versions(warehouse: Warehouse, ids: Sequence[int]) -> list[LoadedFile]:
    """File versions by their ids, loaded or not, by path."""
    rows = warehouse.sql(f"SELECT {identifiers(LoadedFile.__slots__)} FROM etl.file_version "
                         "WHERE list_contains($ids, version_id) ORDER BY path", {"ids": list(ids)})
    return [LoadedFile(*row) for row in rows]


def lines_before(warehouse: Warehouse, ids: Sequence[int]) -> dict[int, int]:
    """The lines before the first record of each version in which every later line is a record; of others none is known.

    Of JSON documents and Parquet a record is no line.
    """
    rows = warehouse.sql(
        "SELECT version_id, header_lines + skipped_lines FROM etl.file_version WHERE list_contains($ids, version_id) "
        "AND blank_lines = 0 AND continuation_lines = 0 AND unreadable = 0 "
        "AND coalesce(dialect ->> '$.format', '') NOT IN ('json', 'parquet')", {"ids": list(ids)})
    return {int(version): int(lines) for version, lines in rows}


def pruned(warehouse: Warehouse, dataset_id: int) -> dict[int, datetime]:
    """The versions of a dataset whose rows were pruned from staging, and when (UTC)."""
    rows = warehouse.sql("SELECT version_id, pruned_at FROM etl.file_version "
                         "WHERE dataset_id = $dataset AND pruned_at IS NOT NULL", {"dataset": dataset_id})
    return {int(version): at for version, at in rows}


def definitions_left(warehouse: Warehouse, ids: Sequence[int]) -> dict[int, Definition]:
    """Per version that is not loaded, the definition under which it last was."""
    rows = warehouse.sql(
        """
        SELECT version_id, arg_max(load.definition_before, load_id), max(load_id)
        FROM etl.flip AS flip JOIN etl.load AS load USING (load_id)
        WHERE NOT flip.loaded AND list_contains($ids, version_id) GROUP BY version_id
        """, {"ids": list(ids)},
    )
    return {version: kept(warehouse, "load", load, "definition_before", Definition.parse, text)
            for version, text, load in rows if text is not None}


def past_loads(warehouse: Warehouse, dataset_id: int) -> list[PastLoad]:
    """The loads of a dataset that were kept, the oldest first."""
    flips: dict[int, tuple[dict[str, int], dict[str, int]]] = {}
    for load_id, version_id, loaded, path in warehouse.sql(
        "SELECT flip.load_id, version_id, flip.loaded, version.path FROM etl.flip AS flip "
        "JOIN etl.file_version AS version USING (version_id) WHERE version.dataset_id = $dataset",
        {"dataset": dataset_id},
    ):
        came, left = flips.setdefault(load_id, ({}, {}))
        (came if loaded else left)[path] = version_id
    rows = warehouse.sql(
        """
        SELECT load_id, undoes, nullif(definition_before, definition_after), nullif(reading_before, reading_after)
        FROM etl.load WHERE dataset_id = $dataset AND status = 'loaded' ORDER BY load_id
        """, {"dataset": dataset_id},
    )
    return [
        PastLoad(load_id, dataset_id, undoes,
                 None if definition is None else kept(
                     warehouse, "load", load_id, "definition_before", Definition.parse, definition),
                 None if reading is None else kept(warehouse, "load", load_id, "reading_before", _reading, reading),
                 *flips.get(load_id, ({}, {})))
        for load_id, undoes, definition, reading in rows
    ]


def load_status(warehouse: Warehouse, load_id: int) -> tuple[int, str] | None:
    """The dataset of a load, and `loaded` or `failed`; None where there is no such load."""
    rows = warehouse.sql("SELECT dataset_id, status FROM etl.load WHERE load_id = $load", {"load": load_id})
    return (int(rows[0][0]), str(rows[0][1])) if rows else None


def output_of(warehouse: Warehouse, dataset_id: int) -> StoredOutput | None:
    """The recorded output of a dataset."""
    rows = warehouse.sql(f"SELECT {identifiers(StoredOutput.__slots__)} FROM etl.output WHERE dataset_id = $dataset",
                         {"dataset": dataset_id})
    return StoredOutput(*rows[0]) if rows else None


def outputs(warehouse: Warehouse) -> list[str]:
    """The paths of the recorded outputs of all datasets."""
    return [str(path) for (path,) in warehouse.sql("SELECT path FROM etl.output ORDER BY path")]


def columns_of(warehouse: Warehouse, dataset: StoredDataset) -> tuple[TargetColumn, ...]:
    """The structure of a dataset's target, in derived order, as its last load left it."""
    rows = warehouse.sql(
        """
        SELECT name, type, reason FROM etl."column"
        WHERE load_id = (SELECT max(load_id) FROM etl.load WHERE dataset_id = $dataset AND status = 'loaded')
        ORDER BY ordinal
        """, {"dataset": dataset.dataset_id},
    )
    return tuple(TargetColumn(*row) for row in rows)


def records_left(warehouse: Warehouse, dataset_id: int) -> int:
    """How many records the last load of a dataset left in its target."""
    rows = warehouse.sql("SELECT arg_max(records_after, load_id) FROM etl.load WHERE dataset_id = $dataset "
                         "AND status = 'loaded'", {"dataset": dataset_id})
    return int(rows[0][0] or 0)


def left_with(warehouse: Warehouse, load_id: int) -> list[int]:
    """The versions that a load let go, of whatever dataset."""
    return [int(row[0]) for row in warehouse.sql(
        "SELECT version_id FROM etl.flip WHERE load_id = $load AND NOT loaded", {"load": load_id})]


def last_load(warehouse: Warehouse, dataset_id: int) -> int:
    """The last load that changed a dataset; 0 before the first."""
    return int(warehouse.one("SELECT coalesce(max(load_id), 0) FROM etl.load WHERE dataset_id = $dataset "
                             "AND status = 'loaded'", {"dataset": dataset_id}))


def next_id(warehouse: Warehouse, table: str) -> int:
    """The first free id of `dataset`, `load` or `file_version`."""
    column = {"dataset": "dataset_id", "load": "load_id", "file_version": "version_id"}[table]
    return int(warehouse.one(f"SELECT coalesce(max({column}), 0) FROM etl.{table}")) + 1
