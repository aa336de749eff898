-- conflict_counts: the conflicts by pair of files and column, with the first of them as samples.
--
-- Needs:   ${columns} $samples
-- Expects: temp tables `disputed` and `scope`; `columns` is a list of structs of a column's place, how many conflicts
--          it is part of and its first $samples.
SELECT v.path, u.path AS other, found.place, found.keys, found.samples
FROM (
    SELECT _version, other_version, unnest(${columns}) AS found
    FROM temp.disputed
    GROUP BY _version, other_version
)
JOIN temp.scope AS v ON v.version_id = _version
JOIN temp.scope AS u ON u.version_id = other_version
WHERE found.keys > 0
ORDER BY v.path, u.path, found.place;
