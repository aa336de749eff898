-- unbalanced: what is wrong with the books of a load; no row where they balance.
--
-- A file's records: read = rejected + inserted + updated + unchanged + duplicate + superseded, and the target holds
-- just as many rows of it as won. A file's lines: lines = header + skipped + blank + read + continuation.
--
-- Needs:   ${holdings} $load
-- Expects: `holdings` are the target's rows per _version; the books of load $load are written.
SELECT
    books.path,
    'records' AS what,
    books.read AS expected,
    books.rejected + books.inserted + books.updated + books.unchanged + books.duplicate + books.superseded AS found
FROM etl.books AS books
WHERE books.load_id = $load AND expected <> found
UNION ALL
SELECT books.path, 'rows in the target', books.inserted + books.updated + books.unchanged, coalesce(holding.records, 0)
FROM etl.books AS books
LEFT JOIN ${holdings} AS holding ON holding._version = books.version_id
WHERE books.load_id = $load
    AND books.inserted + books.updated + books.unchanged <> coalesce(holding.records, 0)
UNION ALL
SELECT
    version.path,
    'lines',
    version.lines,
    version.header_lines + version.skipped_lines + version.blank_lines + version.read + version.continuation_lines
FROM etl.books AS books
JOIN etl.file_version AS version USING (version_id)
WHERE books.load_id = $load
    AND version.lines <> version.header_lines + version.skipped_lines + version.blank_lines + version.read
        + version.continuation_lines;
