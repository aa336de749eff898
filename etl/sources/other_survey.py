"""The facts of a file that is no CSV text, gathered from its bytes piece by piece."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Protocol

from etl.config import Reading
from etl.errors import Problem
from etl.sources import content
from etl.sources.claims import false_claim
from etl.sources.formats import CALLED, Format
from etl.sources.survey import LONGEST_LINE
from etl.sources.unpack import Unreadable, whole_file

_START = 4096
_TWO = re.compile(rb"\n\r?\n")
_BLANK = re.compile(rb"(?<=\n)\r?\n")
_ENCRYPTED = b"PARE"
_MAGIC = {"parquet": b"PAR1", "xlsx": b"PK"}


def encrypted(path: str) -> Problem:
    """A Parquet file of which something can only be read with a key."""
    return whole_file("encrypted", path, "the Parquet file is encrypted", "Write it without encryption")


class OtherSurvey(Protocol):
    """What a pass over the bytes tells, whatever the format."""

    encoding: str
    blank: int
    size: int
    care: str | None
    empty: bool

    @property
    def lines(self) -> int:
        """Physical lines; 0 of a format that has none."""

    @property
    def transcodes(self) -> bool:
        """Whether the text is no UTF-8."""

    def take(self, piece: bytes) -> bytes:
        """Take the next piece; gives what is known of the text in UTF-8, where it is that."""

    def finish(self) -> bytes:
        """There is no further piece; gives the rest."""


def other_survey(form: Format, reading: Reading, path: str) -> OtherSurvey:
    """The survey of a file of a format that is not CSV."""
    if form in _MAGIC:
        return Closed(form, path)
    return Lines(reading, path, form)


@dataclass(slots=True)
class Closed:
    """The facts of a format that only its own reader can tell more of: its first and last bytes."""

    form: Format
    path: str
    encoding: str = "binary"
    blank: int = 0
    size: int = 0
    care: str | None = None
    empty: bool = False
    start: bytes = b""
    end: bytes = b""

    @property
    def lines(self) -> int:
        """It has none."""
        return 0

    @property
    def transcodes(self) -> bool:
        """It is no text."""
        return False

    def take(self, piece: bytes) -> bytes:
        """Take the next piece."""
        self.size += len(piece)
        if len(self.start) < _START:
            self.start += piece[:_START]
        self.end = (self.end + piece[-4:])[-4:]
        return b""

    def finish(self) -> bytes:
        """Refuse what is not of the format."""
        self.empty = not self.size
        magic = _MAGIC[self.form]
        if self.empty:
            return b""
        if self.form == "parquet" and self.start.startswith(_ENCRYPTED):
            raise Unreadable(encrypted(self.path))
        if not self.start.startswith(magic):
            raise Unreadable(false_claim(self.start, self.path, None, self.form) or whole_file(
                f"not_{self.form}", self.path, f"the file is not {CALLED[self.form]}",
                "Give it the name of what it is"))
        if self.form == "parquet" and not self.end.startswith(magic):
            raise Unreadable(whole_file("truncated", self.path, "the Parquet file ends before its end: it is cut off",
                                        "Fetch the file again"))
        return b""


@dataclass(slots=True)
class Lines:
    """The facts of a text of JSON: its lines, and whether DuckDB may read them as they stand."""

    reading: Reading
    path: str
    form: Format
    encoding: str = "utf-8"
    care: str | None = None
    size: int = 0
    blank: int = 0
    empty: bool = True
    lf: int = 0
    lone_cr: int = 0
    start: bytearray = field(default_factory=bytearray)
    judged: bool = False
    last: bytes = b"\n"
    length: int = 0
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))

    @property
    def transcodes(self) -> bool:
        """Whether the text is no UTF-8."""
        return self.encoding not in ("utf-8", "ascii")

    def take(self, piece: bytes) -> bytes:
        """Take the next piece; gives what is known of the text in UTF-8, where it is that."""
        self.size += len(piece)
        if not self.judged:
            self.start += piece
            if len(self.start) < _START:
                return b""
            piece = self._judge()
        self._count(piece)
        return b"" if self.transcodes else piece

    def finish(self) -> bytes:
        """There is no further piece; gives the rest."""
        rest = b"" if self.judged or not self.start else self._judge()
        self._count(rest)
        if self.care is None:
            self._utf8(b"", final=True)
        return b"" if self.transcodes else rest

    def _judge(self) -> bytes:
        self.judged = True
        start = bytes(self.start)
        self.start.clear()
        if problem := false_claim(start, self.path, self.reading.encoding, self.form):
            raise Unreadable(problem)
        self.encoding = content.encoding_of(start, self.reading.encoding)
        if self.transcodes:
            self.care = f"the encoding is {self.encoding}"
        return start.removeprefix(codecs.BOM_UTF8)

    def _count(self, piece: bytes) -> None:
        self.empty = self.empty and not piece
        if self.care is not None or not piece:
            return
        self._utf8(piece, final=False)
        if b"\0" in piece or b"\1" in piece or b"\2" in piece:
            self.care = "it has control characters"
        returns = b"\r" in piece
        if returns and piece.count(b"\r") != piece.count(b"\r\n") + piece.endswith(b"\r"):
            self.care = "its line ends are of more than one kind"
        self.lf += len(piece) - len(piece.replace(b"\n", b""))  # in a third of the time that counting takes
        whole = self.last + piece
        if returns or _TWO.search(whole):
            self.blank += len(_BLANK.findall(whole))
        self._long_lines(piece)
        self.last = whole[-2:] if piece.endswith((b"\r", b"\n")) else piece[-1:]
        if self.last[-1:] == b"\n":
            self.last = b"\n"

    def _utf8(self, piece: bytes, *, final: bool) -> None:
        if piece.isascii() and not final and not self.decoder.getstate()[0]:
            return
        try:
            self.decoder.decode(piece, final)
        except UnicodeDecodeError:
            self.care = "it has bytes that are not utf-8"

    def _long_lines(self, piece: bytes) -> None:
        first = piece.find(b"\n")
        if first < 0:
            self.length += len(piece)
        else:
            inside = len(piece) > LONGEST_LINE and max(map(len, piece.split(b"\n"))) > LONGEST_LINE
            if inside or self.length + first > LONGEST_LINE:
                self.care = "it has a very long line"
            self.length = len(piece) - piece.rfind(b"\n") - 1
        if self.length > LONGEST_LINE:
            self.care = "it has a very long line"

    @property
    def lines(self) -> int:
        """Physical lines."""
        return self.lf + (self.last != b"\n")
