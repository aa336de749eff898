"""How the cells of a staging table are stored: their types, and what texts are worth to be compressed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from etl.names import Sql
from etl.staging import parquet
from etl.staging.part import Part

_WORTH_A_LOOK = 1 << 20  # bytes of a file; below it there is nothing to gain
_SAMPLE = 1 << 16  # bytes from its beginning
_LONG = 48  # characters a cell: what is shorter costs more time to compress than it saves (notes.md)


def stored_columns(part: Part) -> list[Sql]:
    """The columns of the staging table that a file is the first of, without `_version`."""
    shape = part.incoming.scan.shape
    if shape is not None and shape.types:
        return [Sql(f"c{place} {parquet.stored_type(kind)}") for place, kind in enumerate(shape.types)]
    names = range(len(part.incoming.names))
    if part.incoming.scan.size < _WORTH_A_LOOK:
        return [Sql(f"c{place} VARCHAR") for place in names]
    lengths = _lengths(part)
    ways = ("fsst" if lengths.get(place, 0) > _LONG else "uncompressed" for place in names)
    return [Sql(f"c{place} VARCHAR USING COMPRESSION {way}") for place, way in zip(names, ways, strict=True)]


def _lengths(part: Part) -> dict[int, float]:
    """Characters a cell in the first records, by column; nothing is known of what cannot be read at first sight."""
    with part.location.open("rb") as file:
        text = file.read(_SAMPLE).decode("utf-8", "replace")
    text = text[: text.rfind("\n") + 1]
    totals: dict[int, int] = {}
    count = 0
    try:
        for cells in _of_lines(part, text) if part.way == "lines" else _of_text(part, text):
            count += 1
            for place, cell in enumerate(cells):
                totals[place] = totals.get(place, 0) + len(cell)
    except (csv.Error, ValueError, TypeError, RecursionError):
        return {}
    return {place: total / count for place, total in totals.items()}


def _of_text(part: Part, text: str) -> Iterator[Sequence[str]]:
    dialect = part.dialect
    records = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote or None,
                         quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE)
    for number, record in enumerate(records):
        if number >= part.skip:
            yield record[1:] if part.staged.settled else record


def _of_lines(part: Part, text: str) -> Iterable[Sequence[str]]:
    names = () if part.incoming.scan.shape is None else part.incoming.scan.shape.names
    for line in text.split("\n")[:-1]:
        record = json.loads(line)
        yield [json.dumps(record.get(name, "")) for name in names] if isinstance(record, dict) else []
