-- kinds_tall: the same as kinds.sql for a table of many columns, one row a cell.
--
-- An expression a column would take DuckDB longer to plan than to run.
--
-- Needs:   ${staging} ${raws} ${cell} ${kind} ${accepted} $digest
-- Expects: temp table `measure` names the versions; `raws` are all columns, `cell` is the cell that r says, `kind` its kind.
SELECT
    version_id,
    $digest AS cells,
    place,
    CASE WHEN kinds & 128 > 0 THEN 640 WHEN kinds & 2048 > 0 THEN kinds | 512 ELSE kinds END AS kinds,
    CAST(NULL AS BIGINT) AS integer_digits,
    CAST(NULL AS BIGINT) AS scale,
    example_row,
    left(example, 200) AS example
FROM (
    SELECT
        version_id,
        place,
        bit_or(CASE WHEN accepted THEN k ELSE k & 512 END) AS kinds,
        min(CASE WHEN accepted AND k & 2176 > 0 THEN row END) AS example_row,
        arg_min(CASE WHEN accepted AND k & 2176 > 0 THEN c END, CASE WHEN accepted AND k & 2176 > 0 THEN row END) AS example
    FROM (
        SELECT *, ${kind} AS k
        FROM (
            SELECT version_id, row, accepted, place, r, ${cell} AS c
            FROM (
                SELECT
                    v.version_id,
                    s.rowid - v.first_row + 1 AS row,
                    ${accepted} AS accepted,
                    unnest(${raws}) AS r,
                    unnest(range(len(${raws}))) AS place
                FROM ${staging} AS s
                JOIN temp.measure AS v ON v.version_id = s._version
            )
        )
    )
    GROUP BY version_id, place
)
