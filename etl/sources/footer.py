"""The footer of a Parquet file, rewritten so that DuckDB reads the bytes of columns that it would round or cut.

A footer is one Thrift struct in the compact protocol. It is read into fields, a few of them are changed, and the file
is copied with the footer as it is now: the data pages stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Retag = Literal["bytes", "int96", "zoneless"]

_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(1, 14)
_INTEGERS = (_I16, _I32, _I64)
_FIXED = 7  # FIXED_LEN_BYTE_ARRAY
_INT96_BYTES = 12
_LONG_LIST = 15
_LONG_DELTA = 15
_DEEPEST = 64
_TAIL = 8


class NotAFooter(ValueError):
    """The end of a file is no footer of Parquet."""


@dataclass(slots=True)
class _Field:
    number: int
    kind: int
    value: Any


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise NotAFooter("it ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004  # the last one
                return found
            shift += 7

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise NotAFooter("it ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def struct(self, depth: int = 0) -> list[_Field]:
        if depth > _DEEPEST:
            raise NotAFooter("it is nested too deeply")
        fields: list[_Field] = []
        number = 0
        while (head := self.byte()) != 0:
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else _zigzag(self.varint())
            fields.append(_Field(number, kind, self.value(kind, depth)))
        return fields

    def value(self, kind: int, depth: int, *, listed: bool = False) -> Any:
        if kind in (_TRUE, _FALSE):
            return self.byte() if listed else None
        if kind == _BYTE:
            return self.byte()
        if kind in _INTEGERS:
            return self.varint()
        if kind in (_DOUBLE, _UUID):
            return self.take(8 if kind == _DOUBLE else 16)
        if kind == _BINARY:
            return self.take(self.varint())
        if kind in (_LIST, _SET):
            head = self.byte()
            count = head >> 4 if head >> 4 < _LONG_LIST else self.varint()
            return (head & 15, [self.value(head & 15, depth + 1, listed=True) for _ in range(count)])
        if kind == _STRUCT:
            return self.struct(depth + 1)
        raise NotAFooter(f"it has a field of kind {kind}")


def _zigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # more to come
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _struct(fields: list[_Field]) -> bytes:
    out, last = [], 0
    for field in fields:
        delta = field.number - last
        if 0 < delta <= _LONG_DELTA:
            out.append(bytes([delta << 4 | field.kind]))
        else:
            out.append(bytes([field.kind]) + _varint(field.number << 1))  # it is positive
        last = field.number
        out.append(_value(field.kind, field.value))
    return b"".join(out) + b"\0"


def _value(kind: int, value: Any) -> bytes:
    if value is None:
        return b""
    if kind in (_TRUE, _FALSE, _BYTE):
        return bytes([value])
    if kind in _INTEGERS:
        return _varint(value)
    if kind == _BINARY:
        return _varint(len(value)) + bytes(value)
    if kind in (_LIST, _SET):
        of, items = value
        head = bytes([len(items) << 4 | of]) if len(items) < _LONG_LIST else bytes([0xF0 | of]) + _varint(len(items))
        return head + b"".join(_value(of, item) for item in items)
    return _struct(value) if kind == _STRUCT else bytes(value)


def _get(fields: list[_Field], number: int) -> Any:
    return next((field.value for field in fields if field.number == number), None)


def _without(fields: list[_Field], *numbers: int) -> list[_Field]:
    return [field for field in fields if field.number not in numbers]


def retagged(source: Path, destination: Path, tags: Mapping[str, Retag]) -> None:
    """Copy a Parquet file with columns of its top level read as their bytes, or without their zone.

    Args:
        tags: By name: `bytes` drops what a byte array means, `int96` makes 12 bytes of an INT96, `zoneless`
            says that a timestamp is of no zone.

    Raises:
        NotAFooter: The file's end cannot be understood.
        OSError: The copy cannot be written.
    """
    with source.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        length = int.from_bytes(file.read(4), "little")
        begins = size - _TAIL - length
        if begins < 0:
            raise NotAFooter("its length is past the file's")
        file.seek(begins)
        footer = _Reader(file.read(length)).struct()
        _retag(footer, tags)
        written = _struct(footer)
        with destination.open("wb") as out:
            file.seek(0)
            _copy(file, out, begins)
            out.write(written + len(written).to_bytes(4, "little") + b"PAR1")


def _copy(file: Any, out: Any, count: int) -> None:
    while count > 0:
        piece = file.read(min(count, 1 << 20))
        if not piece:
            raise NotAFooter("the file ends too early")
        out.write(piece)
        count -= len(piece)


def _retag(footer: list[_Field], tags: Mapping[str, Retag]) -> None:
    """Change the elements of the schema, and the columns of every row group to match."""
    changed = _retag_schema(footer, tags)
    for group in (_get(footer, 4) or (0, []))[1]:
        for place, column in enumerate((_get(group, 1) or (0, []))[1]):
            if place not in changed:
                continue
            for field in column:
                if field.number == 3:  # noqa: PLR2004  # ColumnMetaData
                    without_statistics = _without(field.value, 12)  # which are of the old type
                    field.value = _retyped(without_statistics, changed[place])


def _retyped(column: list[_Field], tag: Retag) -> list[_Field]:
    for field in column:
        if field.number == 1 and tag == "int96":
            field.value = _FIXED << 1
    return column


def _retag_schema(footer: list[_Field], tags: Mapping[str, Retag]) -> dict[int, Retag]:
    """Change the elements of the schema; gives the leaves, by their place, whose columns must be told otherwise."""
    elements: list[list[_Field]] = (_get(footer, 2) or (0, []))[1]
    leaf = 0
    wide: dict[int, Retag] = {}
    for place, element in enumerate(elements[1:], 1):
        if _get(element, 5):  # it has children
            continue
        name = bytes(_get(element, 4) or b"").decode("utf-8", "replace")
        tag = tags.get(name)
        if tag == "zoneless":
            _take_zone(element)
        elif tag is not None:
            elements[place] = _bare(element, tag)
            wide[leaf] = tag
        leaf += 1
    return wide


def _take_zone(element: list[_Field]) -> None:
    for field in _get(element, 10) or ():  # LogicalType, a union
        for inner in field.value:
            inner.kind = _FALSE if inner.number == 1 and inner.kind == _TRUE else inner.kind


def _bare(element: list[_Field], tag: Retag) -> list[_Field]:
    """An element of the schema as bytes that mean nothing."""
    bare = _without(element, 6, 7, 8, 10)
    if tag != "int96":
        return bare
    fixed = [*_without(bare, 1, 2), _Field(1, _I32, _FIXED << 1), _Field(2, _I32, _INT96_BYTES << 1)]
    return sorted(fixed, key=lambda field: field.number)
