"""The lattice of kinds: from the kinds of a column's cells to its type.

A summary is a set of kinds as bits beside the digits of its numbers. Two join by OR and by maximum, which is
associative, commutative and idempotent: so a type is the same whatever the order of files, and narrows when a file
leaves. Cells of text, JSON and sheets have kinds by their grammar; a column of Parquet has that of its type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INTEGER_64, INTEGER_128, INTEGER_BEYOND, FRACTION, BOOLEAN, DATE, TIMESTAMP, TEXT = 1, 2, 4, 8, 16, 32, 64, 128
WIDE, CHANGED, NEGATIVE_ZERO = 256, 512, 1024  # beside a kind: many digits, not its raw text, -0.0
STRING, NESTED = 2048, 4096  # of JSON, Parquet and sheets: never anything else
INT8, INT16, INT32, UINT8, UINT16, UINT32, UINT64 = (1 << bit for bit in range(13, 20))  # of Parquet, like those below
FLOAT32, FLOAT64, DECIMAL = 1 << 20, 1 << 21, 1 << 22
INSTANT, NANOSECONDS, TIME, UUID, BLOB, INTERVAL, TIME_ZONED, TIME_NANOSECONDS = (1 << bit for bit in range(23, 31))
NOT_FINITE, SUB_MICRO = 1 << 31, 1 << 32  # beside FLOAT: NaN or an infinity; beside NANOSECONDS: past microseconds
MARKS = WIDE | CHANGED | NEGATIVE_ZERO | NOT_FINITE | SUB_MICRO
SIGNED, UNSIGNED = ((INT8, 8), (INT16, 16), (INT32, 32), (INTEGER_64, 64), (INTEGER_128, 128)), (
    (UINT8, 8), (UINT16, 16), (UINT32, 32), (UINT64, 64))
INTEGER = INTEGER_64 | INTEGER_128 | INTEGER_BEYOND | INT8 | INT16 | INT32 | UINT8 | UINT16 | UINT32 | UINT64
FLOATS = FLOAT32 | FLOAT64
NUMBER = INTEGER | FRACTION | FLOATS | DECIMAL
WORDED = TEXT | STRING  # what makes a column text by one cell
LIKE_OTHERS = ("INTERVAL",)  # types of which DuckDB takes different values for equal: a month and 30 days
DECIMAL_DIGITS = 38
DOUBLE_DIGITS = 15

_ALONE = {
    BOOLEAN: "BOOLEAN", DATE: "DATE", TIMESTAMP: "TIMESTAMP", NESTED: "JSON", FLOAT32: "FLOAT", FLOAT64: "DOUBLE",
    INSTANT: "TIMESTAMP WITH TIME ZONE", NANOSECONDS: "TIMESTAMP_NS", TIME: "TIME", UUID: "UUID", BLOB: "BLOB",
    INTERVAL: "INTERVAL", TIME_ZONED: "TIME WITH TIME ZONE", TIME_NANOSECONDS: "TIME_NS",
}
_SIGNED_TYPES = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT", 128: "HUGEINT"}
_UNSIGNED_TYPES = {8: "UTINYINT", 16: "USMALLINT", 32: "UINTEGER", 64: "UBIGINT"}
_INTEGER_BITS = {_SIGNED_TYPES[width]: bit for bit, width in SIGNED} | {
    _UNSIGNED_TYPES[width]: bit for bit, width in UNSIGNED}
INTEGERS = tuple(_INTEGER_BITS)
DECIMAL_TYPE = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NAMES = (
    (INTEGER, "integers"), (FRACTION | DECIMAL | FLOATS, "fractions"), (BOOLEAN, "booleans"), (DATE, "dates"),
    (TIMESTAMP | NANOSECONDS, "timestamps"), (NESTED, "nested values"), (INSTANT, "timestamps with a zone"),
    (TIME | TIME_ZONED | TIME_NANOSECONDS, "times"), (UUID, "UUIDs"), (BLOB, "binary values"), (INTERVAL, "intervals"),
)
STORED = frozenset(_ALONE.values()) - {"JSON"} | frozenset(_INTEGER_BITS) | {"VARCHAR"}


@dataclass(frozen=True, slots=True)
class Summary:
    """The kinds of a column's cells (bits), and the most digits before and after the point of its numbers."""

    kinds: int = 0
    integer_digits: int = 0
    scale: int = 0

    def __or__(self, other: Summary) -> Summary:
        """Their join."""
        return Summary(self.kinds | other.kinds, max(self.integer_digits, other.integer_digits),
                       max(self.scale, other.scale))

    @property
    def changed(self) -> bool:
        """Whether a cell differs from its raw text."""
        return bool(self.kinds & CHANGED)

    @property
    def needs_digits(self) -> bool:
        """Whether the type depends on how many digits the numbers have."""
        fractions = bool(self.kinds & FRACTION and self.kinds & WIDE) or bool(self.kinds & DECIMAL)
        return fractions and not self.kinds & (FLOATS | ~(NUMBER | MARKS))

    def type(self) -> str:
        """The type of a column with these cells (design: section 4, Types)."""
        kinds = self.kinds & ~MARKS
        if kinds in _ALONE:
            return _ALONE[kinds]
        if kinds == TIMESTAMP | NANOSECONDS and not self.kinds & SUB_MICRO:
            return "TIMESTAMP"
        if kinds == 0 or kinds & ~NUMBER:
            return "VARCHAR"
        if kinds & FLOATS:
            return "VARCHAR" if self.kinds & WIDE else "DOUBLE"
        if kinds & (FRACTION | DECIMAL):
            return self._fraction(kinds)
        return _integer(kinds)

    def _fraction(self, kinds: int) -> str:
        if kinds == DECIMAL:
            return f"DECIMAL({self.integer_digits + self.scale},{self.scale})" if (
                self.integer_digits + self.scale <= DECIMAL_DIGITS) else "VARCHAR"
        if not self.kinds & WIDE and not kinds & DECIMAL:
            return "DOUBLE"
        digits = max(self.integer_digits, 1) + self.scale  # the 0 before the point counts: without it DuckDB's JSON
        return f"DECIMAL({digits},{self.scale})" if digits <= DECIMAL_DIGITS else "VARCHAR"  # would begin with .

    def mixture(self) -> str | None:
        """Why a column without a text cell is text; None where it is not."""
        if self.type() != "VARCHAR" or self.kinds & WORDED:
            return None
        found = [name for kind, name in _NAMES if self.kinds & kind]
        if not found:
            return "it has no cell that is not NULL"
        if len(found) == 1 or self.kinds & ~(NUMBER | MARKS) == 0:
            return "its numbers have more digits than a number type keeps"
        return "it mixes " + " and ".join(found)


def _integer(kinds: int) -> str:
    """The narrowest type that holds integers of these types."""
    if kinds & INTEGER_BEYOND:
        return "VARCHAR"
    signed = max((width for bit, width in SIGNED if kinds & bit), default=0)
    unsigned = max((width for bit, width in UNSIGNED if kinds & bit), default=0)
    if not signed:
        return _UNSIGNED_TYPES[unsigned]
    return _SIGNED_TYPES[max(signed, 2 * unsigned)]


def summary_of(stored: str) -> Summary:
    """What a column of Parquet is by its type alone; the values may add marks."""
    decimal = DECIMAL_TYPE.fullmatch(stored)
    if decimal:
        digits, scale = int(decimal[1]), int(decimal[2])
        return Summary(DECIMAL | (WIDE if digits > DOUBLE_DIGITS else 0), digits - scale, scale)
    if stored in _INTEGER_BITS:
        return Summary(_INTEGER_BITS[stored], _integer_digits(_INTEGER_BITS[stored]), 0)
    return Summary(next((kind for kind, name in _ALONE.items() if name == stored), STRING))


def _integer_digits(bit: int) -> int:
    """The most digits of an integer of a type."""
    for kinds, sign in ((SIGNED, 1), (UNSIGNED, 0)):
        for found, width in kinds:
            if found == bit:
                return len(str(2 ** (width - sign) - 1))
    return 0
