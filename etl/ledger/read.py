"""What the ledger knows: datasets, their loaded versions, structure and outputs.

Read by plain SQL: SQLAlchemy takes longer to import than a run with nothing new takes for all else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from etl.config import Definition, Reading, Selection
from etl.errors import UsageError
from etl.names import identifiers, matched
from etl.result import TargetColumn
from etl.warehouse import Warehouse


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
        StoredDataset(dataset_id, name, root, Selection.parse(selection), Reading(**json.loads(reading)),
                      Definition.parse(definition), lineage)
        for dataset_id, name, root, selection, reading, definition, lineage in rows
    ]


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
    return {row[1]: LoadedFile(*row) for row in rows}


def output_of(warehouse: Warehouse, dataset_id: int) -> StoredOutput | None:
    """The recorded output of a dataset."""
    rows = warehouse.sql(f"SELECT {identifiers(StoredOutput.__slots__)} FROM etl.output WHERE dataset_id = $dataset",
                         {"dataset": dataset_id})
    return StoredOutput(*rows[0]) if rows else None


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


def next_id(warehouse: Warehouse, table: str) -> int:
    """The first free id of `dataset`, `load` or `file_version`."""
    column = {"dataset": "dataset_id", "load": "load_id", "file_version": "version_id"}[table]
    return int(warehouse.one(f"SELECT coalesce(max({column}), 0) FROM etl.{table}")) + 1
