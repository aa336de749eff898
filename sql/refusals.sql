-- refusals: the staged rows of one staging table that are not accepted, one line a problem.
--
-- Needs:   ${staging} ${table} ${condition} ${code} ${column} ${text} ${record} ${states}
-- Expects: temp view `placed`.
SELECT
    v.version_id,
    s.rowid - v.first_row + 1 AS row,
    ${code} AS code,
    ${column} AS column_name,
    ${text} AS text,
    ${record} AS record
FROM ${staging} AS s
JOIN temp.placed AS v ON v.version_id = s._version
WHERE v.staging = ${table} AND v.state IN (${states}) AND ${condition}
