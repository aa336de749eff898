"""What stands around quotes, told in the same way however it is looked for."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from etl.sources import quotes
from etl.sources.quotes import Quotes

PIECES = st.lists(st.text(alphabet=' "\t\n,x\xa0\v', max_size=12).map(str.encode), max_size=6)
WHITE = "[ \t\v\f\xa0]+"
SPACED = re.compile(f'"{WHITE}(?:[",\n]|$)|(?:,|\n|^){WHITE}"')


def spaced(pieces: list[bytes], few: int) -> bool:
    """Whether white space is found around the quotes of a text of these pieces."""
    whole, quotes.FEW = quotes.FEW, few
    try:
        around = Quotes(b'"', b",")
        for piece in pieces:
            around.take(piece, piece.translate(None, around.no_marks(b",")))
        return around.spaced or around.ends_spaced()
    finally:
        quotes.FEW = whole


@given(PIECES)
@example([b'x" ', b'"'])
@example([b"\n", b' "'])
def test_white_space_beside_quotes(pieces: list[bytes]) -> None:
    """Holds: by the pattern for few quotes, by the marks of many and by the whole text the answer is the same."""
    expected = SPACED.search(b"".join(pieces).decode()) is not None
    assert spaced(pieces, 0) == spaced(pieces, 1 << 30) == expected
