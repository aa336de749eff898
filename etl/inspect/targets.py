"""The targets of a warehouse: what they hold, where it came from, and whether their outputs stand as they were left."""

from __future__ import annotations

import shlex
from pathlib import Path

from etl.config import DEFAULT_WAREHOUSE, Settings
from etl.inspect.loads import known_table, moment
from etl.ledger import read
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse, target

HEADINGS = ("table", "strategy", "key", "records", "files", "last load", "at (UTC)", "output", "output is",
            "source folder")


def status(warehouse: Path, table: str | None, lock_timeout: float) -> tuple[Listing, ...]:
    """List the targets of a warehouse; of one target, its columns and its loaded files too.

    Raises:
        UsageError: There is no such table.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        if table is None:
            return (_targets(opened, None, f"Tables in {warehouse}"),)
        name = known_table(opened, table)
        dataset = next((dataset for dataset in read.datasets(opened) if dataset.name == name), None)
        found = _targets(opened, name, "Table")
        return (found,) if dataset is None else (found, _columns(opened, dataset), _files(opened, dataset))


def _targets(warehouse: Warehouse, only: str | None, title: str) -> Listing:
    facts = {str(row[0]): row[1:] for row in warehouse.sql(fill("targets"))}
    rows: list[tuple[object, ...]] = []
    notes = []
    for dataset in read.datasets(warehouse):
        if only not in (None, dataset.name):
            continue
        dataset_id, files, load_id, at = facts[dataset.name]
        output = read.output_of(warehouse, dataset_id)
        state = None if output is None else _state(output)
        definition = dataset.definition
        rows.append((
            dataset.name, definition.strategy, ", ".join(definition.key) or None, _records(warehouse, dataset.name),
            files, load_id, None if at is None else at.replace(microsecond=0), None if output is None else output.path,
            state, dataset.root,
        ))
        if not files:
            notes.append(f"Nothing is loaded of {dataset.name}.")
        if output is not None and state in SAID:
            notes.append(f"The output of {dataset.name} {SAID[state]}: the next run puts it in place.")
    notes += _failures(warehouse, only)
    return Listing(title, HEADINGS, tuple(rows), tuple(notes) if rows or notes else ("Nothing is loaded.",))


SAID = {
    "pending": "could not be put in place by the last load",
    "missing": "is not there any more",
    "changed": "is not as it was left",
}


def _state(output: read.StoredOutput) -> str:
    """Whether an output stands as it was left: `written`, `pending`, `changed` or `missing`."""
    if output.state != "written":
        return output.state
    try:
        stat = Path(output.path).stat()
    except OSError:
        return "missing"
    left = (output.size, output.mtime_ns, output.ctime_ns, output.inode)
    return "written" if (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) == left else "changed"


def _records(warehouse: Warehouse, table: str) -> int:
    return warehouse.count(target(table)) if warehouse.exists("main", table) else 0


def _failures(warehouse: Warehouse, only: str | None) -> list[str]:
    """A sentence for each table whose newest load failed."""
    path = warehouse.path
    where = "" if path in (None, DEFAULT_WAREHOUSE) else f" --warehouse {shlex.quote(str(path))}"
    return [f"Load {load_id} of {name}, its newest, failed at {moment(at)}: {message} "
            f"`etl rejects --load {load_id}{where}` lists its problems."
            for name, load_id, at, message in warehouse.sql(fill("failures")) if only in (None, name)]


def _columns(warehouse: Warehouse, dataset: read.StoredDataset) -> Listing:
    headings = ("column", "type", "why it is text")
    if not warehouse.exists("main", dataset.name):
        return Listing("Columns", headings, (), ("It has no columns: nothing is loaded.",))
    columns = read.columns_of(warehouse, dataset)
    return Listing("Columns", headings, tuple((column.name, column.type, column.reason) for column in columns))


def _files(warehouse: Warehouse, dataset: read.StoredDataset) -> Listing:
    rows = warehouse.sql(fill("loaded_files"), {"dataset": dataset.dataset_id})
    pruned = read.pruned(warehouse, dataset.dataset_id)
    held = tuple(f"{hold.path} is held since load {hold.load_id}: runs skip its content, " + (
                     "`etl reload` brings it back." if hold.version_id not in pruned else
                     "`etl reload` lifts the hold; its rows were pruned, so a run must find the file.")
                 for hold in read.holds(warehouse, dataset.dataset_id))
    notes = held if rows else ("No file is loaded.", *held)
    return Listing("Files", ("path", "read", "rejected", "load"), tuple(rows), notes)
