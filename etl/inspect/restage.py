"""Staging held against the files: those that are still there are read again, as they were when they were loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from etl.config import Settings
from etl.errors import BooksDoNotBalance, StorageError
from etl.inspect.compare import SHOWN, Difference, said
from etl.ledger import read
from etl.names import Sql, listed
from etl.result import silent
from etl.sources.discovery import FileStat, SourceFile
from etl.sources.scan import Scan, scan_all
from etl.sql_files import fill, piece
from etl.staging.lines import WIDE_TABLE, count_lines
from etl.staging.part import Incoming, Staged, Trouble
from etl.staging.shapes import with_shapes
from etl.staging.stage import stage_all
from etl.structure import cells
from etl.structure.places import Place, places_of
from etl.warehouse import Warehouse, staging
from etl.warehouse.aside import open_aside, stored
from etl.warehouse.expressions import express

FIRST = 1


def against_files(
    warehouse: Path, dataset: read.StoredDataset, settings: Settings, folder: Path
) -> tuple[list[Difference], list[str]]:
    """Read the loaded files that are still there again, into a staging aside, and compare it with what is staged.

    Returns:
        The differences, and what is to be said of files that are not there as they were loaded.
    """
    rewritten, texts = folder / "rewritten", folder / "texts"
    rewritten.mkdir()
    texts.mkdir()
    with open_aside(warehouse, settings, folder, staged=False) as aside:
        express(aside)
        loaded = read.loaded_files(aside, dataset.dataset_id)
        scans, notes = there(dataset, loaded, settings, texts)
        scans = with_shapes(aside, scans, dataset.reading, texts)
        staged = _staged(aside, scans, dataset, rewritten)
        by_file = [_compared(aside, item, loaded) for item in staged]
    other = sum(map(bool, by_file))
    became = f"{other:,} not as staged" if other else "as staged"
    return [difference for found in by_file for difference in found], [
        *notes, f"{dataset.name}: {len(staged):,} of {len(loaded):,} loaded files read again: {became}."]


def there(
    dataset: read.StoredDataset, loaded: Mapping[str, read.LoadedFile], settings: Settings,
    folder: Path | None = None,
) -> tuple[list[Scan], list[str]]:
    """The loaded files with the content that was loaded; of the others, what became of them.

    Args:
        folder: Where what is compressed or not UTF-8 is written as plain text; None leaves it as it is.
    """
    files, notes = [], []
    for path in sorted(loaded):
        absolute = Path(dataset.root, path)
        try:
            files.append(SourceFile(path, str(absolute), FileStat.of(absolute.stat())))
        except OSError:
            notes.append(f"{path} is not there; its rows were held against nothing but themselves.")
    scans = scan_all(files, dataset.reading, silent, settings.threads or 1, folder)
    same = [scan for scan in scans if scan.problem is None and scan.fingerprint == loaded[scan.file.path].fingerprint]
    notes += [f"{scan.file.path} is not as it was loaded; the next run loads it." for scan in scans if scan not in same]
    return same, notes


def _staged(
    aside: Warehouse, scans: Sequence[Scan], dataset: read.StoredDataset, folder: Path
) -> list[Staged]:
    """Stage files as a load does: what the bulk reader must not read is learned on the way."""
    care: set[str] = set()
    while True:
        incoming = [
            Incoming(scan, scan.names, scan.care is not None or scan.file.path in care) for scan in scans
        ]
        try:
            with aside.transaction():
                staged = stage_all(aside, incoming, FIRST, dataset.reading, folder, silent)
                count_lines(aside, staged, dataset.reading)
                return staged
        except Trouble as trouble:
            if trouble.problems or set(trouble.care) <= care:
                raise StorageError("Files changed while they were read. "
                                   "Verify again when nothing writes to them.") from None
            care |= set(trouble.care)
            for left in folder.iterdir():
                left.unlink()
        except BooksDoNotBalance as error:
            raise StorageError(str(error)) from error


def _compared(aside: Warehouse, item: Staged, loaded: Mapping[str, read.LoadedFile]) -> list[Difference]:
    """The rows of one file, as it is read now, against those that are staged of it."""
    path = item.scan.file.path
    version = loaded[path].version_id
    table = str(aside.one("SELECT staging FROM etl.file_version WHERE version_id = $version", {"version": version}))
    if table != item.table:
        return [Difference("file: columns", path, item.table, table)]
    if not table:
        return []
    places = places_of(aside, table, [name.name for name in item.names])
    texts, columns = _columns(places)
    now, then = (
        piece("staged_cells", staging=relation, version=Sql(str(number)), cells=texts)
        for relation, number in ((staging(table), item.version_id), (stored("staging", table), version)))
    for name, these, those in (("lacking", now, then), ("beyond", then, now)):
        aside.sql(f"CREATE OR REPLACE TEMP TABLE {name} AS "
                  + fill("same_rows", columns=columns, these=these, those=those))
    lacking, beyond = aside.count(Sql("temp.lacking")), aside.count(Sql("temp.beyond"))
    if not lacking and not beyond:
        return []
    found = [Difference("file: rows", path, f"{lacking:,} as the file says", f"{beyond:,} as staged; the first follow")]
    return found + _cells(aside, path, places)


def _columns(places: Mapping[str, Place]) -> tuple[Sql, Sql]:
    """The cells to compare, and the columns that have them: of a wide table one list, else each by itself.

    What compares thousands of columns takes gigabytes for a few rows.
    """
    raws = {f"c{place.number}": cells.raw(place) for place in places.values()}
    if len(places) > WIDE_TABLE:
        return Sql(f"[{listed(raws.values())}] AS cells"), Sql("row, readable, cells")
    return listed(Sql(f"{text} AS {name}") for name, text in raws.items()), listed(
        map(Sql, ("row", "readable", *raws)))


def _cells(aside: Warehouse, path: str, places: Mapping[str, Place]) -> list[Difference]:
    """The first rows that differ, cell by cell: what the file says, and what is staged."""
    these, those = (
        Sql(f"{side}.cells") if len(places) > WIDE_TABLE else
        Sql(f"[{listed(Sql(f'CAST({side}.c{place.number} AS VARCHAR)') for place in places.values())}]")
        for side in "ab")
    rows = aside.sql(
        f"SELECT row, a.readable, b.readable, {these}, {those} "
        f"FROM temp.lacking AS a FULL JOIN temp.beyond AS b USING (row) ORDER BY row LIMIT {SHOWN}")
    found = []
    for row, read_now, read_then, now, then in rows:
        place = f"{path}, row {row}"
        if read_now != read_then:
            found.append(Difference("file: row", place, *map(_record, (read_now, read_then))))
            continue
        found += [Difference(f"file: value of {name}", place, said(in_file), said(in_staging))
                  for name, in_file, in_staging in zip(places, now, then, strict=True) if in_file != in_staging]
    return found


def _record(readable: bool | None) -> str:
    return "no row" if readable is None else "a row" if readable else "a record that cannot be read"
