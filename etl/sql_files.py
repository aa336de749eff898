"""The statements in `sql/`: read, checked against their headers, and filled in.

A file begins with a comment that says what it does, what it `Needs:` (the
placeholders, and the values that are bound as `$name`) and what it `Expects:`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from etl.names import Sql
from etl.resources import resources

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_NEEDS = re.compile(r"^-- Needs:(.*(?:\n--  +.*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One file of `sql/`, checked: its placeholders are those of its header."""

    name: str
    text: str
    needs: frozenset[str]

    def fill(self, **pieces: Sql) -> str:
        """Put pieces of SQL in the place of the placeholders.

        Raises:
            ValueError: A placeholder is missing or unknown.
            TypeError: A piece was not made by `etl.names`.
        """
        if set(pieces) != self.needs:
            raise ValueError(f"sql/{self.name}.sql needs {sorted(self.needs)}, given {sorted(pieces)}")
        for key, piece in pieces.items():
            if not isinstance(piece, Sql):
                raise TypeError(f"sql/{self.name}.sql: {key} is not a piece of SQL")
        return _PLACEHOLDER.sub(lambda match: pieces[match[1]], self.text)


@cache
def statement(name: str) -> Statement:
    """The statement of `sql/<name>.sql`."""
    whole = (resources("sql") / f"{name}.sql").read_text(encoding="utf-8")
    header = _NEEDS.search(whole)
    stated = frozenset(_PLACEHOLDER.findall(header[1])) if header else frozenset()
    text = "\n".join(line for line in whole.splitlines() if not line.lstrip().startswith("--"))
    used = frozenset(_PLACEHOLDER.findall(text))
    if stated != used:
        raise ValueError(f"sql/{name}.sql states {sorted(stated)} and uses {sorted(used)}")
    return Statement(name, text.strip(), used)


def fill(name: str, **pieces: Sql) -> str:
    """The statement of `sql/<name>.sql`, filled in."""
    return statement(name).fill(**pieces)


def piece(name: str, **pieces: Sql) -> Sql:
    """The same as a piece of a larger statement: a relation in parentheses."""
    return Sql("(\n" + fill(name, **pieces).rstrip().rstrip(";") + "\n)")
