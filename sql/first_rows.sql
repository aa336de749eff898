-- first_rows: the first rows of a staged file, as values of the types that a load would give its columns.
--
-- Needs:   ${values} ${staging} $rows
-- Expects: the staging table holds this file alone.
SELECT ${values}
FROM ${staging} AS s
ORDER BY s.rowid
LIMIT $rows;
