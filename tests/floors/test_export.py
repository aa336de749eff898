"""Exports: the same content in every format, the same bytes for the same state, and every value comes back."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

import etl
from etl.config import Settings
from etl.errors import UsageError
from etl.export import Exported, export_table, write_export
from etl.names import identifier, literal
from etl.result import TargetColumn
from etl.warehouse import Warehouse, in_memory, target

HOUSE = Path(__file__).parents[2]
TEXT_FORMATS = ["json", "ndjson", "jsonl", "csv"]
NAMES = [f"t.{each}{packed}" for each in TEXT_FORMATS for packed in ("", ".gz", ".zst")] + ["t.parquet"]
CONTROLS = [chr(code) for code in (*range(1, 32), *range(127, 160))]
TEXTS = [
    *["plain", 'a "quoted" word', '"', '""', "'", ",", ";", "two\nlines", "CR\rLF\r\nend", "\n", "\\", "\\u0041"],
    *["\\n", "\U0001f600 \U0001f469\u200d\U0001f4bb", "e\u0301", "\u00e9", "\u2028\u2029", "\ufeff", "\u202e"],
    *["\uffff", "</x>", "NULL", "null", "None", "NaN", "true", "0.10", " space ", "\u00a0", "[1]", '{"a": 1}'],
    *CONTROLS,
]


@dataclass(frozen=True)
class Target:
    """A target as it stands in its warehouse: names, types and values as texts, by key."""

    path: Path
    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[str | None, ...]]

    def export(self, name: str, folder: Path, *, lineage: bool = False) -> bytes:
        """An export of it, unpacked."""
        assert export_table(self.path, "t", str(folder / name), lineage, 1.0) == len(self.rows)
        return unpacked(folder / name)


def unpacked(path: Path) -> bytes:
    """The bytes of a file, decompressed."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)
    return zstandard.ZstdDecompressor().decompressobj().decompress(content) if path.suffix == ".zst" else content


def load(folder: Path, rows: Sequence[Sequence[str | None]], **stated: Any) -> Path:
    """Load a file of these rows, the first of them its header, as table `t`; where its warehouse is."""
    source = folder / "in"
    source.mkdir()
    quoted = ("" if cell is None else '"' + cell.replace('"', '""') + '"' for row in rows for cell in row)
    cells = iter(quoted)
    lines = [",".join(next(cells) for _ in row) for row in rows]
    (source / "a.csv").write_bytes(("\n".join(lines) + "\n").encode())
    path = folder / "w.duckdb"
    etl.open(path).run(etl.Dataset(source_dir=str(source), table="t", **stated))
    return path


def target_of(path: Path) -> Target:
    """What stands in the table `t`."""
    with duckdb.connect(str(path), read_only=True) as connection:
        types = connection.execute("SELECT column_name, column_type FROM (DESCRIBE t) WHERE column_name NOT IN "
                                   "('_version', '_row')").fetchall()
        values = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name, _ in types)
        rows = connection.execute(f"SELECT {values} FROM t ORDER BY id").fetchall()
    return Target(path, tuple(name for name, _ in types), tuple(kind for _, kind in types), rows)


@pytest.fixture(scope="module")
def varied(tmp_path_factory) -> Target:
    """A target of every type, with nasty texts and NULL in every column but its key."""
    numbers = [str(2**127 - 1), str(-(2**127)), "0", "7"]
    decimals = ["0.1234567891", "-0.0000000001", "1234567890123456789012345678.0123456789", "0.5", "-7"]
    doubles = ["0.1", "-0.25", "123456789012345.0", "1" + "0" * 200 + ".0", "0." + "0" * 200 + "1", "5.0"]
    flags, days = ["true", "FALSE"], ["2024-02-29", "0001-01-01", "9999-12-31"]
    moments = ["2024-02-29 23:59:59", "1969-12-31T00:00:00.000001", "2024-01-01 00:00:00.5"]
    columns = (numbers, decimals, doubles, flags, days, moments, ["", *TEXTS])
    rows = [[str(place), *(each[place % len(each)] for each in columns)] for place in range(len(TEXTS) + 1)]
    rows += [[str(len(rows) + place), *(None if place == column else each[0] for column, each in enumerate(columns))]
             for place in range(len(columns))]
    header = ["id", "huge", "exact", "near", "flag", "day", "moment", "said"]
    path = load(tmp_path_factory.mktemp("varied"), [header, *rows], strategy="deduplicate", key=("id",), trim=False,
                columns=(("exact", "DECIMAL(38,10)"),))
    varied = target_of(path)
    assert varied.types == ("BIGINT", "HUGEINT", "DECIMAL(38,10)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR")
    assert [row[-1] for row in varied.rows] == [row[-1] for row in rows]
    assert varied.rows[0][0] == "0"
    assert all(any(row[place] is None for row in varied.rows) for place in range(1, len(header)))
    return varied


def records(name: str, content: bytes, path: Path) -> tuple[tuple[str, ...], list[tuple[str | None, ...]]]:
    """The names and values, as texts, that an export holds; numbers as they are spelt."""
    if ".parquet" in name or ".csv" in name:
        relation = f"read_parquet({literal(str(path))})" if ".parquet" in name else (
            f"read_csv({literal(str(path))}, all_varchar = true, allow_quoted_nulls = false, header = true, "
            "delim = ',', quote = '\"', escape = '\"')")
        with duckdb.connect() as connection:
            names = [row[0] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()]
            values = ", ".join(f"CAST({identifier(each)} AS VARCHAR)" for each in names)
            return tuple(names), connection.execute(f"SELECT {values} FROM {relation}").fetchall()
    text = content.decode()
    array = name.split(".")[1] == "json"
    read = [json.loads(each, parse_int=str, parse_float=str) for each in ([text] if array else text.split("\n")[:-1])]
    objects = read[0] if array else read
    words = {True: "true", False: "false"}
    return tuple(objects[0]), [tuple(words[v] if isinstance(v, bool) else v for v in each.values()) for each in objects]


def same(kind: str, found: str | None, stands: str | None) -> bool:
    """Whether two texts are one value of a type."""
    if found is None or stands is None:
        return found is stands
    if kind == "DOUBLE":
        return float(found) == float(stands)
    if kind.startswith("DECIMAL"):
        return Decimal(found) == Decimal(stands)
    return found == stands


@pytest.mark.parametrize("name", NAMES)
def test_every_format_holds_what_stands_in_the_target(varied: Target, tmp_path: Path, name: str) -> None:
    """Names, order and values of the target, the empty text and NULL apart, whatever the format and compression."""
    names, rows = records(name, varied.export(name, tmp_path), tmp_path / name)
    assert names == varied.names
    assert len(rows) == len(varied.rows)
    wrong = [(kind, found, stands) for row, standing in zip(rows, varied.rows, strict=True)
             for kind, found, stands in zip(varied.types, row, standing, strict=True) if not same(kind, found, stands)]
    assert wrong == []


@pytest.mark.parametrize("kind", TEXT_FORMATS)
def test_compression_changes_no_byte(varied: Target, tmp_path: Path, kind: str) -> None:
    """Unpacked, an export is the one that is not packed; `.jsonl` is `.ndjson`; any case of an extension will do."""
    plain = varied.export(f"t.{kind}", tmp_path)
    assert {varied.export(f"t.{kind}{packed}", tmp_path) for packed in (".gz", ".zst")} == {plain}
    assert varied.export(f"T.{kind.upper()}", tmp_path) == plain
    assert varied.export("t.ndjson", tmp_path) == varied.export("t.jsonl", tmp_path)


def test_json_is_one_object_a_line(varied: Target, tmp_path: Path) -> None:
    """An array of objects, one a line, whose lines are those of the NDJSON; numbers are numbers, and it is UTF-8."""
    first, *lines, last, nothing = varied.export("t.json", tmp_path).decode().split("\n")
    assert (first, last, nothing) == ("[", "]", "")
    assert [line.strip().removesuffix(",") for line in lines] == varied.export("t.ndjson", tmp_path).decode().split(
        "\n")[:-1]
    head = json.loads(lines[0].strip().removesuffix(","))
    assert [type(value) for value in head.values()] == [int, int, float, float, bool, str, str, str]


def test_an_export_is_there_whole_or_not_at_all(varied: Target, tmp_path: Path) -> None:
    """Nothing but the export is left in its folder, and an unknown extension is refused before anything is written."""
    varied.export("t.json", tmp_path)
    for name in ("t", "t.txt", "t.parquet.gz", "t.gz", "json"):
        with pytest.raises(UsageError, match="extension"):
            export_table(varied.path, "t", str(tmp_path / name), lineage=False, lock_timeout=1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]


# The same bytes on any machine

SEVERAL = """
import sys
from dataclasses import replace
from pathlib import Path
from etl.config import Settings
from etl.export.write import exported_of, write_export
from etl.ledger.read import stored
from etl.warehouse import open_warehouse
path, out, threads = sys.argv[1:]
with open_warehouse(Path(path), Settings(threads=int(threads)), write=False) as warehouse:
    exported = exported_of(warehouse, stored(warehouse, "t"), lineage=True)
    for name, key in (("place.json", ()), ("key.json", ("id",)), ("key.csv", ("said", "id"))):
        write_export(warehouse, replace(exported, key=key), name, Path(out, name))
"""


def test_the_bytes_are_the_same_on_any_threads_and_in_any_time_zone(tmp_path: Path) -> None:
    """Two row groups are the same bytes with one thread here and with two on the other side of the world."""
    rows = 125_000
    cells = ((row * 7919 % 130_003, f"2024-03-31 0{row % 10}:30:00", f"t\u00e9xt {row % 97}") for row in range(rows))
    path = load(tmp_path, [["id", "moment", "said"], *([str(each) for each in row] for row in cells)])
    exports = []
    for threads, zone in (("1", "UTC"), ("2", "Pacific/Chatham")):
        out = tmp_path / threads
        out.mkdir()
        subprocess.run([sys.executable, "-c", SEVERAL, path, out, threads], cwd=HOUSE, check=True, capture_output=True,
                       env=os.environ | {"TZ": zone, "LC_ALL": "C"})
        exports.append([(out / name).read_bytes() for name in ("place.json", "key.json", "key.csv")])
    assert exports[0] == exports[1]
    assert [each.count(b"{") for each in exports[0][:2]] == [rows, rows]
    ids = [row["id"] for row in json.loads(exports[0][0])]
    assert ids == [row * 7919 % 130_003 for row in range(rows)]
    assert [row["id"] for row in json.loads(exports[0][1])] == sorted(ids)


# Empty targets


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Iterator[Warehouse]:
    """A warehouse in memory."""
    with in_memory(Settings(), tmp_path_factory.mktemp("spill")) as warehouse:
        yield warehouse


@pytest.mark.parametrize("content", ["", "id,x\n"])
def test_an_empty_target_is_an_empty_array(tmp_path: Path, content: str) -> None:
    """A target without rows, or without columns, exports to no record in every format, and to `[]` as JSON says it."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.csv").write_text(content, encoding="utf-8")
    path = tmp_path / "w.duckdb"
    etl.open(path).run(etl.Dataset(source_dir=str(source), table="t"))
    exports = {name: tmp_path / name for name in NAMES}
    for place in exports.values():
        assert export_table(path, "t", str(place), lineage=False, lock_timeout=1.0) == 0
    assert json.loads(unpacked(exports["t.json"])) == []
    assert {unpacked(exports[name]).strip() for name in NAMES if "ndjson" in name or "jsonl" in name} == {b""}
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT count(*) FROM {literal(str(exports['t.parquet']))}").fetchall() == [(0,)]
    assert len(list(csv.reader(io.StringIO(unpacked(exports["t.csv"]).decode())))) <= 1


def test_an_empty_target_names_no_column_that_it_has_not(warehouse: Warehouse, tmp_path: Path) -> None:
    """A CSV export of a target without columns makes none up (Parquet cannot be without one)."""
    write_export(warehouse, Exported("t", (), (), None, lineage=False), "t.csv", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == b""


# Every value comes back


def put(warehouse: Warehouse, types: dict[str, str], rows: Sequence[Sequence[object]]) -> Exported:
    """A target `t` of these rows, with a key `k` of its own."""
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in {"k": "BIGINT", **types}.items())
    warehouse.sql(f"CREATE OR REPLACE TABLE {target('t')} ({columns}, _version INTEGER, _row BIGINT)")
    for k, row in enumerate(rows):
        marks = ", ".join(["?"] * (len(row) + 3))
        warehouse.sql(f"INSERT INTO {target('t')} VALUES ({marks})", [k, *row, 1, k])
    named = tuple(TargetColumn(name, kind) for name, kind in {"k": "BIGINT", **types}.items())
    return Exported("t", named, ("k",), None, lineage=False)


decimals = st.decimals(-(10**28) + 1, 10**28 - 1, places=10)
values = st.tuples(
    st.none() | st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.integers(-(2**127), 2**127 - 1),
    st.none() | decimals, st.none() | st.floats(allow_nan=False, allow_infinity=False), st.none() | st.booleans(),
)


@given(rows=st.lists(values, max_size=5))
def test_any_value_comes_back_from_json(warehouse: Warehouse, tmp_path_factory, rows) -> None:
    """Texts, HUGEINT, DECIMAL(38,10), DOUBLE, BOOLEAN and NULL are read from JSON as they stand in the target."""
    types = {"said": "VARCHAR", "huge": "HUGEINT", "exact": "DECIMAL(38,10)", "near": "DOUBLE", "flag": "BOOLEAN"}
    path = tmp_path_factory.getbasetemp() / "any.json"
    write_export(warehouse, put(warehouse, types, rows), "any.json", path)
    found = json.loads(path.read_bytes(), parse_float=Decimal)
    near = [None if row["near"] is None else float(row["near"]) for row in found]
    back = [(row["said"], row["huge"], row["exact"], x, row["flag"]) for row, x in zip(found, near, strict=True)]
    assert back == rows


def decimals_come_back(warehouse: Warehouse, folder: Path, digits: int, scale: int, units: Sequence[int]) -> None:
    """What JSON says of these DECIMALs, given in units of their last digit, is exactly what stands in the target."""
    exported = put(warehouse, {"x": f"DECIMAL({digits},{scale})"}, [])
    rows = [Decimal(f"{each}E-{scale}") for each in units]
    texts = [format(each, "f") for each in rows]
    warehouse.sql(f"INSERT INTO {target('t')} SELECT k, CAST(x AS DECIMAL({digits},{scale})), 1, 1 FROM (SELECT "
                  "generate_subscripts($texts, 1) AS k, unnest(CAST($texts AS VARCHAR[])) AS x)", {"texts": texts})
    path = folder / "decimal.json"
    write_export(warehouse, exported, "decimal.json", path)
    assert [row["x"] for row in json.loads(path.read_bytes(), parse_float=Decimal, parse_int=Decimal)] == rows


@st.composite
def units_of_decimals(draw: st.DrawFn) -> tuple[int, int, list[int]]:
    """A precision, a scale and some values, with a digit before the point."""
    digits = draw(st.integers(1, 38))
    scale = draw(st.integers(0, digits - 1))
    return digits, scale, draw(st.lists(st.integers(-(10**digits) + 1, 10**digits - 1), min_size=1, max_size=4))


@given(case=units_of_decimals())
def test_any_decimal_is_valid_json(warehouse: Warehouse, tmp_path_factory, case) -> None:
    """A DECIMAL of any precision and scale is a number in JSON, exactly the one that stands in the target."""
    decimals_come_back(warehouse, tmp_path_factory.getbasetemp(), *case)


@pytest.mark.parametrize("digits", [16, 37])
def test_a_declared_decimal_without_a_digit_before_the_point_is_valid_json(warehouse, tmp_path: Path, digits) -> None:
    """A declared DECIMAL(s,s) is a number in JSON too."""
    decimals_come_back(warehouse, tmp_path, digits, digits, [5 * 10 ** (digits - 1), -1])


# Lineage


@pytest.mark.parametrize("name", ["t.json", "t.csv", "t.parquet"])
def test_lineage_clashes_with_no_column(tmp_path: Path, name: str) -> None:
    """Path and row stand last under names that no column has in any case, and the columns keep theirs."""
    header = ["id", "path", "row", "v", "t", "rank", "_SOURCE_PATH", "_source_row", "_source_path_2", "version_id"]
    stated = load(tmp_path, [header, ["1", *"bcdefghij"], ["0", *"klmnopqrs"]], strategy="update", key=("id",),
                  names="keep")
    standing = target_of(stated)
    found, rows = records(name, standing.export(name, tmp_path, lineage=True), tmp_path / name)
    assert found[:-2] == tuple(header) == standing.names
    assert len({each.lower() for each in found}) == len(header) + 2
    assert [row[:-2] for row in rows] == standing.rows
    assert [row[-2:] for row in rows] == [("a.csv", "2"), ("a.csv", "1")]
    assert records(name, standing.export(name, tmp_path), tmp_path / name)[0] == tuple(header)
