-- audit: what is wrong with the ledger of a dataset; no row where everything adds up.
--
-- In the books of each file read = rejected + inserted + updated + unchanged + duplicate + superseded, and the sums
-- of a load are those of its books. Of the target after = before + inserted + returned - removed, and the load that
-- follows begins with it, or with nothing where it repairs what other hands changed. A version comes before it leaves,
-- in turns, and a path has one loaded version.
--
-- Needs:   $dataset
-- Expects: the control tables; every row says what is wrong, where, what it should be and what it is.
WITH load AS (
    SELECT
        *,
        CASE WHEN load_id IN (SELECT load_id FROM etl.reject WHERE severity = 'warning' AND code = 'damaged') THEN 0
            ELSE lag(records_after) OVER (ORDER BY load_id)
        END AS left_by_last,
        lag(definition_after) OVER (ORDER BY load_id) AS defined_by_last
    FROM etl.load
    WHERE dataset_id = $dataset AND status = 'loaded'
),
version AS (
    SELECT * FROM etl.file_version WHERE dataset_id = $dataset
),
books AS (
    SELECT * FROM etl.books WHERE load_id IN (SELECT load_id FROM load)
),
summed AS (
    SELECT
        load_id,
        sum(rejected) AS rejected,
        sum(inserted) AS inserted,
        sum(updated) AS updated,
        sum(unchanged) AS unchanged,
        sum(duplicate) AS duplicate,
        sum(superseded) AS superseded
    FROM books
    GROUP BY load_id
),
flip AS (
    SELECT
        flip.*,
        lag(flip.loaded) OVER (PARTITION BY flip.version_id ORDER BY flip.load_id) AS loaded_before
    FROM etl.flip AS flip
    WHERE flip.version_id IN (SELECT version_id FROM version)
)
SELECT
    'books: records' AS what,
    'load ' || load_id || ', ' || path AS place,
    CAST(read AS VARCHAR) AS expected,
    CAST(rejected + inserted + updated + unchanged + duplicate + superseded AS VARCHAR) AS found
FROM books
WHERE read <> rejected + inserted + updated + unchanged + duplicate + superseded
UNION ALL
SELECT 'books: the file', 'load ' || books.load_id || ', ' || books.path, version.path || ', ' || version.read || ' read',
    books.path || ', ' || books.read || ' read'
FROM books
JOIN version USING (version_id)
WHERE books.read <> version.read OR books.path <> version.path
UNION ALL
SELECT 'books: a file that came', 'load ' || coalesce(books.load_id, flip.load_id),
    CASE WHEN flip.load_id IS NULL THEN 'no books' ELSE 'books of version ' || flip.version_id END,
    CASE WHEN flip.load_id IS NULL THEN 'books of version ' || books.version_id ELSE 'no books' END
FROM books
FULL JOIN (
    SELECT load_id, version_id FROM version WHERE load_id IN (SELECT load_id FROM load)
) AS flip USING (load_id, version_id)
WHERE books.load_id IS NULL OR flip.load_id IS NULL
UNION ALL
SELECT 'books: rejects', 'load ' || books.load_id || ', ' || books.path, CAST(books.rejected AS VARCHAR),
    CAST(count(DISTINCT coalesce(reject."row", -reject.line)) AS VARCHAR)
FROM books
LEFT JOIN etl.reject AS reject
    ON reject.load_id = books.load_id AND reject.version_id = books.version_id AND reject.severity = 'reject'
GROUP BY books.load_id, books.version_id, books.path, books.rejected
HAVING books.rejected <> count(DISTINCT coalesce(reject."row", -reject.line))
UNION ALL
SELECT 'load: definition before', 'load ' || load_id, defined_by_last, definition_before
FROM load
WHERE definition_before <> defined_by_last
    -- a later version of etl writes more of it
    AND CASE
        WHEN json_valid(definition_before) AND json_valid(defined_by_last)
        THEN json_keys(definition_before) = json_keys(defined_by_last)
        ELSE true
    END
UNION ALL
SELECT 'file: lines', version.path || ' (version ' || version.version_id || ')', CAST(lines AS VARCHAR),
    CAST(header_lines + skipped_lines + blank_lines + read + continuation_lines AS VARCHAR)
FROM version
WHERE lines <> header_lines + skipped_lines + blank_lines + read + continuation_lines
UNION ALL
SELECT 'file: records', version.path || ' (version ' || version.version_id || ')', CAST(read AS VARCHAR),
    CAST(unreadable + staged AS VARCHAR)
FROM version
WHERE read <> unreadable + staged
UNION ALL
SELECT 'load: sums of its books', 'load ' || load.load_id,
    concat_ws(' + ', coalesce(summed.rejected, load.rejected), coalesce(summed.inserted, 0), coalesce(summed.updated, 0),
        coalesce(summed.unchanged, 0), coalesce(summed.duplicate, 0), coalesce(summed.superseded, 0)),
    concat_ws(' + ', load.rejected, load.inserted, load.updated, load.unchanged, load.duplicate, load.superseded)
FROM load
LEFT JOIN summed USING (load_id)
WHERE (load.inserted, load.updated, load.unchanged, load.duplicate, load.superseded)
    <> (coalesce(summed.inserted, 0), coalesce(summed.updated, 0), coalesce(summed.unchanged, 0),
        coalesce(summed.duplicate, 0), coalesce(summed.superseded, 0))
    OR load.rejected <> coalesce(summed.rejected, 0)
UNION ALL
SELECT 'load: records after', 'load ' || load_id, CAST(records_before + inserted + returned - removed AS VARCHAR),
    CAST(records_after AS VARCHAR)
FROM load
WHERE records_after <> records_before + inserted + returned - removed
UNION ALL
SELECT 'load: records before', 'load ' || load_id, CAST(left_by_last AS VARCHAR), CAST(records_before AS VARCHAR)
FROM load
WHERE records_before <> left_by_last
    -- a fresh run of another table lets the versions of this one go
    AND NOT (records_before = 0 AND EXISTS (SELECT 1 FROM flip WHERE load_id NOT IN (SELECT load_id FROM load)))
UNION ALL
SELECT 'flip', 'load ' || load_id || ', version ' || version_id,
    CASE WHEN coalesce(loaded_before, false) THEN 'the version leaves' ELSE 'the version comes' END,
    CASE WHEN loaded THEN 'it comes' ELSE 'it leaves' END
FROM flip
WHERE loaded = coalesce(loaded_before, false)
UNION ALL
SELECT 'flip', 'load ' || load_id || ', version ' || version_id, 'a load that was loaded and a version that was staged',
    'one of them is not there'
FROM etl.flip AS flip
WHERE (version_id IN (SELECT version_id FROM version)
        AND load_id NOT IN (SELECT load_id FROM etl.load WHERE status = 'loaded'))
    OR (load_id IN (SELECT load_id FROM load) AND version_id NOT IN (SELECT version_id FROM etl.file_version))
UNION ALL
SELECT 'file: flips', path || ' (version ' || version_id || ')', 'it came with a load', 'it never did'
FROM version
WHERE version_id NOT IN (SELECT version_id FROM flip)
UNION ALL
SELECT 'loaded versions', path, '1', CAST(count(*) AS VARCHAR)
FROM etl.loaded_version
WHERE dataset_id = $dataset
GROUP BY path
HAVING count(*) > 1;
