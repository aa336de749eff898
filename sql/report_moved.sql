-- report_moved: the paths of a load that it read no file of: those that left, and those that came back from staging.
--
-- Needs:   $load
-- Expects: what came back has no books in this load; text is compared by bytes.
SELECT version.path, bool_or(flip.loaded) AS returned
FROM etl.flip AS flip
JOIN etl.file_version AS version USING (version_id)
LEFT JOIN etl.books AS books ON books.load_id = flip.load_id AND books.version_id = flip.version_id
WHERE flip.load_id = $load
GROUP BY version.path
HAVING NOT bool_or(flip.loaded) OR count(books.version_id) = 0
ORDER BY version.path;
