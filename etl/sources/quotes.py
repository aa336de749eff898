"""What stands around the quotes of a text: spaces that are part of no cell, and line ends between them."""

from __future__ import annotations

import re

_BYTES = frozenset(range(256))


class Quotes:
    """The facts of the quotes of a text, gathered piece by piece; none depends on where the pieces were cut.

    Attributes:
        spaced: White space stands outside quotes: the bulk reader drops it, and reads `"a" "b"` as one cell.
    """

    def __init__(self, quote: bytes, delimiter: bytes) -> None:
        """Begin; where a space is the delimiter, spaces say nothing.

        Args:
            quote: A byte, or none where nothing is quoted.
        """
        self._quote = quote
        self._gaps: tuple[re.Pattern[bytes], ...] = ()
        self._gap = b"\n"
        self._open = b""
        self._odd = False
        self._not_in_lines = bytes(_BYTES.difference(b"\n", quote))
        self.spaced = False
        if quote and b" " not in delimiter:
            q, d = re.escape(quote), re.escape(delimiter)
            self._gaps = tuple(map(re.compile, (q + b" +[" + q + d + b"\\n]", d + b" +" + q, b"\\n +" + q)))

    def take(self, piece: bytes, marks: bytes) -> int:
        """Take the next piece; give the number of its quotes.

        Args:
            piece: Its line ends are LF.
            marks: Of its bytes at least all quotes, line ends (also CR) and spaces, in their order.
        """
        quotes = marks.count(self._quote) if self._quote else 0
        if quotes or self._open:
            self._lines(marks)
        if self._gaps:
            self._spaces(piece, marks)
        return quotes

    def ends_spaced(self) -> bool:
        """Whether the text ends with a space behind a quote, which no piece could tell."""
        return self._gap == self._quote + b" "

    @property
    def whole_lines(self) -> bool:
        """Whether each line has an even number of quotes: no line end is quoted then, unless beside stray quotes."""
        return not (self._odd or self._open)

    def _lines(self, marks: bytes) -> None:
        ends = self._open + marks.replace(b"\r", b"\n").translate(None, self._not_in_lines)
        odd = ends.replace(self._quote * 2, b"")  # nothing else stands between the quotes of a line
        self._odd = self._odd or self._quote in odd[: odd.rfind(b"\n") + 1]
        self._open = odd[odd.rfind(b"\n") + 1 :]

    def _spaces(self, piece: bytes, marks: bytes) -> None:
        """The patterns are slow: they are only asked where a space can stand beside a quote at all.

        Each begins with bytes, not with a choice of these: so it is found six times as fast.
        """
        across = self._gap.endswith(b" ") or (self._gap.endswith(self._quote) and piece.startswith(b" "))
        beside = self._quote + b" " in marks or b" " + self._quote in marks
        if (across or beside) and any(gap.search(self._gap + piece) for gap in self._gaps):
            self.spaced = True
        bare = piece.rstrip(b" ")
        if bare:
            self._gap = bare[-1:] + piece[len(bare) :][:1]
        elif piece and not self._gap.endswith(b" "):
            self._gap += b" "
