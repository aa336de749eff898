-- history: the loads, the newest first, with the file versions that came and left in each.
--
-- Needs:   $dataset
-- Expects: $dataset is the name of a table, or NULL for all of them.
SELECT
    load.load_id,
    load.dataset,
    load.command,
    load.status,
    load.started_at,
    epoch_ms(load.finished_at) - epoch_ms(load.started_at) AS milliseconds,
    coalesce(flips.came, 0) AS came,
    coalesce(flips.gone, 0) AS gone,
    load.inserted,
    load.updated,
    load.unchanged,
    load.removed,
    load.returned,
    load.rejected,
    load.records_after,
    load.message
FROM etl.load AS load
LEFT JOIN (
    SELECT load_id, count(*) FILTER (loaded) AS came, count(*) FILTER (NOT loaded) AS gone
    FROM etl.flip
    GROUP BY load_id
) AS flips USING (load_id)
WHERE $dataset IS NULL OR load.dataset = $dataset
ORDER BY load.load_id DESC;
