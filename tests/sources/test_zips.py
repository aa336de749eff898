"""Zips: what programs write is read, and what a directory does not list, or says otherwise, is refused."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import pytest

from etl.config import Reading
from etl.sources import content, zip_members
from etl.sources.scan import scan
from sources.conftest import MakeFile
from sources.packed import zipped

PLAIN = Reading()
DATA = b"a\n1\n2\n"
FILES: Mapping[str, bytes] = {"x.csv": DATA, "__MACOSX/._x.csv": b"?"}


class Stream(io.RawIOBase):
    """An output that cannot be sought in: what a program has that writes to a pipe."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.whole = b""

    def writable(self) -> bool:
        """It is written only."""
        return True

    def write(self, data: object) -> int:
        """Keep what comes."""
        piece = bytes(data)  # type: ignore[call-overload]  # of any kind of buffer
        self.whole += piece
        return len(piece)


def _written(out: BinaryIO | Stream, *, stored: bool = False, large: bool = False) -> None:
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w", method) as archive:  # type: ignore[arg-type]  # it needs no more than to write
        archive.writestr(zipfile.ZipInfo("__MACOSX/"), b"")
        for name, data in FILES.items():
            with archive.open(name, "w", force_zip64=large) as member:
                member.write(data)


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_what_programs_write_is_read(make_file: MakeFile, streamed: bool, stored: bool, large: bool) -> None:
    """With sizes before or behind a file, of 32 and 64 bits, packed or stored, a folder among the files."""
    out = Stream() if streamed else io.BytesIO()
    _written(out, stored=stored, large=large)
    whole = out.whole if isinstance(out, Stream) else out.getvalue()
    found = scan(make_file(whole, "x.csv.zip"), PLAIN)
    assert (found.problem, found.lines) == (None, 3)


def _unlisted(whole: bytes, before: int) -> bytes:
    """A zip with a file that its directory does not list, before its file of that number or its directory."""
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        places = [info.header_offset for info in archive.infolist()] + [archive.start_dir]
    hidden = zipped({"x.csv": b"a\n9\n"})
    hidden = hidden[: hidden.index(b"PK\x01\x02")]
    at, listed, end = places[before], places[-1], whole.rindex(b"PK\x05\x06")
    directory = bytearray(whole[listed:end])
    entry = 0
    while entry < len(directory):
        name, extra, comment = struct.unpack_from("<3H", directory, entry + 28)
        place = struct.unpack_from("<I", directory, entry + 42)[0]
        struct.pack_into("<I", directory, entry + 42, place + (len(hidden) if place >= at else 0))
        entry += 46 + name + extra + comment
    last = bytearray(whole[end:])
    struct.pack_into("<I", last, 16, listed + len(hidden))
    return whole[:at] + hidden + whole[at:listed] + bytes(directory) + bytes(last)


@pytest.mark.parametrize(("before", "said"), [
    (0, "there is something before its beginning"),
    (1, "its directory does not list what stands before __MACOSX/._x.csv"),
    (2, "its directory does not list what stands before it")])
def test_a_file_that_is_not_listed_is_not_passed_over(make_file: MakeFile, before: int, said: str) -> None:
    """Before, between and behind the others: nothing is loaded."""
    found = scan(make_file(_unlisted(zipped(FILES), before), "x.csv.zip"), PLAIN)
    assert found.problem is not None
    assert found.problem.code == "corrupt"
    assert said in found.problem.message


def _told(at: int, said: bytes) -> Callable[[bytes], bytes]:
    """A change of the header before the first file."""
    return lambda whole: whole[:at] + said + whole[at + len(said):]


def _described(whole: bytes) -> bytes:
    at = whole.index(b"PK\x07\x08") + 4
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]


@pytest.mark.parametrize(("streamed", "change"), [
    (False, _told(8, b"\x08\0")), (False, _told(14, b"\1\2\3\4")), (False, _told(18, b"\1\0\0\0")),
    (False, _told(22, b"\1\0\0\0")), (False, _told(30, b"y")), (False, _told(0, b"PK\3\5")), (True, _described)],
    ids=["method", "checksum", "packed", "size", "name", "mark", "behind"])
def test_a_file_and_its_directory_say_the_same(
    make_file: MakeFile, streamed: bool, change: Callable[[bytes], bytes]
) -> None:
    """Whoever reads a zip from its beginning would find another file in it: nothing is loaded."""
    out = Stream()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]  # as above
        archive.writestr("x.csv", DATA)
    whole = out.whole if streamed else zipped({"x.csv": DATA})
    found = scan(make_file(change(whole), "x.csv.zip"), PLAIN)
    assert found.problem is not None
    assert found.problem.code == "corrupt"
    assert scan(make_file(whole, "y.csv.zip"), PLAIN).problem is None


def _raw(body: bytes, size: int, checksum: int, *, method: int = 8, name: bytes = b"x.csv", flags: int = 0,
         mode: int = 0, comment: bytes = b"") -> bytes:
    """A zip of one file, with whatever is said of it in its header and its directory alike."""
    said = struct.pack("<5H3I2H", 20, flags, method, 0, 33, checksum, len(body), size, len(name), 0)
    file = b"PK\3\4" + said + name + body
    listed = b"PK\1\2\x14\x03" + said + struct.pack("<3H2I", 0, 0, 0, mode << 16, 0) + name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(listed), len(file), len(comment))
    return file + listed + end + comment


def _streams(data: bytes) -> Mapping[int, bytes]:
    """Some bytes as each method stores them."""
    deflate = zlib.compressobj(wbits=-15)
    alone = lzma.compress(data, format=lzma.FORMAT_ALONE)
    return {0: data, 8: deflate.compress(data) + deflate.flush(), 12: bz2.compress(data),
            14: b"\x09\x04\x05\0" + alone[:5] + alone[13:]}


LINES = b"".join(b"%d,%d\n" % (n, n * n) for n in range(3000))
MORE = LINES + b"9,9\n"
_FLAGS = {14: 2}  # of LZMA: a mark ends the stream


@pytest.mark.parametrize("piece", [1 << 10, 1 << 20])
@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_a_member_is_the_whole_of_its_range(make_file: MakeFile, monkeypatch: pytest.MonkeyPatch, method: int,
                                            piece: int) -> None:
    """Of each method: whole it is read; longer, shorter, cut or followed by something it is a problem by name."""
    monkeypatch.setattr(zip_members, "_TAKEN", piece)
    monkeypatch.setattr(content, "CHUNK", piece)
    checksum, flags = zlib.crc32(LINES), _FLAGS.get(method, 0)
    body, more = _streams(LINES)[method], _streams(MORE)[method]
    found = scan(make_file(_raw(body, len(LINES), checksum, method=method, flags=flags), "x.csv.zip"), PLAIN)
    assert (found.problem, found.lines) == (None, 3000)
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 4
    for changed, size, of in ((more, len(LINES), checksum), (body, len(LINES) + 10, checksum),
                              (body, len(LINES) - 10, zlib.crc32(LINES[:-10])), (body + b"?", len(LINES), checksum),
                              (body + b"?" * 3000, len(LINES), checksum), (body + more, len(LINES), checksum),
                              (body[:-1], len(LINES), checksum), (body[:3], len(LINES), checksum),
                              (b"", len(LINES), checksum), (bytes(flipped), len(LINES), checksum),
                              (body, len(LINES), checksum ^ 1)):
        whole = _raw(changed, size, of, method=method, flags=flags)
        problem = scan(make_file(whole, "x.csv.zip"), PLAIN).problem
        assert problem is not None, (len(changed), size)
        assert problem.code == "corrupt"
        assert "x.csv" in problem.message


def test_a_stream_without_its_last_block_is_cut(make_file: MakeFile) -> None:
    """Its length and checksum are right; what else it held cannot be told."""
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(LINES) + deflate.flush(zlib.Z_SYNC_FLUSH)
    problem = scan(make_file(_raw(body, len(LINES), zlib.crc32(LINES)), "x.csv.zip"), PLAIN).problem
    assert problem is not None
    assert "x.csv is damaged: its stream ends before its end" in problem.message


def test_an_empty_file_may_have_no_stream(make_file: MakeFile) -> None:
    """Some programs say of it that it is packed, and write nothing."""
    for method in (0, 8):
        assert scan(make_file(_raw(b"", 0, 0, method=method), "x.csv.zip"), PLAIN).problem is None


@pytest.mark.parametrize(("said", "code", "message"), [
    ({"name": b""}, "corrupt", "a file in it has no name"),
    ({"name": b"\0x.csv"}, "corrupt", "the name of a file in it holds a NUL"),
    ({"name": b"x.csv\0.exe"}, "corrupt", "the name of a file in it holds a NUL"),
    ({"name": b"\xe9.csv", "flags": 0x800}, "corrupt", "a name in its directory is not the UTF-8"),
    ({"comment": b"PK\5\6" + b"x" * 30}, "corrupt", "more than once, as in a comment"),
    ({"mode": 0o120777}, "unreadable_zip", "x.csv is a symbolic link, not a file"),
    ({"flags": 0x20}, "unreadable_zip", "x.csv is a difference to another file"),
    ({"flags": 1}, "encrypted", "the file in the zip is encrypted"),
    ({"flags": 0x40}, "encrypted", "the file in the zip is encrypted"),
    ({"method": 9}, "unreadable_zip", "x.csv is packed by a method that is not read (number 9, Deflate64)"),
    ({"name": b"x.csv/"}, "unreadable_zip", "x.csv/ is a folder that holds bytes"),
    ({"method": 77}, "unreadable_zip", "x.csv is packed by a method that is not read (number 77)"),
])
def test_what_cannot_be_read_is_named(make_file: MakeFile, said: Mapping[str, Any], code: str, message: str) -> None:
    """A file in a zip without a name, under one that is none, or kept in a way that is not read."""
    method = said.get("method", 0)
    whole = _raw(DATA, len(DATA), zlib.crc32(DATA), **{**said, "method": method})
    problem = scan(make_file(whole, "x.csv.zip"), PLAIN).problem
    assert problem is not None
    assert (problem.code, message in problem.message) == (code, True), problem
    assert "codec" not in str(problem)


def test_a_folder_that_holds_bytes_is_a_file(make_file: MakeFile) -> None:
    """It is not passed over beside another."""
    problem = scan(make_file(zipped({"x.csv": DATA, "y/": DATA}), "x.csv.zip"), PLAIN).problem
    assert problem is not None
    assert "the zip holds 2 files (x.csv, y/)" in problem.message
