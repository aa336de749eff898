"""The commands: `run` and `plan` here; those that look into a warehouse are in `looking`."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli import changing, looking, showing
from etl.cli.beside import hold_apart
from etl.cli.each import run_configured
from etl.cli.options import dataset_of, path_of, run_options, settings_of, shown_options, warehouse_of
from etl.cli.outcome import outcome
from etl.cli.printable import printable
from etl.cli.sections import EXIT_CODES, Group, option
from etl.cli.spellings import FilePath
from etl.cli.streams import standard_output, tell
from etl.config import Dataset, Settings
from etl.errors import EtlError, ExportPending, UsageError, fault
from etl.result import Load, Report
from etl.version import VERSION

if TYPE_CHECKING:
    from etl.load.saved import Agreement


@click.group("etl", cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(VERSION, message="etl %(version)s")
def root() -> None:
    """Load folders of CSV, JSON, Parquet and XLSX files into one DuckDB table that you can trust, and export it.

    Start with `etl plan` to see what would happen, then `etl run`.
    """


@root.command(epilog=EXIT_CODES)
@run_options
@option("What is kept", "--emit-sql", metavar="DIR", type=FilePath(file_okay=False, utf8=True, path_type=Path),
        default=None,
        help="Write the load as one SQL script, with which DuckDB alone makes the same table and export from the "
             "same files, and a manifest of those. DIR must be empty, or not there.")
@click.pass_context
def run(context: click.Context, /, **_stated: object) -> None:
    r"""Load files into a table, and export it.

    SOURCE is a file, a folder or a glob; without one, every file of the source folder is loaded whose extension says
    what it is: CSV, JSON, Parquet or XLSX. A file that is loaded already is not loaded again, and one that changed is
    replaced. Either everything of a load is there at its end, or nothing.

    \b
    Examples:
      etl run --source-dir data/sources --output data/etl_output.json
      etl run --source-dir drops --strategy update --key id
      etl run 'drops/2024-*.csv' --warehouse sales.duckdb --table sales
      etl run --config etl.toml customers
    """
    folder = context.params["emit_sql"]
    if context.params["config"] is not None:
        run_configured(context, _load, planned=False)
        return
    if folder is None:
        _run(context.params, planned=False)
        return
    from etl.inspect import emit_sql, empty_folder, spellable  # noqa: PLC0415, brings DuckDB

    empty_folder(folder)
    spellable(context.params["table"] or "", *(context.params["key"] or ()))
    load = _run(context.params, planned=False)
    try:
        emit_sql(Path(load.warehouse), load.dataset, folder, settings_of(context.params))
    except (Exception, KeyboardInterrupt) as error:  # the load is committed, whatever it is
        reason = (str(error) or "it was interrupted.") if isinstance(error, EtlError | KeyboardInterrupt) else (
            fault(error))
        again = "" if isinstance(error, UsageError) else " The same command writes it."
        raise ExportPending(f"The load is committed, but it is not written as SQL: {reason}{again}", load) from error
    tell(f"The load as SQL: {printable(str(folder))}/load.sql")


@root.command(epilog=EXIT_CODES)
@run_options
@option("What is kept", "--save", metavar="FILE", type=FilePath(dir_okay=False, path_type=Path), default=None,
        help="Keep the plan in a file, for `etl apply` to do as it says or refuse.")
@click.pass_context
def plan(context: click.Context, /, **_stated: object) -> None:
    """Show what `run` would do with the same arguments, and do nothing.

    It reads the files as a run does, so its numbers are exact, and it fails where the run would.
    """
    if context.params["config"] is not None:
        run_configured(context, _load, planned=True)
        return
    _run(context.params, planned=True)


@root.command(epilog=EXIT_CODES)
@click.argument("file", type=FilePath(path_type=Path))
@shown_options
@click.pass_context
def apply(context: click.Context, /, file: Path, **_stated: object) -> None:
    """Do what a saved plan says, or refuse: FILE is what `etl plan --save FILE` wrote.

    It is refused where a file or the target changed since, naming it; then nothing is done. It is applied in the folder
    in which it was made.
    """
    from etl.load import load_plan  # noqa: PLC0415, brings DuckDB, which `--help` does not need

    saved = load_plan(file)
    if not saved.folder.is_dir():
        raise UsageError(f"The plan {file} was made in {saved.folder}, which is not there any more. Plan again.")
    with contextlib.chdir(saved.folder):
        stated = context.params | {"warehouse": None if saved.warehouse is None else str(saved.warehouse)}
        _load(stated, saved.dataset, saved.settings, saved)


for command in (*changing.COMMANDS, *looking.COMMANDS, *showing.COMMANDS):
    root.add_command(command)


def _run(stated: Mapping[str, Any], *, planned: bool) -> Load:
    dataset, settings = dataset_of(stated), settings_of(stated)
    kept = stated.get("save")
    if kept is None:
        return _load(stated, dataset, settings, None, planned=planned)
    from etl.load import Recorder, save  # noqa: PLC0415, brings DuckDB, which `--help` does not need

    recorder = Recorder()
    load = _load(stated, dataset, settings, recorder, planned=planned)
    save(recorder, dataset, path_of(stated["warehouse"]), settings, kept)
    tell(f"The plan is kept in {printable(str(kept))}: etl apply {printable(shlex.quote(str(kept)))}")
    return load


def _load(
    stated: Mapping[str, Any], dataset: Dataset, settings: Settings, agreement: Agreement | None, *,
    planned: bool = False,
) -> Load:
    warehouse = warehouse_of(dataset, stated["warehouse"])
    hold_apart({"log": stated["log_file"], "plan": stated.get("save")}, Path(warehouse), settings, dataset,
               fresh=stated["warehouse"] is None, script=stated.get("emit_sql"))
    to_output = dataset.output == "-"
    agreed = {} if agreement is None else {"agreement": agreement}

    def carried(report: Report) -> Load:
        from etl.load import run as run_load  # noqa: PLC0415, brings DuckDB, which `--help` does not need

        return run_load(dataset, path_of(stated["warehouse"]), settings, plan=planned, report=report,
                        standard_output=standard_output() if to_output else None, **agreed)

    return outcome(carried, stated, warehouse, planned=planned, to_output=to_output)
