-- rejects_kept: by load and version, the rejects of a dataset whose rows are in staging, with what was kept of the rows.
--
-- Needs:   $dataset
-- Expects: the control tables; loads from before the rows of rejects were sealed kept nothing of them.
SELECT
    version.staging,
    reject.load_id,
    version.version_id,
    version.path || ' (version ' || version.version_id || ')' AS staged,
    version.path || ' (version ' || version.version_id || '), load ' || reject.load_id AS place,
    coalesce(any_value(seal.records), 0) AS records,
    any_value(seal.digest) AS digest
FROM etl.reject AS reject
JOIN etl.file_version AS version USING (version_id)
LEFT JOIN etl.seal AS seal
    ON seal.owner = 'version' AND seal.owner_id = version.version_id
    AND seal.relation = 'rejects of load ' || reject.load_id
WHERE version.dataset_id = $dataset AND version.staging <> '' AND version.pruned_at IS NULL
    AND reject.severity = 'reject' AND reject."row" IS NOT NULL
GROUP BY version.staging, reject.load_id, version.version_id, version.path
ORDER BY version.staging, reject.load_id, version.version_id;
