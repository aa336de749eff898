"""The commands that look into a file or a warehouse, and change neither."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from etl.cli.beside import hold_apart
from etl.cli.listing import Format, csv_lines, json_lines, rendered
from etl.cli.options import effort, listing_format, lock_timeout, reading_of, reading_options, warehouse
from etl.cli.printable import printable
from etl.cli.sections import EXIT_CODES, Command, option
from etl.cli.spellings import ANY_TEXT, PATH, TEXT, FilePath
from etl.cli.streams import emit, say, standard_output, tell, width
from etl.config import Settings
from etl.errors import StorageError, UsageError, count
from etl.result import Listing

COMMENT = re.compile(r"--(?:\s|.*\n)")
WRITERS: dict[str, Callable[[Listing], Iterable[str]]] = {".csv": csv_lines, ".json": json_lines}


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("file", type=FilePath(path_type=Path))
@reading_options
@listing_format
def inspect(file: Path, form: Format | None, **stated: Any) -> None:
    """Show how FILE would be read, before any load.

    Its dialect, its columns and the kinds of their cells, its first rows, and its problems.
    """
    from etl.inspect import file as inspect_file  # noqa: PLC0415, brings DuckDB

    show(inspect_file(file, reading_of(stated)), form)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", required=False, type=TEXT)
@warehouse
@lock_timeout
@listing_format
def status(table: str | None, warehouse: Path, lock_timeout: float, form: Format | None) -> None:
    """Show the tables of a warehouse, or one TABLE, with their files and loads."""
    from etl.inspect import status as inspect_status  # noqa: PLC0415, brings DuckDB

    show(inspect_status(warehouse, table, lock_timeout), form)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", required=False, type=TEXT)
@warehouse
@lock_timeout
@listing_format
def history(table: str | None, warehouse: Path, lock_timeout: float, form: Format | None) -> None:
    """Show the loads of a warehouse, or of one TABLE, the newest first; failed ones too."""
    from etl.inspect import history as inspect_history  # noqa: PLC0415, brings DuckDB

    show(inspect_history(warehouse, table, lock_timeout), form)


@click.command(cls=Command, epilog=EXIT_CODES)
@option("Which rejects", "--load", "load_id", metavar="ID", type=click.IntRange(min=1), default=None,
        help="The load, as `etl history` numbers it. Default: the newest load with rejects.")
@option("What is shown", "--output", metavar="FILE", type=FilePath(dir_okay=False, path_type=Path), default=None,
        help="Write all of them to this .csv or .json file instead.")
@warehouse
@lock_timeout
@listing_format
def rejects(load_id: int | None, output: Path | None, warehouse: Path, lock_timeout: float,
            form: Format | None) -> None:
    """Show the records that a load rejected: file, line, column, text and reason."""
    write = None if output is None else WRITERS.get(output.suffix.lower())
    if output is not None and write is None:
        raise UsageError(f"--output {output} ends neither in .csv nor in .json, so nobody knows what to write.")
    if output is not None and form is not None:
        raise UsageError("--format is for standard output; with --output, the file's extension says what is written.")
    hold_apart({"file of rejects": output}, warehouse, Settings(lock_timeout=lock_timeout))
    from etl.inspect import rejects as inspect_rejects  # noqa: PLC0415, brings DuckDB

    found = inspect_rejects(warehouse, load_id, lock_timeout)
    if output is None or write is None:
        show(found, form)
        return
    put(output, write(found))
    tell(f"Wrote {count(len(found.rows), 'line')} of rejects to {printable(str(output))}.")


class Query(Command):
    """A command whose argument may begin with a comment of SQL, which is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let a text that begins as `-- ` does, or has a second line, be the query."""
        at = next((place for place, text in enumerate(args) if COMMENT.match(text)), None)
        if at is not None and "--" not in args[:at]:
            args = [*args[:at], *args[at + 1:], "--", args[at]]
        return super().parse_args(ctx, args)


@click.command(cls=Query, epilog=EXIT_CODES)
@click.argument("query", type=TEXT)
@warehouse
@lock_timeout
@listing_format
def sql(query: str, warehouse: Path, lock_timeout: float, form: Format | None) -> None:
    r"""Answer one SELECT on a warehouse, read-only.

    QUERY can neither change anything nor reach files or the network.

    \b
    Example:
      etl sql 'SELECT count(*) FROM sources' --format csv
    """
    from etl.inspect import query as inspect_query  # noqa: PLC0415, brings DuckDB

    show(inspect_query(warehouse, query, lock_timeout), form, null="NULL")


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", type=TEXT)
@click.argument("file", type=PATH)
@option("What is written", "--lineage", is_flag=True, default=False,
        help="Write also the path and row that each record came from.")
@warehouse
@lock_timeout
def export(table: str, file: str, warehouse: Path, lock_timeout: float, *, lineage: bool) -> None:
    """Export TABLE to FILE, once: .json, .ndjson, .jsonl, .csv (each also .gz or .zst) or .parquet.

    A FILE of - is standard output. The output that `etl run` keeps up to date stays what it is.
    """
    hold_apart({"export": None if file == "-" else Path(file)}, warehouse, Settings(lock_timeout=lock_timeout))
    from etl.export import export_table  # noqa: PLC0415, brings DuckDB

    records = export_table(warehouse, table, file, lineage, lock_timeout,
                           standard_output() if file == "-" else None)
    where = "standard output" if file == "-" else printable(file)
    tell(f"Exported {count(records, 'record')} of {printable(table)} to {where}.")


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", type=TEXT)
@click.argument("key", nargs=-1, type=ANY_TEXT)
@option("Which row", "--row", "place", metavar="PATH:ROW", type=TEXT, default=None,
        help="Instead of a key, a row by its place: the path as `etl status` shows it, and the record's number in the "
             "file. This is how a row of append is named; with a key, it stands for the key that the row claims.")
@warehouse
@lock_timeout
@listing_format
def why(table: str, key: tuple[str, ...], place: str | None, warehouse: Path, lock_timeout: float,
        form: Format | None) -> None:
    r"""Show who claimed KEY in TABLE, who won, and by which rule.

    KEY is one argument for each column of the key, in its order and taken as it stands: a comma is part of it, and one
    that begins with a dash comes after `--`. Every row in staging is listed, also of files that have left.

    \b
    Examples:
      etl why customers 17
      etl why visits DE 'Berlin, Mitte'
      etl why customers --row 2024/march.csv:12
      etl why balances -- -5
    """
    from etl.inspect import why as inspect_why  # noqa: PLC0415, brings DuckDB

    found = inspect_why(warehouse, table, key, place, lock_timeout)
    show(marked(found) if form in (None, "table", "markdown") else found, form)


@click.command(cls=Command, epilog=EXIT_CODES)
@click.argument("table", required=False, type=TEXT)
@option("What is compared", "--files", is_flag=True, default=False,
        help="Read the files that are still there again, and hold staging against them; the others are named.")
@effort
@option("The machine", "--temp-dir", metavar="DIR", type=FilePath(file_okay=False, exists=True, path_type=Path),
        default=None, help="Folder for the tables that are built aside. Default: the system's.")
@warehouse
@lock_timeout
@listing_format
def verify(table: str | None, warehouse: Path, form: Format | None, *, files: bool, **machine: Any) -> None:
    """Build TABLE again aside, from what is staged, and say what differs; without TABLE, every table.

    Compared are columns, types, key, values and lineage of the table and the bytes of its output; the ledger, its books
    and rejects with each other and with the seals of their loads; the number and place of all staged rows; of rejected
    records, and of files that are not loaded any more, the staged rows with what they were when they were rejected, and
    when the file left. The size, time stamps and inode by which files and outputs are known again are not compared, and
    what is older than the seals is named. Nothing is written to the warehouse. The exit code is 1 where something
    differs.
    """
    from etl.inspect import verify as inspect_verify  # noqa: PLC0415, brings DuckDB

    found = inspect_verify(warehouse, table, files=files, settings=Settings(**machine))
    show(found, form)
    if found.rows:
        raise click.exceptions.Exit(1)


COMMANDS = (inspect, status, history, rejects, why, verify, sql, export)


def show(found: Listing | Sequence[Listing], form: Format | None, null: str = "") -> None:
    """Write listings to standard output, as text for a person and as UTF-8 for a program."""
    listings = found if isinstance(found, Sequence) else (found,)
    lines = rendered(listings, form or "table", width(sys.stdout), null)
    if form in (None, "table"):
        say(lines)
        return
    emit(lines)
    for note in (note for listing in listings for note in listing.notes):
        tell(printable(note))


def marked(found: Listing) -> Listing:
    """The claims of a key for a person: lists as words, and a * at each value in which a claim differs."""
    rows = [_marked(*row) for row in found.rows]
    return replace(found, rows=tuple(rows))


def _marked(wins: Any, *rest: Any) -> tuple[object, ...]:
    *facts, differs, values = rest
    return ("yes" if wins else None, *facts, ", ".join(differs or ()) or None, _values(values, differs or ()))


def _values(values: dict[str, str | None], marked_names: Sequence[str]) -> str:
    return ", ".join(f"{'*' if name in marked_names else ''}{name}: {'NULL' if value is None else value}"
                     for name, value in values.items())


def put(path: Path, lines: Iterable[str]) -> None:
    """Write a file beside its place and rename it, so that nobody ever finds half of it.

    Raises:
        StorageError: The folder or the disk does not take it; what stood there before still does.
    """
    from etl.warehouse.scratch import whole  # noqa: PLC0415, brings DuckDB

    try:
        with whole(path) as aside, aside.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror or error}.") from error
