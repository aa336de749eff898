"""DuckDB's own shell on a warehouse: what it says first, what it may do, and how it ends."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

import etl
from cli.stand_in import Etl
from etl.inspect import contents

pytest.importorskip("duckdb_cli")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse whose file is named like a schema of it, with a table that has to be quoted."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.csv").write_text("id,n\n1,x\n2,y\n", encoding="utf-8")
    (tmp_path / "in/b.csv").write_text("id\n3\n", encoding="utf-8")
    path = tmp_path / "etl.duckdb"
    etl.run(etl.Dataset(source_dir=str(tmp_path / "in"), table="my orders"), warehouse=path)
    return path


def shell(warehouse: Path, statements: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Pipe statements through `etl shell`."""
    return subprocess.run([sys.executable, "-m", "etl", "shell", "--warehouse", warehouse, *options], input=statements,
                          capture_output=True, text=True, timeout=120, check=False,
                          env=os.environ | {"HOME": str(warehouse.parent), "COLUMNS": "120"})


def test_the_shell_answers_from_the_warehouse_and_changes_nothing(warehouse: Path) -> None:
    """Targets, staging and control tables by their names; the list is on standard error, and writing is refused."""
    before = warehouse.read_bytes()
    done = shell(warehouse, '.mode csv\nSELECT count(*) AS c FROM "my orders";\nSELECT count(*) FROM etl.books;\n')
    assert done.returncode == 0
    assert done.stdout.split() == ["c", "3", "count_star()", "2"]
    for name in ('"my orders"', "staging.", "etl.books", "etl.loaded_version", 'etl."column"'):
        assert name in done.stderr
    refused = shell(warehouse, 'DELETE FROM "my orders";\n')
    assert refused.returncode == 1
    assert "read-only" in refused.stderr
    assert warehouse.read_bytes() == before


def test_the_shell_writes_where_it_is_asked(warehouse: Path) -> None:
    """With --write it does, and says that no load knows of it."""
    done = shell(warehouse, 'DELETE FROM "my orders" WHERE id = 3;\n', "--write")
    assert done.returncode == 0
    assert "in no books" in done.stderr
    assert etl.open(warehouse).sql('SELECT count(*) FROM "my orders"').rows == ((2,),)


def test_every_name_that_is_listed_is_one(warehouse: Path) -> None:
    """A query from each listed name has as many rows as the list says."""
    targets, staging, control = contents(warehouse, 5)
    assert len(targets.rows) == 1
    assert len(staging.rows) == 2
    assert len(control.rows) > 9
    for name, rows in [*((row[0], row[1]) for row in (*targets.rows, *staging.rows)),
                       *((row[0], row[2]) for row in control.rows)]:
        assert etl.open(warehouse).sql(f"SELECT count(*) FROM {name}").rows == ((rows,),)


def test_a_person_types_into_it(warehouse: Path) -> None:
    """On a terminal it has its prompt, answers, Ctrl-C ends a statement and not the shell, and `.exit` leaves."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"HOME": str(warehouse.parent), "TERM": "dumb"}
        os.execv(sys.executable, [sys.executable, "-m", "etl", "shell", "--warehouse", str(warehouse)])  # noqa: S606
    said = b""

    def until(words: bytes) -> None:
        nonlocal said
        deadline = time.monotonic() + 30
        while words not in said:
            assert time.monotonic() < deadline, said
            if select.select([terminal], [], [], 1)[0]:
                said += os.read(terminal, 4096)

    until(b"usage hints")
    os.write(terminal, b"SELECT 'sum=' || (40 + count(*)) AS s FROM \"my orders\";\r")
    until(b"sum=43")
    os.write(terminal, b"SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 1;\r")
    time.sleep(0.5)
    os.write(terminal, b"\x03")
    os.write(terminal, b"SELECT 'still ' || 'here' AS s;\r")
    until(b"still here")
    os.write(terminal, b".exit\r")
    _, status = os.waitpid(pid, 0)
    assert os.WIFEXITED(status)


def test_a_shell_that_is_not_installed_is_said(etl: Etl, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence, how to get it, and exit code 2."""
    monkeypatch.setitem(sys.modules, "duckdb_cli", None)
    answer = etl("shell", "--warehouse", str(warehouse))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == ("Error: The shell needs duckdb_cli, which is not installed. Install what is missing with: "
                          "pip install 'etl[shell]'\n")


def test_a_warehouse_that_is_not_there_opens_no_shell(etl: Etl, tmp_path: Path) -> None:
    """The sentence of every other command, and no file made."""
    answer = etl("shell", "--write", "--warehouse", str(tmp_path / "none.duckdb"))
    assert answer.code == 1
    assert "There is no warehouse at" in answer.err
    assert not (tmp_path / "none.duckdb").exists()
