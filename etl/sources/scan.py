"""One pass over the bytes of a file: fingerprint, physical lines, dialect, and who must read it.

DuckDB's bulk reader reads a file when everything is stated and `care` is None. What it was found to do otherwise
(rows lost, invented or changed without an error) is kept from it here, and named in `care`.
"""

from __future__ import annotations

import functools
import io
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from etl.config import Reading
from etl.errors import Problem, StorageError
from etl.names import HeaderName, header_names, numbered_names
from etl.result import Progress, Report
from etl.sources import content
from etl.sources.dialect import Head
from etl.sources.discovery import FileStat, SourceFile
from etl.sources.fingerprint import Fingerprint
from etl.sources.formats import Compression, Format, read_as
from etl.sources.other_survey import OtherSurvey, other_survey
from etl.sources.shape import Shape
from etl.sources.survey import Survey
from etl.sources.unpack import Unreadable, whole_file

LARGE = 1 << 20
REPORT_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file found.

    With `care` set, `lines`, `blank` and `quoted` are for the careful reader to tell and 0 or False here. What
    no pass over bytes can tell cheaply is a quote never closed in the last record beside a stray one: the bulk reader
    drops that record in silence, so a file whose lines do not add up is the careful reader's too.

    Args:
        fingerprint: SHA-256, in hex, over the bytes on disk and the way of reading them.
        stat: Taken before the first byte was read.
        taken_ns: The clock when it was taken.
        encoding: The codec of the text as it stands in the file.
        text: Where the text stands as plain UTF-8; None where the file itself is that, or the text cannot be made so.
        transcodes: The file's text is of another encoding than UTF-8.
        lines: Physical lines.
        blank: Lines without a character, outside skipped lines and the header record; those in cells included.
        quoted: The quote character occurs.
        whole_lines: Each line has an even number of quotes, so that no line end stands in a quoted cell, but for one
            beside stray quotes.
        delimiters: How many delimiters stand behind the head, those in cells included.
        returns: A carriage return occurs, as far as is known.
        size: Decompressed bytes. Above 8 MB a file with line ends in quoted cells must be read with `parallel=false`:
            the bulk reader starts in the middle otherwise, and makes rows of the lines of a cell.
        care: Why the bulk reader must not read the file; None when it may.
        head: None with a problem, and for an empty file.
        empty: The text has no character.
        content: SHA-256, in hex, over the bytes on disk alone.
        format: How the file is read; `head` is of CSV alone.
        shape: Of other formats, the columns; found by `etl.staging.shapes` once the file was read.
    """

    file: SourceFile
    fingerprint: str
    stat: FileStat
    taken_ns: int
    compression: Compression
    encoding: str = "utf-8"
    lines: int = 0
    blank: int = 0
    quoted: bool = False
    size: int = 0
    care: str | None = None
    head: Head | None = None
    problem: Problem | None = None
    empty: bool = False
    text: Path | None = None
    transcodes: bool = False
    content: str = ""
    format: Format = "csv"
    shape: Shape | None = None
    delimiters: int = 0
    whole_lines: bool = False
    returns: bool = True

    @property
    def names(self) -> tuple[HeaderName, ...]:
        """The columns; none of a file without any."""
        if self.shape is not None:
            return header_names(self.shape.names)
        if self.head is None:
            return ()
        return numbered_names(self.head.width) if self.head.header is None else header_names(self.head.header)

    @property
    def header_line(self) -> int | None:
        """The line (of a sheet: the row) of the header; None where there is none, and for formats without."""
        if self.shape is not None:
            return self.shape.header_lines or None
        return None if self.head is None else self.head.skipped_lines + self.head.blank_before + 1

    @property
    def plain(self) -> bool:
        """Whether the file is UTF-8 as it stands, so that the bulk reader can read it where it is."""
        return self.compression == "none" and not self.transcodes


def scan(
    file: SourceFile, reading: Reading, tell: Callable[[int], None] | None = None, text: Path | None = None
) -> Scan:
    """Read a file once, to its end; what is compressed or not UTF-8 is written as plain UTF-8 on the way.

    Args:
        tell: Called with the number of bytes of each piece that was read.
        text: Where the plain text is written; None writes none.

    Raises:
        UsageError: A stated option cannot be used.
        StorageError: There is no room for the plain text.
    """
    form, compression = read_as(file.path, reading)
    aside = _Aside(text)
    digest = Fingerprint()
    taken = time.time_ns()
    stat = file.stat

    def seen(piece: bytes) -> None:
        digest.take(piece)
        if tell is not None:
            tell(len(piece))

    try:
        with content.open_regular(file.absolute, file.path) as raw:
            stat = FileStat.of(os.fstat(raw.fileno()))
            survey = _survey(form, reading, file.path)
            stated = None if reading.format else form
            with closing(content.chunks(raw, file.path, compression, seen, stated)) as pieces:
                for piece in pieces:
                    if (known := survey.take(piece)) and (compression != "none" or survey.transcodes):
                        aside.write(known)
            if (known := survey.finish()) and (compression != "none" or survey.transcodes):
                aside.write(known)
            if FileStat.of(os.fstat(raw.fileno())) != stat:
                raise Unreadable(_changed(file.path))  # noqa: TRY301  # told as every other problem of the bytes is
    except Unreadable as unreadable:
        return Scan(file, "", stat, taken, compression, format=form, problem=unreadable.problem)
    finally:
        written = aside.close()
    bytes_alone = digest.hexdigest()
    digest.take(_canonical(reading))
    if not isinstance(survey, Survey):
        digest.take(form.encode())  # the way of reading leaves it to the name
        return Scan(file, digest.hexdigest(), stat, taken, compression, survey.encoding, survey.lines, survey.blank,
                    size=survey.size, care=survey.care, empty=survey.empty, text=written,
                    transcodes=survey.transcodes, content=bytes_alone, format=form)
    care, head = survey.verdict(), survey.head
    if care is not None or head is None:
        return Scan(file, digest.hexdigest(), stat, taken, compression, survey.encoding, care=care, head=head,
                    empty=not survey.begun, size=survey.size, text=None if survey.broken else written,
                    transcodes=survey.transcodes, content=bytes_alone)
    return Scan(file, digest.hexdigest(), stat, taken, compression, survey.encoding, survey.lines,
                survey.blank - head.skipped_blank, survey.quotes > 0, survey.size, None, head, text=written,
                transcodes=survey.transcodes, content=bytes_alone, delimiters=survey.delimiters - head.delimiters,
                whole_lines=survey.around.whole_lines, returns=survey.cr > 0)


def _survey(form: Format, reading: Reading, path: str) -> Survey | OtherSurvey:
    return Survey(reading, path) if form == "csv" else other_survey(form, reading, path)


def no_room(folder: Path, error: OSError) -> StorageError:
    """What is said where a file cannot be rewritten."""
    return StorageError(f"There is no room to rewrite a file in {folder.parent}: {error.strerror or error}. Give more "
                        "with --temp-dir. Nothing was loaded.")


class _Aside:
    """The plain text of a file, written when there is something to write."""

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._out: io.FileIO | None = None

    def write(self, text: bytes) -> None:
        """Add to it.

        Raises:
            StorageError: There is no room.
        """
        if self._place is None:
            return
        try:
            if self._out is None:
                self._out = io.FileIO(self._place, "wb")
            view = memoryview(text)
            while view:
                view = view[self._out.write(view) :]
        except OSError as error:
            raise no_room(self._place.parent, error) from error

    def close(self) -> Path | None:
        """End it; gives its place, where something was written."""
        if self._out is None:
            return None
        self._out.close()
        return self._place


@functools.lru_cache(maxsize=16)
def _canonical(reading: Reading) -> bytes:
    """The way of reading as bytes, once for all files of a run."""
    return reading.canonical().encode()


def still(file: SourceFile, stat: FileStat) -> bool:
    """Whether the file on disk still has that stat."""
    try:
        return FileStat.of(file.absolute) == stat
    except OSError:
        return False


def _changed(path: str) -> Problem:
    return whole_file("changed", path, "the file changed while it was being read", "Run again when it is complete")


def scan_all(
    files: Sequence[SourceFile], reading: Reading, report: Report, threads: int, folder: Path | None = None
) -> list[Scan]:
    """Scan files, in their order.

    Large files are read side by side; small ones one after another, since most of their time is Python's own.

    Args:
        folder: An empty folder for the plain text of what is compressed or not UTF-8.
    """
    texts = {file.path: None if folder is None else folder / f"{number}.text" for number, file in enumerate(files)}
    meter = _Meter(report, len(files), sum(file.stat.size for file in files))

    def one(file: SourceFile) -> Scan:
        found = scan(file, reading, meter.bytes, texts[file.path])
        meter.file()
        return found

    large = [file for file in files if file.stat.size >= LARGE]
    if threads < 2 or len(large) < 2:  # noqa: PLR2004  # nothing to read side by side
        done = [one(file) for file in files]
    else:
        with ThreadPoolExecutor(threads) as pool:
            futures = {file.path: pool.submit(one, file) for file in large}
            small = {file.path: one(file) for file in files if file.path not in futures}
            done = [futures[file.path].result() if file.path in futures else small[file.path] for file in files]
    meter.say()
    return done


class _Meter:
    """Progress of several threads, told at most ten times a second."""

    def __init__(self, report: Report, files_total: int, bytes_total: int) -> None:
        self._report = report
        self._files_total, self._bytes_total = files_total, bytes_total
        self._files = self._bytes = 0
        self._told = time.monotonic()
        self._lock = threading.Lock()

    def bytes(self, count: int) -> None:
        """So many bytes more were read."""
        with self._lock:
            self._bytes += count
            if time.monotonic() - self._told > REPORT_SECONDS:
                self.say()

    def file(self) -> None:
        """One more file was read."""
        with self._lock:
            self._files += 1

    def say(self) -> None:
        """Tell how far the reading has come."""
        self._told = time.monotonic()
        self._report(Progress("read", self._files, self._files_total, self._bytes, self._bytes_total))
