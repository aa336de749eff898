"""The commands: `run` and `plan` here; those that look into a warehouse are in `looking`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from etl.cli import looking
from etl.cli.encode import json_object, json_of
from etl.cli.options import dataset_of, path_of, run_options, settings_of, warehouse_of
from etl.cli.printable import count, printable
from etl.cli.progress import shown
from etl.cli.sections import EXIT_CODES, Group
from etl.cli.streams import emit, say, standard_output, tell, width
from etl.cli.summary import closing_line, plan_line, problem_lines, rejects_command, summary
from etl.config import Dataset
from etl.errors import EtlError, ExportPending, LoadFailed, StorageError, UsageError
from etl.result import Load
from etl.version import VERSION


@click.group("etl", cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(VERSION, message="etl %(version)s")
def root() -> None:
    """Load folders of CSV files into one DuckDB table that you can trust, and export it.

    Start with `etl plan` to see what would happen, then `etl run`.
    """


@root.command(epilog=EXIT_CODES)
@run_options
@click.pass_context
def run(context: click.Context, /, **_stated: object) -> None:
    r"""Load files into a table, and export it.

    SOURCE is a file, a folder or a glob; without one, every CSV file of the source folder is loaded. A file that is
    loaded already is not loaded again, and one that changed is replaced. Either everything of a load is there at its
    end, or nothing.

    \b
    Examples:
      etl run --source-dir data/sources --output data/etl_output.json
      etl run --source-dir drops --strategy update --key id
      etl run 'drops/2024-*.csv' --warehouse sales.duckdb --table sales
    """
    _run(context.params, planned=False)


@root.command(epilog=EXIT_CODES)
@run_options
@click.pass_context
def plan(context: click.Context, /, **_stated: object) -> None:
    """Show what `run` would do with the same arguments, and do nothing.

    It reads the files as a run does, so its numbers are exact, and it fails where the run would.
    """
    _run(context.params, planned=True)


for command in looking.COMMANDS:
    root.add_command(command)


def _run(stated: Mapping[str, Any], *, planned: bool) -> None:
    dataset, settings = dataset_of(stated), settings_of(stated)
    load = None
    try:
        with shown("none" if stated["quiet"] else stated["progress"]) as report:
            from etl.load import run as run_load  # noqa: PLC0415, brings DuckDB, which `--help` does not need

            load = run_load(dataset, path_of(stated["warehouse"]), settings, plan=planned, report=report,
                            standard_output=standard_output() if dataset.output == "-" else None)
        _show(load, dataset, stated, planned=planned)
    except UsageError:
        raise
    except EtlError as error:
        _failed(error, dataset, stated)
        raise
    except KeyboardInterrupt:
        if load is None or planned:
            raise
        tell("Interrupted after the commit: the load stays.")


def _show(load: Load, dataset: Dataset, stated: Mapping[str, Any], *, planned: bool) -> None:
    """The summary and the closing line; of a plan both are the result, so both are on standard output."""
    quiet, as_json = stated["quiet"], stated["as_json"]
    on_output = planned and not as_json
    try:
        if on_output:
            say([plan_line(load)])
        if not quiet:
            lines = summary(load, width(sys.stdout if on_output else sys.stderr))
            if on_output:
                say(lines)
            else:
                tell("\n".join(lines))
            _tell_warnings(load)
        if as_json:
            emit([json_of(load)])
        elif not planned and dataset.output == "-":
            tell(closing_line(load))
        elif not planned:
            say([closing_line(load)])
    except StorageError as error:
        if planned:
            raise
        raise ExportPending(f"The load is committed. {error}") from error


def _tell_warnings(load: Load) -> None:
    if load.warnings:
        tell(f"{count(len(load.warnings), 'warning')}:", "yellow")
        for line in problem_lines(load.warnings, "; --json lists them all"):
            tell(line, "yellow")


def _failed(error: EtlError, dataset: Dataset, stated: Mapping[str, Any]) -> None:
    """Say what a failed load is alone in having: its problems, and its JSON document."""
    if stated["as_json"]:
        with contextlib.suppress(BrokenPipeError, StorageError):
            emit([_document(error)])
    if isinstance(error, LoadFailed):
        tell(f"Error: {printable(str(error))}", "red")
        where_all = "; --json lists them all"
        if error.load_id is not None:
            where_all = ": " + rejects_command(error.load_id, warehouse_of(dataset, stated["warehouse"]))
        for line in problem_lines(error.problems, where_all):
            tell(line)
        tell("The target is as it was.")
        raise click.exceptions.Exit(error.exit_code)


def _document(error: EtlError) -> str:
    """The JSON document of a load that failed, or whose output is still pending."""
    load_id, problems = (error.load_id, error.problems) if isinstance(error, LoadFailed) else (None, ())
    return json_object({
        "status": "output pending" if isinstance(error, ExportPending) else "failed",
        "error": type(error).__name__,
        "message": str(error),
        "load_id": load_id,
        "problems": problems,
    }.items())
