-- unread: why a record of a file has no row in staging, by the newest load that read it.
--
-- Needs:   $dataset $path $row
-- Expects: the place has no row in staging, so the parser could not read the record.
SELECT reject.load_id, reject."column", reject.message
FROM etl.reject AS reject
JOIN etl.load AS load ON load.load_id = reject.load_id
WHERE load.dataset_id = $dataset
    AND load.status = 'loaded'
    AND reject.severity = 'reject'
    AND reject.path = $path
    AND reject."row" = $row
QUALIFY reject.load_id = max(reject.load_id) OVER ()
ORDER BY reject."column" NULLS FIRST, reject.message;
