-- targets: per dataset, how many files are loaded, and its last load.
--
-- Needs:
-- Expects: a table whose loads all failed has no dataset; see `failures`.
SELECT
    dataset.name,
    dataset.dataset_id,
    coalesce(versions.files, 0) AS files,
    last.load_id,
    last.finished_at
FROM etl.dataset AS dataset
LEFT JOIN (
    SELECT dataset_id, count(*) AS files
    FROM etl.loaded_version
    GROUP BY dataset_id
) AS versions USING (dataset_id)
LEFT JOIN (
    SELECT dataset_id, max(load_id) AS load_id, arg_max(finished_at, load_id) AS finished_at
    FROM etl.load
    WHERE status = 'loaded'
    GROUP BY dataset_id
) AS last USING (dataset_id)
ORDER BY dataset.dataset_id;
