-- rekey: where the key changes type, the rows of the target that still have a key, one a key.
--
-- Rows whose keys have become one are represented by the best of them; the others count as removed.
--
-- Needs:   ${before} ${key} ${present} ${position}
-- Expects: a key that does not fit its new type is NULL in `before`.
SELECT DISTINCT ON (${key}) *
FROM ${before}
WHERE ${present}
ORDER BY ${key}, ${position}
