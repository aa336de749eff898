-- kinds: per version and column, which kinds of cell there are, the digits of its numbers, and its first text cell.
--
-- Kinds are taken over accepted rows; whether a cell differs from its raw text (512), over all rows.
--
-- Needs:   ${staging} ${cells} ${kinds} ${accepted} ${summaries} $digest $rows
-- Expects: temp table `measure` names the versions; $rows bounds how many rows of each are looked at;
--          `cells` are the cells as c0, c1 ..., `kinds` their kinds as k0, k1 ..., `summaries` a list of structs.
SELECT
    version_id,
    $digest AS cells,
    summary.place,
    CASE WHEN summary.kinds & 128 > 0 THEN 640 ELSE summary.kinds END AS kinds,
    CASE WHEN summary.kinds & 128 > 0 THEN 0 ELSE coalesce(summary.integer_digits, 0) END AS integer_digits,
    CASE WHEN summary.kinds & 128 > 0 THEN 0 ELSE coalesce(summary.scale, 0) END AS scale,
    summary.example_row,
    left(summary.example, 200) AS example
FROM (
    SELECT version_id, unnest(${summaries}) AS summary
    FROM (
        SELECT *, ${kinds}
        FROM (
            SELECT
                v.version_id,
                s.rowid - v.first_row + 1 AS row,
                ${accepted} AS accepted,
                ${cells}
            FROM ${staging} AS s
            JOIN temp.measure AS v ON v.version_id = s._version
            WHERE s.rowid < v.first_row + $rows
        )
    )
    GROUP BY version_id
)
