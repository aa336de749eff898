-- remove: take the removed keys out of the target.
--
-- Needs:   ${target} ${match}
-- Expects: temp table `removed`.
DELETE FROM ${target} AS t
USING temp.removed AS r
WHERE ${match};
