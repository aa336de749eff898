"""Tables written to CSV in any dialect come back cell for cell; damaged, as a plain reading of the damage says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.config import Reading, Settings
from etl.errors import Problem
from etl.names import numbered_names
from etl.result import silent
from etl.sources.grammar import Dialect
from etl.sources.scan import scan
from etl.sources.survey import Survey
from etl.staging.lines import count_lines
from etl.staging.part import Incoming, Trouble
from etl.staging.stage import stage_all
from etl.warehouse import Warehouse, in_memory, staging
from sources.conftest import MakeFile
from sources.damage import DAMAGE
from sources.oracle import Row, records
from sources.packed import EXTENSIONS, packed

LONGER = settings(max_examples=5 * settings.default.max_examples,
                  suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
FOUND = (",", ";", "\t", "|")
PIECES = st.sampled_from(["a", "0", "1.5", "é", "ß", ",", ";", "\t", "|", '"', "'", "\\", " ", "\n", "\r\n", "\r", "''",
                          '""', "~", "\u00a0", "=", "sep=", "# "])
WIDE_PIECES = PIECES | st.sampled_from(["\u2013", "😀", "日本", "\0", "\u2028", "\x85", "\ufeff", "e\u0301"])
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252", "mac-roman",
             "cp850")


@dataclass(frozen=True)
class Written:
    """A dialect as a person would write it, beside what must be stated to read it."""

    dialect: Dialect
    end: str
    encoding: str
    extension: str
    last_end: bool
    reading: Reading

    def text(self, rows: list[list[str | None]], quoted: Callable[[], bool]) -> str:
        """A table as text: cells are quoted where they must be, and where `quoted` says so."""
        lines = [self.dialect.delimiter.join(self._cell(cell, quoted=quoted()) for cell in row) for row in rows]
        return self.end.join(lines) + (self.end if self.last_end or lines[-1] == "" else "")

    def _cell(self, cell: str | None, *, quoted: bool) -> str:
        delimiter, quote, escape = self.dialect.delimiter, self.dialect.quote, self.dialect.escape
        if cell is None:
            return ""
        if not quoted and cell and not any(mark in cell for mark in (delimiter, quote, "\n", "\r")):
            return cell
        escaped = cell if escape == quote else cell.replace(escape, escape * 2)
        return quote + escaped.replace(quote, escape + quote) + quote


@st.composite
def dialects(draw: st.DrawFn) -> Written:
    """Any dialect; its delimiter is stated, or found by the header."""
    quote = draw(st.sampled_from(['"', '"', "'", "~"]))
    escape = draw(st.sampled_from([quote, quote, "\\"]))
    delimiter = draw(st.sampled_from([*FOUND, "¦", "::", " "]))
    encoding = draw(st.sampled_from(ENCODINGS))
    if delimiter == "¦" and encoding in ("cp850", "mac-roman"):
        delimiter = ":"
    found = encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")
    reading = Reading(
        delimiter=None if delimiter in FOUND and draw(st.booleans()) else delimiter,
        quote=None if quote == '"' else quote, escape=None if escape == quote else escape,
        encoding=None if found and draw(st.booleans()) else encoding, max_cell_lines=1000)
    return Written(Dialect(delimiter, quote, escape), draw(st.sampled_from(["\n", "\r\n", "\r"])), encoding,
                   draw(st.sampled_from(["", "", "", *EXTENSIONS])), draw(st.booleans()), reading)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse in memory with the named expressions."""
    from etl.sql_files import statement  # noqa: PLC0415

    with in_memory(Settings(), tmp_path_factory.mktemp("spilt")) as opened:
        with opened.transaction():
            for macro in statement("macros").text.split(";\n"):
                opened.sql(macro)
        yield opened


def staged(warehouse: Warehouse, make_file: MakeFile, folder: Path, data: bytes, name: str,
           reading: Reading) -> list[Row | None] | Problem:
    """The rows of a file as staging has them, None in the place of a reject; the problem of one that cannot be read."""
    scanned = scan(make_file(data, name), reading, text=folder / "text")
    if scanned.problem is not None:
        return scanned.problem
    if scanned.head is None:
        return []
    names = numbered_names(scanned.head.width)
    care = scanned.care is not None
    rows: list[Row | None] = []
    while True:
        try:
            with warehouse.transaction():
                (item,) = stage_all(warehouse, [Incoming(scanned, names, care)], 1, reading, folder, silent)
                count_lines(warehouse, [item], reading)
                rows = [row[1:] if row[0] > 0 else None
                        for row in warehouse.sql(f"SELECT * FROM {staging(item.table)} ORDER BY rowid")]
                warehouse.sql(f"DROP TABLE {staging(item.table)}")
            assert len(item.rejects) == sum(row is None for row in rows) == item.unreadable
            assert all(reject.line and reject.record is not None for reject in item.rejects)
        except Trouble:
            if care:
                raise
            care = True
        else:
            return rows


@LONGER
@given(data=st.data(), written=dialects(), width=st.integers(1, 4), header=st.booleans())
def test_a_table_comes_back(
    warehouse: Warehouse, make_file: MakeFile, tmp_path: Path, data: st.DataObject, written: Written, width: int, *,
    header: bool,
) -> None:
    """Whatever the delimiter, quote, escape, encoding, line ends, mark, header and compression: cell for cell."""
    pieces = PIECES if written.encoding in ("latin-1", "cp1252", "mac-roman", "cp850") else WIDE_PIECES
    pieces = pieces.filter(lambda piece: _encodes(piece, written.encoding))
    cells = st.none() | st.lists(pieces, max_size=5).map("".join)
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6))
    reading = replace(written.reading, header=header)
    if not header or width == 1 or written.dialect.delimiter not in FOUND:
        reading = replace(reading, delimiter=written.dialect.delimiter)
    rows: list[list[str | None]] = [[f"c{i}" for i in range(width)], *table] if header else table
    text = written.text(rows, lambda: data.draw(st.booleans()))
    if not header:  # the first record says how many columns there are
        text = written.dialect.delimiter.join(["x"] * width) + written.end + text
        table = [["x"] * width, *table]
    stored = text.encode(written.encoding)
    name = f"x.csv{written.extension}"
    found = staged(warehouse, make_file, tmp_path, packed(stored, written.extension) if written.extension else stored,
                   name, reading)
    assert not isinstance(found, Problem), found
    assert found == [tuple(row) for row in table]


def _encodes(piece: str, encoding: str) -> bool:
    try:
        return piece.encode(encoding).decode(encoding).removeprefix("\ufeff") == piece
    except UnicodeError:
        return False


@LONGER
@given(data=st.data(), width=st.integers(1, 4), damage=DAMAGE, end=st.sampled_from(["\n", "\r\n"]), pad=st.booleans())
def test_damage_is_what_a_plain_reading_says(
    warehouse: Warehouse, make_file: MakeFile, tmp_path: Path, data: st.DataObject, width: int,
    damage: Callable[[bytes], bytes], end: str, *, pad: bool,
) -> None:
    """Flips, cuts, doubled and dropped blocks: the rows and the rejects are those of a plain reading of the bytes."""
    reading = Reading(delimiter=",", max_cell_lines=10_000, ragged="pad" if pad else "reject")
    written = Written(Dialect(",", '"', '"'), end, "utf-8", "", last_end=True, reading=reading)
    cells = st.none() | st.lists(WIDE_PIECES, max_size=4).map("".join)
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))
    body = damage(written.text(table, lambda: data.draw(st.booleans())).encode())
    header = ",".join(f"c{i}" for i in range(width)) + end
    found = staged(warehouse, make_file, tmp_path, header.encode() + body, "x.csv", reading)
    assert not isinstance(found, Problem), found
    text = body.decode("utf-8", "surrogateescape")
    if end == "\r\n" and text.startswith("\n"):
        return  # the damage lengthened the header's own line end
    expected = [None if isinstance(row, str) or any(_marked(cell) for cell in row) else row
                for row in records(text, written.dialect, width, pad=pad)]
    assert found == expected


def _marked(cell: str | None) -> bool:
    return cell is not None and any("\udc80" <= char <= "\udcff" for char in cell)


def test_what_is_transcoded_is_counted_as_utf8() -> None:
    """The text that is handed on is UTF-8, whatever the pieces were."""
    survey = Survey(Reading(encoding="utf-16-le"), "x.csv")
    stored = "é,ü\n😀,x\n".encode("utf-16-le")
    out = b"".join([survey.take(stored[:3]), survey.take(stored[3:]), survey.finish()])
    assert out.decode("utf-8-sig") == "é,ü\n😀,x\n"
    assert (survey.lines, survey.transcodes, survey.verdict()) == (2, True, None)
