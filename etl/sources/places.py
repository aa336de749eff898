"""Where records stand in their file: physical line, byte and text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from etl.sources import content
from etl.sources.scan import Scan
from etl.sources.unpack import Unreadable

RECORD_SHOWN = 1 << 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where one record stands.

    Args:
        line: The physical line on which it begins.
        byte_offset: Where it begins in the decompressed bytes, from 0; None where their encoding does not tell.
        record: The record as the file says it, without its line end.
    """

    line: int
    byte_offset: int | None
    record: str


class Offsets:
    """The byte at which each line of a text begins, told for ever later lines, batch by batch.

    It is known of UTF-8, UTF-16, UTF-32 and encodings of one byte a character; of others nobody can tell how many bytes
    a character was.
    """

    def __init__(self, scan: Scan) -> None:
        """Begin before the first batch."""
        self._scan = scan
        self._size = content.sizes(scan.encoding)
        self._known: int | None = None
        self._batch: Sequence[str] = ()
        self._place = 0

    def batch(self, lines: Sequence[str]) -> None:
        """Go on to the next batch of lines.

        Raises:
            Unreadable: The file is gone, so that its mark cannot be looked at.
        """
        if self._known is None and self._size is not None:
            self._known = mark_of(self._scan)
        self.of(len(self._batch))
        self._batch, self._place = lines, 0

    def of(self, place: int) -> int | None:
        """The byte at which a line of the batch begins, from 0; never one before the last that was asked for."""
        if self._known is not None and self._size is not None:
            self._known += self._size("".join(self._batch[self._place : place]))
            self._place = place
        return self._known


def mark_of(scan: Scan) -> int:
    """How many bytes the byte order mark of a file has; a text that was made of it may have another, or none."""
    with content.open_regular(scan.file.absolute, scan.file.path) as raw, closing(
            content.chunks(raw, scan.file.path, scan.compression)) as pieces:
        return content.mark_size(next(pieces, b""), scan.encoding)


def batches(scan: Scan) -> Iterator[list[str]]:
    """The physical lines of a file with their ends, in batches.

    Raises:
        Unreadable: The bytes cannot be had any more, or are no text of the encoding at all.
    """
    if scan.text is not None:
        with content.open_regular(str(scan.text), scan.file.path) as raw:
            yield from content.lines(content.chunks(raw, scan.file.path, "none"), "utf-8")
        return
    with content.open_regular(scan.file.absolute, scan.file.path) as raw:
        try:
            yield from content.lines(content.chunks(raw, scan.file.path, scan.compression), scan.encoding)
        except UnicodeError as error:
            raise Unreadable(content.no_text(scan.file.path, scan.encoding, error)) from error


def of_lines(scan: Scan, lines: Sequence[int]) -> dict[int, Place]:
    """The places of some lines of a file, each of them a record."""
    wanted = sorted(set(lines))
    found: dict[int, Place] = {}
    offsets = Offsets(scan)
    first = at = 0
    for batch in batches(scan):
        offsets.batch(batch)
        while at < len(wanted) and wanted[at] <= first + len(batch):
            line, place = wanted[at], wanted[at] - first - 1
            found[line] = Place(line, offsets.of(place), shown(batch[place]))
            at += 1
        if at == len(wanted):
            break
        first += len(batch)
    return found


def csv_cell(text: str) -> str:
    """A cell as it stands in a record of CSV: quoted where it holds what would end it."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def shown(raw: str) -> str:
    """A record of a text as it is kept: without its line end, and cut."""
    return cut(without_end(raw))


def without_end(line: str) -> str:
    """A text without the line end behind it."""
    return line.removesuffix("\n").removesuffix("\r")


def cut(raw: str) -> str:
    """A text as it is kept; of a very long one the beginning, and that it was cut."""
    kept = content.escaped(raw[:RECORD_SHOWN])
    return kept if len(raw) <= RECORD_SHOWN else f"{kept} ... (cut; more than {RECORD_SHOWN} characters)"
