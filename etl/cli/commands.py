"""The commands: `run` and `plan` here; those that look into a warehouse are in `looking`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from etl.cli import changing, looking
from etl.cli.options import dataset_of, path_of, run_options, settings_of, warehouse_of
from etl.cli.outcome import outcome
from etl.cli.sections import EXIT_CODES, Group
from etl.cli.streams import standard_output
from etl.result import Load, Report
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


for command in (*changing.COMMANDS, *looking.COMMANDS):
    root.add_command(command)


def _run(stated: Mapping[str, Any], *, planned: bool) -> None:
    dataset, settings = dataset_of(stated), settings_of(stated)
    to_output = dataset.output == "-"

    def carried(report: Report) -> Load:
        from etl.load import run as run_load  # noqa: PLC0415, brings DuckDB, which `--help` does not need

        return run_load(dataset, path_of(stated["warehouse"]), settings, plan=planned, report=report,
                        standard_output=standard_output() if to_output else None)

    outcome(carried, stated, warehouse_of(dataset, stated["warehouse"]), planned=planned, to_output=to_output)
