-- reread: the target as it is, with the columns that change type read again from staging under the new type.
--
-- Needs:   ${target} ${values} ${differs} ${staged}
-- Expects: t is the target, r its rows in staging; `differs` says of a row that no new row can equal it.
SELECT ${values}, t._version, t._row, v.rank AS _rank, ${differs} AS _differs
FROM ${target} AS t
JOIN temp.scope AS v ON v.version_id = t._version
LEFT JOIN ${staged} AS r ON r._version = t._version AND r._row = t._row
