"""The door: runs a command and turns whatever happens into a sentence and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from etl.cli.commands import root
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
    sys.exit(execute(sys.argv[1:] if arguments is None else arguments))


def execute(arguments: Sequence[str]) -> int:
    """Run one command line.

    click's own `main` has other ideas of interrupts and broken pipes, so its context is entered here.

    Returns:
        The exit code.
    """
    prepare()
    with _interruptible() as interrupted:
        try:
            with root.make_context("etl", list(arguments)) as context:
                root.invoke(context)
        except click.exceptions.Exit as leaving:
            return leaving.exit_code
        except BrokenPipeError:
            leave_quietly()
            return DONE
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001, the last resort
            # DuckDB turns an interrupt into an error of its own, so the signal is asked, not the exception.
            if not isinstance(error, ExportPending) and (interrupted.is_set() or isinstance(error, KeyboardInterrupt)):
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


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Let Ctrl-C and a termination both raise KeyboardInterrupt, and remember that one came."""
    came = threading.Event()

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        came.set()
        raise KeyboardInterrupt

    # Only the main thread may set handlers; a signal that whoever started us ignores stays ignored.
    taken = [] if threading.current_thread() is not threading.main_thread() else [
        number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in taken}
    try:
        yield came
    finally:
        for number, handler in before.items():
            # None is a handler that was not set from Python, and cannot be from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
