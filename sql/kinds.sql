-- kinds: per version and column, which kinds of cell there are, and the first row that has a text cell.
--
-- Kinds are taken over accepted rows; whether a cell differs from its raw text (512), over all rows.
--
-- Needs:   ${staging} ${cells} ${kinds} ${accepted} ${summaries} ${within}
--          $digest $rows
-- Expects: temp table `measure` names the versions; $rows bounds how many rows of each are looked at, `within` says
--          where those are, so that the rest of a large table is not read;
--          `cells` are r0, f0, c0 ...: the raw text, whether a cheap test settled it, and else the cell;
--          `kinds` are the kinds of the cells as k0, k1 ..., `summaries` a list of structs of them.
SELECT
    version_id,
    $digest AS cells,
    summary.place,
    CASE WHEN summary.kinds & 128 > 0 THEN 640 WHEN summary.kinds & 2048 > 0 THEN summary.kinds | 512 ELSE summary.kinds END AS kinds,
    CAST(NULL AS BIGINT) AS integer_digits,
    CAST(NULL AS BIGINT) AS scale,
    summary.example_row,
    left(summary.example, 200) AS example
FROM (
    SELECT version_id, unnest(${summaries}) AS summary
    FROM (
        SELECT *, ${kinds}
        FROM (
            SELECT v.version_id, s.rowid - v.first_row + 1 AS row, ${accepted} AS accepted, ${cells}
            FROM ${staging} AS s
            JOIN temp.measure AS v ON v.version_id = s._version
            WHERE s.rowid < v.first_row + $rows AND ${within}
        )
    )
    GROUP BY version_id
)
