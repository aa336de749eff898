"""Tables written by hand, and the definitions of the three strategies."""

from __future__ import annotations

from oracle import Definition, Table

UPDATE = Definition("update", ("k",))
DEDUPLICATE = Definition("deduplicate", ("k",))
APPEND = Definition()


def table(header: str, *rows: str) -> Table:
    """A table from lines without quotes, where an empty cell is NULL and `''` the empty string."""

    def cell(text: str) -> str | None:
        return None if not text else "" if text == "''" else text

    return Table(tuple(header.split(",")), tuple(tuple(cell(text) for text in row.split(",")) for row in rows))
