"""XLSX: what stands in the cells of a sheet comes into the target, or is named."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trouble.home import Home

MOMENT = dt.datetime.fromisoformat("2024-01-02 03:04:05")
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=6).filter(
        lambda text: text.strip() and not text.startswith("=")),
    st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)),
)


def workbook(rows: list[list[Any]], name: str = "t.xlsx") -> None:
    """A workbook below `in/` whose first sheet has these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(Path("in", name))


def respell(name: str, before: str, after: str) -> None:
    """Put another spelling of a number into the XML of a workbook: openpyxl writes 16 digits."""
    path = Path("in", name)
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content.replace(f"<v>{before}</v>".encode(), f"<v>{after}</v>".encode()))


def said(cell: Any) -> Any:
    """A cell as the text of a column of text says it."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if str(cell) == "-0.0":
            return "-0.0"
        return str(int(cell)) if cell == int(cell) else format(cell, "f").rstrip("0")
    return str(cell)


@settings(suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate), max_examples=6)
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=6))
def test_tables_come_back_cell_for_cell(home: Home, rows: list[list[Any]]) -> None:
    """Cells of every type, mixed in a column, come back as they stand; rows without a cell are blank."""
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    whole = [[*row, "x"] for row in rows]
    workbook([["a", "b", "c", "mark"], *whole])
    answer = home.run("--column", "a=VARCHAR", "--column", "b=VARCHAR", "--column", "c=VARCHAR")
    assert answer.code == 0, answer.error
    found = [[row["a"], row["b"], row["c"]] for row in home.exported()]
    assert found == [[said(cell) for cell in row] for row in rows]


def test_the_kinds_of_cells_are_types(home: Home) -> None:
    """Numbers, dates, moments and truths have their types; text keeps its zeros and spaces, integers their digits."""
    workbook([["n", "f", "d", "t", "b", "s", "big"],
              [1, 1.5, dt.date(2024, 1, 2), MOMENT, True, "007", 1],
              [2, 2, dt.date(1900, 1, 15), MOMENT.replace(second=6, microsecond=123000), False, " x ", 2**53]])
    respell("t.xlsx", str(2**53), str(2**53 + 1))
    answer = home.run()
    assert answer.code == 0, answer.error
    assert home.exported() == [
        {"n": 1, "f": 1.5, "d": "2024-01-02", "t": "2024-01-02 03:04:05", "b": True, "s": "007", "big": 1},
        {"n": 2, "f": 2.0, "d": "1900-01-15", "t": "2024-01-02 03:04:06.123", "b": False, "s": " x ", "big": 2**53 + 1}]
    types = dict(home.standing().types)
    assert [types[name] for name in ("n", "f", "d", "t", "b", "s", "big")] == [
        "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR", "BIGINT"]


def test_errors_empty_rows_and_merged_cells(home: Home) -> None:
    """Cells in error reject their row with their places; a row without a cell is blank; a merged area has one value."""
    workbook([["a", "b"], [1, "x"], [], [2, "#N/A"], [None, None], [4, "y"], ["=1+1", "#REF!"]])
    book = openpyxl.load_workbook("in/t.xlsx")
    book.active.append([5, "merged"])
    book.active.merge_cells("B8:B9")
    book.active["A9"] = 6
    book.save("in/t.xlsx")
    answer = home.run()
    assert answer.code == 1
    assert "t.xlsx:4: b = '#N/A'" in answer.error
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert home.exported() == [{"a": 1, "b": "x"}, {"a": 4, "b": "y"}, {"a": 5, "b": "merged"}, {"a": 6, "b": None}]
    assert home.rejects() == [("error_cell", "t.xlsx", 4, 2, "b", "#N/A"), ("formula", "t.xlsx", 7, 4, "a", ""),
                              ("error_cell", "t.xlsx", 7, 4, "b", "#REF!")]
    assert home.sql("SELECT rejected FROM w.etl.load ORDER BY load_id DESC LIMIT 1") == [(2,)]
    assert home.sql("SELECT DISTINCT record FROM w.etl.reject WHERE line = 7") == [(",#REF!",)]
    assert home.sql("SELECT lines, header_lines, blank_lines, read FROM w.etl.file_version ORDER BY version_id DESC "
                    "LIMIT 1") == [(9, 1, 2, 6)]


def test_sheets(home: Home) -> None:
    """The first visible sheet is read unless one is named; a name that is not there lists those that are."""
    book = openpyxl.Workbook()
    book.active.title = "Hidden"
    book.active.sheet_state = "hidden"
    book.active.append(["h"])
    book.active.append([0])
    for at, name in enumerate(("First", "Second"), 1):
        sheet = book.create_sheet(name)
        sheet["C3"] = "v"
        sheet["C4"] = at
    book.active = 1
    book.save("in/t.xlsx")
    for name, wanted in ((None, [{"v": 1}]), ("Second", [{"v": 2}]), ("Hidden", [{"h": 0}])):
        answer = home.run(*([] if name is None else ["--sheet", name]))
        assert answer.code == 0, answer.error
        assert home.exported() == wanted
    answer = home.run("--sheet", "Third")
    assert answer.code == 1
    assert "no worksheet 'Third'; it has: 'Hidden', 'First', 'Second'" in answer.error
    assert "sheet" in home.etl("inspect", "in/t.xlsx").said


def test_damage_is_named(home: Home) -> None:
    """A file that is cut, damaged, or no workbook is a problem with a sentence."""
    workbook([["a"], *[[at] for at in range(500)]])
    whole = Path("in/t.xlsx").read_bytes()
    middle = len(whole) // 2
    with zipfile.ZipFile("in/t.xlsx", "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    other = Path("in/t.xlsx").read_bytes()
    damaged = whole[:middle] + b"\0" * 20 + whole[middle + 20 :]
    for content in (whole[:middle], whole[:-30], damaged, other, b"a,b\n1,2\n", b"<!doctype html><html>",
                    b"\xd0\xcf\x11\xe0" + b"\0" * 600):
        home.put({"t.xlsx": content})
        answer = home.run()
        assert answer.code == 1, content[:20]
        assert "t.xlsx: " in answer.error
        assert "inside etl" not in answer.error


@pytest.mark.parametrize(("number", "kept"), [
    ("0.12345678901234567891", "0.12345678901234567891"), ("12345678901234567.25", "12345678901234567.25"),
    ("1.2345678901234567891E-3", "0.0012345678901234567891"), ("4.4000000000000004", "4.4"),
    ("0.30000000000000004", "0.30000000000000004"),
])
def test_a_fraction_keeps_the_digits_that_the_sheet_has(home: Home, number: str, kept: str) -> None:
    """Digits past the 17 that programs write of a double are the file's own; up to there the number is a double's."""
    workbook([["v"], [1], [777777]])
    respell("t.xlsx", "777777", number)
    answer = home.run()
    assert answer.code == 0, answer.error
    assert f'"v":{kept}}}' in home.output.read_text()


def test_the_same_bad_record_gives_one_reject_in_every_format(home: Home) -> None:
    """A cell that does not fit its declared type, and a key that is missing: four rejects of one shape each."""
    home.put({"a.csv": "id,day\n1,2024-01-01\n2,nope\n,2024-01-03\n",
              "b.ndjson": '{"id":1,"day":"2024-01-01"}\n{"id":2,"day":"nope"}\n{"id":null,"day":"2024-01-03"}\n'})
    pq.write_table(pa.table({"id": [1, 2, None], "day": ["2024-01-01", "nope", "2024-01-03"]}), "in/c.parquet")
    workbook([["id", "day"], [1, "2024-01-01"], [2, "nope"], [None, "2024-01-03"]], "d.xlsx")
    answer = home.run("--on-error", "reject_row", "--strategy", "update", "--key", "id", "--column", "day=DATE")
    assert answer.code == 0, answer.error
    assert home.exported() == [{"id": 1, "day": "2024-01-01"}]
    rejects = home.sql('SELECT path, code, message, "row", "column", advice, line FROM w.etl.reject WHERE '
                       "severity = 'reject' ORDER BY path, \"row\"")
    for at in (0, 1):
        assert len({reject[1:6] for reject in rejects[at::2]}) == 1
    assert [reject[6] for reject in rejects] == [3, 4, 2, 3, None, None, 3, 4]
    told = home.sql("SELECT text, record FROM w.etl.reject WHERE severity = 'reject' AND code = 'type' ORDER BY path")
    assert told == [("nope", record) for record in ("2,nope", '{"id":2,"day":"nope"}', "2,nope", "2,nope")]


@pytest.mark.parametrize("name", ["t.json", "t.ndjson", "t.parquet", "t.xlsx"])
def test_what_is_not_what_its_name_says(home: Home, name: str) -> None:
    """A zip, a web page, an image or nothing at all under the name of a format is said in a sentence; 0 bytes warn."""
    image = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    for content in (b"PK\x03\x04" + b"\0" * 40, b"<html></html>", image, b"\xff" * 64):
        home.put({name: content})
        answer = home.run("--on-error", "reject_row")
        assert answer.code == 1, (content, answer.said)
        assert f"{name}" in answer.error
        assert "inside etl" not in answer.error
        assert home.etl("inspect", f"in/{name}").code in (0, 1)
    home.put({name: b""})
    answer = home.run()
    assert answer.code == 0, answer.error
    assert "0 bytes" in answer.error
