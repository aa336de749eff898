-- suspects: the staged rows of one staging table that are not accepted, in temp table `suspect`.
--
-- Found in one pass over staging; what is wrong with each is then asked of these few.
--
-- Needs:   ${staging} ${table} ${states} ${accepted}
-- Expects: temp view `placed`; `accepted` is a condition on a row of the staging table as s, never NULL.
CREATE OR REPLACE TEMP TABLE suspect AS
SELECT v.version_id, s.rowid - v.first_row + 1 AS row, s.*
FROM ${staging} AS s
JOIN temp.placed AS v ON v.version_id = s._version
WHERE v.staging = ${table} AND v.state IN (${states}) AND NOT (${accepted});
