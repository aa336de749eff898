-- headers_kept: a version whose header or its spelling is no list of names; no row where all are.
--
-- Needs:
-- Expects: temp table `scope`.
SELECT version_id, path
FROM temp.scope
WHERE NOT CASE
        WHEN json_valid(header) AND json_valid(spelling)
        THEN json_type(header) = 'ARRAY' AND json_type(spelling) = 'ARRAY'
            AND json_array_length(header) = json_array_length(spelling)
        ELSE false
    END
ORDER BY version_id
LIMIT 1;
