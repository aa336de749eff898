-- digits: the most digits before and after the point of the numbers of one column, of the versions that lack them.
--
-- Needs:   ${staging} ${cell} ${accepted} $digest $place
-- Expects: temp view `placed`; only asked for where the column has fractions and a number past 15 digits.
UPDATE etl.cell_kind AS kind
SET integer_digits = found.integer_digits, scale = found.scale
FROM (
    SELECT version_id, max(etl_integer_digits(cell)) AS integer_digits, max(etl_scale(cell)) AS scale
    FROM (
        SELECT v.version_id, ${cell} AS cell
        FROM ${staging} AS s
        JOIN temp.placed AS v ON v.version_id = s._version
        WHERE ${accepted} AND v.version_id IN (
            SELECT version_id FROM etl.cell_kind
            WHERE cells = $digest AND place = $place AND kinds & 15 > 0 AND kinds & 2176 = 0 AND scale IS NULL
        )
    )
    WHERE cell IS NOT NULL
    GROUP BY version_id
) AS found
WHERE kind.version_id = found.version_id AND kind.cells = $digest AND kind.place = $place;
