"""Texts of files as a page can show them, numbers as a person reads them, and what the ledger's words mean."""

from __future__ import annotations

from dataclasses import fields

from etl.config import Definition
from etl.result import TargetColumn

LONGEST = 300  # characters of a cell or record

SEVERITIES = {
    "problem": ("Why the load failed", "The table is as it was before."),
    "reject": ("Rejected records", "They are not in the table; everything else of their files is."),
    "skipped": ("Files left out", "Of a file that was loaded before, the earlier version stays in the table."),
    "warning": ("Warnings", "The load went through. These deserve a look."),
}

FITS = {
    "BIGINT": "every cell is an integer",
    "HUGEINT": "every cell is an integer, some past 64 bits",
    "DOUBLE": "every cell is a number of at most 15 digits",
    "BOOLEAN": "every cell is true or false",
    "DATE": "every cell is a date",
    "TIMESTAMP": "every cell is a date with a time",
    "JSON": "it has nested values",
    "VARCHAR": "it has texts, or no value at all",
}


def shown(text: object) -> str:
    """A text in one line: characters that a screen obeys or hides are spelt out, and it ends after `LONGEST`."""
    whole = str(text)
    cut = whole if len(whole) <= LONGEST else whole[:LONGEST] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def elided(text: str, room: int) -> str:
    """A name with its middle left out where it is too long: its end tells files of one folder apart."""
    if len(text) <= room:
        return text
    head = room // 3
    return text[:head] + "…" + text[len(text) - (room - head - 1):]


def amount(value: float) -> str:
    """A number for an axis: `950`, `12.5k`, `3M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g}{unit}"
    return f"{value:,.0f}"


def size(count: int) -> str:
    """A number of bytes: `812 B`, `1.4 MB`."""
    for number, unit in ((10 ** 9, "GB"), (10 ** 6, "MB"), (10 ** 3, "kB")):
        if count >= number:
            return f"{count / number:.3g} {unit}" if count < 1000 * number else f"{count / number:,.0f} {unit}"
    return f"{count} B"


def counted(number: int, thing: str) -> str:
    """`1 file`, `9,980 files`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def why(column: TargetColumn, definition: Definition) -> str:
    """Why a column has its type."""
    if column.name in dict(definition.columns):
        return "declared"
    if column.name in dict(definition.frozen):
        return f"held by the contract {definition.contract}"
    if column.reason:
        return column.reason
    kind = column.type.split("(")[0]
    if kind == "DECIMAL":
        return "every cell is a number, some past 15 digits: kept exactly"
    return FITS.get(kind, "as the files have it")


def changes(before: Definition, after: Definition) -> list[str]:
    """What a load changed of the definition, one text a word of it."""
    return [f"{field.name}: {_said(getattr(before, field.name))} → {_said(getattr(after, field.name))}"
            for field in fields(Definition) if getattr(before, field.name) != getattr(after, field.name)]


def _said(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(" ".join(part) if isinstance(part, tuple) else str(part) for part in value)
    return str(value)
