"""Records of a line each, judged many at a time where every quote stands at the end of its cell."""

from __future__ import annotations

from itertools import repeat
from operator import itemgetter

from etl.sources.grammar import Dialect

_FIRST, _LAST = itemgetter(0), itemgetter(-1)


def odd_lines(text: str, dialect: Dialect, width: int) -> dict[int, int] | None:
    """Which lines of a text are not records of `width` cells, counted from 0, and how many cells they have.

    The text is parted at its quotes: every second part stands outside them, if the first quote of each cell begins it
    and the last one ends it. That holds where each part outside begins and ends with a delimiter or a line end, or is
    empty: two quotes that stand side by side are one inside a cell. It is asked of each part, so that no two faults can
    hide each other.

    Args:
        text: Whole lines that begin outside quotes; LF or CRLF ends one.
        dialect: One whose quote is its own escape and whose delimiter is one character.
        width: More than 0.

    Returns:
        None where that cannot be told: a quote stands elsewhere, a cell has lines, or a CR stands alone.
    """
    if not text.endswith("\n"):
        return None
    text = text.replace("\r\n", "\n") if "\r" in text else text
    if "\r" in text:
        return None
    outside = _outside(text, dialect) if dialect.quote in text else text
    if outside is None:
        return None
    found = outside.split("\n")
    found.pop()
    due = width - 1
    return {line: delimiters + 1 for line, delimiters in enumerate(map(str.count, found, repeat(dialect.delimiter)))
            if delimiters != due}


def _outside(text: str, dialect: Dialect) -> str | None:
    """What stands outside the quotes of a text; None where a quote stands elsewhere than at an end of its cell."""
    parts = text.split(dialect.quote)
    edges = {dialect.delimiter, "\n"}
    before, behind = filter(None, parts[:-1:2]), filter(None, parts[2::2])
    if len(parts) % 2 == 0 or not edges.issuperset(map(_LAST, before)) or not edges.issuperset(map(_FIRST, behind)):
        return None
    outside = "".join(parts[::2])
    return outside if outside.count("\n") == text.count("\n") else None
