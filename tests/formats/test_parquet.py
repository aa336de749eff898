"""Parquet: types stay what they are, their join loses nothing, and damage is named."""

from __future__ import annotations

import base64
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import encryption
from trouble.home import Home

from etl.names import Sql
from etl.staging.parquet import KEPT, stored_type
from etl.staging.ranges import inside, said_outside
from etl.structure.kinds import STORED, Summary, summary_of
from formats.account import Number, exact

WIDE = Decimal("1" * 50 + ".5")
MOMENT = dt.datetime.fromisoformat("2024-01-02 03:04:05.678900")
DAY = dt.datetime.fromisoformat("2024-01-02")
NANOSECONDS = 1_704_164_645_123_456_789
COLUMNS: dict[str, tuple[pa.DataType, Any, str, Any]] = {  # type of Arrow, value, type of the target, exported
    "int8": (pa.int8(), -1, "TINYINT", -1), "uint16": (pa.uint16(), 7, "USMALLINT", 7),
    "int32": (pa.int32(), 7, "INTEGER", 7), "int64": (pa.int64(), 2**63 - 1, "BIGINT", 2**63 - 1),
    "uint64": (pa.uint64(), 2**64 - 1, "UBIGINT", 2**64 - 1), "float": (pa.float32(), 0.5, "FLOAT", 0.5),
    "double": (pa.float64(), 0.1 + 0.2, "DOUBLE", 0.1 + 0.2), "truth": (pa.bool_(), True, "BOOLEAN", True),
    "decimal": (pa.decimal128(12, 2), Decimal("1.50"), "DECIMAL(12,2)", 1.5),
    "decimal38": (pa.decimal128(38, 38), Decimal("0." + "1" * 38), "DECIMAL(38,38)", Number("0." + "1" * 38)),
    "decimal60": (pa.decimal256(60, 1), WIDE, "VARCHAR", str(WIDE)),
    "negative60": (pa.decimal256(60, 3), Decimal("-0.001"), "VARCHAR", "-0.001"),
    "text": (pa.string(), " 007 ", "VARCHAR", " 007 "), "day": (pa.date32(), dt.date(2024, 1, 2), "DATE", "2024-01-02"),
    "millis": (pa.timestamp("ms"), DAY, "TIMESTAMP", "2024-01-02 00:00:00"),
    "micros": (pa.timestamp("us"), MOMENT, "TIMESTAMP", "2024-01-02 03:04:05.6789"),
    "nanos": (pa.timestamp("ns"), NANOSECONDS, "TIMESTAMP_NS", "2024-01-02 03:04:05.123456789"),
    "zone": (pa.timestamp("us", "UTC"), MOMENT, "TIMESTAMP WITH TIME ZONE", "2024-01-02 03:04:05.6789+00"),
    "zone_nanos": (pa.timestamp("ns", "UTC"), NANOSECONDS, "VARCHAR", "2024-01-02 03:04:05.123456789+00"),
    "zone_micros": (pa.timestamp("ns", "UTC"), NANOSECONDS // 1000 * 1000, "TIMESTAMP WITH TIME ZONE",
                    "2024-01-02 03:04:05.123456+00"),
    "clock": (pa.time64("us"), dt.time(1, 2, 3), "TIME", "01:02:03"),
    "clock_nanos": (pa.time64("ns"), 1, "TIME_NS", "00:00:00.000000001"),
    "bytes": (pa.binary(), b"\xff\x00a", "BLOB", "\\xFF\\x00a"),
    "list": (pa.list_(pa.int64()), [1, None], "JSON", [Number("1"), None]),
    "struct": (pa.struct([("a", pa.decimal128(30, 20)), ("b", pa.string())]), {"a": Decimal("0.12345678901234567890"),
               "b": "NaN"}, "JSON", [("a", Number("0.12345678901234567890")), ("b", "NaN")]),
    "map": (pa.map_(pa.string(), pa.int64()), [("k", 1)], "JSON", [("k", Number("1"))]),
    "uuid": (pa.uuid(), b"0123456789abcdef", "UUID", "30313233-3435-3637-3839-616263646566"),
}


def write(path: str, columns: dict[str, pa.Array], **options: Any) -> None:
    """A Parquet file below `in/`."""
    pq.write_table(pa.table(columns), Path("in", path), **options)


def test_every_type_stays_what_it_is(home: Home) -> None:
    """Each type of column comes back whole: its type, its value and NULL, in the target and in the export."""
    write("t.parquet", {name: pa.array([value, None], of) for name, (of, value, _, _) in COLUMNS.items()})
    answer = home.run()
    assert answer.code == 0, answer.error
    types = dict(home.standing().types)
    assert {name: types[name] for name in COLUMNS} == {name: of for name, (_, _, of, _) in COLUMNS.items()}
    first, second = (dict(row) for row in exact(home.output.read_text(encoding="utf-8")))
    for name, (_, _, _, wanted) in COLUMNS.items():
        found = first[name]
        plain = isinstance(found, Number) and isinstance(wanted, int | float)
        assert (json.loads(found.text) if plain else found) == wanted, name
        assert second[name] is None


def test_every_type_goes_into_every_export(home: Home) -> None:
    """Exports to Parquet, CSV and lines of JSON are valid, and hold every row."""
    write("t.parquet", {name: pa.array([value, None], of) for name, (of, value, _, _) in COLUMNS.items()})
    for name in ("t.parquet", "t.csv", "t.ndjson"):
        assert home.etl("run", "--source-dir", "in", "--output", f"out/{name}", "--progress", "none").code == 0
        reader = {"t.parquet": "read_parquet", "t.csv": "read_csv", "t.ndjson": "read_json"}[name]
        assert duckdb.sql(f"SELECT count(*) FROM {reader}('out/{name}')").fetchall() == [(2,)]
    again = duckdb.sql("SELECT decimal60, uint64 FROM read_parquet('out/t.parquet') WHERE int8 = -1").fetchall()
    assert again == [(str(WIDE), 2**64 - 1)]


class Keys(encryption.KmsClient):
    """Keys wrapped by nothing."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:  # noqa: ARG002, the interface
        """The key as it is."""
        return base64.b64encode(key_bytes)


@pytest.mark.parametrize("options", [
    {}, {"plaintext_footer": True}, {"plaintext_footer": True, "encryption_algorithm": "AES_GCM_CTR_V1"},
])
def test_an_encrypted_file_is_told_so(home: Home, options: dict[str, Any]) -> None:
    """Whether all of it is encrypted or the columns alone, and in whichever way."""
    table = pa.table({"k": pa.array([1, 2]), "v": pa.array([1.5, 2.5])})
    factory = encryption.CryptoFactory(lambda _config: Keys())
    keys = encryption.EncryptionConfiguration(footer_key="f", column_keys={"c": ["v"]}, **options)
    sealed = factory.file_encryption_properties(encryption.KmsConnectionConfig(), keys)
    with pq.ParquetWriter("in/t.parquet", table.schema, encryption_properties=sealed) as writer:
        writer.write_table(table)
    answer = home.run()
    assert answer.code == 1
    assert "t.parquet: the Parquet file is encrypted. Write it without encryption" in answer.error


@pytest.mark.parametrize(("types", "values", "of", "exported"), [
    ((pa.int32(), pa.float64()), (7, 1.5), "DOUBLE", ["7.0", "1.5"]),
    ((pa.int64(), pa.float64()), (2**53 + 1, 1.5), "VARCHAR", [str(2**53 + 1), "1.5"]),
    ((pa.int64(), pa.uint64()), (-1, 2**64 - 1), "HUGEINT", ["-1", str(2**64 - 1)]),
    ((pa.decimal128(12, 2), pa.decimal128(20, 5)), (Decimal("1.50"), Decimal("2.00001")), "DECIMAL(20,5)",
     ["1.50000", "2.00001"]),
    ((pa.decimal128(10, 3), pa.int32()), (Decimal("1.005"), 7), "DECIMAL(13,3)", ["1.005", "7.000"]),
    ((pa.int64(), pa.string()), (7, "007"), "VARCHAR", ["7", "007"]),
    ((pa.float32(), pa.float64()), (0.5, 0.1), "DOUBLE", ["0.5", "0.1"]),
    ((pa.timestamp("us"), pa.timestamp("ns")), (MOMENT, NANOSECONDS), "VARCHAR",
     ["2024-01-02 03:04:05.6789", "2024-01-02 03:04:05.123456789"]),
    ((pa.timestamp("us"), pa.timestamp("ns")), (MOMENT, 1000), "TIMESTAMP",
     ["2024-01-02 03:04:05.6789", "1970-01-01 00:00:00.000001"]),
    ((pa.list_(pa.int8()), pa.struct([("a", pa.int8())])), ([1], {"a": 1}), "JSON", ["[1]", '{"a":1}']),
])
def test_types_of_different_files_are_joined_without_loss(
    home: Home, types: tuple[pa.DataType, ...], values: tuple[Any, ...], of: str, exported: list[str]
) -> None:
    """Columns of different types in different files are united in a type that holds each value, in either order."""
    for order in ((0, 1), (1, 0)):
        for name, at in zip(("a", "b"), order, strict=True):
            write(f"{name}.parquet", {"v": pa.array([values[at]], types[at])})
        answer = home.run()
        assert answer.code == 0, answer.error
        assert dict(home.standing().types)["v"] == of
        found = home.sql("SELECT CAST(v AS VARCHAR) FROM w.main.t ORDER BY _version, _row")
        assert sorted(text for (text,) in found) == sorted(exported)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
@pytest.mark.parametrize(("of", "cell"), [
    (pa.int32(), 5), (pa.int8(), 5), (pa.int64(), 5), (pa.date32(), 5), (pa.time32("ms"), 5000), (pa.string(), "5"),
    (pa.decimal128(5, 1), Decimal("0.5")),
], ids=str)
def test_a_column_without_a_type_stands_beside_any(
    home: Home, of: pa.DataType, cell: object, order: tuple[str, str]
) -> None:
    """Writers give a column of NULLs alone the type of NULL, stored as INT32: by itself, in lists and in structs."""
    for name, kind, value in zip(order, (pa.null(), of), (None, cell), strict=True):
        write(f"{name}.parquet", {"v": pa.array([value], kind), "l": pa.array([[value]], pa.list_(kind)),
                                  "s": pa.array([{"a": value}], pa.struct([("a", kind)]))})
    answer = home.run()
    assert answer.code == 0, answer.error
    found = home.sql("SELECT v IS NULL, l->>0 IS NULL, s->>'a' IS NULL FROM w.main.t ORDER BY _version, _row")
    assert found == [(order[0] == "a",) * 3, (order[0] == "b",) * 3]


def test_parquet_meets_csv_and_json(home: Home) -> None:
    """One target from files of three formats: columns by name, kinds by their join."""
    write("a.parquet", {"ID": pa.array([1], pa.int32()), "v": pa.array([Decimal("1.5")], pa.decimal128(5, 1))})
    home.put({"b.csv": "v,id\n2.25,2\n", "c.ndjson": '{"id":3,"w":[1]}\n'})
    answer = home.run("--strategy", "update", "--key", "id")
    assert answer.code == 0, answer.error
    assert home.exported() == [{"id": 1, "v": 1.5, "w": None}, {"id": 2, "v": 2.25, "w": None},
                               {"id": 3, "v": None, "w": [1]}]
    (Path("in") / "b.csv").unlink()
    home.run("--strategy", "update", "--key", "id")
    assert dict(home.standing().types)["v"] == "DECIMAL(5,1)"


def test_old_timestamps_are_read_to_the_nanosecond(home: Home) -> None:
    """INT96 is a TIMESTAMP where microseconds hold it, and nanoseconds where they do not."""
    for value, of, said in ((NANOSECONDS, "TIMESTAMP_NS", "2024-01-02 03:04:05.123456789"),
                            (-1000, "TIMESTAMP", "1969-12-31 23:59:59.999999")):
        write("t.parquet", {"t": pa.array([value, None], pa.timestamp("ns"))}, use_deprecated_int96_timestamps=True)
        assert home.run().code == 0
        assert (dict(home.standing().types)["t"], home.exported()) == (of, [{"t": said}, {"t": None}])


def test_what_json_cannot_say_is_null_with_a_warning(home: Home) -> None:
    """NaN and infinities are null in JSON and stay in the target; -0.0 is loaded as 0.0; each is said."""
    nan = float("nan")
    write("t.parquet", {"f": pa.array([nan, float("inf"), -0.0]), "n": pa.array([[nan], [1.0], [2.0]])})
    answer = home.run()
    assert [row["f"] for row in home.exported()] == [None, None, 0.0]
    assert [row["n"] for row in home.exported()] == [[None], [1.0], [2.0]]
    assert "it has NaN or an infinity, which JSON has as null" in answer.error
    assert "-0.0 is loaded as 0.0" in answer.error
    assert home.sql("SELECT count(*) FROM w.main.t WHERE isnan(f)") == [(1,)]


@pytest.mark.parametrize("declared", ["DOUBLE", "DECIMAL(5,1)", "BIGINT", "HUGEINT"])
def test_the_sign_of_zero_is_never_lost_in_silence(home: Home, declared: str) -> None:
    """Under whatever type of numbers a column is declared, -0.0 is said."""
    write("t.parquet", {"f": pa.array([-0.0, 1.0])})
    assert "t.parquet: column f: -0.0 is loaded as 0.0" in home.run("--column", f"f={declared}").error


@pytest.mark.parametrize(("declared", "name", "text"), [
    ("DOUBLE", "t.csv", "k,f\n1,-0.0\n2,1\n"), ("DOUBLE ,", "t.csv", 'k,f\n1,"-0,0"\n2,1\n'),
    ("DECIMAL(5,1) ,", "t.csv", "k;f\n1; -0,00 \n2;1\n"), ("DECIMAL(5,1)", "t.csv", "k,f\n1,-0.0\n2,1\n"),
    ("DOUBLE", "t.ndjson", '{"k":1,"f":"-0.0"}\n{"k":2,"f":1}\n'),
    ("DOUBLE ,", "t.ndjson", '{"k":1,"f":"-0,0"}\n{"k":2,"f":1}\n')])
def test_the_sign_of_zero_is_said_of_every_text(home: Home, declared: str, name: str, text: str) -> None:
    """Of text in quotes and with a decimal comma, too, when it is loaded and when it is declared; never of a reject."""
    Path("in", name).write_text(text)
    said = f"{name}: column f: -0.0 is loaded as 0.0"
    assert said not in home.run("--column", "f=VARCHAR").error
    assert said in home.run("--column", f"f={declared}").error
    assert [row["f"] for row in home.exported()] == [0.0, 1.0]
    assert said not in home.run("--column", f"f={declared}").error
    home.warehouse.unlink()
    assert home.run("--column", f"f={declared}", "--strict").code == 1
    Path("in", name).write_text(text.replace("k,f\n1", "k,f\n").replace("k;f\n1", "k;f\n").replace('{"k":1,', "{"))
    keyed = ("--strategy", "deduplicate", "--key", "k", "--on-error", "reject_row")
    answer = home.run("--column", f"f={declared}", *keyed)
    assert (answer.code, said in answer.error) == (0, False)


def test_a_column_of_a_virtual_name_is_a_column(home: Home) -> None:
    """Names that DuckDB gives to its virtual columns, glob signs in file names and folders like a=1 change nothing."""
    (Path("in") / "a=9").mkdir()
    write("a=9/[x].parquet", {"file_index": pa.array([5]), "filename": pa.array(["f"]), "rowid": pa.array([7])})
    assert home.run().code == 0
    assert home.exported() == [{"file_index": 5, "filename": "f", "rowid": 7}]


def test_damage_is_named(home: Home) -> None:
    """A file that is cut, damaged or no Parquet at all is a problem with a sentence."""
    write("t.parquet", {"a": pa.array(range(10_000)), "s": pa.array([str(at) for at in range(10_000)])})
    whole = (Path("in") / "t.parquet").read_bytes()
    middle = len(whole) // 2
    for content in (whole[:-20], whole[:middle], b"PAR1" + b"\0" * 50 + b"PAR1", b"<html><body>", b"id\n1\n",
                    whole[:-30] + b"\xff" * 10 + whole[-20:]):
        home.put({"t.parquet": content})
        answer = home.process("run", "--source-dir", "in", "--output", "out/t.json", "--progress", "none")
        assert answer.code == 1, answer.error
        assert "t.parquet: " in answer.error
        assert "Traceback" not in answer.error
        assert "inside etl" not in answer.error


ENDS = 2**63 - 1
OUTSIDE = [
    (pa.date32(), (2**31 - 1, -(2**31 - 1), -(2**31))), (pa.timestamp("us"), (ENDS, -ENDS, -ENDS - 1)),
    (pa.timestamp("us", "UTC"), (ENDS, -ENDS, -ENDS - 1, ENDS - 1)), (pa.timestamp("ms"), (ENDS, -ENDS)),
    (pa.timestamp("ns"), (ENDS, -ENDS, -ENDS - 1, -9_223_286_400_000_000_001)),
    (pa.time32("ms"), (-1, 86_400_000, -(2**31))), (pa.time64("us"), (-1, 86_400_000_000, ENDS, -ENDS)),
    (pa.time64("ns"), (-1, 86_400_000_000_000, ENDS)),
]


@pytest.mark.parametrize(("kind", "cells"), OUTSIDE, ids=[str(kind) for kind, _ in OUTSIDE])
def test_what_no_table_can_tell_is_an_error(tmp_path: Path, kind: pa.DataType, cells: tuple[int, ...]) -> None:
    """A value out of the range of its type is told from others, also inside of nested values."""
    path = str(tmp_path / "t.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for cell in (0, *cells):
            held = pa.array([0, cell, None], pa.int32() if kind.bit_width == 32 else pa.int64()).view(kind)
            struct = pa.StructArray.from_arrays([pa.array([1, 2, 3]), held], ['é"', "a b"])
            for column in (held, struct, pa.ListArray.from_arrays([0, 0, 2, 3], struct),
                           pa.MapArray.from_arrays([0, 1, 2], held[:2], struct[:2])):
                pq.write_table(pa.table({"v": column}), path)
                (of,) = connection.execute(f"DESCRIBE FROM '{path}'").fetchall()
                query = f"SELECT {inside(Sql('v'), of[1])} AS v FROM '{path}' ORDER BY v"
                if not cell:
                    assert len(connection.execute(query).arrow().read_all()) == len(column)
                    continue
                with pytest.raises(duckdb.InvalidInputException) as raised:
                    connection.execute(query)
                assert said_outside(raised.value), (cell, column.type)


@pytest.mark.parametrize(("kind", "cell"), [
    (pa.date32(), 2**31 - 1), (pa.time32("ms"), -1), (pa.timestamp("ms"), 2**62), (pa.timestamp("us"), -ENDS - 1),
    (pa.timestamp("ns"), -ENDS - 1), (pa.timestamp("ns", "UTC"), -ENDS - 1)], ids=str)
def test_a_value_out_of_range_is_named(home: Home, kind: pa.DataType, cell: int) -> None:
    """It is a problem with its file and column; the other files load, and `inspect` says what is wrong with it."""
    write("t.parquet", {"id": pa.array([1]), "at": pa.array([cell], pa.int32() if kind.bit_width == 32 else pa.int64()
                                                            ).view(kind)})
    home.put({"u.csv": "id\n1\n"})
    answer = home.run("--on-error", "skip_file")
    assert answer.code == 0, answer.error
    assert "t.parquet: column at: the column has a value out of the range of its type" in answer.error
    assert len(home.exported()) == 1
    assert "out of the range of" in home.etl("inspect", "in/t.parquet").said


@pytest.mark.parametrize("cell", [-(2**31) + 2, 2**31 - 2])
def test_the_first_and_the_last_day_are_days(home: Home, cell: int) -> None:
    """A table holds them, and the export tells them."""
    write("t.parquet", {"at": pa.array([cell], pa.int32()).view(pa.date32())})
    assert home.run().code == 0
    assert home.exported()[0]["at"] in ("5877642-06-25 (BC)", "5881580-07-10")


@pytest.mark.parametrize("names", [("a", "A"), ("a", "a")])
def test_fields_of_one_name_are_refused(home: Home, names: tuple[str, str]) -> None:
    """DuckDB would rename one of them; fields of other structs do not count."""
    doubled = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names)
    for column in (doubled, pa.ListArray.from_arrays([0, 1], doubled)):
        write("t.parquet", {"a": pa.array([1]), "v": column})
        answer = home.run()
        assert answer.code == 1
        assert "t.parquet: column v: the column has two fields of the name" in answer.error
    write("t.parquet", {"a": pa.array([1]), "v": pa.array([{"a": 1, "b": [{"a": 2}]}])})
    assert home.run().code == 0
    assert home.exported() == [{"a": 1, "v": {"a": 1, "b": [{"a": 2}]}}]


def test_a_field_named_like_a_column_stays_what_it_is(home: Home) -> None:
    """Only the column is read as its bytes or without its zone."""
    at = pa.array([NANOSECONDS], pa.timestamp("ns", "UTC"))
    write("t.parquet", {
        "v": pa.array([WIDE], pa.decimal256(60, 1)), "at": at,
        "s": pa.array([{"v": "é", "at": MOMENT}], pa.struct([("v", pa.string()), ("at", pa.timestamp("us", "UTC"))]))})
    assert home.run().code == 0
    assert home.exported() == [{"v": str(WIDE), "at": "2024-01-02 03:04:05.123456789+00",
                                "s": {"v": "é", "at": "2024-01-02 03:04:05.6789+00"}}]


def test_inspect_shows_moments_whole(home: Home) -> None:
    """Nanoseconds and days past the year 9999 are shown as a load stores them."""
    pq.write_table(pa.table({"at": pa.array([1], pa.timestamp("ns")), "day": pa.array([2**31 - 2], pa.date32())}),
                   "in/t.parquet")
    said = home.etl("inspect", "in/t.parquet").said
    assert "1970-01-01 00:00:00.000000001" in said
    assert "5881580-07-10" in said


def test_a_type_that_cannot_be_kept_is_a_problem(home: Home) -> None:
    """A decimal of 60 digits inside a list is refused by name."""
    write("t.parquet", {"l": pa.array([[WIDE]], pa.list_(pa.decimal256(60, 1)))})
    answer = home.run()
    assert answer.code == 1
    assert "t.parquet: column l: the column has decimals of 60 digits inside nested values" in answer.error


def test_the_types_of_staging_are_known_kinds() -> None:
    """Each type that a staging column may have is one of the lattice, and comes out of it alone as it went in."""
    assert KEPT == STORED
    for name in KEPT - {"VARCHAR"}:
        assert summary_of(stored_type(name)).type() == name


KINDS = st.sampled_from(sorted(KEPT | {"DECIMAL(12,2)", "DECIMAL(38,0)", "DECIMAL(38,38)", "JSON"}))


@given(st.lists(KINDS | st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 2048, 4096, 264]), min_size=1, max_size=4))
def test_the_join_is_one_whatever_the_order(names: list[str | int]) -> None:
    """The type of a join depends on no order, and twice is once."""
    found = [Summary(name) if isinstance(name, int) else summary_of(name) for name in names]
    whole, backwards = Summary(), Summary()
    for one, other in zip(found, reversed(found), strict=True):
        whole, backwards = whole | one, backwards | other
    assert whole.type() == backwards.type() == (whole | whole).type()


def test_line_ends_between_tokens_of_json_do_not_part_records(home: Home) -> None:
    """A column of JSON may be laid out over lines; the export has a record a line, and the same values."""
    said = ['{"a":\n1,\r\n"b":[1\r,2]}', '\n["x\\ny"]\n', '[1,\n\t"two  words"]']
    pq.write_table(pa.table({"i": [0, 1, 2], "v": pa.array(said, pa.json_())}), "in/a.parquet")
    assert home.run().code == 0
    assert [row["v"] for row in home.exported()] == [json.loads(text) for text in said]
    assert len(Path("out/t.json").read_text().splitlines()) == 3 + 2
