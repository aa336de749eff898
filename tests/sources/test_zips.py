"""Zips: what programs write is read, and what a directory does not list, or says otherwise, is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import BinaryIO

import pytest

from etl.config import Reading
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
    (False, _told(22, b"\1\0\0\0")), (False, _told(0, b"PK\3\5")), (True, _described)],
    ids=["method", "checksum", "packed", "size", "mark", "behind"])
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
