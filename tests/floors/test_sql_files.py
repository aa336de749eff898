"""The statements in `sql/`: each has its header, keeps to it, reads as SQL and is used."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import duckdb
import pytest

from etl.config import STRATEGIES
from etl.names import Sql, identifier
from etl.resources import resources
from etl.sql_files import fill, piece, statement

HOUSE = Path(__file__).parents[2]
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(resources("sql").iterdir())}

every_file = pytest.mark.parametrize("name", TEXTS)

# Words that DuckDB does not reserve, and that are no names of ours.
KEYWORDS = {"by", "over", "partition", "insert", "update", "set", "delete", "join", "anti", "semi", "filter", "nulls",
            "macro", "exists", "view", "copy", "no", "is", "like", "between", "values", "conflict"}


def header(name: str) -> str:
    """The comment that the file begins with."""
    found = re.match(r"(?:--.*\n)*", TEXTS[name])
    return found[0] if found else ""


def code(name: str) -> str:
    """The statement without comments, texts and placeholders."""
    bare = re.sub(r"--.*", "", TEXTS[name])
    return re.sub(r"\$\{\w+\}|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", " ", bare)


def bound(text: str) -> set[str]:
    """The values that are bound: `$name`, or `:name` where SQLAlchemy binds them."""
    return set(re.findall(r"(?<![\w$:])[$:]([a-z]\w*)", text))


@cache
def keywords() -> frozenset[str]:
    """What stands in upper case: all that DuckDB reserves, but for its values, and some more."""
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
        return frozenset({row[0] for row in rows.fetchall()} - {"true", "false"} | KEYWORDS)


def needs(name: str) -> str:
    """What the header says is needed."""
    found = re.search(r"^-- Needs:(.*(?:\n--  +.*)*)", header(name), re.MULTILINE)
    return found[1] if found else ""


def expects(name: str) -> str:
    """What the header says is expected."""
    return header(name).partition("-- Expects:")[2]


@every_file
def test_a_header_says_what_the_file_does(name: str) -> None:
    """It begins with the file's name and a sentence, and says once each what is needed and what is expected."""
    lines = header(name).splitlines()
    assert re.match(rf"-- {name}: [a-z].*[^ ]$", lines[0])
    assert re.search(r"\.$", re.split(r"^--$", header(name), maxsplit=1, flags=re.MULTILINE)[0].rstrip())
    assert re.findall(r"^-- ([A-Z]\w+):", header(name), re.MULTILINE) == ["Needs", "Expects"]
    assert re.search(r"^-- Expects: \S", header(name), re.MULTILINE)


@every_file
def test_a_statement_uses_what_its_header_needs(name: str) -> None:
    """Its placeholders are those of the header, and so are its bound values; one in a piece is told of in `Expects`."""
    stated = set(re.findall(r"\$\{(\w+)\}", needs(name)))
    body = TEXTS[name].removeprefix(header(name))
    assert statement(name).needs == stated == set(re.findall(r"\$\{(\w+)\}", body))
    assert bound(code(name)) <= bound(needs(name))
    assert bound(needs(name)) <= bound(code(name) + expects(name))


@every_file
def test_a_statement_takes_its_pieces_and_nothing_else(name: str) -> None:
    """Filled in it has no placeholder left; a missing, an unknown and a plain text are refused."""
    pieces = {key: identifier(key) for key in statement(name).needs}
    assert "${" not in fill(name, **pieces)
    with pytest.raises(ValueError, match=rf"sql/{name}\.sql needs"):
        fill(name, **pieces, another=Sql("x"))
    for key, plain in pieces.items():
        with pytest.raises(ValueError, match=rf"sql/{name}\.sql needs"):
            fill(name, **{k: v for k, v in pieces.items() if k != key})
        with pytest.raises(TypeError, match=key):
            fill(name, **{**pieces, key: str(plain)})  # type: ignore[dict-item]


def test_a_piece_is_filled_in_once() -> None:
    """What stands in a piece is not looked through for placeholders again, whatever a name holds."""
    name = "${target} ${key} \\1 \\g<0>"
    pieces = {key: identifier(name) for key in statement("rows").needs}
    filled = piece("rows", **pieces)
    assert isinstance(filled, Sql)
    assert filled.count(identifier(name)) == sum(TEXTS["rows"].removeprefix(header("rows")).count(f"${{{key}}}")
                                                 for key in pieces)


def test_every_file_is_used() -> None:
    """The package names each file of `sql/`, and names no other; the strategies are named by what is stated."""
    package = "".join(path.read_text(encoding="utf-8") for path in (HOUSE / "etl").rglob("*.py"))
    used = set(re.findall(r"\b(?:fill|piece|statement)\(\s*\"(\w+)\"", package))
    assert used | set(STRATEGIES) == set(TEXTS)
    assert {path.suffix for path in resources("sql").iterdir()} == {".sql"}


@every_file
def test_keywords_are_upper_case(name: str) -> None:
    """What DuckDB reserves, and a few words beside, stands in upper case only."""
    words = re.findall(r"(?<![\w.])[A-Za-z]+(?![\w.])", code(name))
    assert [word for word in words if word.lower() in keywords() and not word.isupper()] == []


@every_file
def test_a_file_is_laid_out_by_the_house(name: str) -> None:
    """Four spaces a step, no tab, no space at the end of a line, one line end at the end."""
    text = TEXTS[name]
    assert "\t" not in text
    assert not re.search(r" +$", text, re.MULTILINE)
    assert text == text.rstrip() + "\n"
