-- examples: the first text cell of one column of each measured version, its first 200 characters.
--
-- Needs:   ${staging} ${cell} $place
-- Expects: temp tables `measure` and `measured`.
UPDATE temp.measured AS m
SET example = left(found.cell, 200)
FROM (
    SELECT v.version_id, ${cell} AS cell
    FROM ${staging} AS s
    JOIN temp.measure AS v ON v.version_id = s._version
    JOIN temp.measured AS wanted ON wanted.version_id = v.version_id AND wanted.place = $place
    WHERE s.rowid = v.first_row + wanted.example_row - 1
) AS found
WHERE m.version_id = found.version_id AND m.place = $place;
