-- seals_of_datasets: the same of what the ledger says of a dataset now: how it is stated, its holds and its output.
--
-- Needs:
-- Expects: as `seals`; the time stamps of the output are none of it.
SELECT
    'dataset' AS owner,
    dataset_id AS owner_id,
    relation,
    count(*) AS records,
    CAST(sum(CAST(
        md5_number_lower(CAST(to_json(numbers) AS VARCHAR) || CAST(to_json(texts) AS VARCHAR)) AS HUGEINT
    )) AS VARCHAR) AS digest
FROM (
    SELECT
        dataset_id,
        'dataset' AS relation,
        [CAST(lineage AS BIGINT)] AS numbers,
        [name, root, selection, reading, definition] AS texts
    FROM etl.dataset
    UNION ALL
    SELECT dataset_id, 'hold', [version_id, load_id], [path, content]
    FROM etl.hold
    UNION ALL
    SELECT dataset_id, 'output', [load_id], [path, state]
    FROM etl.output
    UNION ALL
    SELECT dataset.dataset_id, 'warehouse', [], [warehouse.kind, warehouse.made_by]
    FROM etl.warehouse AS warehouse
    CROSS JOIN etl.dataset AS dataset
)
GROUP BY dataset_id, relation
