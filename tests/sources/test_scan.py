"""One pass over the bytes: lines, compression, claims, and the same facts however the bytes are cut."""

from __future__ import annotations

import gzip
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from encodings.aliases import aliases
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.config import Reading
from etl.errors import Problem, UsageError
from etl.result import Progress
from etl.sources import content, survey
from etl.sources.careful import rewrite
from etl.sources.discovery import FileStat, SourceFile
from etl.sources.formats import claim_of
from etl.sources.scan import scan, scan_all, still
from etl.sources.unpack import Unreadable
from sources.conftest import MakeFile
from sources.damage import DAMAGE
from sources.oracle import split_lines
from sources.packed import EXTENSIONS, STREAMS, packed, zipped

TEXTS = st.text(alphabet='a,;" \n\r\t\xa0é\0', max_size=40)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAIN = Reading(delimiter=",", header=False)
PROBLEMS = {"truncated", "corrupt", "not_one_file", "encrypted", "unreadable_zip"}


@QUICK
@given(text=TEXTS, end=st.sampled_from(["\n", "\r\n", "\r"]), skip=st.integers(0, 2))
def test_lines_and_blanks(make_file: MakeFile, text: str, end: str, skip: int) -> None:
    """Lines and blank lines are those of a reading by hand."""
    text = text.replace("\0", "").replace("\r", "\n").replace("\n", end)
    found = scan(make_file(text.encode()), replace(PLAIN, skip_rows=skip))
    if found.head is not None and found.care is None:
        lines = split_lines(text)
        assert found.lines == len(lines)
        assert found.blank == sum(not line for line in lines[skip:])
        assert found.quoted == ('"' in text)
        assert found.whole_lines == all(line.count('"') % 2 == 0 for line in lines)


@QUICK
@given(data=TEXTS.map(str.encode) | st.binary(max_size=30), size=st.integers(1, 7))
def test_pieces_do_not_matter(make_file: MakeFile, data: bytes, size: int) -> None:
    """No fact depends on where the bytes are cut, compressed or not."""
    for extension in ("", *EXTENSIONS):
        file = make_file(packed(data, extension) if extension else data, f"x.csv{extension}")
        whole = replace(scan(file, PLAIN), taken_ns=0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(content, "CHUNK", size)
            patch.setattr(survey, "HEAD", 64)
            cut = replace(scan(file, PLAIN), taken_ns=0)
        assert cut.care is None if whole.care is None else cut.care is not None
        assert replace(cut, care=whole.care) == whole


@QUICK
@given(data=st.binary(max_size=200).map(lambda b: b * 3), cut=st.integers(1, 20))
def test_cut_streams_are_told(make_file: MakeFile, data: bytes, cut: int) -> None:
    """A compressed stream that lacks its end is a problem, and several streams in one file are read whole."""
    for extension in STREAMS:
        name, stored = f"x.csv{extension}", packed(data, extension)
        short = scan(make_file(stored[: max(0, len(stored) - cut)], name), PLAIN)
        assert short.problem is not None
        assert short.problem.code in {"truncated", "corrupt", "not_csv"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(content, "CHUNK", 7)
            with content.open_regular(make_file(stored * 2, name).absolute, name) as raw:
                assert b"".join(content.chunks(raw, name, claim_of(name).compression)) == data * 2
        more = scan(make_file(stored + b"more", name), PLAIN)
        assert more.problem is not None
        assert more.problem.code in {"truncated", "corrupt"}


@QUICK
@given(data=st.binary(min_size=20, max_size=300), damage=DAMAGE, extension=st.sampled_from(EXTENSIONS))
def test_damage_under_a_checksum_is_told(
    make_file: MakeFile, data: bytes, damage: Callable[[bytes], bytes], extension: str
) -> None:
    """A damaged compressed file gives the same bytes or a named problem."""
    whole = packed(data, extension)
    stored = damage(whole)
    assume(stored != whole * 2)  # two whole streams are no damage that a checksum can tell
    name = f"x.csv{extension}"
    try:
        with content.open_regular(make_file(stored, name).absolute, name) as raw:
            got: bytes | Problem = b"".join(content.chunks(raw, name, claim_of(name).compression, len))
    except Unreadable as unreadable:
        got = unreadable.problem
    assert got == data if isinstance(got, bytes) else got.code in PROBLEMS


def test_a_zip_holds_one_file(make_file: MakeFile) -> None:
    """A zip of several files, of none, or with something behind its end is a problem that says so."""
    one = zipped({"x.csv": b"a\n1\n", "__MACOSX/._x.csv": b"?"})
    assert scan(make_file(one, "x.csv.zip"), PLAIN).lines == 2
    for stored, words in ((zipped({"x.csv": b"a", "y.csv": b"b"}), "2 files (x.csv, y.csv)"),
                          (zipped({}), "no file"), (one + b"more", "behind its end"), (one[:-30], "corrupt")):
        found = scan(make_file(stored, "x.csv.zip"), PLAIN)
        assert found.problem is not None
        assert words in str(found.problem)


def test_nothing_stands_before_a_zip(make_file: MakeFile) -> None:
    """A zip is read from its end: of two that were put together, or of a program with one, nothing is loaded."""
    one = zipped({"x.csv": b"a\n1\n"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
        large = zipped({"x.csv": b"a\n1\n"})
    assert b"PK\x06\x06" in large
    assert scan(make_file(large, "x.csv.zip"), PLAIN).lines == 2
    for stored in (one + one, b"#!stub" + one, one + large):
        found = scan(make_file(stored, "x.csv.zip"), PLAIN)
        assert found.problem is not None
        assert "there is something before its beginning" in str(found.problem)


def test_a_file_in_a_zip_is_of_the_format_of_the_zip(make_file: MakeFile) -> None:
    """By its own name; unless the format is stated, or its name says none."""
    def said(name: str, inside: str, **stated: Any) -> str:
        return str(scan(make_file(zipped({inside: b'[{"a":1}]'}), name), replace(Reading(), **stated)).problem)

    assert "the file in the zip is a.json, which is JSON text, not CSV text. Unpack it, or state" in said(
        "x.csv.zip", "a.json")
    assert "is a.csv, which is CSV text, not lines of JSON" in said("x.ndjson.zip", "a.csv")
    assert "is a.xlsx, which is an XLSX workbook" in said("x.json.zip", "a.xlsx")
    assert said("x.json.zip", "a.txt") == said("x.csv.zip", "a.json", format="json") == "None"


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_what_stands_behind_a_stream(make_file: MakeFile, size: int) -> None:
    """Zeros pad gzip, and xz by fours; anything else behind the end is told as that, and a cut member as cut."""
    for extension, behind, words in (
        (".xz", b"\0" * 4, None), (".xz", b"\0" * 3, "behind its end"), (".xz", b"junk", "behind its end"),
        (".xz", b"\0" * 6 + packed(b"2\n", ".xz"), "behind its end"), (".xz", b"\0" * 8 + packed(b"2\n", ".xz"), None),
        (".xz", b"\xfd7z", "cut off"), (".gz", b"\0" * 3, None), (".gz", b"\0junk", "behind its end"),
        (".gz", b"\x1f", "cut off"), (".bz2", b"\0", "behind its end"), (".bz2", b"BZ", "cut off"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(content, "CHUNK", size)
            problem = scan(make_file(packed(b"1\n", extension) + behind, f"x.csv{extension}"), PLAIN).problem
        assert (words is None) == (problem is None), (extension, behind)
        assert words is None or words in str(problem)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_bomb_is_unpacked_in_bounded_pieces(make_file: MakeFile, extension: str) -> None:
    """However much a few bytes unpack to, no piece is larger than asked for."""
    name = f"x.csv{extension}"
    file = make_file(packed(b"\n" * (1 << 25), extension), name)
    with content.open_regular(file.absolute, name) as raw:
        sizes = [len(piece) for piece in content.chunks(raw, name, claim_of(name).compression)]
    assert sum(sizes) == 1 << 25
    assert max(sizes) <= content.CHUNK

def test_bad_checksum(make_file: MakeFile) -> None:
    """A gzip file whose checksum is wrong is corrupt."""
    stored = bytearray(gzip.compress(b"a,b\n1,2\n", mtime=0))
    stored[-6] ^= 1
    found = scan(make_file(bytes(stored), "x.csv.gz"), PLAIN)
    assert found.problem is not None
    assert found.problem.code == "corrupt"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"PK\x03\x04xx", "zip"), (b"PAR1xxxx", "Parquet"), (gzip.compress(b"a", mtime=0), "gzip"),
        (b"\n <!DOCTYPE html><p>", "HTML"), (b"<HTML>", "HTML"), (b"\0\0\0\0a" * 9, "binary"),
        ("a,b\n1,2\n3,4\n".encode("utf-16-le"), "binary"),
    ],
)
def test_false_claims(make_file: MakeFile, data: bytes, word: str) -> None:
    """A file that is not what it claims is a problem with a sentence."""
    found = scan(make_file(data), Reading())
    assert found.problem is not None
    assert word in str(found.problem)


@pytest.mark.parametrize(("text", "mark", "stated"), [
    ("utf-16-be", "utf-16", "utf-16-le"), ("utf-16-le", "utf-16", "utf-16-be"), ("utf-16-le", "utf-16", "utf-8"),
    ("utf-8", "utf-8", "cp1252"), ("utf-8", "utf-8", "latin-1"), ("utf-32-be", "utf-32", "utf-16"),
    ("utf-32-le", "utf-32", "utf-16"), ("utf-32-le", "utf-32", "utf-16-le"),
])
@pytest.mark.parametrize("name", ["x.csv", "x.ndjson"])
def test_another_byte_order_mark(make_file: MakeFile, name: str, text: str, mark: str, stated: str) -> None:
    """A stated encoding that the byte order mark contradicts is a problem; the one it names, however spelt, is none."""
    file = make_file('\ufeff{"a":1}\n'.encode(text), name)
    found = scan(file, Reading(encoding=stated))
    assert found.problem is not None
    assert found.problem.code == "other_encoding"
    assert f"begins with the byte order mark of {mark}, which is not the stated" in str(found.problem)
    for same in (text, text.upper().replace("-", "_"), mark, None):
        assert scan(file, Reading(encoding=same)).problem is None


@pytest.mark.parametrize("width", [10_000, 10_001])
def test_the_widest_table(make_file: MakeFile, width: int) -> None:
    """A CSV file of more columns than a table can have is a problem by name."""
    found = scan(make_file(",".join(["c"] * width).encode()), Reading())
    said = f"it has {width:,} columns, and a table can have 10,000"
    assert (found.problem is not None and said in str(found.problem)) == (width > 10_000)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"a,b\r\n1,2\n", "line ends"), (b"a,b\n\xff,2\n", "utf-8"), (b'a,b\n"1,2\n', "odd"),
        (b"a\nlong enough\n\0\n", "NUL"),
        (b'a\n"b" "c"\n', "white space"), (b'a,b\n1, "c"\n', "white space"), (b'a,b\n"c" ,1\n', "white space"),
        (b'a\n"c" ', "white space"), ("\ufeffa\n1\n".encode("utf-16-le") + b"1\0\0\xd8", "utf-16"),
        (b'"a\nb"\n1\n', "header"),
        (b"a\n" + b"x" * 1_600_000, "long"), (b"a\n" + b"x" * 1_600_000 + b"\n1\n", "long"),
    ],
)
def test_care(make_file: MakeFile, data: bytes, word: str) -> None:
    """What the bulk reader must not read is told, with the reason."""
    found = scan(make_file(data), Reading())
    assert found.problem is None
    assert found.care is not None
    assert word in found.care


def test_empty_and_gone(make_file: MakeFile, tmp_path: Path) -> None:
    """An empty file is empty, whatever holds it; one that is gone is a problem."""
    for data, name in ((b"", "x.csv"), (gzip.compress(b"", mtime=0), "x.csv.gz"), (b"\xef\xbb\xbf", "x.csv")):
        found = scan(make_file(data, name), Reading())
        assert found.empty
        assert found.problem is None
    gone = SourceFile("gone.csv", str(tmp_path / "gone.csv"), FileStat(0, 0, 0, 0))
    found = scan(gone, Reading())
    assert found.problem is not None
    assert found.problem.code == "vanished"
    assert not still(gone, gone.stat)


def test_fingerprint(make_file: MakeFile) -> None:
    """The fingerprint is of the bytes and the way of reading them, not of the name."""
    one, two = scan(make_file(b"a\n", "a.csv"), PLAIN), scan(make_file(b"a\n", "b.csv"), PLAIN)
    assert one.fingerprint == two.fingerprint
    assert scan(make_file(b"a\n"), Reading()).fingerprint != one.fingerprint
    assert still(one.file, one.stat)


def test_scan_all_keeps_the_order(make_file: MakeFile) -> None:
    """Large and small files come back in their order, and the progress ends complete."""
    files = [make_file(b"a\n" * (1 << 20 if i % 2 else i + 1), f"{i}.csv") for i in range(6)]
    told: list[Progress] = []
    found = scan_all(files, Reading(), told.append, 2)
    assert [one.file for one in found] == files
    assert (told[-1].files, told[-1].bytes) == (6, told[-1].bytes_total)


def test_every_codec(make_file: MakeFile, tmp_path: Path) -> None:
    """Whatever codec of Python is stated, a text is read, refused or named; nothing else happens."""
    read = 0
    for name in sorted({*aliases.values(), "utf-8-sig", "idna", "punycode", "unicode_escape"}):
        reading = Reading(encoding=name)
        try:
            data = "a,b\n1,2\n".encode(name)
            found = scan(make_file(data), reading, text=tmp_path / "text")
        except (LookupError, UsageError):  # not of text, or of another machine
            continue
        read += found.head is not None and found.head.header == ("a", "b")
        with warnings.catch_warnings(action="ignore"):  # unicode_escape has its say
            found = scan(make_file(data + bytes(range(256)) * 3), reading, text=tmp_path / "text")
            if found.head is not None:
                assert rewrite(found, reading, tmp_path / "out").kept > 0
    assert read > 90


@pytest.mark.parametrize("name", ["nope", "idna", "rot13", "base64", "hex", "zip"])
def test_what_is_no_encoding_of_text_is_named(make_file: MakeFile, name: str) -> None:
    """Codecs that make no text of bytes are a usage error, not an error inside."""
    with pytest.raises(UsageError, match=f"--encoding {name}: no such encoding"):
        scan(make_file(b"a,b\n1,2\n"), Reading(encoding=name))
