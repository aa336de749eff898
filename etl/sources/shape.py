"""The columns of a file that is no CSV text, and what it takes to read its records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from etl.errors import Problem
from etl.sources.unpack import whole_file

TWO_ZEROS = {kind: f"STRUCT(number {kind}, minus BOOLEAN)" for kind in ("DOUBLE", "FLOAT")}  # where both are staged
MOST_COLUMNS = 10_000  # more than that, and DuckDB needs gigabytes for a few rows


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of the records of a file before they are staged.

    Args:
        names: The columns as the file spells them, in order of first appearance.
        records: How many records there are, counted apart from the reading of their cells; None: the lines tell.
        types: Of Parquet, per column what DuckDB reads it as; empty for other formats.
        location: Where the lines of JSON stand; None: in the file itself.
        header_lines: Of a sheet, the rows down to the header, with it.
        sheet: Of a workbook, the sheet that is read.
        long_numbers: Of lines of JSON, whether there are numbers that DuckDB would write otherwise.
        nulls: Of Parquet, the elements of the type of NULL alone: DuckDB describes them as INTEGER, and cannot read an
            INTEGER of the next file as one of them.
    """

    names: tuple[str, ...]
    records: int | None = None
    types: tuple[str, ...] = ()
    location: Path | None = None
    header_lines: int = 0
    sheet: str | None = None
    long_numbers: bool = False
    nulls: tuple[int, ...] = ()


def too_many_columns(path: str, found: int) -> Problem:
    """A table wider than one can be."""
    return whole_file("too_many_columns", path, f"it has {found:,} columns, and a table can have {MOST_COLUMNS:,}",
                      "Take away what stands far off to the right, or turn columns into rows")
