"""JSON read exactly: numbers as they are written, every key of an object, and what is wrong with a text, by its place.

The judge of what DuckDB's JSON functions are too lenient with, or change: trailing commas, NaN, doubled keys, lone
surrogates, digits past those of a double.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, TypeVar

_T = TypeVar("_T")
WHITE = " \t\r\n"
DEEPEST = 256  # objects and lists in one another, the record among them; `etl_json_deep` in SQL says the same
TOO_DEEP = ("too_deep", f"its values are nested more than {DEEPEST} deep")
STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = re.compile(  # of a pair, as it is written
    r"\\u[dD][89abAB][\dA-Fa-f]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][\dA-Fa-f]{2})\\u[dD][c-fC-F]")
GAP = re.compile(r"[ \t\r\n]*")


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
        raise NotJson("not_json", f"it is not JSON: {_said(error)}", error.pos) from error
    return found, end


def _said(error: json.JSONDecodeError) -> str:
    """The decoder's sentence, which may end in "at" because a place would follow."""
    if error.msg.startswith("Invalid control character"):
        return f"a string holds U+{ord(error.doc[error.pos]):04X}, which is written as an escape"
    return error.msg[0].lower() + error.msg[1:].removesuffix(" at").removesuffix(" starting")


def too_deep(text: str) -> bool:
    """Whether values are nested deeper than is taken, wherever they come from and whoever reads them."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    brackets = _NO_BRACKET.sub("", STRING.sub("", text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > DEEPEST


def afresh(work: Callable[[], _T]) -> _T:
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
        return Record(raw, fault=TOO_DEEP)
    try:
        found, end = afresh(lambda: value(raw))
        rest = GAP.match(raw, end)
        if rest is not None and rest.end() != len(raw):
            return Record(raw, fault=("not_json", "text follows the value"), at=end)
        return judged(raw, found)
    except NotJson as error:
        return Record(raw, fault=(error.code, str(error)), at=error.at)


def judged(raw: str, found: Any) -> Record:
    """A value that was read as a record."""
    if too_deep(raw):
        return Record(raw, fault=TOO_DEEP)
    if not isinstance(found, Pairs):
        return Record(raw, fault=("not_an_object", "the record is not an object of JSON"))
    keys = [key for key, _ in found]
    if len(set(keys)) != len(keys):
        doubled = next(key for i, key in enumerate(keys) if key in keys[:i])
        return Record(raw, fault=("doubled_key", f"the object has the key {json.dumps(doubled)} more than once"))
    members = afresh(lambda: tuple((key, text_of(item)) for key, item in found))
    if not raw.isascii() or "\\u" in raw:
        for key, text in members:
            if _SURROGATE.search(key) or (text is not None and _SURROGATE.search(text)):
                half = _HALF.search(raw)
                return Record(raw, fault=("not_json", "it has half of a surrogate pair, which is no character"),
                              at=0 if half is None else half.start())
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
