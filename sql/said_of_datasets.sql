-- said_of_datasets: the same of what the ledger says of a dataset now: how it is stated, its holds and its output.
--
-- Needs:
-- Expects: as `said_of_loads`; the time stamps of the output are none of it.
SELECT dataset_id AS owner_id, relation, numbers, texts
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
