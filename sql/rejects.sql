-- rejects: what a load could not load, in the order of files and lines: what is of a whole file before its records.
--
-- Needs:   $load
-- Expects: warnings are none of it; `skipped` are the problems of files that were left out whole.
SELECT severity, path, line, "row", byte_offset, "column", code, text, message, advice, record
FROM etl.reject
WHERE load_id = $load AND severity <> 'warning'
ORDER BY path NULLS FIRST, line NULLS FIRST, "row" NULLS FIRST, rowid;
