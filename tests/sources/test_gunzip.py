"""Packed streams: what is unpacked ahead is what stands there, and a thread that is not needed ends."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import threading
import zlib
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources import content
from etl.sources.gunzip import PIECE, REFUSED, ahead, gunzip
from etl.sources.unpack import Unreadable
from sources.conftest import MakeFile

PADS = st.integers(0, 3).map(lambda zeros: b"\0" * zeros)
MAGIC = b"\x1f\x8b"
BEHIND = st.sampled_from((b"", MAGIC[:1], MAGIC, b"junk", b"\0junk of more than ten bytes", MAGIC + b"x" * 20))


def pieces_of(data: bytes, size: int) -> Generator[bytes]:
    """The bytes in pieces of that size."""
    yield from (data[at : at + size] for at in range(0, len(data), size))


def unpacked(data: bytes, size: int) -> bytes | None:
    """What is given; None where it is refused."""
    try:
        return b"".join(gunzip(pieces_of(data, size), 7))
    except REFUSED:
        return None


def by_zlib(data: bytes) -> bytes | None:
    """What zlib says: members, zeros between and behind them, and nothing else."""
    out, rest = b"", data
    while rest:
        member = zlib.decompressobj(wbits=31)
        try:
            out += member.decompress(rest)
        except zlib.error:
            return None
        if not member.eof:
            return None
        rest = member.unused_data.lstrip(b"\0")
    return out if data else None


@given(texts=st.lists(st.binary(max_size=40), max_size=4), pads=st.lists(PADS, min_size=4, max_size=4), behind=BEHIND,
       size=st.sampled_from((1, 3, 1000)), cut=st.integers(0, 30), flip=st.none() | st.integers(0, 300))
def test_members_are_what_zlib_says(
    texts: list[bytes], pads: list[bytes], behind: bytes, size: int, cut: int, flip: int | None
) -> None:
    """Members and zeros in any number, cut or damaged anywhere: the same bytes as zlib gives, or refused by both."""
    whole = b"".join(gzip.compress(text, mtime=0) + pad for text, pad in zip(texts, pads, strict=False)) + behind
    data = bytearray(whole[: len(whole) - cut] if cut < 20 else whole)  # a third of them is whole
    if flip is not None and flip // 8 < len(data):
        data[flip // 8] ^= 1 << flip % 8
    reserved = any(member[1:2] > b"\x1f" for member in bytes(data).split(MAGIC)[1:])  # flags that zlib alone refuses
    assert reserved or unpacked(bytes(data), size) == by_zlib(bytes(data))


def test_a_large_file_is_unpacked_ahead(make_file: MakeFile) -> None:
    """Its bytes are those of the small one, piece by piece, and so are the words for its damage."""
    text = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(3 * content.LARGE // 32))
    stored = gzip.compress(text, 1, mtime=0)
    for data, words in ((stored, None), (stored[:-1], "cut off"), (stored + b"junk", "behind its end"),
                        (stored[:-5] + b"\xff" + stored[-4:], "corrupt")):
        file = make_file(data, "x.csv.gz")
        with content.open_regular(file.absolute, "x.csv.gz") as raw:
            pieces = content.chunks(raw, "x.csv.gz", "gzip")
            if words is None:
                got = list(pieces)
                assert b"".join(got) == text
                assert max(map(len, got)) <= PIECE
            else:
                with pytest.raises(Unreadable) as raised:
                    list(pieces)
                assert words in str(raised.value.problem)
        assert not [thread for thread in threading.enumerate() if thread.name == "unpack"]


@pytest.mark.parametrize("taken", [0, 1, 5, 50])
def test_what_nobody_takes_is_not_made(taken: int) -> None:
    """A thread that runs ahead ends where its pieces are closed, and so does what it takes them from."""
    ended = threading.Event()

    def endless() -> Generator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            ended.set()

    pieces = ahead(endless())
    assert all(next(pieces) == b"x" for _ in range(taken))
    pieces.close()
    assert ended.is_set() or not taken
    assert not [thread for thread in threading.enumerate() if thread.name == "unpack"]


@pytest.mark.parametrize("check", [2, 3, 11])
def test_a_check_that_nobody_knows_is_no_check(make_file: MakeFile, check: int) -> None:
    """An xz stream whose check is of an unknown kind is refused: nothing would hold its bytes."""
    stored = bytearray(lzma.compress(b"a,b\n1,2\n", check=lzma.CHECK_CRC32 if check < 4 else lzma.CHECK_SHA256))
    flags = bytes((0, check))
    stored[6:12] = flags + struct.pack("<I", zlib.crc32(flags))
    stored[-4:-2] = flags
    stored[-12:-8] = struct.pack("<I", zlib.crc32(stored[-8:-2]))
    file = make_file(bytes(stored), "x.csv.xz")
    with content.open_regular(file.absolute, "x.csv.xz") as raw, pytest.raises(Unreadable) as raised:
        list(content.chunks(raw, "x.csv.xz", "xz"))
    assert f"a check of the unknown kind {check}" in str(raised.value.problem)
