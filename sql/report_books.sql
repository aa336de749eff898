-- report_books: the books of the file versions that came with a load, the largest by themselves and the rest as one row.
--
-- Needs:   $load $most
-- Expects: the row of the rest has no path; text is compared by bytes, which ranks paths code point by code point.
WITH placed AS (
    SELECT
        books.*,
        version.* EXCLUDE (load_id, version_id, path, read),
        row_number() OVER (ORDER BY books.read DESC, books.path) AS place,
        EXISTS (
            SELECT 1
            FROM etl.flip AS flip
            JOIN etl.file_version AS old USING (version_id)
            WHERE flip.load_id = $load AND NOT flip.loaded AND old.path = books.path
        ) AS changed
    FROM etl.books AS books
    JOIN etl.file_version AS version USING (version_id)
    WHERE books.load_id = $load
)
SELECT
    CASE WHEN place <= $most THEN path END AS path,
    count(*) AS files,
    count(*) FILTER (changed) AS changed,
    sum(size) AS size,
    sum(lines) AS lines,
    sum(header_lines) AS header,
    sum(skipped_lines) AS skipped,
    sum(blank_lines) AS blank,
    sum(continuation_lines) AS continuation,
    sum(read) AS read,
    sum(rejected) AS rejected,
    sum(inserted) AS inserted,
    sum(updated) AS updated,
    sum(unchanged) AS unchanged,
    sum(duplicate) AS duplicate,
    sum(superseded) AS superseded
FROM placed
GROUP BY CASE WHEN place <= $most THEN path END
ORDER BY path NULLS LAST;
