"""The options of `run` and `plan`, those that the other commands share, and what they state together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from etl.cli import spellings
from etl.cli.configured import default_warehouse
from etl.cli.listing import FORMATS
from etl.cli.sections import F, option, together
from etl.config import (
    DEFAULT_OUTPUT,
    DEFAULT_SOURCE_DIR,
    DEFAULT_WAREHOUSE,
    RESETTABLE,
    STRATEGIES,
    Dataset,
    Reading,
    Settings,
)
from etl.errors import UsageError
from etl.names import matched
from etl.sources.formats import FORMATS as FILE_FORMATS

FILES = "Which files"
TARGET = "What becomes of them"
CELLS = "What the cells mean"
TEXT = "How a CSV file is read (found from its first record where not stated)"
TROUBLE = "Trouble"
MACHINE = "The machine"
SHOWN = "What is shown"
WAREHOUSE = "The warehouse"

_SETTINGS = Settings()

_files = together(
    option(FILES, "--source-dir", metavar="DIR", type=spellings.PATH,
           help="Folder whose files are loaded, those in its subfolders too; paths are shown and ordered relative to "
                f"it. Default: {DEFAULT_SOURCE_DIR} where no SOURCE is given."),
    option(FILES, "--config", metavar="FILE", type=spellings.FilePath(dir_okay=False, path_type=Path), default=None,
           help="Load the datasets that this etl.toml defines, all of them or those that are named in the place of "
                "SOURCE, one after the other. Only options of the machine and of what is shown go beside it."),
    option(FILES, "--include", metavar="GLOB", type=spellings.TEXT, multiple=True,
           help="Take only files whose path below the source folder matches, like '2024/*.csv'. Repeatable."),
    option(FILES, "--exclude", metavar="GLOB", type=spellings.TEXT, multiple=True,
           help="Leave out files whose path below the source folder matches. Repeatable."),
    option(FILES, "--move-root", is_flag=True, default=False,
           help="Say that the source folder of a dataset in an accumulating warehouse has moved to this one."),
)

_target = together(
    option(TARGET, "--strategy", type=click.Choice(STRATEGIES), default=None,
           help="append keeps every row; deduplicate keeps the first row of each key; update keeps the last one. "
                "Default: append."),
    option(TARGET, "--key", metavar="COL[,COL]", type=spellings.KEY, default=None,
           help="The columns that say which record a row is. deduplicate and update need it."),
    option(TARGET, "--order-by", metavar="COL", type=spellings.TEXT, default=None,
           help="The column that says which row of a key is the later one. Default: the files by name, and the rows "
                "by their place in the file."),
    option(TARGET, "--table", metavar="NAME", type=spellings.TEXT, default=None,
           help="Name of the table to maintain. Default: the name of the source folder."),
    option(TARGET, "--output", metavar="FILE", type=spellings.PATH, default=None,
           help="File to export the table to: .json, .ndjson, .jsonl, .csv (each also .gz or .zst) or .parquet; "
                f"- is standard output. Default: {DEFAULT_OUTPUT}; with --warehouse, none."),
    option(TARGET, "--warehouse", metavar="FILE", type=spellings.PATH, default=None,
           help="DuckDB file in which loads accumulate: what was loaded stays when its file is gone. Without it, the "
                "warehouse stands beside the output and follows the folder: what is gone leaves."),
    option(TARGET, "--reset", metavar="OPTION", type=click.Choice(RESETTABLE), multiple=True,
           help="Put a stored option of an accumulating warehouse back to its default: one of "
                f"{', '.join(RESETTABLE)}. Repeatable."),
    option(TARGET, "--lineage/--no-lineage", default=None,
           help="Export also the path and row that each record came from. Default: --no-lineage."),
)

_cells = together(
    option(CELLS, "--column", "columns", metavar="NAME=TYPE", type=spellings.COLUMN, multiple=True,
           help="Declare a column's type, like amount='DECIMAL(12,2)', 'DECIMAL(12,2) ,' with a decimal comma, or "
                "day='DATE %d.%m.%Y' with the format of its cells. Repeatable. Default: the type that fits every cell "
                "of every file."),
    option(CELLS, "--null", "nulls", metavar="TEXT", type=spellings.ANY_TEXT, multiple=True,
           help="A text that spells NULL, like N/A; a number or date of JSON, Parquet or a sheet is held to it as it "
                "is written out. Repeatable. Default: only a cell with nothing in it, after trimming."),
    option(CELLS, "--trim/--no-trim", default=None,
           help="Take white space off the ends of cells, or keep it. Default: --trim."),
    option(CELLS, "--names", type=click.Choice(("lower", "keep")), default=None,
           help="Column names in lower case, or as they first appear. Default: lower."),
    option(CELLS, "--schema-contract", type=click.Choice(("evolve", "freeze", "discard_row")), default=None,
           help="What may change in the structure: evolve lets columns and types follow the files; freeze fails a "
                "file that does not fit; discard_row rejects the rows that do not. Default: evolve."),
)

_format = together(
    option(FILES, "--format", "format", type=click.Choice(FILE_FORMATS), default=None,
           help="What the files are. Default: what their names say; a name without a known extension is CSV."),
)
read_as = option(FILES, "--read-as", "format", type=click.Choice(FILE_FORMATS), default=None,
                 help="What the file is: the --format of run. Default: what its name says.")

_text = together(
    option(FILES, "--sheet", metavar="NAME", type=spellings.TEXT, default=None,
           help="The sheet of a workbook that is read. Default: the first one that is not hidden."),
    option(TEXT, "--delimiter", metavar="C", type=spellings.CHARACTER, default=None,
           help="The character between two cells, like ';' or tab."),
    option(TEXT, "--quote", metavar="C", type=spellings.QUOTE, default=None,
           help="The character around a quoted cell; '' where none is quoted."),
    option(TEXT, "--escape", metavar="C", type=spellings.CHARACTER, default=None,
           help="The character before a quote inside a quoted cell."),
    option(TEXT, "--encoding", metavar="E", type=spellings.TEXT, default=None,
           help="The encoding, like cp1252 or utf-16-le. Default: that of the byte order mark, else utf-8."),
    option(TEXT, "--header/--no-header", default=None,
           help="Whether the first record names the columns; without it they are column_1, column_2, ... "
                "Default: --header."),
    option(TEXT, "--skip-rows", metavar="N", type=click.IntRange(min=0), default=None,
           help="Lines to leave out at the start of each file. Default: 0."),
    option(TEXT, "--ragged", type=click.Choice(("reject", "pad")), default=None,
           help="What becomes of a record with fewer cells than columns: reject, or pad it with NULL. A record with "
                "more is always rejected. Default: reject."),
    option(TEXT, "--max-cell-lines", metavar="N", type=click.IntRange(min=1), default=None,
           help="A cell of more lines is a problem, because a stray quote swallows rows. "
                f"Default: {Reading().max_cell_lines}."),
)

_trouble = together(
    option(TROUBLE, "--on-error", type=click.Choice(("abort", "skip_file", "reject_row")), default=_SETTINGS.on_error,
           help="What a problem does: abort loads nothing and lists every problem; skip_file leaves out the file; "
                f"reject_row leaves out the record and keeps it among the rejects. Default: {_SETTINGS.on_error}."),
    option(TROUBLE, "--max-rejects", metavar="N|P%", type=spellings.MAX_REJECTS, default=None,
           help="Fail when more records are rejected: a number, like 100, or a share of the records read, like 1%. "
                "Default: no bound."),
    option(TROUBLE, "--max-conflicts", metavar="N", type=click.IntRange(min=0), default=None,
           help="Fail when two files claim more than this many keys with different values. Default: no bound."),
    option(TROUBLE, "--strict", is_flag=True, default=False, help="Make every warning a problem."),
)

lock_timeout = option(
    MACHINE, "--lock-timeout", metavar="S", type=spellings.SECONDS, default=_SETTINGS.lock_timeout,
    help=f"Seconds to wait for another process that holds the warehouse. Default: {_SETTINGS.lock_timeout:g}.")

effort = together(
    option(MACHINE, "--threads", metavar="N", type=click.IntRange(min=1), default=None,
           help="Threads to use. Default: one for each core."),
    option(MACHINE, "--memory-limit", metavar="SIZE", type=spellings.MEMORY, default=_SETTINGS.memory_limit,
           help=f"Memory that DuckDB may use before it goes to disk. Default: {_SETTINGS.memory_limit}."),
)

_machine = together(
    effort,
    option(MACHINE, "--temp-dir", metavar="DIR", type=spellings.TEXT, default=None,
           help="Folder for what does not fit into memory. Default: beside the warehouse."),
    lock_timeout,
)

_shown = together(
    option(SHOWN, "--progress", type=click.Choice(("auto", "plain", "json", "none")), default="auto",
           help="How progress is shown on standard error: auto is a bar on a terminal and plain lines elsewhere; "
                "json is one object a line. Default: auto."),
    option(SHOWN, "--log-format", type=click.Choice(("text", "json")), default=None,
           help="Log the load, one line an event: start, phases, files, warnings, problems, end. Without --log-file "
                "the log takes the place of all else on standard error. Default: no log."),
    option(SHOWN, "--log-file", metavar="FILE", type=spellings.FilePath(dir_okay=False, path_type=Path), default=None,
           help="Append the log to this file instead; standard error stays as it is. --log-format is text there where "
                "it is not stated."),
    option(SHOWN, "--quiet", is_flag=True, default=False,
           help="Only the closing line and errors: no progress, no summary, no warnings."),
    option(SHOWN, "--json", "as_json", is_flag=True, default=False,
           help="One JSON document of the load on standard output, instead of the closing line; also of a failed "
                "load, with all its problems."),
)

sources = click.argument("sources", metavar="[SOURCE]...", nargs=-1, type=spellings.PATH)
run_options: Callable[[F], F] = together(sources, _files, _format, _target, _cells, _text, _trouble, _machine, _shown)
reading_options: Callable[[F], F] = together(read_as, _text)
shown_options: Callable[[F], F] = _shown

_OR_ELSE = f"Default: the one of etl.toml in the current folder, else {DEFAULT_WAREHOUSE}."

warehouse = option(
    WAREHOUSE, "--warehouse", metavar="FILE", type=spellings.FilePath(dir_okay=False, path_type=Path),
    default=default_warehouse, help=f"The warehouse to look into. {_OR_ELSE}")

_planned = option(TROUBLE, "--plan", "planned", is_flag=True, default=False,
                  help="Show what would happen, exactly, and do nothing.")

change_options: Callable[[F], F] = together(
    option(WAREHOUSE, "--warehouse", metavar="FILE", type=spellings.FilePath(dir_okay=False, path_type=Path),
           default=default_warehouse, help=f"The warehouse, made with --warehouse. {_OR_ELSE}"),
    _planned, _machine, _shown)

listing_format = option(
    SHOWN, "--format", "form", type=click.Choice(FORMATS), default=None,
    help="How rows are written to standard output. Default: table.")
prune_options: Callable[[F], F] = together(
    option(WAREHOUSE, "--warehouse", metavar="FILE", type=spellings.FilePath(dir_okay=False, path_type=Path),
           default=default_warehouse, help=f"The warehouse to prune. {_OR_ELSE}"),
    _planned, _machine, listing_format)


def dataset_of(stated: Mapping[str, Any]) -> Dataset:
    """The dataset that the options state; what is left out is None or empty."""
    words = {field.name: stated[field.name] for field in fields(Dataset) if field.name != "whole"}
    for several in ("include", "exclude", "nulls", "columns"):
        words[several] = words[several] or None
    dataset = Dataset(**words)
    columns = [matched(name) for name, _ in dataset.columns or ()]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--column states the type of {twice!r} twice; keep one of them.")
    if stated["warehouse"] is None and dataset.strategy not in (None, "append") and not dataset.key:
        raise UsageError(f"--strategy {dataset.strategy} needs --key: the columns that say which record a row is, "
                         "for example --key id.")
    if dataset.output == "-" and stated["as_json"]:
        raise UsageError("--json and --output - both want standard output; leave one out.")
    return dataset


def settings_of(stated: Mapping[str, Any]) -> Settings:
    """How the run is to behave."""
    words = {field.name: stated[field.name] for field in fields(Settings)}
    return Settings(**{**words, "temp_dir": path_of(stated["temp_dir"])})


def settings_of_change(stated: Mapping[str, Any]) -> Settings:
    """How a change of state is to behave: only the machine has a say."""
    words = {name: stated[name] for name in ("memory_limit", "threads", "lock_timeout")}
    return Settings(**words, temp_dir=path_of(stated["temp_dir"]))


def reading_of(stated: Mapping[str, Any]) -> Reading:
    """How one file is to be read; what is left out keeps its default."""
    words = {field.name: stated[field.name] for field in fields(Reading)}
    return Reading(**{name: value for name, value in words.items() if value is not None})


def warehouse_of(dataset: Dataset, stated: str | None) -> str:
    """The path of the warehouse that a run uses: the stated one, else the one beside the output."""
    if stated is not None:
        return stated
    output = Path(DEFAULT_OUTPUT if dataset.output in (None, "-") else dataset.output)
    name = output.with_suffix("") if output.suffix.lower() in (".gz", ".zst") else output
    return str(name.with_suffix(".duckdb"))


def path_of(text: str | None) -> Path | None:
    """The path, where one is stated."""
    return None if text is None else Path(text)
