-- staging_tables: the staging tables with the rows and file versions that they hold, loaded and not.
--
-- Needs:
-- Expects: the ledger; a file without a column has no staging table.
SELECT
    version.staging,
    sum(version.staged) AS rows,
    count(*) AS versions,
    count(loaded.version_id) AS loaded,
    any_value(dataset.name) AS dataset,
    min(version.path) AS path
FROM etl.file_version AS version
LEFT JOIN etl.dataset AS dataset USING (dataset_id)
LEFT JOIN etl.loaded_version AS loaded USING (version_id)
WHERE version.staging <> '' AND version.pruned_at IS NULL
GROUP BY version.staging
ORDER BY min(version.version_id);
