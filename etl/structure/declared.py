"""Declared types: `BIGINT`, `DECIMAL(12,2)`, `DECIMAL(12,2) ,`, `DATE %d.%m.%Y`: what fits them, and as which value.

A type takes the grammar of its kind, by round trip; with a format behind it, it takes that format alone, also by round
trip: a cell fits where its value, written in the format again, is the cell. Each condition names its cell as seldom as
it can, because DuckDB plans every copy of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from etl.errors import UsageError
from etl.names import Sql, listed, literal
from etl.sql_files import statement
from etl.structure.kinds import DECIMAL_DIGITS

TYPES = ("BIGINT", "HUGEINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIME", "VARCHAR")
_OTHER_NAMES = {"INTEGER": "BIGINT", "INT": "BIGINT", "TEXT": "VARCHAR", "STRING": "VARCHAR", "BOOL": "BOOLEAN"}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WRITTEN = re.compile(r"\s*(\w+\s*(?:\([\d\s,]*\))?)\s*(.*)", re.DOTALL)
_OF_TIME = ("DATE", "TIMESTAMP", "TIME")
_COMMA = ","
_ZONED = " WITH TIME ZONE"
ZEROS = ("DOUBLE", "FLOAT")  # the types of two zeros
_ENDLESS = ("TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")  # that have infinities, and words for them
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
_WORDS = {
    "BIGINT": "a whole number of 64 bits", "HUGEINT": "a whole number of 128 bits",
    "DOUBLE": "a number of at most 15 digits, without an exponent",
    "FLOAT": "a number that 32 bits hold to its last digit",
    "BOOLEAN": "true or false", "DATE": "a date like 2024-12-31",
    "TIMESTAMP": "a date and time like 2024-12-31 23:59:00", "TIME": "a time like 23:59:00",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A type of DuckDB, and the format in which its cells are written: empty for the grammar of its kind."""

    type: str
    format: str = ""

    def __str__(self) -> str:
        """Its one spelling."""
        return f"{self.type} {self.format}" if self.format else self.type


def parsed(text: str) -> Declared:
    """A declared type in its one spelling, taken apart."""
    if text.endswith(_ZONED):  # of Parquet; none is declared
        return Declared(text)
    kind, _, form = text.partition(" ")
    return Declared(kind, form)


def type_name(text: str) -> str:
    """A declared type in its one spelling.

    Raises:
        UsageError: It is no type that a column can have, or its format says too little.
    """
    written = _WRITTEN.fullmatch(text)
    kind = re.sub(r"\s+", "", written[1]).upper() if written else ""
    found = Declared(_OTHER_NAMES.get(kind, kind), written[2].strip() if written else "")
    decimal = _DECIMAL.fullmatch(found.type)
    most = DECIMAL_DIGITS  # of them at least one before the point: JSON has no number that begins with it
    if decimal and 1 <= int(decimal[1]) <= most and int(decimal[2]) <= min(int(decimal[1]), most - 1):
        found = Declared(f"DECIMAL({int(decimal[1])},{int(decimal[2])})", found.format)
    elif found.type not in TYPES:
        raise UsageError(f"--column: {text!r} is no type. Give one of {', '.join(TYPES)}, DECIMAL(p,s) to p = 38. "
                         f"Taken as one of them: {', '.join(f'{o} ({t})' for o, t in _OTHER_NAMES.items())}.")
    if found.format:
        _check_format(found, text)
    return str(found)


def _check_format(found: Declared, text: str) -> None:
    if found.type.startswith(("DECIMAL", "DOUBLE")):
        if found.format not in (_COMMA, "."):
            raise UsageError(f"--column: {text!r}: a number is written with a point, or with a comma: "
                             f"'{found.type} ,'.")
    elif found.type not in _OF_TIME:
        raise UsageError(f"--column: {text!r}: {found.type} takes no format.")
    elif (lacks := _lacks(found)) is not None:
        raise UsageError(f"--column: {text!r}: the format {lacks}. Write it like 'DATE %d.%m.%Y', "
                         "'TIMESTAMP %d.%m.%Y %H:%M' or 'TIME %H:%M'.")


@lru_cache(maxsize=256)
def _lacks(found: Declared) -> str | None:
    """Why a format cannot give back what it wrote; None where it can."""
    import duckdb  # noqa: PLC0415  # slow, and only for a format

    if re.search("%[zZ]", found.format) or found.format.upper() == _ZONED.strip():
        return "has a zone, and a column keeps none"
    values = {"format": found.format, "dates": found.type != "TIME", "times": found.type == "TIME"}
    with duckdb.connect() as connection:
        try:
            row = connection.execute(statement("format_trials").text, values).fetchone()
        except duckdb.Error as error:
            return f"is none of DuckDB's ({str(error).splitlines()[0]})"
    if row is None:
        return None
    given, text, back, other_day = row
    if back is None:
        return f"cannot be read back: {given} would be '{text}'"
    if other_day:
        return f"does not say which day it is: {given:%Y-%m-%d} would be '{text}', and that {back:%Y-%m-%d}"
    return f"does not say which time it is: {given:%H:%M:%S} would be '{text}', and that {back:%H:%M:%S}"


def words(text: str) -> str:
    """What a cell must be to fit a declared type."""
    declared = parsed(text)
    if declared.type in _OF_TIME and declared.format:
        return f"{_WORDS[declared.type].partition(' like ')[0]} written {declared.format}"
    decimal = _DECIMAL.fullmatch(declared.type)
    said = _WORDS.get(declared.type, f"a value of the type {declared.type}")
    if decimal:
        whole = int(decimal[1]) - int(decimal[2])
        said = f"a number of at most {whole} digits before and {decimal[2]} behind the point"
    return f"{said}, with a decimal comma" if declared.format == _COMMA else said


def cast(text: Sql, declared: Declared, *, forgiving: bool = False) -> Sql:
    """A text that fits, or with `forgiving` any text, as a value."""
    attempt = "TRY_CAST" if forgiving else "CAST"
    if declared.type == "VARCHAR":
        return text
    if declared.type in _OF_TIME and declared.format:
        parse = "try_strptime" if forgiving else "strptime"
        return Sql(f"CAST({parse}({text}, {literal(declared.format)}) AS {declared.type})")
    if declared.format == _COMMA:
        text = Sql(f"replace({text}, ',', '.')")
    if declared.type == "JSON":
        text = Sql(f"etl_json_finite({text})")
    converted = Sql(f"{attempt}({text} AS {declared.type})")
    return Sql(f"({converted} + 0.0::{declared.type})") if declared.type in ZEROS else converted  # of two zeros, one


def fits(text: Sql, declared: Declared) -> Sql:
    """Whether a cell that is not NULL fits."""
    kind = declared.type
    if kind == "VARCHAR":
        return Sql("true")
    if kind in _OF_TIME and declared.format:
        back = cast(text, declared, forgiving=True)
        moment = Sql(f"DATE '2000-01-01' + {back}") if kind == "TIME" else back
        year = "" if kind == "TIME" else f" AND {back} >= DATE '0001-01-01' AND {back} < DATE '10000-01-01'"
        return Sql(f"coalesce(strftime({moment}, {literal(declared.format)}) = {text}{year}, false)")
    point = _COMMA if declared.format == _COMMA else "\\."
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        return _matches(text, f"-?{_whole(int(decimal[1]) - int(decimal[2]))}{_behind(point, int(decimal[2]))}")
    if kind == "DOUBLE":
        number = Sql(f"replace({text}, ',', '.')") if declared.format else text
        return Sql(f"({_matches(text, f'-?(0|[1-9][0-9]*)({point}[0-9]+)?')} AND etl_wide({number}) = 0)")
    if kind == "FLOAT":
        number = Sql(f"TRY_CAST({text} AS DOUBLE)")  # more than 15 digits are those of JSON, which tells it as a DOUBLE
        said = Sql(f"coalesce({fits(text, Declared('DOUBLE'))} OR CAST({number} AS VARCHAR) = {text}, false)")
        return Sql(f"({said} AND isfinite({number}) AND etl_is_float({number}))")
    if kind == "BOOLEAN":
        return Sql(f"lower({text}) IN ('true', 'false')")
    if kind == "DATE":
        return Sql(f"coalesce(etl_is_date({text}), false)")
    if kind == "TIME":
        return Sql(f"regexp_full_match({text}, '{_TIME}')")
    if kind == "TIMESTAMP":
        day = Sql(f"left({text}, 10)")
        return Sql(f"(regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([ T]{_TIME})?') "
                   f"AND coalesce(CAST(TRY_CAST({day} AS DATE) AS VARCHAR) = {day}, false))")
    return _comes_back(text, kind)


def _comes_back(text: Sql, kind: str) -> Sql:
    """Whether a text is how DuckDB writes a value of a type of Parquet or JSON."""
    if kind == "JSON":
        return Sql(f"((starts_with({text}, '{{') OR starts_with({text}, '[')) AND json_valid({text}))")
    back = Sql(f"coalesce(CAST(TRY_CAST({text} AS {kind}) AS VARCHAR) = {text}, false)")
    endless = listed(literal(word) for word in ("inf", "-inf", "infinity", "-infinity"))
    return Sql(f"({back} AND {text} NOT IN ({endless}))") if kind in _ENDLESS else back


def _matches(text: Sql, number: str) -> Sql:
    return Sql(f"(regexp_full_match({text}, '{number}') AND {text} <> '-0')")


def _whole(digits: int) -> str:
    """At most so many digits before the point; a 0 always may stand there."""
    return "0" if digits == 0 else f"(0|[1-9][0-9]{{0,{digits - 1}}})"


def _behind(point: str, digits: int) -> str:
    """At most so many digits behind the point, and zeros behind them."""
    return f"({point}0+)?" if digits == 0 else f"({point}[0-9]{{1,{digits}}}0*)?"
