"""Names: any name enters SQL and comes back, and the columns of a header can be told apart."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle import names as oracle

from etl.names import (
    RESERVED,
    WHITE_SPACE,
    HeaderName,
    Sql,
    header_names,
    identifier,
    identifiers,
    listed,
    literal,
    matched,
    numbered_names,
    table_name,
)

LOOK_LONGER = settings(max_examples=10 * settings.default.max_examples)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
nasty = st.sampled_from([
    *['"', '""', "'", ";", "a.b", '"."', "a--b", "/*", "select", "SELECT", "${target}", "$1", "?", "%s", "{x}", "\n"],
    *[" ", "\t", "\\", "\\x00", "rowid", "_row", "\u00a0", "\ufeff", "e\u0301", "\U0001f600", "\u202e", "x" * 500],
])
spellings = st.sampled_from([
    *["", " ", "\t\u00a0", "a", "A", " a ", "a_2", "A_2", "a_2_2", "a_3", "_row", "_ROW", "_row_2", "_version"],
    *["column_1", "column_2", "Column_3", "column_1_2", "\u00e9", "E\u0301", "\u0130", "i\u0307", "\u00c5", "\u212b"],
    *["\u0391\u03a3", "\u03b1\u03c3", "\u00df", "\u1e9e", "K", "\u212a"],
])
headers = st.lists(spellings | texts, max_size=8)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB."""
    with duckdb.connect() as connection:
        yield connection


@LOOK_LONGER
@given(name=(texts | nasty).filter(bool))
def test_any_name_comes_back_from_duckdb(connection, name: str) -> None:
    """A table and its column have the very name that went in, and answer to it, alone and qualified."""
    table = identifier("memory", "main", name)
    connection.execute(f"CREATE OR REPLACE TABLE {table} ({identifier(name)} INTEGER)")
    try:
        found = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
        assert found == [(name, name)]
        connection.execute(f"INSERT INTO {identifier(name)} ({identifiers([name])}) VALUES (7)")
        assert connection.execute(f"SELECT {identifier('t', name)} FROM {table} AS t").fetchall() == [(7,)]
    finally:
        connection.execute(f"DROP TABLE {table}")


@LOOK_LONGER
@given(text=texts | nasty)
def test_any_text_comes_back_from_duckdb(connection, text: str) -> None:
    """A literal says the very text that went in."""
    assert connection.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]


@given(names=st.lists(texts | nasty, max_size=4))
def test_lists_are_pieces_of_sql(names: list[str]) -> None:
    """What names are joined to is of the one type that may enter a statement."""
    assert isinstance(identifiers(names), Sql)
    assert isinstance(identifiers(names, "t"), Sql)
    assert listed(map(identifier, names)) == identifiers(names)


@LOOK_LONGER
@given(name=spellings | texts, space=st.text(WHITE_SPACE, max_size=3), more=st.text(WHITE_SPACE, max_size=3))
def test_names_match_whatever_the_case_the_form_and_the_white_space(name: str, space: str, more: str) -> None:
    """`matched` gives one name for the lower case, each canonical form and any white space around; twice is once."""
    match = matched(name)
    assert matched(match) == match
    assert match == unicodedata.normalize("NFC", match)
    assert matched(space + name + more) == match
    assert matched(name.lower()) == match
    assert matched(unicodedata.normalize("NFD", name)) == match
    assert matched(unicodedata.normalize("NFC", name)) == match


@given(name=st.text(st.characters(codec="latin-1").filter(lambda c: c.upper().lower() == c.lower())))
def test_names_match_in_upper_case(name: str) -> None:
    """Where the upper case of every letter has a lower case back, it is the same name."""
    assert matched(name.upper()) == matched(name)


def test_every_character_matches_itself_once() -> None:
    """No character of Unicode has a name that matches by another name than its own match."""
    letters = (chr(code) for code in range(sys.maxunicode + 1))
    touched = [letter for letter in letters if matched(letter) != letter]
    assert [letter for letter in touched if matched(matched(letter)) != matched(letter)] == []
    assert [letter for letter in touched if matched(unicodedata.normalize("NFD", letter)) != matched(letter)] == []


@LOOK_LONGER
@given(cells=headers)
def test_the_columns_of_a_header_can_be_told_apart(cells: list[str]) -> None:
    """One name a cell; no two are equal, none is empty or reserved, and each is the match of its own spelling."""
    columns = header_names(cells)
    names = [column.name for column in columns]
    assert len(names) == len(cells) == len(set(names))
    assert not {"", *RESERVED} & set(names)
    assert [matched(column.spelling) for column in columns] == names


@LOOK_LONGER
@given(cells=headers)
def test_a_stated_name_belongs_to_its_first_column(cells: list[str]) -> None:
    """A name is as stated where it stands first; a made one clashes with no cell of the header."""
    said = [matched(cell) for cell in cells]
    for place, (name, column) in enumerate(zip(said, header_names(cells), strict=True)):
        if name and name not in RESERVED and name not in said[:place]:
            assert (column.name, column.origin) == (name, "stated")
        else:
            assert column.name not in said
            assert column.origin == ("empty" if not name else "doubled" if name in said[:place] else "reserved")


@LOOK_LONGER
@given(cells=headers)
@example(cells=["_row", "_row", "_row_2"])
def test_names_once_made_stay(cells: list[str]) -> None:
    """A header of the names, or of the spellings, that came out gives the same names, all of them as stated."""
    columns = header_names(cells)
    for again in ([column.name for column in columns], [column.spelling for column in columns]):
        assert [(column.name, column.origin) for column in header_names(again)] == [
            (column.name, "stated") for column in columns]


@LOOK_LONGER
@given(cells=headers)
def test_the_oracle_gives_the_same_names(cells: list[str]) -> None:
    """Names are those of the oracle, which was written from the design alone."""
    assert [column.name for column in header_names(cells)] == [name.match for name in oracle.of_header(cells)]


@given(width=st.integers(0, 50))
def test_columns_without_a_header_are_numbered(width: int) -> None:
    """They are `column_1` and so on, which a header of those names would give too."""
    columns = numbered_names(width)
    assert columns == tuple(HeaderName(f"column_{i}", f"column_{i}", "numbered") for i in range(1, width + 1))
    assert [c.name for c in header_names([c.spelling for c in columns])] == [c.name for c in columns]


@given(folder=texts)
def test_a_table_always_has_a_name(folder: str) -> None:
    """It is the folder's by the rule for columns, and `data` where nothing is left of that."""
    assert table_name(folder) == (matched(folder) or "data") != ""
