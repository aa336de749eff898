"""Values that have a type, of columns of Parquet: what one says, whether another type holds it, and as which value.

Between types of one family (numbers, days, times of a day) a value goes where it stays the same. Everywhere else it
goes by what it says: its text must fit the other type as that of any cell.
"""

from __future__ import annotations

from etl.names import Sql
from etl.structure.declared import ZEROS, Declared, cast, fits
from etl.structure.kinds import DECIMAL, FLOATS, INTEGER, summary_of

_DAYS, _CLOCKS = ("DATE", "TIMESTAMP", "TIMESTAMP_NS"), ("TIME", "TIME_NS")


def _family(kind: str) -> str | None:
    """The types between which a value may stay the same; None of one that is alone."""
    if summary_of(kind).kinds & (INTEGER | DECIMAL | FLOATS):
        return "numbers"
    return "days" if kind in _DAYS else "clocks" if kind in _CLOCKS else None


def _akin(one: str, other: str) -> bool:
    return _family(one) is not None and _family(one) == _family(other)


def told(stored: Sql, kind: str) -> Sql:
    """What a value of a type says."""
    text = Sql(f"CAST({stored} AS VARCHAR)")
    held = summary_of(kind)
    if held.kinds & DECIMAL and not held.integer_digits:  # DuckDB leaves out the 0 before the point
        return Sql(f"regexp_replace({text}, '^(-?)[.]', '\\10.')")
    return text


def held_by(stored: Sql, kind: str, wanted: Declared) -> Sql:
    """Whether a value that is not NULL stays what it is under another type.

    A FLOAT or DOUBLE goes into a DECIMAL as what it is written out, and a DECIMAL into a DOUBLE that is written out so;
    DuckDB's own casts between them are not exact. Into a FLOAT goes what has its exact value.
    """
    if kind == wanted.type:
        return Sql("true")
    if not _akin(kind, wanted.type):
        return fits(told(stored, kind), wanted)
    if kind in ZEROS and wanted.type.startswith("DECIMAL"):
        return fits(Sql(f"etl_float_text({stored})"), Declared(wanted.type))
    if wanted.type == "FLOAT" and kind.startswith("DECIMAL"):
        return fits(told(stored, kind), wanted)
    there = under(stored, kind, wanted, forgiving=True)
    if wanted.type == "DOUBLE" and kind.startswith("DECIMAL"):
        there = Sql(f"etl_float_text({there})")
    return Sql(f"(TRY_CAST({there} AS {kind}) IS NOT DISTINCT FROM {stored})")


def under(stored: Sql, kind: str, wanted: Declared, *, forgiving: bool = False) -> Sql:
    """A value that another type holds, or with `forgiving` any, as a value of that type."""
    bare = Declared(wanted.type)  # a format is for text
    if wanted.type == "VARCHAR":
        return told(stored, kind)
    if kind == wanted.type:
        return cast(stored, bare) if kind in ZEROS else stored
    if not _akin(kind, wanted.type):
        return cast(told(stored, kind), wanted, forgiving=forgiving)
    if kind in ZEROS and wanted.type.startswith("DECIMAL"):
        return cast(Sql(f"etl_float_text({stored})"), bare, forgiving=forgiving)
    if wanted.type in ZEROS and kind.startswith("DECIMAL"):
        return cast(told(stored, kind), bare, forgiving=forgiving)
    return cast(stored, bare, forgiving=forgiving)
