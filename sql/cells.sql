-- cells: per column and kind of cell of one staged file, how many there are, and the first text.
--
-- Needs:   ${staging} ${places} ${raw} ${cells}
-- Expects: the staging table holds this file alone; `places` are the places of the columns, `raw` their cells as staged
--          and `cells` what they say, in one order. A row of a negative version keeps the place of a reject.
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
            s.rowid - (SELECT min(rowid) FROM ${staging}) + 1 AS row,
            unnest([${places}]) AS place,
            unnest([${raw}]) AS raw,
            unnest([${cells}]) AS cell
        FROM ${staging} AS s
        WHERE s._version > 0
    )
)
GROUP BY place, kind
ORDER BY place, kind;
