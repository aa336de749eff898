"""The members of a zip, each unpacked over its exact range of the file: nothing of it is left, nothing is added.

The reader of the standard library stops at the size that the directory says, or where a stream ends, whichever comes
first; what else stands in the range of a member would be dropped without a word.
"""

from __future__ import annotations

import bz2
import io
import itertools
import lzma
import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import Protocol

from zlib_ng import zlib_ng

from etl.sources.gunzip import ZLIB_ERROR

_ENCRYPTED = 0x2041  # flags: encrypted, strongly encrypted, its header masked
_PATCH = 0x20  # flag: what is stored is a difference to another file
_ENDED = 2  # flag of LZMA: a mark ends the stream
_NAMED = {1: "shrinking", 6: "imploding", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES encryption"}
_HEADER = 30  # bytes before the name of a member: APPNOTE.TXT of PKWARE, 4.3.7
_LZMA = struct.Struct("<2xH5s")  # the version of the coder, and its properties: 5.8.8
_TAKEN = 1 << 20  # bytes taken at a time
_COMMENT = (1 << 16) + 22  # bytes in which a zip ends
_ERRORS = (ZLIB_ERROR, lzma.LZMAError, OSError, EOFError, ValueError)


class _Decoder(Protocol):
    """A stream as the standard library unpacks it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Deflate:
    """Deflate with the interface of the others."""

    def __init__(self) -> None:
        self._stream = zlib_ng.decompressobj(wbits=-15)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self.needs_input = len(out) < max_length and not self._stream.unconsumed_tail
        return out


def opened(raw: io.FileIO) -> zipfile.ZipFile:
    """A zip whose members all have a name.

    Raises:
        zipfile.BadZipFile: It is none, or is damaged.
        NotImplementedError: It is of a later version of the format.
    """
    try:
        archive = zipfile.ZipFile(raw)
    except UnicodeDecodeError as error:
        raise zipfile.BadZipFile("a name in its directory is not the UTF-8 that it is said to be") from error
    except (IndexError, struct.error) as error:
        raise zipfile.BadZipFile("its directory is damaged") from error
    except zipfile.BadZipFile as error:
        raw.seek(max(0, raw.seek(0, io.SEEK_END) - _COMMENT))
        if raw.read(_COMMENT).count(b"PK\x05\x06") > 1:
            raise zipfile.BadZipFile(f"{error}; the mark of its end stands there more than once, as in a comment"
                                     ) from error
        raise
    for info in archive.infolist():
        if not info.orig_filename:
            raise zipfile.BadZipFile("a file in it has no name")
        if "\0" in info.orig_filename:
            raise zipfile.BadZipFile(f"the name of a file in it holds a NUL: {info.orig_filename!r}")
    return archive


def encrypted(info: zipfile.ZipInfo) -> bool:
    """Whether a member is encrypted."""
    return bool(info.flag_bits & _ENCRYPTED)


def unreadable(info: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be read, as what is said of it; None where it can."""
    if encrypted(info):
        return "is encrypted"
    if info.flag_bits & _PATCH:
        return "is a difference to another file, not a file"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link, not a file"
    if info.filename.endswith("/") and not folder(info):
        return "is a folder that holds bytes"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        named = f", {_NAMED[info.compress_type]}" if info.compress_type in _NAMED else ""
        return f"is packed by a method that is not read (number {info.compress_type}{named})"
    return None


def folder(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder; one that holds bytes is a file."""
    return info.filename.endswith("/") and not info.file_size


def contents(raw: io.FileIO, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """The bytes of a member, in pieces; all that stands in its range of the file makes them, and they are verified.

    Args:
        info: Of a member that is not `unreadable`, whose own header says what the directory says.
        most: Bytes of the largest piece that is given.

    Raises:
        zipfile.BadZipFile: The stream is damaged, cut off or followed by something, or it is not of the length and
            checksum that the directory says.
    """
    name, size, checksum = info.filename, 0, 0
    for out in _unpacked(raw, info, most):
        size += len(out)
        if size > info.file_size:
            break
        checksum = zlib_ng.crc32(out, checksum)
        yield out
    if size != info.file_size:
        than = "more" if size > info.file_size else "less"
        raise zipfile.BadZipFile(f"{name} holds {than} than the {info.file_size:,} bytes that the zip says of it")
    if checksum != info.CRC:
        raise zipfile.BadZipFile(f"{name} has another checksum than the zip says of it")


def _unpacked(raw: io.FileIO, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    if not info.compress_size and not info.file_size:
        return
    raw.seek(info.header_offset)
    name, extra = struct.unpack("<2H", raw.read(_HEADER)[26:])
    begin, size = info.header_offset + _HEADER + name + extra, info.compress_size
    if info.compress_type == zipfile.ZIP_STORED:
        yield from _range(raw, info, begin, size, min(most, _TAKEN))
    elif info.compress_type == zipfile.ZIP_DEFLATED:
        yield from _decoded(_Deflate(), _range(raw, info, begin, size, _TAKEN), info, most)
    elif info.compress_type == zipfile.ZIP_BZIP2:
        yield from _decoded(bz2.BZ2Decompressor(), _range(raw, info, begin, size, _TAKEN), info, most)
    else:
        yield from _decoded(lzma.LZMADecompressor(format=lzma.FORMAT_ALONE), _alone(raw, info, begin), info, most)


def _alone(raw: io.FileIO, info: zipfile.ZipInfo, begin: int) -> Iterator[bytes]:
    """An LZMA stream as it stands in a file of its own: its size behind its properties, where no mark ends it."""
    head = b"".join(_range(raw, info, begin, min(_LZMA.size, info.compress_size), _LZMA.size))
    length, properties = _LZMA.unpack(head) if len(head) == _LZMA.size else (0, b"")
    if length != len(properties) or not length:
        raise _damaged(info, "its LZMA properties are not whole")
    size = b"\xff" * 8 if info.flag_bits & _ENDED else struct.pack("<Q", info.file_size)
    return itertools.chain([properties + size], _range(raw, info, begin + len(head), info.compress_size - len(head),
                                                       _TAKEN))


def _range(raw: io.FileIO, info: zipfile.ZipInfo, at: int, size: int, most: int) -> Iterator[bytes]:
    """The bytes of a range of the file."""
    end = at + size
    while at < end:
        raw.seek(at)
        piece = raw.read(min(most, end - at))
        if not piece:
            raise _damaged(info, "the file ends before its end")
        at += len(piece)
        yield piece


def _decoded(decoder: _Decoder, pieces: Iterator[bytes], info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """A stream unpacked to its end, behind which nothing of its range may be left."""
    left = False
    for piece in pieces:
        left = left or decoder.eof
        rest = piece
        while not decoder.eof and (rest or not decoder.needs_input):
            try:
                out = decoder.decompress(rest, most)
            except _ERRORS as error:
                raise _damaged(info, str(error)) from error
            rest = b""
            if out:
                yield out
    if not decoder.eof:
        raise _damaged(info, "its stream ends before its end")
    if left or decoder.unused_data:
        raise _damaged(info, "there is something behind the end of its stream")


def _damaged(info: zipfile.ZipInfo, detail: str) -> zipfile.BadZipFile:
    return zipfile.BadZipFile(f"{info.filename} is damaged: {detail}")
