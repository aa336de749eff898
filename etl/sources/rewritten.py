"""What a careful reader leaves of a file: its good records, written for the bulk reader, and what it rejected."""

from __future__ import annotations

from dataclasses import dataclass

from etl.errors import Problem
from etl.sources.grammar import Dialect


@dataclass(frozen=True, slots=True)
class Careful:
    """What the careful reader made of a file.

    `lines = head.lines + blank + rejected_lines + kept + line ends inside the cells of kept records`, where the head
    is the scan's and `blank` leaves out the blank lines of the head.

    Args:
        kept: Records written.
        rejects: One for each record that was not, in order.
        rejected_lines: Physical lines of those records.
        lines: Physical lines of the file.
        blank: Lines without a character outside records, behind the head.
        quoted: The quote character occurs in a kept record.
        dialect: That of the written file.
        longest: Bytes of the longest written record.
        whole_lines: No cell of a kept record has a line end.
        problem: Why the file as a whole cannot be read.
    """

    kept: int
    rejects: tuple[Problem, ...]
    rejected: int
    rejected_lines: int
    lines: int
    blank: int
    quoted: bool
    dialect: Dialect
    longest: int = 0
    problem: Problem | None = None
    whole_lines: bool = False
