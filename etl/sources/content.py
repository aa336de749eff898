"""The content of a file: its bytes, decompressed and verified to the end, and its physical lines."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import Literal

from etl.errors import Problem, UsageError

Compression = Literal["none", "gzip", "zstd"]

CHUNK = 1 << 20
_ZSTD_INPUT = 1 << 14  # taken at a time: what it unpacks to is held in memory
UNDECODABLE = re.compile("[\udc00-\udcff]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(Exception):  # carries a problem up this floor; nobody outside sees it
    """The bytes of a file cannot be had; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def whole_file(code: str, path: str, message: str, advice: str | None = None) -> Problem:
    """A problem of a file as a whole."""
    return Problem(code, message, path=path, advice=advice, whole_file=True)


def os_problem(error: OSError, path: str) -> Problem:
    """What an error of the operating system means for a file."""
    if isinstance(error, FileNotFoundError):
        return whole_file("vanished", path, "the file was there when the sources were listed and is gone now",
                          "Run again when nothing moves the files")
    if isinstance(error, PermissionError):
        return whole_file("unreadable", path, "permission to read the file is denied", "Change its permissions")
    return whole_file("unreadable", path, f"the file cannot be read: {error.strerror or error}")


def open_regular(absolute: str, path: str) -> io.FileIO:
    """Open a file for reading; what is not a regular file is refused before it is opened.

    Raises:
        Unreadable: It is gone, closed to us, or no regular file.
    """
    try:
        raw = io.FileIO(absolute, opener=_open_without_waiting)
    except OSError as error:
        raise Unreadable(os_problem(error, path)) from error
    if not stat.S_ISREG(_mode(raw)):
        raw.close()
        raise Unreadable(whole_file("not_a_file", path, "it is not a regular file (a pipe, a device or a socket)"))
    return raw


def _open_without_waiting(name: str, flags: int) -> int:
    """Open so that a named pipe without a writer does not wait for one."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _mode(raw: io.FileIO) -> int:
    return os.fstat(raw.fileno()).st_mode


def compression_of(path: str) -> Compression:
    """The compression that a file's name claims."""
    lowered = path.lower()
    return "gzip" if lowered.endswith(".gz") else "zstd" if lowered.endswith((".zst", ".zstd")) else "none"


def chunks(
    raw: io.FileIO, path: str, compression: Compression, seen: Callable[[bytes], object] | None = None
) -> Iterator[bytes]:
    """The decompressed bytes in pieces of bounded size.

    Args:
        seen: Called with the bytes as they stand on disk, in order, before they are decompressed.

    Raises:
        Unreadable: A stream is not of its compression, is corrupt, or ends before its end.
    """
    stored = _stored(raw, path, seen)
    if compression == "gzip":
        return _gunzip(stored, path)
    if compression == "zstd":
        return _unzstd(stored, path)
    return stored


def _stored(raw: io.FileIO, path: str, seen: Callable[[bytes], object] | None) -> Iterator[bytes]:
    while True:
        try:
            piece = raw.read(CHUNK)
        except OSError as error:
            raise Unreadable(os_problem(error, path)) from error
        if not piece:
            return
        if seen is not None:
            seen(piece)
        yield piece


def _gunzip(stored: Iterator[bytes], path: str) -> Iterator[bytes]:
    """Every member of a gzip file, checksum and length verified by zlib; zero padding between them is allowed."""
    member = None
    for piece in stored:
        rest = piece
        while rest:
            if member is None:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                out = member.decompress(rest, CHUNK)
            except zlib.error as error:
                raise Unreadable(_corrupt(path, "gzip", str(error))) from error
            if out:
                yield out
            rest = member.unused_data if member.eof else member.unconsumed_tail
            if not rest and not member.eof:
                yield from _drain(member, path)
            if member.eof:
                member = None
    if member is not None:
        raise Unreadable(_truncated(path, "gzip"))


def _drain(member: zlib._Decompress, path: str) -> Iterator[bytes]:
    """What a member still holds back after all its input was taken."""
    try:
        while out := member.decompress(b"", CHUNK):
            yield out
    except zlib.error as error:
        raise Unreadable(_corrupt(path, "gzip", str(error))) from error


def _unzstd(stored: Iterator[bytes], path: str) -> Iterator[bytes]:
    """Every frame of a zstd file; only a decompression object tells a cut frame from a whole one."""
    import zstandard  # noqa: PLC0415  # only for compressed files

    frame = None
    for piece in stored:
        for at in range(0, len(piece), _ZSTD_INPUT):
            rest = piece[at : at + _ZSTD_INPUT]
            while rest:
                if frame is None:
                    frame = zstandard.ZstdDecompressor().decompressobj()
                try:
                    out = frame.decompress(rest)
                except zstandard.ZstdError as error:
                    raise Unreadable(_corrupt(path, "zstd", str(error))) from error
                yield from (out[i : i + CHUNK] for i in range(0, len(out), CHUNK))
                rest = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = None
    if frame is not None:
        raise Unreadable(_truncated(path, "zstd"))


def _truncated(path: str, kind: str) -> Problem:
    return whole_file("truncated", path, f"the {kind} stream ends before its end: the file is cut off",
                      "Fetch the file again")


def _corrupt(path: str, kind: str, detail: str) -> Problem:
    return whole_file("corrupt", path, f"the {kind} stream is corrupt or not {kind} at all ({detail})",
                      "Fetch the file again, or give it the name of what it is")


def encoding_of(start: bytes, stated: str | None) -> str:
    """The encoding of a text: the stated one, else that of its byte order mark, else UTF-8."""
    if stated is not None:
        return text_encoding(stated)
    return next((name for mark, name in _BOMS if start.startswith(mark)), "utf-8")


def text_encoding(stated: str) -> str:
    """The codec's own name of a stated encoding.

    Raises:
        UsageError: Python knows no such encoding of text.
    """
    try:
        b"".decode(stated)
        return codecs.lookup(stated).name.removesuffix("-sig")
    except (LookupError, ValueError) as error:
        message = f"--encoding {stated}: no such encoding. Name one such as utf-8, cp1252, latin-1 or utf-16"
        raise UsageError(message) from error


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand a lone surrogate in for every byte that cannot be decoded, so that its record can be named."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + b) for b in error.object[error.start : error.end]), error.end


codecs.register_error("etl.mark", _mark)


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder that marks the bytes it cannot decode."""
    return codecs.getincrementaldecoder(encoding)("etl.mark")


def lines(pieces: Iterator[bytes], encoding: str) -> Iterator[list[str]]:
    """The physical lines of a text with their ends, in batches; LF, CRLF or a lone CR ends one."""
    decode = decoder(encoding).decode
    held: list[str] = []
    first = True
    for text in _texts(pieces, decode):
        if first:
            text = text.removeprefix("\ufeff")  # noqa: PLW2901  # the mark is no part of the text
            first = False
        if "\n" not in text and "\r" not in text and held and not held[-1].endswith("\r"):
            held.append(text)
            continue
        batch = list(io.StringIO("".join([*held, text]), newline=""))
        held = [batch.pop()] if batch and not batch[-1].endswith("\n") else []
        if batch:
            yield batch
    if rest := "".join(held):
        yield list(io.StringIO(rest, newline=""))


def _texts(pieces: Iterator[bytes], decode: Callable[[bytes, bool], str]) -> Iterator[str]:
    for piece in pieces:
        if text := decode(piece, False):  # noqa: FBT003  # the codec's own signature
            yield text
    if text := decode(b"", True):  # noqa: FBT003
        yield text
