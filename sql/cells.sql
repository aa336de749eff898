-- cells: per column and kind of cell of one staged file, how many there are, and the first text.
--
-- Needs:   ${staging} ${places} ${raw} ${cells} $first
-- Expects: the staging table holds this file alone, $first is the rowid of its first row; `places` are the places of
--          the columns, `raw` their cells as staged and `cells` what they say, in one order.
SELECT
    place,
    kind,
    count(*) AS cells,
    min(row) AS first_row,
    left(arg_min(cell, row) FILTER (kind & 128 > 0), 200) AS first_text
FROM (
    SELECT place, row, cell, etl_cell_kind(raw, cell) AS kind
    FROM (
        SELECT
            s.rowid - $first + 1 AS row,
            unnest([${places}]) AS place,
            unnest([${raw}]) AS raw,
            unnest([${cells}]) AS cell
        FROM ${staging} AS s
    )
)
GROUP BY place, kind
ORDER BY place, kind;
