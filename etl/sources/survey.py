"""The facts of a text, gathered from its bytes piece by piece."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from etl.config import Reading
from etl.errors import Problem
from etl.sources import content
from etl.sources.claims import false_claim
from etl.sources.dialect import Head, read_head, stated_quotes
from etl.sources.quotes import LastLine, Quotes
from etl.sources.shape import MOST_COLUMNS, too_many_columns
from etl.sources.unpack import Unreadable

HEAD = 1 << 20
LONGEST_LINE = 1_500_000


@dataclass(slots=True)
class Survey:
    """The facts of a text, gathered piece by piece; no fact depends on where the pieces were cut.

    A text that is not UTF-8 is made so on the way, and counted as that.

    Attributes:
        transcodes: The text is made UTF-8; `broken` where some bytes of it are not of its encoding.
    """

    reading: Reading
    path: str
    start: bytearray = field(default_factory=bytearray)
    judged: bool = False
    begun: bool = False
    encoding: str = "utf-8"
    head: Head | None = None
    care: str | None = None
    lf: int = 0
    cr: int = 0
    crlf: int = 0
    quotes: int = 0
    delimiters: int = 0
    blank: int = 0
    size: int = 0
    line_length: int = 0
    last: bytes = b"\n"
    ended_cr: bool = False
    tail: bytes = b""
    quote: bytes = b""
    escape: bytes = b""
    delimiter: bytes = b""
    no_marks: bytes = b""
    last_line: LastLine = field(default_factory=LastLine)
    ends_delimiter: bool = False
    around: Quotes = field(default_factory=lambda: Quotes(b"", b""))
    transcoder: codecs.IncrementalDecoder | None = None
    broken: bool = False

    def take(self, piece: bytes) -> bytes:
        """Take the next piece of decompressed bytes; return what is known of the text by now, as UTF-8."""
        if not self.judged:
            self.start += piece
            if len(self.start) < HEAD:
                return b""
            self._judge(complete=False)
            piece, self.start = bytes(self.start), bytearray()
        return self._text(piece, final=False)

    def finish(self) -> bytes:
        """There is no further piece; return the rest of the text."""
        rest = b""
        if not self.judged and self.start:
            self._judge(complete=True)
            rest = bytes(self.start)
        rest = self._text(rest, final=True)
        if self.tail and self.care is None:
            self._utf8(b"", final=True)
        if self.around.ends_spaced():
            self.care = self.care or "white space stands outside quotes"
        if self.care is None:
            self._trailing_delimiter(b"\n")
        if self.care is None and self.pads and self.quotes and self.head is not None and self.last_line.may_be_open(
                self.head.dialect, whole=self.around.whole_lines):
            self.care = "its last line may open a quote that it never closes"
        return rest

    @property
    def pads(self) -> bool:
        """Whether short records are made longer."""
        return self.reading.ragged == "pad"

    @property
    def transcodes(self) -> bool:
        """Whether the text is made UTF-8 on the way."""
        return self.transcoder is not None

    def _text(self, piece: bytes, *, final: bool) -> bytes:
        """A piece of the text as UTF-8, counted."""
        if self.transcoder is not None:
            piece = self._transcoded(piece, final=final)
        counted = piece
        if not self.size and (self.transcoder is not None or self.encoding == "utf-8"):
            counted = piece.removeprefix(codecs.BOM_UTF8)  # the mark is no part of the text
        self.size += len(counted)
        self._count(counted)
        return piece

    def _transcoded(self, piece: bytes, *, final: bool) -> bytes:
        if self.broken or self.transcoder is None:
            return b""
        try:
            text = self.transcoder.decode(piece, final)
            if text and not self.size:  # whatever mark it had, it has one now: the bulk reader takes one away
                text = "\ufeff" + content.unmarked(text, self.encoding)
            return text.encode()
        except UnicodeError:
            self.broken = True
            self.care = f"it has bytes that are not {self.encoding}"
            return b""

    def _judge(self, *, complete: bool) -> None:
        """Decide encoding, dialect and header from the beginning."""
        self.judged = True
        start = bytes(self.start[:HEAD])
        complete = complete and len(start) == len(self.start)
        if problem := false_claim(start, self.path, self.reading.encoding):
            raise Unreadable(problem)
        self.encoding = content.encoding_of(start, self.reading.encoding)
        quote, escape = stated_quotes(self.reading)
        self.quote = quote.encode()
        self.escape = escape.encode() if escape != quote else b""
        if self.encoding not in ("utf-8", "ascii"):
            self.transcoder = codecs.getincrementaldecoder(self.encoding)("strict")
        try:
            text = content.unmarked(content.decoder(self.encoding).decode(start, complete), self.encoding)
        except UnicodeError as error:  # of the text as a whole: bytes that are not of the encoding are marked
            raise Unreadable(content.no_text(self.path, self.encoding, error)) from error
        self.begun = bool(text)
        if not text:
            return
        head = read_head(text, complete, self.reading, self.path)
        if isinstance(head, Problem):
            undecodable = head.code == "undecodable"
            raise Unreadable(replace(head, advice=content.other_encoding(self.encoding)) if undecodable else head)
        if head.width > MOST_COLUMNS:
            raise Unreadable(too_many_columns(self.path, head.width))
        self.head = head
        self.delimiter = head.dialect.delimiter.encode()
        self.around = Quotes(self.quote, self.delimiter)
        self.no_marks = self.around.no_marks(self.delimiter)
        self.care = self._care_of_head(head)

    def _care_of_head(self, head: Head) -> str | None:
        """Why what the head says forbids the bulk reader."""
        if not head.width:  # skipped lines are all there is: they are counted, and nobody reads them
            return None
        if len(head.dialect.delimiter.encode()) > 1:
            return "the delimiter has more than one byte"
        if head.header_lines > 1:
            return "the header has several lines"
        if head.skipped_quoted:
            return "a quote stands in the skipped lines"
        return None

    def _count(self, piece: bytes) -> None:
        """Add the facts of one piece."""
        if self.care is not None or not piece:
            return
        if self.transcoder is None:
            self._utf8(piece, final=False)
        marks = piece.translate(None, self.no_marks)  # few of its bytes: what can be asked of them alone is
        if b"\0" in marks:
            self.care = "it has NUL characters"
        self.lf += marks.count(b"\n")
        self.delimiters += marks.count(self.delimiter)
        alone = b"\n\n" not in marks
        if b"\r" in marks or self.ended_cr:
            piece, alone = self._unify(piece), False
        quotes = self.around.take(piece, marks)
        self.quotes += quotes
        if self.around.spaced:
            self.care = "white space stands outside quotes"
        self._trailing_delimiter(piece)
        if self.pads:
            self.last_line.take(piece)
        if quotes and self.escape and self.escape in piece:
            self.care = "it has escape characters"
        self._blank_lines(piece, alone=alone)
        self._long_lines(piece)

    def _unify(self, piece: bytes) -> bytes:
        """Count the other line ends and make each one LF; a CRLF may lie across two pieces."""
        cr = piece.count(b"\r")
        crlf = piece.count(b"\r\n")
        if self.ended_cr and piece.startswith(b"\n"):
            self.crlf += 1
            piece = piece[1:]
        self.cr += cr
        self.crlf += crlf
        self.ended_cr = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _utf8(self, piece: bytes, *, final: bool) -> None:
        """Require UTF-8; `tail` is the beginning of a character that the next piece goes on."""
        if piece.isascii() and not self.tail and not final:
            return
        whole = self.tail + piece
        cut = len(whole) if final else _cut(whole)
        self.tail = whole[cut:]
        try:
            whole[:cut].decode(self.encoding)
        except UnicodeDecodeError:
            self.care = f"it has bytes that are not {self.encoding}"

    def _trailing_delimiter(self, piece: bytes) -> None:
        """Look for a line that ends with a delimiter, where short records are padded: its cells cannot be balanced."""
        if self.pads and (self.delimiter + b"\n" in piece or (self.ends_delimiter and piece.startswith(b"\n"))):
            self.care = "a line ends with a delimiter, which may be one too many"
        self.ends_delimiter = piece.endswith(self.delimiter) if piece else self.ends_delimiter

    def _blank_lines(self, piece: bytes, *, alone: bool) -> None:
        """Count the empty lines of a piece whose line ends are LF; `alone` where no two of these stand side by side."""
        if self.last == b"\n" and piece.startswith(b"\n"):
            self.blank += len(piece) - len(piece.lstrip(b"\n"))
            piece = piece.lstrip(b"\n")
        if not alone and b"\n\n" in piece:
            self.blank += sum(map(len, re.findall(b"\n(\n+)", piece)))
        self.last = piece[-1:] or self.last

    def _long_lines(self, piece: bytes) -> None:
        """Look for a line past what the bulk reader holds."""
        first = piece.find(b"\n")
        if first < 0:
            self.line_length += len(piece)
        elif len(piece) > LONGEST_LINE and max(map(len, piece.split(b"\n"))) > LONGEST_LINE:
            self.line_length = LONGEST_LINE + 1
        else:
            self.line_length += first
        if self.line_length > LONGEST_LINE:
            self.care = "it has a very long line"
        if first >= 0:
            self.line_length = len(piece) - piece.rfind(b"\n") - 1

    def verdict(self) -> str | None:
        """Why the bulk reader must not read the text, once all of it was taken."""
        if self.head is not None and not self.head.width:  # nobody reads it: skipped lines are all there is
            return None
        if self.care is not None:
            return self.care
        if (self.lf > self.crlf) + (self.cr > self.crlf) + (self.crlf > 0) > 1:
            return "its line ends are of more than one kind"
        if self.quotes % 2:
            return "its quotes are odd in number"
        if self.head is not None and self._ragged(self.head):
            return "its records have different numbers of cells"
        return None

    def _ragged(self, head: Head) -> bool:
        """Whether the delimiters of a text tell that its records differ; in quotes there may be more of them.

        Shorter ones beside longer ones may balance: the bulk reader tells of the shorter.
        """
        records = self.lines - head.lines - (self.blank - head.skipped_blank - head.blank_before)
        if records < 1 or self.pads:
            return False
        found, due = self.delimiters - head.delimiters, 0 if head.width == 1 else records * (head.width - 1)
        return self.around.whole_lines and found < due if self.quotes else found != due

    @property
    def lines(self) -> int:
        """Physical lines."""
        return self.lf + self.cr - self.crlf + (self.last != b"\n")


def _cut(whole: bytes) -> int:
    """Where the last whole UTF-8 character of some bytes ends."""
    for back in range(1, min(4, len(whole)) + 1):
        byte = whole[-back]
        if byte & 0xC0 != 0x80:  # noqa: PLR2004  # no continuation byte
            needed = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004
            return len(whole) - back if needed > back else len(whole)
    return len(whole)
