"""60,000 integers and then one cell that is none: the export holds what was written, and the run says the reason."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from oracle.kinds import VARCHAR, kind
from trouble.home import Home

from formats.account import Cell, Number, exported, json_of, text_of, type_of

ROWS = 60_000
FORTY, TWENTY, PAST = "1234567890" * 4, "0.12345678901234567891", "9223372036854775808"
SPELLINGS = ("1.5", "1e3", "00123", "1_000", "+5", PAST, FORTY, TWENTY, "2024-02-30", "NaN")
NUMBERS = ("1.5", "1e3", PAST, FORTY, TWENTY)  # of which JSON and sheets make numbers; the others are strings there
TOLD: dict[str, Cell] = {f"c{at}": Number(text) if text in NUMBERS else text for at, text in enumerate(SPELLINGS)}
Late = Mapping[str, Cell]  # the last cell of each column


def csv(late: Late) -> str:
    """A file of CSV, its line of the late cells the last."""
    lines = [",".join(late), *(",".join([str(at)] * len(late)) for at in range(ROWS))]
    return "\n".join([*lines, ",".join(map(str, map(text_of, late.values())))]) + "\n"


def objects(late: Late) -> list[str]:
    """Objects of JSON, that of the late cells the last."""
    rows = ["{" + ", ".join(f'"{name}": {at}' for name in late) + "}" for at in range(ROWS)]
    return [*rows, "{" + ", ".join(f'"{name}": {json_of(cell)}' for name, cell in late.items()) + "}"]


def sheet(late: Late) -> None:
    """A workbook, its numbers spelt in the XML as they are here."""
    book = openpyxl.Workbook(write_only=True)
    book.create_sheet("t")
    book.save("in/t.xlsx")
    with zipfile.ZipFile("in/t.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}

    def cell(place: str, told: Cell) -> str:
        if isinstance(told, Number):
            return f'<c r="{place}"><v>{told.text}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{text_of(told)}</t></is></c>'

    rows: list[list[Cell]] = [list(late), *([Number(str(at))] * len(late) for at in range(ROWS)), list(late.values())]
    xml = "".join(f'<row r="{at}">' + "".join(cell(f"{chr(65 + n)}{at}", told) for n, told in enumerate(row)) + "</row>"
                  for at, row in enumerate(rows, 1)).encode()
    name = "xl/worksheets/sheet1.xml"
    parts[name] = re.sub(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", lambda _: b"<sheetData>%b</sheetData>" % xml,
                         parts[name], flags=re.DOTALL)
    assert xml in parts[name]
    with zipfile.ZipFile("in/t.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


def held(home: Home, types: Mapping[str, str], wanted: Mapping[str, Any]) -> str:
    """Load, and hold every cell of the export to what was written; gives what the run said.

    Args:
        types: Of the target's columns, all of which have integers from 0 and then the late cell.
        wanted: The late cells as they are exported.
    """
    answer = home.run()
    assert answer.code == 0, answer.error
    stored = dict(home.standing().types)
    assert {name: stored[name] for name in types} == types
    rows = json.loads(home.output.read_bytes(), parse_float=Decimal, parse_int=Decimal)
    assert len(rows) == ROWS + 1
    for name, of in types.items():
        before = list(map(str, range(ROWS))) if of == "VARCHAR" else list(range(ROWS))
        assert [row[name] for row in rows[:-1]] == before, name
    assert rows[-1] == wanted
    return answer.error


FORMS: dict[str, tuple[Late, int, Callable[[Home, Late], None]]] = {  # late cells, line of the last record, writer
    "csv": ({f"c{at}": Number(text) for at, text in enumerate(SPELLINGS)}, ROWS + 2,
            lambda home, late: home.put({"t.csv": csv(late)})),
    "ndjson": (TOLD, ROWS + 1, lambda home, late: home.put({"t.ndjson": "\n".join(objects(late)) + "\n"})),
    "json": (TOLD, ROWS + 1, lambda home, late: home.put({"t.json": "[" + ",\n".join(objects(late)) + "]"})),
    "xlsx": ({name: TOLD[name] for name in ("c1", "c5", "c6", "c7", "c9")}, ROWS + 2,
             lambda _, late: sheet(late)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_late_spelling_changes_nothing_before_it(home: Home, form: str) -> None:
    """Each spelling, in a column of its own, as text, or as a number or a string: all cells are what was written."""
    late, line, write = FORMS[form]
    write(home, late)
    if form == "xlsx":  # where numbers are values, however they are spelt
        late = {name: Number("1000") if cell == Number("1e3") else cell for name, cell in late.items()}
    types = {name: type_of([*map(Number, map(str, range(ROWS))), cell]) for name, cell in late.items()}
    said = held(home, {name: str(of) for name, of in types.items()},
                {name: exported(cell, types[name]) for name, cell in late.items()})
    for name, cell in late.items():
        text = text_of(cell)
        why = f"{name} is VARCHAR because "
        if types[name] != VARCHAR:
            assert why not in said
        elif isinstance(cell, Number) and kind(text or "") == "integer":
            assert f"{why}its numbers have more digits than a number type keeps" in said
        else:
            assert f"{why}t.{form}:{line} = '{text}'" in said


PARQUET: dict[str, tuple[pa.Array, str, Any]] = {  # the late column, its type in the target, what is exported
    "half": (pa.array([1.5]), "DOUBLE", Decimal("1.5")), "thousand": (pa.array([1e3]), "DOUBLE", Decimal(1000)),
    "nan": (pa.array([float("nan")]), "DOUBLE", None), "past": (pa.array([2**63], pa.uint64()), "HUGEINT", 2**63),
    "forty": (pa.array([Decimal(FORTY)], pa.decimal256(40, 0)), "VARCHAR", FORTY),
    "twenty": (pa.array([Decimal(TWENTY)], pa.decimal128(20, 20)), "VARCHAR", TWENTY),
    "short": (pa.array([Decimal(TWENTY)], pa.decimal128(20, 20)), "DECIMAL(30,20)", Decimal(TWENTY)),
    **{name: (pa.array([text]), "VARCHAR", text) for name, text in TOLD.items() if isinstance(text, str)},
}


def test_a_late_file_of_parquet_changes_nothing_before_it(home: Home) -> None:
    """60,000 integers in one file and each spelling in the next, in the type that has it: all values are kept."""
    integers = {name: pa.array(range(ROWS), pa.int32() if name == "short" else pa.int64()) for name in PARQUET}
    pq.write_table(pa.table(integers), "in/a.parquet")
    pq.write_table(pa.table({name: column for name, (column, _, _) in PARQUET.items()}), "in/b.parquet")
    said = held(home, {name: of for name, (_, of, _) in PARQUET.items()},
                {name: wanted for name, (_, _, wanted) in PARQUET.items()})
    for name, (_, of, wanted) in PARQUET.items():
        shown = isinstance(wanted, str) and name != "twenty"
        reason = f"b.parquet (row 1) = '{wanted}'" if shown else "its numbers have more digits than a number type keeps"
        assert (f"{name} is VARCHAR because {reason}" in said) == (of == "VARCHAR")
