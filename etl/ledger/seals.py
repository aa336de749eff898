"""Seals: a number of rows and a hash of what the ledger said of a load, or of a dataset, when it was kept.

`verify` holds the ledger against them. They are written last in a transaction, by SQL: of what stands there.
"""

from __future__ import annotations

from dataclasses import dataclass

from etl.sql_files import fill
from etl.warehouse import Warehouse
from etl.warehouse.damage import broken_seals, of_datasets, of_loads


@dataclass(frozen=True, slots=True)
class Broken:
    """Rows of a control table that are not as they were sealed.

    Args:
        dataset: Its name; None where the ledger does not know it any more.
        owner: `load` or `dataset`, whose id `owner_id` is.
        kept: Rows when they were sealed; `present` is how many there are.
        unsealed: There is no seal, and there should be.
    """

    dataset: str | None
    owner: str
    owner_id: int
    relation: str
    kept: int
    present: int
    unsealed: bool


def seal_load(warehouse: Warehouse, load_id: int) -> None:
    """Seal what the ledger says of a load, at the end of its transaction."""
    warehouse.sql(fill("seal_load", seals=of_loads()), {"first": load_id, "last": load_id})


def seal_dataset(warehouse: Warehouse, dataset_id: int) -> None:
    """Seal a dataset as it is stated now, its holds and its output, wherever one of these was written."""
    warehouse.sql("UPDATE etl.seal SET records = 0, digest = '0' WHERE owner = 'dataset' AND owner_id = $dataset",
                  {"dataset": dataset_id})
    warehouse.sql(fill("seal_dataset", seals=of_datasets()), {"dataset": dataset_id})


def broken(warehouse: Warehouse) -> list[Broken]:
    """What is not as it was sealed, of all datasets."""
    return [Broken(*row) for row in broken_seals(warehouse)]


def last_unsealed(warehouse: Warehouse) -> int:
    """The last load that was kept before there were seals; 0 where all have one."""
    return int(warehouse.one("SELECT coalesce(max(owner_id), 0) FROM etl.seal WHERE owner = 'before'"))
