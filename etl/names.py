"""Names: how columns match, and how any name enters SQL.

Names come from files and are untrusted. The only way from a name into a
statement is `identifier`; the only way from a text is `literal` (for the rare
place that takes no bound value, such as an option of a table function).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

WHITE_SPACE = " \t\r\n\v\f\u00a0"
RESERVED = ("_version", "_row")


class Sql(str):
    """A piece of SQL that is safe to put into a statement: made by this module's functions or by a file in `sql/`."""

    __slots__ = ()


def identifier(*parts: str) -> Sql:
    """Quote a name, or the parts of a qualified one, as SQL identifiers."""
    return Sql(".".join('"' + part.replace('"', '""') + '"' for part in parts))


def identifiers(names: Iterable[str], prefix: str | None = None) -> Sql:
    """Quote names as a list, each behind the alias `prefix` where one is given."""
    return listed(identifier(name) if prefix is None else identifier(prefix, name) for name in names)


def literal(text: str) -> Sql:
    """Quote a text as an SQL string."""
    return Sql("'" + text.replace("'", "''") + "'")


def glob(location: Path) -> str:
    """A path as DuckDB's glob that matches it alone."""
    return "".join(f"[{c}]" if c in "[*?" else c for c in str(location))


def listed(parts: Iterable[Sql], separator: str = ", ") -> Sql:
    """Join pieces of SQL."""
    return Sql(separator.join(parts))


def matched(raw: str) -> str:
    """The name under which columns of different files are one column: trimmed, NFC, lower case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", raw.strip(WHITE_SPACE)).lower())


@dataclass(frozen=True, slots=True)
class HeaderName:
    """A column of one file.

    Args:
        name: What it matches by; unique within the file.
        spelling: The same as the file spells it, trimmed, for `--names keep`.
        origin: `stated`, `doubled` (a second column of one name), `empty`, `reserved`, or `numbered` (no header).
        said: What the header's cell would match by, were it free.
    """

    name: str
    spelling: str
    origin: str
    said: str = ""


def header_names(cells: Sequence[str]) -> tuple[HeaderName, ...]:
    """The columns of a header: second ones become `name_2`, empty ones `column_3`, free of clashes."""
    spellings = [unicodedata.normalize("NFC", cell.strip(WHITE_SPACE)) for cell in cells]
    taken = {matched(cell) for cell in cells} | set(RESERVED)
    seen: set[str] = set()
    columns = []
    for place, (cell, spelling) in enumerate(zip(cells, spellings, strict=True), start=1):
        name = matched(cell)
        if name and name not in seen and name not in RESERVED:
            seen.add(name)
            columns.append(HeaderName(name, spelling, "stated", name))
            continue
        origin = "empty" if not name else "reserved" if name in RESERVED and name not in seen else "doubled"
        seen.add(name)
        suffix = _free_suffix(name, taken) if name else ""
        fresh = name + suffix if name else _free(f"column_{place}", taken)
        taken.add(fresh)
        columns.append(HeaderName(fresh, spelling + suffix if name else fresh, origin, name))
    return tuple(columns)


def numbered_names(width: int) -> tuple[HeaderName, ...]:
    """The columns of a file without a header: `column_1` and so on."""
    return tuple(HeaderName(f"column_{i}", f"column_{i}", "numbered", "") for i in range(1, width + 1))


def _free_suffix(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"_{number}"


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else name + _free_suffix(name, taken)


def table_name(folder: str) -> str:
    """A target's name from its root folder, by the rule for column names; `data` where nothing is left."""
    return matched(folder) or "data"
