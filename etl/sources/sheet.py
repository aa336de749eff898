"""One sheet of an XLSX workbook, read whole: the cells as calamine takes them, mended by what their XML says."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.errors import Problem
from etl.sources.cell_formats import Formats
from etl.sources.content import open_regular
from etl.sources.package import AGAIN, Package
from etl.sources.scan import Scan
from etl.sources.shape import MOST_COLUMNS, too_many_columns
from etl.sources.sheet_cells import Cells, Fault
from etl.sources.sheet_looks import Bounds, spared
from etl.sources.sheet_xml import cell_name
from etl.sources.unpack import Unreadable, whole_file
from etl.sources.zip_members import contents, opened, unreadable
from etl.sources.zips import APART, beside_zip

if TYPE_CHECKING:
    import python_calamine as calamine

MOST_BYTES = 4 << 30  # a part unpacks to no more
MOST_PLACES = 1 << 25  # of cells, empty ones among them: calamine has room for each, 1 GB
_SPARSE = 64  # and for so many more a cell
_PIECE = 1 << 20
_FAR = 1 << 20  # past every column


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet without the empty columns before its first cell.

    Args:
        cells: By row and column from 0; "" where there is nothing. A row may be shorter than the sheet is wide.
        width: Columns, those with nothing but faults among them.
        faults: Of the cells that have no value, by row and column from 0.
    """

    name: str
    cells: Sequence[Sequence[Any]]
    width: int
    faults: Mapping[tuple[int, int], Fault]


def read_sheet(scan: Scan, wanted: str | None) -> Sheet:
    """One sheet: the named one, else the first that is a visible worksheet.

    Raises:
        Unreadable: It is no workbook, or has no such sheet.
    """
    import python_calamine as calamine  # noqa: PLC0415  # only for workbooks

    path = scan.file.path
    try:
        with open_regular(scan.file.absolute, path) as raw, opened(raw) as archive:
            _bounded(path, raw, archive)
            package = Package(archive, path)
            workbook = calamine.CalamineWorkbook.from_path(scan.file.absolute)
            sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
            visible = [sheet.name for sheet in sheets if sheet.visible == calamine.SheetVisibleEnum.Visible]
            name = wanted if wanted is not None else next(iter(visible), None)
            if name is None or name not in [sheet.name for sheet in sheets]:
                raise Unreadable(_no_sheet(path, wanted, [sheet.name for sheet in sheets]))  # noqa: TRY301
            if scan.shape is None:  # it is looked at for the first time
                _near(path, Bounds.read(package.pieces(package.sheet(name))))
            return _mended(path, workbook, package, name)
    except (Unreadable, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # calamine's panics are no Exception
        if isinstance(error, (SystemExit, GeneratorExit)):
            raise
        raise Unreadable(whole_file("corrupt", path, f"the workbook cannot be read: {str(error).rstrip('.')}",
                                    "Fetch the file again")) from error


def _mended(path: str, workbook: calamine.CalamineWorkbook, package: Package, name: str) -> Sheet:
    """The cells of a sheet as calamine takes them, held to its XML."""
    part = package.sheet(name)
    taken = _taken(workbook, package, part, name)
    there = taken.start is not None and taken.end is not None
    try:
        rows = taken.to_python(skip_empty_area=False) if there else []
    except OverflowError as error:
        raise Unreadable(_too_long(path, taken)) from error
    cells = Cells(path, rows, taken.start[1] if taken.start else _FAR, taken.end[1] + 1 if taken.end else 0,
                  package.texts(), Formats(package.styles, package.since_1904))
    cells.read(package.pieces(part))
    cells.end()
    left = cells.left  # the sheet begins there
    if (width := max(0, cells.width - left)) > MOST_COLUMNS:
        raise Unreadable(too_many_columns(path, width))
    return Sheet(name, [row[left:] for row in cells.rows], width,
                 {(row, column - left): fault for (row, column), fault in cells.faults.items()})


def _taken(workbook: calamine.CalamineWorkbook, package: Package, part: str, name: str) -> calamine.CalamineSheet:
    """A sheet as calamine takes it; of one that it fails on, what it is asked for: which cells are moments."""
    import python_calamine as calamine  # noqa: PLC0415  # only for workbooks

    try:
        return workbook.get_sheet_by_name(name)
    except calamine.CalamineError as error:
        try:
            small = package.smaller(part, spared(package.pieces(part)))
            return calamine.CalamineWorkbook.from_filelike(small).get_sheet_by_name(name)
        except (calamine.CalamineError, zipfile.BadZipFile):  # what is wrong is elsewhere, or is no XML
            raise error from None


def _too_long(path: str, sheet: calamine.CalamineSheet) -> Problem:
    """The first row with a duration that Python has none for, which no row can be taken beside."""
    rows = sheet.iter_rows()
    for number in itertools.count(1):
        try:
            if next(rows, None) is None:
                break
        except OverflowError:
            return Problem("too_long", "the row has a number of more than 999,999,999 days under a format of "
                           "durations, like [h]:mm", path, number, whole_file=True,
                           advice="Correct the number, or give its cell another format")
    raise AssertionError(f"no row of {path} has a duration that is too long")


def _near(path: str, bounds: Bounds) -> None:
    """Refuse a few cells that stand so far apart that calamine would end the process for want of memory."""
    if bounds.bottom * (bounds.right + 1) > MOST_PLACES + bounds.cells * _SPARSE:
        raise Unreadable(whole_file(
            "too_sparse", path, f"the sheet has {bounds.cells:,} cells and reaches to "
            f"{cell_name(bounds.bottom - 1, bounds.right)}", "Take away what stands far off, or save it as CSV"))


def _no_sheet(path: str, wanted: str | None, names: Sequence[str]) -> Problem:
    have = ", ".join(repr(name) for name in names) or "none"
    if wanted is None:
        return whole_file("no_sheet", path, f"the workbook has no visible worksheet; it has: {have}",
                          "Name a hidden one with --sheet")
    return whole_file("no_sheet", path, f"the workbook has no worksheet {wanted!r}; it has: {have}",
                      "Name one of them with --sheet")


def _bounded(path: str, raw: io.FileIO, archive: zipfile.ZipFile) -> None:
    """Refuse what unpacks to more than memory can be expected to hold, and what is damaged."""
    for part in archive.infolist():
        if part.file_size > MOST_BYTES:
            what = f"its part {part.filename} unpacks to more than {MOST_BYTES >> 30} GB"
            raise Unreadable(whole_file("too_large", path, what, "Save it as CSV"))
        if (why := unreadable(part)) is not None:
            raise Unreadable(whole_file("unreadable_zip", path, f"its part {part.filename} {why}", AGAIN))
    if (beside := beside_zip(raw, archive)) is not None:
        raise Unreadable(whole_file("corrupt", path, f"the workbook is not alone in its file: {beside}", APART))
    for part in archive.infolist():
        for _ in contents(raw, part, _PIECE):
            pass
