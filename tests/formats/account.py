"""What a column of told cells must become: its type and its values, by the design's table alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oracle.kinds import VARCHAR, Type, column_type, value


@dataclass(frozen=True)
class Number:
    """A number as a file spells it."""

    text: str


@dataclass(frozen=True)
class Nested:
    """An object or array, as its text without white space."""

    text: str


Cell = str | bool | Number | Nested | None


def text_of(cell: Cell) -> str | None:
    """What a cell says as text."""
    if isinstance(cell, Number | Nested):
        return cell.text
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell


def json_of(cell: Cell) -> str:
    """A cell as JSON."""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, str) else text_of(cell) or "null"


def type_of(cells: Sequence[Cell]) -> Type:
    """The type of a column."""
    there = [cell for cell in cells if cell is not None]
    if there and all(isinstance(cell, Nested) for cell in there):
        return Type("JSON")
    if any(isinstance(cell, str | Nested) for cell in there):
        return VARCHAR
    return column_type([text_of(cell) for cell in there])


def exported(cell: Cell, of: Type) -> Any:
    """What an export says of a cell: numbers as their value, nested ones as `exact` reads them."""
    text = text_of(cell)
    if text is None:
        return None
    if of.word == "JSON":
        return exact(text)
    found = value(text, of)
    return found if of.word in ("BIGINT", "HUGEINT", "DOUBLE", "DECIMAL", "BOOLEAN", "VARCHAR") else str(text)


def exact(text: str) -> Any:
    """JSON with its numbers as they are spelt and its objects as pairs."""
    return json.loads(text, parse_float=Number, parse_int=Number, object_pairs_hook=list)


def same(found: Any, wanted: Any) -> bool:
    """Whether an exported value, read exactly, is the wanted one."""
    if isinstance(found, Number) and isinstance(wanted, int | Decimal):
        return Decimal(found.text) == wanted
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, tuple) and isinstance(wanted, tuple):
        return found[0] == wanted[0] and same(found[1], wanted[1])
    if isinstance(found, Number) and isinstance(wanted, Number):
        return Decimal(found.text) == Decimal(wanted.text)
    return type(found) is type(wanted) and bool(found == wanted)
