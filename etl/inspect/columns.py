"""The columns of one staged file: how many cells of which kind each has, and the type that a load would give it."""

from __future__ import annotations

from dataclasses import dataclass, field

from etl.config import Definition, Reading
from etl.errors import shorten
from etl.names import Sql, listed
from etl.sql_files import fill
from etl.staging.lines import physical_lines
from etl.staging.part import Staged
from etl.structure import cells, kinds
from etl.structure.kinds import CHANGED, Summary, summary_of
from etl.structure.places import TEXT, TOLD, places_of
from etl.warehouse import Warehouse, staging

WORDS = ((kinds.INTEGER, "integer"), (kinds.FRACTION | kinds.DECIMAL | kinds.FLOATS, "fraction"),
         (kinds.BOOLEAN, "boolean"), (kinds.DATE, "date"),
         (kinds.TIMESTAMP | kinds.NANOSECONDS | kinds.INSTANT, "timestamp"), (kinds.TEXT, "text"),
         (kinds.STRING, "string"), (kinds.NESTED, "nested value"),
         (kinds.TIME | kinds.TIME_ZONED | kinds.TIME_NANOSECONDS, "time"), (kinds.UUID, "UUID"),
         (kinds.BLOB, "binary value"), (kinds.INTERVAL, "interval"), (0, "NULL"))
EVERY = ~kinds.MARKS


@dataclass(frozen=True, slots=True)
class InspectedColumn:
    """One column of a file.

    Args:
        said: Its cells by kind, as `3 integers, 1 NULL`.
        reason: Why it is text, where it is.
        changed: A cell may differ from its raw text.
    """

    name: str
    type: str
    said: str
    reason: str | None
    changed: bool


@dataclass(slots=True)
class _Counted:
    """What there is in one column; `text` is the row and the text of its first text cell."""

    summary: Summary = field(default_factory=Summary)
    counts: dict[str, int] = field(default_factory=dict)
    text: tuple[int, str] | None = None

    def take(self, kind: int, count: int, first_row: int, first_text: str | None) -> None:
        """Add the cells of one kind."""
        self.summary |= Summary(kind)
        word = next(word for bits, word in WORDS if (kind & EVERY) & bits or not bits)
        self.counts[word] = self.counts.get(word, 0) + count
        if first_text is not None and (self.text is None or first_row < self.text[0]):
            self.text = first_row, first_text

    def said(self) -> str:
        """Its cells in words."""
        found = ((word, self.counts[word]) for _, word in WORDS if word in self.counts)
        return ", ".join(f"{count:,} {word}{'' if count == 1 or word in ('text', 'NULL') else 's'}"
                         for word, count in found)


def inspected_columns(
    warehouse: Warehouse, staged: Staged, blank: int, continuation: int, reading: Reading
) -> tuple[InspectedColumn, ...]:
    """Count the cells of a staged file by column and kind, under the definition that states nothing.

    Args:
        blank, continuation: Lines of the file, as `count_lines` gave them.
    """
    counted = _counted(warehouse, staged)
    rows = sorted({column.text[0] for column in counted if column.text is not None})
    lines = physical_lines(staged, continuation, blank, rows, reading) if rows else {}
    path = staged.scan.file.path
    columns = []
    for name, column in zip(staged.names, counted, strict=True):
        why = column.summary.mixture()
        if column.text is not None:
            row, text = column.text
            place = f"{path}:{lines[row]}" if row in lines else f"{path} (row {row})"
            why = f"{place} = {shorten(text)}"
        columns.append(InspectedColumn(
            name.name, column.summary.type(), column.said() or "none", why, column.summary.changed))
    return tuple(columns)


def _counted(warehouse: Warehouse, staged: Staged) -> list[_Counted]:
    counted = [_Counted() for _ in staged.names]
    if not staged.staged:
        return counted
    table = staging(staged.table)
    places = list(places_of(warehouse, staged.table, [name.name for name in staged.names]).values())
    says = [cells.cell(place, Definition()) for place in places]
    found = warehouse.sql(fill(
        "cells", staging=table, places=listed(Sql(str(place.number)) for place in places),
        kinds=listed(cells.kind(place, cells.raw(place), says[place.number]) for place in places), cells=listed(says),
    ))
    for place, *of_kind in found:
        counted[place].take(*of_kind)
    for column, place in zip(counted, places, strict=True):
        if place.form not in (TEXT, TOLD):
            column.summary |= summary_of(place.form) if column.summary.kinds & ~CHANGED else Summary()
        elif column.summary.needs_digits:
            digits = warehouse.sql(fill("most_digits", staging=table, cell=says[place.number]))[0]
            column.summary |= Summary(0, *digits)
    return counted
