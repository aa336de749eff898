"""The content of a file: its bytes, decompressed and verified to the end, and its physical lines."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Generator, Iterator

from etl.errors import Problem, UsageError
from etl.sources.formats import Compression, Format
from etl.sources.gunzip import REFUSED, ahead, gunzip
from etl.sources.unpack import Unreadable, corrupt, unpack, whole_file
from etl.sources.zips import unzip

CHUNK = 1 << 20
LARGE = 1 << 20  # bytes from which on a packed file is unpacked ahead
UNDECODABLE = re.compile("[\ud800-\udfff]")
_MARK = 0xDC00  # and the byte that could not be decoded
_BYTES = 256
_TAKES_MARK = ("utf-16", "utf-32")
_BOMS = (  # and the encoding of each order of bytes by itself
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)


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


def chunks(
    raw: io.FileIO, path: str, compression: Compression, seen: Callable[[bytes], object] | None = None,
    form: Format | None = None,
) -> Generator[bytes]:
    """The decompressed bytes in pieces of bounded size; close them where not all are taken.

    Args:
        seen: Called with the bytes as they stand on disk, in order, before they are decompressed.
        form: What the one file of a zip is read as by the name of the zip; None where that is not to be asked.

    Raises:
        Unreadable: A stream is not of its compression, is corrupt, or ends before its end.
    """
    stored = _stored(raw, path, seen)
    if compression == "gzip":
        pieces = _gunzipped(raw, path, stored)
        return pieces if os.fstat(raw.fileno()).st_size < LARGE else ahead(pieces)
    if compression != "zip":
        return unpack(stored, path, compression, CHUNK)
    if seen is not None:  # a zip is read from its end: once through for what wants to see it
        for _ in stored:
            pass
    return unzip(raw, path, CHUNK, form)


def _gunzipped(raw: io.FileIO, path: str, stored: Iterator[bytes]) -> Generator[bytes]:
    """The decompressed bytes of gzip; what is refused is read once more, to tell what is wrong with it."""
    try:
        yield from gunzip(stored, CHUNK)
    except REFUSED as error:
        raw.seek(0)
        for _ in unpack(_stored(raw, path, None), path, "gzip", CHUNK):
            pass
        raise Unreadable(corrupt(path, "gzip", str(error))) from error


def _stored(raw: io.FileIO, path: str, seen: Callable[[bytes], object] | None) -> Generator[bytes]:
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


def encoding_of(start: bytes, stated: str | None) -> str:
    """The encoding of a text: the stated one, else that of its byte order mark, else UTF-8."""
    if stated is not None:
        return text_encoding(stated)
    return next((name for mark, name, _ in _BOMS if start.startswith(mark)), "utf-8")


def other_encoding(encoding: str) -> str:
    """What to do where bytes are not of the encoding that a text was taken to be of."""
    if encoding in ("utf-8", "ascii"):
        return "State the right encoding with --encoding, for example --encoding cp1252"
    if encoding.startswith(("utf-16", "utf-32")):
        return f"Fetch the file again: its bytes are damaged, or never were {encoding}"
    return f"State another encoding than {encoding} with --encoding, or correct the file"


def other_mark(start: bytes, stated: str) -> str | None:
    """The encoding whose byte order mark a text begins with, where the stated one is another; None where it is not.

    The longest mark counts: that of UTF-32 begins with one of UTF-16.
    """
    encoding = text_encoding(stated)
    marked = next((names for mark, *names in _BOMS if start.startswith(mark)), None)
    return marked[0] if marked is not None and encoding not in marked else None


def no_text(path: str, encoding: str, error: UnicodeError) -> Problem:
    """A text that its codec refuses as a whole, as UTF-16 without a byte order mark; bytes of it would be marked."""
    example = f", for example {encoding}-le or {encoding}-be" if encoding in _TAKES_MARK else ""
    return whole_file("undecodable", path, f"the text is not {encoding} ({error})",
                      f"State the right encoding with --encoding{example}")


def mark_size(start: bytes, encoding: str) -> int:
    """How many bytes the byte order mark has with which a text of an encoding begins."""
    return next((len(mark) for mark, *names in _BOMS if encoding in names and start.startswith(mark)), 0)


def sizes(encoding: str) -> Callable[[str], int] | None:
    """How many bytes a text was, marks of undecodable bytes among it; None where its encoding does not tell."""
    if encoding in ("utf-8", "ascii"):
        return lambda text: len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))
    wide = next((each for each in ("utf-16", "utf-32") if encoding.startswith(each)), None)
    if wide is not None:
        unit = int(wide.removeprefix("utf-")) // 8
        return lambda text: (
            len(text.encode(f"{wide}-le", "surrogatepass")) - (unit - 1) * len(UNDECODABLE.findall(text)))
    module = sys.modules[codecs.lookup(encoding).incrementaldecoder.__module__]
    return len if encoding == "iso8859-1" or hasattr(module, "decoding_table") else None


def text_encoding(stated: str) -> str:
    """The codec's own name of a stated encoding.

    Raises:
        UsageError: Python knows no such encoding of text.
    """
    try:
        b"".decode(stated)
        decoder(stated).decode(b"a", True)  # noqa: FBT003  # it takes pieces, and marks what it cannot decode
        return codecs.lookup(stated).name.removesuffix("-sig")
    except (LookupError, ValueError, TypeError, AssertionError) as error:  # those of bytes to bytes, of text to text
        message = (f"--encoding {stated or repr(stated)}: no such encoding. Name one such as utf-8, cp1252, latin-1 or "
                   "utf-16")
        raise UsageError(message) from error


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Stand a lone surrogate in for every byte that cannot be decoded, so that its record can be named."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(_MARK + b) for b in error.object[error.start : error.end]), error.end


def marked(mark: str) -> str:
    """What stood where a mark stands, in words."""
    place = ord(mark) - _MARK
    return f"byte 0x{place:02X}" if 0 <= place < _BYTES else f"half a character (U+{ord(mark):04X})"


def escaped(text: str) -> str:
    """A text with the bytes that could not be decoded as hexadecimal escapes."""
    return UNDECODABLE.sub(
        lambda m: f"\\x{ord(m[0]) - _MARK:02x}" if 0 <= ord(m[0]) - _MARK < _BYTES else f"\\u{ord(m[0]):04x}", text)


codecs.register_error("etl.mark", _mark)


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder that marks the bytes it cannot decode."""
    return codecs.getincrementaldecoder(encoding)("etl.mark")


def unmarked(text: str, encoding: str) -> str:
    """The beginning of a text without its mark; codecs whose name leaves the order of bytes open take it themselves."""
    return text if encoding in _TAKES_MARK else text.removeprefix("\ufeff")


def has_marks(batch: list[str]) -> bool:
    """Whether some text holds marks of bytes that could not be decoded."""
    text = "".join(batch)
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def lines(pieces: Iterator[bytes], encoding: str) -> Iterator[list[str]]:
    """The physical lines of a text with their ends, in batches; LF, CRLF or a lone CR ends one."""
    decode = decoder(encoding).decode
    held: list[str] = []
    first = True
    for text in _texts(pieces, decode):
        if first:
            text = unmarked(text, encoding)  # noqa: PLW2901  # the mark is no part of the text
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
