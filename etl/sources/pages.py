"""The pages of a Parquet file, held to what is written of them: DuckDB verifies no checksum, and adds up no counts.

A page's header says how long it is and how many values it has; where the writer wanted it (many do not), also a
checksum of its bytes. The headers themselves and the footer have none, so they are held against each other.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from etl.sources.footer import footer_of
from etl.sources.thrift import Ended, NotThrift, Reader, Struct, flag, get, integer, items, signed, struct, structs

_PIECE = 1 << 20
_HEADER = 1 << 10  # bytes of a header that are read at first; statistics may make it longer
_LONGEST_HEADER = 1 << 26
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)
_INSIDE = {_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}  # the field with what a page of that kind says of itself
_PLAIN, _GZIP = 0, 2  # compressions
_REQUIRED, _REPEATED = 0, 2  # of an element of the schema
_SEAM = b"PAR1PAR1"  # the end of a file and the beginning of another
_LEVELS = (3, 4)  # encodings of levels
_DICTIONARIES = (0, 2)  # encodings of dictionaries


class Fault(ValueError):
    """Pages are not what is written of them."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column of the schema; `repeated` and `defined` are its levels, at most."""

    path: tuple[Any, ...]
    type: int | None
    repeated: int
    defined: int


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One column of a row group."""

    name: str
    begins: int
    values: int
    compression: int
    encodings: frozenset[int]
    leaf: _Leaf


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: its kind and where its bytes are; how long they are before they are compressed."""

    kind: int
    begins: int
    size: int
    unpacked: int
    checksum: int | None
    said: Struct

    @property
    def values(self) -> int:
        """Its values, NULLs among them; those of a dictionary are none of the column."""
        return 0 if self.kind in (_INDEX, _DICTIONARY) else integer(self.said, 1) or 0


def fault_of(path: Path) -> str | None:
    """What is wrong with the pages of a file, in words; None where nothing can be told against them.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        try:
            footer, ends = footer_of(file)
            _look(file, footer, ends)
        except Fault as fault:
            return str(fault)
        except NotThrift as error:
            return f"its footer cannot be understood: {error}"
    return None


def _look(file: BinaryIO, footer: Struct, ends: int) -> None:
    leaves = _leaves(structs(footer, 2))
    groups = structs(footer, 4)
    if sum(integer(group, 3) or 0 for group in groups) != (integer(footer, 3) or 0):
        raise Fault("its row groups have other rows than the file")
    last = 0
    for group in groups:
        columns = structs(group, 1)
        if len(columns) != len(leaves):
            raise Fault("a row group has other columns than the file")
        for column, leaf in zip(columns, leaves, strict=True):
            chunk = _chunk(struct(column, 3), leaf)
            rows = integer(group, 3) or 0
            if not leaf.repeated and chunk.values != rows:
                raise Fault(f"column {chunk.name} has {chunk.values} values for {rows} rows")
            last = max(last, _walk(file, chunk, ends, rows))
    _alone(file, last, ends)


def _alone(file: BinaryIO, begins: int, ends: int) -> None:
    """Refuse two files that were put together: a footer may fit the pages of the first, and the second is passed over.

    Args:
        begins: Where the pages end; indexes and filters may follow up to `ends`, where the footer begins.
    """
    file.seek(begins)
    held, left = b"", ends - begins
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        if _SEAM in held + piece:
            raise Fault("another file stands before it: files were put together")
        held = piece[1 - len(_SEAM) :]


def _leaves(schema: list[Struct]) -> list[_Leaf]:
    """The columns that are no groups."""
    found: list[_Leaf] = []
    open_groups: list[tuple[int, _Leaf]] = []  # how many children are to come, and what is above each
    for element in schema[1:]:
        left, above = open_groups.pop() if open_groups else (0, _Leaf((), None, 0, 0))
        if left > 1:
            open_groups.append((left - 1, above))
        way = integer(element, 3) or _REQUIRED
        this = _Leaf((*above.path, get(element, 4)), integer(element, 1), above.repeated + (way == _REPEATED),
                     above.defined + (way != _REQUIRED))
        children = integer(element, 5) or 0
        if children > 0:
            open_groups.append((children, this))
        else:
            found.append(this)
    return found


def _chunk(told: Struct, leaf: _Leaf) -> _Chunk:
    data, dictionary = integer(told, 9), integer(told, 11)
    if data is None:
        raise Fault("a column does not say where it begins")
    name = b".".join(part for part in leaf.path if isinstance(part, bytes)).decode("utf-8", "replace")
    if tuple(items(told, 3)) != leaf.path or integer(told, 1) != leaf.type:
        raise Fault(f"column {name} has another name or type in a row group")
    begins = min(data, dictionary) if dictionary else data  # some writers say 0 where there is none
    encodings = frozenset(signed(each) for each in items(told, 2) if isinstance(each, int))
    return _Chunk(name, begins, integer(told, 5) or 0, integer(told, 4) or 0, encodings, leaf)


def _walk(file: BinaryIO, chunk: _Chunk, ends: int, rows: int) -> int:
    """Go through the pages of a column until they have its values; gives where they end."""
    at, values, counted = chunk.begins, 0, 0
    while values < chunk.values:
        try:
            page = _page(file, at, ends, chunk)
            if page.begins + page.size > ends:
                raise Fault(f"a page of column {chunk.name} is outside of the file")
            _verify(file, page, chunk)
            values += page.values
        except NotThrift as error:
            raise Fault(f"a page of column {chunk.name} has a header that cannot be understood: {error}") from error
        except zlib.error as error:
            raise Fault(f"a page of column {chunk.name} is no gzip: {error}") from error
        counted += (integer(page.said, 3) or 0) if page.kind == _DATA_2 else 0
        at = page.begins + page.size
    if values != chunk.values:
        raise Fault(f"the pages of column {chunk.name} have {values} values for {chunk.values}")
    if counted and counted != rows:
        raise Fault(f"the pages of column {chunk.name} have {counted} rows for {rows}")
    return at


def _page(file: BinaryIO, at: int, ends: int, chunk: _Chunk) -> _Page:
    """The page whose header begins there."""
    room = _HEADER
    while True:
        if not 0 < at < ends:
            raise Fault(f"a page of column {chunk.name} is outside of the file")
        file.seek(at)
        reader = Reader(file.read(min(room, ends - at)))
        try:
            header = reader.struct()
        except Ended as ended:
            if room >= min(ends - at, _LONGEST_HEADER):
                raise Fault(f"a page of column {chunk.name} has no whole header") from ended
            room *= 16
            continue
        return _told(header, at + reader.at)


def _told(header: Struct, begins: int) -> _Page:
    """What a header says of the page whose bytes begin there."""
    kind, unpacked, size = (integer(header, number) for number in (1, 2, 3))
    if kind not in (*_INSIDE, _INDEX) or unpacked is None or size is None or min(unpacked, size) < 0:
        raise NotThrift("it means nothing")
    said = [] if kind == _INDEX else struct(header, _INSIDE[kind])
    return _Page(kind, begins, size, unpacked, integer(header, 4), said)


def _verify(file: BinaryIO, page: _Page, chunk: _Chunk) -> None:
    """Hold one page to its header, and to its checksum where it has one."""
    compressed = chunk.compression != _PLAIN and (page.kind != _DATA_2 or flag(page.said, 7, default=True))
    if page.values < 0 or (not compressed and page.size != page.unpacked):
        raise NotThrift("it contradicts itself")
    levels = 0
    if page.kind == _DATA_2:
        nulls, of_levels = integer(page.said, 2) or 0, [integer(page.said, number) or 0 for number in (5, 6)]
        levels = sum(of_levels)
        if min(nulls, *of_levels) < 0 or nulls > page.values or levels > page.size:
            raise NotThrift("it contradicts itself")
    if page.checksum is not None:
        _meant(page, chunk)
        if _crc(file, page) != page.checksum & 0xFFFFFFFF:
            raise Fault(f"a page of column {chunk.name} does not have its checksum")
        if page.kind == _DATA_2:  # elsewhere the checksum covers how long they are
            file.seek(page.begins)
            for number, most in ((6, chunk.leaf.repeated), (5, chunk.leaf.defined)):
                _hold_levels(file.read(integer(page.said, number) or 0), most.bit_length(), page.values)
    elif compressed and chunk.compression == _GZIP and page.kind != _INDEX:
        _inflate(file, page, chunk, levels)


def _meant(page: _Page, chunk: _Chunk) -> None:
    """Hold the encodings in a header to those that there are; writers of checksums state them right."""
    if page.kind == _DATA:
        known = integer(page.said, 2) in chunk.encodings and {integer(page.said, n) for n in (3, 4)} <= set(_LEVELS)
    elif page.kind == _DATA_2:
        known = integer(page.said, 4) in chunk.encodings
    else:
        known = page.kind == _INDEX or integer(page.said, 2) in _DICTIONARIES
    if not known:
        raise NotThrift("it names an encoding that the column does not have")


def _hold_levels(data: bytes, width: int, values: int) -> None:
    """Hold the length of a page's levels to their runs; where a column has but one level, they have no bytes."""
    reader, found = Reader(data), 0
    while reader.at < len(data):
        head = reader.varint()
        reader.take((head >> 1) * width if head & 1 else (width + 7) // 8)
        found += (head >> 1) * 8 if head & 1 else head >> 1
        if found >= values:
            break
    if reader.at != len(data) or (found < values and width):
        raise NotThrift("its levels are not as long as it says")


def _crc(file: BinaryIO, page: _Page) -> int:
    file.seek(page.begins)
    found, left = 0, page.size
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise Fault("the file ends too early")
        found = zlib.crc32(piece, found)
        left -= len(piece)
    return found


def _inflate(file: BinaryIO, page: _Page, chunk: _Chunk, levels: int) -> None:
    """Unpack a page of gzip for the checksum that gzip has; DuckDB leaves it out.

    Args:
        levels: Bytes in front that are not compressed.
    """
    file.seek(page.begins + levels)
    stream = zlib.decompressobj(wbits=31)
    rest, unpacked = file.read(page.size - levels), levels
    ended = not rest  # NULLs alone have no bytes
    while not ended and unpacked <= page.unpacked:
        out = stream.decompress(rest, _PIECE)
        unpacked += len(out)
        rest = stream.unconsumed_tail
        ended = stream.eof
        if not out and not rest and not ended:
            break
    if not ended or unpacked != page.unpacked:
        raise Fault(f"a page of column {chunk.name} is not of the length that its header says")
