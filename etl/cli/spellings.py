"""How the values of options are spelt: each is checked before any file or warehouse is looked at."""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Callable
from typing import Any

import click

from etl.errors import shorten
from etl.names import matched

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)%", re.ASCII)
_MEMORY = re.compile(r"\d+(?:\.\d+)?\s?(?:[KMGT]i?)?B", re.ASCII | re.IGNORECASE)
_WHOLE = 100


class Spelling(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click only
    """A type of option: its function turns the text into the value, or says in a ValueError what is wrong with it.

    Only a path may have bytes that are not UTF-8: nothing else can enter a statement or the ledger so.
    """

    def __init__(self, name: str, parse: Callable[[str], object], *, path: bool = False) -> None:
        """Keep the name, which click wants, the function, and whether the text names a file or folder."""
        self.name = name
        self._parse = parse
        self._path = path

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value that the text spells; a default is a value already."""
        if not isinstance(value, str):
            return value
        try:
            (_check_length if self._path else _check_utf8)(value)
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class FilePath(click.Path):
    """click's path, of a length that the machine takes: click itself would end in an error of the machine's.

    Args:
        utf8: Its name enters statements of SQL, which take no other bytes.
    """

    def __init__(self, *, utf8: bool = False, **settings: Any) -> None:
        """Keep what click keeps, and that."""
        super().__init__(**settings)
        self._utf8 = utf8

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, checked."""
        try:
            if not os.fsdecode(value):  # an unset shell variable must not turn into the current folder
                raise ValueError("it is empty.")  # noqa: TRY301  told as the others are
            _check_length(os.fsdecode(value))
            if self._utf8:
                _check_utf8(os.fsdecode(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)


def _check_length(path: str) -> None:
    """Hold a path to what the machine takes as a name.

    Raises:
        ValueError: It is too long.
    """
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ValueError(f"{shorten(path, 40)} is too long for the name of a file.") from error


def _check_utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        spelled = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise ValueError(f"it has bytes that are not UTF-8: {spelled}") from error


def _text(text: str) -> str:
    """Not empty: an unset shell variable must not turn into the current folder."""
    if not text:
        raise ValueError("it is empty.")
    if "\0" in text:
        raise ValueError("it holds a NUL character.")
    return text


def _key(text: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise ValueError(f"{text!r} has an empty column name; write it like --key id or --key country,city.")
    if len({matched(name) for name in names}) < len(names):
        raise ValueError(f"{text!r} names a column twice.")
    return names


def _column(text: str) -> tuple[str, str]:
    name, _, kind = (part.strip() for part in text.partition("="))
    if not (name and kind):
        raise ValueError(f"{text!r} is not NAME=TYPE; write it like --column amount='DECIMAL(12,2)'.")
    return name, kind


def _max_rejects(text: str) -> str:
    percent = _PERCENT.fullmatch(text)
    if percent and float(percent[1]) > _WHOLE:
        raise ValueError(f"{text!r} is more than all records.")
    if not percent and not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is neither a number of records, like 100, nor a percentage, like 1%.")
    return text


def _memory(text: str) -> str:
    if not _MEMORY.fullmatch(text):
        raise ValueError(f"{text!r} is no size; write a number and a unit, like 2GB or 512MiB.")
    return text


def _character(text: str) -> str:
    if text in ("tab", r"\t"):
        return "\t"
    if len(text) != 1:
        raise ValueError(f"{text!r} is not one character.")
    if text in "\r\n\0":
        raise ValueError(f"{text!r} ends a line or a text, so nothing else can be told by it.")
    return text


def _quote(text: str) -> str:
    return text and _character(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"{text!r} is no number of seconds, like 5 or 0.5.")
    return seconds


TEXT = Spelling("text", _text)
PATH = Spelling("text", _text, path=True)
ANY_TEXT = Spelling("text", str)
KEY = Spelling("key", _key)
COLUMN = Spelling("column", _column)
MAX_REJECTS = Spelling("max-rejects", _max_rejects)
MEMORY = Spelling("size", _memory)
CHARACTER = Spelling("character", _character)
QUOTE = Spelling("character", _quote)
SECONDS = Spelling("seconds", _seconds)
