"""Texts from files and their names, made safe and short enough to be shown to a person."""

from __future__ import annotations

import unicodedata

DOTS = "..."
_NO_TEXT = 0xDC00  # and the byte: how Python keeps one of a name that is not of its encoding


def printable(text: str) -> str:
    r"""The text in one line, with every control character and escape sequence spelt out (`\n`, `\x1b`).

    So is a byte of a file's name that is no text (`\xff`).
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _spelt(c) for c in text)


def _spelt(character: str) -> str:
    byte = ord(character) - _NO_TEXT
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else character.encode("unicode_escape").decode()  # noqa: PLR2004


def cells(text: str) -> int:
    """How many cells of a terminal the text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(c) for c in text)


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def elide(text: str, room: int) -> str:
    """The text in at most `room` cells; of a longer one a third from its start and the rest from its end.

    The end of a file name tells more than its middle: it is where the date stands.
    """
    if cells(text) <= room:
        return text
    left = room - cells(DOTS)
    if left <= 0:
        return DOTS[:room]
    head = chop(text, left // 3)
    tail = chop(text[::-1], left - cells(head))[::-1]
    return head + DOTS + tail


def chop(text: str, room: int) -> str:
    """The longest beginning of the text that fits into `room` cells."""
    if text.isascii():
        return text[:room]
    taken = 0
    for place, character in enumerate(text):
        taken += _cells_of(character)
        if taken > room:
            return text[:place]
    return text


def fold(text: str, room: int) -> list[str]:
    """The text in pieces of at most `room` cells (two at least); nothing of it is lost."""
    pieces = []
    while cells(text) > room:
        piece = chop(text, room)
        pieces.append(piece)
        text = text[len(piece):]
    return [*pieces, text]


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text with blanks up to `width` cells; before it when it is to stand at the right."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks
