"""The kinds of cells, taken once a version and kept in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from etl.config import Definition
from etl.names import Sql, listed
from etl.sql_files import fill
from etl.structure import cells
from etl.structure.kinds import DATE, FRACTION, INTEGER_64, MARKS, summary_of
from etl.structure.places import TEXT, TOLD, Place, places_of
from etl.warehouse import Warehouse, staging
from etl.warehouse.slices import sliced

FIRST_ROWS = 200  # a text column shows itself in its first rows; then the rest need not be looked at
ALL_ROWS = 1 << 62
WIDE_TABLE = 32  # of more columns, cells are looked at one row a cell
FEW_CELLS = 20_000  # so are these: an expression a column takes longer to plan than they take to be looked at
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


def forget(warehouse: Warehouse, kept: str | None) -> None:
    """Take the kinds away that no loaded version keeps: what is kept is what `verify` holds against the cells.

    Of a version that comes, or comes back, they are taken from its cells; so are all of them under another definition.

    Args:
        kept: The digest of cells under which the versions that stay keep theirs; None is none.

    Expects temp table `scope`.
    """
    warehouse.sql("DELETE FROM etl.cell_kind USING temp.scope AS scope WHERE cell_kind.version_id = scope.version_id "
                  "AND (scope.state <> 'kept' OR cell_kind.cells IS DISTINCT FROM $kept)", {"kept": kept})


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
        versions, most, rows = warehouse.sql("SELECT count(*), max(read), sum(read) FROM temp.measure")[0]
        if versions and names:
            columns = places_of(warehouse, table, names)
            tall = len(columns) > WIDE_TABLE or rows * len(columns) < FEW_CELLS
            if not (tall and _measured_tall(warehouse, table, columns, definition)):
                _measure_wide(warehouse, table, columns, definition, int(versions), int(most))
            _digits_of_types(warehouse, columns, digest)


def _digits_of_types(warehouse: Warehouse, columns: Mapping[str, Place], digest: str) -> None:
    """A column of Parquet has as many digits as its type."""
    for place in columns.values():
        if place.form in (TEXT, TOLD):
            continue
        held = summary_of(place.form)
        warehouse.sql(
            "UPDATE etl.cell_kind SET integer_digits = $whole, scale = $scale, kinds = kinds | $marks "
            "WHERE cells = $digest AND place = $place AND kinds & $kinds > 0 "
            "AND version_id IN (SELECT version_id FROM temp.measure)",
            {"whole": held.integer_digits, "scale": held.scale, "marks": held.kinds & MARKS, "digest": digest,
             "place": place.number, "kinds": held.kinds & ~MARKS})


def _measured_tall(
    warehouse: Warehouse, table: str, columns: Mapping[str, Place], definition: Definition
) -> bool:
    """Take all kinds by one expression, where all columns are of one form that can be looked at one row a cell."""
    every = list(columns.values())
    place = every[0]
    if {other.form for other in every} - {place.form} or place.form not in (TEXT, TOLD):
        return False
    tall = fill(
        "kinds_tall", staging=sliced(warehouse, staging(table)),
        raws=Sql("[" + listed(cells.raw(place) for place in every) + "]"),
        cell=cells.said(Sql("r"), definition, place.form), accepted=cells.accepted(columns, definition),
        kind=cells.kind(place, Sql("r"), Sql("c")),
    )
    warehouse.sql(f"INSERT INTO etl.cell_kind {tall}", {"digest": definition.cells_digest()})
    return True


def _measure_wide(
    warehouse: Warehouse, table: str, columns: Mapping[str, Place], definition: Definition, versions: int, most: int
) -> None:
    """Take them by an expression a column, so many in a statement."""
    every = list(columns.values())
    for at in range(0, len(every), WIDE_TABLE):
        _measure_columns(warehouse, table, columns, every[at : at + WIDE_TABLE], definition, versions, most)


def _measure_columns(
    warehouse: Warehouse, table: str, columns: Mapping[str, Place], some: Sequence[Place], definition: Definition,
    versions: int, most: int,
) -> None:
    _measured(warehouse, table, columns, dict.fromkeys(some, 0), definition, FIRST_ROWS)
    if most > FIRST_ROWS:
        looks = {int(place): (int(kinds), int(texts) == versions) for place, kinds, texts in warehouse.sql(
            "SELECT place, bit_or(kinds), count(*) FILTER (kinds & 2176 > 0) FROM temp.measured GROUP BY place")}
        rest = {place: looks[place.number][0] for place in some if not looks[place.number][1]}
        warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured WHERE NOT list_contains($rest, place)",
                      {"rest": [place.number for place in rest]})
        if not rest:
            return
        _measured(warehouse, table, columns, rest, definition, ALL_ROWS)
    warehouse.sql("INSERT INTO etl.cell_kind SELECT * FROM temp.measured")


def _measured(
    warehouse: Warehouse, table: str, columns: Mapping[str, Place], looks: Mapping[Place, int], definition: Definition,
    rows: int,
) -> None:
    """Temp table `measured`: the kinds of these columns, with the first text cell of each.

    Args:
        looks: By place, what kinds the first rows showed: what is tried first. 0: nothing is known.
        rows: How many rows of each version are looked at.
    """
    few = rows < ALL_ROWS
    kinds = (_kind(place, look) for place, look in looks.items())
    texts_of = (_texts(place, look, definition) for place, look in looks.items())
    statement = fill(
        "kinds",
        staging=staging(table) if few else sliced(warehouse, staging(table)),
        cells=listed(texts_of),
        kinds=listed(kinds),
        accepted=cells.accepted(columns, definition),
        summaries=Sql("[" + listed(_summary(place, few=few) for place in looks) + "]"),
        within=_first_rows(warehouse) if few else Sql("true"),
    )
    warehouse.sql(f"CREATE OR REPLACE TEMP TABLE measured AS {statement}",
                  {"digest": definition.cells_digest(), "rows": rows})
    texts = warehouse.sql("SELECT DISTINCT place FROM temp.measured WHERE example_row IS NOT NULL AND example IS NULL")
    by_number = {place.number: place for place in looks}
    for (number,) in texts:
        warehouse.sql(fill("examples", staging=staging(table), cell=cells.cell(by_number[number], definition)),
                      {"place": number})


def _kind(place: Place, look: int) -> Sql:
    """The kind of a column's cell as k; what a cheap test settled looks as it did."""
    p = place.number
    if place.form not in (TEXT, TOLD):
        return Sql(f"n{p} AS k{p}")
    return Sql(f"CASE WHEN f{p} THEN {look} ELSE {cells.kind(place, Sql(f'r{p}'), Sql(f'c{p}'))} END AS k{p}")


def _first_rows(warehouse: Warehouse) -> Sql:
    """Where the first rows of the measured versions are; of many versions, all rows are looked through."""
    firsts = [int(row[0]) for row in warehouse.sql("SELECT first_row FROM temp.measure")]
    if len(firsts) > RANGES:
        return Sql("true")
    ranges = [Sql(f"s.rowid BETWEEN {first} AND {first + FIRST_ROWS - 1}") for first in firsts]
    return Sql(f"({listed(ranges, ' OR ')})")


def _summary(place: Place, *, few: bool) -> Sql:
    k = f"k{place.number}"
    text = f"accepted AND {k} & 2176 > 0"
    row = f"CASE WHEN {text} THEN row END"
    example = f"arg_min(CASE WHEN {text} THEN c{place.number} END, {row})" if few else "CAST(NULL AS VARCHAR)"
    return Sql(f"{{'place': {place.number}, 'kinds': bit_or(CASE WHEN accepted THEN {k} ELSE {k} & 512 END), "
               f"'example_row': min({row}), 'example': {example}}}")


def _texts(place: Place, look: int, definition: Definition) -> Sql:
    """A cell as r, f, c; a column that looks like one kind has the cheap test for it tried first.

    The steps stand in one another's relations, not in one expression: macros are copied wherever they are named, and
    DuckDB would take longer to plan the statement than to run it.
    """
    raw, cell, p = cells.raw(place), cells.cell(place, definition), place.number
    if place.form not in (TEXT, TOLD):
        return Sql(f"{cells.kind(place, raw, cell)} AS n{p}, {cell} AS c{p}")
    cheap = {INTEGER_64: "etl_is_bigint", DATE: "etl_is_date", FRACTION: "etl_is_fraction"}
    if look not in cheap or definition.nulls:
        return Sql(f"{raw} AS r{p}, false AS f{p}, {cell} AS c{p}")
    settled = f"coalesce({cheap[look]}({raw}), false)"
    return Sql(f"{raw} AS r{p}, {settled} AS f{p}, CASE WHEN {settled} THEN NULL ELSE {cell} END AS c{p}")


def take_digits(
    warehouse: Warehouse, table: str, columns: Mapping[str, Place], place: Place, definition: Definition
) -> None:
    """Count the digits of the numbers of one column, of the versions in temp view `placed` that have no count."""
    warehouse.sql(
        fill("digits", staging=staging(table), cell=cells.cell(place, definition),
             accepted=cells.accepted(columns, definition)),
        {"digest": definition.cells_digest(), "place": place.number},
    )
