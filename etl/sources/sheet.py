"""One sheet of an XLSX workbook, read whole: the cells as calamine takes them, mended by what their XML says."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.errors import Problem
from etl.sources.scan import Scan
from etl.sources.shape import MOST_COLUMNS, too_many_columns
from etl.sources.sheet_xml import Part
from etl.sources.unpack import Unreadable, whole_file

MOST_BYTES = 4 << 30  # a part unpacks to no more


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet without the empty columns before its first cell.

    Args:
        cells: By row and column from 0; "" where there is nothing.
        faults: Code and text of cells that have no value, by row and column from 0.
    """

    name: str
    cells: Sequence[Sequence[Any]]
    faults: Mapping[tuple[int, int], tuple[str, str]]


def read_sheet(scan: Scan, wanted: str | None) -> Sheet:
    """One sheet: the named one, else the first that is a visible worksheet.

    Raises:
        Unreadable: It is no workbook, or has no such sheet.
    """
    import python_calamine as calamine  # noqa: PLC0415  # only for workbooks

    path = scan.file.path
    try:
        _bounded(scan)
        workbook = calamine.CalamineWorkbook.from_path(scan.file.absolute)
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
        visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
        name = wanted if wanted is not None else next(iter(visible), None)
        if name is None or name not in [sheet.name for sheet in sheets]:
            raise Unreadable(_no_sheet(path, wanted, [sheet.name for sheet in sheets]))  # noqa: TRY301
        cells = workbook.get_sheet_by_name(name)
        if cells.start is None or cells.end is None:
            return Sheet(name, [], {})
        left = cells.start[1]  # the sheet begins there
        if (width := cells.end[1] + 1 - left) > MOST_COLUMNS:
            raise Unreadable(too_many_columns(path, width))  # noqa: TRY301
        rows = [row[left:] for row in cells.to_python(skip_empty_area=False)]
        with zipfile.ZipFile(scan.file.absolute) as archive:
            part = Part(path, archive, rows, left)
            part.mend(name)
        return Sheet(name, rows, part.faults)
    except (Unreadable, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # calamine's panics are no Exception
        if isinstance(error, (SystemExit, GeneratorExit)):
            raise
        raise Unreadable(whole_file("corrupt", path, f"the workbook cannot be read: {str(error).rstrip('.')}",
                                    "Fetch the file again")) from error


def _no_sheet(path: str, wanted: str | None, names: Sequence[str]) -> Problem:
    have = ", ".join(repr(name) for name in names) or "none"
    if wanted is None:
        return whole_file("no_sheet", path, f"the workbook has no visible worksheet; it has: {have}",
                          "Name a hidden one with --sheet")
    return whole_file("no_sheet", path, f"the workbook has no worksheet {wanted!r}; it has: {have}",
                      "Name one of them with --sheet")


def _bounded(scan: Scan) -> None:
    """Refuse what unpacks to more than memory can be expected to hold, and what is damaged."""
    with zipfile.ZipFile(scan.file.absolute) as archive:
        for part in archive.infolist():
            if part.file_size > MOST_BYTES:
                what = f"its part {part.filename} unpacks to more than {MOST_BYTES >> 30} GB"
                raise Unreadable(whole_file("too_large", scan.file.path, what, "Save it as CSV"))
        damaged = archive.testzip()
        if damaged is not None:
            raise Unreadable(whole_file("corrupt", scan.file.path, f"its part {damaged} is damaged",
                                        "Fetch the file again"))
