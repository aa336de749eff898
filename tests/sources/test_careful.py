"""The careful reader against a reading by hand and against DuckDB, which reads what it wrote."""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.config import Reading
from etl.errors import StorageError
from etl.sources import careful as careful_reader
from etl.sources import content
from etl.sources.careful import places_of, rewrite
from etl.sources.grammar import Dialect
from etl.sources.places import Place, of_lines
from etl.sources.regular import odd_lines
from etl.sources.rewritten import Careful
from etl.sources.scan import scan
from sources.conftest import MakeFile
from sources.oracle import Row, duckdb_rows, records, split_lines
from sources.packed import packed

COMMA = Dialect(",", '"', '"')
AS_WRITTEN = ", new_line='\\n', parallel=false"
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.sampled_from(["a", "", '"a"', '""', '" x"', ' "b" ', '"a\nb"', '"\r\n"', '"D"', '"a""b"', 'c"c', '"a"x',
                         '"\\d"', '"a" "b"', '\t"x"', '"x"\xa0', "  ", "é\0"])
RECORDS = st.lists(st.lists(CELLS, min_size=1, max_size=3).map("D".join), min_size=1, max_size=5).map("\n".join)
TEXTS = st.text(alphabet='aD" \t\xa0\n\r\\x', max_size=20) | RECORDS
DIALECTS = st.sampled_from([COMMA, Dialect(";", "", ""), Dialect("||", '"', '"'), Dialect(" ", '"', '"'),
                            Dialect(",", '"', "\\"), Dialect("\t", "'", "'")])


def reading_of(dialect: Dialect, *, pad: bool = False) -> Reading:
    """The way of reading that states a dialect."""
    escape = dialect.escape if dialect.escape != dialect.quote else None
    return Reading(delimiter=dialect.delimiter, quote=dialect.quote, escape=escape, ragged="pad" if pad else "reject")


def careful(file_data: bytes, make_file: MakeFile, reading: Reading, out: Path) -> Careful:
    """Scan and rewrite some bytes."""
    return rewrite(scan(make_file(file_data), reading), reading, out)


def line_ends(rows: list[Row]) -> int:
    """How many line ends stand inside cells."""
    return sum(len(re.findall("\r\n|\r|\n", cell)) for row in rows for cell in row if cell)


def rewritten(path: Path, dialect: Dialect, width: int) -> list[Row | None]:
    """What DuckDB reads of a rewritten file: rows, and None in the place of each reject."""
    read = duckdb_rows(path, dialect, width + 1, 0, AS_WRITTEN)
    assert read is not None
    assert read[1] == 0
    assert {row[0] for row in read[0]} <= {None, dialect.mark}
    return [row[1:] if row[0] is None else None for row in read[0]]


@QUICK
@given(text=TEXTS, dialect=st.sampled_from([COMMA, Dialect("\t", "'", "'")]), width=st.integers(1, 3),
       end=st.sampled_from(["\n", "\r\n"]))
def test_lines_judged_together_are_judged_one_by_one(text: str, dialect: Dialect, width: int, end: str) -> None:
    """Where lines are judged many at a time, each is a record or blank; the odd ones are none of the width."""
    text = (text.replace("D", dialect.delimiter) + "\n").replace("\n", end)
    odd = odd_lines(text, dialect, width)
    if odd is None:
        return
    one_by_one = [records(line + end, dialect, width) for line in split_lines(text)]
    assert len(records(text, dialect, width)) == sum(map(len, one_by_one))
    assert list(odd) == [i for i, found in enumerate(one_by_one) if not found or isinstance(found[0], str)]


@pytest.mark.parametrize(("text", "found"), [
    ("1,2\n", {}), ('1,"a,b"\n1\n', {1: 1}), ('1,"a""b"\n1,""\n1,2,3\n', {2: 3}), ('1,""""\n', {}),
    ("1\r\n1,2\r\n", {0: 1}),
    ('1,"a"b"\n1,2\n', None), ('1,"a"b,x"c"\n', None), ('1, "a"\n', None), ('1,"a\n2,b"\n', None), ('1,5"\n', None),
    ("1,2\r\n1,2\n", {}), ("1,2\r1,2\n", None), ("1,2", None), ('"a,"b",x"\n', None),
])
def test_what_is_judged_together(text: str, found: dict[int, int] | None) -> None:
    """Lines are judged many at a time where each quote stands at an end of its cell and no cell has lines."""
    assert odd_lines(text, COMMA, 2) == found


@QUICK
@given(text=TEXTS, dialect=DIALECTS, width=st.integers(1, 3), pad=st.booleans())
def test_what_it_writes_is_what_the_file_says(
    make_file: MakeFile, tmp_path: Path, text: str, dialect: Dialect, width: int, *, pad: bool
) -> None:
    """DuckDB reads from the written file exactly the good records, and the lines add up."""
    text = text.replace("D", dialect.delimiter)
    header = dialect.delimiter.join(["h"] * width) + "\n"
    reading = reading_of(dialect, pad=pad)
    found = scan(make_file((header + text).encode()), reading)
    assert found.problem is None
    made = rewrite(found, reading, tmp_path / "out.csv")
    every = records(text, dialect, width, pad=pad)
    good = [record for record in every if not isinstance(record, str)]
    assert (made.kept, made.rejected) == (len(good), len(every) - len(good))
    assert made.lines == len(split_lines(header + text))
    assert made.lines == 1 + made.blank + made.rejected_lines + made.kept + line_ends(good)
    assert made.whole_lines is (line_ends(good) == 0)
    if every:
        assert rewritten(tmp_path / "out.csv", dialect, width) == [None if isinstance(r, str) else r for r in every]


@example(text='\\"D"', dialect=Dialect(",", '"', '"'), width=1, pad=True)
@example(text='aDb"DD"\n\n', dialect=Dialect(",", '"', '"'), width=2, pad=True)
@example(text='"a\nb"D"c"\nx"D1D"a', dialect=Dialect(",", '"', '"'), width=2, pad=True)
@QUICK
@given(text=TEXTS, dialect=DIALECTS, width=st.integers(1, 3), pad=st.booleans())
def test_the_bulk_reader_where_no_care_is_asked(
    make_file: MakeFile, text: str, dialect: Dialect, width: int, *, pad: bool
) -> None:
    """Without care, DuckDB reads the same, reports a reject, or leaves lines or delimiters over: no silent change."""
    text = text.replace("D", dialect.delimiter).replace("\r", "\n")
    file = make_file((dialect.delimiter.join(["h"] * width) + "\n" + text).encode())
    found = scan(file, reading_of(dialect, pad=pad))
    if found.care is not None or found.head is None:
        return
    every = records(text, dialect, width, pad=pad)
    more = f", null_padding={pad}, parallel={not (pad and found.quoted)}"
    read = duckdb_rows(Path(file.absolute), dialect, width, found.head.skip, more)
    if read is None or read[1]:
        assert any(isinstance(record, str) for record in every)
        return
    inside = sum(cell.count(dialect.delimiter) for row in read[0] for cell in row if cell)
    if not pad and found.delimiters != len(read[0]) * (width - 1) + inside:
        return  # cells past the last column: the books of delimiters tell of them
    blank = found.blank if width > 1 else 0
    if found.lines == 1 + blank + len(read[0]) + line_ends(read[0]):
        assert read[0] == every


@QUICK
@given(text=TEXTS, dialect=st.sampled_from([COMMA, Dialect("\t", "'", "'")]), width=st.integers(1, 3),
       pad=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
def test_it_does_not_matter_that_lines_are_judged_together(
    make_file: MakeFile, tmp_path: Path, text: str, dialect: Dialect, width: int, end: str, *, pad: bool
) -> None:
    """Judged one by one, the same records are kept, and the rejects have the same lines, bytes and texts."""
    text = (dialect.delimiter.join(["h"] * width) + "\n" + text.replace("D", dialect.delimiter)).replace("\n", end)
    reading = reading_of(dialect, pad=pad)
    found = scan(make_file(text.encode()), reading)
    if found.head is None:
        return
    together = rewrite(found, reading, tmp_path / "together.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(careful_reader, "odd_lines", lambda *_: None)
        assert rewrite(found, reading, tmp_path / "one.csv") == together
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "together.csv").read_bytes()


def test_a_large_file_of_whole_lines_is_read_from_its_middle(make_file: MakeFile, tmp_path: Path) -> None:
    """What is written of 10 MB without line ends in cells holds the same rows for threads that begin in its middle."""
    lines = [f'{n % 7 or ""},"x{"," * (n % 200)}""{n}",{"y" * (n % 90)}{"," * (n % 61 == 0)}\n' for n in range(70_000)]
    made = careful(("a,b,c\n" + "".join(lines)).encode(), make_file, Reading(), tmp_path / "out.csv")
    assert made.whole_lines
    assert made.rejected == len(range(0, 70_000, 61))
    assert (tmp_path / "out.csv").stat().st_size > 1e7
    read = duckdb_rows(tmp_path / "out.csv", COMMA, 4, 0, ", new_line='\\n', parallel=true")
    assert read is not None
    expected = [("-", None, None, None) if n % 61 == 0 else
                (None, str(n % 7) if n % 7 else None, f'x{"," * (n % 200)}"{n}', "y" * (n % 90) or None)
                for n in range(70_000)]
    assert read == (expected, 0)


@pytest.mark.parametrize("part", ["delimiter", "quote", "escape"])
def test_any_character_delimits_quotes_and_escapes(make_file: MakeFile, tmp_path: Path, part: str) -> None:
    """The place of a rejected record is kept whatever the characters of the dialect are, and values come back."""
    for character in string.ascii_letters + string.digits + string.punctuation:
        delimiter = character if part == "delimiter" else ";" if character == "," else ","
        quote = character if part == "quote" else "'" if character == '"' else '"'
        dialect = Dialect(delimiter, quote, character if part == "escape" else quote)
        cells = [cell for cell in ("kl", "op", "su", "wy") if character not in cell]
        first, second = cells[:2]
        inside = f"{first}{delimiter}{dialect.escape}{quote}{second}"
        lines = [[second, first], [first], [second, f"{quote}{inside}{quote}"], [first, second, first]]
        text = "".join(delimiter.join(cells) + "\n" for cells in lines)
        reading = reading_of(dialect)
        found = scan(make_file(f"{first}{delimiter}{second}\n{text}".encode()), reading)
        assert found.problem is None, dialect
        made = rewrite(found, reading, tmp_path / "out.csv")
        assert (made.kept, made.rejected) == (2, 2), dialect
        expected = [(second, first), None, (second, f"{first}{delimiter}{quote}{second}"), None]
        assert rewritten(tmp_path / "out.csv", dialect, 2) == expected, dialect


@QUICK
@given(data=TEXTS.map(lambda t: t.replace("D", ",").encode()) | st.binary(max_size=30), size=st.integers(1, 5))
def test_pieces_do_not_matter(make_file: MakeFile, tmp_path: Path, data: bytes, size: int) -> None:
    """Neither the records nor the rejects depend on where the bytes are cut."""
    reading = Reading(delimiter=",", max_cell_lines=2)
    found = scan(make_file(b"a,b\n" + data), reading)
    if found.head is None:
        return
    whole = rewrite(found, reading, tmp_path / "whole.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "CHUNK", size)
        assert rewrite(found, reading, tmp_path / "cut.csv") == whole
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1\n1,2\n", [("missing_columns", 2, 1)]),
        (b"a,b\n1,2\n\n1,2,3\n", [("extra_columns", 4, 2)]),
        (b"a,b\n1,2,,\n", [("extra_columns", 2, 1)]),
        (b'a,b\n"1"x,2\n3,4\n', [("text_after_quote", 2, 1)]),
        (b'a,b\n"1"x,"2\n3,4"\n5,6\n', [("text_after_quote", 2, 1)]),
        (b'a,b\n"1"x,"2\n3,4"y,"z\n"\n5\n', [("text_after_quote", 2, 1), ("missing_columns", 5, 2)]),
        (b'a,b\n"1"x,"2\n3,4\n', [("unclosed_quote", 2, 1)]),
        (b'a,b\n1,2\n"3,4\n5,6\n', [("unclosed_quote", 3, 2)]),
        (b'a,b\n"1\n2\n3",4\n5,6\n', [("cell_too_long", 2, 1)]),
        (b"a,b\n1,\xe9\n5,6\n\xff", [("undecodable", 2, 1), ("undecodable", 4, 3)]),
    ],
)
def test_rejects_are_named(
    make_file: MakeFile, tmp_path: Path, data: bytes, expected: list[tuple[str, int, int]]
) -> None:
    """Each reject has its code, physical line, row, and the record as the file says it."""
    made = careful(data, make_file, Reading(max_cell_lines=2), tmp_path / "out.csv")
    assert [(reject.code, reject.line, reject.row) for reject in made.rejects] == expected
    assert all(reject.record and reject.path == "x.csv" for reject in made.rejects)


@pytest.mark.parametrize(("record", "text"), [
    ('"1"x,2', "x"), ('"1" x y ,2', "x y "), ('1,"2"3', "3"), ('"1"x"y,2', 'x"y'),
])
def test_the_text_of_a_fault_of_quotes_ends_with_its_cell(
    make_file: MakeFile, tmp_path: Path, record: str, text: str
) -> None:
    """The text behind the quote is shown, up to the end of its cell."""
    (reject,) = careful(f"a,b\n{record}\n".encode(), make_file, Reading(), tmp_path / "out.csv").rejects
    assert (reject.code, reject.text, reject.record) == ("text_after_quote", text, record)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "utf-8-sig", "latin-1", "utf-32"])
def test_encodings(make_file: MakeFile, tmp_path: Path, encoding: str) -> None:
    """A text in any encoding becomes the same UTF-8."""
    made = careful("a,b\r\né,ü\r\n".encode(encoding), make_file, Reading(encoding=encoding), tmp_path / "out.csv")
    assert made.kept == 1
    assert (tmp_path / "out.csv").read_text("utf-8") == ",é,ü\n"


def test_a_mark_in_the_first_cell_stays(make_file: MakeFile, tmp_path: Path) -> None:
    """A first cell that begins with U+FEFF keeps it through DuckDB, which drops a mark at the beginning."""
    careful("a,b\n\ufeff1,2\n".encode(), make_file, Reading(), tmp_path / "out.csv")
    assert rewritten(tmp_path / "out.csv", COMMA, 2) == [("\ufeff1", "2")]


@pytest.mark.parametrize(("mark", "packing"), [(b"", ""), (b"\xef\xbb\xbf", ""), (b"\xef\xbb\xbf", ".xz")])
def test_places_of_rows(make_file: MakeFile, tmp_path: Path, mark: bytes, packing: str) -> None:
    """A record's line, byte and text count marks, blank lines, rejects and the lines of cells before it."""
    reading = Reading()
    data = mark + 'a,b\n\n1,é\r\n"x\ny", "2"\nbad\n3,4\n'.encode()
    file = make_file(packed(data, packing) if packing else data, f"x.csv{packing}")
    found = scan(file, reading, text=tmp_path / "text")
    expected = {1: (3, "1,é"), 2: (4, '"x\ny", "2"'), 4: (7, "3,4")}
    places = places_of(found, reading, [1, 2, 4])
    assert {row: (place.line, place.record) for row, place in places.items()} == expected
    for place in places.values():
        assert place.byte_offset is not None
        assert data[place.byte_offset :].startswith(place.record.encode())
    (reject,) = rewrite(found, reading, tmp_path / "out.csv").rejects
    assert (reject.line, reject.record, data.index(b"bad")) == (6, "bad", reject.byte_offset)
    assert of_lines(found, [1, 6, 99]).keys() == {1, 6}
    assert of_lines(found, [6])[6] == Place(6, reject.byte_offset, "bad")


@QUICK
@given(lines=st.lists(st.text(alphabet="aé€ß,ÿ\U0001f600", max_size=4), min_size=1, max_size=6),
       encoding=st.sampled_from(["cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-32-le",
                                 "utf-8", "cp437"]),
       mark=st.booleans(), packing=st.sampled_from(["", ".gz", ".zip"]), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_record_begins_at_its_byte(
    make_file: MakeFile, tmp_path: Path, lines: list[str], encoding: str, packing: str, end: str, *, mark: bool
) -> None:
    """In every encoding that tells it, a reject's byte is where its bytes begin in the file, behind the mark if any."""
    marked = mark and encoding.startswith("utf")
    plain = encoding if encoding not in ("utf-16", "utf-32") else f"{encoding}-{sys.byteorder[0]}e"
    data = ("\ufeff" * (marked or encoding in ("utf-16", "utf-32")) + "h,h" + end).encode(plain)
    for line in lines:
        data += (line + end).encode(plain, "ignore")
    file = make_file(packed(data, packing) if packing else data, f"x.csv{packing}")
    reading = Reading(encoding=encoding, delimiter=",")
    made = rewrite(scan(file, reading, text=tmp_path / "text"), reading, tmp_path / "out.csv")
    said = [line.encode(plain, "ignore").decode(plain) for line in lines]
    assert [reject.record for reject in made.rejects] == [line for line in said if line and line.count(",") != 1]
    for reject in made.rejects:
        assert reject.byte_offset is not None
        assert reject.record is not None
        record = (end + reject.record + end).encode(plain)
        assert data[reject.byte_offset - len(end.encode(plain)) :].startswith(record)


def test_bytes_that_are_not_of_the_encoding_are_counted(make_file: MakeFile, tmp_path: Path) -> None:
    """Each of them is one byte, whatever else a character of the encoding has."""
    for encoding, bad in (("utf-16-le", b"\x00\xdc"), ("cp1252", b"\x81"), ("utf-8", b"\xe2\x82")):
        line = ("a" + "\n").encode(encoding)
        data = "a,b\n".encode(encoding) + bad + line + line
        reading = Reading(encoding=encoding)
        rejects = rewrite(scan(make_file(data), reading), reading, tmp_path / "out.csv").rejects
        assert [(reject.line, reject.byte_offset) for reject in rejects] == [
            (2, len(data) - 2 * len(line) - len(bad)), (3, len(data) - len(line))]


def test_no_byte_is_told_of_an_encoding_that_does_not_tell(make_file: MakeFile, tmp_path: Path) -> None:
    """Where nobody can tell how many bytes a character was, a record has a line and no byte."""
    reading = Reading(encoding="gb18030")
    found = scan(make_file("a,b\né,1\n2\n".encode("gb18030")), reading, text=tmp_path / "text")
    assert places_of(found, reading, [1]) == {1: Place(2, None, "é,1")}
    assert rewrite(found, reading, tmp_path / "out.csv").rejects[0].byte_offset is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said(make_file: MakeFile) -> None:
    """Where a file cannot be unpacked or rewritten, it is said where there is no room and what to do."""
    full = Path("/dev/full")
    with pytest.raises(StorageError, match=r"no room .* --temp-dir"):
        scan(make_file(packed(b"a,b\n1,2\n" * 9, ".gz"), "x.csv.gz"), Reading(), text=full)
    with pytest.raises(StorageError, match=r"no room .* --temp-dir"):
        rewrite(scan(make_file(b"a,b\n1,2\n"), Reading()), Reading(), full)
