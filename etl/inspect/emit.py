"""A load as plain SQL: one script and a manifest, with which DuckDB's own shell makes the same target and export.

The load is done once more aside, from the files, and every statement of it is written down as it ran. What the shell
cannot read in place (a file that is gone or changed, or that the bulk reader must not read) is given to it as Parquet,
out of staging.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import duckdb

from etl.config import Settings
from etl.errors import StorageError, UsageError
from etl.export.write import write_export
from etl.inspect.restage import there
from etl.inspect.spelt import for_shell, held, literal_of, spelt
from etl.inspect.verify import PLACES, exported, prepared
from etl.ledger import read
from etl.move.merge import move
from etl.names import Sql, listed, literal
from etl.result import silent
from etl.sources.scan import Scan
from etl.sql_files import fill
from etl.staging.lines import count_lines
from etl.staging.part import Incoming, Trouble
from etl.staging.stage import stage_all
from etl.version import VERSION
from etl.warehouse import Warehouse, staging
from etl.warehouse.aside import open_aside, stored
from etl.warehouse.expressions import EXPRESSIONS, express
from etl.warehouse.scratch import left, remove_left, scratch

SCRIPT, MANIFEST, TARGET, INPUTS = "load.sql", "manifest.json", "target.duckdb", "inputs"
PARTS = (INPUTS, SCRIPT, MANIFEST)  # in the order in which they come; the last one says that all are there
NEEDLESS = re.compile(
    r"\s*(?:SELECT|WITH|SET force_compression|SET preserve_insertion_order|INSERT INTO temp\.contested\b"
    r"|CREATE OR REPLACE TEMP (?:TABLE|VIEW) (?:verdict|tally|contested\w*|disputed|known)\b)", re.IGNORECASE)
MOST_HELD = 1 << 30  # bytes of an export that the script holds against that of the load: DuckDB reads them as one value
OPENING = """\
-- {table}: the load of {files} files as plain SQL, written by etl {version} for DuckDB {duckdb}.
--
-- In this folder: duckdb < {script}
-- It makes {target}, with the table, and {output}{held}.
-- The inputs, the export and their SHA-256 are in {manifest}.

ATTACH '{target}' AS warehouse;
USE warehouse;
SET TimeZone = 'UTC';
SET default_collation = 'binary';
SET preserve_insertion_order = true;
CREATE SCHEMA etl;
CREATE SCHEMA staging;
"""


@dataclass(frozen=True, slots=True)
class _Version:
    """A loaded version that is staged once more: by its file in place, or out of staging."""

    version_id: int
    path: str
    load_id: int
    fingerprint: str
    table: str


def empty_folder(folder: Path) -> None:
    """Hold a folder for a script to be empty, or not there.

    Raises:
        UsageError: It is something else.
    """
    if folder.is_dir():
        _forget_unfinished(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--emit-sql {folder} is not an empty folder. Name one that is, or one that is not there.")


def emit_sql(warehouse: Path, table: str, folder: Path, settings: Settings) -> None:
    """Write the load of a table as a script, a manifest and what the script cannot read in place.

    Raises:
        UsageError: There is no such table, or the folder is not empty.
        StorageError: The folder does not take it.
    """
    empty_folder(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with scratch(settings.temp_dir) as place, scratch(folder) as written:
            (written / INPUTS).mkdir()
            inside = replace(settings, temp_dir=place)
            with open_aside(warehouse, inside, place, staged=False) as aside:
                _emit(aside, read.stored(aside, table), written, inside)
            for name in PARTS:
                (written / name).replace(folder / name)
    except BaseException as error:
        with suppress(OSError):
            _forget(folder)
            if made:
                folder.rmdir()
        if isinstance(error, OSError | duckdb.IOException):
            raise StorageError(f"The script could not be written to {folder}: {error}.") from error
        raise


def _forget_unfinished(folder: Path) -> None:
    """Remove what a killed process wrote, unless it was whole: the manifest comes last."""
    if left(folder):
        if not (folder / MANIFEST).exists():
            _forget(folder)
        remove_left(folder)


def _forget(folder: Path) -> None:
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / SCRIPT).unlink(missing_ok=True)
    shutil.rmtree(folder / INPUTS, ignore_errors=True)


def _emit(aside: Warehouse, dataset: read.StoredDataset, folder: Path, settings: Settings) -> None:
    versions = [_Version(*row) for row in aside.sql(
        "SELECT version_id, path, load_id, fingerprint, staging FROM etl.loaded_version "
        "WHERE dataset_id = $dataset ORDER BY version_id", {"dataset": dataset.dataset_id})]
    express(aside)
    scans, _ = there(dataset, read.loaded_files(aside, dataset.dataset_id), settings)
    by_path = {scan.file.path: scan for scan in scans}
    in_place = _in_place(aside, versions, by_path, dataset)
    parts = [version for version in versions if version not in in_place and version.table]
    staged = _heard(aside, lambda: _stage(aside, in_place, by_path, dataset))
    staged += _parts(aside, parts, folder)
    output = read.output_of(aside, dataset.dataset_id)
    name = "target.json" if output is None else Path(output.path).name
    structure = prepared(aside, dataset)
    moved = []
    if structure.columns:
        moved = _heard(aside, lambda: move(aside, dataset.name, structure, None, dataset.definition))
    sent = _heard(aside, lambda: write_export(aside, exported(dataset, structure), name, folder / name))
    sent = [statement.replace(literal(str(folder / name)), literal(name)) for statement in sent]
    digest, small = _sha256(folder / name), (folder / name).stat().st_size <= MOST_HELD
    opening = OPENING.format(table=" ".join(dataset.name.split()), files=len(versions), version=VERSION,
                             duckdb=duckdb.__version__, script=SCRIPT, target=TARGET, output=" ".join(name.split()),
                             manifest=MANIFEST, held=", which it holds against that of the load" if small else "")
    sections = (
        ("What a cell is, as named expressions.", EXPRESSIONS),
        ("The files that are loaded.", _files(versions)),
        ("Their rows, as they are.", staged),
        ("The versions and the rank of their paths.", [*_scope(aside), *PLACES]),
        ("The target.", moved),
        ("The export.", sent),
        ("Whether it is that of the load.", [held(name, digest)] if small else []),
    )
    text = opening + "".join(
        f"\n-- {title}\n" + "".join(f"{for_shell(statement.strip().rstrip(';'))};\n" for statement in body)
        for title, body in sections if body)
    (folder / SCRIPT).write_text(text, encoding="utf-8")
    manifest = {
        "table": dataset.name, "etl": VERSION, "duckdb": duckdb.__version__, "script": SCRIPT, "target": TARGET,
        "export": name, "export_sha256": digest,
        "inputs": [_input(version, by_path, folder, in_place) for version in versions],
    }
    (folder / name).unlink()  # the script makes it
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def _heard(aside: Warehouse, work: Callable[[], object]) -> list[str]:
    """Do work, and give the statements that it ran, with their values in place."""
    aside.heard = []
    try:
        work()
        return [spelt(statement, values) for statement, values in aside.heard if not NEEDLESS.match(statement)]
    finally:
        aside.heard = None


def _in_place(
    aside: Warehouse, versions: Sequence[_Version], scans: Mapping[str, Scan], dataset: read.StoredDataset
) -> list[_Version]:
    """The versions that the bulk reader reads in place, under their own numbers: found out by doing so."""
    care = {path for path, scan in scans.items()
            if scan.care is not None or scan.format != "csv" or not scan.plain}
    while True:
        wanted = [version for version in versions if version.path in scans and version.path not in care]
        odd: set[str] = set()
        try:
            with suppress(_Undone), aside.transaction():
                odd = _stage(aside, wanted, scans, dataset)
                raise _Undone
        except Trouble as trouble:
            odd = {*trouble.care, *(str(problem.path) for problem in trouble.problems)}
        if not odd:
            return wanted
        care |= odd


class _Undone(Exception):
    """The trial is taken back."""


def _stage(
    aside: Warehouse, versions: Sequence[_Version], scans: Mapping[str, Scan], dataset: read.StoredDataset
) -> set[str]:
    """Stage versions under the numbers that they have, in one statement where those follow one another.

    Returns:
        Paths of those that got another number.
    """
    odd = set()
    with scratch(None) as nothing:
        for _, run in groupby(enumerate(versions), lambda pair: (pair[1].load_id, pair[1].version_id - pair[0])):
            members = [version for _, version in run]
            incoming = [Incoming(scans[version.path], scans[version.path].names) for version in members]
            staged = stage_all(aside, incoming, members[0].version_id, dataset.reading, nothing, silent)
            count_lines(aside, staged, dataset.reading)
            numbers = {version.path: version.version_id for version in members}
            odd |= {item.scan.file.path for item in staged if item.version_id != numbers[item.scan.file.path]}
    return odd


def _parts(aside: Warehouse, versions: Sequence[_Version], folder: Path) -> list[str]:
    """Give versions out of staging, as one Parquet file a staging table."""
    statements = []
    for table, members in groupby(sorted(versions, key=lambda version: (version.table, version.version_id)),
                                  lambda version: version.table):
        path = f"{INPUTS}/{table}.parquet"
        numbers = listed(Sql(str(version.version_id)) for version in members)
        aside.sql(fill("part", staging=stored("staging", table), versions=numbers,
                       destination=literal(str(folder / path))))
        columns = listed(Sql(f"{name} {kind}") for name, kind in aside.sql(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'stored' "
            "AND schema_name = 'staging' AND table_name = $table ORDER BY column_index", {"table": table}))
        made = [f"CREATE TABLE IF NOT EXISTS {staging(table)} ({columns})",
                f"INSERT INTO {staging(table)} SELECT * FROM read_parquet({literal(path)})"]
        aside.sql(made[0])
        aside.sql(made[1].replace(literal(path), literal(str(folder / path))))
        statements += made
    return statements


def _files(versions: Sequence[_Version]) -> list[str]:
    made = ["CREATE TABLE etl.file_version (version_id BIGINT PRIMARY KEY, path VARCHAR NOT NULL)"]
    rows = ",\n".join(f"    ({version.version_id}, {literal(version.path)})" for version in versions)
    return [*made, f"INSERT INTO etl.file_version VALUES\n{rows}"] if rows else made


def _scope(aside: Warehouse) -> list[str]:
    columns = ("version_id", "path", "staging", "header", "spelling", "staged", "read", "state", "rank")
    rows = aside.sql(f"SELECT {', '.join(columns)} FROM temp.scope ORDER BY version_id")
    made = ("CREATE TEMP TABLE scope (version_id BIGINT, path VARCHAR, staging VARCHAR, header VARCHAR, "
            "spelling VARCHAR, staged BIGINT, read BIGINT, state VARCHAR, rank BIGINT)")
    spelt = ",\n".join("    (" + ", ".join(map(literal_of, row)) + ")" for row in rows)
    return [made, f"INSERT INTO temp.scope VALUES\n{spelt}"] if spelt else [made]


def _input(
    version: _Version, scans: Mapping[str, Scan], folder: Path, in_place: Sequence[_Version]
) -> dict[str, object]:
    if version in in_place:
        file = Path(scans[version.path].file.absolute)
        said, digest = str(file), _sha256(file)
    else:
        said = f"{INPUTS}/{version.table}.parquet" if version.table else ""
        digest = _sha256(folder / said) if said else ""
    return {"path": version.path, "version": version.version_id, "fingerprint": version.fingerprint, "file": said,
            "sha256": digest}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
