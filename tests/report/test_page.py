"""The page of a load says what the ledger says, and nothing in it can run or reach anything."""

from __future__ import annotations

import base64
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etl
from etl.cli.door import execute
from etl.errors import ExtraMissing, UsageError
from etl.load import reload, unload
from etl.report import report
from etl.report.facts import LOADS, FileRow, facts_of
from etl.report.words import LONGEST, elided, shown
from report.conftest import EVIL, EVIL_COLUMN, EVIL_FILE, Past

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

COUNTS = ("read", "rejected", "inserted", "updated", "unchanged", "duplicate", "superseded")


class Reader(HTMLParser):
    """A page as its elements, its texts and the cells of its tables' rows."""

    def __init__(self, page: str) -> None:
        """Read it."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self._cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element; a row or a cell begins."""
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        """A cell ends."""
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        """Take note of a text."""
        self.texts.append(data)
        if self._cell:
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        """All that a reader sees, in one line."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="session")
def page(past: Past) -> str:
    """The page of the last load."""
    return report(past.warehouse, None, 5)


@pytest.fixture(scope="session")
def reader(page: str) -> Reader:
    """It, read."""
    return Reader(page)


def charts(reader: Reader) -> list[ET.Element]:
    """The pictures, parsed."""
    sources = [attributes["src"] or "" for tag, attributes in reader.elements if tag == "img"]
    return [ET.fromstring(base64.b64decode(source.partition("base64,")[2]))  # noqa: S314  of our own making
            for source in sources]


def test_the_books_stand_in_the_page(past: Past, reader: Reader) -> None:
    """Each file that came has a row with the numbers of its books, and their sums stand below."""
    heading = next(row for row in reader.rows if row[0] == "file")
    shown_words = [word for word in COUNTS if word in heading]
    assert {word for word in COUNTS if any(getattr(file, word) for file in past.load.files)} <= set(shown_words)
    rows = {row[0].removesuffix(" changed"): row[1:] for row in reversed(reader.rows) if len(row) == len(heading)}
    for file in past.load.files:
        assert rows[shown(file.path)] == [f"{getattr(file, word):,}" for word in heading[1:]]
    assert rows["2 files"] == [f"{sum(getattr(file, word) for file in past.load.files):,}" for word in heading[1:]]
    assert f"{past.load.records} records in the table" in reader.text


def test_rejects_conflicts_and_columns_stand_in_the_page(past: Past, reader: Reader) -> None:
    """Every reject with its place and reason, the conflict with its samples, each column with its type and why."""
    assert len(past.load.rejects) == 2
    for reject in past.load.rejects:
        row = next(row for row in reader.rows if row[0] == f"{shown(reject.path)}:{reject.line}")
        assert reject.message in row[3]
    assert next(row for row in reader.rows if row[0] == "n" and row[1] == "17") == [
        "n", "17", "b.csv", "a.csv", f"41: kept value over {EVIL}42: NULL over empty"]
    for column in past.load.columns:
        name, kind, why = next(row for row in reader.rows
                               if len(row) == 3 and row[0].removesuffix("key") == column.name)
        assert (name.removesuffix("key"), kind) == (column.name, column.type)
        assert why == (column.reason or "every cell is an integer")


def test_the_history_stands_in_the_page(reader: Reader) -> None:
    """The loads of the table, the newest first, each with the records after it; the failed one says so."""
    at = next(place for place, row in enumerate(reader.rows) if row[0] == "load")
    found = [(row[0], row[2], row[-1]) for row in reader.rows[at + 1:at + 5]]
    assert found == [("4", "run", "5"), ("3", "run", "4"), ("2", "failed", "3"), ("1", "run", "3")]


def test_what_files_say_stays_text(page: str, reader: Reader) -> None:
    """A script in a cell, a tag in a file's name or in a column's is text; no element or attribute of theirs exists."""
    assert EVIL in reader.text
    assert EVIL_COLUMN in reader.text
    assert shown(EVIL_FILE) in reader.text
    assert "\u202e" not in page
    assert {tag for tag, _ in reader.elements}.isdisjoint({"script", "b onclick", "iframe", "object", "form", "link:"})
    names = {name for _, attributes in reader.elements for name in attributes}
    assert not any(name.startswith("on") for name in names)
    outside = [value for _, attributes in reader.elements for name, value in attributes.items()
               if name in ("src", "href", "srcset", "action") and not (value or "").startswith("data:")]
    assert outside == []
    assert "url(" not in page.partition("<style>")[2].partition("</style>")[0]
    assert "default-src 'none'" in page


def test_the_charts_are_pictures_with_texts_of_their_own(reader: Reader) -> None:
    """Each chart is well-formed SVG, wide and narrow, without a script or an address; it names files as they are."""
    drawn = charts(reader)
    assert len(drawn) == 2 * 3
    for chart in drawn:
        assert not [element.tag for element in chart.iter() if "script" in element.tag or "image" in element.tag]
        addresses = [value for element in chart.iter() for name, value in element.attrib.items()
                     if name.endswith("href")]
        assert all(address.startswith("#") for address in addresses)
    texts = {element.text for element in drawn[0].iter() if element.tag.endswith("}text")}
    assert {"a.csv", "inserted", "rejected", elided(shown(EVIL_FILE), 38)} <= texts


def test_the_same_load_is_the_same_page(past: Past, page: str) -> None:
    """Made again, it is equal byte for byte, and naming the newest load is leaving it out."""
    assert report(past.warehouse, past.load.load_id, 5) == page


def test_a_failed_load_has_a_page(past: Past) -> None:
    """It says that nothing was changed, why, and where."""
    found = Reader(report(past.warehouse, past.failed, 5))
    assert "Nothing was changed: the table holds 3 records, as before." in found.text
    assert "Why the load failed" in found.text
    assert any(row[0] == "b.csv:3" for row in found.rows)


def test_what_left_and_what_came_back_is_named(tmp_path: Path) -> None:
    """Of an unload and a reload, which read no file: the paths, and the records that went and returned."""
    (tmp_path / "in").mkdir()
    for name in "ab":
        (tmp_path / f"in/{name}.csv").write_text(f"id\n{ord(name)}\n", encoding="utf-8")
    warehouse = tmp_path / "w.duckdb"
    etl.run(etl.Dataset(source_dir=str(tmp_path / "in"), table="t"), warehouse=warehouse)
    unload(warehouse, "t", ["a.csv"])
    left = Reader(report(warehouse, None, 5)).text
    reload(warehouse, "t", ["a.csv"])
    back = Reader(report(warehouse, None, 5)).text
    assert "Files that left Their records are in the table no more, unless another file has them too. a.csv" in left
    assert "1 in the table = 2 before + 0 inserted − 1 removed ✓ balances" in left  # noqa: RUF001  as it is printed
    assert "by unload" in left
    assert "Files that came back" in back
    assert "2 in the table = 1 before + 0 inserted + 1 returned ✓ balances" in back
    assert facts_of(warehouse, 3, 5).returned == ("a.csv",)
    assert facts_of(warehouse, 3, 5).left == facts_of(warehouse, 2, 5).returned == ()


def test_a_plan_stands_beside_the_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the load that applied it every number is equal; of another one those that differ stand out, with by how much.

    A plan of another table is refused, and without a plan there is no such section.
    """
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a.csv").write_text("id\n1\n2\n", encoding="utf-8")
    assert execute(["run", "--source-dir", "in", "--warehouse", "w.duckdb", "--quiet"]) == 0
    Path("in/b.csv").write_text("id\n3\n4\n5\n", encoding="utf-8")
    assert execute(["plan", "--source-dir", "in", "--warehouse", "w.duckdb", "--quiet", "--save", "p.json"]) == 0
    assert execute(["apply", "p.json", "--quiet"]) == 0
    assert execute(["report", "--warehouse", "w.duckdb", "--plan", "p.json"]) == 0
    kept = Reader(Path("report.html").read_text(encoding="utf-8"))
    assert "The load came to what the plan said, number by number." in kept.text
    assert ["inserted", "3", "3", "✓"] in kept.rows
    assert ["after", "5", "5", "✓"] in kept.rows
    assert execute(["report", "1", "--warehouse", "w.duckdb", "--plan", "p.json"]) == 0
    other = Reader(Path("report.html").read_text(encoding="utf-8"))
    assert "The load did not come to what the plan said." in other.text
    assert ["inserted", "3", "2", "-1"] in other.rows
    assert "Plan and outcome" not in report(Path("w.duckdb"), None, 5)
    with pytest.raises(UsageError, match=r"The plan is of the table x, and load 2 of in\."):
        report(Path("w.duckdb"), None, 5, {"dataset": "x"})
    with pytest.raises(UsageError, match="does not have the numbers"):
        report(Path("w.duckdb"), None, 5, {"dataset": "in"})


def test_a_load_that_is_not_there_is_said(past: Past, tmp_path: Path) -> None:
    """Its number and those that there are; of a warehouse without a load, that there is none."""
    with pytest.raises(UsageError, match=r"no load 77 in .*Its loads are 1 to 4"):
        report(past.warehouse, 77, 5)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("a\n1\n", encoding="utf-8")
    etl.run(etl.Dataset(source_dir=str(tmp_path / "in")), warehouse=tmp_path / "w.duckdb")
    with duckdb.connect(tmp_path / "w.duckdb") as raw:
        raw.execute("DELETE FROM etl.load")
    with pytest.raises(UsageError, match="Nothing was loaded into"):
        report(tmp_path / "w.duckdb", None, 5)


@pytest.mark.parametrize("absent", ["matplotlib", "jinja2"])
def test_what_is_not_installed_is_said(past: Past, absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra there is a sentence that says how to get it."""
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(ExtraMissing, match=rf"needs {absent}, which is not installed.*'etl\[report\]'"):
        report(past.warehouse, None, 5)


def test_many_files_and_loads_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest files stand by themselves and the rest as one row; no record is lost by it, nor a load forgotten."""
    monkeypatch.setattr("etl.report.facts.FILES", 20)
    (tmp_path / "in").mkdir()
    for number in range(30):
        (tmp_path / f"in/{number:02}.csv").write_text("a\n" + "1\n" * (number + 1), encoding="utf-8")
    load = etl.run(etl.Dataset(source_dir=str(tmp_path / "in")), warehouse=tmp_path / "w.duckdb")
    with duckdb.connect(tmp_path / "w.duckdb") as raw:
        for number in range(2, LOADS + 12):
            raw.execute(f"INSERT INTO etl.load SELECT {number}, * EXCLUDE (load_id) FROM etl.load WHERE load_id = 1")
    facts = facts_of(tmp_path / "w.duckdb", 1, 5)
    assert [file.path for file in facts.files] == [*(f"{number:02}.csv" for number in range(10, 30)), None]
    assert facts.files[-1].files == 10
    assert sum(file.read for file in facts.files) == load.records == 30 * 31 / 2
    assert [len(facts.history), facts.history[0].load_id, facts.earlier] == [LOADS, 1, 0]
    newest = facts_of(tmp_path / "w.duckdb", None, 5)
    assert [newest.load_id, newest.history[-1].load_id, newest.earlier] == [LOADS + 11, LOADS + 11, 11]
    assert "10 smaller files" in report(tmp_path / "w.duckdb", 1, 5)


@given(st.text(), st.integers(5, 60))
def test_texts_of_files_are_one_safe_line(text: str, room: int) -> None:
    """Whatever a file says, it is shown in printable characters, bounded, and as it is where it can be."""
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= 10 * (LONGEST + 1)
    if text.isprintable() and len(text) <= LONGEST:
        assert line == text
    assert len(elided(line, room)) == min(len(line), room)


def test_numbers_of_files_are_those_of_the_ledger() -> None:
    """Every count of the ledger's books is one of a row's, so that none can be left out."""
    assert set(COUNTS) <= set(FileRow.__slots__)
    assert re.fullmatch(r"[\w.]+", etl.__version__)
