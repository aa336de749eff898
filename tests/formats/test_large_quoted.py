"""Files of more than 8 MB with quotes, which DuckDB begins to read in their middle, too."""

from __future__ import annotations

from pathlib import Path

import pytest

import etl
from etl.staging import part

MIDDLE = 8_000_000  # bytes, where DuckDB's second thread begins
PLAIN = '12,"b, c",""\n'
RECORDS = {
    "a line end beside stray quotes": 'x"y,"a\nb,c,d",6"\n',  # each line of it has an even number of quotes
    "a line end in a cell": 'x,"a\n1,2,3\n4",z\n',
    "quotes alone": '"""","",""""""\n',
}


@pytest.mark.parametrize("before", [2, 9])
@pytest.mark.parametrize("name", RECORDS)
def test_a_record_on_the_border(name: str, before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a thread begins in the middle of a record, each record comes once and whole."""
    monkeypatch.chdir(tmp_path)
    record, first = RECORDS[name], "k,x,y\n"
    lines = (MIDDLE - before - len(first)) // len(PLAIN)
    first += "f" * (MIDDLE - before - len(first) - lines * len(PLAIN)) + PLAIN * lines
    assert len(first) == MIDDLE - before
    Path("a.csv").write_text(first + record + PLAIN * 70_000, encoding="utf-8")
    load = etl.run(etl.Dataset(sources=("a.csv",), table="t", strategy="append", output=None), warehouse="w.duckdb")
    counts = etl.open("w.duckdb").sql("SELECT k, x, y, count(*) FROM t GROUP BY ALL ORDER BY 4 DESC").rows
    (book,) = load.files
    assert (load.records, book.read, book.rejected) == (lines + 70_001, lines + 70_001, 0)
    assert {row[3] for row in counts[1:]} == {1}
    assert counts[0] == ("12", "b, c", "", counts[0][3])
    assert counts[0][3] >= lines + 69_999


@pytest.mark.parametrize(("record", "times"), [('x"y,"a\nb",6"\n', 1), ('x,"a\nb",6\n', 0), ('x"y,a,6"\n', 0)])
def test_lines_that_only_seem_whole_are_read_with_care(
    record: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line end in a cell of a file whose every line has an even number of quotes: DuckDB may have begun inside it."""
    monkeypatch.chdir(tmp_path)
    asked = []
    right = part.rewrite
    monkeypatch.setattr(part, "rewrite", lambda *words: (asked.append(words), right(*words))[1])
    Path("a.csv").write_text("k,x,y\n" + record + PLAIN, encoding="utf-8")
    load = etl.run(etl.Dataset(sources=("a.csv",), table="t", strategy="append", output=None), warehouse="w.duckdb")
    assert (load.records, len(asked)) == (2, times)
