-- every_version: all file versions of a dataset that are in staging, with the rank of their paths.
--
-- A version is `kept` where it is loaded and `left` where it is not; the temp table is the one that a move works on.
--
-- Needs:   $dataset
-- Expects: text is compared by bytes, which ranks paths code point by code point.
CREATE OR REPLACE TEMP TABLE scope AS
SELECT
    version.version_id,
    version.path,
    version.staging,
    version.header,
    version.spelling,
    version.staged,
    version.read,
    version.load_id AS staged_by,
    last.load_id AS since,
    CASE WHEN last.loaded THEN 'kept' ELSE 'left' END AS state,
    dense_rank() OVER (ORDER BY version.path) AS rank
FROM etl.file_version AS version
JOIN (
    SELECT version_id, max(load_id) AS load_id, arg_max(loaded, load_id) AS loaded
    FROM etl.flip
    GROUP BY version_id
) AS last USING (version_id)
WHERE version.dataset_id = $dataset AND version.pruned_at IS NULL;
