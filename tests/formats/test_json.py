"""JSON and lines of JSON: every value stays what the file says, and what is no JSON is named."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sources.packed import packed, zipped
from trouble.home import Home

from etl.sources.content import sizes
from etl.sources.json_document import Document
from etl.sources.json_text import DEEPEST, NotJson, judged, record
from etl.sql_files import statement
from etl.staging import stage
from formats.account import Cell, Nested, Number, exact, exported, json_of, same, type_of

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an example is a whole run: shrinking takes minutes
ODD_NUMBERS = ("1.5", "1e3", "1E-7", "9223372036854775808", "1" * 40, "0.12345678901234567890", "-0", "-0.0", "1.10",
               "12345678901234567890.5", "0.1000000000000000055511151231257827", "1e400", "0.0000001", "-0.00000012",
               "0.0000000000001")
ODD_TEXTS = ("007", "7", "true", "null", "NaN", "1e5", "2024-02-30", ', "x": 1}', "a,]", ":12345678901234567890",
             "\\u0001", " ")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(ODD_TEXTS)
NUMBERS = st.sampled_from(ODD_NUMBERS) | st.integers(-(10**20), 10**20).map(str) | st.decimals(
    -1000, 1000, places=3).map(str)
PLAIN = TEXTS.filter(str.isprintable)  # how an escape is spelt is the writer's own matter
NESTED = st.recursive(
    st.none() | st.booleans() | PLAIN | NUMBERS.map(Number),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3), max_leaves=6,
).filter(lambda value: isinstance(value, list | dict))


def spelt(value: Any) -> str:
    """A nested value as JSON without white space."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{spelt(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(spelt, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


NAMES = ("id", "a b", "größe", 'q"uote', "sl/ash~0", "n\\n", "7", "filename", "file_index")
CELLS: dict[str, st.SearchStrategy[Cell]] = {
    "number": NUMBERS.map(Number), "text": TEXTS, "nested": NESTED.map(spelt).map(Nested),
    "small": st.integers(-5, 5).map(str).map(Number), "truth": st.booleans(),
}
COLUMNS = st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=2).map(
    lambda kinds: st.one_of([CELLS[kind] for kind in kinds] + [st.none()]))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[Cell]]]:
    """Names of columns, and rows of cells."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    columns = [draw(COLUMNS) for _ in names]
    rows = draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=8))
    return names, rows


def member(name: str, cell: Cell) -> str:
    """A member of an object."""
    return f"{json.dumps(name)}: {json_of(cell)}"


def objects(names: list[str], rows: list[list[Cell]], *, whole: bool) -> list[str]:
    """The rows as objects; unless `whole`, a NULL may be a missing key (of the last rows)."""
    return ["{" + ", ".join(member(name, cell) for name, cell in zip(names, row, strict=True)
                            if cell is not None or whole or number == 0) + "}" for number, row in enumerate(rows)]


def held(home: Home, names: list[str], rows: list[list[Cell]]) -> None:
    """Load, and hold the export to the account of the cells."""
    answer = home.run()
    assert answer.code == 0, answer.error
    said = [dict(pairs) for pairs in exact(home.output.read_text(encoding="utf-8"))]
    types = [type_of([row[at] for row in rows]) for at in range(len(names))]
    assert len(said) == len(rows)
    for read, row in zip(said, rows, strict=True):
        for name, cell, of in zip(names, row, types, strict=True):
            assert same(read[name], exported(cell, of)), (name, of, cell, read[name])


@settings(suppress_health_check=list(HealthCheck), phases=WITHOUT_SHRINKING)
@given(table=tables(), blank=st.booleans(), way=st.sampled_from(["ndjson", "gz", "json", "indented", "crlf"]))
def test_tables_come_back_cell_for_cell(
    home: Home, table: tuple[list[str], list[list[Cell]]], way: str, blank: bool
) -> None:
    """A table written as lines, as an array, indented or compressed comes back as it was, numbers to the last digit."""
    names, rows = table
    home.output.unlink(missing_ok=True)
    for left in [*Path("in").iterdir(), *Path("out").iterdir()]:
        left.unlink()
    lines = objects(names, rows, whole=way in ("json", "indented"))
    if way in ("json", "indented"):
        gap = "\r\n  " if way == "indented" else ""
        home.put({"t.json": f"[{gap}" + f",{gap}".join(lines) + f"{gap}]"})
    else:
        end = "\r\n" if way == "crlf" else "\n"
        text = end.join(lines) + end * (2 if blank else 1)
        home.put({"t.ndjson.gz": gzip.compress(text.encode())} if way == "gz" else {"t.ndjson": text})
    held(home, names, rows)


BAD_LINES = {
    "trailing comma": ('{"id":2,}', "not_json"), "NaN": ('{"id":NaN}', "not_json"), "cut": ('{"id":', "not_json"),
    "two values": ('{"id":2} {"id":3}', "not_json"), "no object": ("[2]", "not_an_object"),
    "doubled key": ('{"id":2,"id":3}', "doubled_key"), "lone surrogate": ('{"id":"\\ud800"}', "not_json"),
    "not UTF-8": (b'{"id":"\xff"}', "undecodable"), "deep": ("[" * 200_000, "too_deep"),
    "nested NaN": ('{"id":[1, -Infinity]}', "not_json"), "nested comma": ('{"id":[1,]}', "not_json"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_a_reject_with_its_line(home: Home, case: str) -> None:
    """What is no object of JSON by the letter is rejected with its physical line; the others load."""
    bad, code = BAD_LINES[case]
    raw = bad if isinstance(bad, bytes) else bad.encode()
    home.put({"t.ndjson": b'{"id":1}\n\n' + raw + b'\n{"id":4}\n'})
    assert home.run().code == 1
    assert not home.output.exists()
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert home.exported() == [{"id": 1}, {"id": 4}]
    assert [reject[:4] for reject in home.rejects()] == [(code, "t.ndjson", 3, 2)]
    assert home.sql("SELECT byte_offset FROM w.etl.reject WHERE severity = 'reject'") == [(10,)]
    books = home.sql("SELECT lines, blank_lines, read FROM w.etl.file_version ORDER BY version_id DESC LIMIT 1")
    assert books == [(4, 1, 3)]


@pytest.mark.parametrize("text", ['[{"id":1},]', '[{"id":1}', '[{"id":1}] x', '[{"id":tru}]', "nope", '{"id":1,}'])
def test_a_document_that_is_no_json_is_a_problem_of_the_file(home: Home, text: str) -> None:
    """A document that cannot be read to its end fails as a whole, with a sentence and its line."""
    home.put({"t.json": "\n" + text})
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 1
    assert "t.json:2: " in answer.error
    assert "Traceback" not in answer.error


def nested(deep: int) -> str:
    """A record of so many objects and lists in one another, with brackets in its texts."""
    lists = deep - 1
    return '{"id":1,"d":' + '["]",' * (lists // 2) + "[" * (lists - lists // 2) + '"[["' + "]" * lists + "}"


def stacked(frames: int, work: Callable[[], bool]) -> bool:
    """Work done so many calls further down."""
    return stacked(frames - 1, work) if frames else work()


@pytest.mark.parametrize("deep", [DEEPEST, DEEPEST + 1, 700, 200_000])
@pytest.mark.parametrize("name", ["plain.ndjson", "beside a bad line.ndjson", "utf-16.ndjson", "array.json"])
def test_how_deep_a_record_may_be(home: Home, name: str, deep: int) -> None:
    """It is accepted or rejected by itself: not by its neighbours, the encoding, the format or the caller's stack."""
    other = '{"id":2,"d":[]}'
    rows = [nested(deep), other, *(["x"] if "bad" in name else [])]
    text = "[" + ",\n".join(rows) + "]" if "array" in name else "\n".join(rows)
    Path("in", name).write_text(text, encoding="utf-16" if "16" in name else "utf-8")
    answer = home.run("--on-error", "reject_row")
    assert answer.code == 0, answer.error
    assert [row["id"] for row in home.exported()] == ([1, 2] if deep <= DEEPEST else [2])
    assert ("nested more than 256 deep" in answer.error) == (deep > DEEPEST)
    assert home.etl("verify", "--files", "--warehouse", str(home.warehouse)).code == 0


@pytest.mark.parametrize("frames", [0, 300, 700])
def test_a_caller_far_down_the_stack_reads_the_same(frames: int) -> None:
    """A record, and an element of an array, of the deepest nesting that is taken."""
    def reads() -> bool:
        (element,) = Document(iter([f"[{nested(DEEPEST)}]"])).elements()
        return record(nested(DEEPEST)).fault is None and judged(element.raw, element.found).fault is None
    assert stacked(frames, reads)


def test_keys_and_kinds_meet_over_files(home: Home) -> None:
    """Objects of different keys, `1` beside `1.0`, `true` beside `"true"`: the union of keys, kinds by their join."""
    home.put({"a.ndjson": '{"a":1,"b":true,"c":{"x":1}}\n{"a":1.0,"d":"007"}\n',
              "b.json": '[{"b":"true","e":[1]},{"c":null,"A":2}]', "c.csv": "a,d\n3,8\n"})
    answer = home.run()
    assert answer.code == 0, answer.error
    assert home.exported() == [
        {"a": 1.0, "b": "true", "c": {"x": 1}, "d": None, "e": None},
        {"a": 1.0, "b": None, "c": None, "d": "007", "e": None},
        {"a": None, "b": "true", "c": None, "d": None, "e": [1]},
        {"a": 2.0, "b": None, "c": None, "d": None, "e": None},
        {"a": 3.0, "b": None, "c": None, "d": "8", "e": None},
    ]
    types = dict(home.standing().types)
    assert (types["a"], types["b"], types["c"], types["d"]) == ("DOUBLE", "VARCHAR", "JSON", "VARCHAR")


def test_one_object_is_one_record_and_values_may_follow_one_another(home: Home) -> None:
    """A .json file may hold one object, or several one behind the other, over any lines."""
    home.put({"a.json": '{\n "id": 1,\n "x": {"a":\n1e2}}\n', "b.json": '{"id":2}\n{"id":3}{"id":4}', "c.json": "[]"})
    answer = home.run()
    assert answer.code == 0, answer.error
    assert [row["id"] for row in home.exported()] == [1, 2, 3, 4]
    assert '"x":{"a":1e2}' in home.output.read_text()


@given(texts=st.lists(st.sampled_from(['{"a":1}', "[1,{}]", '"x\\n"', "12", "true", '{"b":"]"}', '"é€"']), max_size=5),
       cut=st.integers(1, 9), gap=st.sampled_from(["", " ", "\n", "\r\n"]))
def test_a_document_is_the_same_however_it_is_cut(texts: list[str], cut: int, gap: str) -> None:
    """The elements of an array, their lines and bytes do not depend on the pieces in which the text comes."""
    text = f"{gap}[{gap}" + f"{gap},{gap}".join(texts) + f"{gap}]{gap}"
    document = Document(iter([text[at : at + cut] for at in range(0, len(text), cut)]), sizes("utf-8"), 3)
    found = list(document.elements())
    assert [element.raw for element in found] == texts
    data = b"\xef\xbb\xbf" + text.encode()
    for element in found:
        assert element.byte is not None
        assert data[element.byte :].startswith(element.raw.encode())
        assert element.line == 1 + data[: element.byte].count(b"\n")


@pytest.mark.parametrize("name", ["b.ndjson", "b.json", "b.ndjson.gz", "b.csv"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_an_encoding_that_leaves_the_order_of_bytes_open_needs_a_mark(home: Home, name: str, encoding: str) -> None:
    """A text without it is a problem of its file in every format, and leaves the others alone."""
    data = ("id\n1\n" if name == "b.csv" else '{"id":1}').encode(f"{encoding}-le")
    home.put({"a.json": '[{"id":2}]'.encode(encoding), name: gzip.compress(data) if name.endswith(".gz") else data})
    answer = home.run("--encoding", encoding)
    assert answer.code == 1
    assert f"{name}: the text is not {encoding} ({encoding.upper()} stream does not start with BOM). " in answer.error
    assert f"for example {encoding}-le or {encoding}-be" in answer.error
    assert [row[:2] for row in home.rejects("problem")] == [("undecodable", name)]
    assert home.run("--encoding", encoding, "--on-error", "skip_file").code == 0
    assert home.exported() == [{"id": 2}]


def _packed(data: bytes, form: str, packing: str) -> bytes:
    if packing == ".zip":
        return zipped({f"a.{form}": data})
    return packed(data, packing) if packing else data


PLACED = ('{"id":1}', '  {"id":2,"id":3}\t ', ' {"id":4,"v":"é', '{"id":"no"}  ', "[5]", '{"id":6}')


@pytest.mark.parametrize(("encoding", "packing"), [
    ("utf-8", ""), ("utf-8", ".bz2"), ("utf-8-sig", ""), ("utf-8-sig", ".gz"), ("utf-8-sig", ".zip"), ("utf-16", ""),
    ("utf-16", ".xz"), ("utf-32-be", ".zst"), ("cp1252", ".gz"),
])
@pytest.mark.parametrize("form", ["ndjson", "json"])
def test_a_reject_is_the_bytes_where_it_begins(home: Home, form: str, encoding: str, packing: str) -> None:
    """Marked or not, packed or not: at the byte of a reject stands its record, with the white space of its line."""
    lines = [line for line in PLACED if form == "ndjson" or "é" not in line]
    text = "\n\n".join(lines) if form == "ndjson" else "[\n" + ",\n".join(lines) + "]"
    data = text.encode(encoding)
    home.put({f"a.{form}{packing}": _packed(data, form, packing)})
    stated = () if encoding.startswith("utf-8") or encoding == "utf-16" else ("--encoding", encoding)
    assert home.run("--on-error", "reject_row", "--column", "id=BIGINT", *stated).code == 0
    plain = {"utf-8-sig": "utf-8", "utf-16": f"utf-16-{sys.byteorder[0]}e"}.get(encoding, encoding)
    rejects = home.sql("SELECT record, byte_offset FROM w.etl.reject ORDER BY row")
    assert [kept for kept, _ in rejects] == [
        line if form == "ndjson" else line.strip() for line in lines if line not in (PLACED[0], PLACED[-1])]
    for kept, at in rejects:
        assert data[at:].startswith(kept.encode(plain))


@given(st.text(max_size=20) | NESTED.map(spelt))
def test_a_record_is_judged_without_an_error(text: str) -> None:
    """Any text is a record or has a fault; what Python's own reader takes as an object is a record of the same keys."""
    found = record(text)
    try:
        plain = json.loads(text, parse_constant=lambda word: (_ for _ in ()).throw(ValueError(word)))
    except (ValueError, RecursionError):
        plain = None
    if found.fault is None:
        assert [key for key, _ in found.members] == list(plain)
    else:
        assert not isinstance(plain, dict) or found.fault[0] in ("doubled_key", "not_json")


def test_a_cut_document_says_where() -> None:
    """A document that ends too early tells the line and the character."""
    document = Document(iter(["[1,\n", "2,\n"]))
    with pytest.raises(NotJson):
        list(document.elements())
    assert (document.line, document.passed) == (3, 7)


@settings(deadline=None, max_examples=12, phases=WITHOUT_SHRINKING,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_lines_are_staged_alike_by_their_keys_and_taken_apart(
    home: Home, table: tuple[list[str], list[list[Cell]]]
) -> None:
    """Whichever way DuckDB reads them, staging keeps the same texts: what was staged the one way verifies the other."""
    names, rows = table
    lines = ["{" + ",".join(f"{json.dumps(name)}:{json_of(cell)}" for name, cell in zip(names, row, strict=True)) + "}"
             for row in rows]
    kept = []
    for most in (500, 0):
        shutil.rmtree("out", ignore_errors=True)
        home.put({"t.ndjson": "\n".join(lines) + "\n"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "MOST_BY_NAME", most)
            assert home.run("--strategy", "append").code == 0
        (name,), = home.sql("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'staging'")
        kept.append(home.sql(f'SELECT * FROM w.staging."{name}" ORDER BY rowid'))
    assert kept[0] == kept[1]


def test_every_number_of_few_digits_stays_or_is_marked() -> None:
    """DuckDB writes a number of JSON as it stands, or `etl_json_marked` tells that it may not."""
    rng = Random(7)  # noqa: S311  numbers to be drawn again
    numbers = [f"{sign}{whole}.{'0' * zeros}{rng.randint(1, 10 ** rng.randint(1, 12))}" for sign in ("", "-")
               for whole in ("0", "1", "12345", "99999999") for zeros in range(13) for _ in range(40)]
    with duckdb.connect() as connection:
        for macro in statement("macros").text.split(";\n"):
            connection.execute(macro)
        changed = connection.execute(
            "SELECT n FROM (SELECT n, '{\"a\":' || n || '}' AS line FROM (SELECT unnest($1) AS n)) "
            "WHERE CAST(json_extract(line, '/a') AS VARCHAR) <> n AND NOT etl_json_marked(line)", [numbers]).fetchall()
    assert changed == []
