"""A target proved: built again aside from staging, or held against its files, and compared with what stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from etl.config import Settings
from etl.export.write import Exported, write_export
from etl.inspect.compare import Difference, compare_targets
from etl.inspect.loads import known_table
from etl.inspect.restage import against_files
from etl.ledger import read
from etl.move.merge import move
from etl.names import Sql, literal
from etl.result import Listing, TargetColumn
from etl.sql_files import fill
from etl.structure.derive import Structure, derive, headers
from etl.structure.measure import located, measure
from etl.warehouse import Warehouse, staging, target
from etl.warehouse.aside import open_aside, stored
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

    Columns, types, values, lineage and the bytes of the recorded output are compared; the ledger and its books are
    checked, and that staging holds what was staged. Nothing is written to the warehouse.

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
            found = [dataset for dataset in read.datasets(aside) if name in (None, dataset.name)]
            for dataset in found:
                differences, said = _verified(aside, dataset, place)
                rows += [(dataset.name, *difference) for difference in differences]
                notes.append(said)
        for dataset in found if files else ():
            differences, told = against_files(warehouse, dataset, settings, _folder(folder, str(dataset.dataset_id)))
            rows += [(dataset.name, *difference) for difference in differences]
            notes += told
    return Listing(f"Differences in {warehouse}" if rows else f"Verified {warehouse}", HEADINGS, tuple(rows),
                   tuple(notes) or ("Nothing was loaded yet.",))


def _folder(above: Path, name: str) -> Path:
    folder = above / name
    folder.mkdir()
    return folder


def _verified(aside: Warehouse, dataset: read.StoredDataset, folder: Path) -> tuple[list[Difference], str]:
    found = [Difference(*row) for row in aside.sql(fill("audit"), {"dataset": dataset.dataset_id})]
    found += _staging(aside, dataset)
    if found and any(difference.what.startswith("staging: no table") for difference in found):
        return found, f"{dataset.name}: its staging is not all there, so it was not built again."
    structure = rebuilt(aside, dataset)
    found += compare_targets(aside, dataset, structure)
    found += _records(aside, dataset)
    found += _kinds(aside, dataset)
    output = read.output_of(aside, dataset.dataset_id)
    if output is not None:
        found += _output(aside, dataset, structure, output, folder)
    records = aside.count(target(dataset.name)) if structure.columns else 0
    files = int(aside.one("SELECT count(*) FROM temp.scope"))
    built = f"{dataset.name}: built again from {files:,} loaded files: {records:,} records"
    said = f"{len(found):,} {'difference' if len(found) == 1 else 'differences'}" if found else "the same"
    return found, f"{built}; target, lineage, ledger, staging{'' if output is None else ' and export'}: {said}."


def rebuilt(aside: Warehouse, dataset: read.StoredDataset) -> Structure:
    """Build the target aside by the code of a load, as if nothing had ever been there."""
    structure = prepared(aside, dataset)
    if structure.columns:
        move(aside, dataset.name, structure, None, dataset.definition)
    return structure


def prepared(aside: Warehouse, dataset: read.StoredDataset) -> Structure:
    """Find the loaded versions and their rows, take the kinds of their cells, and derive the structure."""
    for macro in fill("macros").split(";\n"):
        aside.sql(macro)
    aside.sql(fill("scope"), {"dataset": dataset.dataset_id, "load": 0})
    for statement in PLACES:
        aside.sql(statement)
    located(aside, list(headers(aside)))
    measure(aside, headers(aside), dataset.definition)
    return derive(aside, dataset.definition)


def _staging(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether staging holds the rows of each version, in one piece."""
    found = []
    tables = aside.sql("SELECT DISTINCT staging FROM etl.file_version WHERE dataset_id = $dataset AND staging <> '' "
                       "AND pruned_at IS NULL", {"dataset": dataset.dataset_id})
    for (table,) in tables:
        if not aside.taken("staging", table):
            found.append(Difference("staging: no table", table, "it is there", "it is not there"))
            continue
        rows = fill("staged_rows", staging=staging(table)).rstrip(";")
        wrong = aside.sql(fill("audit_staging", rows=Sql(f"({rows})"), table=literal(table)), {"first": 0})
        found += [
            Difference("staging: rows", place, f"{staged} and {read - staged} unread, together",
                       f"{rows} and {places - rows} unread, " + ("together" if span == places else "not together"))
            for place, staged, rows, read, places, span in wrong
        ]
    return found


def _records(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether the last load says how many records the target has."""
    said = aside.one("SELECT arg_max(records_after, load_id) FROM etl.load "
                     "WHERE dataset_id = $dataset AND status = 'loaded'", {"dataset": dataset.dataset_id})
    loaded = aside.one("SELECT count(*) FROM temp.scope")
    if said is None or not loaded:
        return []
    records = aside.count(target(dataset.name)) if aside.exists("main", dataset.name) else 0
    return [] if records == said else [Difference("load: records after the last", "", f"{records:,}", f"{said:,}")]


def _kinds(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether the kinds of cells that the ledger keeps are those of the cells."""
    rows = aside.sql(fill("audit_kinds", kept=stored("etl", "cell_kind")),
                     {"digest": dataset.definition.cells_digest()})
    return [Difference("kinds of cells", f"{path}, column {place + 1}", str(should),
                       "none" if kept is None else str(kept))
            for path, place, should, kept in rows]


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

