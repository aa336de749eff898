"""How statements stand in a script that DuckDB's own shell reads: with their values in place, and no CR as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from etl.errors import UsageError, shorten
from etl.names import glob, literal
from etl.sql_files import fill

BOUND = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w+)")
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def spelt(statement: str, values: Mapping[str, object] | Sequence[object] | None) -> str:
    """A statement with its bound values in place."""
    if not isinstance(values, Mapping):
        return statement
    return BOUND.sub(lambda found: found[0] if found[1] is None else literal_of(values[found[1]]), statement)


def literal_of(value: object) -> str:
    """A value as it stands in a statement."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "NULL"}[value]
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal_of, value)) + "]"
    return str(value) if isinstance(value, int) else literal(str(value))


def spellable(*names: str) -> None:
    """Hold names to what DuckDB's shell reads as it stands: it takes CR LF as LF, and no name has an escape.

    Raises:
        UsageError: A name has CR LF.
    """
    for name in names:
        if "\r\n" in name:
            raise UsageError(f"The name {shorten(name)} of a table or column has a line end of CR LF, which DuckDB's "
                             "shell would read as LF: no script can say it. Give it another name, or leave out "
                             "--emit-sql.")


def for_shell(statement: str) -> str:
    """A statement that DuckDB's shell reads as it stands: a text with CR has it as an escape.

    Raises:
        UsageError: A name has CR LF.
    """
    def spelled(found: re.Match[str]) -> str:
        text = found[0]
        if "\r" not in text:
            return text
        if text.startswith('"'):
            spellable(text[1:-1].replace('""', '"'))
            return text
        return "E" + text.replace("\\", "\\\\").replace("\r", "\\r")

    return QUOTED.sub(spelled, statement)


def held(name: str, digest: str) -> str:
    """The statement that fails where the script made another export than the load."""
    return fill("hold_export", export=literal(glob(Path(name))), digest=literal(digest),
                otherwise=literal("the export is not that of the load. Are the files other ones, or is this not "
                                  f"DuckDB {duckdb.__version__}? Its SHA-256 is "))
