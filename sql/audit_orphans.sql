-- audit_orphans: rows of the ledger that belong to a dataset, a load or a version which is not there, and versions that
-- the view of loaded ones tells otherwise than their flips.
--
-- Needs:
-- Expects: a load that failed may be the first of its dataset, which is then none.
SELECT dataset AS name, 'ledger: a load' AS what, 'load ' || load_id AS place, 'its dataset in etl.dataset' AS expected,
    'no dataset ' || dataset_id AS found
FROM etl.load
WHERE status = 'loaded' AND dataset_id NOT IN (SELECT dataset_id FROM etl.dataset)
UNION ALL
SELECT dataset.name, 'ledger: a file version', version.path || ' (version ' || version.version_id || ')',
    'its load in etl.load, of its dataset', 'load ' || version.load_id || ' of dataset '
    || coalesce(CAST(load.dataset_id AS VARCHAR), 'none')
FROM etl.file_version AS version
LEFT JOIN etl.load AS load ON load.load_id = version.load_id AND load.status = 'loaded'
LEFT JOIN etl.dataset AS dataset ON dataset.dataset_id = version.dataset_id
WHERE load.dataset_id IS DISTINCT FROM version.dataset_id
UNION ALL
SELECT NULL, 'ledger: rows of no load', 'etl.' || of_load.relation, 'a load ' || of_load.load_id, 'none'
FROM (
    SELECT 'flip' AS relation, load_id FROM etl.flip
    UNION
    SELECT 'books', load_id FROM etl.books
    UNION
    SELECT 'reject', load_id FROM etl.reject
    UNION
    SELECT 'column', load_id FROM etl."column"
    UNION
    SELECT 'conflict', load_id FROM etl.conflict
) AS of_load
WHERE of_load.load_id NOT IN (SELECT load_id FROM etl.load)
UNION ALL
SELECT dataset.name, 'ledger: a hold', hold.path, 'version ' || hold.version_id || ', that load ' || hold.load_id
    || ' let go', 'no such version, content or flip'
FROM etl.hold AS hold
LEFT JOIN etl.dataset AS dataset USING (dataset_id)
WHERE NOT EXISTS (
    SELECT 1
    FROM etl.file_version AS version
    JOIN etl.flip AS flip USING (version_id)
    WHERE version.version_id = hold.version_id AND version.dataset_id = hold.dataset_id AND version.path = hold.path
        AND hold.content IN (version.content, version.fingerprint) AND flip.load_id = hold.load_id AND NOT flip.loaded
)
UNION ALL
SELECT dataset.name, 'ledger: loaded versions', coalesce(flipped.path, viewed.path),
    CASE WHEN flipped.version_id IS NULL THEN 'not loaded, as its flips say' ELSE 'loaded, as its flips say' END,
    CASE WHEN viewed.version_id IS NULL THEN 'not in etl.loaded_version' ELSE 'in etl.loaded_version' END
FROM (
    SELECT version_id, version.dataset_id, version.path
    FROM etl.file_version AS version
    JOIN etl.flip AS flip USING (version_id)
    GROUP BY version_id, version.dataset_id, version.path
    HAVING arg_max(flip.loaded, flip.load_id)
) AS flipped
FULL JOIN etl.loaded_version AS viewed USING (version_id)
LEFT JOIN etl.dataset AS dataset ON dataset.dataset_id = coalesce(flipped.dataset_id, viewed.dataset_id)
WHERE flipped.version_id IS NULL OR viewed.version_id IS NULL
UNION ALL
SELECT NULL, 'ledger: an output', path, 'its dataset in etl.dataset', 'no dataset ' || dataset_id
FROM etl.output
WHERE dataset_id NOT IN (SELECT dataset_id FROM etl.dataset)
UNION ALL
SELECT NULL, 'ledger: the warehouse', 'etl.warehouse', '1 row: fresh or accumulating',
    count(*) || ' rows: ' || coalesce(string_agg(kind, ', '), 'none')
FROM etl.warehouse
HAVING (count(*) <> 1 OR NOT bool_and(kind IN ('fresh', 'accumulating')))
    AND EXISTS (SELECT 1 FROM etl.load)
ORDER BY ALL;
