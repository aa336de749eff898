-- first_rows: the first rows of a staged file, as values of the types that a load would give its columns.
--
-- Needs:   ${values} ${staging} $rows
-- Expects: the staging table holds this file alone; a row of a negative version keeps the place of a reject.
SELECT ${values}
FROM ${staging} AS s
WHERE s._version > 0
ORDER BY s.rowid
LIMIT $rows;
