"""The kinds of cells, taken once a version and kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etl.config import Definition
from etl.names import Sql, listed
from etl.sql_files import fill
from etl.structure import cells
from etl.structure.kinds import DATE, FRACTION, INTEGER_64
from etl.warehouse import Warehouse, staging
from etl.warehouse.slices import sliced

FIRST_ROWS = 200  # a text column shows itself in its first rows; then the rest need not be looked at
ALL_ROWS = 1 << 62
WIDE_TABLE = 32  # of more columns, cells are looked at one row a cell
RANGES = 64  # up to so many versions, their first rows are read as ranges of the table


def located(warehouse: Warehouse, tables: Sequence[str], *, first: int = 0) -> None:
    """Find where the rows of versions begin, and keep it in temp table `located`.

    Args:
        tables: Staging tables.
        first: The least version id that is looked for.
    """
    for table in tables:
        rows = fill("staged_rows", staging=staging(table))
        warehouse.sql(f"INSERT INTO temp.located SELECT version_id, first_row FROM ({rows.rstrip(';')}) AS found "
                      "WHERE version_id NOT IN (SELECT version_id FROM temp.located)", {"first": first})


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
            SELECT scope.version_id, located.first_row, scope.read
            FROM temp.scope AS scope JOIN temp.located AS located USING (version_id)
            WHERE scope.staging = $table AND scope.state <> 'left' AND scope.staged > 0
                AND scope.version_id NOT IN (SELECT version_id FROM etl.cell_kind WHERE cells = $digest)
            """, {"table": table, "digest": digest},
        )
        versions, most = warehouse.sql("SELECT count(*), max(read) FROM temp.measure")[0]
        if versions:
            _measure_table(warehouse, table, names, definition, int(versions), int(most))


def _measure_table(
    warehouse: Warehouse, table: str, names: Sequence[str], definition: Definition, versions: int, most: int
) -> None:
    every = range(len(names))
    if len(names) > WIDE_TABLE:
        places = {name: place for place, name in enumerate(names)}
        tall = fill(
            "kinds_tall", staging=sliced(warehouse, staging(table)),
            raws=Sql("[" + listed(cells.raw(place) for place in every) + "]"),
            cell=cells.said(Sql("r"), definition), accepted=cells.accepted(places, definition),
        )
        warehouse.sql(f"INSERT INTO etl.cell_kind {tall}", {"digest": definition.cells_digest()})
        return
    _measured(warehouse, table, names, dict.fromkeys(every, 0), definition, FIRST_ROWS)
    if most > FIRST_ROWS:
        looks = {int(place): (int(kinds), int(texts) == versions) for place, kinds, texts in warehouse.sql(
            "SELECT place, bit_or(kinds), count(*) FILTER (kinds & 128 > 0) FROM temp.measured GROUP BY place")}
        rest = {place: kinds for place, (kinds, settled) in looks.items() if not settled}
        warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured WHERE NOT list_contains($rest, place)",
                      {"rest": list(rest)})
        if not rest:
            return
        _measured(warehouse, table, names, rest, definition, ALL_ROWS)
    warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured")


def _measured(
    warehouse: Warehouse, table: str, names: Sequence[str], looks: Mapping[int, int], definition: Definition, rows: int
) -> None:
    """Temp table `measured`: the kinds of these columns, with the first text cell of each.

    Args:
        looks: By place, what kinds the first rows showed: what is tried first. 0: nothing is known.
        rows: How many rows of each version are looked at.
    """
    places = {name: place for place, name in enumerate(names)}
    few = rows < ALL_ROWS
    kinds = (Sql(f"CASE WHEN f{p} THEN {look} ELSE etl_cell_kind(r{p}, c{p}) END AS k{p}") for p, look in looks.items())
    texts_of = (_texts(place, look, definition) for place, look in looks.items())
    statement = fill(
        "kinds",
        staging=staging(table) if few else sliced(warehouse, staging(table)),
        cells=listed(texts_of),
        kinds=listed(kinds),
        accepted=cells.accepted(places, definition),
        summaries=Sql("[" + listed(_summary(place, few=few) for place in looks) + "]"),
        within=_first_rows(warehouse) if few else Sql("true"),
    )
    warehouse.sql(f"CREATE OR REPLACE TEMP TABLE measured AS {statement}",
                  {"digest": definition.cells_digest(), "rows": rows})
    texts = warehouse.sql("SELECT DISTINCT place FROM temp.measured WHERE example_row IS NOT NULL AND example IS NULL")
    for (place,) in texts:
        warehouse.sql(fill("examples", staging=staging(table), cell=cells.cell(place, definition)), {"place": place})


def _first_rows(warehouse: Warehouse) -> Sql:
    """Where the first rows of the measured versions are; of many versions, all rows are looked through."""
    firsts = [int(row[0]) for row in warehouse.sql("SELECT first_row FROM temp.measure")]
    if len(firsts) > RANGES:
        return Sql("true")
    ranges = [Sql(f"s.rowid BETWEEN {first} AND {first + FIRST_ROWS - 1}") for first in firsts]
    return Sql(f"({listed(ranges, ' OR ')})")


def _summary(place: int, *, few: bool) -> Sql:
    k = f"k{place}"
    text = f"accepted AND {k} & 128 > 0"
    row = f"CASE WHEN {text} THEN row END"
    example = f"arg_min(CASE WHEN {text} THEN c{place} END, {row})" if few else "CAST(NULL AS VARCHAR)"
    return Sql(f"{{'place': {place}, 'kinds': bit_or(CASE WHEN accepted THEN {k} ELSE {k} & 512 END), "
               f"'example_row': min({row}), 'example': {example}}}")


def _texts(place: int, look: int, definition: Definition) -> Sql:
    """A cell as r, f, c; a column that looks like one kind has the cheap test for it tried first.

    The steps stand in one another's relations, not in one expression: macros are copied wherever they are named, and
    DuckDB would take longer to plan the statement than to run it.
    """
    raw, cell = cells.raw(place), cells.cell(place, definition)
    cheap = {INTEGER_64: "etl_is_bigint", DATE: "etl_is_date", FRACTION: "etl_is_fraction"}
    if look not in cheap or definition.nulls:
        return Sql(f"{raw} AS r{place}, false AS f{place}, {cell} AS c{place}")
    settled = f"coalesce({cheap[look]}({raw}), false)"
    return Sql(f"{raw} AS r{place}, {settled} AS f{place}, CASE WHEN {settled} THEN NULL ELSE {cell} END AS c{place}")


def take_digits(warehouse: Warehouse, table: str, names: Sequence[str], place: int, definition: Definition) -> None:
    """Count the digits of the numbers of one column, of the versions in temp view `placed` that have no count."""
    places = {name: p for p, name in enumerate(names)}
    warehouse.sql(
        fill("digits", staging=staging(table), cell=cells.cell(place, definition),
             accepted=cells.accepted(places, definition)),
        {"digest": definition.cells_digest(), "place": place},
    )
