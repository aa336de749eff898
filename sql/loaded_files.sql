-- loaded_files: the loaded file versions of a dataset by rank, with the load that brought each.
--
-- Needs:   $dataset
-- Expects: text is compared by bytes, which ranks paths code point by code point.
SELECT version.path, version.read, coalesce(books.rejected, 0) AS rejected, flips.load_id
FROM etl.loaded_version AS version
JOIN (
    SELECT version_id, max(load_id) AS load_id
    FROM etl.flip
    WHERE loaded
    GROUP BY version_id
) AS flips USING (version_id)
LEFT JOIN etl.books AS books ON books.version_id = version.version_id AND books.load_id = version.load_id
WHERE version.dataset_id = $dataset
ORDER BY version.path;
