-- audit_seals: what the ledger says otherwise than it was sealed; no row where it says the same.
--
-- A load that was kept before there were seals has none; neither has a dataset that no load has changed since.
--
-- Needs:   ${loads} ${datasets}
-- Expects: `loads` and `datasets` are the digests of now, of said_of_loads (with its values) and said_of_datasets.
WITH since AS (
    SELECT coalesce(max(owner_id), 0) AS last_load FROM etl.seal WHERE owner = 'before'
),
named AS (
    SELECT 'load' AS owner, load_id AS owner_id, dataset AS name, load_id > since.last_load AS sealed
    FROM etl.load
    CROSS JOIN since
    UNION ALL
    SELECT 'dataset', load.dataset_id, max(load.dataset), max(load.load_id) > any_value(since.last_load)
    FROM etl.load AS load
    CROSS JOIN since
    WHERE load.status = 'loaded'
    GROUP BY load.dataset_id
)
SELECT
    named.name,
    owner,
    owner_id,
    relation,
    coalesce(kept.records, 0) AS kept,
    coalesce(present.records, 0) AS present,
    kept.digest IS NULL AS unsealed
FROM (SELECT * FROM etl.seal WHERE owner IN ('load', 'dataset')) AS kept
FULL JOIN (FROM ${loads} UNION ALL FROM ${datasets}) AS present USING (owner, owner_id, relation)
LEFT JOIN named USING (owner, owner_id)
WHERE (coalesce(kept.records, 0) <> coalesce(present.records, 0)
        OR coalesce(kept.digest, '0') <> coalesce(present.digest, '0'))
    AND (
        coalesce(named.sealed, true)
        OR EXISTS (SELECT 1 FROM etl.seal AS any_seal WHERE any_seal.owner = named.owner AND any_seal.owner_id = named.owner_id)
    )
ORDER BY owner DESC, owner_id, relation;
