-- prune: a staging table without the rows of the versions that are pruned, in the order in which they stand.
--
-- Needs:   ${fresh} ${staging}
-- Expects: temp table `prunable`; a row of a negative version keeps the place of a record that could not be read. The
--          order must be asked for: what passes a join does not keep that of insertion.
CREATE TABLE ${fresh} AS
SELECT *
FROM ${staging} AS s
WHERE abs(s._version) NOT IN (SELECT version_id FROM temp.prunable)
ORDER BY s.rowid;
