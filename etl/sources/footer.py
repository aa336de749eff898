"""The footer of a Parquet file, rewritten so that DuckDB reads the bytes of columns that it would round or cut.

A footer is one struct of Thrift. It is read into fields, a few of them are changed, and the file is copied with the
footer as it is now: the data pages stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from etl.sources.thrift import (
    FALSE,
    I32,
    TRUE,
    Field,
    NotThrift,
    Reader,
    Struct,
    get,
    integer,
    struct,
    structs,
    written,
)

Retag = Literal["bytes", "int96", "zoneless"]

_FIXED = 7  # FIXED_LEN_BYTE_ARRAY
_INT96_BYTES = 12
_TAIL = 8
_ENCRYPTION = 8  # the field encryption_algorithm of FileMetaData, in parquet.thrift


def footer_of(file: BinaryIO) -> tuple[Struct, int]:
    """The footer of a Parquet file, and where it begins.

    Raises:
        NotThrift: The file's end cannot be understood.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    length = int.from_bytes(file.read(4), "little")
    begins = size - _TAIL - length
    if begins < 0:
        raise NotThrift("its length is past the file's")
    file.seek(begins)
    return Reader(file.read(length)).struct(), begins


def is_encrypted(path: Path) -> bool:
    """Whether a footer that stands open says that columns are encrypted.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        try:
            return get(footer_of(file)[0], _ENCRYPTION) is not None
        except NotThrift:
            return False


def retagged(source: Path, destination: Path, tags: Mapping[str, Retag]) -> None:
    """Copy a Parquet file with columns of its top level read as their bytes, or without their zone.

    Args:
        tags: By name: `bytes` drops what a byte array means, `int96` makes 12 bytes of an INT96, `zoneless`
            says that a timestamp is of no zone.

    Raises:
        NotThrift: The file's end cannot be understood.
        OSError: The copy cannot be written.
    """
    with source.open("rb") as file:
        footer, begins = footer_of(file)
        _retag(footer, tags)
        renewed = written(footer)
        with destination.open("wb") as out:
            file.seek(0)
            _copy(file, out, begins)
            out.write(renewed + len(renewed).to_bytes(4, "little") + b"PAR1")


def _copy(file: BinaryIO, out: BinaryIO, count: int) -> None:
    while count > 0:
        piece = file.read(min(count, 1 << 20))
        if not piece:
            raise NotThrift("the file ends too early")
        out.write(piece)
        count -= len(piece)


def _retag(footer: Struct, tags: Mapping[str, Retag]) -> None:
    """Change the elements of the schema, and the columns of every row group to match."""
    changed = _retag_schema(footer, tags)
    for group in structs(footer, 4):
        for place, column in enumerate(structs(group, 1)):
            if place not in changed:
                continue
            for field in column:
                if field.number == 3 and isinstance(field.value, list):  # noqa: PLR2004  # ColumnMetaData
                    without_statistics = _without(field.value, 12)  # which are of the old type
                    field.value = _retyped(without_statistics, changed[place])


def _retyped(column: Struct, tag: Retag) -> Struct:
    for field in column:
        if field.number == 1 and tag == "int96":
            field.value = _FIXED << 1
    return column


def _retag_schema(footer: Struct, tags: Mapping[str, Retag]) -> dict[int, Retag]:
    """Change the elements of the schema; gives the leaves, by their place, whose columns must be told otherwise."""
    elements = structs(footer, 2)
    leaf = 0
    wide: dict[int, Retag] = {}
    inside: list[int] = []  # how many children of each group above are to come
    for place, element in enumerate(elements[1:], 1):
        top = not inside
        if children := integer(element, 5) or 0:
            inside.append(children)
            continue
        while inside:
            inside[-1] -= 1
            if inside[-1]:
                break
            inside.pop()
        name = get(element, 4)
        tag = tags.get(name.decode("utf-8", "replace")) if top and isinstance(name, bytes) else None
        if tag == "zoneless":
            _take_zone(element)
        elif tag is not None:
            elements[place] = _bare(element, tag)
            wide[leaf] = tag
        leaf += 1
    return wide


def _take_zone(element: Struct) -> None:
    for field in struct(element, 10):  # LogicalType, a union
        for inner in field.value if isinstance(field.value, list) else ():
            inner.kind = FALSE if inner.number == 1 and inner.kind == TRUE else inner.kind


def _bare(element: Struct, tag: Retag) -> Struct:
    """An element of the schema as bytes that mean nothing."""
    bare = _without(element, 6, 7, 8, 10)
    if tag != "int96":
        return bare
    fixed = [*_without(bare, 1, 2), Field(1, I32, _FIXED << 1), Field(2, I32, _INT96_BYTES << 1)]
    return sorted(fixed, key=lambda field: field.number)


def _without(fields: Struct, *numbers: int) -> Struct:
    return [field for field in fields if field.number not in numbers]
