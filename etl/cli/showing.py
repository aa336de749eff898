"""The commands that show a warehouse by other means: as a page, and in DuckDB's own shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

from etl.cli.beside import hold_apart
from etl.cli.listing import rendered
from etl.cli.looking import put
from etl.cli.options import lock_timeout, warehouse
from etl.cli.printable import printable
from etl.cli.sections import EXIT_CODES, Command, option
from etl.cli.spellings import FilePath
from etl.cli.streams import tell, width
from etl.config import Settings
from etl.extras import need
from etl.names import literal

PAGE = Path("report.html")


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("load", required=False, type=click.IntRange(min=1))
@option("What is written", "--output", metavar="FILE", type=FilePath(dir_okay=False, path_type=Path), default=PAGE,
        help=f"The page to write; what stood there is replaced. Default: {PAGE}.")
@option("What is written", "--plan", "plan", metavar="FILE", type=FilePath(dir_okay=False, path_type=Path),
        default=None, help="A plan that `etl plan --save` wrote: its numbers are set beside those of the load.")
@warehouse
@lock_timeout
def report(load: int | None, output: Path, plan: Path | None, warehouse: Path, lock_timeout: float) -> None:
    """Write a load as one page: its books, rejects, conflicts and columns, with charts.

    LOAD is its number in `etl history`; without one, it is the newest. The page stands for itself: it needs no network,
    runs no script, and can be mailed or printed.
    """
    hold_apart({"report": output}, warehouse, Settings(lock_timeout=lock_timeout))
    from etl.report import report as page_of  # noqa: PLC0415, brings DuckDB

    promise = None
    if plan is not None:
        from etl.load import load_plan  # noqa: PLC0415, likewise

        promise = load_plan(plan).promise
    put(output, page_of(warehouse, load, lock_timeout, promise).split("\n"))
    tell(f"Wrote the report to {printable(str(output))}.")


@click.command(cls=Command, epilog=EXIT_CODES)
@option("What it may do", "--write", is_flag=True, default=False,
        help="Let the shell change the warehouse. What it changes is in no books. Default: read only.")
@warehouse
@lock_timeout
def shell(*, write: bool, warehouse: Path, lock_timeout: float) -> None:
    """Open DuckDB's own shell on a warehouse, read-only unless asked.

    It begins with the list of the targets, the staging tables and the control tables and views, on standard error.
    Statements may also come from a pipe.
    """
    need("The shell", "shell", "duckdb_cli")
    from etl.inspect import contents  # noqa: PLC0415, brings DuckDB
    from etl.warehouse.scratch import scratch  # noqa: PLC0415, likewise

    tell("\n".join(rendered(contents(warehouse, lock_timeout, write=write), "table", width(sys.stderr))))
    tell("")
    if write:
        tell("The shell may write. What it changes is in no books, and no load knows of it.", "yellow")
    with scratch(None) as folder, _interrupts_left_to_the_shell():
        opening = folder / "opening.sql"
        opening.write_text(_opening(warehouse, write=write), encoding="utf-8", errors="surrogateescape")
        done = subprocess.run([*_program(), "-init", str(opening)], check=False)  # noqa: S603
    if done.returncode:
        raise click.exceptions.Exit(1)


def _program() -> list[str]:
    """DuckDB's shell itself: the package's own door is a Python process between, which Ctrl-C would end."""
    spec = find_spec("duckdb_cli")
    folder = Path(spec.origin).parent if spec is not None and spec.origin is not None else Path()
    binary = folder / ("duckdb.exe" if os.name == "nt" else "duckdb")
    return [str(binary)] if binary.is_file() else [sys.executable, "-m", "duckdb_cli"]


def _opening(warehouse: Path, *, write: bool) -> str:
    """What the shell begins with: the warehouse under the name that no file's name can clash with a schema's."""
    options = "(TYPE duckdb)" if write else "(TYPE duckdb, READ_ONLY)"
    return (f"ATTACH {literal(str(warehouse.absolute()))} AS warehouse {options};\n"
            "USE warehouse;\nSET TimeZone = 'UTC';\nSET default_collation = 'binary';\n")


@contextmanager
def _interrupts_left_to_the_shell() -> Iterator[None]:
    """Ctrl-C stops a statement in the shell, which hears it too, and not the shell."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


COMMANDS = (report, shell)
