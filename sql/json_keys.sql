-- json_keys: the keys of one file of JSON lines in order of first appearance.
--
-- Needs:   ${lines}
-- Expects: `lines` have their `place` among the lines; every line is an object.
SELECT key
FROM (
    SELECT place, unnest(keys) AS key, generate_subscripts(keys, 1) AS within
    FROM (
        SELECT place, json_keys(line) AS keys
        FROM ${lines}
        WHERE line IS NOT NULL
    )
)
GROUP BY key
ORDER BY min((place, within));
