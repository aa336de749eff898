"""JSON read exactly: numbers as they are written, every key of an object, and what is wrong with a text, by its place.

The judge of what DuckDB's JSON functions are too lenient with, or change: trailing commas, NaN, doubled keys, lone
surrogates, digits past those of a double.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeVar

_T = TypeVar("_T")
WHITE = " \t\r\n"
DEEPEST = 256  # objects and lists in one another, the record among them; `etl_json_deep` in SQL says the same
_TOO_DEEP = ("too_deep", f"its values are nested more than {DEEPEST} deep")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(_STRING.pattern + r"|[][{}]", re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_GAP = re.compile(r"[ \t\r\n]*")


class Number(str):
    """A number as the text spells it."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """The members of an object, in order, doubled keys among them."""

    __slots__ = ()


class NotJson(ValueError):
    """A text is not JSON."""

    def __init__(self, code: str, message: str, at: int) -> None:
        """Keep the code of the problem, its sentence, and where it is: characters from the beginning."""
        super().__init__(message)
        self.code = code
        self.at = at


def _no_constant(word: str) -> Any:
    raise NotJson("not_json", f"{word} is no value of JSON", 0)


_DECODER = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=Number, parse_int=Number, parse_constant=_no_constant)


def value(text: str, at: int = 0) -> tuple[Any, int]:
    """The value that begins at a place of a text, and where it ends.

    Raises:
        NotJson: There is none.
        RecursionError: It is nested too deeply for the stack.
    """
    try:
        found, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise NotJson("not_json", f"it is not JSON: {error.msg[0].lower()}{error.msg[1:]}", error.pos) from error
    return found, end


def too_deep(text: str) -> bool:
    """Whether values are nested deeper than is taken, wherever they come from and whoever reads them."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > DEEPEST


def _afresh(work: Callable[[], _T]) -> _T:
    """Do work whose recursion is bounded, in a thread of its own where the caller's stack has no room for it."""
    try:
        return work()
    except RecursionError:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(work).result()


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a text: its members, or what is wrong with it.

    Args:
        raw: The text of the record.
        fault: Code and sentence.
        at: Where in `raw` the fault is.
    """

    raw: str
    members: tuple[tuple[str, str | None], ...] = ()
    fault: tuple[str, str] | None = None
    at: int = 0


def record(raw: str) -> Record:
    """One text of JSON as a record: an object whose members are told by their texts.

    A member's text is its JSON without white space, its numbers as they are written; None for null.
    """
    if too_deep(raw):
        return Record(raw, fault=_TOO_DEEP)
    try:
        found, end = _afresh(lambda: value(raw))
        rest = _GAP.match(raw, end)
        if rest is not None and rest.end() != len(raw):
            return Record(raw, fault=("not_json", "text follows the value"), at=end)
        return judged(raw, found)
    except NotJson as error:
        return Record(raw, fault=(error.code, str(error)), at=error.at)


def judged(raw: str, found: Any) -> Record:
    """A value that was read as a record."""
    if too_deep(raw):
        return Record(raw, fault=_TOO_DEEP)
    if not isinstance(found, Pairs):
        return Record(raw, fault=("not_an_object", "the record is not an object of JSON"))
    keys = [key for key, _ in found]
    if len(set(keys)) != len(keys):
        doubled = next(key for i, key in enumerate(keys) if key in keys[:i])
        return Record(raw, fault=("doubled_key", f"the object has the key {json.dumps(doubled)} more than once"))
    members = _afresh(lambda: tuple((key, text_of(item)) for key, item in found))
    if not raw.isascii() or "\\u" in raw:
        for key, text in members:
            if _SURROGATE.search(key) or (text is not None and _SURROGATE.search(text)):
                return Record(raw, fault=("not_json", "it has half of a surrogate pair, which is no character"))
    return Record(raw, members)


_ESCAPES = {number: f"\\u00{number:02X}" for number in range(32)} | {
    ord(char): "\\" + letter for char, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)}


def quoted(text: str) -> str:
    """A text as a string of JSON, spelt as DuckDB spells it."""
    return '"' + text.translate(_ESCAPES) + '"'


def text_of(item: Any) -> str | None:
    """A value as its text without white space; None for null."""
    return None if item is None else _text(item)


def _text(item: Any) -> str:
    if isinstance(item, Number):
        return str(item)
    if isinstance(item, str):
        return quoted(item)
    if isinstance(item, Pairs):
        return "{" + ",".join(f"{quoted(key)}:{_text(inner)}" for key, inner in item) + "}"
    if isinstance(item, list):
        return "[" + ",".join(map(_text, item)) + "]"
    return "null" if item is None else "true" if item else "false"


@dataclass(frozen=True, slots=True)
class Element:
    """One value of a document: its text, as it stands, and where it begins.

    Args:
        line: Line ends before it, and 1.
        at: Characters before it.
    """

    raw: str
    found: Any
    line: int
    at: int


class Document:
    """The values of a text read piece by piece: the elements of its array, or values one behind the other."""

    def __init__(self, texts: Iterator[str]) -> None:
        """Read from pieces of decoded text."""
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
                element = Element(self._held[self._place : end], found, self.line, self.passed)
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
            return (None, end) if too_deep(raw) else (_afresh(lambda: value(raw))[0], end)

    def _next(self) -> str:
        """The next character that is not white space, where it stands; empty at the end."""
        while True:
            gap = _GAP.match(self._held, self._place)
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
