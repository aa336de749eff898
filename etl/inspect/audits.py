"""What the ledger and staging say, held against each other, against the seals of the ledger and the hashes of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import NamedTuple

from etl.inspect.compare import Difference
from etl.ledger import read
from etl.ledger.seals import Broken, last_unsealed
from etl.names import Sql, literal
from etl.sql_files import fill
from etl.structure.derive import headers
from etl.structure.hashes import comparable, reject_hashes, rows_hashes
from etl.structure.measure import take_digits
from etl.structure.places import TEXT, TOLD, places_of
from etl.warehouse import Warehouse, staging, target
from etl.warehouse.aside import STORED, stored
from etl.warehouse.damage import altered

NAMED = 5  # versions in a sentence
GONE, ALTERED = "staging: no table", "staging: columns"  # nothing can be built again from such tables


def orphans(aside: Warehouse, table: str | None) -> list[tuple[object, ...]]:
    """Rows of the ledger that belong to nothing, of one table and of those that cannot be told."""
    return [(name or "", *rest) for name, *rest in aside.sql(fill("audit_orphans"))
            if name is None or table in (None, name)]


def said(broken: Broken) -> tuple[object, ...]:
    """A broken seal as a difference."""
    sealed = "a seal" if broken.unsealed else f"{broken.kept:,} as they were kept"
    present = f"{broken.present:,}, other ones" if broken.kept == broken.present else f"{broken.present:,}"
    return (broken.dataset or "", f"sealed: etl.{broken.relation}", f"{broken.owner} {broken.owner_id}", sealed,
            "none" if broken.unsealed else present)


def ledger(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """What does not add up in the ledger of a dataset."""
    return [Difference(*row) for row in aside.sql(fill("audit"), {"dataset": dataset.dataset_id})]


def staged(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether staging holds the rows of each version, in one piece, as they were staged."""
    found = _rows(aside, dataset)
    wrong = {difference.place for difference in found}
    aside.sql("CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)")
    tables: dict[str, dict[int, tuple[str, int, str]]] = {}
    for version in _versions(aside, dataset):
        told_of = not wrong.isdisjoint((version.place, version.table))
        if version.digest is not None and comparable(version.digest) and not told_of:
            tables.setdefault(version.table, {})[version.id] = (version.place, version.records, version.digest)
    for table, kept in tables.items():
        present = rows_hashes(aside, table, _width(aside, table), kept)
        found += [Difference("staging: cells", place, "as they were when it left", "other ones")
                  for version, (place, *digest) in kept.items() if present.get(version) != tuple(digest)]
    return found + _rejected(aside, dataset, wrong)


def _rejected(aside: Warehouse, dataset: read.StoredDataset, wrong: Collection[str]) -> list[Difference]:
    """Whether the staged rows of rejects are those that were rejected; of tables with nothing `wrong`."""
    found = []
    for table, rejects in groupby(_rejects(aside, dataset), lambda reject: reject.table):
        if table not in wrong:
            present = reject_hashes(aside, table, _width(aside, table))
            found += [Difference("staging: rejected rows", reject.place, f"{reject.records:,} as they were rejected",
                                 f"{present.get((reject.load, reject.version), (0,))[0]:,}, other ones")
                      for reject in rejects if reject.digest is not None and reject.staged not in wrong
                      and present.get((reject.load, reject.version)) != (reject.records, reject.digest)]
    return found


class _Reject(NamedTuple):
    """Rejects of one load and version with rows in staging, and what was kept of the rows; no digest: nothing was."""

    table: str
    load: int
    version: int
    staged: str
    place: str
    records: int
    digest: str | None


def _rejects(aside: Warehouse, dataset: read.StoredDataset) -> list[_Reject]:
    return [_Reject(*row) for row in aside.sql(fill("rejects_kept"), {"dataset": dataset.dataset_id})]


def unproved(aside: Warehouse, dataset: read.StoredDataset, *, files: bool) -> list[str]:
    """Sentences on what was not held against anything: what is older than seals and hashes, or of another DuckDB."""
    notes = []
    if dataset.definition.keyed and not files:
        notes.append(f"{dataset.name}: staged rows that lost their key to another were counted; --files holds what "
                     "they say against the files.")
    before = last_unsealed(aside)
    loads = aside.one("SELECT count(*) FROM etl.load WHERE dataset_id = $dataset AND load_id <= $before",
                      {"dataset": dataset.dataset_id, "before": before})
    if loads:
        notes.append(f"{dataset.name}: its loads up to load {before} ({loads:,}) were kept before loads were sealed: "
                     "what the ledger says of them was held against itself and staging alone.")
    places = [version.place for version in _versions(aside, dataset)
              if not version.loaded and not comparable(version.digest)]
    if places:
        notes.append(f"{dataset.name}: no hash of this version of DuckDB was kept of the rows of {_named(places)}, "
                     "which left: only their number was compared.")
    places = [reject.place for reject in _rejects(aside, dataset) if reject.digest is None]
    if places:
        notes.append(f"{dataset.name}: no hash was kept of the rejected rows of {_named(places)}: they were counted"
                     + ("." if files else "; --files holds what they say against the files."))
    return notes


def _named(places: Sequence[str]) -> str:
    return ", ".join(places[:NAMED]) + (f" and {len(places) - NAMED:,} more" if len(places) > NAMED else "")


class _Version(NamedTuple):
    """A version with rows in staging, how it is called, and what was kept of its rows when it left."""

    id: int
    place: str
    table: str
    loaded: bool
    records: int
    digest: str | None


def _versions(aside: Warehouse, dataset: read.StoredDataset) -> list[_Version]:
    return [_Version(*row) for row in aside.sql(fill("versions_kept"), {"dataset": dataset.dataset_id})]


def _width(aside: Warehouse, table: str) -> int:
    """How many columns a staging table has, without the version."""
    return int(aside.one(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = $stored AND schema_name = 'staging' "
        "AND table_name = $table AND column_name <> '_version'", {"stored": STORED, "table": table}))


def _rows(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether staging holds the rows of each version, in one piece."""
    found = []
    tables = aside.sql("SELECT DISTINCT staging FROM etl.file_version WHERE dataset_id = $dataset AND staging <> '' "
                       "AND pruned_at IS NULL", {"dataset": dataset.dataset_id})
    made = {table: (wanted, there) for table, wanted, there in altered(aside, STORED)}
    for (table,) in tables:
        if table in made and aside.taken("staging", table):
            found.append(Difference(ALTERED, table, *made[table]))
            continue
        if not aside.taken("staging", table):
            found.append(Difference(GONE, table, "it is there", "it is not there"))
            continue
        rows = fill("staged_rows", staging=staging(table)).rstrip(";")
        wrong = aside.sql(fill("audit_staging", rows=Sql(f"({rows})"), table=literal(table)), {"first": 0})
        found += [
            Difference("staging: rows", place, f"{staged} and {read - staged} unread, together",
                       f"{rows} and {places - rows} unread, " + ("together" if span == places else "not together"))
            for place, staged, rows, read, places, span in wrong
        ]
    return found


def records(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether the last load says how many records the target has."""
    said = aside.one("SELECT arg_max(records_after, load_id) FROM etl.load "
                     "WHERE dataset_id = $dataset AND status = 'loaded'", {"dataset": dataset.dataset_id})
    loaded = aside.one("SELECT count(*) FROM temp.scope")
    if said is None or not loaded:
        return []
    records = aside.count(target(dataset.name)) if aside.exists("main", dataset.name) else 0
    return [] if records == said else [Difference("load: records after the last", "", f"{records:,}", f"{said:,}")]


def kinds(aside: Warehouse, dataset: read.StoredDataset) -> list[Difference]:
    """Whether the kinds of cells that the ledger keeps are those of the cells."""
    kept, definition = stored("etl", "cell_kind"), dataset.definition
    digest = {"digest": definition.cells_digest()}
    for table, number in aside.sql(fill("counted", kept=kept), digest):
        columns = places_of(aside, table, headers(aside)[table])
        place = next((place for place in columns.values() if place.number == number), None)
        if place is not None and place.form in (TEXT, TOLD):
            take_digits(aside, table, columns, place, definition)
    rows = aside.sql(fill("audit_kinds", kept=kept), digest)
    return [Difference("kinds of cells", f"{path}, column {place + 1}", should, kept or "none")
            for path, place, should, kept in rows]
