"""Compressed files piece by piece, verified to their end: never a short text, never an unbounded piece of memory.

Every reader of text comes through here, so that a stream that is cut, damaged or followed by something else is a
problem with a sentence, whatever the format of the text.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Generator, Iterator
from typing import Protocol

from etl.errors import Problem
from etl.sources.formats import Compression

_ZSTD_INPUT = 1 << 14  # bytes taken at a time: what they unpack to is held in memory
_ZSTD_MUCH = 1 << 23  # where they unpack to more than this, fewer are taken
_ZSTD_WINDOW = 1 << 31  # what `zstd --long=31` needs
BEHIND = "there is something behind its end"
_MAGIC: dict[Compression, bytes] = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\0", "zstd": b""}
_PADDING: dict[Compression, int] = {"gzip": 1, "xz": 4}  # zeros at the end of these, so many at a time


class Unreadable(Exception):  # carries a problem up this floor; nobody outside sees it
    """The bytes of a file cannot be had; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def whole_file(code: str, path: str, message: str, advice: str | None = None) -> Problem:
    """A problem of a file as a whole."""
    return Problem(code, message, path=path, advice=advice, whole_file=True)


def unpack(stored: Generator[bytes], path: str, compression: Compression, most: int) -> Generator[bytes]:
    """The decompressed bytes of a stream; of a zip, see `etl.sources.zips`, and of gzip, `etl.sources.gunzip`.

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


class _Xz(_Block):
    """A stream of an xz file; the standard library loads one whose check it does not know, and verifies nothing."""

    def __init__(self) -> None:
        self._stream = lzma.LZMADecompressor(format=lzma.FORMAT_XZ)
        super().__init__(self._stream)

    def take(self, rest: bytes, most: int) -> bytes:
        out = super().take(rest, most)
        check = self._stream.check
        if check != lzma.CHECK_UNKNOWN and not lzma.is_check_supported(check):
            raise lzma.LZMAError(f"it has a check of the unknown kind {check}")
        return out


def _member(compression: Compression) -> _Member:
    if compression == "gzip":
        return _Gzip()
    if compression == "bzip2":
        return _Block(bz2.BZ2Decompressor())
    return _Xz()


def _members(stored: Iterator[bytes], path: str, compression: Compression, most: int) -> Generator[bytes]:
    """Every member of a file; zeros may pad the end of a gzip or an xz file, and what else is behind it is refused."""
    member: _Member | None = None
    begin = _Beginning(path, compression)
    for piece in stored:
        rest = piece
        while rest or (member is not None and not member.hungry):
            if member is None:
                rest = begin.member(rest)
                if not rest:
                    break
                member = _member(compression)
            try:
                out = member.take(rest, most)
            except (zlib.error, OSError, EOFError, lzma.LZMAError) as error:
                raise Unreadable(corrupt(path, compression, str(error))) from error
            if out:
                yield out
            rest = member.rest
            if member.eof:
                member = None
                begin.ended()
    begin.end(whole=member is None)


class _Beginning:
    """Where a member of a compressed file may begin."""

    def __init__(self, path: str, compression: Compression) -> None:
        self._path, self._compression = path, compression
        self._magic, self._unit = _MAGIC[compression], _PADDING.get(compression, 0)
        self._held = b""
        self._zeros = self._ended = 0

    def ended(self) -> None:
        """A member has ended."""
        self._ended += 1
        self._zeros = 0

    def member(self, rest: bytes) -> bytes:
        """The bytes from the beginning of the next member on; none where more are needed to tell."""
        if self._ended and self._unit and not self._held:
            size = len(rest)
            rest = rest.lstrip(b"\0")
            self._zeros += size - len(rest)
        self._held += rest
        if not self._held:
            return b""
        if not self._held.startswith(self._magic[: len(self._held)]) or self._odd_padding:
            raise Unreadable(self._refused())
        if len(self._held) < len(self._magic):
            return b""
        found, self._held = self._held, b""
        return found

    def end(self, *, whole: bool) -> None:
        """The file has ended.

        Args:
            whole: So has its last member.
        """
        if whole and self._ended and self._odd_padding:
            raise Unreadable(self._refused())
        if not whole or not self._ended or self._held:
            raise Unreadable(_truncated(self._path, self._compression))

    @property
    def _odd_padding(self) -> bool:
        return self._unit > 1 and self._zeros % self._unit != 0

    def _refused(self) -> Problem:
        return corrupt(self._path, self._compression, BEHIND if self._ended else "it begins otherwise")


def _unzstd(stored: Iterator[bytes], path: str, most: int) -> Generator[bytes]:
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
                    raise Unreadable(corrupt(path, "zstd", str(error))) from error
                size = max(64, size // 8) if len(out) > _ZSTD_MUCH else size
                yield from (out[i : i + most] for i in range(0, len(out), most))
                rest = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = None
    if frame is not None or not begun:
        raise Unreadable(_truncated(path, "zstd"))


def _truncated(path: str, kind: str) -> Problem:
    return whole_file("truncated", path, f"the {kind} stream ends before its end: the file is cut off",
                      "Fetch the file again")


def corrupt(path: str, kind: str, detail: str) -> Problem:
    """Bytes that are not of their compression."""
    return whole_file("corrupt", path, f"the {kind} stream is corrupt or not {kind} at all ({detail})",
                      "Fetch the file again, or give it the name of what it is")
