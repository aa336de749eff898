"""The lattice of kinds: from the kinds of a column's cells to its type.

A summary is a set of kinds as bits beside the digits of its numbers. Two join
by OR and by maximum, which is associative, commutative and idempotent: so a
type is the same whatever the order of files, and narrows when a file leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

INTEGER_64, INTEGER_128, INTEGER_BEYOND, FRACTION, BOOLEAN, DATE, TIMESTAMP, TEXT = 1, 2, 4, 8, 16, 32, 64, 128
WIDE, CHANGED, NEGATIVE_ZERO = 256, 512, 1024  # beside a kind: many digits, not its raw text, -0.0
MARKS = WIDE | CHANGED | NEGATIVE_ZERO
INTEGER = INTEGER_64 | INTEGER_128 | INTEGER_BEYOND
NUMBER = INTEGER | FRACTION
KIND_NAMES = ((INTEGER, "integers"), (FRACTION, "fractions"), (BOOLEAN, "booleans"), (DATE, "dates"),
              (TIMESTAMP, "timestamps"))
DECIMAL_DIGITS = 38


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
        return bool(self.kinds & FRACTION and self.kinds & WIDE and not self.kinds & ~(NUMBER | MARKS))

    def type(self) -> str:
        """The type of a column with these cells (design: section 4, Types)."""
        kinds = self.kinds & (NUMBER | BOOLEAN | DATE | TIMESTAMP | TEXT)
        if kinds == BOOLEAN:
            return "BOOLEAN"
        if kinds == DATE:
            return "DATE"
        if kinds == TIMESTAMP:
            return "TIMESTAMP"
        if kinds == 0 or kinds & ~NUMBER:
            return "VARCHAR"
        if not kinds & FRACTION:
            return "VARCHAR" if kinds & INTEGER_BEYOND else "HUGEINT" if kinds & INTEGER_128 else "BIGINT"
        if not self.kinds & WIDE:
            return "DOUBLE"
        digits = max(self.integer_digits, 1) + self.scale  # the 0 before the point counts: without it DuckDB's JSON
        return f"DECIMAL({digits},{self.scale})" if digits <= DECIMAL_DIGITS else "VARCHAR"  # would begin with .

    def mixture(self) -> str | None:
        """Why a column without a text cell is text; None where it is not."""
        if self.type() != "VARCHAR" or self.kinds & TEXT:
            return None
        found = [name for kind, name in KIND_NAMES if self.kinds & kind]
        if not found:
            return "it has no cell that is not NULL"
        if len(found) == 1 or self.kinds & ~(NUMBER | MARKS) == 0:
            return "its numbers have more digits than a number type keeps"
        return "it mixes " + " and ".join(found)
