"""What stands around the quotes of a text: white space that is part of no cell, and line ends between them."""

from __future__ import annotations

import re

from etl.sources.grammar import WHITE, Dialect, Walk

_BYTES = frozenset(range(256))
FEW = 40  # bytes to a quote, from which on a pattern that goes from quote to quote is the faster one


class Quotes:
    """The facts of the quotes of a text, gathered piece by piece; none depends on where the pieces were cut.

    Attributes:
        spaced: White space stands outside quotes. The bulk reader drops a space there, and reads `"a" "b"` as one cell;
            other white space makes it take the quotes for text.
        white: The bytes of white space that is not the delimiter; UTF-8 has those of a no-break space side by side.
    """

    def __init__(self, quote: bytes, delimiter: bytes) -> None:
        """Begin; a quote is one byte, or none where nothing is quoted."""
        self.spaced = False
        self.white = bytes(byte for byte in WHITE.encode() if byte not in delimiter)
        self._quote = quote
        self._one = self.white[:1]
        self._beside: re.Pattern[bytes] | None = None
        self._gaps: tuple[re.Pattern[bytes], ...] = ()
        self._gap = b"\n"
        self._open = b""
        self._odd = False
        self._not_in_lines = bytes(_BYTES.difference(b"\n", quote))
        self._as_one = bytes.maketrans(self.white, self._one * len(self.white))
        self._not_around = bytes(_BYTES.difference(b"\n", quote, delimiter, self.white))
        if quote and delimiter:
            q, d, white = re.escape(quote), re.escape(delimiter), b"[" + self.white + b"]"
            self._beside = re.compile(q + b"(?:" + white + b"|(?<=" + white + q + b"))")
            self._gaps = tuple(map(re.compile, (
                q + white + b"+[" + q + d + b"\n]", d + white + b"+" + q, b"\n" + white + b"+" + q)))

    def no_marks(self, delimiter: bytes) -> bytes:
        """The bytes that are no marks of a text: with `bytes.translate` they are deleted from it.

        White space is none: spaces anywhere would take it as long again as all the rest.
        """
        return bytes(_BYTES.difference(b"\0\n\r", self._quote, delimiter))

    def take(self, piece: bytes, marks: bytes) -> int:
        """Take the next piece; give the number of its quotes.

        Args:
            piece: Its line ends are LF.
            marks: Of the piece as it stood, CR among its line ends.
        """
        quotes = marks.count(self._quote) if self._quote else 0
        if quotes or self._open:
            self._lines(marks)
        if self._gaps:
            self._spaces(piece, quotes)
        return quotes

    def ends_spaced(self) -> bool:
        """Whether the text ends with white space behind a quote, which no piece could tell."""
        return self._gap == self._quote + self._one

    @property
    def whole_lines(self) -> bool:
        """Whether each line has an even number of quotes: no line end is quoted then, unless beside stray quotes."""
        return not (self._odd or self._open)

    def _lines(self, marks: bytes) -> None:
        ends = self._open + marks.replace(b"\r", b"\n").translate(None, self._not_in_lines)
        odd = ends.replace(self._quote * 2, b"")  # nothing else stands between the quotes of a line
        self._odd = self._odd or self._quote in odd[: odd.rfind(b"\n") + 1]
        self._open = odd[odd.rfind(b"\n") + 1 :]

    def _spaces(self, piece: bytes, quotes: int) -> None:
        """The patterns are slow: they are only asked where white space can stand beside a quote at all.

        Each begins with bytes, not with a choice of these: so it is found six times as fast.
        """
        across = self._gap.endswith(self._one) or (self._gap.endswith(self._quote) and piece[:1] in self.white)
        if (across or self._may_be_spaced(piece, quotes)) and any(gap.search(self._gap + piece) for gap in self._gaps):
            self.spaced = True
        bare = piece.rstrip(self.white)
        if bare:
            self._gap = bare[-1:] + self._one[: len(piece) - len(bare)]
        elif piece and not self._gap.endswith(self._one):
            self._gap += self._one

    def _may_be_spaced(self, piece: bytes, quotes: int) -> bool:
        """Whether white space stands beside one of so many quotes, or, of many, with nothing but text between."""
        if quotes * FEW < len(piece) and self._beside is not None:
            return bool(quotes) and self._beside.search(piece) is not None
        around = piece.translate(self._as_one, self._not_around)
        return self._quote + self._one in around or self._one + self._quote in around


class LastLine:
    """The last line of a text that is not blank, gathered piece by piece.

    Where DuckDB pads, it drops an unclosed quote past the last column in it without a word. On an earlier line the
    lines behind it would be missed in the books.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._line = b""

    def take(self, piece: bytes) -> None:
        """Take the next piece, its line ends LF."""
        text = self._line + piece
        line = text.rstrip(b"\n")
        self._line = line[line.rfind(b"\n") + 1 :] + (b"\n" if len(line) < len(text) else b"")

    def may_be_open(self, dialect: Dialect, *, whole: bool) -> bool:
        """Whether a quoted cell may be open at its end; it begins in none where every line is `whole`."""
        line = self._line.decode("utf-8", "replace")
        for start in (line,) if whole else (line, dialect.quote + line):
            walk = Walk(dialect)
            walk.feed(start)
            if walk.open:
                return True
        return False
