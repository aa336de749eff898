"""What the ledger knows: datasets, their loaded versions, structure and outputs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import func, select

from etl.config import Definition, Reading, Selection
from etl.errors import UsageError
from etl.ledger import tables
from etl.names import matched
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
    return warehouse.ledger.execute(select(tables.warehouse.c.kind)).scalar()


def datasets(warehouse: Warehouse) -> list[StoredDataset]:
    """All datasets, in the order in which they were made."""
    rows = warehouse.ledger.execute(select(tables.dataset).order_by(tables.dataset.c.dataset_id))
    return [
        StoredDataset(row.dataset_id, row.name, row.root, Selection.parse(row.selection),
                      Reading(**json.loads(row.reading)), Definition.parse(row.definition), row.lineage)
        for row in rows
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
    table = tables.loaded_version
    columns = [table.c[name] for name in LoadedFile.__slots__]
    rows = warehouse.ledger.execute(select(*columns).where(table.c.dataset_id == dataset_id))
    return {row.path: LoadedFile(*row) for row in rows}


def output_of(warehouse: Warehouse, dataset_id: int) -> StoredOutput | None:
    """The recorded output of a dataset."""
    columns = [tables.output.c[name] for name in StoredOutput.__slots__]
    row = warehouse.ledger.execute(select(*columns).where(tables.output.c.dataset_id == dataset_id)).one_or_none()
    return None if row is None else StoredOutput(*row)


def columns_of(warehouse: Warehouse, dataset: StoredDataset) -> tuple[TargetColumn, ...]:
    """The structure of a dataset's target, in derived order, as its last load left it."""
    column, load = tables.column, tables.load
    last = (select(func.max(load.c.load_id))
            .where(load.c.dataset_id == dataset.dataset_id, load.c.status == "loaded").scalar_subquery())
    rows = warehouse.ledger.execute(
        select(column.c.name, column.c.type, column.c.reason).where(column.c.load_id == last).order_by(column.c.ordinal)
    )
    return tuple(TargetColumn(*row) for row in rows)


def next_id(warehouse: Warehouse, table: str) -> int:
    """The first free id of `dataset`, `load` or `file_version`."""
    named = {"dataset": tables.dataset.c.dataset_id, "load": tables.load.c.load_id,
             "file_version": tables.file_version.c.version_id}
    return int(warehouse.ledger.execute(select(func.coalesce(func.max(named[table]), 0))).scalar_one()) + 1
