"""Gzip by zlib-ng, in a third of the time of zlib, and pieces that are made ahead of what looks at them."""

from __future__ import annotations

import gzip
import io
import queue
import threading
from collections.abc import Generator, Iterator

from zlib_ng import gzip_ng, zlib_ng

PIECE = 1 << 19  # bytes: two of them, the one that is made and the one that is looked at, stay in a core's cache
AHEAD = 8  # pieces
ZLIB_ERROR: type[Exception] = zlib_ng.error  # type: ignore[assignment]  # its stub says that it is an instance
REFUSED = (ZLIB_ERROR, gzip.BadGzipFile, EOFError)


def gunzip(stored: Iterator[bytes], most: int) -> Generator[bytes]:
    """The decompressed bytes of all members of a gzip file, each verified to its end.

    What is wrong is not told as `etl.sources.unpack` tells it: that takes a second look.

    Args:
        stored: The bytes as they stand on disk, in pieces.
        most: Bytes of the largest piece that is given.

    Raises:
        EOFError, gzip.BadGzipFile, zlib_ng.error: `REFUSED`; there is no member, or one is damaged, or something else
            stands behind one.
    """
    pieces = _Pieces(stored)
    with gzip_ng.GzipNGFile(fileobj=pieces, mode="rb") as members:  # type: ignore[no-untyped-call]  # as of gzip
        while piece := members.read(min(most, PIECE)):
            yield piece
    if not pieces.begun:
        raise EOFError("it has no byte")


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self.begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # zlib-ng gives no other buffer
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
            self.begun = self.begun or bool(self._rest)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def ahead(pieces: Generator[bytes]) -> Generator[bytes]:
    """The same pieces, made by a thread while those before are looked at; close it where not all are taken.

    It pays where Python's lock is let go for the whole of a piece, as zlib-ng does.
    """
    made: queue.Queue[bytes | BaseException | None] = queue.Queue(AHEAD)
    enough = threading.Event()

    def make() -> None:
        try:
            for piece in pieces:
                made.put(piece)
                if enough.is_set():
                    break
            made.put(None)
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is raised where the pieces are taken
            made.put(error)

    thread = threading.Thread(target=make, name="unpack", daemon=True)
    thread.start()
    try:
        while (piece := made.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        enough.set()
        while thread.is_alive():  # it may wait for room
            while not made.empty():
                made.get()
            thread.join(0.01)
        pieces.close()
