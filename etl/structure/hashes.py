"""A hash of the staged rows of versions, by which is known whether staging keeps what was staged.

It is taken when a version leaves, for a target proves the rows of those that are loaded; of all rows that come it would
cost 3 % of a load. Rejected rows are in no target, so theirs is taken when they are rejected.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from etl.names import Sql, listed
from etl.sql_files import fill, piece
from etl.structure.measure import located
from etl.warehouse import Warehouse, staging
from etl.warehouse.damage import EVERY_LOAD


def rows_hashes(warehouse: Warehouse, table: str, width: int, versions: Collection[int]) -> dict[int, tuple[int, str]]:
    """Count and hash the rows of versions of one staging table; the hash stands behind the version of DuckDB.

    Expects temp table `located`, and adds to it.

    Args:
        width: How many columns the table has.
    """
    located(warehouse, [table], first=min(versions, default=0))
    rows = warehouse.sql(fill("rows_hash", staging=staging(table), cells=listed(
        Sql(f"s.c{place}") for place in range(width))), {"versions": list(versions)})
    return {int(version): (int(records), f"{duckdb.__version__}:{digest}") for version, records, digest in rows}


def keep_hashes(warehouse: Warehouse, versions: Collection[int]) -> None:
    """Keep the hashes of versions that leave; what was kept when one left before stays."""
    tables = warehouse.sql(
        "SELECT staging, list(version_id), any_value(json_array_length(header)) FROM etl.file_version "
        "WHERE list_contains($versions, version_id) AND staging <> '' AND version_id NOT IN (SELECT owner_id "
        "FROM etl.seal WHERE owner = 'version' AND relation = 'staging' AND starts_with(digest, $hasher)) "
        "GROUP BY staging",
        {"versions": list(versions), "hasher": f"{duckdb.__version__}:"}) if versions else []
    for table, members, width in tables:
        for version, (records, digest) in rows_hashes(warehouse, table, width, members).items():
            warehouse.sql(fill("seal_rows"), {"version": version, "records": records, "digest": digest})


def keep_reject_hashes(warehouse: Warehouse, load_id: int) -> None:
    """Keep the hashes of the staged rows that a load rejected."""
    for table, width, least in warehouse.sql(
        "SELECT staging, any_value(json_array_length(header)), min(version_id) FROM etl.reject AS reject "
        "JOIN etl.file_version AS version USING (version_id) "
        "WHERE reject.load_id = $load AND severity = 'reject' AND staging <> '' GROUP BY staging", {"load": load_id},
    ):
        located(warehouse, [table], first=least)
        warehouse.sql(fill("seal_rejects", hashes=_reject_hashes(table, width)),
                      {"name": table, "least": least, "first": load_id, "last": load_id})


def reject_hashes(warehouse: Warehouse, table: str, width: int) -> dict[tuple[int, int], tuple[int, str]]:
    """Count and hash the rejected rows in one staging table, by load and version.

    Expects temp table `located`, and adds to it.
    """
    located(warehouse, [table])
    rows = warehouse.sql(f"FROM {_reject_hashes(table, width)}", {"name": table, "least": 0, **EVERY_LOAD})
    return {(int(load), int(version)): (int(records), str(digest)) for load, version, records, digest in rows}


def _reject_hashes(table: str, width: int) -> Sql:
    cells = listed(Sql(f"CAST(s.c{place} AS VARCHAR)") for place in range(width))
    return piece("rejects_hash", staging=staging(table), cells=cells)


def comparable(digest: str | None) -> bool:
    """Whether this version of DuckDB gives the hash that was kept, where the rows are the same."""
    return digest is not None and digest.startswith(f"{duckdb.__version__}:")
