-- report_left: the paths whose version left with a load and for which no other came.
--
-- Needs:   $load
-- Expects: text is compared by bytes.
SELECT version.path
FROM etl.flip AS flip
JOIN etl.file_version AS version USING (version_id)
WHERE flip.load_id = $load
GROUP BY version.path
HAVING NOT bool_or(flip.loaded)
ORDER BY version.path;
