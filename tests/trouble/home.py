"""A folder with sources, a warehouse and an output, and the command line run in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from etl.cli.door import execute

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command said: standard output as bytes, standard error as text."""

    code: int
    output: bytes
    error: str

    @property
    def said(self) -> str:
        """Everything that was said, on both streams."""
        return self.output.decode() + self.error

    @property
    def document(self) -> Any:
        """The JSON document on standard output."""
        return json.loads(self.output)


@dataclass(frozen=True)
class Standing:
    """A target and its output as they stand; equal when nothing has changed."""

    types: tuple[tuple[str, str], ...]
    rows: tuple[tuple[object, ...], ...]
    files: frozenset[str]
    exported: bytes | None
    written: int | None


class Home:
    """Where a test works: `in/` has its sources, `out/t.json` is its output, `out/t.duckdb` its warehouse."""

    output = Path("out/t.json")
    warehouse = Path("out/t.duckdb")

    def __init__(self, folder: Path) -> None:
        """Work in a folder, which is the current one."""
        self.folder = folder

    def put(self, files: dict[str, str | bytes]) -> None:
        """Write files below `in/`."""
        for name, content in files.items():
            path = Path("in", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def etl(self, *arguments: str) -> Answer:
        """Run a command line in this process."""
        output, error = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
            code = execute(arguments)
        output.flush()
        error.flush()
        return Answer(code, output.buffer.getvalue(), error.buffer.getvalue().decode())  # type: ignore[attr-defined]

    def run(self, *arguments: str, verb: str = "run") -> Answer:
        """Run, or plan, the table `t` from `in/` into `out/t.json`."""
        return self.etl(verb, "--source-dir", "in", "--output", str(self.output), "--table", "t",
                        "--progress", "none", *arguments)

    def process(self, *arguments: str) -> Answer:
        """Run a command line in a process of its own, where every warning is an error."""
        done = subprocess.run([sys.executable, "-W", "error", "-m", "etl", *arguments], env=environment(),
                              capture_output=True, check=False, timeout=60)
        return Answer(done.returncode, done.stdout, done.stderr.decode())

    def exported(self, name: str | Path | None = None) -> Any:
        """What the JSON output holds."""
        return json.loads(Path(name or self.output).read_bytes())

    def sql(self, query: str, warehouse: Path | None = None) -> list[tuple[Any, ...]]:
        """Answer a query on the warehouse, which is attached as `w`."""
        with reading(warehouse or self.warehouse) as connection:
            return connection.execute(query).fetchall()

    def rejects(self, severity: str = "reject") -> list[tuple[Any, ...]]:
        """Code, path, line, row, column and text of what the last load kept, in order."""
        return self.sql('SELECT code, path, line, "row", "column", text FROM w.etl.reject WHERE load_id = '
                        f"(SELECT max(load_id) FROM w.etl.load) AND severity = '{severity}' ORDER BY rowid")

    def loads(self) -> list[tuple[int, str]]:
        """Number and state of every load, the oldest first."""
        return self.sql("SELECT load_id, status FROM w.etl.load ORDER BY load_id")

    def files(self) -> frozenset[str]:
        """Every file and folder of the home outside `in/`."""
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))
        return frozenset(path for path in found if path != "in" and not path.startswith("in/"))

    def standing(self) -> Standing:
        """The target, the output (when it was written, too) and the files that are there."""
        types, rows = [], []
        if self.warehouse.exists():
            types = self.sql("SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'w' "
                             "AND schema_name = 'main' AND table_name = 't' ORDER BY column_name")
            rows = sorted(self.sql("SELECT * FROM w.main.t"), key=repr) if types else []
        there = self.output.exists()
        return Standing(tuple(types), tuple(rows), self.files(), self.output.read_bytes() if there else None,
                        self.output.stat().st_mtime_ns if there else None)


def environment() -> dict[str, str]:
    """That of a command: the program is found wherever the command runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "4000"}


@contextlib.contextmanager
def reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse attached as `w`, read-only."""
    quoted = str(warehouse).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{quoted}' AS w (READ_ONLY)")
        yield connection
