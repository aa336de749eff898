"""A target that was built again aside, compared with the one that stands: columns, types, values and lineage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import NamedTuple

from etl.errors import shorten
from etl.ledger import read
from etl.names import RESERVED, Sql, identifier, listed
from etl.sql_files import fill
from etl.structure.derive import Structure
from etl.structure.kinds import LIKE_OTHERS
from etl.warehouse import Warehouse, target
from etl.warehouse.aside import STORED, stored

SHOWN = 20  # rows that differ, of each table


class Difference(NamedTuple):
    """One thing that is not as it should be."""

    what: str
    place: str
    expected: str
    found: str


def compare_targets(aside: Warehouse, dataset: read.StoredDataset, structure: Structure) -> list[Difference]:
    """Hold the target that stands against the one built aside, and the ledger's columns against the derived ones."""
    found = _ledger_columns(aside, dataset, structure)
    standing = _columns(aside, STORED, dataset.name)
    if not structure.columns:
        return [*found, Difference("target", dataset.name, "none: nothing is loaded", "a table")] if standing else found
    if not standing:
        return [*found, Difference("target", dataset.name, "a table", "it is not there")]
    wanted = _columns(aside, "warehouse", dataset.name)
    columns = [Difference("target: column", name, wanted.get(name, "none"), standing.get(name, "none"))
               for name in {**wanted, **standing} if wanted.get(name) != standing.get(name)]
    keys = [_key(aside, database, dataset.name) for database in ("warehouse", STORED)]
    if keys[0] != keys[1]:
        columns.append(Difference("target: primary key", dataset.name, ", ".join(keys[0]) or "none",
                                  ", ".join(keys[1]) or "none"))
    same = [name for name in wanted if wanted[name] == standing.get(name)]
    by_text = {name for name in same if wanted[name] in LIKE_OTHERS}
    return found + columns + _rows(aside, dataset, structure, same, by_text)


def _ledger_columns(aside: Warehouse, dataset: read.StoredDataset, structure: Structure) -> list[Difference]:
    if not structure.columns:
        return []
    kept = [f"{column.name} {column.type}" for column in read.columns_of(aside, dataset)]
    derived = [f"{column.shown} {column.type}" for column in structure.columns]
    other = [pair for pair in zip_longest(derived, kept, fillvalue="none") if pair[0] != pair[1]][:SHOWN]
    return [Difference("ledger: columns", dataset.name, *map(", ".join, zip(*other, strict=True)))] if other else []


def _columns(aside: Warehouse, database: str, table: str) -> dict[str, str]:
    return dict(aside.sql(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = $database "
        "AND schema_name = 'main' AND table_name = $table ORDER BY column_index",
        {"database": database, "table": table}))


def _key(aside: Warehouse, database: str, table: str) -> list[str]:
    rows = aside.sql(
        "SELECT constraint_column_names FROM duckdb_constraints() WHERE database_name = $database "
        "AND schema_name = 'main' AND table_name = $table AND constraint_type = 'PRIMARY KEY'",
        {"database": database, "table": table})
    return list(rows[0][0]) if rows else []


def _rows(
    aside: Warehouse, dataset: read.StoredDataset, structure: Structure, same: Sequence[str], by_text: Collection[str]
) -> list[Difference]:
    """The rows that differ in the columns that both have, by key, or by lineage under `append`.

    Args:
        by_text: Columns whose values are compared by their texts.
    """
    anew, standing = target(dataset.name), stored("main", dataset.name)
    columns = listed(Sql(f"CAST({identifier(name)} AS VARCHAR) AS {identifier(name)}") if name in by_text else
                     identifier(name) for name in same)
    for name, these, those in (("lacking", anew, standing), ("beyond", standing, anew)):
        aside.sql(f"CREATE OR REPLACE TEMP TABLE {name} AS "
                  + fill("same_rows", columns=columns, these=these, those=those))
    lacking, beyond = aside.count(Sql("temp.lacking")), aside.count(Sql("temp.beyond"))
    if not lacking and not beyond:
        return []
    shown = {column.name: column.shown for column in structure.columns}
    by = [shown[name] for name in dataset.definition.key if name in shown] if dataset.definition.keyed else []
    by = by if by and set(by) <= set(same) else [name for name in RESERVED if name in same]
    others = [name for name in same if name not in by]
    match = listed((Sql(f"a.{identifier(name)} IS NOT DISTINCT FROM b.{identifier(name)}") for name in by), " AND ")
    texts = [listed(Sql(f"CAST({side}.{identifier(name)} AS VARCHAR)") for name in by) for side in "ab"]
    pairs = listed(Sql(f"[CAST(a.{identifier(name)} AS VARCHAR), CAST(b.{identifier(name)} AS VARCHAR)]")
                   for name in others)
    rows = aside.sql(
        f"SELECT CASE WHEN a.rowid IS NULL THEN [{texts[1]}] ELSE [{texts[0]}] END, "
        f"CAST([{pairs}] AS VARCHAR[][]), a.rowid IS NOT NULL, b.rowid IS NOT NULL FROM temp.lacking AS a "
        f"FULL JOIN temp.beyond AS b ON {match} ORDER BY ALL LIMIT {SHOWN}")
    found = [Difference("target: rows", dataset.name, "the same rows",
                        f"{lacking:,} of them lacking, {beyond:,} other ones; the first follow")]
    for key, values, there, stands in rows:
        place = ", ".join(f"{name} = {said(text)}" for name, text in zip(by, key, strict=True))
        if not (there and stands):
            stand = ["a row" if stands_there else "no row" for stands_there in (there, stands)]
            found.append(Difference("target: row", place, *stand))
            continue
        for name, (should, text) in zip(others, values, strict=True):
            if should != text:
                what = "target: lineage" if name in RESERVED else f"target: value of {name}"
                found.append(Difference(what, place, said(should), said(text)))
    return found


def said(text: str | None) -> str:
    """A value in a sentence."""
    return "NULL" if text is None else shorten(text)
