"""Listings for people and programs: a table on a terminal, CSV, JSON or Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Literal

from etl.cli.encode import json_object, text_of
from etl.cli.printable import cells, fold, pad, printable
from etl.result import Listing

Format = Literal["table", "csv", "json", "markdown"]
FORMATS: tuple[Format, ...] = ("table", "csv", "json", "markdown")

GAP = "  "
NARROWEST_COLUMN = 10
NARROW_COLUMN = 24  # where a text is folded into more than MOST_LINES of these, a row is easier to read as lines
MOST_LINES = 4


def rendered(listings: Sequence[Listing], form: Format, width: int, null: str = "") -> Iterator[str]:
    """The lines of one or more listings.

    Notes stand below a table; in the other formats they are for standard error, and not among these lines.

    Args:
        listings: At least one.
        form: How they are written.
        width: Cells that a line of a table may take; longer texts are folded, never cut.
        null: What stands for NULL in a table.
    """
    if form == "json":
        yield from _json(listings)
        return
    for number, listing in enumerate(listings):
        if number:
            yield ""
        if form == "csv":
            yield from csv_lines(listing)
        elif form == "markdown":
            yield from _markdown(listing)
        else:
            yield from _table(listing, width, null)


def _json(listings: Sequence[Listing]) -> Iterator[str]:
    """One listing is an array of objects, one a line; several are one object with an array for each title."""
    if len(listings) == 1:
        yield from json_lines(listings[0])
        return
    yield json_object((listing.title, [dict(zip(_distinct(listing.headings), row, strict=True))
                                       for row in listing.rows]) for listing in listings)


def json_lines(listing: Listing) -> Iterator[str]:
    """An array of objects, one a line."""
    names = _distinct(listing.headings)
    last = len(listing.rows) - 1
    if last < 0:
        yield "[]"
    for number, row in enumerate(listing.rows):
        start, end = "[" if number == 0 else " ", "]" if number == last else ","
        yield start + json_object(zip(names, row, strict=True)) + end


def csv_lines(listing: Listing) -> Iterator[str]:
    """CSV that keeps NULL (an unquoted empty cell) apart from the empty text (`""`)."""
    yield ",".join(map(_csv_cell, listing.headings))
    for row in listing.rows:
        yield ",".join(map(_csv_cell, row))


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    text = text_of(value)
    if text == "" or text != text.strip() or any(c in text for c in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _markdown(listing: Listing) -> Iterator[str]:
    if listing.title:
        yield f"**{_markdown_cell(listing.title)}**"
        yield ""
    yield "| " + " | ".join(map(_markdown_cell, listing.headings)) + " |"
    yield "|" + "|".join(" ---: " if right else " --- " for right in _numeric(listing)) + "|"
    for row in listing.rows:
        yield "| " + " | ".join(map(_markdown_cell, row)) + " |"


def _markdown_cell(value: object) -> str:
    return html.escape(printable(text_of(value)), quote=False).replace("\\", "\\\\").replace("|", "\\|")


def _table(listing: Listing, width: int, null: str) -> Iterator[str]:
    if listing.title:
        yield printable(listing.title)
    headings = [printable(heading) for heading in listing.headings]
    rows = [[printable(text_of(value, null)) for value in row] for row in listing.rows]
    if headings and (rows or not listing.notes):
        yield from lay_out(headings, rows, _numeric(listing), width)
    yield from map(printable, listing.notes)


def lay_out(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> Iterator[str]:
    """Columns under their headings; where they cannot stand side by side, each row as `heading: value` lines.

    rich lays out tables too, in 1.5 ms a row where this takes microseconds, and queries return many rows.

    Args:
        headings: One a column.
        rows: Texts that are safe to show.
        right: By column, whether it stands at the right and is never folded.
        width: Cells that a line may take.
    """
    natural = [max(map(cells, column)) for column in zip(headings, *rows, strict=True)]
    widths = _fitted(natural, right, width - len(GAP) * (len(headings) - 1))
    if widths is None:
        yield from _records(headings, rows, width)
        return
    for row in (headings, ["-" * taken for taken in widths], *rows):
        folded = [fold(text, room) for text, room in zip(row, widths, strict=True)]
        for line in range(max(map(len, folded))):
            pieces = (pad(pieces[line] if line < len(pieces) else "", room, right=at_right)
                      for pieces, room, at_right in zip(folded, widths, right, strict=True))
            yield GAP.join(pieces).rstrip()


def _fitted(natural: Sequence[int], fixed: Sequence[bool], room: int) -> list[int] | None:
    """Widths that fit into the room: the widest texts give way first; None where they would become unreadable."""
    if sum(natural) <= room:
        return [max(taken, 1) for taken in natural]
    texts = sorted(taken for taken, stays in zip(natural, fixed, strict=True) if not stays)
    left = room - sum(taken for taken, stays in zip(natural, fixed, strict=True) if stays)
    for place, taken in enumerate(texts):
        share = left // (len(texts) - place)
        if taken > share:
            if share < NARROWEST_COLUMN or (share < NARROW_COLUMN and texts[-1] > MOST_LINES * share):
                return None
            return [max(have, 1) if stays else max(min(have, share), 1)
                    for have, stays in zip(natural, fixed, strict=True)]
        left -= taken
    return None


def _records(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    label = min(max(map(cells, headings)), width // 3)
    for number, row in enumerate(rows, start=1):
        yield f"-- row {number:,}"
        for heading, value in zip(headings, row, strict=True):
            names, values = fold(heading, label), fold(value, width - label - len(GAP))
            for line in range(max(len(names), len(values))):
                name = names[line] if line < len(names) else ""
                piece = values[line] if line < len(values) else ""
                yield f"{pad(name, label)}{GAP}{piece}".rstrip()


def _numeric(listing: Listing) -> list[bool]:
    """By column, whether it holds numbers alone."""
    kinds = (int, float, Decimal)
    return [all(row[place] is None or (isinstance(row[place], kinds) and not isinstance(row[place], bool))
                for row in listing.rows) and any(row[place] is not None for row in listing.rows)
            for place in range(len(listing.headings))]


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with `_2` and so on after one that stood before, as an object needs them."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        place, free = 1, name
        while free in taken or (place > 1 and free in names):
            place += 1
            free = f"{name}_{place}"
        taken.add(free)
        distinct.append(free)
    return distinct
