"""Everything that can go wrong, as sentences for the person who meets it.

The whole tree::

    EtlError
      UsageError              2  the command line or the configuration is wrong
        WarehouseKind         2  a fresh warehouse used as an accumulating one, or the reverse
        ExtraMissing          2  an optional part is asked for that is not installed
      LoadFailed              1  problems in the files; the target is as it was
      SourceMissing           1  no folder, or no file found
      BooksDoNotBalance       1  a record is not accounted for; the load rolled back
      WarehouseError          1  the warehouse cannot be used
        WarehouseLocked       1  another process holds it
        WarehouseNewer        1  a newer version of etl made it
        WarehouseEmpty        1  a database without tables of etl
      PlanStale               1  what a saved plan was made from has changed; nothing was done
      StorageError            1  a folder or a disk does not take what is written to it
      QueryRefused            1  `etl sql` was given something that is not one SELECT
      ExportPending           3  loaded, but the output could not be put in place

The number is the exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from etl.result import Load


OR_REJECT = ", or load with --on-error reject_row to leave such records out"  # behind advice; no news where it was done


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell, record or file that made a reject, failed a load or deserves a warning.

    Args:
        code: A stable word, for example `null_key` or `missing_columns`.
        message: The reason, as a sentence without the place.
        path: The file, relative to the source root; None when it is of no one file.
        line: Physical line in the decoded text, from 1.
        row: The record's place among the records of its file, from 1.
        column: The column's name.
        text: The cell as the file says it.
        record: The whole record as the file says it.
        byte_offset: Where the record begins in the decompressed bytes, from 0.
        advice: What to do.
        whole_file: The file as a whole cannot be loaded, whatever `--on-error` says of records.
    """

    code: str
    message: str
    path: str | None = None
    line: int | None = None
    row: int | None = None
    column: str | None = None
    text: str | None = None
    record: str | None = None
    byte_offset: int | None = None
    advice: str | None = None
    whole_file: bool = False

    def __str__(self) -> str:
        """`file:line: column = 'text': reason; what to do`."""
        place = self.path or ""
        if self.line is not None:
            place += f":{self.line}"
        elif self.row is not None:
            place += f" (row {self.row})"
        parts = [place] if place else []
        if self.column is not None and self.text is not None:
            parts.append(f"{self.column} = {shorten(self.text)}")
        elif self.column is not None:
            parts.append(f"column {self.column}")
        parts.append(self.message)
        sentence = ": ".join(parts)
        return f"{sentence}. {self.advice}" if self.advice else sentence


def shorten(text: str, limit: int = 80) -> str:
    """A cell's text as it can be shown in one line, quoted, at most `limit` characters of it."""
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut) + "'"


def fault(error: BaseException) -> str:
    """What is said of an error that nobody foresaw."""
    return (f"There was an error inside etl ({type(error).__name__}: {shorten(str(error), 300)[1:-1]}); please report "
            "it.")


class EtlError(Exception):
    """The root of every error that this package raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(EtlError):
    """The command line, an option or the configuration is wrong."""

    exit_code = 2


class WarehouseKind(UsageError):
    """A fresh warehouse was used as an accumulating one, or the reverse."""


class ExtraMissing(UsageError):
    """What is asked for needs an optional part that is not installed."""


class LoadFailed(EtlError):
    """Files have problems that the policy does not let pass; the target is as it was.

    Args:
        message: One sentence.
        problems: All problems of all files, in order of path and line.
    """

    def __init__(self, message: str, problems: tuple[Problem, ...] = (), load_id: int | None = None) -> None:
        """Keep the problems beside the sentence."""
        super().__init__(message)
        self.problems = problems
        self.load_id = load_id


class SourceMissing(EtlError):
    """The source folder is not there, or no file was found."""


class BooksDoNotBalance(EtlError):
    """A record is not accounted for; the load rolled back."""


class WarehouseError(EtlError):
    """The warehouse cannot be used."""


class WarehouseLocked(WarehouseError):
    """Another process holds the warehouse."""


class WarehouseNewer(WarehouseError):
    """The warehouse was made by a newer version."""


class WarehouseEmpty(WarehouseError):
    """The database holds no tables of etl."""


class PlanStale(EtlError):
    """What a saved plan was made from has changed since."""


class StorageError(EtlError):
    """A folder or a disk does not take what is written to it."""


class QueryRefused(EtlError):
    """The query is not one SELECT, or it asks for what is closed."""


class ExportPending(EtlError):
    """The load is committed; the output could not be put in place, and the next run will."""

    exit_code = 3

    def __init__(self, message: str, load: Load | None = None) -> None:
        """Keep the load beside the sentence: it has books to show."""
        super().__init__(message)
        self.load = load


def count(number: int, thing: str) -> str:
    """`1 file`, `9,980 files`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
