"""The kinds of cells, taken once a version and kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etl.config import Definition
from etl.names import Sql, identifier, listed
from etl.sql_files import fill
from etl.structure import cells
from etl.warehouse import Warehouse

FIRST_ROWS = 200  # a text column shows itself in its first rows; then the rest need not be looked at
ALL_ROWS = 1 << 62


def measure(warehouse: Warehouse, headers: Mapping[str, Sequence[str]], definition: Definition) -> None:
    """Take the kinds of the cells of every loaded version that has none under this definition.

    Args:
        headers: Column names by staging table.

    Expects the temp tables `scope` and `located` (where the rows of versions begin).
    """
    digest = definition.cells_digest()
    for table, names in headers.items():
        warehouse.sql(
            """
            CREATE OR REPLACE TEMP TABLE measure AS
            SELECT scope.version_id, located.first_row, scope.staged
            FROM temp.scope AS scope JOIN temp.located AS located USING (version_id)
            WHERE scope.staging = $table AND scope.state <> 'left' AND scope.staged > 0
                AND scope.version_id NOT IN (SELECT version_id FROM etl.cell_kind WHERE cells = $digest)
            """, {"table": table, "digest": digest},
        )
        versions, most = warehouse.sql("SELECT count(*), max(staged) FROM temp.measure")[0]
        if versions:
            _measure_table(warehouse, table, names, definition, int(versions), int(most))


def _measure_table(
    warehouse: Warehouse, table: str, names: Sequence[str], definition: Definition, versions: int, most: int
) -> None:
    every = range(len(names))
    values = {"digest": definition.cells_digest(), "rows": FIRST_ROWS}
    first = _kinds(table, names, every, definition)
    warehouse.sql(f"CREATE OR REPLACE TEMP TABLE measured AS {first}", values)
    if most <= FIRST_ROWS:
        warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured")
        return
    settled = {int(row[0]) for row in warehouse.sql(
        "SELECT place FROM temp.measured GROUP BY place HAVING count(*) FILTER (kinds & 128 > 0) = $versions",
        {"versions": versions})}
    warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured WHERE list_contains($settled, place)",
                  {"settled": sorted(settled)})
    rest = [place for place in every if place not in settled]
    if rest:
        whole = _kinds(table, names, rest, definition)
        warehouse.sql(f"INSERT INTO etl.cell_kind {whole}", {**values, "rows": ALL_ROWS})


def _kinds(table: str, names: Sequence[str], places: Sequence[int], definition: Definition) -> str:
    all_places = {name: place for place, name in enumerate(names)}
    columns = []
    kinds = []
    summaries = []
    for p in places:
        columns.append(Sql(f"{cells.raw(p)} AS r{p}, {cells.cell(p, definition)} AS c{p}"))
        kinds.append(Sql(f"etl_cell_kind(r{p}, c{p}) AS k{p}"))
        number = f"accepted AND k{p} & 15 > 0"
        summaries.append(Sql(
            f"{{'place': {p}, 'kinds': bit_or(CASE WHEN accepted THEN k{p} ELSE k{p} & 512 END), "
            f"'integer_digits': max(CASE WHEN {number} THEN etl_integer_digits(c{p}) END), "
            f"'scale': max(CASE WHEN accepted AND k{p} & 8 > 0 THEN etl_scale(c{p}) END), "
            f"'example_row': min(CASE WHEN accepted AND k{p} & 128 > 0 THEN row END), "
            f"'example': arg_min(CASE WHEN accepted AND k{p} & 128 > 0 THEN c{p} END, "
            f"CASE WHEN accepted AND k{p} & 128 > 0 THEN row END)}}"
        ))
    return fill(
        "kinds", staging=identifier("warehouse", "staging", table), cells=listed(columns), kinds=listed(kinds),
        accepted=cells.accepted(all_places, definition), summaries=Sql("[" + listed(summaries) + "]"),
    )
