"""What a target must be, in plain Python, written from the design and from nothing else.

It imports neither duckdb nor etl and is made to be read, not to be fast.

    names    header -> names of columns
    kinds    text of a cell -> kind, type of a column, value under a type
    table    a table in memory -> bytes of a CSV file, and its lines
    target   loaded files and a definition -> the target
    books    a state, a folder and a definition -> the next state, verdicts and books
    export   the bytes of an exported JSON -> values, and how they differ from the target
"""

from __future__ import annotations

from oracle.books import Books, FileCounts, Kind, Outcome, State, Step, TargetCounts, advance, walk
from oracle.kinds import Type, Value
from oracle.table import Cell, Style, Table
from oracle.target import Definition, Row, Target, derive

__all__ = [
    "Books",
    "Cell",
    "Definition",
    "FileCounts",
    "Kind",
    "Outcome",
    "Row",
    "State",
    "Step",
    "Style",
    "Table",
    "Target",
    "TargetCounts",
    "Type",
    "Value",
    "advance",
    "derive",
    "walk",
]
