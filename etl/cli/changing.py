"""The commands that change the state of an accumulating warehouse without new files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from etl.cli.beside import hold_apart
from etl.cli.listing import Format
from etl.cli.looking import show
from etl.cli.options import change_options, prune_options, settings_of_change
from etl.cli.outcome import outcome
from etl.cli.sections import EXIT_CODES, Command
from etl.cli.spellings import TEXT
from etl.config import Settings
from etl.result import Load, Report

table = click.argument("table", type=TEXT)
files = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=TEXT)


@click.command(cls=Command, epilog=EXIT_CODES)
@table
@files
@change_options
def unload(table: str, files: tuple[str, ...], warehouse: Path, **stated: Any) -> None:
    r"""Take FILEs out of TABLE, and hold them: runs skip their contents.

    FILE is a path as `etl status TABLE` shows it; the file itself need not be there. What it brought leaves the table,
    and where another file has the same keys, its rows come in. A held content is skipped until another content stands
    at its path, or `etl reload` names it. For warehouses made with --warehouse.

    \b
    Example:
      etl unload customers customers_2024_02.csv --warehouse crm.duckdb --plan
    """
    def carried(settings: Settings, report: Report, *, plan: bool) -> Load:
        from etl.load import unload as unload_files  # noqa: PLC0415, brings DuckDB

        return unload_files(warehouse, table, files, settings, plan=plan, report=report)

    _carry(carried, stated, warehouse)


@click.command(cls=Command, epilog=EXIT_CODES)
@table
@files
@change_options
def reload(table: str, files: tuple[str, ...], warehouse: Path, **stated: Any) -> None:
    """Bring held FILEs back into TABLE, from staging.

    The file need not be there any more: what was read of it is kept. For warehouses made with --warehouse.
    """
    def carried(settings: Settings, report: Report, *, plan: bool) -> Load:
        from etl.load import reload as reload_files  # noqa: PLC0415, brings DuckDB

        return reload_files(warehouse, table, files, settings, plan=plan, report=report)

    _carry(carried, stated, warehouse)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("load", type=click.IntRange(min=1))
@change_options
def rollback(load: int, warehouse: Path, **stated: Any) -> None:
    """Undo LOAD, as `etl history` numbers it.

    What it brought leaves and is held, what it replaced or let go comes back, and a definition that it changed is again
    what it was. It is refused where a later load changed the same files or the definition: roll that one back first.
    For warehouses made with --warehouse.
    """
    def carried(settings: Settings, report: Report, *, plan: bool) -> Load:
        from etl.load import rollback as roll_back  # noqa: PLC0415, brings DuckDB

        return roll_back(warehouse, load, settings, plan=plan, report=report)

    _carry(carried, stated, warehouse)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", required=False, type=TEXT)
@prune_options
def prune(table: str | None, warehouse: Path, form: Format | None, *, planned: bool, **stated: Any) -> None:
    r"""Take the rows of file versions that are not loaded out of staging, for good; of TABLE, or of every table.

    Staging keeps them for `rollback`, `reload` and `why`. Tables, outputs, holds and what later runs do stay as they
    are. The loads that cannot be rolled back any more are named; a file that was held comes back by `etl reload`, which
    then lifts its hold, and a run that finds it.

    \b
    Example:
      etl prune customers --warehouse crm.duckdb --plan
    """
    from etl.load import prune as prune_staging  # noqa: PLC0415, brings DuckDB

    show(prune_staging(warehouse, table, settings_of_change(stated), plan=planned), form)


def _carry(carried: Callable[..., Load], stated: Mapping[str, Any], warehouse: Path) -> None:
    settings, planned = settings_of_change(stated), stated["planned"]
    hold_apart({"log": stated["log_file"]}, warehouse, settings)
    outcome(lambda report: carried(settings, report, plan=planned), stated, str(warehouse), planned=planned)


COMMANDS = (unload, reload, rollback, prune)
