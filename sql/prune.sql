-- prune: a staging table without the rows of the versions that are pruned, in the order in which they stand.
--
-- Needs:   ${fresh} ${staging}
-- Expects: temp table `prunable`; insertion order is kept, as every connection sets it, so that the rows of a version
--          stand together as before; a row of a negative version keeps the place of a record that could not be read.
CREATE TABLE ${fresh} AS
SELECT *
FROM ${staging} AS s
WHERE abs(s._version) NOT IN (SELECT version_id FROM temp.prunable);
