"""The loads of a warehouse, and what one of them could not load."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from etl.config import Settings
from etl.errors import UsageError
from etl.names import matched
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse

HISTORY = ("load", "table", "command", "status", "started (UTC)", "seconds", "files came", "files left",
           "inserted", "updated", "unchanged", "removed", "returned", "rejected", "records after", "message")
REJECTS = ("load", "path", "line", "row", "byte", "column", "code", "text", "reason", "record")


def history(warehouse: Path, table: str | None, lock_timeout: float) -> Listing:
    """List the loads, the newest first, the failed ones too.

    Raises:
        UsageError: There is no such table.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        name = None if table is None else known_table(opened, table)
        rows = tuple(
            (load_id, dataset, command, said, started.replace(microsecond=0), milliseconds / 1000, *counts)
            for load_id, dataset, command, said, started, milliseconds, *counts
            in opened.sql(fill("history"), {"dataset": name})
        )
    title = f"Loads in {warehouse}" if name is None else f"Loads of {name}"
    return Listing(title, HISTORY, rows, () if rows else ("Nothing was loaded yet.",))


def rejects(warehouse: Path, load_id: int | None, lock_timeout: float) -> Listing:
    """List the rejects of a load, or the problems that made it fail.

    Args:
        load_id: None is the newest load that has some.

    Raises:
        UsageError: There is no such load.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        loads = {int(row[0]): row[1:] for row in opened.sql(
            "SELECT load_id, dataset, status, finished_at FROM etl.load ORDER BY load_id")}
        if load_id is None:
            load_id = opened.one("SELECT max(load_id) FROM etl.reject WHERE severity <> 'warning'")
            if load_id is None:
                return Listing("Rejects", REJECTS, (), (f"No load in {warehouse} has rejects.",))
        elif load_id not in loads:
            raise UsageError(f"There is no load {load_id} in {warehouse}. {_there_are(list(loads))}")
        found = opened.sql(fill("rejects"), {"load": load_id})
    dataset, outcome, at = loads[load_id]
    rows = tuple((load_id, path, line, row, byte, column, code, text, reason(message, advice), record)
                 for _, path, line, row, byte, column, code, text, message, advice, record in found)
    if outcome == "failed":
        title = f"Problems of load {load_id} of {dataset}, which failed at {moment(at)} and changed nothing"
    else:
        title = f"Rejects of load {load_id} of {dataset}, loaded at {moment(at)}"
    notes = [] if rows else [f"Load {load_id} of {dataset} has none."]
    left_out = len({path for severity, path, *_ in found if severity == "skipped"})
    if left_out:
        notes.append(f"{left_out} {'file was' if left_out == 1 else 'files were'} left out whole.")
    return Listing(title, REJECTS, rows, tuple(notes))


def reason(message: str, advice: str | None) -> str:
    """What is wrong and what to do, as one text."""
    return f"{message}. {advice}" if advice else message


def moment(at: datetime) -> str:
    """A time of the ledger in a sentence."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def known_table(warehouse: Warehouse, table: str) -> str:
    """The name of a table that was loaded, or that a load was tried of.

    Raises:
        UsageError: There is none; names those that there are.
    """
    names = [str(row[0]) for row in warehouse.sql(
        "SELECT name FROM etl.dataset UNION SELECT dataset FROM etl.load ORDER BY ALL")]
    if matched(table) in names:
        return matched(table)
    raise UsageError(f"There is no table {table} in {warehouse.path}. It has: {', '.join(names) or 'none'}.")


def _there_are(loads: Sequence[int]) -> str:
    """The loads that there are, runs of them as `1 to 5`."""
    runs: list[list[int]] = []
    for load in loads:
        if runs and load == runs[-1][-1] + 1:
            runs[-1][1:] = [load]
        else:
            runs.append([load])
    if not runs:
        return "There was none yet."
    return "The loads are: " + ", ".join(" to ".join(map(str, run)) for run in runs) + "."
