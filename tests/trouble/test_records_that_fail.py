"""A record that cannot be loaded is named by file, physical line and row, and kept with its text."""

from __future__ import annotations

import pytest

from etl.sources.places import RECORD_SHOWN
from trouble.home import Home

KEYED = ("--strategy", "update", "--key", "id")
RAGGED = {
    "a.csv": "id,v,w\n1,x,y\n2,x\n3,x,y,z\n4,x,y\n",
    "quoted.csv": 'id,v,w\n5,"l1\n\nl3",y\n\n6\n\n"7","a ""q""\r\nb",y\n8,"x\ny",y,z\n9,x,y\n',
    "crlf.csv": 'id,v,w\r\n10,"p\r\nq",y\r\n\r\n11,x\r\n12,x,y\r\n',
    "cr.csv": "id,v,w\r13,x,y\r14\r\r15,x,y\r",
    "bom.csv": b"\xef\xbb\xbfid,v,w\n16,x\n17,x,y",
    "last.csv": "id,v,w\n18,x,y\n19,x",
}
REJECTED = [
    ("missing_columns", "a.csv", 3, 2), ("extra_columns", "a.csv", 4, 3),
    ("missing_columns", "bom.csv", 2, 1), ("missing_columns", "cr.csv", 3, 2), ("missing_columns", "crlf.csv", 5, 2),
    ("missing_columns", "last.csv", 3, 2), ("missing_columns", "quoted.csv", 6, 2),
    ("extra_columns", "quoted.csv", 10, 4),
]
LOADED = [1, 4, 5, 7, 9, 10, 12, 13, 15, 17, 18]


def test_ragged_rows_are_all_listed_in_one_run(home: Home) -> None:
    """Short and long rows of all files, with their physical lines behind quoted line ends and blank lines."""
    home.put(RAGGED)
    for verb in ("plan", "run"):
        answer = home.run(*KEYED, verb=verb)
        assert answer.code == 1
        assert f"{len(REJECTED)} problems in 6 files" in answer.error
        for _, path, line, _ in REJECTED:
            assert f"  {path}:{line}: found " in answer.error
        assert "a.csv:3: found 2 cells, expected 3" in answer.error
        assert "a.csv:4: found 4 cells, expected 3" in answer.error
    assert [row[:4] for row in home.rejects("problem")] == REJECTED
    assert not home.output.exists()


@pytest.mark.parametrize("words", [KEYED, ("--strategy", "append"), ("--strategy", "deduplicate", "--key", "id")])
def test_ragged_rows_are_rejected_and_the_rest_loads(home: Home, words: tuple[str, ...]) -> None:
    """`reject_row`: every other record loads, the books add up, and the rejects keep their text."""
    home.put(RAGGED)
    load = home.run(*words, "--on-error", "reject_row", "--json").document
    assert sorted(row["id"] for row in home.exported()) == LOADED
    assert [row[:4] for row in home.rejects()] == REJECTED
    for books in load["files"]:
        parts = ("header", "skipped", "blank", "read", "continuation")
        assert books["lines"] == sum(books[word] for word in parts), books
        assert books["read"] == books["rejected"] + books["inserted"], books
    records = dict(home.sql("SELECT path || ':' || line, record FROM w.etl.reject"))
    assert records["a.csv:4"] == "3,x,y,z"
    assert records["quoted.csv:10"] == '8,"x\ny",y,z'
    listed = home.etl("rejects", "--warehouse", str(home.warehouse), "--format", "json").document
    assert [(row["path"], row["line"]) for row in listed] == [(path, line) for _, path, line, _ in REJECTED]
    before = home.standing()
    assert home.run(*words, "--on-error", "reject_row").code == 0
    assert home.standing() == before


@pytest.mark.parametrize(("cell", "words"), [
    ("", ()), ("  \t\u00a0", ()), ('" "', ()), ("NULL", ("--null", "NULL")),
    ('"n/a"', ("--null", "x", "--null", "n/a")), ('""', ("--null", "")), (" - ", ("--null", "-")),
])
def test_a_null_key_is_rejected(home: Home, cell: str, words: tuple[str, ...]) -> None:
    """However NULL is spelt in the key: named with line and column; the rest loads where the policy lets it."""
    home.put({"a.csv": f"v,id,k\nx,1,a\n\ny,{cell},b\nz,2,c\n"})
    for policy in ("abort", "reject_row"):
        answer = home.run("--strategy", "deduplicate", "--key", "k,id", "--on-error", policy, *words)
        assert answer.code == (1 if policy == "abort" else 0)
        assert "  a.csv:4: id = " in answer.error or "  a.csv:4: column id: " in answer.error
        assert "the key is NULL. Fill it in" in answer.error
        assert home.output.exists() == (policy == "reject_row")
        kept = home.rejects("problem" if policy == "abort" else "reject")
        assert [row[:5] for row in kept] == [("null_key", "a.csv", 4, 2, "id")]
    assert [row["id"] for row in home.exported()] == [1, 2]


def test_an_empty_text_is_a_key(home: Home) -> None:
    """Only `""` is the empty text: as a key it is a value, and so are blanks where cells are not trimmed."""
    home.put({"a.csv": 'id,v\n"",x\na,y\n'})
    assert home.run(*KEYED).code == 0
    assert home.exported() == [{"id": "", "v": "x"}, {"id": "a", "v": "y"}]
    home.put({"a.csv": "id,v\n  ,x\na,y\n"})
    assert home.run(*KEYED, "--no-trim").code == 0
    assert home.exported() == [{"id": "  ", "v": "x"}, {"id": "a", "v": "y"}]


def test_a_null_order_is_no_problem(home: Home) -> None:
    """NULL in the order column is the lowest: it loses `update` and wins `deduplicate`."""
    home.put({"a.csv": "id,v,at\n1,late,2\n1,never,\n"})
    assert home.run(*KEYED, "--order-by", "at").code == 0
    assert home.exported()[0]["v"] == "late"
    assert home.run("--strategy", "deduplicate", "--key", "id", "--order-by", "at").code == 0
    assert home.exported()[0]["v"] == "never"


def test_append_takes_rows_without_a_key(home: Home) -> None:
    """`append` has no key: a NULL in it is a NULL, and `--key` is said to be unused."""
    home.put({"a.csv": "id,v\n,x\n"})
    answer = home.run("--key", "id")
    assert (answer.code, home.exported()) == (0, [{"id": None, "v": "x"}])
    assert "--key is not used by the strategy append" in answer.error


@pytest.mark.parametrize(("lines", "allowed", "loads"), [
    (20, (), True), (21, (), False), (21, ("--max-cell-lines", "21"), True), (2, ("--max-cell-lines", "1"), False),
])
def test_a_cell_of_too_many_lines(home: Home, lines: int, allowed: tuple[str, ...], *, loads: bool) -> None:
    """A cell of more than `--max-cell-lines` lines is a problem that says where it begins and how to allow it."""
    home.put({"a.csv": 'id,v\n1,x\n2,"' + "\n".join(["l"] * lines) + '"\n3,y\n'})
    answer = home.run(*KEYED, *allowed)
    assert answer.code == (0 if loads else 1), answer.error
    if not loads:
        assert f"a.csv:3: a cell of {lines} lines" in answer.error
        assert "--max-cell-lines" in answer.error
        assert home.rejects("problem")[0][:4] == ("cell_too_long", "a.csv", 3, 2)
        answer = home.run(*KEYED, *allowed, "--on-error", "reject_row")
        assert [row["id"] for row in home.exported()] == [1, 3]


def test_a_quote_that_is_never_closed(home: Home) -> None:
    """It is one problem at the line where the record begins; with `reject_row` the records before it load."""
    home.put({"a.csv": 'id,v\n1,x\n2,"y\n3,z\n4,z\n', "b.csv": "id,v\n9,b\n"})
    answer = home.run(*KEYED)
    assert answer.code == 1
    assert "1 problem in 1 file" in answer.error
    assert "a.csv:3: a quote is opened and never closed; the record runs to the end of the file" in answer.error
    assert home.run(*KEYED, "--on-error", "reject_row").code == 0
    assert [row["id"] for row in home.exported()] == [1, 9]
    assert home.sql("SELECT record FROM w.etl.reject WHERE severity = 'reject'") == [('2,"y\n3,z\n4,z',)]


def test_text_behind_a_closing_quote(home: Home) -> None:
    """Text between a closing quote and the end of the cell is a problem with its line, and no value is guessed."""
    home.put({"a.csv": 'id,v\n1,"x"y\n2,z\n'})
    answer = home.run(*KEYED)
    assert answer.code == 1
    assert "a.csv:2: text stands between a closing quote and the end of the cell" in answer.error
    assert home.run(*KEYED, "--on-error", "reject_row").code == 0
    assert home.exported() == [{"id": 2, "v": "z"}]


def test_a_declared_type_names_the_cells_that_misfit(home: Home) -> None:
    """A cell that does not fit a declared type is named with line, column and value; one record is one reject."""
    home.put({"a.csv": "id,n,d\n1,5,2024-01-31\n\n2,five,2024-02-30\n3,6.5,2024-01-01\n"})
    words = (*KEYED, "--column", "n=BIGINT", "--column", "d=DATE")
    answer = home.run(*words)
    assert answer.code == 1
    for place in ("a.csv:4: n = 'five': ", "a.csv:4: d = '2024-02-30': ", "a.csv:5: n = '6.5': "):
        assert place in answer.error, answer.error
    load = home.run(*words, "--on-error", "reject_row", "--json").document
    assert (load["files"][0]["rejected"], load["files"][0]["read"]) == (2, 3)
    assert home.exported() == [{"id": 1, "n": 5, "d": "2024-01-31"}]


@pytest.mark.parametrize("bad", ["a.csv", "b.csv"])
def test_a_bad_file_beside_a_good_one_without_a_header(home: Home, bad: str) -> None:
    """What the careful reader wrote is no part of the scan that reads good files, though all else is equal."""
    home.put({"a.csv": "1,a\n2,b\n", "b.csv": "3,c\n4,d\n", bad: "5,e\n6\n7,f\n"})
    load = home.run("--no-header", "--on-error", "reject_row", "--json").document
    assert {file["path"]: (file["read"], file["rejected"]) for file in load["files"]} == {
        path: (3, 1) if path == bad else (2, 0) for path in ("a.csv", "b.csv")}
    good = ((3, "c"), (4, "d")) if bad == "a.csv" else ((1, "a"), (2, "b"))
    assert sorted((row["column_1"], row["column_2"]) for row in home.exported()) == sorted([*good, (5, "e"), (7, "f")])


def test_a_header_alone_before_a_large_file_with_a_bad_record(home: Home) -> None:
    """A file without a record, staged before one that the careful reader wrote, takes none of its rows away."""
    home.put({"a.csv": "id,v,w\n", "b.csv": "id,v,w\n" + "1,b,3\n" * 150_000 + "1,2\n"})
    load = home.run("--on-error", "reject_row", "--json").document
    assert {file["path"]: (file["read"], file["rejected"]) for file in load["files"]} == {
        "a.csv": (0, 0), "b.csv": (150_001, 1)}
    assert len(home.exported()) == 150_000


@pytest.mark.parametrize(("text", "words", "advice"), [
    ("id,v\n1\n", (), "a.csv:2: found 1 cell, expected 2. Fill the record up, or state --ragged pad"),
    ("id,v\n1,2,3\n", (), "a.csv:2: found 3 cells, expected 2. Quote a cell that holds the delimiter"),
    ("id,v\n1,2,\n", (), "a.csv:2: found 3 cells, expected 2. The cells past the last column are empty"),
    ("1,2\n1,2,3\n", ("--no-header",), "expected 2. Quote a cell that holds the delimiter\n"),
    ("1,2\n1,2,\n", ("--no-header",), "are empty: take their delimiters away\n"),
    ("id,v\n1,2,3\n", (), "holds the delimiter, or name the cells past the last column in the header"),
    ('id,v\n1,"a"b"\n', (), "A quote inside a quoted cell is written twice"),
    ('id,v\n1,"a""b"\n', ("--escape", "\\"), 'A quote inside a quoted cell is written \\", as --escape says'),
])
def test_what_to_do_about_a_record(home: Home, text: str, words: tuple[str, ...], advice: str) -> None:
    """Each fault of a record says what would mend it, by the dialect that was stated."""
    home.put({"a.csv": text})
    answer = home.run(*words)
    assert answer.code == 1
    assert advice in answer.error


def test_objects_that_are_refused_are_records(home: Home) -> None:
    """Where no object of a file can be taken, all are rejects: the file is what it claims to be."""
    home.put({"a.csv": "id,v\n1,x\n", "b.ndjson": '{"id":2,"id":3}\n\n{"v":2,"v":3}\n', "c.json": '[{"v":2,"v":3}]'})
    load = home.run("--on-error", "reject_row", "--json").document
    assert {file["path"]: (file["read"], file["rejected"]) for file in load["files"]} == {
        "a.csv": (1, 0), "b.ndjson": (2, 2), "c.json": (1, 1)}
    assert home.sql("SELECT path, line, row, byte_offset, code FROM w.etl.reject ORDER BY path, line") == [
        ("b.ndjson", 1, 1, 0, "doubled_key"), ("b.ndjson", 3, 2, 17, "doubled_key"),
        ("c.json", 1, 1, 1, "doubled_key")]
    assert home.exported() == [{"id": 1, "v": "x"}]
    assert home.etl("verify", "--files", "--warehouse", str(home.warehouse)).code == 0
    home.put({"b.ndjson": '{"id":2,"v":"y"}\n'})
    assert home.run("--on-error", "reject_row").code == 0
    assert home.exported() == [{"id": 1, "v": "x"}, {"id": 2, "v": "y"}]


@pytest.mark.parametrize(("name", "before", "record", "after"), [
    ("a.csv", "id,v\n", "1,,{}", "\n"), ("a.csv", "id,v\n", '1,"a"{}', "\r\n"), ("a.csv", "id,v\n", "{},2", "\n"),
    ("a.ndjson", '{"id":1}\n', '{{"id":2,"id":3,"v":"{}"}}', "\n"), ("a.ndjson", '{"id":1}\n', '{{"id":"{}"}}', "\n"),
    ("a.json", '[{"id":1},\n', '{{"id":2,"id":3,"v":"{}"}}', "\n]"), ("a.json", '[{"id":1},\n', '["{}"]', "\n]"),
])
@pytest.mark.parametrize("more", [0, 1, 2, 3, 9999])
def test_a_record_that_is_cut_says_so(
    home: Home, name: str, before: str, record: str, after: str, more: int
) -> None:
    """A record of 65,536 characters is kept whole, of a longer one the beginning, and that it was cut."""
    record = record.format("x" * (RECORD_SHOWN + more - len(record.format(""))))
    home.put({name: before + record + after})
    assert home.run("--on-error", "reject_row", "--column", "id=BIGINT").code == 0
    ((kept,),) = home.sql("SELECT record FROM w.etl.reject")
    marked = f"{record[:RECORD_SHOWN]} ... (cut; more than {RECORD_SHOWN} characters)"
    assert kept == (marked if more else record)


def test_half_a_pair_of_surrogates_is_shown_where_it_stands(home: Home) -> None:
    """The text of the fault is what stands around it, however long the record is."""
    home.put({"a.ndjson": '{"id":1}\n{"id":2,"v":"%s\\ud800"}\n' % ("x" * 99_999)})
    assert home.run("--on-error", "reject_row").code == 0
    assert home.sql("SELECT text FROM w.etl.reject") == [("x" * 20 + '\\ud800"}',)]


def test_a_file_that_fails_the_load_hides_no_record(home: Home) -> None:
    """Where a file as a whole fails a load that rejects records, these are listed and kept behind it all the same."""
    home.put({"a.csv": 'id,v\n1,5\n2\n3,"x"y\n', "b.csv.gz": b"\x1f\x8b\x08garbage", "c.csv": "id,v\n,5\n"})
    answer = home.run(*KEYED, "--on-error", "reject_row")
    assert answer.code == 1
    assert "t was not loaded: 1 problem in 1 file. Rejects that it would leave out otherwise: 3." in answer.error
    assert answer.error.index("b.csv.gz: ") < answer.error.index("a.csv:3: ") < answer.error.index("c.csv:2: ")
    assert "--on-error reject_row" not in answer.error
    assert sorted(row[:3] for row in home.rejects("problem")) == [
        ("corrupt", "b.csv.gz", None), ("missing_columns", "a.csv", 3), ("null_key", "c.csv", 2),
        ("text_after_quote", "a.csv", 4)]


def test_a_row_that_was_loaded_before_is_told_by_its_line(home: Home) -> None:
    """A stricter definition rejects loaded rows: their line is known where each is one, their cells are told as CSV."""
    home.put({"a.csv": 'id;v\n1;5\n2; "x,y"\n3;"z""q"\n', "b.json": '[\n\n{"id":4,"v":"n\\n"}]',
              "c.ndjson": '{"id":5,"v":""}\n'})
    words = ("--source-dir", "in", "--warehouse", "w.duckdb", "--table", "t", "--strategy", "append")
    assert home.etl("run", *words).code == 0
    assert home.etl("run", *words, "--column", "v=BIGINT", "--on-error", "reject_row").code == 0
    listed = home.etl("rejects", "--warehouse", "w.duckdb", "--format", "json").document
    assert [(reject["path"], reject["line"], reject["row"], reject["record"]) for reject in listed] == [
        ("a.csv", 3, 2, '2," x,y"'), ("a.csv", 4, 3, '3,"z""q"'), ("b.json", None, 1, '4,"n\n"'),
        ("c.ndjson", 1, 1, '5,""')]


def test_no_line_is_told_of_a_record_that_is_none(home: Home) -> None:
    """Why a column is text, told again when another file comes: a record of a JSON document has no line then."""
    home.put({"a.json": '[\n\n{"v":"x"},\n{"v":1}]'})
    words = ("--source-dir", "in", "--warehouse", "w.duckdb", "--table", "t")
    assert "v is VARCHAR because a.json:3 = 'x'" in home.etl("run", *words).error
    home.put({"b.csv": "v,w\n2,3\n"})
    assert "v is VARCHAR because a.json (row 1) = 'x'" in home.etl("run", *words).error
