"""Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TRUE, FALSE, _BYTE, _I16, I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT, _UUID = range(1, 14)
_INTEGERS = (_I16, I32, _I64)
_LONG_LIST = 15
_LONG_DELTA = 15
_DEEPEST = 64
_LONGEST = 10  # bytes of a varint: 64 bits, seven in each
_LAST_FIELD = 0x7FFF  # field numbers are I16, and those of Parquet are positive


class NotThrift(ValueError):
    """Some bytes are no struct of the protocol, or not the one that is wanted."""


class Ended(NotThrift):
    """The bytes end before the struct does."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("it ends too early")


@dataclass(slots=True)
class Field:
    """A field of a struct: integers stand zigzag encoded, as in the bytes; a list with the kind of its items."""

    number: int
    kind: int
    value: Any


Struct = list[Field]


class Reader:
    """Reads structs out of some bytes; `at` is where it is."""

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self.data = data
        self.at = 0

    def byte(self) -> int:
        """The next byte."""
        if self.at >= len(self.data):
            raise Ended
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """The next number, as it is encoded."""
        found = 0
        for place in range(_LONGEST):
            byte = self.byte()
            found |= (byte & 0x7F) << 7 * place
            if byte < 0x80:  # noqa: PLR2004  # the last one
                return found
        raise NotThrift("it has a number of more than 64 bits")

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.data) - self.at:
            raise Ended
        self.at += count
        return self.data[self.at - count : self.at]

    def struct(self, depth: int = 0) -> Struct:
        """The next struct.

        Raises:
            NotThrift: There is none.
        """
        fields: Struct = []
        number = 0
        while (head := self.byte()) != 0:
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else signed(self.varint())
            if not 0 < number <= _LAST_FIELD:
                raise NotThrift(f"it has a field of number {number}")
            fields.append(Field(number, kind, self.value(kind, depth)))
        return fields

    def value(self, kind: int, depth: int, *, listed: bool = False) -> Any:
        """The value of a field, or of an item of a list."""
        if depth > _DEEPEST:
            raise NotThrift("it is nested too deeply")
        if kind in (TRUE, FALSE):
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
        raise NotThrift(f"it has a field of kind {kind}")


def signed(number: int) -> int:
    """An integer from its zigzag encoding."""
    return (number >> 1) ^ -(number & 1)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # more to come
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def written(fields: Struct) -> bytes:
    """A struct as its bytes."""
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
    if kind in (TRUE, FALSE, _BYTE):
        return bytes([value])
    if kind in _INTEGERS:
        return _varint(value)
    if kind == _BINARY:
        return _varint(len(value)) + bytes(value)
    if kind in (_LIST, _SET):
        of, items = value
        head = bytes([len(items) << 4 | of]) if len(items) < _LONG_LIST else bytes([0xF0 | of]) + _varint(len(items))
        return head + b"".join(_value(of, item) for item in items)
    return written(value) if kind == _STRUCT else bytes(value)


def get(fields: Struct, number: int) -> Any:
    """The value of a field as it stands; None where it is not there."""
    return next((field.value for field in fields if field.number == number), None)


def integer(fields: Struct, number: int) -> int | None:
    """The integer in a field; None where it is not there.

    Raises:
        NotThrift: Something else is there.
    """
    found = get(fields, number)
    if found is None:
        return None
    if not isinstance(found, int):
        raise NotThrift(f"field {number} is no number")
    return signed(found)


def items(fields: Struct, number: int) -> list[Any]:
    """What a list in a field holds; none where it is not there.

    Raises:
        NotThrift: Something else is there.
    """
    found = get(fields, number)
    if found is None:
        return []
    if not isinstance(found, tuple):
        raise NotThrift(f"field {number} is no list")
    return found[1]  # type: ignore[no-any-return]  # as `Reader.value` makes it


def structs(fields: Struct, number: int) -> list[Struct]:
    """The structs of a list in a field; none where it is not there.

    Raises:
        NotThrift: Something else is there.
    """
    found = items(fields, number)
    if not all(isinstance(item, list) for item in found):
        raise NotThrift(f"field {number} is no list of structs")
    return found


def flag(fields: Struct, number: int, *, default: bool) -> bool:
    """The truth value in a field."""
    return next((field.kind == TRUE for field in fields if field.number == number), default)


def struct(fields: Struct, number: int) -> Struct:
    """The struct in a field.

    Raises:
        NotThrift: There is none.
    """
    found = get(fields, number)
    if not isinstance(found, list):
        raise NotThrift(f"it has no field {number}")
    return found
