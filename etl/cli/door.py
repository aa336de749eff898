"""The door: runs a command and turns whatever happens into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from etl.cli.commands import root
from etl.cli.interrupts import Interrupts
from etl.cli.lean import without_pandas
from etl.cli.printable import printable
from etl.cli.streams import leave_quietly, prepare, tell
from etl.errors import EtlError, ExportPending, QueryRefused, shorten

DONE = 0
FAILED = 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    without_pandas()
    sys.exit(execute(sys.argv[1:] if arguments is None else arguments, last=True))


def execute(arguments: Sequence[str], *, last: bool = False) -> int:
    """Run one command line.

    click's own `main` has other ideas of interrupts and broken pipes, so its context is entered here.

    Args:
        last: The process ends with it.

    Returns:
        The exit code.
    """
    with Interrupts(last=last) as interrupts:
        try:
            prepare()
            with root.make_context("etl", list(arguments)) as context:
                root.invoke(context)
        except click.exceptions.Exit as leaving:
            return leaving.exit_code
        except BrokenPipeError:
            leave_quietly()
            return DONE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001, the last resort
            interrupts.deafen()
            # DuckDB turns an interrupt into an error of its own, so the signal is asked, not the exception.
            if not isinstance(error, ExportPending) and (interrupts.came or isinstance(error, KeyboardInterrupt)):
                tell("Interrupted: everything is as it was.")
                return INTERRUPTED
            return _explained(error)
    return DONE


def _explained(error: BaseException) -> int:
    """Say what went wrong; never a traceback, unless ETL_DEBUG=1 asks for it."""
    if os.environ.get("ETL_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, EtlError):
        # DuckDB points at the place in a query on a line of its own.
        lines = str(error).splitlines() if isinstance(error, QueryRefused) else [str(error)]
        tell("Error: " + "\n".join(map(printable, lines)), "red")
        return error.exit_code
    what = f"{type(error).__name__}: {shorten(str(error), 300)[1:-1]}"
    tell(f"etl: an error inside etl ({what}). Set ETL_DEBUG=1 to see where it happened, and please report it.", "red")
    return FAILED


def _misused(error: click.ClickException) -> int:
    """Say click's sentence on a wrong command line, and where help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        tell(error.format_message())
        return error.exit_code
    tell(f"Error: {printable(error.format_message())}", "red")
    if context is not None:
        tell(f"Try '{context.command_path} --help' for help.")
    return error.exit_code
