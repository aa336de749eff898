"""Kinds of cells, types of columns and values under a type: the lattice of the design, by grammar alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

Value = int | Decimal | bool | date | datetime | str | None

INTEGER = re.compile(r"0|-?[1-9][0-9]*")
FRACTION = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")

DOUBLE_DIGITS = 15
DOUBLE_REACH = 300
DECIMAL_DIGITS = 38
BIGINT = range(-(2**63), 2**63)
HUGEINT = range(-(2**127), 2**127)


class Misfit:
    """The value of a cell under a type that it does not fit: it differs from everything, itself included."""

    def __eq__(self, other: object) -> bool:
        """Never."""
        return False

    __hash__ = object.__hash__


MISFIT = Misfit()


@dataclass(frozen=True)
class Type:
    """A column's type."""

    word: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        """As DuckDB spells it."""
        return f"DECIMAL({self.precision},{self.scale})" if self.word == "DECIMAL" else self.word


VARCHAR = Type("VARCHAR")


def stated(word: str) -> Type:
    """A declared type: a plain word, or DECIMAL(p,s)."""
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", word)
    return Type("DECIMAL", int(found[1]), int(found[2])) if found else Type(word)


@dataclass(frozen=True)
class Digits:
    """How many digits a number has.

    Args:
        integer: Before the point, without leading zeros.
        scale: After it, without trailing zeros.
        significant: From the first to the last that is not zero.
    """

    integer: int
    scale: int
    significant: int

    @classmethod
    def of(cls, text: str) -> Digits:
        """Of a text that is an integer or a fraction."""
        integer, _, fraction = text.lstrip("-").partition(".")
        return cls(len(integer.lstrip("0")), len(fraction.rstrip("0")), len((integer + fraction).strip("0")))


def kind(text: str) -> str:
    """`integer`, `fraction`, `boolean`, `date`, `timestamp` or `text`."""
    if INTEGER.fullmatch(text):
        return "integer"
    if FRACTION.fullmatch(text):
        return "fraction"
    if text.lower() in ("true", "false"):
        return "boolean"
    if DATE.fullmatch(text) and _real(text):
        return "date"
    if TIMESTAMP.fullmatch(text) and _real(text):
        return "timestamp"
    return "text"


def _real(text: str) -> bool:
    """Whether the calendar and the clock have it."""
    try:
        datetime.fromisoformat(text.partition(".")[0])
    except ValueError:
        return False
    return True


def column_type(texts: Iterable[str | None]) -> Type:
    """The type of a column from all its cells; NULLs have no say."""
    cells = [text for text in texts if text is not None]
    kinds = {kind(text) for text in cells}
    if kinds == {"integer"}:
        return _integer_type([int(text) for text in cells])
    if kinds in ({"fraction"}, {"fraction", "integer"}):
        return _fraction_type([Digits.of(text) for text in cells])
    if len(kinds) == 1 and "text" not in kinds:
        return Type(kinds.pop().upper())
    return VARCHAR


def _integer_type(values: list[int]) -> Type:
    for word, reach in (("BIGINT", BIGINT), ("HUGEINT", HUGEINT)):
        if all(value in reach for value in values):
            return Type(word)
    return VARCHAR


def _fraction_type(digits: list[Digits]) -> Type:
    if all(_fits_double(each) for each in digits):
        return Type("DOUBLE")
    scale = max(each.scale for each in digits)
    precision = max(1, *(each.integer for each in digits)) + scale  # the 0 before the point is a digit
    return Type("DECIMAL", precision, scale) if precision <= DECIMAL_DIGITS else VARCHAR


def _fits_double(digits: Digits) -> bool:
    within = digits.integer <= DOUBLE_REACH and digits.scale <= DOUBLE_REACH
    return within and digits.significant <= DOUBLE_DIGITS


def value(text: str | None, of: Type) -> Value | Misfit:
    """What a cell says under a type; MISFIT where it is not of the type's grammar or reach."""
    if text is None or of == VARCHAR:
        return text
    return READ[of.word](text) if fits(text, of) else MISFIT


def _number(text: str) -> Decimal:
    """A number; there is one zero."""
    return Decimal(text) if Digits.of(text).significant else Decimal(0)


def _instant(text: str) -> datetime:
    whole, _, fraction = text.partition(".")
    return datetime.fromisoformat(whole).replace(microsecond=int(fraction.ljust(6, "0")))


READ: dict[str, Callable[[str], Value]] = {
    "BIGINT": int,
    "HUGEINT": int,
    "DOUBLE": _number,
    "DECIMAL": _number,
    "BOOLEAN": lambda text: text.lower() == "true",
    "DATE": date.fromisoformat,
    "TIMESTAMP": _instant,
}


def fits(text: str, of: Type) -> bool:
    """Whether a cell is of a type's grammar and within its reach."""
    found = kind(text)
    if of.word == "VARCHAR":
        return True
    if of.word in ("BIGINT", "HUGEINT"):
        return found == "integer" and int(text) in (BIGINT if of.word == "BIGINT" else HUGEINT)
    if of.word in ("DOUBLE", "DECIMAL"):
        if found not in ("integer", "fraction"):
            return False
        digits = Digits.of(text)
        if of.word == "DOUBLE":
            return _fits_double(digits)
        return digits.scale <= of.scale and digits.integer <= of.precision - of.scale
    if of.word == "TIMESTAMP":  # declared or frozen, it takes a date too: that day's midnight
        return found in ("date", "timestamp")
    return found == of.word.lower()
