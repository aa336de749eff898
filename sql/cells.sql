-- cells: per column and kind of cell of one staged file, how many there are, and the first text.
--
-- Needs:   ${staging} ${places} ${kinds} ${cells}
-- Expects: the staging table holds this file alone; `places` are the places of the columns, `cells` what their cells say
--          and `kinds` of which kind they are, in one order. A row of a negative version keeps the place of a reject.
SELECT
    place,
    kind,
    count(*) AS cells,
    min(row) AS first_row,
    left(arg_min(cell, row) FILTER (kind & 2176 > 0), 200) AS first_text
FROM (
    SELECT
        s.rowid - (SELECT min(rowid) FROM ${staging}) + 1 AS row,
        unnest([${places}]) AS place,
        unnest([${kinds}]) AS kind,
        unnest([${cells}]) AS cell
    FROM ${staging} AS s
    WHERE s._version > 0
)
GROUP BY place, kind
ORDER BY place, kind;
