-- versions_kept: the versions of a dataset that have rows in staging, with what was kept of their rows when they left.
--
-- Needs:   $dataset
-- Expects: the control tables.
SELECT
    version.version_id,
    version.path || ' (version ' || version.version_id || ')' AS place,
    version.staging,
    version.version_id IN (SELECT version_id FROM etl.loaded_version) AS loaded,
    coalesce(seal.records, 0) AS records,
    seal.digest
FROM etl.file_version AS version
LEFT JOIN etl.seal AS seal ON seal.owner = 'version' AND seal.owner_id = version.version_id AND seal.relation = 'staging'
WHERE version.dataset_id = $dataset AND version.staging <> '' AND version.pruned_at IS NULL AND version.read > 0
ORDER BY version.version_id;
