"""Delimiters and headers from the beginning of a text."""

from __future__ import annotations

import pytest

from etl.config import Reading
from etl.errors import Problem, UsageError
from etl.sources.dialect import Head, read_head


def head_of(text: str, reading: Reading = Reading(), path: str = "x.csv") -> Head:  # noqa: B008
    """The head of a whole text that has one."""
    found = read_head(text, complete=True, reading=reading, path=path)
    assert isinstance(found, Head), found
    return found


@pytest.mark.parametrize(
    ("text", "delimiter", "width"),
    [
        ("a,b\n1,2\n", ",", 2),
        ("a;b\n1,5;2\n", ";", 2),
        ("a\tb\n", "\t", 2),
        ("a|b|c\n", "|", 3),
        ("a\n1\n", ",", 1),
        ('"a,x";b\n', ";", 2),
        ("a, b;c\n1;2\n3;4\n", ";", 2),
        ("sum (a|b),c\n1,2\n", ",", 2),
    ],
)
def test_delimiters(text: str, delimiter: str, width: int) -> None:
    """The first record decides, and where it does not, the records that follow."""
    head = head_of(text)
    assert (head.dialect.delimiter, head.width) == (delimiter, width)


def test_unclear_delimiter() -> None:
    """Two candidates that both fit are a problem that says what to state."""
    found = read_head("a,b;c\n1,2;3\n", complete=True, reading=Reading(), path="x.csv")
    assert isinstance(found, Problem)
    assert found.code == "unclear_delimiter"
    assert "--delimiter" in str(found)
    assert head_of("a,b\tc\n1,2\t3\n", path="x.TSV.gz").dialect.delimiter == "\t"


def test_header_cells_are_read_as_records_are() -> None:
    """Header cells are raw: quotes resolved, nothing trimmed."""
    head = head_of('\n\nskip\n\n "a ""b""\nc", d \n', Reading(skip_rows=3))
    assert head.header == (' a "b"\nc', " d ")
    assert (head.skipped_lines, head.blank_before, head.header_lines, head.skip) == (3, 1, 2, 5)


def test_skipped_lines_may_be_all_there_is() -> None:
    """Without a header such a text has no column; one that ends earlier, or goes on with blank lines, is a problem."""
    reading = Reading(skip_rows=2, header=False)
    head = head_of('\na,"b\n', reading)
    assert (head.width, head.lines, head.skipped_blank, head.header) == (0, 2, 1, None)
    for text, other in (("a\n", reading), ("a\nb\n\n", reading), ("a\nb\n", Reading(skip_rows=2))):
        found = read_head(text, complete=True, reading=other, path="x.csv")
        assert isinstance(found, Problem)
        assert found.code == "no_header"


@pytest.mark.parametrize(
    ("text", "code"), [('"a,b\n1,2\n', "unclosed_quote"), ('"a"x,b\n', "text_after_quote"), ("\n\n", "no_header")]
)
def test_headers_that_cannot_be(text: str, code: str) -> None:
    """A broken header is a problem of the whole file."""
    found = read_head(text, complete=True, reading=Reading(), path="x.csv")
    assert isinstance(found, Problem)
    assert (found.code, found.whole_file) == (code, True)


def test_stated_options() -> None:
    """The word tab is a delimiter; what cannot be one is refused."""
    assert head_of("a\tb\n", Reading(delimiter="\\t")).width == 2
    assert head_of("a||b\n", Reading(delimiter="||")).width == 2
    for wrong in (Reading(delimiter="\n"), Reading(delimiter="12345"), Reading(quote="é"), Reading(delimiter='"')):
        with pytest.raises(UsageError):
            read_head("a\n", complete=True, reading=wrong, path="x.csv")
    for white in " \t\v\f\xa0":
        for wrong in (Reading(quote=white), Reading(escape=white)):
            with pytest.raises(UsageError, match="no white space"):
                read_head("a\n", complete=True, reading=wrong, path="x.csv")
    for clash in (Reading(quote=","), Reading(escape=",")):
        with pytest.raises(UsageError, match="is part of the delimiter ','"):
            read_head("a,b\n1,2\n", complete=True, reading=clash, path="x.csv")


@pytest.mark.parametrize(("text", "delimiter", "header"), [
    ("sep=;\na,b;c\n1;2\n", ";", ("a,b", "c")), ('"sep=|"\r\na|b\r\n', "|", ("a", "b")),
    ("SEP=\t\na\tb", "\t", ("a", "b")),
])
def test_a_line_that_says_the_delimiter(text: str, delimiter: str, header: tuple[str, ...]) -> None:
    """`sep=;`, as spreadsheets write it, is a skipped line that states the delimiter."""
    head = head_of(text)
    assert (head.dialect.delimiter, head.header, head.skipped_lines) == (delimiter, header, 1)


@pytest.mark.parametrize(("text", "clear"), [
    ("Report\nid;name\n1;x\n2;y\n", False), ("Report\nof March\n\nid\tname\n1\tx\n2\ty\n", False),
    ("name\nDoe, John\nRoe, Jane\n", False), ("name\na\nb;c\nd\ne;f\ng\n", True), ("name\na;b\n", True),
    ("name\n", True),
])
def test_a_preamble_is_said(text: str, *, clear: bool) -> None:
    """A first record of one cell before records of several is said to be unclear, never dropped and never guessed."""
    found = read_head(text, complete=True, reading=Reading(), path="x.csv")
    assert isinstance(found, Head) == clear
    if isinstance(found, Problem):
        assert found.code == "unclear_delimiter"
        assert "--skip-rows" in str(found)
