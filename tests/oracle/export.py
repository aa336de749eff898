"""An exported JSON: its values with exact numbers, and how it differs from a target."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

from oracle.kinds import Type, Value
from oracle.target import Target

Exported = list[list[tuple[str, object]]]


def parse(content: bytes) -> Exported:
    """The objects of an exported array, each as its pairs in the order of the text, numbers exact."""
    parsed = json.loads(
        content.decode("utf-8"),
        parse_float=Decimal,
        parse_int=int,
        parse_constant=_not_json,
        object_pairs_hook=list,
    )
    assert isinstance(parsed, list)
    return parsed


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def differences(target: Target, content: bytes) -> list[str]:
    """How an export differs from what the target's would be: rows, order of rows and columns, values."""
    exported = parse(content)
    found = []
    if len(exported) != len(target.rows):
        found.append(f"{len(exported)} objects for {len(target.rows)} rows")
    if content.count(b"\n") < len(exported):
        found.append("more objects than lines")
    for number, (pairs, row) in enumerate(zip(exported, target.rows, strict=False)):
        if [name for name, _ in pairs] != list(target.shown.values()):
            found.append(f"object {number}: columns {[name for name, _ in pairs]} for {list(target.shown.values())}")
            continue
        for (name, read), column in zip(pairs, target.shown, strict=True):
            value = target.value(row, column)
            if not says(read, value, target.types[column]):
                found.append(f"object {number} ({row.path}, row {row.number}): {name} is {read!r} for {value!r}")
    return found


def says(read: object, value: Value, of: Type) -> bool:
    """Whether a value of the JSON is a target's value of this type."""
    if value is None:
        return read is None
    if of.word in ("BIGINT", "HUGEINT"):
        return type(read) is int and read == value
    if of.word in ("DOUBLE", "DECIMAL"):
        if not isinstance(read, int | Decimal) or isinstance(read, bool):
            return False
        return read == value and not Decimal(read).is_signed() ^ Decimal(str(value)).is_signed()
    if of.word == "BOOLEAN":
        return read is value
    return read == spelled(value)


def spelled(value: Value) -> str:
    """A date, a timestamp or a text as the JSON says it."""
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ")
        return text.rstrip("0") if value.microsecond else text
    return value.isoformat() if isinstance(value, date) else str(value)
