-- rows: the accepted rows of one staging table as values of the target's columns n0, n1 ..., with their position.
--
-- Needs:   ${staging} ${table} ${values} ${accepted} ${states}
-- Expects: temp view `placed`: versions with their state, rank and first row.
SELECT s._version, s.rowid - v.first_row + 1 AS _row, v.rank AS _rank, ${values}
FROM ${staging} AS s
JOIN temp.placed AS v ON v.version_id = s._version
WHERE v.staging = ${table} AND v.state IN (${states}) AND ${accepted}
