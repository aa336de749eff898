"""A document of JSON read piece by piece: the elements of its array, or values one behind the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from etl.sources.json_text import GAP, STRING, NotJson, afresh, too_deep, value

_BRACKET = re.compile(STRING.pattern + r"|[][{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Element:
    """One value of a document: its text, as it stands, and where it begins.

    Args:
        line: Line ends before it, and 1.
        byte: Bytes before it; None where they are not counted.
    """

    raw: str
    found: Any
    line: int
    byte: int | None


class Document:
    """The values of a text read piece by piece: the elements of its array, or values one behind the other."""

    def __init__(self, texts: Iterator[str], size: Callable[[str], int] | None = None, mark: int = 0) -> None:
        """Read from pieces of decoded text.

        Args:
            size: How many bytes a text was; None counts none.
            mark: Bytes of the byte order mark, which the pieces lack.
        """
        self._size = size
        self.byte = None if size is None else mark
        self._texts = _whole_line_ends(texts)
        self._held = ""
        self._place = 0
        self._complete = False
        self.line = 1
        self.passed = 0
        self.array = False

    def elements(self) -> Iterator[Element]:
        """The values in order.

        Raises:
            NotJson: The text is not JSON; `line` and `passed` (characters) tell where.
        """
        if self._next() == "[":
            self.array = True
            self._pass(1)
            if self._next() == "]":
                self._pass(1)
            else:
                yield from self._array()
            if self._next():
                raise NotJson("not_json", "text follows the end of the array", 0)
            return
        while self._next():
            yield self._element()

    def _array(self) -> Iterator[Element]:
        while True:
            self._next()
            yield self._element()
            mark = self._next()
            if mark not in (",", "]"):
                raise NotJson("not_json", "the array goes on without a comma" if mark else
                              "the array is never closed: the file is cut off", 0)
            self._pass(1)
            if mark == "]":
                return

    def _element(self) -> Element:
        while True:
            try:
                found, end = self._value()
            except NotJson as error:
                before = max(0, error.at - self._place)
                if not self._more():
                    self._pass(before)
                    raise
                continue
            if end < len(self._held) or not self._more():
                element = Element(self._held[self._place : end], found, self.line, self.byte)
                self._pass(end - self._place)
                return element

    def _value(self) -> tuple[Any, int]:
        """The value that stands here, and where it ends; without its parts where it is nested too deeply.

        Raises:
            NotJson: There is none, or it is not whole yet.
        """
        try:
            return value(self._held, self._place)
        except RecursionError:
            end = _closed(self._held, self._place)
            raw = self._held[self._place : end]
            return (None, end) if too_deep(raw) else (afresh(lambda: value(raw))[0], end)

    def _next(self) -> str:
        """The next character that is not white space, where it stands; empty at the end."""
        while True:
            gap = GAP.match(self._held, self._place)
            self._pass((gap.end() if gap else self._place) - self._place)
            if self._place < len(self._held):
                return self._held[self._place]
            if not self._more():
                return ""

    def _pass(self, count: int) -> None:
        seen = self._held[self._place : self._place + count]
        self.line += seen.count("\n") + (seen.count("\r") - seen.count("\r\n") if "\r" in seen else 0)
        self._place += count
        self.passed += count
        if self.byte is not None and self._size is not None:
            self.byte += self._size(seen)

    def _more(self) -> bool:
        """Hold at least as much again; False at the end of the text."""
        if self._complete:
            return False
        rest, size = [self._held[self._place :]], 0
        while size <= len(rest[0]):
            text = next(self._texts, None)
            if text is None:
                self._complete = True
                break
            if not text:
                continue
            rest.append(text)
            size += len(text)
        self._held, self._place = "".join(rest), 0
        return size > 0


def _closed(text: str, at: int) -> int:
    """Where the object or list that begins at a place of a text ends, by its brackets.

    Raises:
        NotJson: It does not.
    """
    deep = 0
    for found in _BRACKET.finditer(text, at):
        deep += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        if not deep:
            return found.end()
    raise NotJson("too_deep", "its values are nested too deeply, and never closed", at)


def _whole_line_ends(texts: Iterator[str]) -> Iterator[str]:
    """The same text in pieces that never part a CRLF."""
    kept = ""
    for text in texts:
        whole = kept + text
        kept = "\r" if whole.endswith("\r") else ""
        yield whole.removesuffix("\r")
    if kept:
        yield kept
