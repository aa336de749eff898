"""Prune staging: the rows of versions that are not loaded go, and what cannot be undone without them is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from etl.config import Settings
from etl.errors import UsageError
from etl.ledger import read
from etl.load.hold import Hold
from etl.load.place import check_place
from etl.load.request import speakable
from etl.load.undo import irreversible
from etl.names import identifier, literal
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse, staging
from etl.warehouse.attach import ALIAS
from etl.warehouse.machine import of_machine, sentence
from etl.warehouse.spill import remove_spill

HEADINGS = ("table", "path", "records", "staged by load", "let go by load", "held")
REWRITTEN = "rewritten"  # a staging table while it is made; those that stay are named by a hash
MEGABYTE = 1_000_000

Places = dict[int, tuple[int, int]]  # by version: its rows, and its places


def prune(warehouse: Path, table: str | None, settings: Settings | None = None, *, plan: bool = False) -> Listing:
    """Take the rows of versions that are not loaded out of staging, for good; the ledger keeps all it knows of them.

    Targets, outputs, holds and later runs are as they would be without it. What goes is the way back: `rollback` of
    the loads that let these versions go, `reload` of those that are held, and their rows in `why`.

    Args:
        table: One of them; None is all.
        plan: Say what would go, and do nothing.

    Returns:
        A row for each version; the notes name the loads that cannot be rolled back any more.

    Raises:
        UsageError: There is no such table or warehouse.
        StorageError: The disk or the memory did not suffice; nothing was pruned.
    """
    path, settings = Path(warehouse), settings or Settings()
    speakable(path, "warehouse")
    check_place(path, "warehouse")
    if not path.exists():
        raise UsageError(f"There is no warehouse at {path}. Name one with --warehouse.")
    with Hold() as hold, open_warehouse(path, settings, write=True, bring_up=not plan) as opened:
        only = None if table is None else read.stored(opened, table)
        before = path.stat().st_size
        opened.sql(fill("prunable"), {"dataset": None if only is None else only.dataset_id})
        rows = _rows(opened)
        notes = _irreversible(opened, plan=plan)
        if rows and not plan:
            remove_spill(path)
            _carry_out(opened, hold)
            notes += [_room(opened, path, before)]
    where = str(path) if only is None else only.name
    if not rows:
        return Listing(f"Nothing to prune in {where}", HEADINGS, (), (
            "Staging holds the rows of loaded file versions only.",))
    return Listing(f"{'Would be pruned' if plan else 'Pruned'} from {where}", HEADINGS, rows, tuple(notes))


def _rows(warehouse: Warehouse) -> tuple[tuple[object, ...], ...]:
    return tuple(warehouse.sql(
        "SELECT dataset, path, read, staged_by, let_go_by, version_id IN (SELECT version_id FROM etl.hold) "
        "FROM temp.prunable ORDER BY dataset, path, version_id"))


def _irreversible(warehouse: Warehouse, *, plan: bool) -> list[str]:
    """A sentence for each dataset some of whose loads could be rolled back, and cannot be any more."""
    if read.kind(warehouse) == "fresh":  # its folder decides: no load of it is ever rolled back
        return []
    notes = []
    for dataset in read.datasets(warehouse):
        going = {int(row[0]) for row in warehouse.sql(
            "SELECT version_id FROM temp.prunable WHERE dataset_id = $dataset", {"dataset": dataset.dataset_id})}
        if not going:
            continue
        loads, gone = read.past_loads(warehouse, dataset.dataset_id), set(read.pruned(warehouse, dataset.dataset_id))
        lost = sorted(irreversible(loads, gone | going) - irreversible(loads, gone))
        if lost:
            named = f"Load {lost[0]} of {dataset.name}" if len(lost) == 1 else (
                f"Loads {', '.join(map(str, lost))} of {dataset.name}")
            notes.append(f"{named} {'could not' if plan else 'cannot'} be rolled back any more.")
    return notes


def _carry_out(warehouse: Warehouse, hold: Hold) -> None:
    """Prune, in one transaction.

    Raises:
        StorageError: The machine does not give what it takes.
    """
    try:
        with warehouse.transaction():
            for table, stays in warehouse.sql(
                "SELECT staging, bool_or(version_id NOT IN (SELECT version_id FROM temp.prunable)) "
                "FROM etl.file_version WHERE pruned_at IS NULL AND staging IN (SELECT staging FROM temp.prunable) "
                "GROUP BY staging ORDER BY staging"
            ):
                _rewrite(warehouse, table, stays=stays)
            warehouse.sql("UPDATE etl.file_version SET pruned_at = $at "
                          "WHERE version_id IN (SELECT version_id FROM temp.prunable)",
                          {"at": datetime.now(UTC).replace(tzinfo=None)})
            warehouse.sql("DELETE FROM etl.cell_kind WHERE version_id IN (SELECT version_id FROM temp.prunable)")
            hold.begin()
    except Exception as error:
        found = of_machine(error)
        if found is None:
            raise
        raise sentence(found, "Nothing was pruned.") from error


def _rewrite(warehouse: Warehouse, table: str, *, stays: bool) -> None:
    """Drop a staging table of which nothing stays; else write it anew, because a deletion would move its rows."""
    if not warehouse.exists("staging", table):  # somebody took it away: there is nothing left to take
        return
    if stays:
        before = _places(warehouse, table)
        warehouse.fill(fill("prune", fresh=staging(REWRITTEN), staging=staging(table)))
        _hold_places(warehouse, table, before)
    warehouse.sql(f"DROP TABLE {staging(table)}")
    if stays:
        warehouse.sql(f"ALTER TABLE {staging(REWRITTEN)} RENAME TO {identifier(table)}")


def _places(warehouse: Warehouse, table: str) -> Places:
    rows = warehouse.sql(fill("staged_rows", staging=staging(table)), {"first": 0})
    apart = [version for version, _, _, places, span in rows if places != span]
    if apart:
        raise AssertionError(f"rows of version {apart[0]} do not stand together in staging.{table}")
    return {int(version): (int(staged), int(places)) for version, _, staged, places, _ in rows}


def _hold_places(warehouse: Warehouse, table: str, before: Mapping[int, tuple[int, int]]) -> None:
    """Hold the rewritten table against the one before: every version that stays has its rows, together."""
    going = {int(row[0]) for row in warehouse.sql(
        f"SELECT version_id FROM temp.prunable WHERE staging = {literal(table)}")}
    if _places(warehouse, REWRITTEN) != {version: found for version, found in before.items() if version not in going}:
        raise AssertionError(f"staging.{table} would not keep the rows of the versions that stay")


def _room(warehouse: Warehouse, path: Path, before: int) -> str:
    """What became of the file: DuckDB gives blocks back at its end, and takes the others for what is loaded next."""
    warehouse.sql(f"CHECKPOINT {ALIAS}")
    sizes: Sequence[tuple[int, int]] = warehouse.sql(
        "SELECT block_size, free_blocks FROM pragma_database_size() WHERE database_name = $name", {"name": ALIAS})
    block, free = sizes[0]
    return (f"The warehouse had {before / MEGABYTE:,.1f} MB and has {path.stat().st_size / MEGABYTE:,.1f} MB, "
            f"{block * free / MEGABYTE:,.1f} of them free for later loads.")
