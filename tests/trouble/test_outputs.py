"""Outputs: repaired, on standard output, equal in every format; and a run that is interrupted."""

from __future__ import annotations

import csv
import gzip
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import zstandard

from trouble.home import Home, environment

KEYED = ("--strategy", "update", "--key", "id")
HEADER = "id,n,big,f,d,t,b,s\n"
FILES = {
    "a.csv": HEADER + '1,5,123456789012345678901,1.5,2024-01-31,2024-01-31 10:00:00.5,true,"a ""q"", b\nc"\n',
    "b.csv": HEADER + '2,,1,-0.25,,2024-01-31T00:00:00,FALSE,""\n3,7,2,3,2024-02-29,,,\u00e9\U0001f600\n',
}
EXPECTED = [
    {"id": 1, "n": 5, "big": 123456789012345678901, "f": 1.5, "d": "2024-01-31", "t": "2024-01-31 10:00:00.5",
     "b": True, "s": 'a "q", b\nc'},
    {"id": 2, "n": None, "big": 1, "f": -0.25, "d": None, "t": "2024-01-31 00:00:00", "b": False, "s": ""},
    {"id": 3, "n": 7, "big": 2, "f": 3.0, "d": "2024-02-29", "t": None, "b": None, "s": "\u00e9\U0001f600"},
]


@pytest.mark.parametrize(("damage", "kind"), [
    ("deleted", "fresh"), ("edited", "fresh"), ("emptied", "accumulating"), ("replaced by a folder", "fresh"),
    ("folder gone", "accumulating"),
])
def test_an_output_is_repaired(home: Home, damage: str, kind: str) -> None:
    """An output that was deleted or edited by hand is written again by the next run, with the same bytes."""
    home.put(FILES)
    words = (*KEYED, *(() if kind == "fresh" else ("--warehouse", "kept.duckdb")))
    assert home.run(*words).code == 0
    good = home.output.read_bytes()
    if damage == "edited":
        home.output.write_bytes(good.replace(b"true", b"null"))
    elif damage == "emptied":
        home.output.write_bytes(b"")
    else:
        home.output.unlink()
    if damage == "replaced by a folder":
        home.output.mkdir()
        answer = home.run(*words)
        assert answer.code in {2, 3}
        assert "out/t.json" in answer.error
        home.output.rmdir()
    if damage == "folder gone" and kind == "accumulating":
        home.output.parent.rmdir()
    status = home.etl("status", "--warehouse", str(home.warehouse) if kind == "fresh" else "kept.duckdb")
    assert ("is not as it was left" if damage in {"edited", "emptied"} else "is not there any more") in status.said
    answer = home.run(*words)
    assert (answer.code, answer.output) == (0, b"ETL complete: 3 records from 2 files\n"), answer.error
    assert home.output.read_bytes() == good
    if kind == "accumulating":
        home.output.unlink()
        assert home.etl("run", "--source-dir", "in", "--table", "t", "--warehouse", "kept.duckdb").code == 0
        assert home.output.read_bytes() == good


def test_an_output_that_cannot_be_put_in_place_is_pending(home: Home) -> None:
    """Where the folder of the output is a file now it is named, and once that is mended the next run is right."""
    home.put({"a.csv": "id,v\n1,x\n"})
    words = ("run", "--source-dir", "in", "--table", "t", "--warehouse", "kept.duckdb", *KEYED)
    assert home.etl(*words, "--output", "out/t.json").code == 0
    home.output.unlink()
    home.output.parent.rmdir()
    home.output.parent.write_text("in the way")
    home.put({"b.csv": "id,v\n2,y\n"})
    answer = home.etl(*words)
    assert answer.code in {1, 3}
    assert "/out" in answer.error
    assert "inside etl" not in answer.error
    home.output.parent.unlink()
    assert home.etl(*words).output == b"ETL complete: 2 records from 2 files\n"
    assert home.exported() == [{"id": 1, "v": "x"}, {"id": 2, "v": "y"}]


def test_standard_output_as_output(home: Home) -> None:
    """`--output -`: the export alone on standard output, everything else on standard error; it is not recorded."""
    home.put(FILES)
    words = ("run", "--source-dir", "in", "--table", "t", *KEYED)
    for kept in ((), ("--warehouse", "kept.duckdb")):
        for _ in range(2):
            answer = home.process(*words, "--output", "-", *kept)
            assert answer.code == 0, answer.error
            assert [dict(row) for row in answer.document] == EXPECTED
            assert "ETL complete: 3 records from 2 files" in answer.error
    assert home.files() == {"data", "data/etl_output.duckdb", "kept.duckdb"}
    assert home.sql("SELECT * FROM w.etl.output", Path("kept.duckdb")) == []
    answer = home.etl(*words, "--output", "-", "--json")
    assert (answer.code, "--json" in answer.error) == (2, True)
    Path("in/c.csv").write_text("id\n,\n")
    answer = home.etl(*words, "--output", "-")
    assert (answer.code, answer.output) == (1, b"")


def read_back(path: Path) -> list[dict[str, object]]:
    """What an export holds, whatever its format, as texts and NULLs."""
    content = path.read_bytes()
    name = path.name
    if name.endswith(".gz"):
        content, name = gzip.decompress(content), name[:-3]
    elif name.endswith(".zst"):
        content, name = zstandard.ZstdDecompressor().decompressobj().decompress(content), name[:-4]
    if name.endswith(".json"):
        return json.loads(content)
    if name.endswith((".ndjson", ".jsonl")):
        return [json.loads(line) for line in content.decode().splitlines()]
    if name.endswith(".csv"):
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        return [dict(zip(header, row, strict=True)) for row in rows]
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def plain(value: object) -> str | None:
    """A value as every format can say it."""
    if isinstance(value, bool) or value in {"true", "false"}:
        return str(value).lower()
    text = str(value)
    for zeros in ("00000", ".0"):
        text = text.removesuffix(zeros) if "." in text else text
    return None if value in {None, ""} else text


def test_every_format_holds_the_same(home: Home) -> None:
    """JSON, NDJSON, CSV and Parquet, plain and packed, hold equal content, and the same bytes when written again."""
    home.put(FILES)
    names = ["t.json", "t.ndjson", "t.jsonl", "t.csv", "t.parquet", *(
        f"t.{form}.{packing}" for form in ("json", "ndjson", "jsonl", "csv") for packing in ("gz", "zst"))]
    wanted = [{name: plain(value) for name, value in row.items()} for row in EXPECTED]
    for name in names:
        output = Path("out", name)
        words = ("run", "--source-dir", "in", "--warehouse", "kept.duckdb", *KEYED, "--output", f"out/{name}")
        answer = home.etl(*words)
        assert answer.code == 0, answer.error
        content = output.read_bytes()
        found = read_back(output)
        assert [{name: plain(value) for name, value in row.items()} for row in found] == wanted, name
        if "json" in name:
            assert found == EXPECTED, name
        if name in {"t.json", "t.parquet", "t.csv.gz", "t.json.zst"}:
            output.unlink()
            assert home.etl(*words, "--threads", "1").code == 0
            assert output.read_bytes() == content, name
    assert Path("out/t.json").read_bytes() == gzip.decompress(Path("out/t.json.gz").read_bytes())
    assert {path.name for path in Path("out").iterdir()} == set(names)


def test_an_interrupted_load_leaves_nothing(home: Home) -> None:
    """A signal in the middle of a larger load: exit 130, everything as it was, and the next run is right."""
    home.put({"a.csv": "id,v\n1,x\n"})
    assert home.run(*KEYED).code == 0
    before = home.standing()
    rows = "".join(f"{at},value {at},{at * 7}.5\n" for at in range(300_000))
    home.put({"b.csv": "id,v,w\n" + rows})
    arguments = ["run", "--source-dir", "in", "--output", "out/t.json", "--table", "t", *KEYED, "--progress", "json"]
    with subprocess.Popen([sys.executable, "-m", "etl", *arguments], env=environment(), stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if '"phase"' in line:  # the first may come late
                break
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=30)
    assert (process.returncode, output) == (130, "")
    assert "Interrupted: everything is as it was." in error
    assert "Traceback" not in error
    assert home.standing() == before
    assert home.run(*KEYED).output == b"ETL complete: 300000 records from 2 files\n"
    assert {path.name for path in Path("out").iterdir()} == {"t.duckdb", "t.json"}
