"""A target proved: built again aside from staging, or held against its files, and compared with what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from etl.config import Settings
from etl.export.write import Exported, write_export
from etl.inspect import audits
from etl.inspect.compare import Difference, compare_targets
from etl.inspect.loads import known_table
from etl.inspect.restage import against_files
from etl.ledger import read, seals
from etl.move.merge import move
from etl.result import Listing, TargetColumn
from etl.sql_files import fill
from etl.structure.derive import Structure, derive, headers, hold_headers
from etl.structure.measure import located, measure
from etl.warehouse import Warehouse, target
from etl.warehouse.aside import open_aside
from etl.warehouse.expressions import express
from etl.warehouse.scratch import scratch

HEADINGS = ("table", "what", "where", "should be", "is")
BLOCK = 1 << 20
PLACES = (
    "CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)",
    ("CREATE OR REPLACE TEMP VIEW placed AS "
     "SELECT scope.*, located.first_row FROM temp.scope JOIN temp.located USING (version_id)"),
)


def verify(warehouse: Path, table: str | None, *, files: bool, settings: Settings) -> Listing:
    """Build each target again aside, from staging, by the code of a load, and say what is not the same.

    Compared are columns, types, key, values and lineage of the target, the bytes of the recorded output, the ledger
    with itself and with its seals, the number and place of all staged rows, and the rows of rejects and of versions
    that left with the hash taken then. Size, time stamps and inode of files and outputs are not. Nothing is written to
    the warehouse.

    Args:
        table: One of them; None is all.
        files: Read the files that are still there too, and hold staging against them.

    Returns:
        A row for each difference; the notes say what was compared, and which files were not there to be.

    Raises:
        UsageError: There is no such table.
    """
    rows: list[tuple[object, ...]] = []
    notes: list[str] = []
    with scratch(settings.temp_dir) as folder:
        settings = replace(settings, temp_dir=folder)
        place = _folder(folder, "rebuilt")
        with open_aside(warehouse, settings, place) as aside:
            name = None if table is None else known_table(aside, table)
            orphans = audits.orphans(aside, name)
            rows += orphans
            broken = [seal for seal in seals.broken(aside) if name is None or seal.dataset in (name, None)]
            rows += map(audits.said, broken)
            readable = []
            for dataset in (dataset for dataset in read.datasets(aside) if name in (None, dataset.name)):
                differences, said = _verified(
                    aside, dataset, place, [seal for seal in broken if seal.dataset in (dataset.name, None)],
                    sum(row[0] in (dataset.name, "") for row in orphans))
                rows += [(dataset.name, *difference) for difference in differences]
                notes += [said, *audits.unproved(aside, dataset, files=files)]
                readable += [dataset] if files and _staged(differences) else []
        for dataset in readable:
            differences, told = against_files(warehouse, dataset, settings, _folder(folder, str(dataset.dataset_id)))
            rows += [(dataset.name, *difference) for difference in differences]
            notes += told
    return Listing(f"Differences in {warehouse}" if rows else f"Verified {warehouse}", HEADINGS, tuple(rows),
                   tuple(notes) or (() if rows else ("Nothing was loaded yet.",)))


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder


def _staged(found: Sequence[Difference]) -> bool:
    """Whether all staging tables stand as they were made."""
    return not any(difference.what in (audits.GONE, audits.ALTERED) for difference in found)


def _verified(
    aside: Warehouse, dataset: read.StoredDataset, folder: Path, broken: Sequence[seals.Broken], orphans: int
) -> tuple[list[Difference], str]:
    found = audits.ledger(aside, dataset) + audits.staged(aside, dataset)
    if not _staged(found):
        return found, f"{dataset.name}: its staging is not all there as it was made, so it was not built again."
    if any(seal.relation in ("dataset", "file_version") for seal in broken):
        return found, (f"{dataset.name}: its definition or its files are not kept as they were sealed, so it was not "
                       "built again.")
    structure = rebuilt(aside, dataset)
    found += compare_targets(aside, dataset, structure)
    found += audits.records(aside, dataset)
    found += audits.kinds(aside, dataset)
    output = read.output_of(aside, dataset.dataset_id)
    if output is not None:
        found += _output(aside, dataset, structure, output, folder)
    records = aside.count(target(dataset.name)) if structure.columns else 0
    files = int(aside.one("SELECT count(*) FROM temp.scope"))
    built = f"{dataset.name}: built again from {files:,} loaded files: {records:,} records"
    differences = len(found) + len(broken) + orphans
    said = f"{differences:,} {'difference' if differences == 1 else 'differences'}" if differences else "the same"
    return found, f"{built}; target, lineage, ledger, staging{'' if output is None else ' and export'}: {said}."


def rebuilt(aside: Warehouse, dataset: read.StoredDataset) -> Structure:
    """Build the target aside by the code of a load, as if nothing had ever been there."""
    structure = prepared(aside, dataset)
    if structure.columns:
        move(aside, dataset.name, structure, None, dataset.definition)
    return structure


def prepared(aside: Warehouse, dataset: read.StoredDataset) -> Structure:
    """Find the loaded versions and their rows, take the kinds of their cells, and derive the structure."""
    express(aside)
    aside.sql(fill("scope"), {"dataset": dataset.dataset_id, "load": 0})
    hold_headers(aside)
    for statement in PLACES:
        aside.sql(statement)
    located(aside, list(headers(aside)))
    measure(aside, headers(aside), dataset.definition)
    return derive(aside, dataset.definition)


def _output(
    aside: Warehouse, dataset: read.StoredDataset, structure: Structure, output: read.StoredOutput, folder: Path
) -> list[Difference]:
    """Whether the recorded output has the bytes that the rebuilt target exports."""
    standing = Path(output.path)
    if output.state != "written":
        return [Difference("output", output.path, "it is written", "it is pending: the next run puts it in place")]
    if not standing.is_file():
        return [Difference("output", output.path, "it is there", "it is not there")]
    anew = folder / "export"
    write_export(aside, exported(dataset, structure), standing.name, anew)
    place = _first_difference(anew, standing)
    sizes = [f"{path.stat().st_size:,} bytes" for path in (anew, standing)]
    anew.unlink()
    if place is None:
        return []
    return [Difference("output", f"{output.path}, byte {place:,}", sizes[0], f"{sizes[1]}, other ones")]


def exported(dataset: read.StoredDataset, structure: Structure) -> Exported:
    """What an export of a target that was built aside is made from."""
    shown = {column.name: column.shown for column in structure.columns}
    definition = dataset.definition
    return Exported(
        dataset.name, tuple(TargetColumn(column.shown, column.type) for column in structure.columns),
        tuple(shown[name] for name in definition.key if name in shown) if definition.keyed else (),
        None if definition.order_by is None else shown.get(definition.order_by), dataset.lineage)


def _first_difference(one: Path, other: Path) -> int | None:
    """The first byte, from 0, in which two files differ; None where they are equal."""
    at = 0
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            a, b = left.read(BLOCK), right.read(BLOCK)
            if a != b:
                return at + next((i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]),
                                 min(len(a), len(b)))
            if not a:
                return None
            at += len(a)

