-- prunable: the file versions of one dataset, or of all, that are not loaded and have rows in staging.
--
-- A version without a row keeps its place: there is nothing to take, and it can come back.
--
-- Needs:   $dataset
-- Expects: $dataset is an id, or NULL for all of them; text is compared by bytes.
CREATE OR REPLACE TEMP TABLE prunable AS
SELECT
    version.version_id,
    version.dataset_id,
    dataset.name AS dataset,
    version.path,
    version.staging,
    version.read,
    version.load_id AS staged_by,
    last.load_id AS let_go_by
FROM etl.file_version AS version
JOIN etl.dataset AS dataset USING (dataset_id)
JOIN (
    SELECT version_id, max(load_id) AS load_id
    FROM etl.flip
    GROUP BY version_id
) AS last USING (version_id)
WHERE version.version_id NOT IN (SELECT version_id FROM etl.loaded_version)
    AND version.pruned_at IS NULL
    AND version.staging <> ''
    AND version.read > 0
    AND ($dataset IS NULL OR version.dataset_id = $dataset);
