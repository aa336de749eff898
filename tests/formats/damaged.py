"""Random tables in every format, their bytes damaged at random, loaded by the program in a process that may die.

Under a checksum the damaged file gives the same export, or fails by name. In plain text it gives what a plain reading
of the damaged bytes says (`formats.plainly`), or fails by name. Where neither can be held (a header or a footer is
damaged, Parquet was written without checksums), it may give anything but a traceback, a hang or a dead process.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Literal

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from faults.bench import Zygote
from sources.damage import drawn
from sources.packed import packed

from etl.config import Settings
from etl.warehouse import open_warehouse
from formats import plainly

Law = Literal["same", "plainly", "quietly"]  # what a damaged file is held to
COLUMNS = ("id", "word", "amount", "day", "flag")
WORDS = ("a", "007", "", " x ", "é", "日本", "a,b", 'say "so"', "line\nline", "1e5", "null", "-",
         "\\", "\u0000", "😀" * 9)
CODECS = ("none", "snappy", "zstd", "gzip", "brotli", "lz4")
NAMED = ("corrupt", "truncated")


@dataclass(frozen=True)
class Form:
    """A format with its compression: the name of a file, its bytes, and where they are damaged.

    Args:
        write: A table as bytes.
        law: What damaged bytes are held to, given the whole ones and the damaged.
    """

    name: str
    write: Callable[[Random], bytes]
    law: Callable[[bytes, bytes], Law]
    arguments: tuple[str, ...] = ()


def _rows(rng: Random) -> list[list[Any]]:
    """Rows of the columns: an integer, a text, a number, a day and a truth value, or NULL."""
    def row(number: int) -> list[Any]:
        cells = [number, rng.choice(WORDS), rng.choice((1.5, 2.25, 7, 12345678901234567, 0.1)),
                 dt.date(2024, 1, 1) + dt.timedelta(rng.randrange(400)), rng.random() < 0.5]
        return [None if place and rng.random() < 0.15 else cell for place, cell in enumerate(cells)]
    return [row(number) for number in range(rng.choice((1, 3, 12, 60)))]


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def _csv(rng: Random) -> bytes:
    def told(cell: Any) -> str:
        text = _text(cell)
        quoted = isinstance(cell, str) and (rng.random() < 0.3 or any(mark in text for mark in ',"\n') or not text)
        return '"' + text.replace('"', '""') + '"' if quoted else text

    end = rng.choice(("\n", "\n", "\r\n"))
    lines = [",".join(COLUMNS), *(",".join(map(told, row)) for row in _rows(rng))]
    return (end.join(lines) + end).encode()


def _objects(rng: Random) -> list[str]:
    nested = rng.random() < 0.5
    found = []
    for row in _rows(rng):
        cells = {name: cell if isinstance(cell, int | float | str | None) else str(cell)
                 for name, cell in zip(COLUMNS, row, strict=True) if cell is not None or rng.random() < 0.5}
        if nested:
            cells["more"] = rng.choice(({"a": [1, 2.5, None]}, [], {"k": "v"}))
        found.append(json.dumps(cells, ensure_ascii=rng.random() < 0.3))
    return found


def _lines(rng: Random) -> bytes:
    end = rng.choice(("\n", "\n", "\r\n"))
    return "".join(text + end for text in _objects(rng)).encode()


def _document(rng: Random) -> bytes:
    return ("[" + rng.choice((",", ",\n", " ,\n  ")).join(_objects(rng)) + "]").encode()


def _parquet(rng: Random, *, checksums: bool = True) -> bytes:
    rows = _rows(rng)
    columns = dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    table = {"id": pa.array(columns["id"], rng.choice((pa.int32(), pa.int64(), pa.uint16()))),
             "word": pa.array(columns["word"]), "day": pa.array(columns["day"]), "flag": pa.array(columns["flag"]),
             "amount": pa.array([None if cell is None else float(cell) for cell in columns["amount"]])}
    more: Mapping[str, Callable[[], pa.Array]] = {
        "nested": lambda: pa.array([[{"a": cell}, None] for cell in columns["id"]]),
        "wide": lambda: pa.array([Decimal(cell) for cell in columns["id"]], pa.decimal256(60, 1)),
        "exact": lambda: pa.array([Decimal(cell) / 4 for cell in columns["id"]], pa.decimal128(12, 2)),
        "moment": lambda: pa.array([cell * 1001 for cell in columns["id"]],
                                   pa.timestamp(rng.choice(("us", "ns")), "UTC")),
        "bytes": lambda: pa.array([bytes([cell % 256]) * 3 for cell in columns["id"]]),
    }
    table |= {name: more[name]() for name in rng.sample(sorted(more), 2)}
    out = io.BytesIO()
    pq.write_table(pa.table(table), out, compression=rng.choice(CODECS), write_page_checksum=checksums,
                   data_page_version=rng.choice(("1.0", "2.0")), row_group_size=rng.choice((7, 50)),
                   use_dictionary=rng.random() < 0.5)
    return out.getvalue()


def _workbook(rng: Random) -> bytes:
    book = openpyxl.Workbook()
    for row in (COLUMNS, *_rows(rng)):
        book.active.append([cell.replace("\0", "") if isinstance(cell, str) else cell for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _whole_or_failed(whole: bytes, damaged: bytes) -> Law:
    """Of what has a checksum; a whole stream twice is no damage that it could tell."""
    return "quietly" if damaged == whole * 2 else "same"


def _by_its_pages(whole: bytes, damaged: bytes) -> Law:
    """Of Parquet, whose pages have checksums and whose footer has none."""
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    return "same" if damaged.endswith(whole[-footer:]) else "quietly"


def _behind_the_header(whole: bytes, damaged: bytes) -> Law:
    """Of CSV, whose header says how all is read."""
    header = whole[: whole.index(b"\n") + 1]
    return "plainly" if damaged.startswith(header) else "quietly"


_STATED = ("--delimiter", ",", "--no-trim", "--max-cell-lines", "100000")
_TEXTS = {"csv": _csv, "ndjson": _lines, "json": _document}
_PACKED = {"csv": (".gz", ".zst", ".bz2", ".xz", ".zip"), "ndjson": (".gz", ".zst"), "json": (".gz", ".xz")}


def _packing(write: Callable[[Random], bytes], extension: str) -> Callable[[Random], bytes]:
    return lambda rng: packed(write(rng), extension)


FORMS: dict[str, Form] = {
    "csv": Form("t.csv", _csv, _behind_the_header, _STATED),
    "ndjson": Form("t.ndjson", _lines, lambda _whole, _damaged: "plainly"),
    "json": Form("t.json", _document, lambda _whole, _damaged: "plainly"),
    **{f"{form}{extension}": Form(f"t.{form}{extension}", _packing(_TEXTS[form], extension), _whole_or_failed,
                                  _STATED if form == "csv" else ())
       for form, extensions in _PACKED.items() for extension in extensions},
    "parquet": Form("t.parquet", _parquet, _by_its_pages),
    "parquet without checksums": Form("t.parquet", lambda rng: _parquet(rng, checksums=False),
                                      lambda _whole, _damaged: "quietly"),
    "xlsx": Form("t.xlsx", _workbook, _whole_or_failed),
}


class Yard:
    """Where files are damaged and loaded; each table is loaded whole first."""

    def __init__(self, home: Path, zygote: Zygote) -> None:
        """Work in an empty folder, and make the tables of an empty warehouse once."""
        self.home, self.zygote, self.empty = home, zygote, home / "empty.duckdb"
        with open_warehouse(self.empty, Settings(), write=True):
            pass

    def load(self, form: Form, content: bytes) -> tuple[int, str, bytes | None]:
        """Load one file into an empty place: the exit code, what was said, and the export."""
        work = self.home / "work"
        shutil.rmtree(work, ignore_errors=True)
        for folder in ("in", "out", "tmp"):
            (work / folder).mkdir(parents=True)
        (work / "in" / form.name).write_bytes(content)
        shutil.copy(self.empty, work / "out" / "t.duckdb")
        answer = self.zygote.ask(
            arguments=["run", "--source-dir", "in", "--output", "out/t.json", "--table", "t", "--progress", "none",
                       "--on-error", "reject_row", "--threads", "1", *form.arguments],
            folder=str(work), temp=str(work / "tmp"), output=str(self.home / "output"), error=str(self.home / "error"))
        said = (self.home / "error").read_text(encoding="utf-8")
        export = work / "out" / "t.json"
        return int(answer["status"]), said, export.read_bytes() if export.exists() else None

    def rejects(self) -> list[tuple[int | None, str]]:
        """Line and code of every reject of the last load."""
        with duckdb.connect(str(self.home / "work" / "out" / "t.duckdb"), read_only=True) as connection:
            return connection.execute(
                "SELECT line, code FROM etl.reject WHERE severity = 'reject' ORDER BY line").fetchall()

    def damage(self, name: str, seed: str, damages: int = 1) -> dict[str, int]:
        """Write one table in a form, and damage it so often; gives how often what came of it.

        Raises:
            AssertionError: What came of it must not be.
        """
        rng, form = Random(f"{name}/{seed}"), FORMS[name]  # noqa: S311  damages are to be drawn again
        whole = form.write(rng)
        code, said, wanted = self.load(form, whole)
        assert code == 0, said
        stood: dict[str, int] = {}
        for _ in range(damages):
            damaged = drawn(rng)(whole)
            law = form.law(whole, damaged)
            self.kept = damaged
            came = self.hold(form, damaged, law, wanted)
            stood[f"{law}: {came}"] = stood.get(f"{law}: {came}", 0) + 1
        return stood

    def hold(self, form: Form, damaged: bytes, law: Law, wanted: bytes | None) -> str:
        """Load damaged bytes and hold what comes of it to a law; gives what came."""
        code, said, export = self.load(form, damaged)
        assert code in (0, 1), (code, said)
        for word in ("Traceback", "inside etl", "please report"):
            assert word not in said, said
        if code == 1:
            assert export is None
            assert form.name in said, said
            return "failed by name"
        assert export is not None
        if law == "plainly":
            found = plainly.read(form.name, damaged)
            if found is None:
                return "loaded, and not read plainly"
            assert found.rejected == [line for line, _ in self.rejects()], (found, said)
            plainly.hold(found, export)
            return "as a plain reading says" + (", with rejects" if found.rejected else "")
        if law == "same":
            assert export == wanted, said
            return "the same"
        return "loaded"
