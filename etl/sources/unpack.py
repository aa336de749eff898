"""Compressed files piece by piece, verified to their end: never a short text, never an unbounded piece of memory.

Every reader of text comes through here, so that a stream that is cut, damaged or followed by something else is a
problem with a sentence, whatever the format of the text.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import Protocol

from etl.errors import Problem
from etl.sources.formats import Compression

_ZSTD_INPUT = 1 << 14  # bytes taken at a time: what they unpack to is held in memory
_ZSTD_MUCH = 1 << 23  # where they unpack to more than this, fewer are taken
_ZSTD_WINDOW = 1 << 31  # what `zstd --long=31` needs
_ENCRYPTED = 1
_END_OF_ZIP = 22  # bytes of the record that ends a zip, its comment behind it
_BESIDE = ("__MACOSX/",)  # what macOS adds to a zip of one file


class Unreadable(Exception):  # carries a problem up this floor; nobody outside sees it
    """The bytes of a file cannot be had; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def whole_file(code: str, path: str, message: str, advice: str | None = None) -> Problem:
    """A problem of a file as a whole."""
    return Problem(code, message, path=path, advice=advice, whole_file=True)


def unpack(stored: Iterator[bytes], path: str, compression: Compression, most: int) -> Iterator[bytes]:
    """The decompressed bytes of a stream; of a zip, see `unzip`.

    Args:
        stored: The bytes as they stand on disk, in pieces.
        most: Bytes of the largest piece that is given.

    Raises:
        Unreadable: The stream is not of its compression, is corrupt, or ends before its end.
    """
    if compression == "none":
        return stored
    if compression == "zstd":
        return _unzstd(stored, path, most)
    return _members(stored, path, compression, most)


class _Member(Protocol):
    """One of the streams that a compressed file is made of, as the standard library unpacks it."""

    def take(self, rest: bytes, most: int) -> bytes:
        """Unpack at most so many bytes of what was held back and of some more."""

    @property
    def eof(self) -> bool:
        """Whether its end was reached, and its checksum was right."""

    @property
    def rest(self) -> bytes:
        """What was not taken: behind its end, what follows it."""

    @property
    def hungry(self) -> bool:
        """Whether it gives nothing more until it has more."""


class _Gzip:
    """A member of a gzip file; zlib verifies its checksum and length."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._full = False

    def take(self, rest: bytes, most: int) -> bytes:
        out = self._member.decompress(rest, most)
        self._full = len(out) == most
        return out

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def rest(self) -> bytes:
        return self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    @property
    def hungry(self) -> bool:
        return not self._full and not self._member.unconsumed_tail


class _Block:
    """A stream of a bzip2 or an xz file; they keep what they have not unpacked yet."""

    def __init__(self, member: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._member = member

    def take(self, rest: bytes, most: int) -> bytes:
        return self._member.decompress(rest, most)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def rest(self) -> bytes:
        return self._member.unused_data if self._member.eof else b""

    @property
    def hungry(self) -> bool:
        return self._member.needs_input


def _member(compression: Compression) -> _Member:
    if compression == "gzip":
        return _Gzip()
    if compression == "bzip2":
        return _Block(bz2.BZ2Decompressor())
    return _Block(lzma.LZMADecompressor(format=lzma.FORMAT_XZ))


def _members(stored: Iterator[bytes], path: str, compression: Compression, most: int) -> Iterator[bytes]:
    """Every member of a file; zeros may pad the end of a gzip or an xz file."""
    padding = b"" if compression == "bzip2" else b"\0"
    member: _Member | None = None
    begun = False
    for piece in stored:
        rest = piece
        while rest or (member is not None and not member.hungry):
            if member is None:
                rest = rest.lstrip(padding) if begun and padding else rest
                if not rest:
                    break
                member, begun = _member(compression), True
            try:
                out = member.take(rest, most)
            except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
                raise Unreadable(_corrupt(path, compression, str(error))) from error
            if out:
                yield out
            rest = member.rest
            if member.eof:
                member = None
    if member is not None or not begun:
        raise Unreadable(_truncated(path, compression))


def _unzstd(stored: Iterator[bytes], path: str, most: int) -> Iterator[bytes]:
    """Every frame of a zstd file; only a decompression object tells a cut frame from a whole one."""
    import zstandard  # noqa: PLC0415  # only for compressed files

    frame = None
    begun = False
    size = _ZSTD_INPUT
    for piece in stored:
        at = 0
        while at < len(piece):
            rest = piece[at : at + size]
            at += len(rest)
            while rest:
                if frame is None:
                    frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
                    begun = True
                try:
                    out = frame.decompress(rest)
                except zstandard.ZstdError as error:
                    raise Unreadable(_corrupt(path, "zstd", str(error))) from error
                size = max(64, size // 8) if len(out) > _ZSTD_MUCH else size
                yield from (out[i : i + most] for i in range(0, len(out), most))
                rest = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = None
    if frame is not None or not begun:
        raise Unreadable(_truncated(path, "zstd"))


def unzip(raw: io.FileIO, path: str, most: int) -> Iterator[bytes]:
    """The one file in a zip, its checksum and length verified.

    Raises:
        Unreadable: It is no zip, is damaged, is encrypted, or holds another number of files than one.
    """
    try:
        with zipfile.ZipFile(raw) as archive:
            inside = _only(archive, path)
            if archive.start_dir + _size_of_end(raw, archive) != raw.seek(0, io.SEEK_END):
                raise Unreadable(_corrupt(path, "zip", "there is something behind its end"))
            with archive.open(inside) as member:
                while out := member.read(most):
                    yield out
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise Unreadable(_corrupt(path, "zip", str(error))) from error
    except (NotImplementedError, RuntimeError) as error:
        raise Unreadable(whole_file("unreadable_zip", path, f"the zip cannot be unpacked ({error})",
                                    "Unpack it, and load the file in it")) from error


def _only(archive: zipfile.ZipFile, path: str) -> zipfile.ZipInfo:
    """The one file of a zip."""
    files = [info for info in archive.infolist() if not info.is_dir() and not info.filename.startswith(_BESIDE)]
    if len(files) != 1:
        have = ", ".join(info.filename for info in files[:5]) + (", ..." if len(files) > 5 else "")  # noqa: PLR2004
        what = f"the zip holds {len(files)} files ({have})" if files else "the zip holds no file"
        raise Unreadable(whole_file("not_one_file", path, f"{what}; one is needed", "Unpack it, and load its files"))
    if files[0].flag_bits & _ENCRYPTED:
        raise Unreadable(whole_file("encrypted", path, "the file in the zip is encrypted", "Unpack it first"))
    return files[0]


def _size_of_end(raw: io.FileIO, archive: zipfile.ZipFile) -> int:
    """Bytes from the beginning of the directory of a zip to where the zip says that it ends."""
    raw.seek(archive.start_dir)
    rest = raw.read()
    at = rest.rfind(b"PK\x05\x06")
    return at + _END_OF_ZIP + int.from_bytes(rest[at + 20 : at + 22], "little")


def _truncated(path: str, kind: str) -> Problem:
    return whole_file("truncated", path, f"the {kind} stream ends before its end: the file is cut off",
                      "Fetch the file again")


def _corrupt(path: str, kind: str, detail: str) -> Problem:
    return whole_file("corrupt", path, f"the {kind} stream is corrupt or not {kind} at all ({detail})",
                      "Fetch the file again, or give it the name of what it is")
