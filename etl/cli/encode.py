"""Values as text: JSON with exact numbers, and the cells of tables and CSV."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

# Legal in JSON, but a terminal obeys the first range, UTF-8 cannot say the second, and the rest reorder or break lines.
_UNSAFE = re.compile("[\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")


def json_of(value: object) -> str:
    """A value as JSON in one line.

    Numbers are exact (a Decimal keeps its digits), NaN and infinities are null, and what JSON has no word for
    (dates, times, UUIDs) is a string.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float | Decimal):
        return text_of(value) if isinstance(value, int) or math.isfinite(value) else "null"
    if isinstance(value, dict):
        return json_object((str(name), item) for name, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(map(json_of, value)) + "]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return json_object((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    return _json_string(text_of(value))


def json_object(members: Iterable[tuple[str, object]]) -> str:
    """Names and values as one JSON object, in their order."""
    return "{" + ", ".join(f"{_json_string(name)}: {json_of(value)}" for name, value in members) + "}"


def _json_string(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def text_of(value: object, null: str = "") -> str:
    """A value as DuckDB would print it, in full; `null` is what stands for NULL."""
    match value:
        case None:
            text = null
        case str():
            text = value
        case bool():
            text = "true" if value else "false"
        case Decimal():
            text = format(value, "f")
        case datetime():
            text = _timestamp(value)
        case bytes() | bytearray() | memoryview():
            text = bytes(value).hex()
        case dict() | list() | tuple() | set() | frozenset():
            text = json_of(value)
        case _:
            text = str(value)
    return text


def _timestamp(value: datetime) -> str:
    """`2024-01-31 10:00:00.5+02:00`: no digits of a second that are not there."""
    whole = value.replace(microsecond=0, tzinfo=None).isoformat(sep=" ")
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    offset = value.isoformat()[len(value.replace(tzinfo=None).isoformat()):]
    return whole + fraction + offset
