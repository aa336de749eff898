"""The commands that show a warehouse by other means: as a page, and in DuckDB's own shell."""

from __future__ import annotations

from pathlib import Path

import click

from etl.cli.looking import put
from etl.cli.options import lock_timeout, warehouse
from etl.cli.printable import printable
from etl.cli.sections import EXIT_CODES, Command, option
from etl.cli.streams import tell

PAGE = Path("report.html")


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("load", required=False, type=click.IntRange(min=1))
@option("What is written", "--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), default=PAGE,
        help=f"The page to write; what stood there is replaced. Default: {PAGE}.")
@warehouse
@lock_timeout
def report(load: int | None, output: Path, warehouse: Path, lock_timeout: float) -> None:
    """Write a load as one page: its books, rejects, conflicts and columns, with charts.

    LOAD is its number in `etl history`; without one, it is the newest. The page stands for itself: it needs no network,
    runs no script, and can be mailed or printed.
    """
    from etl.report import report as page_of  # noqa: PLC0415, brings DuckDB

    put(output, page_of(warehouse, load, lock_timeout).splitlines())
    tell(f"Wrote the report to {printable(str(output))}.")


COMMANDS = (report,)
