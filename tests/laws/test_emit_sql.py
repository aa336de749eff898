"""A load as plain SQL: DuckDB's own shell, given the script and the inputs, makes the same target and export."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etl
from etl.cli.door import execute
from etl.config import Settings
from etl.inspect.emit import emit_sql
from laws.histories import History, histories
from laws.laws import Scene, share, walk
from laws.program import TABLE

SHELL = shutil.which("duckdb", path=f"{Path(sys.executable).parent}")


def shell(folder: Path) -> None:
    """Run a script as a person without etl would."""
    if SHELL is None:
        pytest.skip("DuckDB's own shell is not installed: pip install duckdb-cli")
    done = subprocess.run([SHELL, "-bail", "-init", "/dev/null"], cwd=folder, capture_output=True, check=False,
                          input=(folder / "load.sql").read_bytes())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""


def rows(path: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The columns and the rows of a target."""
    with duckdb.connect() as connection:
        quoted = str(path).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS w (READ_ONLY)")
        columns = connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'w' "
                                     f"AND schema_name = 'main' AND table_name = '{TABLE}' ORDER BY 1").fetchall()
        names = ", ".join('"' + name.replace('"', '""') + '"' for name, _ in columns)
        if not names:
            return [], []
        return columns, connection.execute(f"SELECT {names} FROM w.main.{TABLE} ORDER BY ALL").fetchall()


def hold(folder: Path, warehouse: Path, output: Path) -> None:
    """The target and the bytes of the export are those of the load, and the manifest is so."""
    assert (folder / output.name).read_bytes() == output.read_bytes()
    assert rows(folder / "target.duckdb") == rows(warehouse)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["export_sha256"] == hashlib.sha256(output.read_bytes()).hexdigest()
    for each in manifest["inputs"]:
        if each["file"]:
            assert hashlib.sha256((folder / each["file"]).read_bytes()).hexdigest() == each["sha256"]


def emitted(scene: Scene) -> Generator[None]:
    """At the end of a history, with files that are gone, and such that the bulk reader must not read."""
    yield
    program = scene.program
    if scene.load is None or not scene.delivery.rebuild or not program.output.exists():
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "sql"
        emit_sql(program.warehouse, TABLE, folder, Settings())
        shell(folder)
        hold(folder, program.warehouse, program.output)


@share(6)
@given(st.one_of(histories("fresh"), histories("accumulating")))
def test_the_script_makes_the_same(history: History) -> None:
    """Over random histories, through DuckDB's own shell."""
    walk(history, emitted)


def test_run_writes_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run --emit-sql` loads and writes; a folder that is not empty is refused before anything is done."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a.csv").write_text('id,n\n1,"x\ny"\n2,\n', encoding="utf-8")
    Path("in/b.csv.gz").write_bytes(gzip.compress(b"id,n\n3,z\n"))
    Path("in/c.csv").write_text("id,n\n4,\u00e9\n", encoding="utf-16")
    words = ("run", "--source-dir", "in", "--output", "out/t.json", "--strategy", "update", "--key", "id", "--table",
             TABLE, "--quiet")
    assert execute([*words, "--emit-sql", "in"]) == 2
    assert not Path("out").exists()
    assert execute([*words, "--emit-sql", "sql"]) == 0
    assert execute([*words, "--emit-sql", "sql"]) == 2
    assert etl.__version__ in Path("sql/load.sql").read_text(encoding="utf-8")
    shell(tmp_path / "sql")
    hold(tmp_path / "sql", tmp_path / "out/t.duckdb", tmp_path / "out/t.json")
    assert execute(["verify", "--files", "--warehouse", "out/t.duckdb"]) == 0


def test_a_line_end_of_windows_is_said_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB's shell reads CR LF as LF, in quotes too: in a text, a path and a name of a file the script escapes it."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a\r\n.exit.csv").write_bytes(b'id,"v\rw"\n1,"N\r\nA"\n2,b\n3,"\r\\c"\n')
    words = ("run", "--source-dir", "in", "--output", "out/o\r\nx.json", "--null", "N\r\nA", "--null", "\\\r",
             "--table", TABLE, "--quiet")
    assert execute([*words, "--emit-sql", "sql"]) == 0
    shell(tmp_path / "sql")
    hold(tmp_path / "sql", tmp_path / "out/o\r\nx.duckdb", tmp_path / "out/o\r\nx.json")


@pytest.mark.parametrize(("header", "words", "code"), [
    ('id,"v\r\nw"', (), 3), ("id,v", ("--table", "t\r\nx"), 2), ('"id\r\nx",v', ("--key", "id\r\nx"), 2),
])
def test_a_name_that_no_script_can_say_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str,
                                                  words: tuple[str, ...], code: int,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    """Identifiers have no escapes: a table or key by name before anything is done, a column behind the commit."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a.csv").write_bytes(f"{header}\n1,x\n".encode())
    run = ("run", "--source-dir", "in", "--output", "out/t.json", *words, "--emit-sql", "sql", "--quiet")
    assert execute(run) == code
    assert "of a table or column has a line end of CR LF" in capsys.readouterr().err
    assert Path("out/t.json").exists() == (code == 3)
    assert not Path("sql").exists()


def test_the_script_holds_its_export_against_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changed since makes another export: the script fails by name."""
    if SHELL is None:
        pytest.skip("DuckDB's own shell is not installed: pip install duckdb-cli")
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/a.csv").write_text("id,n\n1,x\n", encoding="utf-8")
    assert execute(["run", "--source-dir", "in", "--output", "out/t[1]*.json", "--emit-sql", "sql", "--quiet"]) == 0
    shell(tmp_path / "sql")
    Path("sql/target.duckdb").unlink()
    Path("in/a.csv").write_text("id,n\n1,y\n", encoding="utf-8")
    done = subprocess.run([SHELL], cwd="sql", capture_output=True, check=False, input=Path("sql/load.sql").read_bytes())
    assert done.returncode != 0
    assert b"the export is not that of the load" in done.stderr
