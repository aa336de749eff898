"""The program under test, driven through its Python door; nothing else here knows how it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
from oracle import Definition, Kind, Table

import etl
from etl.config import Dataset, Settings
from etl.errors import SourceMissing
from etl.result import Load

TABLE = "t"
STRAYS = {"notes.md": b"# not taken\n", ".hidden.csv": b"k1,k2\n1,1\n", "sub/.hidden/x.csv": b"a\n1\n"}


@dataclass(frozen=True)
class Stored:
    """A target as it stands in its warehouse: types and values by column, rows by their lineage (path, row)."""

    types: Mapping[str, str]
    primary_key: tuple[str, ...]
    rows: Mapping[tuple[str, int], Mapping[str, object]]


class Program:
    """One dataset in a folder of its own: its sources, its warehouse and its output."""

    def __init__(self, home: Path, kind: Kind, delimiter: str | None = None) -> None:
        """Make the empty source folder."""
        self.home = home
        self.kind = kind
        self.delimiter = delimiter
        self.sources = home / "sources"
        self.output = home / "out" / "target.json"
        self.warehouse = home / "out" / ("target.duckdb" if kind == "fresh" else "kept.duckdb")
        self.sources.mkdir(parents=True)
        self.output.parent.mkdir()

    def deliver(self, folder: Mapping[str, Table], *, strays: bool = False, rewrite: bool = False) -> None:
        """Make the source folder hold these files; those that are as they were are left alone, or written again."""
        wanted = {path: table.content() for path, table in folder.items()} | (STRAYS if strays else {})
        for file in [file for file in self.sources.rglob("*") if file.is_file()]:
            if file.relative_to(self.sources).as_posix() not in wanted:
                file.unlink()
        for path, content in wanted.items():
            file = self.sources / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if rewrite or not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)

    def load(self, definition: Definition, *, plan: bool = False, settings: Settings | None = None) -> Load:
        """Run or plan, with every word of the definition stated."""
        return etl.run(
            Dataset(
                source_dir=str(self.sources),
                output=str(self.output),
                table=TABLE,
                strategy=definition.strategy,
                key=definition.key or None,
                order_by=definition.order_by,
                names=definition.names,
                trim=definition.trim,
                nulls=definition.nulls,
                delimiter=self.delimiter,
            ),
            warehouse=None if self.kind == "fresh" else self.warehouse,
            settings=settings or Settings(on_error="reject_row"),
            plan=plan,
        )

    def load_if_found(self, definition: Definition, *, plan: bool = False) -> Load | None:
        """Run or plan; None where the program says that there is nothing to load from."""
        try:
            return self.load(definition, plan=plan)
        except SourceMissing:
            return None

    def files(self) -> set[str]:
        """Every file of the home, by its path."""
        return {file.relative_to(self.home).as_posix() for file in self.home.rglob("*") if file.is_file()}

    def exported(self) -> bytes | None:
        """The bytes of the output."""
        return self.output.read_bytes() if self.output.exists() else None

    def stored(self) -> Stored | None:
        """The target, read with SQL; None where there is none."""
        if not self.warehouse.exists():
            return None
        with self._reading() as connection:
            there = connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = 'w' AND schema_name = 'main' AND table_name = ?",
                [TABLE]).fetchall()
            if not there:
                return None
            columns = [row[:2] for row in connection.execute(f"DESCRIBE w.main.{TABLE}").fetchall()]
            keys = connection.execute(
                "SELECT constraint_column_names FROM duckdb_constraints() WHERE database_name = 'w'"
                " AND schema_name = 'main' AND table_name = ? AND constraint_type = 'PRIMARY KEY'",
                [TABLE],
            ).fetchall()
            types = {name: of for name, of in columns if name not in ("_version", "_row")}
            rows = connection.execute(
                f"SELECT v.path, t._row, t.* FROM w.main.{TABLE} AS t"
                " LEFT JOIN w.etl.file_version AS v ON v.version_id = t._version"
            ).fetchall()
        names = ["", "", *[name for name, _ in columns]]
        found = {
            (row[0], row[1]): {name: value for name, value in zip(names, row, strict=True) if name in types}
            for row in rows
        }
        assert len(found) == len(rows), "two rows of the target claim one row of a file"
        return Stored(types, tuple(keys[0][0]) if keys else (), found)

    def ledger_books(self, load_id: int) -> dict[str, dict[str, int]]:
        """The books of a load as the ledger keeps them, by path."""
        words = ("read", "rejected", "inserted", "updated", "unchanged", "duplicate", "superseded")
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT path, {', '.join(words)} FROM w.etl.books WHERE load_id = ?", [load_id]
            ).fetchall()
        return {row[0]: dict(zip(words, row[1:], strict=True)) for row in rows}

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, attached as `w` for as long as it is read."""
        quoted = str(self.warehouse).replace("'", "''")
        _reader().execute(f"ATTACH '{quoted}' AS w (READ_ONLY)")
        try:
            yield _reader()
        finally:
            _reader().execute("DETACH w")


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One connection for all reading: opening one takes longer than all that is read."""
    return duckdb.connect()
